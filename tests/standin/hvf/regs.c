/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers by Apple's numbers (Hypervisor/hv_vcpu_types.h). Those that the software CPU has are
 * read and written there; the others are remembered. Numbers that the framework does not know are
 * HV_BAD_ARGUMENT. */
#include <string.h>

#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/sysreg_table.h"
#include "cpu/arm64/timer.h"
#include "standin.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };
enum {
    OSLAR_EL1 = HV_SYS_REG(2, 0, 1, 0, 4),
    ACTLR_EL1 = HV_SYS_REG(3, 0, 1, 0, 1),
};
#define PFR0_GIC (UINT64_C(15) << 24)

static const hv_sys_reg_t known[] = {
    HV_SYS_REG_MDCCINT_EL1,      HV_SYS_REG_MDSCR_EL1,        HV_SYS_REG_MIDR_EL1,
    HV_SYS_REG_MPIDR_EL1,        HV_SYS_REG_ID_AA64PFR0_EL1,  HV_SYS_REG_ID_AA64PFR1_EL1,
    HV_SYS_REG_ID_AA64DFR0_EL1,  HV_SYS_REG_ID_AA64DFR1_EL1,  HV_SYS_REG_ID_AA64ISAR0_EL1,
    HV_SYS_REG_ID_AA64ISAR1_EL1, HV_SYS_REG_ID_AA64MMFR0_EL1, HV_SYS_REG_ID_AA64MMFR1_EL1,
    HV_SYS_REG_ID_AA64MMFR2_EL1, HV_SYS_REG_SCTLR_EL1,        HV_SYS_REG_CPACR_EL1,
    HV_SYS_REG_TTBR0_EL1,        HV_SYS_REG_TTBR1_EL1,        HV_SYS_REG_TCR_EL1,
    HV_SYS_REG_APIAKEYLO_EL1,    HV_SYS_REG_APIAKEYHI_EL1,    HV_SYS_REG_APIBKEYLO_EL1,
    HV_SYS_REG_APIBKEYHI_EL1,    HV_SYS_REG_APDAKEYLO_EL1,    HV_SYS_REG_APDAKEYHI_EL1,
    HV_SYS_REG_APDBKEYLO_EL1,    HV_SYS_REG_APDBKEYHI_EL1,    HV_SYS_REG_APGAKEYLO_EL1,
    HV_SYS_REG_APGAKEYHI_EL1,    HV_SYS_REG_SPSR_EL1,         HV_SYS_REG_ELR_EL1,
    HV_SYS_REG_SP_EL0,           HV_SYS_REG_AFSR0_EL1,        HV_SYS_REG_AFSR1_EL1,
    HV_SYS_REG_ESR_EL1,          HV_SYS_REG_FAR_EL1,          HV_SYS_REG_PAR_EL1,
    HV_SYS_REG_MAIR_EL1,         HV_SYS_REG_AMAIR_EL1,        HV_SYS_REG_VBAR_EL1,
    HV_SYS_REG_CONTEXTIDR_EL1,   HV_SYS_REG_TPIDR_EL1,        HV_SYS_REG_CNTKCTL_EL1,
    HV_SYS_REG_CSSELR_EL1,       HV_SYS_REG_TPIDR_EL0,        HV_SYS_REG_TPIDRRO_EL0,
    HV_SYS_REG_CNTV_CTL_EL0,     HV_SYS_REG_CNTV_CVAL_EL0,    HV_SYS_REG_SP_EL1,
};

static bool is_known(hv_sys_reg_t reg)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i] == reg)
            return true;
    /* DBGBVR, DBGBCR, DBGWVR, DBGWCR 0 to 15 */
    return reg >= HV_SYS_REG_DBGBVR_EL1(0) && reg <= HV_SYS_REG_DBGWCR_EL1(15) && (reg & 7) >= 4;
}

bool standin_is_id(uint32_t reg)
{
    return reg == HV_SYS_REG_MIDR_EL1 || reg == HV_SYS_REG_MPIDR_EL1 ||
           (reg >= HV_SYS_REG_ID_AA64PFR0_EL1 && reg <= HV_SYS_REG_ID_AA64MMFR2_EL1);
}

/* --- what the CPU does not hold --- */

static uint64_t *shadow(struct standin_vcpu *v, hv_sys_reg_t reg)
{
    for (unsigned i = 0; i < v->nr_shadows; i++)
        if (v->shadow[i].reg == reg)
            return &v->shadow[i].value;
    if (v->nr_shadows == STANDIN_NR_SHADOWS)
        standin_breach("too many registers without a place");
    v->shadow[v->nr_shadows] = (struct standin_shadow){.reg = reg};
    return &v->shadow[v->nr_shadows++].value;
}

/* --- what it holds --- */

static const struct sysreg *row_of(hv_sys_reg_t reg)
{
    unsigned row = a64_sysreg_row(reg);

    return row < a64_nr_sysregs ? &a64_sysregs[row] : NULL;
}

