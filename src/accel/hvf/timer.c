/* SPDX-License-Identifier: Apache-2.0
 *
 * Generic timers (Arm ARM D11.2). The virtual one is hardware that the framework watches: when it
 * fires, the run ends and the framework masks it; its output is high from then on until the guest
 * has turned it off or set it anew, which is looked for at every exit, because nothing else tells.
 * Only then may it be unmasked: earlier it would fire at once, again and again; never, and the
 * guest's clock stands still. The physical one is ours: three registers that trap, and an alarm.
 * With the framework's GIC both belong to the framework. */
#include "accel/hvf/state.h"
#include "host/clock.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4, CTL_BITS = 3 };
enum {
    CNTP_TVAL_EL0 = HV_SYS_REG(3, 3, 14, 2, 0),
    CNTP_CTL_EL0 = HV_SYS_REG(3, 3, 14, 2, 1),
    CNTP_CVAL_EL0 = HV_SYS_REG(3, 3, 14, 2, 2),
};

uint64_t hvf_counter(const struct accel_vm *vm)
{
    return mach_absolute_time() - atomic_load(&vm->counter_offset);
}

/* When the guest's counter gets to `ticks`. */
static uint64_t ns_at(const struct accel_vm *vm, uint64_t ticks)
{
    uint64_t offset = atomic_load(&vm->counter_offset), since_start;
    __uint128_t ns;

    if (ticks > UINT64_MAX - offset)
        return UINT64_MAX;
    if (ticks + offset <= vm->start_ticks)
        return vm->start_ns;
    since_start = ticks + offset - vm->start_ticks;
    ns = (__uint128_t)since_start * vm->timebase.numer / vm->timebase.denom + vm->start_ns;
    return ns < UINT64_MAX ? (uint64_t)ns : UINT64_MAX;
}

static bool can_fire(uint64_t ctl)
{
    return (ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
}

static bool is_high(uint64_t ctl)
{
    return can_fire(ctl) && (ctl & CTL_ISTATUS);
}

/* --- the physical timer --- */

bool hvf_is_ptimer(uint32_t reg)
{
    return reg == CNTP_TVAL_EL0 || reg == CNTP_CTL_EL0 || reg == CNTP_CVAL_EL0;
}

static uint64_t ptimer_ctl(const struct vcpu *v)
{
    const struct hvf_ptimer *t = &v->ptimer;
    bool met = t->ctl & CTL_ENABLE && hvf_counter(v->vm) >= t->cval;

    return t->ctl | (met ? (uint64_t)CTL_ISTATUS : 0);
}

uint64_t hvf_ptimer_read(const struct vcpu *v, uint32_t reg)
{
    if (reg == CNTP_CTL_EL0)
        return ptimer_ctl(v);
    if (reg == CNTP_CVAL_EL0)
        return v->ptimer.cval;
    return (uint32_t)(v->ptimer.cval - hvf_counter(v->vm));
}

void hvf_ptimer_write(struct vcpu *v, uint32_t reg, uint64_t value)
{
    if (reg == CNTP_CTL_EL0)
        v->ptimer.ctl = value & CTL_BITS;
    else if (reg == CNTP_CVAL_EL0)
        v->ptimer.cval = value;
    else
        v->ptimer.cval = hvf_counter(v->vm) + (uint64_t)(int64_t)(int32_t)value;
}

/* When its output rises; UINT64_MAX: not by itself. */
static uint64_t ptimer_deadline_ns(const struct vcpu *v)
{
    return can_fire(v->ptimer.ctl) && !v->phys_line ? ns_at(v->vm, v->ptimer.cval) : UINT64_MAX;
}

/* --- outputs --- */

static void tell(struct vcpu *v, struct vcpu_exit *exit, bool virt, bool phys)
{
    v->virt_line = virt;
    v->phys_line = phys;
    exit->kind = VCPU_EXIT_TIMER;
    exit->timer.virt = virt;
    exit->timer.phys = phys;
}

bool hvf_timers_changed(struct vcpu *v, struct vcpu_exit *exit)
{
    bool virt, phys;

    if (v->vm->gic)
        return false;
    virt = v->virt_line && is_high(hvf_get_sys_reg(v, HV_SYS_REG_CNTV_CTL_EL0));
    phys = is_high(ptimer_ctl(v));
    if (v->virt_line && !virt)
        hvf_check(v, hv_vcpu_set_vtimer_mask(v->id, false), "hv_vcpu_set_vtimer_mask");
    if (virt == v->virt_line && phys == v->phys_line)
        return false;
    tell(v, exit, virt, phys);
    return true;
}

bool hvf_vtimer_fired(struct vcpu *v, struct vcpu_exit *exit)
{
    if (v->vm->gic) { /* the framework has delivered it, then */
        hvf_check(v, hv_vcpu_set_vtimer_mask(v->id, false), "hv_vcpu_set_vtimer_mask");
        return false;
    }
    tell(v, exit, true, v->phys_line);
    return true;
}

uint64_t hvf_timer_deadline_ns(struct vcpu *v)
{
    uint64_t virt = UINT64_MAX, phys = ptimer_deadline_ns(v);

    if (!v->virt_line && can_fire(hvf_get_sys_reg(v, HV_SYS_REG_CNTV_CTL_EL0)))
        virt = ns_at(v->vm, hvf_get_sys_reg(v, HV_SYS_REG_CNTV_CVAL_EL0));
    return virt < phys ? virt : phys;
}

/* --- the guest's time --- */

/* Then the alarm has rung, before the counter came to it: the clocks' units differ. */
static bool has_passed(uint64_t alarm_ns)
{
    return alarm_ns != UINT64_MAX && alarm_ns <= clock_monotonic_ns();
}

void hvf_timers_enter(struct vcpu *v)
{
    uint64_t offset = atomic_load(&v->vm->counter_offset), alarm_ns = ptimer_deadline_ns(v);

    if (offset != v->offset) {
        hvf_check(v, hv_vcpu_set_vtimer_offset(v->id, offset), "hv_vcpu_set_vtimer_offset");
        v->offset = offset;
    }
    if (alarm_ns == v->alarm_ns && !has_passed(alarm_ns))
        return;
    v->alarm_ns = alarm_ns;
    if (alarm_set(&v->vm->alarm, v->index, alarm_ns) < 0)
        hvf_check(v, HV_NO_RESOURCES, "no thread for the physical timer");
}

void hvf_timers_reset(struct vcpu *v)
{
    v->virt_line = v->phys_line = false;
    v->ptimer = (struct hvf_ptimer){0};
    hvf_set_sys_reg(v, HV_SYS_REG_CNTV_CTL_EL0, 0);
    hvf_set_sys_reg(v, HV_SYS_REG_CNTV_CVAL_EL0, 0);
    if (v->vm->gic)
        (void)hv_vcpu_set_sys_reg(v->id, CNTP_CTL_EL0, 0); /* the framework has it, then */
    else
        hvf_check(v, hv_vcpu_set_vtimer_mask(v->id, false), "hv_vcpu_set_vtimer_mask");
    v->offset = atomic_load(&v->vm->counter_offset);
    hvf_check(v, hv_vcpu_set_vtimer_offset(v->id, v->offset), "hv_vcpu_set_vtimer_offset");
}
