/* SPDX-License-Identifier: Apache-2.0
 *
 * The x86-64 half of kvm_probe. Page tables: AMD64 manual volume 2, §5.3. */
#include "accel/kvm/probe_x86.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "accel/kvm/probe_guest.h"

enum { PTE_PRESENT = 1, PTE_WRITABLE = 2, PDE_LARGE = 0x80, CPUID_ENTRIES_MAX = 256 };

extern const uint8_t kvm_probe_code[], kvm_probe_code_end[];

const char *const kvm_probe_phases[] = {"real mode", "protected mode", "long mode", NULL};

static void put64(uint8_t *memory, size_t at, uint64_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

void kvm_probe_load(uint8_t *memory)
{
    memcpy(memory + PROBE_CODE, kvm_probe_code, (size_t)(kvm_probe_code_end - kvm_probe_code));
    put64(memory, PROBE_PML4, (PROBE_PML4 + 0x1000) | PTE_PRESENT | PTE_WRITABLE);
    put64(memory, PROBE_PML4 + 0x1000, (PROBE_PML4 + 0x2000) | PTE_PRESENT | PTE_WRITABLE);
    put64(memory, PROBE_PML4 + 0x2000, PTE_PRESENT | PTE_WRITABLE | PDE_LARGE);
}

static int set_cpuid(int kvm, int vcpu)
{
    union { /* the head ends in an array without a length */
        struct kvm_cpuid2 head;
        uint8_t room[sizeof(struct kvm_cpuid2) + CPUID_ENTRIES_MAX * sizeof(struct kvm_cpuid_entry2)];
    } cpuid = {.head.nent = CPUID_ENTRIES_MAX};

    if (ioctl(kvm, KVM_GET_SUPPORTED_CPUID, &cpuid) || ioctl(vcpu, KVM_SET_CPUID2, &cpuid))
        return -errno;
    return 0;
}

int kvm_probe_init_vcpu(int kvm, int vm, int vcpu)
{
    struct kvm_regs regs = {.rip = PROBE_CODE, .rflags = 2};
    struct kvm_sregs sregs;
    int r = set_cpuid(kvm, vcpu);

    if (r)
        return r;
    if (ioctl(vcpu, KVM_GET_SREGS, &sregs))
        return -errno;
    sregs.cs.base = 0;
    sregs.cs.selector = 0;
    if (ioctl(vcpu, KVM_SET_SREGS, &sregs) || ioctl(vcpu, KVM_SET_REGS, &regs))
        return -errno;
    return 0;
}

int kvm_probe_mark(const struct kvm_run *run)
{
    if (run->exit_reason != KVM_EXIT_IO || run->io.port != PROBE_PORT)
        return -1;
    return *((const uint8_t *)run + run->io.data_offset);
}
