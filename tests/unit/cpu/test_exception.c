/* SPDX-License-Identifier: Apache-2.0
 *
 * Entry, return, stack pointers, masks, traps. */
#include "base/compiler.h"
#include "rig.h"

enum { VECTOR_SP0 = 0, VECTOR_SPX = 0x200, VECTOR_EL0 = 0x400, IRQ = 0x80, FIQ = 0x100 };
#define N_BIT   UINT64_C(0x80000000)
#define PAN_BIT UINT64_C(0x400000)
#define IL_BIT  UINT64_C(0x100000)
#define EL1H    UINT64_C(0x5)
#define EL1T    UINT64_C(0x4)

static void svc_enters_el1(void **state)
{
    struct rig *r = *state;
    r->cpu->x[A64_SP] = 0x1000;
    r->cpu->sp_el[0] = 0x2000;
    a64_pstate_set(r->cpu, N_BIT);
    assert_int_equal(r->cpu->x[A64_SP], 0x2000);
    a64_svc(r->cpu, &r->insn, 0x42);
    assert_int_equal(r->cpu->sys.esr, ESR(0x15, 0x42));
    assert_int_equal(r->cpu->sys.elr, RIG_PC + 4);
    assert_int_equal(r->cpu->sys.spsr, N_BIT);
    assert_int_equal(r->cpu->pc, RIG_VBAR + VECTOR_EL0);
    assert_int_equal(a64_pstate(r->cpu), N_BIT | 0x3c0 | EL1H);
    assert_int_equal(r->cpu->x[A64_SP], 0x1000);
    assert_int_equal(r->cpu->sp_el[0], 0x2000);
}

static void vector_depends_on_the_stack_pointer(void **state)
{
    struct rig *r = *state;
    a64_pstate_set(r->cpu, EL1T);
    assert_raises(r, (a64_raise_undefined(r->cpu, &r->insn), 0), ESR(0, 0));
    assert_int_equal(r->cpu->pc, RIG_VBAR + VECTOR_SP0);
    assert_int_equal(r->cpu->sys.spsr, EL1T);
    a64_pstate_set(r->cpu, EL1H);
    assert_raises(r, (a64_raise_brk(r->cpu, &r->insn, 7), 0), ESR(0x3c, 7));
    assert_int_equal(r->cpu->pc, RIG_VBAR + VECTOR_SPX);
    assert_int_equal(r->cpu->sys.elr, RIG_PC);
}

static void span_decides_about_pan(void **state)
{
    struct rig *r = *state;
    a64_pstate_set(r->cpu, 0);
    a64_svc(r->cpu, &r->insn, 0); /* SPAN is 1 at reset: PAN stays */
    assert_false(r->cpu->pan);
    rig_msr(r, A64_SYSREG(3, 0, 1, 0, 0), r->cpu->sys.sctlr & ~(UINT64_C(1) << 23));
    a64_pstate_set(r->cpu, 0);
    a64_svc(r->cpu, &r->insn, 0);
    assert_true(r->cpu->pan);
    assert_int_equal(r->cpu->sys.spsr, 0);
    a64_svc(r->cpu, &r->insn, 0);
    assert_int_equal(r->cpu->sys.spsr, PAN_BIT | 0x3c0 | EL1H);
}

static void interrupts_obey_their_masks(void **state)
{
    struct rig *r = *state;
    struct a64_cpu *cpu = r->cpu;
    cpu->pc = 0x4444;
    assert_false(a64_take_interrupt(cpu));
    cpu->pins = A64_PIN_IRQ | A64_PIN_FIQ;
    assert_false(a64_take_interrupt(cpu));
    cpu->attention = 0;
    a64_set_daif(cpu, A64_DAIF_F);
    assert_true(cpu->attention & A64_ATTENTION_PIN);
    assert_true(a64_take_interrupt(cpu));
    assert_int_equal(cpu->pc, RIG_VBAR + VECTOR_SPX + IRQ);
    assert_int_equal(cpu->sys.elr, 0x4444);
    assert_int_equal(cpu->daif, 0x3c0);
    a64_pstate_set(cpu, 0);
    assert_true(a64_take_interrupt(cpu)); /* both unmasked: FIQ */
    assert_int_equal(cpu->pc, RIG_VBAR + VECTOR_EL0 + FIQ);
}

static void eret_restores(void **state)
{
    struct rig *r = *state;
    r->cpu->excl_valid = true;
    r->cpu->sp_el[0] = 0x7000;
    r->cpu->sys.spsr = N_BIT | PAN_BIT | A64_DAIF_I;
    r->cpu->sys.elr = 0x12344;
    a64_eret(r->cpu, &r->insn);
    assert_int_equal(r->cpu->pc, 0x12344);
    assert_int_equal(a64_pstate(r->cpu), N_BIT | PAN_BIT | A64_DAIF_I);
    assert_int_equal(r->cpu->x[A64_SP], 0x7000);
    assert_false(r->cpu->excl_valid);
    assert_raises(r, (a64_eret(r->cpu, &r->insn), 0), ESR(0, 0)); /* at EL0 */
}

