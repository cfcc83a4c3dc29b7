/* SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions that instructions ask for or earn: SVC, BRK, undefined, SP alignment, FP, EL0's traps,
 * illegal return, PAN, E0PD. */
#include "metal.h"

SNIPPET(svc, "svc #0x123");
SNIPPET(brk, "brk #0xbeef");
SNIPPET(udf, ".inst 0");
SNIPPET(el1_register, "mrs x0, sctlr_el1");
SNIPPET(id_register, "mrs x0, id_aa64pfr0_el1");
SNIPPET(absent_register, "mrs x0, S3_0_C0_C8_0");
SNIPPET(el2_register, "mrs x0, S3_4_C1_C0_0");
SNIPPET(id_space, "mrs x0, S3_0_C0_C7_7");
SNIPPET(write_id, "msr S3_0_C0_C4_0, x0");
SNIPPET(read_ctr, "mrs x0, ctr_el0");
SNIPPET(read_dczid, "mrs x0, dczid_el0");
SNIPPET(read_counter, "mrs x0, cntvct_el0");
SNIPPET(read_physical, "mrs x0, cntpct_el0");
SNIPPET(read_frequency, "mrs x0, cntfrq_el0");
SNIPPET(write_timer, "msr cntv_cval_el0, x0");
SNIPPET(mask, "msr daifset, #2");
SNIPPET(read_daif, "mrs x0, daif");
SNIPPET(wait_interrupt, "wfi");
SNIPPET(clean_line, "dc cvau, x0");
SNIPPET(invalidate_line, "ic ivau, x0");
SNIPPET(invalidate_data, "dc ivac, x0");
SNIPPET(zero_line, "dc zva, x0");
SNIPPET(flush_tlb, "tlbi vmalle1");
SNIPPET(use_fp, ".inst 0x1e604000"); /* fmov d0, d0 */
SNIPPET(read_fpcr, ".inst 0xd53b4400");
SNIPPET(hypervisor, "hvc #0");
SNIPPET(return_exception, "eret");
SNIPPET(thread_register, "msr tpidr_el0, x0\nmrs x0, tpidr_el0");
SNIPPET(write_read_only_thread, "msr tpidrro_el0, x0");
SNIPPET(load, "ldr x0, [x0]");
SNIPPET(load_user, "ldtr x0, [x0]");
/* SP becomes x0, then a load through it. */
SNIPPET(sp_load,
        "mov x1, sp\nmov sp, x0\n.global sp_load_at\nsp_load_at: ldr x0, [sp]\nmov sp, x1");
void sp_load_at(void);
/* Selects SP_EL0 first. */
SNIPPET(svc_on_sp0, "msr spsel, #0\n.global svc_on_sp0_at\nsvc_on_sp0_at: svc #1");
void svc_on_sp0_at(void);
SNIPPET(sp_el0_by_name, "msr spsel, #0\n.global sp_el0_at\nsp_el0_at: mrs x0, sp_el0");
void sp_el0_at(void);
/* ERET with SPSR x0 to the next instruction. */
SNIPPET(return_with, "adr x1, 1f\nmsr elr_el1, x1\nmsr spsr_el1, x0\nisb\neret\n"
                     ".global return_with_at\nreturn_with_at: 1: nop");
void return_with_at(void);
SNIPPET(load_with_pan,
        ".inst 0xd500419f\n" /* msr pan, #1 */
        ".global load_with_pan_at\nload_with_pan_at: ldr x0, [x0]\n.inst 0xd500409f");
void load_with_pan_at(void);
SNIPPET(load_user_with_pan, ".inst 0xd500419f\nldtr x0, [x0]\n.inst 0xd500409f");

static void at_el1(const char *name, void *fn, uint64_t arg, uint64_t esr)
{
    struct expected want = {esr, 0, (uint64_t)fn, SPSR_EL1H, false};
    check_trap(name, attempt(fn, arg), &want);
}

