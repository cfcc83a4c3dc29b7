/* SPDX-License-Identifier: Apache-2.0
 *
 * System registers of EL1 and EL0 (Arm ARM D17), ascending by encoding, and the few functions
 * behind those that do more than hold bits. The ID registers say exactly what this CPU implements.
 * Absent by design: PMU, EL2, EL3, AArch32, RAS, pointer authentication, SVE. */
#include "cpu/arm64/sysreg_table.h"

#include "base/compiler.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/debug.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/timer.h"
#include "cpu/arm64/vm.h"

#define RW1 (SYSREG_R1 | SYSREG_W1)
#define RW0 (RW1 | SYSREG_R0 | SYSREG_W0)
#define R1  SYSREG_R1
#define R0  (SYSREG_R1 | SYSREG_R0)

/* --- Identification --- */

static uint64_t read_mpidr(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->mpidr | UINT64_C(1) << 31;
}

/* 48 KiB 3-way instruction, 32 KiB 2-way data, 2 MiB 16-way unified: nothing depends on it but the
 * guest's tables. */
static uint64_t read_ccsidr(struct a64_cpu *cpu, const struct sysreg *r)
{
    switch (cpu->sys.csselr) {
    case 0:
        return 0x701fe00a;
    case 1:
        return 0x201fe012;
    case 2:
        return 0x70ffe07a;
    default:
        return 0;
    }
}

/* --- Translation --- */

enum {
    SCTLR_UMA = 1 << 9,
    SCTLR_UCT = 1 << 15,
};
/* M A C SA SA0 UMA I DZE UCT nTWI nTWE WXN SPAN UCI; the rest is fixed. */
#define SCTLR_WRITABLE UINT64_C(0x048dd21f)
#define SCTLR_RESET    UINT64_C(0x30d00980)
/* IPS AS TBI0 TBI1 E0PD0 E0PD1, and the lower half without bit 6. */
#define TCR_WRITABLE  UINT64_C(0x01800077ffffffbf)
#define TTBR_WRITABLE UINT64_C(0xfffffffffffffffe)

static void write_regime(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    if (*sysreg_word(cpu, r) == value)
        return;
    *sysreg_word(cpu, r) = value;
    a64_tlb_flush(cpu);
    a64_mmu_select(cpu);
}

/* An ASID chooses among tables of translations; without a TLBI the old ones stay, as on hardware.
 */
static void write_ttbr(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    *sysreg_word(cpu, r) = value;
    a64_mmu_select(cpu);
}

/* --- PSTATE --- */

static uint64_t read_nzcv(struct a64_cpu *cpu, const struct sysreg *r)
{
    return (uint64_t)a64_nzcv_to_imm4(cpu->nzcv) << 28;
}

static void write_nzcv(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->nzcv = a64_nzcv_from_imm4((uint32_t)(value >> 28) & 0xf);
}

static uint64_t read_daif(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->daif;
}

static void write_daif(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_set_daif(cpu, (uint32_t)value);
}

static enum sysreg_verdict judge_daif(const struct a64_cpu *cpu, bool write)
{
    return cpu->el || (cpu->sys.sctlr & SCTLR_UMA) ? SYSREG_ALLOW : SYSREG_TRAP;
}

static uint64_t read_current_el(struct a64_cpu *cpu, const struct sysreg *r)
{
    return (uint64_t)cpu->el << 2;
}

static uint64_t read_spsel(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->sp_sel;
}

static void write_spsel(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_set_spsel(cpu, value & 1);
}

enum { PAN_BIT = 22 };

static uint64_t read_pan(struct a64_cpu *cpu, const struct sysreg *r)
{
    return (uint64_t)cpu->pan << PAN_BIT;
}

static void write_pan(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_set_pan(cpu, value >> PAN_BIT & 1);
}

