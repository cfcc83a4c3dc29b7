/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of system registers and the rules around it. */
#include <string.h>

#include "base/compiler.h"
#include "cpu/arm64/sysreg_table.h"
#include "rig.h"

#define SCTLR A64_SYSREG(3, 0, 1, 0, 0)
#define DAIF  A64_SYSREG(3, 3, 4, 2, 1)
#define CTR   A64_SYSREG(3, 3, 0, 0, 1)

static void table_is_sound(void **state)
{
    (void)state;
    for (size_t n = 0; n < a64_nr_sysregs; n++) {
        const struct sysreg *r = &a64_sysregs[n];
        assert_true(n == 0 || a64_sysregs[n - 1].reg < r->reg);
        assert_int_equal(a64_sysreg_row(r->reg), n);
        assert_string_equal(a64_sysreg_name((unsigned)n), r->name);
        if (r->rights & SYSREG_W1)
            assert_true(r->write || r->offset);
        /* EL0 never has a right that EL1 lacks. */
        assert_true(!(r->rights & SYSREG_R0) || (r->rights & SYSREG_R1));
        assert_true(!(r->rights & SYSREG_W0) || (r->rights & SYSREG_W1));
    }
}

/* In functions of their own, so that no loop variable lives across the jump. */
static NOINLINE int try_mrs(struct rig *r, uint32_t reg)
{
    return RIG_UNWIND(r, rig_mrs(r, reg));
}

static NOINLINE int try_msr(struct rig *r, uint32_t reg)
{
    return RIG_UNWIND(r, (rig_msr(r, reg, 0), 0));
}

static void every_register_can_be_read_and_written_at_el1(void **state)
{
    struct rig *r = *state;
    for (size_t n = 0; n < a64_nr_sysregs; n++) {
        const struct sysreg *s = &a64_sysregs[n];
        rig_at(r, 1);
        r->cpu->sys.cpacr = 3 << 20;
        assert_int_equal(try_mrs(r, s->reg), s->rights & SYSREG_R1 ? 0 : A64_UNWIND_RAISED);
        rig_at(r, 1);
        if (strcmp(s->name, "SPSel") == 0)
            continue;
        assert_int_equal(try_msr(r, s->reg), s->rights & SYSREG_W1 ? 0 : A64_UNWIND_RAISED);
    }
}

static void registers_that_hold_bits_keep_exactly_the_writable_ones(void **state)
{
    struct rig *r = *state;
    for (size_t n = 0; n < a64_nr_sysregs; n++) {
        const struct sysreg *s = &a64_sysregs[n];
        if (!s->offset || !(s->rights & SYSREG_W1) || s->write)
            continue;
        rig_msr(r, s->reg, UINT64_MAX);
        assert_int_equal(rig_mrs(r, s->reg), s->reset | s->mask);
        rig_msr(r, s->reg, 0);
        assert_int_equal(rig_mrs(r, s->reg), s->reset & ~s->mask);
    }
}

static void sctlr_keeps_its_fixed_bits(void **state)
{
    struct rig *r = *state;
    assert_int_equal(rig_mrs(r, SCTLR), 0x30d00980);
    rig_msr(r, SCTLR, 0);
    assert_int_equal(rig_mrs(r, SCTLR), 0x30500980);
    rig_msr(r, SCTLR, UINT64_MAX & ~UINT64_C(1));
    assert_int_equal(rig_mrs(r, SCTLR), 0x34dddb9e);
}

static void id_registers_say_what_is_declared(void **state)
{
    struct rig *r = *state;
    const struct {
        unsigned crm, op2;
        uint64_t value;
    } ids[] = {
        {0, 0, 0x000f0510},
        {0, 5, 0x80000000},
        {4, 0, 0x1100000001000011},
        {4, 1, 0},
        {5, 0, 0x10305006},
        {6, 0, 0x10211120},
        {6, 1, 0},
        {7, 0, 0x0f000022},
        {7, 1, 0x00100000},
        {7, 2, 0x1000000000000000},
        {1, 0, 0},
        {3, 7, 0},
        {7, 7, 0},
    };
    for (size_t n = 0; n < ARRAY_LEN(ids); n++) {
        uint32_t reg = A64_SYSREG(3, 0, 0, ids[n].crm, ids[n].op2);
        rig_at(r, 1);
        assert_int_equal(rig_mrs(r, reg), ids[n].value);
        assert_raises(r, (rig_msr(r, reg, 0), 0), ESR(0, 0));
        rig_at(r, 0);
        assert_raises(r, rig_mrs(r, reg), ESR(0, 0)); /* Linux emulates */
    }
}

