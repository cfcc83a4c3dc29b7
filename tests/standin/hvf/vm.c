/* SPDX-License-Identifier: Apache-2.0
 *
 * One VM a process (Hypervisor/hv_vm.h, hv_vm_config.h). */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/wait.h"
#include "object.h"
#include "standin.h"

struct standin_vm standin_vm = {.lock = PTHREAD_MUTEX_INITIALIZER};

struct hv_vm_config_s {
    struct standin_object object;
    uint32_t ipa_bits;
};

enum { LEAST_IPA_BITS = 32 };

void standin_breach(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    flockfile(stderr);
    (void)fputs("hv stand-in: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
    (void)fputc('\n', stderr);
    funlockfile(stderr);
    va_end(ap);
    abort();
}

static unsigned max_vcpus(void)
{
    unsigned n = standin_setting_number("vcpus", STANDIN_MAX_VCPUS);

    return n < STANDIN_MAX_VCPUS ? n : STANDIN_MAX_VCPUS;
}

hv_return_t hv_vm_get_max_vcpu_count(uint32_t *max)
{
    *max = max_vcpus();
    return HV_SUCCESS;
}

/* --- configuration --- */

static uint32_t default_ipa_bits(void)
{
    return standin_setting_number("ipa", standin_flavour.ipa_bits);
}

static uint32_t max_ipa_bits(void)
{
    return standin_setting_number("ipa-max", standin_flavour.max_ipa_bits);
}

hv_vm_config_t hv_vm_config_create(void)
{
    hv_vm_config_t config = standin_object_create(sizeof(*config));

    if (config)
        config->ipa_bits = default_ipa_bits();
    return config;
}

hv_return_t hv_vm_config_get_max_ipa_size(uint32_t *bits)
{
    *bits = max_ipa_bits();
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_default_ipa_size(uint32_t *bits)
{
    *bits = default_ipa_bits();
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_set_ipa_size(hv_vm_config_t config, uint32_t bits)
{
    if (!config || bits < LEAST_IPA_BITS || bits > max_ipa_bits())
        return HV_BAD_ARGUMENT;
    config->ipa_bits = bits;
    return HV_SUCCESS;
}

hv_return_t hv_vm_config_get_ipa_size(hv_vm_config_t config, uint32_t *bits)
{
    if (!config)
        return HV_BAD_ARGUMENT;
    *bits = config->ipa_bits;
    return HV_SUCCESS;
}

/* --- life --- */

static bool on_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    (void)ctx;
    return standin_has_gic() && standin_flavour.gic->read(pa, size, ret);
}

static bool on_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    (void)ctx;
    return standin_has_gic() && standin_flavour.gic->write(pa, size, value);
}

static void on_timer_due(void *ctx, unsigned index)
{
    (void)ctx;
    standin_poke(&standin_vm.vcpus[index], a64_poke_timer);
}

static void init_places(void)
{
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++) {
        struct standin_vcpu *v = &standin_vm.vcpus[i];

        memset(v, 0, sizeof(*v));
        v->id = i;
        (void)pthread_mutex_init(&v->lock, NULL);
        wait_cond_init(&v->wake);
    }
}

static void finish_places(void)
{
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++) {
        (void)pthread_cond_destroy(&standin_vm.vcpus[i].wake);
        (void)pthread_mutex_destroy(&standin_vm.vcpus[i].lock);
    }
}

static hv_return_t create_locked(uint32_t ipa_bits)
{
    struct standin_vm *vm = &standin_vm;
    const struct a64_vm_params params = {.host = &vm->host,
                                         .nr_cpus = STANDIN_MAX_VCPUS,
                                         .counter_hz = STANDIN_COUNTER_HZ,
                                         .el2 = &vm->el2};

    if (vm->used)
        return HV_BUSY;
    vm->host = (struct a64_host){on_mmio_read, on_mmio_write, standin_counter, vm};
    vm->el2 = (struct a64_el2){standin_sysreg_verdict, ipa_bits};
    if (a64_vm_create(&params, &vm->a64) < 0)
        return HV_NO_RESOURCES;
    init_places();
    if (soft_clock_init(&vm->clock, on_timer_due, vm) < 0) {
        finish_places();
        a64_vm_destroy(vm->a64);
        return HV_NO_RESOURCES;
    }
    vm->used = true;
    return HV_SUCCESS;
}

hv_return_t hv_vm_create(hv_vm_config_t config)
{
    hv_return_t status = standin_forced("hv_vm_create");

    if (status != HV_SUCCESS)
        return status;
    (void)pthread_mutex_lock(&standin_vm.lock);
    status = create_locked(config ? config->ipa_bits : default_ipa_bits());
    (void)pthread_mutex_unlock(&standin_vm.lock);
    if (status == HV_SUCCESS)
        storm_begin();
    return status;
}

static void destroy_locked(void)
{
    struct standin_vm *vm = &standin_vm;

    if (vm->nr_vcpus > 0)
        standin_breach("hv_vm_destroy while %u vCPUs exist", vm->nr_vcpus);
    if (standin_flavour.gic)
        standin_flavour.gic->vm_gone();
    soft_clock_finish(&vm->clock);
    a64_vm_destroy(vm->a64);
    standin_memory_forget();
    finish_places();
    vm->used = false;
}

hv_return_t hv_vm_destroy(void)
{
    struct standin_vm *vm = &standin_vm;
    bool used;

    storm_end();
    (void)pthread_mutex_lock(&vm->lock);
    used = vm->used;
    if (used)
        destroy_locked();
    (void)pthread_mutex_unlock(&vm->lock);
    return used ? HV_SUCCESS : HV_NO_DEVICE;
}
