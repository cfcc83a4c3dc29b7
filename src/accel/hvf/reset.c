/* SPDX-License-Identifier: Apache-2.0
 *
 * What a vCPU is and begins with. The framework says little about a fresh one, so everything is
 * written: identification once, the rest at each reset. */
#include "accel/hvf/state.h"
#include "base/log.h"

/* Fields of four bits, by their first one. */
enum {
    PFR0_GIC = 24,
    PFR1_SME = 24,
    DFR0_PMUVER = 8,
    DFR0_BRPS = 12,
    DFR0_WRPS = 20,
    MMFR0_PARANGE = 0,
};

#define MPIDR_RES1         UINT64_C(0x80000000)
#define SCTLR_RESET        UINT64_C(0x30d00980) /* bits that are one; MMU and caches off */
#define PSTATE_EL1H_MASKED UINT64_C(0x3c5)

static unsigned get_field(uint64_t value, unsigned first)
{
    return value >> first & 15;
}

/* Not every system takes every change; what it means is the caller's to say. */
static bool set_id_field(struct vcpu *v, hv_sys_reg_t reg, unsigned first, uint64_t field)
{
    uint64_t old = hvf_get_sys_reg(v, reg), got = old;
    uint64_t new = (old & ~(UINT64_C(15) << first)) | field << first;

    if (new != old && hv_vcpu_set_sys_reg(v->id, reg, new) == HV_SUCCESS)
        got = hvf_get_sys_reg(v, reg);
    return got == new;
}

/* Something that the guest sees and had better not use. Once is enough for all vCPUs. */
static void hide(struct vcpu *v, hv_sys_reg_t reg, unsigned first, uint64_t field, const char *what)
{
    if (!set_id_field(v, reg, first, field) && v->index == 0)
        log_warn("hvf: this macOS does not hide %s from the guest", what);
}

/* The guest must not use more address bits than the VM has. */
static void limit_pa_range(struct vcpu *v)
{
    static const uint8_t bits[] = {32, 36, 40, 42, 44, 48, 52};
    unsigned range = get_field(hvf_get_sys_reg(v, HV_SYS_REG_ID_AA64MMFR0_EL1), MMFR0_PARANGE);

    while (range > 0 && (range >= ARRAY_LEN(bits) || bits[range] > v->vm->gpa_bits))
        range--;
    hide(v, HV_SYS_REG_ID_AA64MMFR0_EL1, MMFR0_PARANGE, range, "addresses beyond the VM's");
}

void hvf_init_vcpu(struct vcpu *v)
{
    /* Written even where it is right already: the framework's GIC waits for it. */
    hvf_set_sys_reg(v, HV_SYS_REG_MPIDR_EL1, MPIDR_RES1 | v->vm->mpidr(v->index));
    if (!set_id_field(v, HV_SYS_REG_ID_AA64PFR0_EL1, PFR0_GIC, 1))
        hvf_check(v, HV_UNSUPPORTED, "the guest cannot be shown an interrupt controller");
    hide(v, HV_SYS_REG_ID_AA64PFR1_EL1, PFR1_SME, 0, "SME");
    hide(v, HV_SYS_REG_ID_AA64DFR0_EL1, DFR0_PMUVER, 0, "the performance monitors");
    limit_pa_range(v);
    hvf_reset(v);
}

static void reset_general(struct vcpu *v)
{
    const hv_simd_fp_uchar16_t zero = {0};

    for (hv_reg_t r = HV_REG_X0; r <= HV_REG_X30; r++)
        hvf_set_reg(v, r, 0);
    hvf_set_reg(v, HV_REG_PC, 0);
    hvf_set_reg(v, HV_REG_FPCR, 0);
    hvf_set_reg(v, HV_REG_FPSR, 0);
    hvf_set_reg(v, HV_REG_CPSR, PSTATE_EL1H_MASKED);
    for (hv_simd_fp_reg_t r = HV_SIMD_FP_REG_Q0; r <= HV_SIMD_FP_REG_Q31; r++)
        hvf_check(v, hv_vcpu_set_simd_fp_reg(v->id, r, zero), "hv_vcpu_set_simd_fp_reg");
}

