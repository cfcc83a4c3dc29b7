/* SPDX-License-Identifier: Apache-2.0
 *
 * vCPUs (Hypervisor/hv_vcpu.h): each belongs to the thread that made it, one a thread. */
#include <stdlib.h>
#include <string.h>

#include "rest.h"
#include "standin.h"

_Thread_local struct standin_vcpu *standin_current;

struct standin_vcpu *standin_own(hv_vcpu_t id, const char *function)
{
    struct standin_vcpu *v;

    if (!standin_vm.used || id >= STANDIN_MAX_VCPUS || !standin_vm.vcpus[id].used)
        return NULL;
    v = &standin_vm.vcpus[id];
    if (!pthread_equal(v->owner, pthread_self()))
        standin_breach("%s: vCPU %llu belongs to another thread", function, (unsigned long long)id);
    return v;
}

void standin_poke(struct standin_vcpu *v, void (*fn)(struct a64_cpu *cpu))
{
    (void)pthread_mutex_lock(&v->lock);
    if (v->cpu) {
        fn(v->cpu);
        (void)pthread_cond_signal(&v->wake);
    }
    (void)pthread_mutex_unlock(&v->lock);
}

static void publish(struct standin_vcpu *v, struct a64_cpu *cpu)
{
    (void)pthread_mutex_lock(&v->lock);
    v->cpu = cpu;
    (void)pthread_mutex_unlock(&v->lock);
}

/* --- life --- */

static struct standin_vcpu *free_vcpu(void)
{
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++)
        if (!standin_vm.vcpus[i].used)
            return &standin_vm.vcpus[i];
    return NULL;
}

static void make_fresh(struct standin_vcpu *v)
{
    v->owner = pthread_self();
    v->exit = (hv_vcpu_exit_t){0};
    atomic_store(&v->cancel, false);
    atomic_store(&v->gic_pins, 0);
    memset(v->pending, 0, sizeof(v->pending));
    v->vtimer_mask = v->vtimer_auto_mask = false;
    v->nr_fires = v->nr_silent = 0;
    v->vtimer_offset = v->exec_ticks = 0;
    v->trap_debug_exceptions = v->trap_debug_regs = false;
    v->mpidr_written = false;
    v->place = STANDIN_MAX_VCPUS;
    v->nr_shadows = 0;
}

static hv_return_t create_locked(struct standin_vcpu *v)
{
    struct a64_cpu *cpu;

    make_fresh(v);
    standin_current = v; /* the CPU asks for its counter */
    if (a64_cpu_create(standin_vm.a64, (unsigned)v->id, v->id, &cpu) < 0) {
        standin_current = NULL;
        return HV_NO_RESOURCES;
    }
    publish(v, cpu);
    standin_init_sysregs(v);
    a64_set_pstate(cpu, 0);
    v->used = true;
    standin_vm.nr_vcpus++;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_create(hv_vcpu_t *vcpu, hv_vcpu_exit_t **exit, hv_vcpu_config_t config)
{
    hv_return_t status = standin_forced("hv_vcpu_create");
    struct standin_vcpu *v;
    uint32_t max;

    (void)config;
    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (standin_current)
        standin_breach("hv_vcpu_create: this thread has vCPU %llu already",
                       (unsigned long long)standin_current->id);
    if (status != HV_SUCCESS)
        return status;
    (void)hv_vm_get_max_vcpu_count(&max);
    (void)pthread_mutex_lock(&standin_vm.lock);
    v = standin_vm.nr_vcpus < max ? free_vcpu() : NULL;
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
    cpu = v->cpu;
    if (standin_has_gic())
        standin_flavour.gic->leave(v);
    publish(v, NULL);
    standin_world_stop(); /* the other CPUs look at this one */
    a64_cpu_destroy(cpu);
    standin_world_start();
    v->used = false;
    standin_vm.nr_vcpus--;
    standin_current = NULL;
    (void)pthread_mutex_unlock(&standin_vm.lock);
    return HV_SUCCESS;
}

static void cancel(struct standin_vcpu *v)
{
    atomic_store(&v->cancel, true);
    standin_poke(v, a64_kick);
}

hv_return_t hv_vcpus_exit(const hv_vcpu_t *vcpus, uint32_t count)
{
    hv_return_t status = HV_SUCCESS;

    (void)pthread_mutex_lock(&standin_vm.lock);
    for (uint32_t i = 0; i < count; i++) {
        hv_vcpu_t id = vcpus[i];

        if (standin_vm.used && id < STANDIN_MAX_VCPUS && standin_vm.vcpus[id].used)
            cancel(&standin_vm.vcpus[id]);
        else
            status = HV_NO_DEVICE;
    }
    (void)pthread_mutex_unlock(&standin_vm.lock);
    return status;
}

/* --- interrupts --- */

hv_return_t hv_vcpu_get_pending_interrupt(hv_vcpu_t vcpu, hv_interrupt_type_t type, bool *pending)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_pending_interrupt");

    if (!v || type > HV_INTERRUPT_TYPE_FIQ)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    if (standin_has_gic())
        return HV_UNSUPPORTED;
    *pending = v->pending[type];
    return HV_SUCCESS;
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

/* --- properties --- */

hv_return_t hv_vcpu_get_exec_time(hv_vcpu_t vcpu, uint64_t *time)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_exec_time");

    if (!v)
        return HV_NO_DEVICE;
    *time = v->exec_ticks;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_trap_debug_exceptions(hv_vcpu_t vcpu, bool *trapped)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_trap_debug_exceptions");

    if (!v)
        return HV_NO_DEVICE;
    *trapped = v->trap_debug_exceptions;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_trap_debug_exceptions(hv_vcpu_t vcpu, bool trapped)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_trap_debug_exceptions");

    if (!v)
        return HV_NO_DEVICE;
    v->trap_debug_exceptions = trapped;
    a64_trap_debug(v->cpu, trapped);
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool *trapped)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_trap_debug_reg_accesses");

    if (!v)
        return HV_NO_DEVICE;
    *trapped = v->trap_debug_regs;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_trap_debug_reg_accesses(hv_vcpu_t vcpu, bool trapped)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_trap_debug_reg_accesses");

    if (!v)
        return HV_NO_DEVICE;
    v->trap_debug_regs = trapped;
    return HV_SUCCESS;
}
