/* SPDX-License-Identifier: Apache-2.0
 *
 * Which accesses to system registers come out of hv_vcpu_run, which the framework answers, and
 * which reach hardware. Apple's documentation does not list them; seen by others: docs
 * macos-backends.md section 1.9. */
#include "standin.h"

enum { PFR_FIELD = 15, PMUVER_SHIFT = 8 };

static unsigned crn_of(uint32_t reg)
{
    return reg >> 7 & 15;
}

static unsigned crm_of(uint32_t reg)
{
    return reg >> 3 & 15;
}

static bool is_op(uint32_t reg, unsigned op0, unsigned op1)
{
    return reg >> 14 == op0 && (reg >> 11 & 7) == op1;
}

bool standin_is_icc(uint32_t reg)
{
    return reg == HV_SYS_REG(3, 0, 4, 6, 0) || (is_op(reg, 3, 0) && crn_of(reg) == 12 &&
                                                 crm_of(reg) >= 8 && crm_of(reg) <= 12);
}

static bool is_id_space(uint32_t reg)
{
    return is_op(reg, 3, 0) && crn_of(reg) == 0 && crm_of(reg) >= 1 && crm_of(reg) <= 7;
}

/* CNTPCT and CNTP_*. */
static bool is_physical_timer(uint32_t reg)
{
    return reg == HV_SYS_REG(3, 3, 14, 0, 1) || (is_op(reg, 3, 3) && crn_of(reg) == 14 && crm_of(reg) == 2);
}

static bool is_pmu(uint32_t reg)
{
    bool el1 = is_op(reg, 3, 0) && crn_of(reg) == 9 && crm_of(reg) == 14;
    bool el0 = is_op(reg, 3, 3) && ((crn_of(reg) == 9 && crm_of(reg) >= 12 && crm_of(reg) <= 14) ||
                                    (crn_of(reg) == 14 && crm_of(reg) >= 8));

    return el1 || el0;
}

static bool is_debug(uint32_t reg)
{
    return reg == HV_SYS_REG_MDSCR_EL1 || (is_op(reg, 2, 0) && crn_of(reg) == 0 && (reg & 7) >= 4);
}

/* Registers that the framework takes from the guest and gives no value. */
static bool is_taken(uint32_t reg)
{
    switch (reg) {
    case HV_SYS_REG(2, 0, 1, 0, 4): /* OSLAR_EL1 */
    case HV_SYS_REG(2, 0, 1, 1, 4): /* OSLSR_EL1 */
    case HV_SYS_REG(2, 0, 1, 3, 4): /* OSDLR_EL1 */
    case HV_SYS_REG_MDCCINT_EL1:
    case HV_SYS_REG(3, 0, 10, 4, 3): /* LORC_EL1 */
    case HV_SYS_REG(3, 4, 14, 1, 0): /* CNTHCTL_EL2 */
        return true;
    default:
        return false;
    }
}

static bool shows_pmu(struct standin_vcpu *v)
{
    return standin_id_value(v, HV_SYS_REG_ID_AA64DFR0_EL1) >> PMUVER_SHIFT & PFR_FIELD;
}

enum a64_el2_verdict standin_sysreg_verdict(void *ctx, uint32_t reg, bool write)
{
    struct standin_vcpu *v = standin_current;

    (void)ctx;
    if (standin_is_id(reg))
        return write ? A64_EL2_ALLOW : A64_EL2_EMULATE; /* a write is Undefined */
    if (is_id_space(reg))
        return write ? A64_EL2_ALLOW : A64_EL2_TRAP;
    if (standin_is_icc(reg))
        return standin_has_gic() ? A64_EL2_EMULATE : A64_EL2_TRAP;
    if (is_physical_timer(reg))
        return standin_has_gic() ? A64_EL2_ALLOW : A64_EL2_TRAP;
    if (is_taken(reg) || (v->trap_debug_regs && is_debug(reg)) || (is_pmu(reg) && shows_pmu(v)))
        return A64_EL2_TRAP;
    return A64_EL2_ALLOW;
}
