/* SPDX-License-Identifier: Apache-2.0
 *
 * System registers by Apple's numbers, and who a vCPU says it is. Those that the software CPU has
 * are read and written there; the others are remembered. Numbers that the framework does not list
 * are HV_BAD_ARGUMENT. */
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/sysreg_table.h"
#include "object.h"
#include "rest.h"
#include "standin.h"

enum { OSLAR_EL1 = HV_SYS_REG(2, 0, 1, 0, 4), ACTLR_ENTSO = 1 << 1 };
#define PFR0_GIC     (UINT64_C(15) << 24)
#define PFR1_SME     (UINT64_C(1) << 24)
#define DFR0_PMUVER  (UINT64_C(1) << 8)
#define MMFR0_48BITS UINT64_C(5)
#define MPIDR_RES1   (UINT64_C(1) << 31)

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

/* Since macOS 15. */
static bool is_known_later(hv_sys_reg_t reg)
{
    switch (reg) {
    case HV_SYS_REG_ACTLR_EL1:
        return true;
    case HV_SYS_REG_CNTP_TVAL_EL0:
    case HV_SYS_REG_CNTP_CTL_EL0:
    case HV_SYS_REG_CNTP_CVAL_EL0:
        return standin_has_gic();
    default:
        return false;
    }
}

static bool is_known(hv_sys_reg_t reg)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (known[i] == reg)
            return true;
    if (standin_flavour.macos >= 15 && is_known_later(reg))
        return true;
    /* DBGBVR, DBGBCR, DBGWVR, DBGWCR 0 to 15 */
    return reg >= HV_SYS_REG_DBGBVR_EL1(0) && reg <= HV_SYS_REG_DBGWCR_EL1(15) && (reg & 7) >= 4;
}

