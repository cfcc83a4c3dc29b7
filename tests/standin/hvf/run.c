/* SPDX-License-Identifier: Apache-2.0
 *
 * hv_vcpu_run. The software CPU does by itself some of what a hypervisor is told of, so accesses to
 * devices are caught like this: nobody answers, the CPU takes an external abort, a kick stops it at
 * the first instruction of the handler, and the abort is taken back. */
#include <string.h>

#include "cpu/arm64/exception.h"
#include "host/wait.h"
#include "standin.h"

enum { EC_WFX = 0x01, EC_HVC = 0x16, EC_INSN_ABORT = 0x20, EC_SHIFT = 26 };
enum { FIRES_MAX = 1000, FSC_TRANSLATION_3 = 7 };
#define IL (UINT64_C(1) << 25)

/* --- what the CPU asks while it runs --- */

static void note_abort(uint64_t pa, bool write)
{
    struct standin_vcpu *v = standin_current;
    const struct a64_sysregs *sys = &v->cpu->sys;

    v->abort = (struct standin_abort){.pending = true,
                                      .write = write,
                                      .pa = pa,
                                      .elr = sys->elr,
                                      .spsr = sys->spsr,
                                      .esr = sys->esr,
                                      .far = sys->far};
    a64_kick(v->cpu);
}

bool standin_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    (void)ctx;
    if (standin_has_gic() && standin_gic->read(pa, size, ret))
        return true;
    note_abort(pa, false);
    return false;
}

bool standin_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    (void)ctx;
    if (standin_has_gic() && standin_gic->write(pa, size, value))
        return true;
    note_abort(pa, true);
    return false;
}

static bool is_physical_timer(uint32_t reg)
{
    return reg == HV_SYS_REG(3, 3, 14, 0, 1) || (reg | 3) == HV_SYS_REG(3, 3, 14, 2, 3);
}

/* The registers that say what a CPU is, there or not. */
static bool is_id_space(uint32_t reg)
{
    return standin_is_id(reg) ||
           (reg >= HV_SYS_REG(3, 0, 0, 1, 0) && reg <= HV_SYS_REG(3, 0, 0, 7, 7));
}

/* What the framework lets through to hardware, or has a value for, stays; the rest leaves. */
bool standin_sysreg_leaves(void *ctx, uint32_t reg)
{
    (void)ctx;
    if (is_id_space(reg))
        return true;
    if (is_physical_timer(reg))
        return !standin_has_gic();
    switch (reg) {
    case HV_SYS_REG(2, 0, 1, 0, 4):  /* OSLAR_EL1 */
    case HV_SYS_REG(2, 0, 1, 1, 4):  /* OSLSR_EL1 */
    case HV_SYS_REG(2, 0, 1, 3, 4):  /* OSDLR_EL1 */
    case HV_SYS_REG(2, 0, 0, 2, 0):  /* MDCCINT_EL1 */
    case HV_SYS_REG(3, 0, 10, 4, 3): /* LORC_EL1 */
        return true;
    default:
        return false;
    }
}

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

/* Takes the abort back and hands it over. */
static void leave_for_abort(struct standin_vcpu *v)
{
    struct a64_sysregs *sys = &v->cpu->sys;
    struct standin_abort *a = &v->abort;
    uint64_t va = sys->far, pc = sys->elr;

    a64_set_pstate(v->cpu, sys->spsr);
    a64_set_pc(v->cpu, pc);
    sys->elr = a->elr;
    sys->spsr = a->spsr;
    sys->esr = a->esr;
    sys->far = a->far;
    a->pending = false;
    leave_with(v, standin_data_syndrome(standin_fetch(v, pc), a->write), va, a->pa);
}

/* Answers a register here, or hands it over. true: it leaves. */
static bool handle_sysreg(struct standin_vcpu *v)
{
    uint32_t reg = v->a64.sysreg.reg;

    if (is_id_space(reg) && v->a64.sysreg.write) { /* no such instruction: EL1 hears of it */
        a64_undefined(v->cpu);
        return false;
    }
    if (standin_is_id(reg)) {
        v->a64.sysreg.value = standin_id_value(v, (hv_sys_reg_t)reg);
        return false;
    }
    if (standin_has_gic() && !standin_sysreg_leaves(NULL, reg)) {
        if (!standin_gic->sysreg(v, &v->a64))
            a64_undefined(v->cpu);
        return false;
    }
    v->cpu->sysreg_pending = false;
    leave_with(v, standin_sysreg_syndrome(standin_fetch(v, v->cpu->pc)), 0, 0);
    return true;
}

void standin_wake(struct standin_vcpu *v)
{
    (void)pthread_mutex_lock(&v->lock);
    (void)pthread_cond_signal(&v->wake);
    (void)pthread_mutex_unlock(&v->lock);
}

