/* SPDX-License-Identifier: Apache-2.0
 *
 * Self-hosted debug: the step state machine, breakpoints, watchpoints, locks and masks. */
#include "cpu/arm64/debug.h"
#include "rig.h"

#define MDSCR     A64_SYSREG(2, 0, 0, 2, 2)
#define OSLAR     A64_SYSREG(2, 0, 1, 0, 4)
#define DBGBVR(n) A64_SYSREG(2, 0, 0, n, 4)
#define DBGBCR(n) A64_SYSREG(2, 0, 0, n, 5)
#define DBGWVR(n) A64_SYSREG(2, 0, 0, n, 6)
#define DBGWCR(n) A64_SYSREG(2, 0, 0, n, 7)

enum { SS = 1, KDE = 1 << 13, MDE = 1 << 15, SPSR_SS = 1 << 21 };
enum { BCR_EL0 = 1 | 2 << 1 | 15 << 5, BCR_EL1 = 1 | 1 << 1 | 15 << 5 };
enum { PAC_EL0 = 2 << 1, PAC_EL1 = 1 << 1, LOAD = 1 << 3, STORE = 2 << 3, WCR_ENABLE = 1 };

#define CODE (RIG_RAM + 0x3000)
#define DATA (RIG_RAM + 0x5000)

static void unlock(struct rig *r, uint64_t mdscr)
{
    rig_msr(r, OSLAR, 0);
    rig_msr(r, MDSCR, mdscr);
}

static void eret_to(struct rig *r, uint64_t spsr, uint64_t pc)
{
    rig_at(r, 1);
    r->cpu->sys.spsr = spsr;
    r->cpu->sys.elr = pc;
    a64_eret(r->cpu, &r->insn);
}

static void step_runs_one_instruction(void **state)
{
    struct rig *r = *state;
    unlock(r, SS);
    assert_false(a64_debug_active(r->cpu)); /* not at EL1 without KDE */
    eret_to(r, SPSR_SS, CODE);
    assert_true(a64_debug_active(r->cpu));
    assert_true(r->cpu->ss);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
    a64_debug_after_insn(r->cpu);
    assert_true(a64_debug_before_insn(r->cpu, CODE + 4));
    assert_int_equal(r->cpu->sys.esr, ESR(0x32, 0x1000022)); /* ISV: an instruction was stepped */
    assert_int_equal(r->cpu->sys.elr, CODE + 4);
    assert_int_equal(r->cpu->sys.spsr, 0);
    assert_false(a64_debug_active(r->cpu));
}

static void step_knows_load_exclusive(void **state)
{
    struct rig *r = *state;
    rig_write64(r, CODE, 0xc85f7c20); /* ldxr x0, [x1] */
    unlock(r, SS);
    eret_to(r, SPSR_SS, CODE);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
    a64_debug_after_insn(r->cpu);
    assert_true(a64_debug_before_insn(r->cpu, CODE + 4));
    assert_int_equal(r->cpu->sys.esr, ESR(0x32, 0x1000062));
}

static void return_without_ss_steps_at_once(void **state)
{
    struct rig *r = *state;
    unlock(r, SS);
    eret_to(r, 0, CODE);
    assert_true(a64_debug_before_insn(r->cpu, CODE));
    assert_int_equal(r->cpu->sys.esr, ESR(0x32, 0x22)); /* ISV 0: nothing was stepped */
}

static void svc_counts_as_stepped_and_abort_does_not(void **state)
{
    struct rig *r = *state;
    unlock(r, SS);
    eret_to(r, SPSR_SS, CODE);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
    a64_svc(r->cpu, &r->insn, 0);
    a64_debug_after_insn(r->cpu);
    assert_int_equal(r->cpu->sys.spsr & SPSR_SS, 0);
    eret_to(r, SPSR_SS, CODE);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
    assert_raises(r, a64_ld32(r->cpu, &r->insn, 0), ESR(0x24, 0x10));
    assert_int_equal(r->cpu->sys.spsr & SPSR_SS, SPSR_SS);
}

