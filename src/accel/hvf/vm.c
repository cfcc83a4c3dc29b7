/* SPDX-License-Identifier: Apache-2.0
 *
 * accel.h on Apple's Hypervisor framework for arm64 (Hypervisor/hv_vm.h): the VM. There is one in a
 * process, and the framework keeps it itself: no call names it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel/hvf/error.h"
#include "accel/hvf/framework.h"
#include "accel/hvf/hvf.h"
#include "accel/hvf/state.h"
#include "host/clock.h"

/* What the board can use, by sizes that ID_AA64MMFR0_EL1.PARange has words for. */
enum { GPA_BITS_WANTED = 40, GPA_BITS_SMALL = 36, GPA_BITS_LEAST = 32 };

/* --- can it? --- */

int hvf_probe(struct err *err)
{
    hv_return_t status;

    if (!hv_host_supports())
        return err_set(
            err, -ENOTSUP,
            "this Mac, or the virtual machine that it is, offers no virtualization: sysctl "
            "kern.hv_support is 0");
    status = hv_vm_create(NULL);
    if (status == HV_SUCCESS)
        status = hv_vm_destroy();
    else if (status == HV_BUSY)
        status = HV_SUCCESS; /* this process runs a VM: so it can */
    return hvf_error(err, status, "the Hypervisor framework makes no virtual machine");
}

static unsigned hvf_gpa_bits(void)
{
    uint32_t max;

    if (hv_vm_config_get_max_ipa_size(&max) != HV_SUCCESS)
        return GPA_BITS_SMALL;
    return max >= GPA_BITS_WANTED  ? GPA_BITS_WANTED
           : max >= GPA_BITS_SMALL ? GPA_BITS_SMALL
                                   : GPA_BITS_LEAST;
}

/* --- life --- */

static void on_alarm(void *ctx, unsigned index)
{
    struct accel_vm *vm = ctx;

    (void)pthread_mutex_lock(&vm->lock);
    if (index < vm->nr_cpus && vm->vcpus[index])
        hvf_leave_guest(vm->vcpus[index]);
    (void)pthread_mutex_unlock(&vm->lock);
}

/* "gic=berth": our interrupt controller even where the framework has one. */
static int parse_options(struct accel_vm *vm, const struct accel_tuning *tuning, struct err *err)
{
    const char *text = tuning ? tuning->options : NULL;

    if (!text || !*text || !strcmp(text, "gic=host"))
        return 0;
    if (strcmp(text, "gic=berth") != 0)
        return err_set(err, -EINVAL, "--accel hvf: unknown option '%s'; known: gic=host|berth",
                       text);
    vm->no_chip = true;
    return 0;
}

static int check_cpus(unsigned wanted, struct err *err)
{
    uint32_t max = 0;
    int rc = hvf_error(err, hv_vm_get_max_vcpu_count(&max), "hvf: the number of vCPUs is unknown");

    if (rc == 0 && wanted > max)
        rc = err_set(err, -EINVAL, "--cpus %u: hvf allows %u on this Mac", wanted, max);
    return rc;
}

static int create_framework_vm(unsigned bits, struct err *err)
{
    hv_vm_config_t config = hv_vm_config_create();
    hv_return_t status;

    if (!config)
        return err_set(err, -ENOMEM, "hvf: out of memory");
    status = hv_vm_config_set_ipa_size(config, bits);
    if (status == HV_SUCCESS)
        status = hv_vm_create(config);
    os_release(config);
    return hvf_error(err, status, "hvf: a virtual machine with %u-bit addresses cannot be made",
                     bits);
}

static void start_counter(struct accel_vm *vm)
{
    vm->start_ticks = mach_absolute_time();
    vm->start_ns = clock_monotonic_ns();
    atomic_store(&vm->counter_offset, vm->start_ticks);
    if (mach_timebase_info(&vm->timebase) != 0 || vm->timebase.denom == 0)
        vm->timebase = (struct mach_timebase_info){1, 1};
}

static int hvf_vm_create(const struct accel_vm_params *params, struct accel_vm **ret,
                         struct err *err)
{
    struct accel_vm *vm = calloc(1, sizeof(*vm));
    int rc;