/* SP_EL0 by name is UNDEFINED while it is the current stack pointer. */
static enum sysreg_verdict judge_sp_el0(const struct a64_cpu *cpu, bool write)
{
    return cpu->sp_sel ? SYSREG_ALLOW : SYSREG_UNDEFINED;
}

static uint64_t read_sp_el0(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->sp_el[0];
}

static void write_sp_el0(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->sp_el[0] = value;
}

/* N Z C V PAN SS IL D A I F M: what an exception return can use or refuse. */
#define SPSR_WRITABLE UINT64_C(0xf07003df)

static uint64_t read_isr(struct a64_cpu *cpu, const struct sysreg *r)
{
    uint32_t pins = atomic_load(&cpu->pins);
    return (pins & A64_PIN_IRQ ? A64_DAIF_I : 0u) | (pins & A64_PIN_FIQ ? A64_DAIF_F : 0u);
}

/* --- Floating point --- */

#define FPCR_WRITABLE UINT64_C(0x07c00000) /* AHP DN FZ RMode; no traps, no FZ16 */
#define FPSR_WRITABLE UINT64_C(0x0800009f) /* QC IDC IXC UFC OFC DZC IOC; NZCV are AArch32's */

static enum sysreg_verdict judge_fp(const struct a64_cpu *cpu, bool write)
{
    return SYSREG_FP;
}

static uint64_t read_fpcr(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->fpcr;
}

static void write_fpcr(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->fpcr = (uint32_t)value;
}

static uint64_t read_fpsr(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->fpsr;
}

static void write_fpsr(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->fpsr = (uint32_t)value;
}

/* --- Cache identification at EL0 --- */

static uint64_t read_dczid(struct a64_cpu *cpu, const struct sysreg *r)
{
    bool prohibited = cpu->el == 0 && !(cpu->sys.sctlr & A64_SCTLR_DZE);
    return A64_DCZID_BLOCK | (prohibited ? A64_DCZID_PROHIBITED : 0u);
}

static enum sysreg_verdict judge_ctr(const struct a64_cpu *cpu, bool write)
{
    return cpu->el || (cpu->sys.sctlr & SCTLR_UCT) ? SYSREG_ALLOW : SYSREG_TRAP;
}

/* --- Timers --- */

enum {
    CNTKCTL_EL0PCTEN = 1 << 0,
    CNTKCTL_EL0VCTEN = 1 << 1,
    CNTKCTL_EL0VTEN = 1 << 8,
    CNTKCTL_EL0PTEN = 1 << 9,
};

static enum sysreg_verdict allowed_by(const struct a64_cpu *cpu, uint64_t bits)
{
    return cpu->el || (cpu->sys.cntkctl & bits) ? SYSREG_ALLOW : SYSREG_TRAP;
}

static enum sysreg_verdict judge_frequency(const struct a64_cpu *cpu, bool write)
{
    return allowed_by(cpu, CNTKCTL_EL0PCTEN | CNTKCTL_EL0VCTEN);
}

static enum sysreg_verdict judge_physical_counter(const struct a64_cpu *cpu, bool write)
{
    return allowed_by(cpu, CNTKCTL_EL0PCTEN);
}

static enum sysreg_verdict judge_virtual_counter(const struct a64_cpu *cpu, bool write)
{
    return allowed_by(cpu, CNTKCTL_EL0VCTEN);
}

static enum sysreg_verdict judge_physical_timer(const struct a64_cpu *cpu, bool write)
{
    return allowed_by(cpu, CNTKCTL_EL0PTEN);
}

static enum sysreg_verdict judge_virtual_timer(const struct a64_cpu *cpu, bool write)
{
    return allowed_by(cpu, CNTKCTL_EL0VTEN);
}

static uint64_t read_frequency(struct a64_cpu *cpu, const struct sysreg *r)
{
    return cpu->vm->params.counter_hz;
}

static uint64_t read_counter(struct a64_cpu *cpu, const struct sysreg *r)
{
    return a64_counter(cpu);
}

