/* SPDX-License-Identifier: Apache-2.0
 *
 * kvm_probe on Linux: Documentation/virt/kvm/api.rst. The measure is instructions per second of
 * this thread's CPU time, so that a busy host is not mistaken for a slow one. */
#include "accel/kvm/probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "accel/kvm/probe_guest.h"

enum {
    KVM_API = 12,
    EXITS_MAX = 64,
    /* Hardware does billions, KVM inside a software-emulated machine over fifty million; an
     * interpreter about one. */
    MIN_INSTRUCTIONS_PER_US = 8,
};

struct probe {
    int kvm, vm, vcpu;
    uint8_t *memory;     /* MAP_FAILED: none */
    struct kvm_run *run; /* MAP_FAILED: none */
    size_t run_len;
};

static uint64_t thread_ns(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static int open_kvm(struct probe *p, struct err *err)
{
    int version;

    p->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (p->kvm < 0 && errno == EACCES)
        return err_set(
            err, -EACCES,
            "no permission for /dev/kvm: add yourself to its group (usually kvm) and log "
            "in again");
    if (p->kvm < 0 && errno == ENOENT)
        return err_set(err, -ENOENT,
                       "there is no /dev/kvm: the CPU or the hypervisor around this host offers no "
                       "virtualization, or the kvm module is not loaded");
    if (p->kvm < 0)
        return err_set(err, -errno, "/dev/kvm cannot be opened: %s", strerror(errno));
    version = ioctl(p->kvm, KVM_GET_API_VERSION, 0);
    if (version != KVM_API)
        return err_set(err, -ENOTSUP, "/dev/kvm speaks version %d of its interface, not %d",
                       version, KVM_API);
    return 0;
}

static int failed(struct err *err, const char *what)
{
    return err_set(err, -ENOTSUP, "present, unusable: %s: %s", what, strerror(errno));
}

static int create_vm(struct probe *p, struct err *err)
{
    struct kvm_userspace_memory_region region = {.memory_size = PROBE_MEMORY};
    int len;

    p->vm = ioctl(p->kvm, KVM_CREATE_VM, 0);
    if (p->vm < 0)
        return failed(err, "KVM_CREATE_VM");
    p->memory = mmap(NULL, PROBE_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (p->memory == MAP_FAILED)
        return failed(err, "memory");
    kvm_probe_load(p->memory);
    region.userspace_addr = (uintptr_t)p->memory;
    if (ioctl(p->vm, KVM_SET_USER_MEMORY_REGION, &region))
        return failed(err, "KVM_SET_USER_MEMORY_REGION");
    p->vcpu = ioctl(p->vm, KVM_CREATE_VCPU, 0);
    if (p->vcpu < 0)
        return failed(err, "KVM_CREATE_VCPU");
    len = ioctl(p->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (len < (int)sizeof(struct kvm_run))
        return failed(err, "KVM_GET_VCPU_MMAP_SIZE");
    p->run_len = (size_t)len;
    p->run = mmap(NULL, p->run_len, PROT_READ | PROT_WRITE, MAP_SHARED, p->vcpu, 0);
    if (p->run == MAP_FAILED)
        return failed(err, "the vCPU's run area");
    errno = -kvm_probe_init_vcpu(p->kvm, p->vm, p->vcpu);
    return errno ? failed(err, "the vCPU's first state") : 0;
}

/* Runs the guest to its mark `mark` of phase `phase`. */
static int run_to(struct probe *p, int mark, const char *phase, struct err *err)
{
    int r = -1;

    for (unsigned i = 0; i < EXITS_MAX; i++) {
        r = ioctl(p->vcpu, KVM_RUN, 0);
        if (r == 0 || errno != EINTR)
            break;
    }
    if (r)
        return failed(err, "KVM_RUN");
    if (kvm_probe_mark(p->run) != mark)
        return err_set(err, -ENOTSUP,
                       "present, unusable: a guest does not get through %s (exit %u)", phase,
                       p->run->exit_reason);
    return 0;
}

static int time_phase(struct probe *p, int index, struct err *err)
{
    const char *phase = kvm_probe_phases[index];
    uint64_t start, us;
    int r = run_to(p, 2 * index, phase, err);

    if (r)
        return r;
    start = thread_ns();
    r = run_to(p, 2 * index + 1, phase, err);
    us = (thread_ns() - start) / 1000 + 1;
    if (!r && (uint64_t)PROBE_LOOPS * PROBE_LOOP_INSTRUCTIONS < us * MIN_INSTRUCTIONS_PER_US)
        r = err_set(err, -ENOTSUP,
                    "present, unusable: it runs %s at %.1f million instructions a second, as an "
                    "interpreter does (a paravirtual KVM?); an unmodified kernel would not boot",
                    phase, (double)PROBE_LOOPS * PROBE_LOOP_INSTRUCTIONS / (double)us);
    return r;
}

static void finish(struct probe *p)
{
    if (p->run != MAP_FAILED)
        (void)munmap(p->run, p->run_len);
    if (p->memory != MAP_FAILED)
        (void)munmap(p->memory, PROBE_MEMORY);
    for (size_t i = 0; i < 3; i++) {
        const int fds[] = {p->vcpu, p->vm, p->kvm};

        if (fds[i] >= 0)
            close(fds[i]);
    }
}

int kvm_probe(struct err *err)
{
    struct probe p = {.kvm = -1, .vm = -1, .vcpu = -1, .memory = MAP_FAILED, .run = MAP_FAILED};
    int r = open_kvm(&p, err);

    if (!r)
        r = create_vm(&p, err);
    for (int i = 0; !r && kvm_probe_phases[i]; i++)
        r = time_phase(&p, i, err);
    finish(&p);
    return r;
}
