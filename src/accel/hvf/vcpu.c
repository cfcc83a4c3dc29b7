/* SPDX-License-Identifier: Apache-2.0
 *
 * A vCPU of the framework (Hypervisor/hv_vcpu.h): life, registers, the run loop, kicks and pins. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "accel/hvf/error.h"
#include "accel/hvf/state.h"

/* --- registers --- */

void hvf_check(struct vcpu *v, hv_return_t status, const char *what)
{
    if (LIKELY(status == HV_SUCCESS) || v->why[0])
        return;
    (void)snprintf(v->why, sizeof(v->why), "%s: %s (%#x): %s", what, hvf_status_name(status),
                   (unsigned)status, hvf_remedy(status));
}

uint64_t hvf_get_reg(struct vcpu *v, hv_reg_t reg)
{
    uint64_t value = 0;

    hvf_check(v, hv_vcpu_get_reg(v->id, reg, &value), "hv_vcpu_get_reg");
    return value;
}

void hvf_set_reg(struct vcpu *v, hv_reg_t reg, uint64_t value)
{
    hvf_check(v, hv_vcpu_set_reg(v->id, reg, value), "hv_vcpu_set_reg");
}

uint64_t hvf_get_sys_reg(struct vcpu *v, hv_sys_reg_t reg)
{
    uint64_t value = 0;

    hvf_check(v, hv_vcpu_get_sys_reg(v->id, reg, &value), "hv_vcpu_get_sys_reg");
    return value;
}

void hvf_set_sys_reg(struct vcpu *v, hv_sys_reg_t reg, uint64_t value)
{
    hvf_check(v, hv_vcpu_set_sys_reg(v->id, reg, value), "hv_vcpu_set_sys_reg");
}

uint64_t hvf_get_x(struct vcpu *v, unsigned n)
{
    return n == ARM64_REG_ZR ? 0 : hvf_get_reg(v, HV_REG_X0 + n);
}

void hvf_set_x(struct vcpu *v, unsigned n, uint64_t value)
{
    if (n != ARM64_REG_ZR)
        hvf_set_reg(v, HV_REG_X0 + n, value);
}

void hvf_skip_insn(struct vcpu *v)
{
    hvf_set_reg(v, HV_REG_PC, hvf_get_reg(v, HV_REG_PC) + 4);
}

int hvf_get_regs(struct vcpu *v, struct vcpu_regs *ret)
{
    for (unsigned i = 0; i < ARRAY_LEN(ret->x); i++)
        ret->x[i] = hvf_get_reg(v, HV_REG_X0 + i);
    ret->sp_el0 = hvf_get_sys_reg(v, HV_SYS_REG_SP_EL0);
    ret->sp_el1 = hvf_get_sys_reg(v, HV_SYS_REG_SP_EL1);
    ret->pc = hvf_get_reg(v, HV_REG_PC);
    ret->pstate = hvf_get_reg(v, HV_REG_CPSR);
    return v->why[0] ? -EIO : 0;
}

int hvf_set_regs(struct vcpu *v, const struct vcpu_regs *regs)
{
    for (unsigned i = 0; i < ARRAY_LEN(regs->x); i++)
        hvf_set_reg(v, HV_REG_X0 + i, regs->x[i]);
    hvf_set_sys_reg(v, HV_SYS_REG_SP_EL0, regs->sp_el0);
    hvf_set_sys_reg(v, HV_SYS_REG_SP_EL1, regs->sp_el1);
    hvf_set_reg(v, HV_REG_PC, regs->pc);
    hvf_set_reg(v, HV_REG_CPSR, regs->pstate);
    return v->why[0] ? -EIO : 0;
}

/* --- life --- */

static void publish(struct accel_vm *vm, unsigned index, struct vcpu *v)
{
    (void)pthread_mutex_lock(&vm->lock);
    vm->vcpus[index] = v;
    (void)pthread_mutex_unlock(&vm->lock);
}

void hvf_vcpu_destroy(struct vcpu *v)
{
    if (!v)
        return;
    publish(v->vm, v->index, NULL);
    (void)hv_vcpu_destroy(v->id);
    free(v);
}

int hvf_vcpu_create(struct accel_vm *vm, unsigned index, struct vcpu **ret, struct err *err)
{
    struct vcpu *v = calloc(1, sizeof(*v));
    int rc;

    if (!v)
        return err_set(err, -ENOMEM, "out of memory");
    v->vm = vm;
    v->index = index;
    v->alarm_ns = UINT64_MAX;
    rc = hvf_error(err, hv_vcpu_create(&v->id, &v->hv, NULL), "vCPU %u", index);
    if (rc < 0) {
        free(v);
        return rc;
    }
    hvf_init_vcpu(v);
    rc = v->why[0] ? err_set(err, -EIO, "vCPU %u: %s", index, v->why) : hvf_gic_add_vcpu(v, err);
    if (rc < 0) {
        hvf_vcpu_destroy(v);
        return rc;
    }
    publish(vm, index, v);
    *ret = v;
    return 0;
}