/* CNTP_… and CNTV_… differ in CRm only. */
static struct a64_timer *timer_of(struct a64_cpu *cpu, const struct sysreg *r)
{
    return (r->reg >> 3 & 15) == 3 ? &cpu->sys.virt : &cpu->sys.phys;
}

static uint64_t read_tval(struct a64_cpu *cpu, const struct sysreg *r)
{
    return a64_timer_tval(cpu, timer_of(cpu, r));
}

static void write_tval(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_timer_set_tval(cpu, timer_of(cpu, r), (uint32_t)value);
}

static uint64_t read_ctl(struct a64_cpu *cpu, const struct sysreg *r)
{
    return a64_timer_ctl(cpu, timer_of(cpu, r));
}

static void write_ctl(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_timer_set_ctl(cpu, timer_of(cpu, r), (uint32_t)value);
}

static uint64_t read_cval(struct a64_cpu *cpu, const struct sysreg *r)
{
    return timer_of(cpu, r)->cval;
}

static void write_cval(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    a64_timer_set_cval(cpu, timer_of(cpu, r), value);
}

/* --- Debug --- */

#define OSLSR_RESET UINT64_C(0x0a) /* implemented (OSLM 0b10), locked */
enum { OSLSR_OSLK = 1 << 1 };
#define MDSCR_WRITABLE  UINT64_C(0x0000f001) /* SS TDCC KDE HDE MDE */
#define DBGWVR_WRITABLE UINT64_C(0xfffffffffffffffc)
#define DBGBCR_WRITABLE UINT64_C(0x00ffe007) /* BAS is fixed */
#define DBGBCR_RESET    UINT64_C(0x000001e0)
#define DBGWCR_WRITABLE UINT64_C(0x1f1fffff)
enum { CLAIM_TAGS = 0xff };

/* What watchpoints take from the TLB's fast path must be found again. */
static void debug_changed(struct a64_cpu *cpu)
{
    bool watching = cpu->watching;
    a64_debug_update(cpu);
    if (watching || cpu->watching)
        a64_tlb_flush(cpu);
}

static void write_debug(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    *sysreg_word(cpu, r) = value;
    debug_changed(cpu);
}

static void write_oslar(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->sys.oslsr = (cpu->sys.oslsr & ~(uint64_t)OSLSR_OSLK) | (value & 1 ? OSLSR_OSLK : 0u);
    debug_changed(cpu);
}

static void write_claim_set(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->sys.dbgclaim |= value & CLAIM_TAGS;
}

static void write_claim_clear(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
    cpu->sys.dbgclaim &= ~value;
}

enum { MDSCR_TDCC = 1 << 12 };

static enum sysreg_verdict judge_dcc(const struct a64_cpu *cpu, bool write)
{
    return cpu->el == 0 && (cpu->sys.mdscr & MDSCR_TDCC) ? SYSREG_TRAP : SYSREG_ALLOW;
}

/* Writes that have nothing to change. */
static void write_nothing(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value)
{
}

/* --- The table --- */

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): names of members and functions */
#define ROW(name_, op0, op1, crn, crm, op2, rights_) \
    .reg = A64_SYSREG(op0, op1, crn, crm, op2), .name = #name_, .rights = (rights_)
#define HELD(field, mask_) \
    .offset = offsetof(struct a64_cpu, sys.field), .mask = (mask_)
#define ID(name, crm, op2, value) {ROW(name, 3, 0, 0, crm, op2, R1), .reset = (value)}
#define DEBUG(name, n, op2, field, mask) \
    ROW(name, 2, 0, 0, n, op2, RW1), HELD(field[n], mask), .write = write_debug