static void at_el0(const char *name, void *fn, uint64_t arg, uint64_t esr)
{
    struct expected want = {esr, 0, (uint64_t)fn + USER_ALIAS, SPSR_EL0, false};
    check_trap(name, attempt_user(fn, arg, NULL), &want);
}

#define SYSREG_ISS(op0, op1, crn, crm, op2, rt, read)                                              \
    ((op0) << 20 | (op2) << 17 | (op1) << 14 | (crn) << 10 | (rt) << 5 | (crm) << 1 | (read))

static void calls(void)
{
    struct expected want = {ESR(0x15, 0x123), 0, (uint64_t)svc + 4, SPSR_EL1H, false};
    check_trap("SVC", attempt(svc, 0), &want);
    check_equal("SVC vector", trap[0].vector, 4);
    want.elr += USER_ALIAS;
    want.spsr = SPSR_EL0;
    check_trap("SVC from EL0", attempt_user(svc, 0, NULL), &want);
    check_equal("SVC from EL0 vector", trap[0].vector, 8);
    at_el1("BRK", brk, 0, ESR(0x3c, 0xbeef));
    at_el0("BRK from EL0", brk, 0, ESR(0x3c, 0xbeef));
    struct expected on_sp0 = {ESR(0x15, 1), 0, (uint64_t)svc_on_sp0_at + 4, SPSR_EL1H & ~1u, false};
    check_trap("SVC on SP_EL0", attempt(svc_on_sp0, 0), &on_sp0);
    check_equal("SVC on SP_EL0 vector", trap[0].vector, 0);
}

static void undefined(void)
{
    at_el1("undefined", udf, 0, ESR(0, 0));
    at_el0("undefined from EL0", udf, 0, ESR(0, 0));
    at_el1("absent system register", absent_register, 0, ESR(0, 0));
    at_el1("EL2 register", el2_register, 0, ESR(0, 0));
    at_el1("write to an ID register", write_id, 0, ESR(0, 0));
    check("ID space reads as zero", !attempt(id_space, 0));
    at_el0("EL1 register from EL0", el1_register, 0, ESR(0, 0));
    if (id_field(id_aa64mmfr2_el1, 36) == 0)
        at_el0("ID register from EL0", id_register, 0, ESR(0, 0));
    else
        skip("ID register from EL0", "IDST");
    at_el0("HVC from EL0", hypervisor, 0, ESR(0, 0));
    at_el0("ERET from EL0", return_exception, 0, ESR(0, 0));
    at_el0("TLBI from EL0", flush_tlb, 0, ESR(0, 0));
    at_el0("DC IVAC from EL0", invalidate_data, 0, ESR(0, 0));
    at_el0("TPIDRRO_EL0 written from EL0", write_read_only_thread, 0, ESR(0, 0));
    struct expected sp = {ESR(0, 0), 0, (uint64_t)sp_el0_at, SPSR_EL1H & ~1u, false};
    check_trap("SP_EL0 by name while selected", attempt(sp_el0_by_name, 0), &sp);
}