bool standin_is_id(uint32_t reg)
{
    switch (reg) {
    case HV_SYS_REG_MIDR_EL1:
    case HV_SYS_REG_MPIDR_EL1:
    case HV_SYS_REG_ID_AA64PFR0_EL1:
    case HV_SYS_REG_ID_AA64PFR1_EL1:
    case HV_SYS_REG_ID_AA64DFR0_EL1:
    case HV_SYS_REG_ID_AA64DFR1_EL1:
    case HV_SYS_REG_ID_AA64ISAR0_EL1:
    case HV_SYS_REG_ID_AA64ISAR1_EL1:
    case HV_SYS_REG_ID_AA64MMFR0_EL1:
    case HV_SYS_REG_ID_AA64MMFR1_EL1:
    case HV_SYS_REG_ID_AA64MMFR2_EL1:
        return true;
    default:
        return false;
    }
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

static uint64_t table_read(struct standin_vcpu *v, const struct sysreg *r)
{
    if (r->read)
        return r->read(v->cpu, r);
    return r->offset ? *sysreg_word(v->cpu, r) : r->reset;
}

/* Bits that the CPU fixes stay as they are, as in hardware (DBGBCR's BAS); but SCTLR_EL1 shows what
 * the host wrote, and that is nothing at first. */
static void table_write(struct standin_vcpu *v, const struct sysreg *r, uint64_t value)
{
    uint64_t fixed = r->reset & ~r->mask;

    value = (value & r->mask) | (r->reg == HV_SYS_REG_SCTLR_EL1 ? value & fixed : fixed);
    if (r->write)
        r->write(v->cpu, r, value);
    else if (r->offset)
        *sysreg_word(v->cpu, r) = value;
}

/* --- identity --- */

/* Of a machine a little newer than the software CPU: with a PMU, SME and long addresses for the run
 * loop to hide, and without a GIC until it says there is one. */
static uint64_t fresh_id(hv_sys_reg_t reg)
{
    const struct sysreg *r = row_of(reg);
    uint64_t value = r ? r->reset : 0;

    switch (reg) {
    case HV_SYS_REG_ID_AA64PFR0_EL1:
        return value & ~PFR0_GIC;
    case HV_SYS_REG_ID_AA64PFR1_EL1:
        return value | PFR1_SME;
    case HV_SYS_REG_ID_AA64DFR0_EL1:
        return value | DFR0_PMUVER;
    case HV_SYS_REG_ID_AA64MMFR0_EL1:
        return value | MMFR0_48BITS;
    default:
        return value;
    }
}

uint64_t standin_id_value(struct standin_vcpu *v, hv_sys_reg_t reg)
{
    return *shadow(v, reg);
}

void standin_init_sysregs(struct standin_vcpu *v)
{
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (standin_is_id(known[i]))
            *shadow(v, known[i]) = fresh_id(known[i]);
    *shadow(v, HV_SYS_REG_MPIDR_EL1) = MPIDR_RES1 | v->id;
    table_write(v, row_of(HV_SYS_REG_SCTLR_EL1), 0);
    table_write(v, row_of(OSLAR_EL1), 0); /* guests do not reach the lock */
}

struct hv_vcpu_config_s {
    struct standin_object object;
};

hv_vcpu_config_t hv_vcpu_config_create(void)
{
    return standin_object_create(sizeof(struct hv_vcpu_config_s));
}

hv_return_t hv_vcpu_config_get_feature_reg(hv_vcpu_config_t config, hv_feature_reg_t reg,
                                           uint64_t *value)
{
    static const hv_sys_reg_t regs[] = {
        [HV_FEATURE_REG_ID_AA64DFR0_EL1] = HV_SYS_REG_ID_AA64DFR0_EL1,
        [HV_FEATURE_REG_ID_AA64DFR1_EL1] = HV_SYS_REG_ID_AA64DFR1_EL1,
        [HV_FEATURE_REG_ID_AA64ISAR0_EL1] = HV_SYS_REG_ID_AA64ISAR0_EL1,
        [HV_FEATURE_REG_ID_AA64ISAR1_EL1] = HV_SYS_REG_ID_AA64ISAR1_EL1,
        [HV_FEATURE_REG_ID_AA64MMFR0_EL1] = HV_SYS_REG_ID_AA64MMFR0_EL1,
        [HV_FEATURE_REG_ID_AA64MMFR1_EL1] = HV_SYS_REG_ID_AA64MMFR1_EL1,
        [HV_FEATURE_REG_ID_AA64MMFR2_EL1] = HV_SYS_REG_ID_AA64MMFR2_EL1,
        [HV_FEATURE_REG_ID_AA64PFR0_EL1] = HV_SYS_REG_ID_AA64PFR0_EL1,
        [HV_FEATURE_REG_ID_AA64PFR1_EL1] = HV_SYS_REG_ID_AA64PFR1_EL1,
        [HV_FEATURE_REG_CTR_EL0] = HV_SYS_REG(3, 3, 0, 0, 1),
        [HV_FEATURE_REG_CLIDR_EL1] = HV_SYS_REG(3, 1, 0, 0, 1),
        [HV_FEATURE_REG_DCZID_EL0] = HV_SYS_REG(3, 3, 0, 0, 7),
    };

    if (!config || reg >= ARRAY_LEN(regs))
        return HV_BAD_ARGUMENT;
    *value = reg == HV_FEATURE_REG_DCZID_EL0 ? 4 /* blocks of 64 bytes */ : fresh_id(regs[reg]);
    return HV_SUCCESS;
}

/* --- by number --- */

static bool is_sp(hv_sys_reg_t reg)
{
    return reg == HV_SYS_REG_SP_EL0 || reg == HV_SYS_REG_SP_EL1;
}

/* Whether the CPU's table serves; the framework's ACTLR_EL1 is none of a guest's business here. */
static const struct sysreg *served_by_cpu(hv_sys_reg_t reg)
{
    return standin_is_id(reg) || reg == HV_SYS_REG_ACTLR_EL1 ? NULL : row_of(reg);
}

hv_return_t hv_vcpu_get_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_sys_reg");
    const struct sysreg *r = served_by_cpu(reg);

    if (!v || !is_known(reg))
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    if (is_sp(reg))
        *value = a64_get_sp(v->cpu, reg == HV_SYS_REG_SP_EL1);
    else
        *value = r ? table_read(v, r) : *shadow(v, reg);
    return HV_SUCCESS;
}

static void set(struct standin_vcpu *v, hv_sys_reg_t reg, uint64_t value)
{
    const struct sysreg *r = served_by_cpu(reg);

    if (is_sp(reg))
        a64_set_sp(v->cpu, reg == HV_SYS_REG_SP_EL1, value);
    else if (r)
        table_write(v, r, value);
    else
        *shadow(v, reg) = reg == HV_SYS_REG_ACTLR_EL1 ? value & ACTLR_ENTSO : value;
}

hv_return_t hv_vcpu_set_sys_reg(hv_vcpu_t vcpu, hv_sys_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_sys_reg");

    if (!v || !is_known(reg))
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    set(v, reg, value);
    if (reg == HV_SYS_REG_MPIDR_EL1) {
        v->mpidr_written = true;
        if (standin_has_gic())
            standin_flavour.gic->join(v);
    }
    return HV_SUCCESS;
}