#define BREAKPOINT_VALUE(n) {DEBUG(DBGBVR##n##_EL1, n, 4, dbgbvr, UINT64_MAX)}
#define BREAKPOINT_CONTROL(n) {DEBUG(DBGBCR##n##_EL1, n, 5, dbgbcr, DBGBCR_WRITABLE), .reset = DBGBCR_RESET}
#define WATCHPOINT_VALUE(n) {DEBUG(DBGWVR##n##_EL1, n, 6, dbgwvr, DBGWVR_WRITABLE)}
#define WATCHPOINT_CONTROL(n) {DEBUG(DBGWCR##n##_EL1, n, 7, dbgwcr, DBGWCR_WRITABLE)}
#define TIMER(name, crm, op2, judge_, read_, write_, mask_) \
    {ROW(name, 3, 3, 14, crm, op2, RW0), .mask = (mask_), .read = read_, .write = write_, .judge = judge_}
/* NOLINTEND(bugprone-macro-parentheses) */

const struct sysreg a64_sysregs[] = {
    /* op0 2: debug */
    {ROW(OSDTRRX_EL1, 2, 0, 0, 0, 2, RW1), .write = write_nothing},
    BREAKPOINT_VALUE(0), BREAKPOINT_CONTROL(0), WATCHPOINT_VALUE(0), WATCHPOINT_CONTROL(0),
    BREAKPOINT_VALUE(1), BREAKPOINT_CONTROL(1), WATCHPOINT_VALUE(1), WATCHPOINT_CONTROL(1),
    {ROW(MDCCINT_EL1, 2, 0, 0, 2, 0, RW1), HELD(mdccint, 0x60000000)},
    {ROW(MDSCR_EL1, 2, 0, 0, 2, 2, RW1), HELD(mdscr, MDSCR_WRITABLE), .write = write_debug},
    BREAKPOINT_VALUE(2), BREAKPOINT_CONTROL(2), WATCHPOINT_VALUE(2), WATCHPOINT_CONTROL(2),
    {ROW(OSDTRTX_EL1, 2, 0, 0, 3, 2, RW1), .write = write_nothing},
    BREAKPOINT_VALUE(3), BREAKPOINT_CONTROL(3), WATCHPOINT_VALUE(3), WATCHPOINT_CONTROL(3),
    BREAKPOINT_VALUE(4), BREAKPOINT_CONTROL(4),
    BREAKPOINT_VALUE(5), BREAKPOINT_CONTROL(5),
    {ROW(OSECCR_EL1, 2, 0, 0, 6, 2, RW1), .write = write_nothing},
    {ROW(MDRAR_EL1, 2, 0, 1, 0, 0, R1)},
    {ROW(OSLAR_EL1, 2, 0, 1, 0, 4, SYSREG_W1), .mask = 1, .write = write_oslar},
    {ROW(OSLSR_EL1, 2, 0, 1, 1, 4, R1), HELD(oslsr, 0), .reset = OSLSR_RESET},
    {ROW(OSDLR_EL1, 2, 0, 1, 3, 4, RW1), HELD(osdlr, 1)},
    {ROW(DBGPRCR_EL1, 2, 0, 1, 4, 4, RW1), .write = write_nothing},
    {ROW(DBGCLAIMSET_EL1, 2, 0, 7, 8, 6, RW1), .reset = CLAIM_TAGS, .mask = CLAIM_TAGS, .write = write_claim_set},
    {ROW(DBGCLAIMCLR_EL1, 2, 0, 7, 9, 6, RW1), HELD(dbgclaim, CLAIM_TAGS), .write = write_claim_clear},
    {ROW(DBGAUTHSTATUS_EL1, 2, 0, 7, 14, 6, R1)},
    {ROW(MDCCSR_EL0, 2, 3, 0, 1, 0, R0), .judge = judge_dcc},
    {ROW(DBGDTR_EL0, 2, 3, 0, 4, 0, RW0), .write = write_nothing, .judge = judge_dcc},
    {ROW(DBGDTRRX_EL0, 2, 3, 0, 5, 0, RW0), .write = write_nothing, .judge = judge_dcc},

    /* op0 3, op1 0: identification. The rest of CRn 0, CRm 1-7 reads as zero. */
    ID(MIDR_EL1, 0, 0, 0x000f0510), /* implementer 0: software */
    {ROW(MPIDR_EL1, 3, 0, 0, 0, 5, R1), .read = read_mpidr},
    ID(REVIDR_EL1, 0, 6, 0),
    ID(ID_AA64PFR0_EL1, 4, 0, 0x1100000001000011), /* CSV3, CSV2, GIC, FP and SIMD, EL1 and EL0 in AArch64 */
    ID(ID_AA64DFR0_EL1, 5, 0, 0x10305006), /* 2 context, 6 break-, 4 watchpoints; no PMU */
    ID(ID_AA64ISAR0_EL1, 6, 0, 0x10211120), /* RDM, LSE, CRC32, SHA-256, SHA-1, AES and PMULL */
    ID(ID_AA64MMFR0_EL1, 7, 0, 0x0f000022), /* 4 KiB granule, 16-bit ASID, 40-bit addresses */
    ID(ID_AA64MMFR1_EL1, 7, 1, 0x00100000), /* PAN */
    ID(ID_AA64MMFR2_EL1, 7, 2, 0x1000000000000000), /* E0PD */

    {ROW(SCTLR_EL1, 3, 0, 1, 0, 0, RW1), HELD(sctlr, SCTLR_WRITABLE), .reset = SCTLR_RESET, .write = write_regime},
    {ROW(ACTLR_EL1, 3, 0, 1, 0, 1, RW1), .write = write_nothing},
    {ROW(CPACR_EL1, 3, 0, 1, 0, 2, RW1), HELD(cpacr, 0x300000)},
    {ROW(TTBR0_EL1, 3, 0, 2, 0, 0, RW1), HELD(ttbr0, TTBR_WRITABLE),
     .write = write_ttbr},
    {ROW(TTBR1_EL1, 3, 0, 2, 0, 1, RW1), HELD(ttbr1, TTBR_WRITABLE),
     .write = write_ttbr},
    {ROW(TCR_EL1, 3, 0, 2, 0, 2, RW1), HELD(tcr, TCR_WRITABLE),
     .write = write_regime},
    {ROW(SPSR_EL1, 3, 0, 4, 0, 0, RW1), HELD(spsr, SPSR_WRITABLE)},
    {ROW(ELR_EL1, 3, 0, 4, 0, 1, RW1), HELD(elr, UINT64_MAX)},
    {ROW(SP_EL0, 3, 0, 4, 1, 0, RW1), .mask = UINT64_MAX, .read = read_sp_el0, .write = write_sp_el0,
     .judge = judge_sp_el0},
    {ROW(SPSel, 3, 0, 4, 2, 0, RW1), .mask = 1, .read = read_spsel, .write = write_spsel},
    {ROW(CurrentEL, 3, 0, 4, 2, 2, R1), .read = read_current_el},
    {ROW(PAN, 3, 0, 4, 2, 3, RW1), .mask = UINT64_MAX, .read = read_pan, .write = write_pan},
    {ROW(AFSR0_EL1, 3, 0, 5, 1, 0, RW1), HELD(afsr0, UINT64_MAX)},
    {ROW(AFSR1_EL1, 3, 0, 5, 1, 1, RW1), HELD(afsr1, UINT64_MAX)},
    {ROW(ESR_EL1, 3, 0, 5, 2, 0, RW1), HELD(esr, 0xffffffff)},
    {ROW(FAR_EL1, 3, 0, 6, 0, 0, RW1), HELD(far, UINT64_MAX)},
    {ROW(PAR_EL1, 3, 0, 7, 4, 0, RW1), HELD(par, UINT64_MAX)},
    {ROW(MAIR_EL1, 3, 0, 10, 2, 0, RW1), HELD(mair, UINT64_MAX), .write = write_regime},
    {ROW(AMAIR_EL1, 3, 0, 10, 3, 0, RW1), HELD(amair, UINT64_MAX)},
    {ROW(VBAR_EL1, 3, 0, 12, 0, 0, RW1), HELD(vbar, ~UINT64_C(0x7ff))},
    {ROW(RVBAR_EL1, 3, 0, 12, 0, 1, R1)},
    {ROW(ISR_EL1, 3, 0, 12, 1, 0, R1), .read = read_isr},
    {ROW(CONTEXTIDR_EL1, 3, 0, 13, 0, 1, RW1), HELD(contextidr, 0xffffffff)},
    {ROW(TPIDR_EL1, 3, 0, 13, 0, 4, RW1), HELD(tpidr_el1, UINT64_MAX)},
    {ROW(CNTKCTL_EL1, 3, 0, 14, 1, 0, RW1), HELD(cntkctl, 0x3ff)},

    /* op1 1, 2, 3 */
    {ROW(CCSIDR_EL1, 3, 1, 0, 0, 0, R1), .read = read_ccsidr},
    {ROW(CLIDR_EL1, 3, 1, 0, 0, 1, R1), .reset = 0x0a200023},
    {ROW(AIDR_EL1, 3, 1, 0, 0, 7, R1)},
    {ROW(CSSELR_EL1, 3, 2, 0, 0, 0, RW1), HELD(csselr, 0xf)},
    {ROW(CTR_EL0, 3, 3, 0, 0, 1, R0), .reset = 0x9444c004, .judge = judge_ctr},
    {ROW(DCZID_EL0, 3, 3, 0, 0, 7, R0), .read = read_dczid},
    {ROW(NZCV, 3, 3, 4, 2, 0, RW0), .mask = 0xf0000000, .read = read_nzcv, .write = write_nzcv},
    {ROW(DAIF, 3, 3, 4, 2, 1, RW0), .mask = 0x3c0, .read = read_daif, .write = write_daif, .judge = judge_daif},
    {ROW(FPCR, 3, 3, 4, 4, 0, RW0), .mask = FPCR_WRITABLE, .read = read_fpcr, .write = write_fpcr, .judge = judge_fp},
    {ROW(FPSR, 3, 3, 4, 4, 1, RW0), .mask = FPSR_WRITABLE, .read = read_fpsr, .write = write_fpsr, .judge = judge_fp},
    {ROW(TPIDR_EL0, 3, 3, 13, 0, 2, RW0), HELD(tpidr_el0, UINT64_MAX)},
    {ROW(TPIDRRO_EL0, 3, 3, 13, 0, 3, RW1 | SYSREG_R0), HELD(tpidrro_el0, UINT64_MAX)},
    {ROW(CNTFRQ_EL0, 3, 3, 14, 0, 0, R0), .read = read_frequency, .judge = judge_frequency},
    {ROW(CNTPCT_EL0, 3, 3, 14, 0, 1, R0), .read = read_counter, .judge = judge_physical_counter},
    {ROW(CNTVCT_EL0, 3, 3, 14, 0, 2, R0), .read = read_counter, .judge = judge_virtual_counter},
    TIMER(CNTP_TVAL_EL0, 2, 0, judge_physical_timer, read_tval, write_tval, 0xffffffff),
    TIMER(CNTP_CTL_EL0, 2, 1, judge_physical_timer, read_ctl, write_ctl, 3),
    TIMER(CNTP_CVAL_EL0, 2, 2, judge_physical_timer, read_cval, write_cval, UINT64_MAX),
    TIMER(CNTV_TVAL_EL0, 3, 0, judge_virtual_timer, read_tval, write_tval, 0xffffffff),
    TIMER(CNTV_CTL_EL0, 3, 1, judge_virtual_timer, read_ctl, write_ctl, 3),
    TIMER(CNTV_CVAL_EL0, 3, 2, judge_virtual_timer, read_cval, write_cval, UINT64_MAX),
};
/* clang-format on */
const size_t a64_nr_sysregs = ARRAY_LEN(a64_sysregs);