static void step_at_el1_needs_kde_and_d_clear(void **state)
{
    struct rig *r = *state;
    unlock(r, SS | KDE);
    assert_false(a64_debug_active(r->cpu)); /* D is set */
    a64_set_daif(r->cpu, 0);
    assert_true(a64_debug_active(r->cpu));
    assert_true(a64_debug_before_insn(r->cpu, CODE));
    assert_int_equal(r->cpu->sys.esr, ESR(0x33, 0x22));
    /* An exception return with D masked at its source begins a step at its destination. */
    eret_to(r, SPSR_SS | 5, CODE);
    assert_true(r->cpu->ss);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
    a64_debug_after_insn(r->cpu);
    assert_true(a64_debug_before_insn(r->cpu, CODE + 4));
}

static void os_lock_disables_everything(void **state)
{
    struct rig *r = *state;
    rig_msr(r, MDSCR, SS | MDE);
    eret_to(r, SPSR_SS, CODE);
    assert_false(a64_debug_active(r->cpu));
    assert_false(r->cpu->ss);
}

static void breakpoint_stops_before_its_instruction(void **state)
{
    struct rig *r = *state;
    unlock(r, MDE);
    rig_msr(r, DBGBVR(5), CODE + 8);
    rig_msr(r, DBGBCR(5), BCR_EL0);
    assert_false(a64_debug_active(r->cpu));
    rig_at(r, 0);
    assert_true(a64_debug_active(r->cpu));
    assert_false(a64_debug_before_insn(r->cpu, CODE + 4));
    assert_true(a64_debug_before_insn(r->cpu, CODE + 8));
    assert_int_equal(r->cpu->sys.esr, ESR(0x30, 0x22));
    assert_int_equal(r->cpu->sys.elr, CODE + 8);
    rig_msr(r, MDSCR, MDE | KDE);
    rig_msr(r, DBGBCR(5), BCR_EL1);
    a64_set_daif(r->cpu, 0);
    assert_true(a64_debug_before_insn(r->cpu, CODE + 8));
    assert_int_equal(r->cpu->sys.esr, ESR(0x31, 0x22));
    rig_at(r, 0);
    assert_false(a64_debug_before_insn(r->cpu, CODE + 8));
}

static void linked_breakpoint_asks_for_the_context(void **state)
{
    struct rig *r = *state;
    unlock(r, MDE);
    r->cpu->sys.contextidr = 7;
    rig_msr(r, DBGBVR(0), CODE);
    rig_msr(r, DBGBCR(0), BCR_EL0 | 1 << 20 | 4 << 16);
    rig_msr(r, DBGBVR(4), 7);
    rig_msr(r, DBGBCR(4), BCR_EL0 | 3 << 20);
    rig_at(r, 0);
    assert_true(a64_debug_before_insn(r->cpu, CODE));
    r->cpu->sys.contextidr = 8;
    rig_at(r, 0);
    assert_false(a64_debug_before_insn(r->cpu, CODE));
}

static void watch(struct rig *r, unsigned n, uint64_t va, uint64_t wcr)
{
    rig_msr(r, DBGWVR(n), va);
    rig_msr(r, DBGWCR(n), wcr | WCR_ENABLE);
}

