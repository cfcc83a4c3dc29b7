/* SPDX-License-Identifier: Apache-2.0
 *
 * vCPUs (Hypervisor/hv_vcpu.h): each belongs to the thread that made it, one a thread. */
#include <stdlib.h>
#include <string.h>

#include "host/wait.h"
#include "standin.h"

_Thread_local struct standin_vcpu *standin_current;

struct standin_vcpu *standin_own(hv_vcpu_t id, const char *function)
{
    struct standin_vcpu *v;

    if (id >= STANDIN_MAX_VCPUS || !standin_vm.vcpus[id].used)
        return NULL;
    v = &standin_vm.vcpus[id];
    if (!pthread_equal(v->owner, pthread_self()))
        standin_breach("%s: vCPU %llu belongs to another thread", function, (unsigned long long)id);
    return v;
}

hv_vcpu_config_t hv_vcpu_config_create(void)
{
    return calloc(1, 1);
}

hv_return_t hv_vcpu_config_get_feature_reg(hv_vcpu_config_t config, hv_feature_reg_t reg,
                                           uint64_t *value)
{
    (void)config, (void)reg;
    *value = 0;
    return HV_UNSUPPORTED;
}

static struct standin_vcpu *free_vcpu(void)
{
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++)
        if (!standin_vm.vcpus[i].used)
            return &standin_vm.vcpus[i];
    return NULL;
}

/* Everything of a fresh vCPU is zero, but for what no CPU runs without. */
static hv_return_t create_locked(struct standin_vcpu *v)
{
    unsigned index = (unsigned)(v - standin_vm.vcpus);
    struct a64_cpu *cpu;

    memset(v, 0, sizeof(*v));
    standin_current = v;
    if (a64_cpu_create(standin_vm.a64, index, index, &cpu) < 0) {
        standin_current = NULL;
        return HV_NO_RESOURCES;
    }
    v->id = index;
    v->owner = pthread_self();
    (void)pthread_mutex_init(&v->lock, NULL);
    wait_cond_init(&v->wake);
    v->cpu = cpu;
    standin_init_regs(v);
    v->used = true;
    standin_vm.nr_vcpus++;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_create(hv_vcpu_t *vcpu, hv_vcpu_exit_t **exit, hv_vcpu_config_t config)
{
    struct standin_vcpu *v;
    hv_return_t status;

    (void)config;
    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (standin_current)
        standin_breach("hv_vcpu_create: this thread has a vCPU already");
    (void)pthread_mutex_lock(&standin_vm.lock);
    v = free_vcpu();
    status = v ? create_locked(v) : HV_NO_RESOURCES;
    (void)pthread_mutex_unlock(&standin_vm.lock);
    if (status == HV_SUCCESS) {
        *vcpu = v->id;
        *exit = &v->exit;
    }
    return status;
}

hv_return_t hv_vcpu_destroy(hv_vcpu_t vcpu)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_destroy");
    struct a64_cpu *cpu;

    if (!v)
        return HV_NO_DEVICE;
    soft_clock_set_deadline(&standin_vm.clock, (unsigned)v->id, SOFT_NO_DEADLINE);
    (void)pthread_mutex_lock(&standin_vm.lock);
    (void)pthread_mutex_lock(&standin_vm.clock.lock); /* the alarm looks at v->cpu */
    cpu = v->cpu;
    v->cpu = NULL;
    v->used = false;
    (void)pthread_mutex_unlock(&standin_vm.clock.lock);
    a64_cpu_destroy(cpu);
    standin_vm.nr_vcpus--;
    standin_current = NULL;
    (void)pthread_cond_destroy(&v->wake);
    (void)pthread_mutex_destroy(&v->lock);
    (void)pthread_mutex_unlock(&standin_vm.lock);
    return HV_SUCCESS;
}

hv_return_t hv_vcpus_exit(const hv_vcpu_t *vcpus, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct standin_vcpu *v = vcpus[i] < STANDIN_MAX_VCPUS ? &standin_vm.vcpus[vcpus[i]] : NULL;

        if (!v || !v->used)
            return HV_BAD_ARGUMENT;
        atomic_store(&v->cancel, true);
        a64_kick(v->cpu);
        standin_wake(v);
    }
    return HV_SUCCESS;
}

/* --- properties --- */

hv_return_t hv_vcpu_get_pending_interrupt(hv_vcpu_t vcpu, hv_interrupt_type_t type, bool *pending)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_pending_interrupt");

    if (!v || type > HV_INTERRUPT_TYPE_FIQ)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    *pending = v->pending[type];
    return standin_has_gic() ? HV_UNSUPPORTED : HV_SUCCESS;
}

hv_return_t hv_vcpu_set_pending_interrupt(hv_vcpu_t vcpu, hv_interrupt_type_t type, bool pending)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_pending_interrupt");

    if (!v || type > HV_INTERRUPT_TYPE_FIQ)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    if (standin_has_gic())
        return HV_UNSUPPORTED;
    v->pending[type] = pending;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_vtimer_mask(hv_vcpu_t vcpu, bool *masked)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_vtimer_mask");

    if (!v)
        return HV_NO_DEVICE;
    *masked = v->vtimer_mask;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_vtimer_mask");

    if (!v)
        return HV_NO_DEVICE;
    v->vtimer_mask = masked;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_vtimer_offset(hv_vcpu_t vcpu, uint64_t *offset)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_vtimer_offset");

    if (!v)
        return HV_NO_DEVICE;
    *offset = v->vtimer_offset;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_vtimer_offset(hv_vcpu_t vcpu, uint64_t offset)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_vtimer_offset");

    if (!v)
        return HV_NO_DEVICE;
    v->vtimer_offset = offset;
    return HV_SUCCESS;
}

/* Debugging by the host is not in the stand-in. */
static hv_return_t set_trap(hv_vcpu_t vcpu, bool trapped, const char *function)
{
    if (!standin_own(vcpu, function))
        return HV_NO_DEVICE;
    if (trapped)
        standin_breach("%s: not in the stand-in", function);
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_trap_debug_exceptions(hv_vcpu_t vcpu, bool trapped)
{
    return set_trap(vcpu, trapped, "hv_vcpu_set_trap_debug_exceptions");
}

hv_return_t hv_vcpu_set_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool trapped)
{
    return set_trap(vcpu, trapped, "hv_vcpu_set_trap_debug_reg_accesses");
}

hv_return_t hv_vcpu_get_trap_debug_exceptions(hv_vcpu_t vcpu, bool *trapped)
{
    *trapped = false;
    return set_trap(vcpu, false, "hv_vcpu_get_trap_debug_exceptions");
}

hv_return_t hv_vcpu_get_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool *trapped)
{
    *trapped = false;
    return set_trap(vcpu, false, "hv_vcpu_get_trap_debug_reg_accesses");
}