static void illegal_return_sets_il_and_stays(void **state)
{
    struct rig *r = *state;
    const uint64_t modes[] = {0x8, 0x9, 0xc, 0x1, 0x2, 0x6, 0x7, 0x10, 0x13};
    for (size_t m = 0; m < ARRAY_LEN(modes); m++) {
        a64_pstate_set(r->cpu, 0x3c0 | EL1H);
        r->cpu->sys.spsr = N_BIT | A64_DAIF_I | modes[m];
        r->cpu->sys.elr = 0x12344;
        a64_eret(r->cpu, &r->insn);
        assert_int_equal(a64_pstate(r->cpu), N_BIT | IL_BIT | A64_DAIF_I | EL1H);
        assert_int_equal(r->cpu->pc, 0x12344);
        assert_true(r->cpu->debug_active); /* the run loop looks before the next instruction */
    }
}

static void spsel_banks_the_stack_pointer(void **state)
{
    struct rig *r = *state;
    r->cpu->x[A64_SP] = 1;
    r->cpu->sp_el[0] = 2;
    a64_set_spsel(r->cpu, false);
    assert_int_equal(r->cpu->x[A64_SP], 2);
    a64_set_spsel(r->cpu, true);
    assert_int_equal(r->cpu->x[A64_SP], 1);
    a64_set_spsel(r->cpu, true);
    assert_int_equal(r->cpu->x[A64_SP], 1);
}

static void sp_alignment_is_checked_when_enabled(void **state)
{
    struct rig *r = *state;
    r->cpu->x[A64_SP] = 0x1008;
    a64_check_sp(r->cpu, &r->insn); /* SA is 0 */
    r->cpu->sys.sctlr |= 1 << 3;
    assert_raises(r, (a64_check_sp(r->cpu, &r->insn), 0), ESR(0x26, 0));
    rig_at(r, 0);
    r->cpu->x[A64_SP] = 0x1008;
    a64_check_sp(r->cpu, &r->insn);
    r->cpu->sys.sctlr |= 1 << 4;
    assert_raises(r, (a64_check_sp(r->cpu, &r->insn), 0), ESR(0x26, 0));
}

static void fp_traps_follow_fpen(void **state)
{
    struct rig *r = *state;
    for (unsigned fpen = 0; fpen < 4; fpen++) {
        r->cpu->sys.cpacr = (uint64_t)fpen << 20;
        for (unsigned el = 0; el < 2; el++) {
            bool trapped = !(fpen & 1) || (fpen == 1 && el == 0);
            rig_at(r, el);
            assert_int_equal(RIG_UNWIND(r, (a64_check_fp(r->cpu, &r->insn), 0)), trapped);
            if (trapped)
                assert_int_equal(r->cpu->sys.esr, ESR(7, 0x1e00000));
            rig_at(r, el);
            assert_int_equal(RIG_UNWIND(r, rig_mrs(r, A64_SYSREG(3, 3, 4, 4, 0))), trapped);
        }
    }
}

static void wfi_waits_traps_or_goes_on(void **state)
{
    struct rig *r = *state;
    r->cpu->attention = 0;
    assert_int_equal(RIG_UNWIND(r, (a64_wfi(r->cpu, &r->insn), 0)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.kind, A64_EXIT_WFI);
    assert_int_equal(r->exit.deadline, UINT64_MAX);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);
    r->cpu->pins = A64_PIN_IRQ; /* wakes even when masked */
    assert_int_equal(RIG_UNWIND(r, (a64_wfi(r->cpu, &r->insn), 0)), 0);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);
    r->cpu->pins = 0;
    rig_at(r, 0);
    r->cpu->attention = 0;
    assert_raises(r, (a64_wfi(r->cpu, &r->insn), 0), ESR(1, 0x1e00000));
    rig_at(r, 0);
    assert_raises(r, (a64_wfe(r->cpu, &r->insn), 0), ESR(1, 0x1e00001));
    r->cpu->sys.sctlr |= 1 << 18;
    rig_at(r, 0);
    a64_wfe(r->cpu, &r->insn);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);
}

static void hvc_leaves_or_is_undefined(void **state)
{
    struct rig *r = *state;
    assert_int_equal(RIG_UNWIND(r, (a64_hvc(r->cpu, &r->insn, 0), 0)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.kind, A64_EXIT_HVC);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);
    rig_at(r, 0);
    assert_raises(r, (a64_hvc(r->cpu, &r->insn, 0), 0), ESR(0, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(svc_enters_el1),
        RIG_TEST(vector_depends_on_the_stack_pointer),
        RIG_TEST(span_decides_about_pan),
        RIG_TEST(interrupts_obey_their_masks),
        RIG_TEST(eret_restores),
        RIG_TEST(illegal_return_sets_il_and_stays),
        RIG_TEST(spsel_banks_the_stack_pointer),
        RIG_TEST(sp_alignment_is_checked_when_enabled),
        RIG_TEST(fp_traps_follow_fpen),
        RIG_TEST(wfi_waits_traps_or_goes_on),
        RIG_TEST(hvc_leaves_or_is_undefined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