static void absent_registers_are_undefined(void **state)
{
    struct rig *r = *state;
    const uint32_t absent[] = {
        A64_SYSREG(3, 3, 9, 12, 0),                            /* PMCR_EL0 */
        A64_SYSREG(3, 0, 0, 8, 0),  A64_SYSREG(3, 4, 1, 0, 0), /* SCTLR_EL2 */
        A64_SYSREG(3, 0, 4, 2, 4),                             /* UAO */
        A64_SYSREG(2, 0, 0, 6, 4),                             /* DBGBVR6_EL1 */
        A64_SYSREG(2, 0, 0, 4, 6),                             /* DBGWVR4_EL1 */
    };
    for (size_t n = 0; n < ARRAY_LEN(absent); n++) {
        rig_at(r, 1);
        assert_raises(r, rig_mrs(r, absent[n]), ESR(0, 0));
        rig_at(r, 1);
        assert_raises(r, (rig_msr(r, absent[n], 0), 0), ESR(0, 0));
    }
}

static void interrupt_controller_registers_leave_the_cpu(void **state)
{
    struct rig *r = *state;
    uint32_t iar1 = A64_SYSREG(3, 0, 12, 12, 0);
    assert_int_equal(RIG_UNWIND(r, rig_mrs(r, iar1)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.kind, A64_EXIT_SYSREG);
    assert_int_equal(r->exit.sysreg.reg, iar1);
    assert_false(r->exit.sysreg.write);
    r->exit.sysreg.value = 27;
    a64_sysreg_complete(r->cpu);
    assert_int_equal(r->cpu->x[5], 27);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);
    a64_sysreg_complete(r->cpu);
    assert_int_equal(r->cpu->pc, RIG_PC + 4);

    assert_int_equal(RIG_UNWIND(r, (rig_msr(r, iar1 + 1, 9), 0)), A64_UNWIND_EXIT);
    assert_true(r->exit.sysreg.write);
    assert_int_equal(r->exit.sysreg.value, 9);
    a64_undefined(r->cpu);
    assert_int_equal(r->cpu->sys.esr, ESR(0, 0));
    assert_int_equal(r->cpu->sys.elr, RIG_PC);
    a64_sysreg_complete(r->cpu);
    assert_int_equal(r->cpu->x[5], 27);
    rig_at(r, 0);
    assert_raises(r, rig_mrs(r, iar1), ESR(0, 0));
}

/* ISS of EC 0x18: Op0 Op2 Op1 CRn Rt CRm direction. */
static uint64_t trap(unsigned op0, unsigned op1, unsigned crn, unsigned crm, unsigned op2,
                     bool read)
{
    return ESR(0x18, op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 | 5u << 5 | crm << 1 | read);
}

static void el0_traps_say_which_register(void **state)
{
    struct rig *r = *state;
    rig_at(r, 0);
    assert_raises(r, rig_mrs(r, CTR), trap(3, 3, 0, 0, 1, true));
    rig_at(r, 0);
    assert_raises(r, (rig_msr(r, DAIF, 0), 0), trap(3, 3, 4, 2, 1, false));
    rig_at(r, 0);
    assert_raises(r, rig_mrs(r, A64_SYSREG(3, 3, 14, 0, 2)), trap(3, 3, 14, 0, 2, true));
    rig_at(r, 0);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 11, 1), 0), 0), trap(1, 3, 7, 11, 1, false));
    rig_at(r, 0);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 4, 1), 0), 0), trap(1, 3, 7, 4, 1, false));
    rig_at(r, 0);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 0, 8, 7, 0), 0), 0), ESR(0, 0)); /* TLBI */
    rig_at(r, 0);
    assert_raises(r, rig_mrs(r, SCTLR), ESR(0, 0));
    r->cpu->sys.sctlr |= 1 << 15 | 1 << 9;
    r->cpu->sys.cntkctl = 2;
    rig_at(r, 0);
    assert_int_equal(rig_mrs(r, CTR), 0x9444c004);
    assert_int_equal(rig_mrs(r, DAIF), 0x3c0);
    r->counter = 1234;
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 3, 14, 0, 2)), 1234);
    assert_raises(r, rig_mrs(r, A64_SYSREG(3, 3, 14, 0, 1)), trap(3, 3, 14, 0, 1, true));
}

