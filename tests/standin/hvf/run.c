/* SPDX-License-Identifier: Apache-2.0
 *
 * hv_vcpu_run (Hypervisor/hv_vcpu.h). The software CPU speaks of what a hypervisor is told in the
 * words of EL2 already; here is what the framework makes of it, and what it keeps to itself. */
#include <string.h>

#include "host/wait.h"
#include "standin.h"

enum { EC_WFX = 0x01, EC_SHIFT = 26, WFI_ISS = 0x1e << 20 /* condition: always */ };
#define IL (UINT64_C(1) << 25)

/* --- exits --- */

static void leave(struct standin_vcpu *v, hv_exit_reason_t reason)
{
    v->exit = (hv_vcpu_exit_t){.reason = reason};
}

static void leave_with(struct standin_vcpu *v, uint64_t syndrome, uint64_t va, uint64_t pa)
{
    leave(v, HV_EXIT_REASON_EXCEPTION);
    v->exit.exception = (hv_vcpu_exit_exception_t){
        .syndrome = syndrome, .virtual_address = va, .physical_address = pa};
}

/* A register whose value the framework has: an identification register, or its GIC's. */
static void emulate_sysreg(struct standin_vcpu *v)
{
    uint32_t reg = v->a64.sysreg.reg;

    if (standin_is_id(reg))
        v->a64.sysreg.value = standin_id_value(v, (hv_sys_reg_t)reg);
    else if (!standin_flavour.gic->sysreg(v, &v->a64))
        a64_undefined(v->cpu);
}

/* --- sleeping inside --- */

/* Until an interrupt of the framework's GIC, hv_vcpus_exit, or a timer. */
static void sleep_inside(struct standin_vcpu *v)
{
    uint64_t until = standin_ns_at(v, a64_timer_deadline(v->cpu));

    (void)pthread_mutex_lock(&v->lock);
    while (!atomic_load(&v->gic_pins) && !atomic_load(&v->cancel))
        if (!wait_until(&v->wake, &v->lock, until))
            break;
    (void)pthread_mutex_unlock(&v->lock);
    a64_poke_timer(v->cpu);
}

/* With the framework's GIC a WFI waits here: it alone knows of interrupts. */
static bool handle_wfi(struct standin_vcpu *v)
{
    if (standin_has_gic()) {
        sleep_inside(v);
        return false;
    }
    a64_set_pc(v->cpu, a64_get_pc(v->cpu) - 4);
    leave_with(v, (uint64_t)EC_WFX << EC_SHIFT | IL | WFI_ISS, 0, 0);
    return true;
}

static bool handle_timer(struct standin_vcpu *v)
{
    if (!standin_has_gic())
        return standin_vtimer_fires(v);
    standin_flavour.gic->timer(v, v->a64.timer.virt, v->a64.timer.phys);
    return false;
}

static bool handle_kick(struct standin_vcpu *v)
{
    if (!atomic_exchange(&v->cancel, false))
        return false; /* memory changed, or a kick came late */
    leave(v, HV_EXIT_REASON_CANCELED);
    return true;
}

/* --- the loop --- */

static void run_cpu(struct standin_vcpu *v)
{
    uint64_t from;

    standin_watch_timers(v);
    standin_world_enter();
    from = mach_absolute_time();
    a64_run(v->cpu, &v->a64);
    v->exec_ticks += mach_absolute_time() - from;
    standin_world_leave();
}

/* One stay in the software CPU. true: v->exit says why the run ends. */
static bool run_once(struct standin_vcpu *v)
{
    run_cpu(v);
    switch (v->a64.kind) {
    case A64_EXIT_KICKED:
        return handle_kick(v);
    case A64_EXIT_WFI:
        return handle_wfi(v);
    case A64_EXIT_SYSREG:
        emulate_sysreg(v);
        return false;
    case A64_EXIT_TIMER:
        return handle_timer(v);
    case A64_EXIT_LOCKUP: /* hardware would take exceptions until somebody ends it */
        sleep_inside(v);
        return false;
    case A64_EXIT_TRAP:
        leave_with(v, v->a64.trap.syndrome, v->a64.trap.far, v->a64.trap.ipa);
        return true;
    case A64_EXIT_HVC: /* a trap here */
        break;
    }
    standin_breach("vCPU %llu: the software CPU left without a reason", (unsigned long long)v->id);
}

/* The framework's GIC has the pins for itself. */
static void set_pins(struct standin_vcpu *v)
{
    if (standin_has_gic())
        return;
    a64_set_pin(v->cpu, false, v->pending[HV_INTERRUPT_TYPE_IRQ]);
    a64_set_pin(v->cpu, true, v->pending[HV_INTERRUPT_TYPE_FIQ]);
}

/* Asked to, or for a timer that has been waiting: without an instruction. */
static bool leaves_at_once(struct standin_vcpu *v)
{
    return handle_kick(v) || (!standin_has_gic() && standin_vtimer_fires(v));
}

hv_return_t hv_vcpu_run(hv_vcpu_t vcpu)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_run");
    hv_return_t status = standin_forced("hv_vcpu_run");

    if (!v || status != HV_SUCCESS)
        return v ? status : HV_NO_DEVICE;
    standin_check_mask(v);
    if (!leaves_at_once(v)) {
        set_pins(v);
        while (!run_once(v))
            ;
    }
    if (v->exit.reason == HV_EXIT_REASON_EXCEPTION)
        v->nr_fires = 0;
    memset(v->pending, 0, sizeof(v->pending));
    set_pins(v);
    return HV_SUCCESS;
}