static void el0_traps(void)
{
    uint64_t sctlr = read_reg(sctlr_el1);
    uint64_t value;
    write_reg(sctlr_el1,
              sctlr & ~(UINT64_C(1) << 16 | UINT64_C(1) << 15 | 1 << 14 | 1 << 9 | 1 << 26));
    write_reg(cntkctl_el1, 0);
    at_el0("CTR_EL0 with UCT 0", read_ctr, 0, ESR(0x18, SYSREG_ISS(3, 3, 0, 0, 1, 0, 1)));
    at_el0("CNTVCT_EL0", read_counter, 0, ESR(0x18, SYSREG_ISS(3, 3, 14, 0, 2, 0, 1)));
    at_el0("CNTPCT_EL0", read_physical, 0, ESR(0x18, SYSREG_ISS(3, 3, 14, 0, 1, 0, 1)));
    at_el0("CNTFRQ_EL0", read_frequency, 0, ESR(0x18, SYSREG_ISS(3, 3, 14, 0, 0, 0, 1)));
    at_el0("CNTV_CVAL_EL0", write_timer, 0, ESR(0x18, SYSREG_ISS(3, 3, 14, 3, 2, 0, 0)));
    at_el0("DAIFSet with UMA 0", mask, 0, ESR(0x18, SYSREG_ISS(0, 3, 4, 2, 6, 31, 0)));
    at_el0("DAIF with UMA 0", read_daif, 0, ESR(0x18, SYSREG_ISS(3, 3, 4, 2, 1, 0, 1)));
    at_el0("DC CVAU with UCI 0", clean_line, RAM, ESR(0x18, SYSREG_ISS(1, 3, 7, 11, 1, 0, 0)));
    at_el0("IC IVAU with UCI 0", invalidate_line, RAM, ESR(0x18, SYSREG_ISS(1, 3, 7, 5, 1, 0, 0)));
    at_el0("DC ZVA with DZE 0", zero_line, RAM, ESR(0x18, SYSREG_ISS(1, 3, 7, 4, 1, 0, 0)));
    at_el0("WFI with nTWI 0", wait_interrupt, 0, ESR(1, 0x1e00000));
    check("DCZID_EL0 from EL0", !attempt_user(read_dczid, 0, &value) && value == 0x14);
    write_reg(sctlr_el1, sctlr | 1 << 15 | 1 << 14 | 1 << 26 | 1 << 9);
    write_reg(cntkctl_el1, 3);
    check("CTR_EL0 with UCT 1", !attempt_user(read_ctr, 0, &value) && value == read_reg(ctr_el0));
    check("DCZID_EL0 with DZE 1", !attempt_user(read_dczid, 0, &value) && value == 4);
    check("CNTVCT_EL0 allowed", !attempt_user(read_counter, 0, NULL));
    check("CNTFRQ_EL0 allowed", !attempt_user(read_frequency, 0, NULL));
    check("DAIF with UMA 1", !attempt_user(read_daif, 0, &value) && value == 0x3c0);
    check("DC CVAU with UCI 1", !attempt_user(clean_line, FREE_RAM + USER_ALIAS, NULL));
    check("IC IVAU with UCI 1", !attempt_user(invalidate_line, FREE_RAM + USER_ALIAS, NULL));
    check("TPIDR_EL0 from EL0", !attempt_user(thread_register, 0x1234, &value) && value == 0x1234);
    write_reg(sctlr_el1, sctlr);
    write_reg(cntkctl_el1, 0);
}

static void floating_point(void)
{
    static const char *const names[4] = {"FPEN 0", "FPEN 1", "FPEN 2", "FPEN 3"};
    for (uint64_t fpen = 0; fpen < 4; fpen++) {
        write_reg(cpacr_el1, fpen << 20);
        if (fpen & 1) {
            check(names[fpen], !attempt(use_fp, 0));
        } else {
            at_el1(names[fpen], use_fp, 0, ESR(7, 0x1e00000));
            at_el1("FPCR too", read_fpcr, 0, ESR(7, 0x1e00000));
        }
        if (fpen == 3)
            check("FPEN 3 at EL0", !attempt_user(use_fp, 0, NULL));
        else
            at_el0("FP trapped at EL0", use_fp, 0, ESR(7, 0x1e00000));
    }
}

static void stack_alignment(void)
{
    uint64_t sctlr = read_reg(sctlr_el1);
    struct expected want = {ESR(0x26, 0), 0, (uint64_t)sp_load_at, SPSR_EL1H, false};
    write_reg(sctlr_el1, sctlr | 1 << 3 | 1 << 4);
    check_trap("SP alignment", attempt(sp_load, FREE_RAM + 8), &want);
    check("SP aligned", !attempt(sp_load, FREE_RAM + 16));
    want.elr += USER_ALIAS;
    want.spsr = SPSR_EL0;
    check_trap("SP alignment from EL0", attempt_user(sp_load, FREE_RAM + USER_ALIAS + 8, NULL),
               &want);
    write_reg(sctlr_el1, sctlr & ~UINT64_C(0x18));
    check("SP alignment not asked for", !attempt(sp_load, FREE_RAM + 8));
    write_reg(sctlr_el1, sctlr);
}

