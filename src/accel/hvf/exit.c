/* SPDX-License-Identifier: Apache-2.0
 *
 * What made the guest leave, from the framework's syndrome (ESR_EL2, Arm ARM D19.2.38), and where
 * the PC stands then: behind an HVC, at the instruction for everything else. */
#include <sched.h>
#include <stdio.h>

#include "accel/hvf/state.h"
#include "host/clock.h"

enum { SYNDROME_EC_SHIFT = 26, ISS_TABLE_WALK = 1 << 7, ISS_WFX_KIND = 3, ISS_LEVEL = 3 };
#define SYNDROME_ISS UINT64_C(0x1ffffff)

/* With the framework's GIC nothing here knows of interrupts, and no WFI should come out; one that
 * does is looked at again this soon. */
enum { BLIND_SLEEP_NS = 1000000 };

/* --- exceptions for the guest --- */

void hvf_inject(struct vcpu *v, enum arm64_ec ec, uint32_t iss)
{
    uint64_t pc = hvf_get_reg(v, HV_REG_PC);
    struct arm64_exception e = {.pc = pc,
                                .pstate = hvf_get_reg(v, HV_REG_CPSR),
                                .vbar = hvf_get_sys_reg(v, HV_SYS_REG_VBAR_EL1),
                                .sctlr = hvf_get_sys_reg(v, HV_SYS_REG_SCTLR_EL1)};

    arm64_enter_exception(&e, ec, iss);
    if (e.pc == pc) /* for ever, then */
        (void)snprintf(v->why, sizeof(v->why),
                       "the guest's exception vectors are unusable there; see the guest's console "
                       "for what came before");
    hvf_set_sys_reg(v, HV_SYS_REG_ELR_EL1, e.elr);
    hvf_set_sys_reg(v, HV_SYS_REG_SPSR_EL1, e.spsr);
    hvf_set_sys_reg(v, HV_SYS_REG_ESR_EL1, e.esr);
    hvf_set_reg(v, HV_REG_CPSR, e.pstate);
    hvf_set_reg(v, HV_REG_PC, e.pc);
}

void hvf_inject_abort(struct vcpu *v, enum arm64_ec ec, uint32_t iss, uint64_t far)
{
    hvf_set_sys_reg(v, HV_SYS_REG_FAR_EL1, far);
    hvf_inject(v, ec, iss);
}

/* Nobody answers at that address, which may be that of a translation table. */
static void refuse_fetch(struct vcpu *v, uint32_t iss)
{
    uint32_t fsc = iss & ISS_TABLE_WALK ? ARM64_FSC_EXTERNAL_WALK | (iss & ISS_LEVEL)
                                        : (uint32_t)ARM64_FSC_EXTERNAL;

    hvf_inject_abort(v, ARM64_EC_INSN_ABORT, fsc, v->hv->exception.virtual_address);
}

/* --- exits for the caller --- */

static bool wait_for_event(struct vcpu *v, uint32_t iss, struct vcpu_exit *exit)
{
    hvf_skip_insn(v);
    if (iss & ISS_WFX_KIND) { /* WFE, and those with a timeout, may end at any time */
        (void)sched_yield();
        return false;
    }
    exit->kind = VCPU_EXIT_WFI;
    exit->wfi.deadline_ns = hvf_timer_deadline_ns(v);
    if (v->vm->gic) {
        uint64_t soon = clock_monotonic_ns() + BLIND_SLEEP_NS;

        exit->wfi.deadline_ns = exit->wfi.deadline_ns < soon ? exit->wfi.deadline_ns : soon;
    }
    return true;
}

static bool call(struct vcpu *v, struct vcpu_exit *exit)
{
    exit->kind = VCPU_EXIT_PSCI;
    for (unsigned i = 0; i < ARRAY_LEN(exit->psci.arg); i++)
        exit->psci.result[i] = exit->psci.arg[i] = hvf_get_reg(v, HV_REG_X0 + i);
    exit->psci.deadline_ns = hvf_timer_deadline_ns(v);
    exit->psci.counter = hvf_counter(v->vm);
    return true;
}

bool hvf_handle_exception(struct vcpu *v, struct vcpu_exit *exit)
{
    uint64_t syndrome = v->hv->exception.syndrome;
    uint32_t iss = (uint32_t)(syndrome & SYNDROME_ISS);

    switch ((enum arm64_ec)(syndrome >> SYNDROME_EC_SHIFT & 0x3f)) {
    case ARM64_EC_WFX:
        return wait_for_event(v, iss, exit);
    case ARM64_EC_HVC:
        return call(v, exit);
    case ARM64_EC_SMC: /* there is no EL3, and the device tree says hvc */
    case ARM64_EC_FP:  /* what the guest's identification registers do not promise */
    case ARM64_EC_PAUTH:
    case ARM64_EC_LS64:
    case ARM64_EC_SVE:
    case ARM64_EC_SME:
        hvf_inject(v, ARM64_EC_UNKNOWN, 0);
        return false;
    case ARM64_EC_SYSREG:
        return hvf_sysreg_trap(v, exit);
    case ARM64_EC_DATA_ABORT:
        return hvf_data_abort(v, exit);
    case ARM64_EC_INSN_ABORT:
        refuse_fetch(v, iss);
        return false;
    default:
        (void)snprintf(v->why, sizeof(v->why),
                       "the framework hands over an exception (syndrome %#llx) that nobody asked "
                       "for; report it with the output of 'berth doctor'",
                       (unsigned long long)syndrome);
        return false;
    }
}