uint64_t standin_table_read(struct standin_vcpu *v, hv_sys_reg_t reg)
{
    const struct sysreg *r = row_of(reg);

    if (!r)
        return 0;
    if (r->read)
        return r->read(v->cpu, r);
    return r->offset ? *sysreg_word(v->cpu, r) : r->reset;
}

static void table_write(struct standin_vcpu *v, hv_sys_reg_t reg, uint64_t value)
{
    const struct sysreg *r = row_of(reg);
    uint64_t old = r->offset ? *sysreg_word(v->cpu, r) : 0;
    uint64_t new = (old & ~r->mask) | (value & r->mask);

    if (r->write)
        r->write(v->cpu, r, new);
    else if (r->offset)
        *sysreg_word(v->cpu, r) = new;
}

uint64_t standin_id_value(struct standin_vcpu *v, hv_sys_reg_t reg)
{
    return *shadow(v, reg);
}

bool standin_vtimer_high(struct standin_vcpu *v)
{
    uint64_t ctl = a64_timer_ctl(v->cpu, &v->cpu->sys.virt);

    return ctl == (CTL_ENABLE | CTL_ISTATUS);
}

/* No GIC until it is asked for, an SME and a PMU that nobody wants, a PC at 0. */
void standin_init_regs(struct standin_vcpu *v)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (standin_is_id(known[i]))
            *shadow(v, known[i]) = standin_table_read(v, known[i]);
    *shadow(v, HV_SYS_REG_ID_AA64PFR0_EL1) &= ~PFR0_GIC;
    *shadow(v, HV_SYS_REG_ID_AA64PFR1_EL1) |= UINT64_C(1) << 24;
    *shadow(v, HV_SYS_REG_ID_AA64DFR0_EL1) |= UINT64_C(1) << 8;
    *shadow(v, HV_SYS_REG_ID_AA64MMFR0_EL1) |= 5; /* 48 bits */
    table_write(v, HV_SYS_REG_SCTLR_EL1, 0);
    table_write(v, OSLAR_EL1, 0);
}

hv_return_t hv_vcpu_get_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_sys_reg");

    if (!v || !is_known(reg))
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    if (reg == HV_SYS_REG_SP_EL0 || reg == HV_SYS_REG_SP_EL1)
        *value = a64_get_sp(v->cpu, reg == HV_SYS_REG_SP_EL1);
    else if (standin_is_id(reg) || !row_of(reg))
        *value = *shadow(v, reg);
    else
        *value = standin_table_read(v, reg);
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_sys_reg");

    if (!v || !is_known(reg))
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    if (reg == HV_SYS_REG_SP_EL0 || reg == HV_SYS_REG_SP_EL1)
        a64_set_sp(v->cpu, reg == HV_SYS_REG_SP_EL1, value);
    else if (standin_is_id(reg) || !row_of(reg))
        *shadow(v, reg) = value;
    else
        table_write(v, reg, value);
    v->mpidr_written |= reg == HV_SYS_REG_MPIDR_EL1;
    return HV_SUCCESS;
}

/* --- general registers --- */

static hv_return_t get(struct standin_vcpu *v, hv_reg_t reg, uint64_t *value)
{
    if (reg <= HV_REG_X30)
        *value = a64_get_x(v->cpu, reg);
    else if (reg == HV_REG_PC)
        *value = a64_get_pc(v->cpu);
    else if (reg == HV_REG_FPCR)
        *value = v->cpu->fpcr;
    else if (reg == HV_REG_FPSR)
        *value = v->cpu->fpsr;
    else if (reg == HV_REG_CPSR)
        *value = a64_get_pstate(v->cpu);
    else
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_reg");

    return v ? get(v, reg, value) : HV_NO_DEVICE;
}

hv_return_t hv_vcpu_set_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_reg");

    if (!v)
        return HV_NO_DEVICE;
    if (reg <= HV_REG_X30)
        a64_set_x(v->cpu, reg, value);
    else if (reg == HV_REG_PC)
        a64_set_pc(v->cpu, value);
    else if (reg == HV_REG_FPCR || reg == HV_REG_FPSR)
        table_write(v, reg == HV_REG_FPCR ? HV_SYS_REG(3, 3, 4, 4, 0) : HV_SYS_REG(3, 3, 4, 4, 1),
                    value);
    else if (reg == HV_REG_CPSR)
        a64_set_pstate(v->cpu, value);
    else
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_simd_fp_reg");

    if (!v || reg > HV_SIMD_FP_REG_Q31)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    memcpy(value, &v->cpu->v[reg], sizeof(*value));
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_simd_fp_reg");

    if (!v || reg > HV_SIMD_FP_REG_Q31)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    memcpy(&v->cpu->v[reg], &value, sizeof(value));
    return HV_SUCCESS;
}