static void watchpoint_catches_the_bytes_it_selects(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, 0x10000, 3, DATA | PTE_KERNEL | PTE_USER);
    rig_at(r, 0);
    a64_st64(r->cpu, &r->insn, 0x10000, 1); /* the page is in the fast path now */
    rig_at(r, 1);
    unlock(r, MDE);
    watch(r, 0, 0x10008, PAC_EL0 | STORE | 0x0c << 5); /* bytes 2 and 3 */
    rig_at(r, 0);
    a64_st16(r->cpu, &r->insn, 0x10008, 1);
    a64_st32(r->cpu, &r->insn, 0x1000c, 1);
    (void)a64_ld64(r->cpu, &r->insn, 0x10008);
    assert_raises(r, (a64_st8(r->cpu, &r->insn, 0x1000b, 1), 0), ESR(0x34, 0x62));
    assert_int_equal(r->cpu->sys.far, 0x1000b);
    assert_int_equal(r->cpu->sys.elr, RIG_PC);
    a64_st8(r->cpu, &r->insn, 0x1000b, 1); /* EL1: not selected */
    rig_at(r, 0);
    assert_raises(r, (a64_st64(r->cpu, &r->insn, 0x10008, 0), 0), ESR(0x34, 0x62));
    assert_int_equal(r->cpu->sys.far, 0x1000a);
    rig_at(r, 1);
    a64_st8_user(r->cpu, &r->insn, 0x1000b, 1); /* STTR counts as EL0's, but debug is off at EL1 */
    rig_msr(r, MDSCR, MDE | KDE);
    a64_set_daif(r->cpu, 0);
    assert_raises(r, (a64_st8_user(r->cpu, &r->insn, 0x1000b, 1), 0), ESR(0x35, 0x62));
}

static void watchpoint_mask_covers_a_range(void **state)
{
    struct rig *r = *state;
    unlock(r, MDE);
    watch(r, 3, DATA + 0x100, PAC_EL0 | LOAD | 0xffu << 5 | 8u << 24);
    rig_at(r, 0);
    (void)a64_ld64(r->cpu, &r->insn, DATA + 0xf8);
    (void)a64_ld64(r->cpu, &r->insn, DATA + 0x200);
    assert_raises(r, a64_ld8(r->cpu, &r->insn, DATA + 0x1ff), ESR(0x34, 0x22));
    assert_int_equal(r->cpu->sys.far, DATA + 0x1ff);
    rig_at(r, 0);
    assert_raises(r, a64_ld128(r->cpu, &r->insn, DATA + 0x1f0), ESR(0x34, 0x22));
}

static void watchpoints_off_restore_the_fast_path(void **state)
{
    struct rig *r = *state;
    unlock(r, MDE);
    watch(r, 0, DATA, PAC_EL1 | LOAD | 0xff << 5);
    (void)a64_ld64(r->cpu, &r->insn, DATA + 0x800);
    assert_int_equal(a64_tlb_entry(r->cpu->tlb, DATA)->read, A64_TLB_NONE);
    rig_msr(r, DBGWCR(0), 0);
    (void)a64_ld64(r->cpu, &r->insn, DATA);
    assert_int_equal(a64_tlb_entry(r->cpu->tlb, DATA)->read, DATA);
}

static void illegal_state_raises_before_the_instruction(void **state)
{
    struct rig *r = *state;
    eret_to(r, 0x9, CODE);
    assert_true(a64_debug_active(r->cpu));
    assert_true(a64_debug_before_insn(r->cpu, CODE));
    assert_int_equal(r->cpu->sys.esr, ESR(0x0e, 0));
    assert_int_equal(r->cpu->sys.elr, CODE);
    assert_int_equal(r->cpu->sys.spsr & 0x100000, 0x100000);
    assert_false(a64_debug_active(r->cpu));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(step_runs_one_instruction),
        RIG_TEST(step_knows_load_exclusive),
        RIG_TEST(return_without_ss_steps_at_once),
        RIG_TEST(svc_counts_as_stepped_and_abort_does_not),
        RIG_TEST(step_at_el1_needs_kde_and_d_clear),
        RIG_TEST(os_lock_disables_everything),
        RIG_TEST(breakpoint_stops_before_its_instruction),
        RIG_TEST(linked_breakpoint_asks_for_the_context),
        RIG_TEST(watchpoint_catches_the_bytes_it_selects),
        RIG_TEST(watchpoint_mask_covers_a_range),
        RIG_TEST(watchpoints_off_restore_the_fast_path),
        RIG_TEST(illegal_state_raises_before_the_instruction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