int hvf_vcpu_reset(struct vcpu *v)
{
    v->answered = NULL;
    v->why[0] = '\0';
    hvf_reset(v);
    return v->why[0] ? -EIO : 0;
}

/* --- from other threads --- */

void hvf_leave_guest(struct vcpu *v)
{
    if (atomic_load(&v->in_guest))
        (void)hv_vcpus_exit(&v->id, 1);
}

void hvf_vcpu_kick(struct vcpu *v)
{
    atomic_store(&v->kicked, true);
    hvf_leave_guest(v);
}

/* A pin that falls needs no exit: the guest finds nothing to acknowledge. */
void hvf_vcpu_irq(struct vcpu *v, enum vcpu_pin pin, bool level)
{
    unsigned bit = 1u << pin;

    if (!level)
        (void)atomic_fetch_and(&v->pins, ~bit);
    else if (!(atomic_fetch_or(&v->pins, bit) & bit))
        hvf_leave_guest(v);
}

/* --- the run loop --- */

/* What the caller found out about the last exit. true: *exit is the next part of it. */
static bool finish_last_exit(struct vcpu *v, struct vcpu_exit *exit)
{
    struct vcpu_exit *e = v->answered;

    v->answered = NULL;
    if (!e)
        return false;
    switch (e->kind) {
    case VCPU_EXIT_MMIO:
        return hvf_mmio_answered(v, exit);
    case VCPU_EXIT_SYSREG:
        hvf_sysreg_answered(v, e);
        return false;
    case VCPU_EXIT_PSCI:
        for (unsigned i = 0; i < ARRAY_LEN(e->psci.result); i++)
            hvf_set_reg(v, HV_REG_X0 + i, e->psci.result[i]);
        return false;
    default:
        return false;
    }
}

static bool fault(struct vcpu *v, struct vcpu_exit *exit)
{
    *exit = (struct vcpu_exit){.kind = VCPU_EXIT_FAULT};
    exit->fault.why = v->why;
    exit->fault.code = v->hv->exception.syndrome;
    if (hv_vcpu_get_reg(v->id, HV_REG_PC, &exit->fault.pc) != HV_SUCCESS)
        exit->fault.pc = 0;
    return true;
}

/* The framework forgets pending interrupts when a run ends. */
static void apply_pins(struct vcpu *v)
{
    unsigned pins = atomic_load(&v->pins);

    if (pins & 1u << VCPU_PIN_IRQ)
        hvf_check(v, hv_vcpu_set_pending_interrupt(v->id, HV_INTERRUPT_TYPE_IRQ, true),
                  "hv_vcpu_set_pending_interrupt");
    if (pins & 1u << VCPU_PIN_FIQ)
        hvf_check(v, hv_vcpu_set_pending_interrupt(v->id, HV_INTERRUPT_TYPE_FIQ, true),
                  "hv_vcpu_set_pending_interrupt");
}

/* Enters the guest, and returns when it left. */
static void enter_guest(struct vcpu *v)
{
    apply_pins(v);
    hvf_timers_enter(v);
    if (!v->why[0])
        hvf_check(v, hv_vcpu_run(v->id), "hv_vcpu_run");
}

static bool handle_hv_exit(struct vcpu *v, struct vcpu_exit *exit)
{
    switch (v->hv->reason) {
    case HV_EXIT_REASON_CANCELED: /* for a reason that the next turn finds */
        return false;
    case HV_EXIT_REASON_EXCEPTION:
        return hvf_handle_exception(v, exit);
    case HV_EXIT_REASON_VTIMER_ACTIVATED:
        return hvf_vtimer_fired(v, exit);
    default:
        (void)snprintf(v->why, sizeof(v->why), "the framework ended its run for reason %u",
                       v->hv->reason);
        return false;
    }
}

static bool was_kicked(struct vcpu *v, struct vcpu_exit *exit)
{
    bool kicked = atomic_exchange(&v->kicked, false);

    if (kicked)
        exit->kind = VCPU_EXIT_KICKED;
    return kicked;
}

/* One turn: true when *exit is for the caller. in_guest comes first: whoever finds it false has done
 * what is looked at here. */
static bool turn(struct vcpu *v, struct vcpu_exit *exit)
{
    atomic_store(&v->in_guest, true);
    bool stays = hvf_timers_changed(v, exit) || was_kicked(v, exit);
    if (!stays)
        enter_guest(v);
    atomic_store(&v->in_guest, false);
    return stays || (!v->why[0] && handle_hv_exit(v, exit));
}

int hvf_vcpu_run(struct vcpu *v, struct vcpu_exit *exit)
{
    bool done = finish_last_exit(v, exit);

    while (!done && !v->why[0])
        done = turn(v, exit);
    if (v->why[0])
        (void)fault(v, exit);
    v->answered = exit;
    return 0;
}
