/* SPDX-License-Identifier: Apache-2.0
 *
 * One VM a process (Hypervisor/hv_vm.h, hv_vm_config.h). HV_STANDIN=denied, unsupported,
 * no-resources or error makes hv_vm_create answer so. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/clock.h"
#include "standin.h"

struct standin_vm standin_vm = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct hv_vm_config_s {
    uint32_t ipa_bits;
};

enum { DEFAULT_IPA_BITS = 36, LEAST_IPA_BITS = 32 };

void standin_breach(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    (void)fputs("hv stand-in: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    va_end(ap);
    abort();
}

static hv_return_t wanted_failure(void)
{
    static const struct {
        const char *name;
        hv_return_t status;
    } failures[] = {
        {"denied", HV_DENIED},
        {"unsupported", HV_UNSUPPORTED},
        {"no-resources", HV_NO_RESOURCES},
        {"error", HV_ERROR},
    };
    const char *name = getenv("HV_STANDIN");

    for (size_t i = 0; name && i < ARRAY_LEN(failures); i++)
        if (!strcmp(name, failures[i].name))
            return failures[i].status;
    return HV_SUCCESS;
}

hv_return_t hv_vm_get_max_vcpu_count(uint32_t *max)
{
    *max = STANDIN_MAX_VCPUS;
    return HV_SUCCESS;
}

hv_vm_config_t hv_vm_config_create(void)
{
    hv_vm_config_t config = calloc(1, sizeof(*config));

    if (config)
        config->ipa_bits = DEFAULT_IPA_BITS;
    return config;
}

hv_return_t hv_vm_config_get_max_ipa_size(uint32_t *bits)
{
    *bits = standin_max_ipa_bits;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_default_ipa_size(uint32_t *bits)
{
    *bits = DEFAULT_IPA_BITS;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_ipa_size(hv_vm_config_t config, uint32_t bits)
{
    if (bits < LEAST_IPA_BITS || bits > standin_max_ipa_bits)
        return HV_BAD_ARGUMENT;
    config->ipa_bits = bits;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_ipa_size(hv_vm_config_t config, uint32_t *bits)
{
    *bits = config->ipa_bits;
    return HV_SUCCESS;
}

/* --- life --- */

static uint64_t guest_counter(void *ctx)
{
    (void)ctx;
    return mach_absolute_time() - (standin_current ? standin_current->vtimer_offset : 0);
}

static void on_timer_due(void *ctx, unsigned index)
{
    struct standin_vcpu *v = &standin_vm.vcpus[index];

    (void)ctx;
    if (v->cpu)
        a64_poke_timer(v->cpu);
}

static hv_return_t create_locked(uint32_t ipa_bits)
{
    struct standin_vm *vm = &standin_vm;
    struct a64_vm_params params = {.host = &vm->host,
                                   .nr_cpus = STANDIN_MAX_VCPUS,
                                   .counter_hz = STANDIN_COUNTER_HZ,
                                   .sysreg_leaves = standin_sysreg_leaves};

    if (vm->used)
        return HV_BUSY;
    vm->host = (struct a64_host){.mmio_read = standin_mmio_read,
                                 .mmio_write = standin_mmio_write,
                                 .counter = guest_counter,
                                 .ctx = vm};
    if (mem_create(&vm->memory) < 0)
        return HV_NO_RESOURCES;
    params.memory = vm->memory;
    if (a64_vm_create(&params, &vm->a64) < 0 || soft_clock_init(&vm->clock, on_timer_due, vm) < 0)
        return HV_NO_RESOURCES;
    vm->ipa_bits = ipa_bits;
    vm->used = true;
    return HV_SUCCESS;
}

hv_return_t hv_vm_create(hv_vm_config_t config)
{
    hv_return_t status = wanted_failure();

    (void)pthread_mutex_lock(&standin_vm.lock);
    if (status == HV_SUCCESS)
        status = create_locked(config ? config->ipa_bits : DEFAULT_IPA_BITS);
    (void)pthread_mutex_unlock(&standin_vm.lock);
    return status;
}

hv_return_t hv_vm_destroy(void)
{
    struct standin_vm *vm = &standin_vm;

    (void)pthread_mutex_lock(&vm->lock);
    if (!vm->used) {
        (void)pthread_mutex_unlock(&vm->lock);
        return HV_NO_DEVICE;
    }
    if (vm->nr_vcpus > 0)
        standin_breach("hv_vm_destroy while %u vCPUs exist", vm->nr_vcpus);
    if (standin_gic)
        standin_gic->vm_gone();
    soft_clock_finish(&vm->clock);
    a64_vm_destroy(vm->a64);
    mem_destroy(vm->memory);
    vm->used = false;
    (void)pthread_mutex_unlock(&vm->lock);
    return HV_SUCCESS;
}

/* --- memory --- */

static hv_return_t check_range(hv_ipa_t ipa, size_t size)
{
    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (size == 0 || ipa % STANDIN_PAGE || size % STANDIN_PAGE || ipa >> standin_vm.ipa_bits ||
        size > (UINT64_C(1) << standin_vm.ipa_bits) - ipa)
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_vm_map(void *addr, hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
    struct a64_vm *a64 = standin_vm.a64;
    hv_return_t status = check_range(ipa, size);

    if (status == HV_SUCCESS && (uintptr_t)addr % STANDIN_PAGE)
        status = HV_BAD_ARGUMENT;
    if (status != HV_SUCCESS)
        return status;
    if (flags != (HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC) || standin_vm.nr_vcpus > 0 ||
        a64->nr_ram == A64_MAX_RAM)
        standin_breach("hv_vm_map: the stand-in maps RAM for every use, before the first vCPU");
    for (unsigned i = 0; i < a64->nr_ram; i++)
        if (ipa < a64->ram[i].pa + a64->ram[i].len && a64->ram[i].pa < ipa + size)
            return HV_ERROR;
    a64->ram[a64->nr_ram++] = (struct a64_ram){.pa = ipa, .len = size, .host = addr};
    return HV_SUCCESS;
}

hv_return_t hv_vm_unmap(hv_ipa_t ipa, size_t size)
{
    struct a64_vm *a64 = standin_vm.a64;
    hv_return_t status = check_range(ipa, size);

    if (status != HV_SUCCESS)
        return status;
    if (standin_vm.nr_vcpus > 0)
        standin_breach("hv_vm_unmap: the stand-in unmaps when no vCPU exists");
    for (unsigned i = 0; i < a64->nr_ram; i++) {
        if (a64->ram[i].pa != ipa || a64->ram[i].len != size)
            continue;
        a64->ram[i] = a64->ram[--a64->nr_ram];
        return HV_SUCCESS;
    }
    return HV_BAD_ARGUMENT;
}

hv_return_t hv_vm_protect(hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
    hv_return_t status = check_range(ipa, size);

    (void)flags;
    if (status == HV_SUCCESS)
        standin_breach("hv_vm_protect: not in the stand-in");
    return status;
}