static void dczid_says_when_el0_may_not(void **state)
{
    struct rig *r = *state;
    uint32_t dczid = A64_SYSREG(3, 3, 0, 0, 7);
    assert_int_equal(rig_mrs(r, dczid), 4);
    rig_at(r, 0);
    assert_int_equal(rig_mrs(r, dczid), 0x14);
    r->cpu->sys.sctlr |= 1 << 14;
    assert_int_equal(rig_mrs(r, dczid), 4);
}

static void pstate_registers_show_pstate(void **state)
{
    struct rig *r = *state;
    rig_msr(r, A64_SYSREG(3, 3, 4, 2, 0), 0xa0000000);
    assert_int_equal(a64_nzcv_to_imm4(r->cpu->nzcv), 0xa);
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 3, 4, 2, 0)), 0xa0000000);
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 0, 4, 2, 2)), 4);
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 0, 4, 2, 0)), 1);
    rig_msr(r, A64_SYSREG(3, 0, 4, 2, 3), 1 << 22);
    assert_true(r->cpu->pan);
    a64_msr_imm(r->cpu, &r->insn, 0, 4, 0);
    assert_false(r->cpu->pan);
    a64_msr_imm(r->cpu, &r->insn, 3, 7, 2);
    assert_int_equal(r->cpu->daif, 0x340);
    a64_msr_imm(r->cpu, &r->insn, 3, 6, 3);
    assert_int_equal(r->cpu->daif, 0x3c0);
    a64_msr_imm(r->cpu, &r->insn, 0, 5, 0);
    assert_false(r->cpu->sp_sel);
    assert_raises(r, rig_mrs(r, A64_SYSREG(3, 0, 4, 1, 0)), ESR(0, 0)); /* SP_EL0 is in use */
    rig_at(r, 1);
    assert_raises(r, (a64_msr_imm(r->cpu, &r->insn, 0, 3, 1), 0), ESR(0, 0)); /* UAO */
    rig_at(r, 0);
    assert_raises(r, (a64_msr_imm(r->cpu, &r->insn, 0, 5, 1), 0), ESR(0, 0));
}

static void isr_shows_the_pins(void **state)
{
    struct rig *r = *state;
    r->cpu->pins = A64_PIN_IRQ;
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 0, 12, 1, 0)), 0x80);
    r->cpu->pins = A64_PIN_FIQ;
    assert_int_equal(rig_mrs(r, A64_SYSREG(3, 0, 12, 1, 0)), 0x40);
}

static void cache_maintenance_by_address_translates(void **state)
{
    struct rig *r = *state;
    uint64_t va = 0x10000;
    rig_mmu_on(r);
    rig_map(r, va, 3, (RIG_RAM + 0x5000) | PTE_KERNEL | PTE_RO);
    rig_sys(r, A64_SYSREG(1, 3, 7, 5, 1), va + 0x40);
    assert_int_equal(r->code_dropped, RIG_RAM + 0x5000);
    rig_sys(r, A64_SYSREG(1, 3, 7, 11, 1), va);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 11, 1), va + 4096), 0),
                  ESR(0x25, 0x07 | 0x100 | 0x40));
    assert_int_equal(r->cpu->sys.far, va + 4096);
    rig_at(r, 1);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 0, 7, 6, 1), va), 0),
                  ESR(0x25, 0x0f | 0x100 | 0x40)); /* DC IVAC needs write */
    rig_at(r, 0);
    r->cpu->sys.sctlr |= 1 << 26;
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 14, 1), va), 0),
                  ESR(0x24, 0x0f | 0x100 | 0x40));
    rig_sys(r, A64_SYSREG(1, 0, 7, 5, 0), 0);
    assert_int_equal(r->code_dropped, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        RIG_TEST(every_register_can_be_read_and_written_at_el1),
        RIG_TEST(registers_that_hold_bits_keep_exactly_the_writable_ones),
        RIG_TEST(sctlr_keeps_its_fixed_bits),
        RIG_TEST(id_registers_say_what_is_declared),
        RIG_TEST(absent_registers_are_undefined),
        RIG_TEST(interrupt_controller_registers_leave_the_cpu),
        RIG_TEST(el0_traps_say_which_register),
        RIG_TEST(dczid_says_when_el0_may_not),
        RIG_TEST(pstate_registers_show_pstate),
        RIG_TEST(isr_shows_the_pins),
        RIG_TEST(cache_maintenance_by_address_translates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