/* SPSR values that may not be returned to: EL2, EL0 with SP_EL1, M[1], EL3. */
static void illegal_return(void)
{
    static const uint64_t modes[] = {0x9, 0x8, 0x1, 0x6, 0xd};
    static const char *const names[] = {"ERET to EL2h", "ERET to EL2t", "ERET to EL0h",
                                        "ERET to M[1]", "ERET to EL3h"};
    for (unsigned n = 0; n < sizeof(modes) / sizeof(*modes); n++) {
        struct expected want = {ESR(0x0e, 0), 0, (uint64_t)return_with_at, SPSR_EL1H | 1 << 20,
                                false};
        check_trap(names[n], attempt(return_with, 0x3c0 | modes[n]), &want);
    }
    check("ERET to EL1h", !attempt(return_with, SPSR_EL1H));
}

static void pan(void)
{
    if (id_field(id_aa64mmfr1_el1, 20) == 0) {
        skip("PAN", "absent");
        return;
    }
    map(TEST_VA, 3, FREE_RAM | PTE_DATA | PTE_USER);
    check("user page without PAN", !attempt(load, TEST_VA));
    struct expected want = {ESR(0x25, 0xf), TEST_VA, (uint64_t)load_with_pan_at,
                            SPSR_EL1H | 1 << 22, true};
    check_trap("user page with PAN", attempt(load_with_pan, TEST_VA), &want);
    check("user page with PAN by LDTR", !attempt(load_user_with_pan, TEST_VA));
    map(TEST_VA, 3, FREE_RAM | PTE_DATA);
    check("kernel page with PAN", !attempt(load_with_pan, TEST_VA));
    /* SPAN 0: an exception sets PAN. */
    uint64_t sctlr = read_reg(sctlr_el1), value;
    __asm__ volatile(".inst 0xd500409f"); /* msr pan, #0 */
    write_reg(sctlr_el1, sctlr & ~(UINT64_C(1) << 23));
    check("SVC with SPAN 0", attempt(svc, 0) && !(trap[0].spsr >> 22 & 1));
    __asm__ volatile("mrs %0, S3_0_C4_C2_3" : "=r"(value));
    write_reg(sctlr_el1, sctlr);
    check_equal("attempt returned with PAN of its SPSR", value, 0);
}

static void e0pd(void)
{
    if (id_field(id_aa64mmfr2_el1, 60) == 0) {
        skip("E0PD", "absent");
        return;
    }
    uint64_t tcr = read_reg(tcr_el1);
    map(HIGH_VA, 3, FREE_RAM | PTE_DATA | PTE_USER);
    check("high half from EL0", !attempt_user(load, HIGH_VA, NULL));
    write_reg(tcr_el1, tcr | UINT64_C(1) << 56);
    tlb_flush();
    struct expected want = {ESR(0x24, 4), HIGH_VA, (uint64_t)load + USER_ALIAS, SPSR_EL0, true};
    check_trap("E0PD1 from EL0", attempt_user(load, HIGH_VA, NULL), &want);
    check("E0PD1 from EL1", !attempt(load, HIGH_VA));
    want.esr = ESR(0x25, 4);
    want.elr = (uint64_t)load_user;
    want.spsr = SPSR_EL1H;
    check_trap("E0PD1 by LDTR", attempt(load_user, HIGH_VA), &want);
    write_reg(tcr_el1, tcr);
    tlb_flush();
}

void metal_main(void)
{
    calls();
    undefined();
    el0_traps();
    floating_point();
    stack_alignment();
    illegal_return();
    pan();
    e0pd();
}