static uint64_t soft_ticks_until(uint64_t deadline)
{
    uint64_t now = mach_absolute_time() - standin_current->vtimer_offset;
    __uint128_t ns;

    if (deadline == UINT64_MAX)
        return SOFT_NO_DEADLINE;
    ns = deadline > now ? (__uint128_t)(deadline - now) * 125 / 3 + SOFT_NS_PER_TICK : 0;
    if (ns / SOFT_NS_PER_TICK >= UINT64_MAX / 2)
        return SOFT_NO_DEADLINE;
    return soft_clock_ticks(&standin_vm.clock) + (uint64_t)ns / SOFT_NS_PER_TICK;
}

/* With the framework's GIC a WFI waits here. */
static void sleep_inside(struct standin_vcpu *v)
{
    uint64_t until = soft_clock_ns_at(&standin_vm.clock, soft_ticks_until(v->a64.deadline));

    (void)pthread_mutex_lock(&v->lock);
    while (!atomic_load(&v->gic_pins) && !atomic_load(&v->cancel))
        if (!wait_until(&v->wake, &v->lock, until))
            break;
    (void)pthread_mutex_unlock(&v->lock);
    a64_poke_timer(v->cpu);
}

static bool handle_wfi(struct standin_vcpu *v)
{
    if (standin_has_gic()) {
        sleep_inside(v);
        return false;
    }
    a64_set_pc(v->cpu, a64_get_pc(v->cpu) - 4);
    leave_with(v, (uint64_t)EC_WFX << EC_SHIFT | IL, 0, 0);
    return true;
}

/* The virtual timer's exit, unless it is masked. */
static bool vtimer_fires(struct standin_vcpu *v)
{
    if (v->vtimer_mask || !standin_vtimer_high(v))
        return false;
    if (++v->nr_idle_fires > FIRES_MAX)
        standin_breach("vCPU %llu: the virtual timer is unmasked while its output is high",
                       (unsigned long long)v->id);
    v->vtimer_mask = true;
    leave(v, HV_EXIT_REASON_VTIMER_ACTIVATED);
    return true;
}

static bool handle_timer(struct standin_vcpu *v)
{
    if (!standin_has_gic())
        return vtimer_fires(v);
    standin_gic->timer(v, v->a64.timer.virt, v->a64.timer.phys);
    return false;
}

/* One stay in the software CPU. true: v->exit says why the run ends. */
static bool run_once(struct standin_vcpu *v)
{
    soft_clock_set_deadline(&standin_vm.clock, (unsigned)v->id,
                            soft_ticks_until(a64_timer_deadline(v->cpu)));
    a64_run(v->cpu, &v->a64);
    switch (v->a64.kind) {
    case A64_EXIT_KICKED:
        if (v->abort.pending) {
            leave_for_abort(v);
            return true;
        }
        if (!atomic_exchange(&v->cancel, false))
            return false;
        leave(v, HV_EXIT_REASON_CANCELED);
        return true;
    case A64_EXIT_WFI:
        return handle_wfi(v);
    case A64_EXIT_HVC: /* the PC is behind it */
        leave_with(v, (uint64_t)EC_HVC << EC_SHIFT | IL, 0, 0);
        return true;
    case A64_EXIT_SYSREG:
        return handle_sysreg(v);
    case A64_EXIT_TIMER:
        return handle_timer(v);
    case A64_EXIT_LOCKUP:
        leave_with(v, (uint64_t)EC_INSN_ABORT << EC_SHIFT | IL | FSC_TRANSLATION_3,
                   a64_get_pc(v->cpu), a64_get_pc(v->cpu));
        return true;
    }
    return false;
}

static void set_pins(struct standin_vcpu *v, bool irq, bool fiq)
{
    a64_set_pin(v->cpu, false, irq);
    a64_set_pin(v->cpu, true, fiq);
}

/* The mask belongs to a timer that is high; with the output low it would silence the next one. */
static void check_entry(struct standin_vcpu *v)
{
    if (!standin_has_gic() && v->vtimer_mask && !standin_vtimer_high(v))
        standin_breach("vCPU %llu: the virtual timer is masked though its output is low: it would "
                       "never fire again",
                       (unsigned long long)v->id);
}

hv_return_t hv_vcpu_run(hv_vcpu_t vcpu)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_run");

    if (!v)
        return HV_NO_DEVICE;
    check_entry(v);
    if (atomic_exchange(&v->cancel, false)) {
        leave(v, HV_EXIT_REASON_CANCELED);
    } else if (standin_has_gic() || !vtimer_fires(v)) {
        if (!standin_has_gic())
            set_pins(v, v->pending[HV_INTERRUPT_TYPE_IRQ], v->pending[HV_INTERRUPT_TYPE_FIQ]);
        while (!run_once(v))
            ;
    }
    if (v->exit.reason == HV_EXIT_REASON_EXCEPTION)
        v->nr_idle_fires = 0;
    if (!standin_has_gic())
        set_pins(v, false, false);
    memset(v->pending, 0, sizeof(v->pending));
    return HV_SUCCESS;
}