    if (vm)
        vm->vcpus = calloc(params->nr_cpus, sizeof(struct vcpu *));
    if (!vm || !vm->vcpus) {
        free(vm);
        return err_set(err, -ENOMEM, "hvf: out of memory");
    }
    vm->memory = params->memory;
    vm->nr_cpus = params->nr_cpus;
    vm->mpidr = params->mpidr;
    vm->gpa_bits = hvf_gpa_bits();
    rc = parse_options(vm, params->tuning, err);
    if (rc == 0)
        rc = check_cpus(vm->nr_cpus, err);
    if (rc == 0)
        rc = create_framework_vm(vm->gpa_bits, err);
    if (rc < 0) {
        free(vm->vcpus);
        free(vm);
        return rc;
    }
    (void)pthread_mutex_init(&vm->lock, NULL);
    alarm_init(&vm->alarm, on_alarm, vm);
    start_counter(vm);
    *ret = vm;
    return 0;
}

static void hvf_vm_destroy(struct accel_vm *vm)
{
    if (!vm)
        return;
    alarm_finish(&vm->alarm);
    (void)hv_vm_destroy();
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm->vcpus);
    free(vm);
}

/* --- memory --- */

static int check_block(const void *host, gpa_t gpa, uint64_t len, struct err *err)
{
    if (((uintptr_t)host | gpa | len) % HVF_PAGE == 0)
        return 0;
    return err_set(err, -EINVAL,
                   "hvf: %llu bytes at %#llx cannot be mapped: address and size must be multiples "
                   "of 16 KiB",
                   (unsigned long long)len, (unsigned long long)gpa);
}

static hv_memory_flags_t flags_of(unsigned prot)
{
    return (prot & PROT_READ ? (hv_memory_flags_t)HV_MEMORY_READ : 0) |
           (prot & PROT_WRITE ? (hv_memory_flags_t)HV_MEMORY_WRITE : 0) |
           (prot & PROT_EXEC ? (hv_memory_flags_t)HV_MEMORY_EXEC : 0);
}

static int hvf_map(struct accel_vm *vm, gpa_t gpa, void *host, uint64_t len, unsigned prot,
                   struct err *err)
{
    int rc = check_block(host, gpa, len, err);

    (void)vm;
    if (rc < 0)
        return rc;
    return hvf_error(err, hv_vm_map(host, gpa, len, flags_of(prot)),
                     "hvf: %llu MiB of guest memory at %#llx cannot be mapped",
                     (unsigned long long)(len >> 20), (unsigned long long)gpa);
}

static int hvf_unmap(struct accel_vm *vm, gpa_t gpa, uint64_t len)
{
    (void)vm;
    return hvf_errno(hv_vm_unmap(gpa, len));
}

/* A CPU begins with its caches off and sees what reached memory; and a line of an instruction cache
 * may be older than the code (the framework promises nothing). */
static void hvf_loaded(struct accel_vm *vm, gpa_t gpa, uint64_t len)
{
    struct span span;

    if (mem_span(vm->memory, gpa, len, MEM_READ, &span))
        return;
    sys_dcache_flush(span.p, span.len);
    sys_icache_invalidate(span.p, span.len);
}

/* --- time --- */

static void hvf_clock_stop(struct accel_vm *vm)
{
    if (!vm->stopped)
        vm->stopped_ticks = mach_absolute_time();
    vm->stopped = true;
}

static void hvf_clock_start(struct accel_vm *vm)
{
    if (vm->stopped)
        (void)atomic_fetch_add(&vm->counter_offset, mach_absolute_time() - vm->stopped_ticks);
    vm->stopped = false;
}

static const struct accel_ops ops = {
    .name = "hvf",
    .probe = hvf_probe,
    .gpa_bits = hvf_gpa_bits,
    .vm_create = hvf_vm_create,
    .vm_destroy = hvf_vm_destroy,
    .map = hvf_map,
    .unmap = hvf_unmap,
    .loaded = hvf_loaded,
    .irqchip = hvf_irqchip,
    .vcpu_create = hvf_vcpu_create,
    .vcpu_destroy = hvf_vcpu_destroy,
    .vcpu_run = hvf_vcpu_run,
    .vcpu_kick = hvf_vcpu_kick,
    .vcpu_irq = hvf_vcpu_irq,
    .get_regs = hvf_get_regs,
    .set_regs = hvf_set_regs,
    .vcpu_reset = hvf_vcpu_reset,
    .clock_stop = hvf_clock_stop,
    .clock_start = hvf_clock_start,
};

const struct accel_ops *const accel_hvf = &ops;