/* A register that does not take its value is fine if it has it already. */
static void reset_sys_reg(struct vcpu *v, hv_sys_reg_t reg, uint64_t value)
{
    hv_return_t status = hv_vcpu_set_sys_reg(v->id, reg, value);

    if (status != HV_SUCCESS && hvf_get_sys_reg(v, reg) != value)
        hvf_check(v, status, "hv_vcpu_set_sys_reg");
}

static void reset_system(struct vcpu *v)
{
    static const hv_sys_reg_t zero[] = {
        HV_SYS_REG_CPACR_EL1,     HV_SYS_REG_TTBR0_EL1,     HV_SYS_REG_TTBR1_EL1,
        HV_SYS_REG_TCR_EL1,       HV_SYS_REG_APIAKEYLO_EL1, HV_SYS_REG_APIAKEYHI_EL1,
        HV_SYS_REG_APIBKEYLO_EL1, HV_SYS_REG_APIBKEYHI_EL1, HV_SYS_REG_APDAKEYLO_EL1,
        HV_SYS_REG_APDAKEYHI_EL1, HV_SYS_REG_APDBKEYLO_EL1, HV_SYS_REG_APDBKEYHI_EL1,
        HV_SYS_REG_APGAKEYLO_EL1, HV_SYS_REG_APGAKEYHI_EL1, HV_SYS_REG_SPSR_EL1,
        HV_SYS_REG_ELR_EL1,       HV_SYS_REG_SP_EL0,        HV_SYS_REG_SP_EL1,
        HV_SYS_REG_AFSR0_EL1,     HV_SYS_REG_AFSR1_EL1,     HV_SYS_REG_ESR_EL1,
        HV_SYS_REG_FAR_EL1,       HV_SYS_REG_PAR_EL1,       HV_SYS_REG_MAIR_EL1,
        HV_SYS_REG_AMAIR_EL1,     HV_SYS_REG_VBAR_EL1,      HV_SYS_REG_CONTEXTIDR_EL1,
        HV_SYS_REG_TPIDR_EL1,     HV_SYS_REG_TPIDR_EL0,     HV_SYS_REG_TPIDRRO_EL0,
        HV_SYS_REG_CNTKCTL_EL1,   HV_SYS_REG_CSSELR_EL1,    HV_SYS_REG_MDSCR_EL1,
    };

    reset_sys_reg(v, HV_SYS_REG_SCTLR_EL1, SCTLR_RESET);
    for (size_t i = 0; i < ARRAY_LEN(zero); i++)
        reset_sys_reg(v, zero[i], 0);
}

/* Breakpoints and watchpoints off, and the guest's own to use. */
static void reset_debug(struct vcpu *v)
{
    uint64_t dfr0 = hvf_get_sys_reg(v, HV_SYS_REG_ID_AA64DFR0_EL1);

    for (unsigned i = 0; i <= get_field(dfr0, DFR0_BRPS); i++)
        reset_sys_reg(v, HV_SYS_REG_DBGBCR_EL1(i), 0);
    for (unsigned i = 0; i <= get_field(dfr0, DFR0_WRPS); i++)
        reset_sys_reg(v, HV_SYS_REG_DBGWCR_EL1(i), 0);
    hvf_check(v, hv_vcpu_set_trap_debug_exceptions(v->id, false),
              "hv_vcpu_set_trap_debug_exceptions");
    hvf_check(v, hv_vcpu_set_trap_debug_reg_accesses(v->id, false),
              "hv_vcpu_set_trap_debug_reg_accesses");
    v->os_lock = true;
}

void hvf_reset(struct vcpu *v)
{
    reset_general(v);
    reset_system(v);
    reset_debug(v);
    hvf_timers_reset(v);
    hvf_gic_reset_vcpu(v);
}
