/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 half of kvm_probe. Translation table: Arm ARM D8.3. */
#include "accel/kvm/probe_arm64.h"

#include <errno.h>
#include <linux/kvm.h>
#include <string.h>
#include <sys/ioctl.h>

#include "accel/kvm/probe_guest.h"

/* A block at address 0: attribute 0, inner shareable, accessed. */
enum { BLOCK = 0x701 };

#define CORE_REG(field)                                                                            \
    (KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE |                                         \
     (offsetof(struct kvm_regs, field) / sizeof(uint32_t)))

extern const uint8_t kvm_probe_code[], kvm_probe_code_end[];

const char *const kvm_probe_phases[] = {"EL1 without MMU", "EL1 with MMU", NULL};

void kvm_probe_load(uint8_t *memory)
{
    const uint64_t block = BLOCK;

    memcpy(memory + PROBE_CODE, kvm_probe_code, (size_t)(kvm_probe_code_end - kvm_probe_code));
    memcpy(memory + PROBE_TABLE, &block, sizeof(block));
}

int kvm_probe_init_vcpu(int kvm, int vm, int vcpu)
{
    struct kvm_vcpu_init init;
    uint64_t pc = PROBE_CODE;
    struct kvm_one_reg reg = {.id = CORE_REG(regs.pc), .addr = (uintptr_t)&pc};

    if (ioctl(vm, KVM_ARM_PREFERRED_TARGET, &init) || ioctl(vcpu, KVM_ARM_VCPU_INIT, &init) ||
        ioctl(vcpu, KVM_SET_ONE_REG, &reg))
        return -errno;
    return 0;
}

int kvm_probe_mark(const struct kvm_run *run)
{
    if (run->exit_reason != KVM_EXIT_MMIO || run->mmio.phys_addr != PROBE_MARK ||
        !run->mmio.is_write)
        return -1;
    return run->mmio.data[0];
}
