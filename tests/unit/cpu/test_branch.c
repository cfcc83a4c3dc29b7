/* SPDX-License-Identifier: Apache-2.0
 *
 * What the oracle cannot run alone: branches, near and far, taken and not; PC-relative addresses and loads; what
 * predecoding makes of register 31. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/cond.h"
#include "cpu/arm64/state.h"
#include "fake_machine.h"

#define HVC  0xd4000002u
#define HERE (FAKE_RAM + 0x1ff0) /* near the end of its page */

static const int64_t displacements[] = {8, -8, -0x1000, 0x14, 0x2000, -0xff0, 0xc};

/* Executes `raw` at HERE with HVC everywhere it may go, and returns where it went. */
static uint64_t go(struct fake_machine *m, uint32_t raw, int64_t disp)
{
    static const uint32_t hvc = HVC;
    struct a64_exit exit;

    fake_machine_load(m, HERE, &raw, 1);
    fake_machine_load(m, HERE + 4, &hvc, 1);
    fake_machine_load(m, HERE + (uint64_t)disp, &hvc, 1);
    a64_code_invalidate_all(m->vm);
    a64_set_pc(m->cpu[0], HERE);
    a64_run(m->cpu[0], &exit);
    assert_int_equal(exit.kind, A64_EXIT_HVC);
    return a64_get_pc(m->cpu[0]) - 4;
}

static void expect(struct fake_machine *m, uint32_t raw, int64_t disp, bool taken)
{
    uint64_t target = taken ? HERE + (uint64_t)disp : HERE + 4;
    uint64_t got = go(m, raw, disp);

    if (got != target)
        fail_msg("%08x by %d went to %#llx", raw, (int)disp, (unsigned long long)got);
}

static uint32_t field(int64_t disp, unsigned width, unsigned lo)
{
    return ((uint32_t)(disp / 4) & ((1u << width) - 1)) << lo;
}

static void b_and_bl_go_anywhere(void **state)
{
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (size_t n = 0; n < ARRAY_LEN(displacements); n++) {
        expect(&m, 0x14000000 | field(displacements[n], 26, 0), displacements[n], true);
        a64_set_x(m.cpu[0], 30, 0);
        expect(&m, 0x94000000 | field(displacements[n], 26, 0), displacements[n], true);
        assert_int_equal(a64_get_x(m.cpu[0], 30), HERE + 4);
    }
    fake_machine_finish(&m);
}

/* By the architecture's words, Arm ARM ConditionHolds(). */
static bool condition_holds(unsigned cond, unsigned flags)
{
    bool n = flags & 8, z = flags & 4, c = flags & 2, v = flags & 1;
    const bool base[] = {z, c, n, v, c && !z, n == v, n == v && !z, true};
    bool holds = base[cond >> 1];

    return (cond & 1) && cond != 15 ? !holds : holds;
}

static void b_cond_follows_the_flags(void **state)
{
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (unsigned cond = 0; cond < 16; cond++)
        for (unsigned flags = 0; flags < 16; flags++)
            for (size_t n = 0; n < 3; n++) {
                m.cpu[0]->nzcv = a64_nzcv_from_imm4(flags);
                expect(&m, 0x54000000 | field(displacements[n], 19, 5) | cond, displacements[n],
                       condition_holds(cond, flags));
            }
    fake_machine_finish(&m);
}

static void cond_masks_agree_with_the_architecture(void **state)
{
    (void)state;

    for (unsigned cond = 0; cond < 16; cond++)
        for (unsigned flags = 0; flags < 16; flags++)
            assert_int_equal(a64_mask_holds(a64_cond_mask(cond), a64_nzcv_from_imm4(flags)),
                             condition_holds(cond, flags));
}

static void cbz_looks_at_its_size(void **state)
{
    static const uint64_t values[] = {0, 1, UINT64_C(1) << 32, UINT64_MAX};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (size_t v = 0; v < ARRAY_LEN(values); v++)
        for (size_t n = 0; n < 4; n++) {
            uint32_t target = field(displacements[n], 19, 5) | 7;
            a64_set_x(m.cpu[0], 7, values[v]);
            expect(&m, 0x34000000 | target, displacements[n], (uint32_t)values[v] == 0);
            expect(&m, 0x35000000 | target, displacements[n], (uint32_t)values[v] != 0);
            expect(&m, 0xb4000000 | target, displacements[n], values[v] == 0);
            expect(&m, 0xb5000000 | target, displacements[n], values[v] != 0);
        }
    expect(&m, 0xb4000000 | field(8, 19, 5) | 31, 8, true); /* cbz xzr */
    fake_machine_finish(&m);
}

static void tbz_looks_at_its_bit(void **state)
{
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (unsigned bit = 0; bit < 64; bit += 7)
        for (size_t n = 0; n < 4; n++) {
            uint32_t raw = field(displacements[n], 14, 5) | (bit & 31) << 19 | bit >> 5 << 31 | 9;
            a64_set_x(m.cpu[0], 9, UINT64_C(1) << bit);
            expect(&m, 0x36000000 | raw, displacements[n], false);
            expect(&m, 0x37000000 | raw, displacements[n], true);
            a64_set_x(m.cpu[0], 9, ~(UINT64_C(1) << bit));
            expect(&m, 0x36000000 | raw, displacements[n], true);
            expect(&m, 0x37000000 | raw, displacements[n], false);
        }
    fake_machine_finish(&m);
}

static void register_branches_take_their_register(void **state)
{
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (size_t n = 0; n < ARRAY_LEN(displacements); n++) {
        a64_set_x(m.cpu[0], 30, HERE + (uint64_t)displacements[n]);
        expect(&m, 0xd61f03c0, displacements[n], true); /* br x30 */
        expect(&m, 0xd65f03c0, displacements[n], true); /* ret */
        expect(&m, 0xd63f03c0, displacements[n], true); /* blr x30: the target is read before the link is written */
        assert_int_equal(a64_get_x(m.cpu[0], 30), HERE + 4);
    }
    fake_machine_finish(&m);
}

/* With TCR_EL1.TBI0 an address's top byte does not reach the PC. */
static void branch_drops_a_tag(void **state)
{
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    m.cpu[0]->sys.tcr = UINT64_C(1) << 37;
    for (int tries = 0; tries < 2; tries++) {
        a64_set_x(m.cpu[0], 30, (HERE + 0x2000) | UINT64_C(0x5a) << 56);
        expect(&m, 0xd63f03c0, 0x2000, true); /* blr x30 */
    }
    fake_machine_finish(&m);
}

/* A branch to an odd address faults there: PC alignment, EC 0x22, at the vector VBAR + 0x200. */
static void branch_to_a_misaligned_pc_faults(void **state)
{
    static const uint32_t hvc = HVC;
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    m.cpu[0]->sys.vbar = FAKE_RAM + 0x4000;
    fake_machine_load(&m, FAKE_RAM + 0x4200, &hvc, 1);
    a64_set_x(m.cpu[0], 30, HERE + 0x102);
    assert_int_equal(go(&m, 0xd65f03c0, 8), FAKE_RAM + 0x4200);
    assert_int_equal(m.cpu[0]->sys.esr >> 26, 0x22);
    assert_int_equal(m.cpu[0]->sys.elr, HERE + 0x102);
    fake_machine_finish(&m);
}

static void addresses_are_relative_to_the_instruction(void **state)
{
    static const uint64_t datum = UINT64_C(0x8877665584434211);
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    assert_int_equal(mem_write(m.memory, HERE + 0x100, &datum, sizeof(datum)), 0);
    (void)go(&m, 0x10000805, 4); /* adr x5, . + 0x100 */
    assert_int_equal(a64_get_x(m.cpu[0], 5), HERE + 0x100);
    (void)go(&m, 0x70ffffe5, 4); /* adr x5, . - 1 */
    assert_int_equal(a64_get_x(m.cpu[0], 5), HERE - 1);
    (void)go(&m, 0xd0000005, 4); /* adrp x5, . + 2 pages */
    assert_int_equal(a64_get_x(m.cpu[0], 5), (HERE & ~UINT64_C(0xfff)) + 0x2000);
    (void)go(&m, 0x18000805, 4); /* ldr w5, . + 0x100 */
    assert_int_equal(a64_get_x(m.cpu[0], 5), 0x84434211);
    (void)go(&m, 0x58000805, 4); /* ldr x5, . + 0x100 */
    assert_int_equal(a64_get_x(m.cpu[0], 5), datum);
    (void)go(&m, 0x98000805, 4); /* ldrsw x5, . + 0x100 */
    assert_int_equal(a64_get_x(m.cpu[0], 5), UINT64_C(0xffffffff84434211));
    fake_machine_finish(&m);
}

static void register_31_is_what_its_field_says(void **state)
{
    struct a64_insn i;
    (void)state;

    a64_predecode(&i, 0x910003ff, 0, 0); /* add sp, sp, #0 */
    assert_int_equal(i.rd, A64_SP);
    assert_int_equal(i.rn, A64_SP);
    a64_predecode(&i, 0xeb1f03ff, 0, 0); /* subs xzr, xzr, xzr */
    assert_int_equal(i.rd, A64_DISCARD);
    assert_int_equal(i.rn, A64_ZR);
    assert_int_equal(i.rm, A64_ZR);
    a64_predecode(&i, 0xf90003ff, 0, 0); /* str xzr, [sp] */
    assert_int_equal(i.rd, A64_ZR);
    assert_int_equal(i.rn, A64_SP);
    a64_predecode(&i, 0x3dc003ff, 0, 0); /* ldr q31, [sp] */
    assert_int_equal(i.rd, 31);
}

static void branch_alone_is_never_near(void **state)
{
    struct a64_insn i = {.page_off = 0x100};
    (void)state;

    assert_true(a64_branch_is_near(&i, -0x100));
    assert_true(a64_branch_is_near(&i, 0xefc));
    assert_false(a64_branch_is_near(&i, -0x104));
    assert_false(a64_branch_is_near(&i, 0xf00));
    i.aux = A64_PREDECODE_ALONE;
    assert_false(a64_branch_is_near(&i, 8));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(b_and_bl_go_anywhere),
        cmocka_unit_test(b_cond_follows_the_flags),
        cmocka_unit_test(cond_masks_agree_with_the_architecture),
        cmocka_unit_test(cbz_looks_at_its_size),
        cmocka_unit_test(tbz_looks_at_its_bit),
        cmocka_unit_test(register_branches_take_their_register),
        cmocka_unit_test(branch_drops_a_tag),
        cmocka_unit_test(branch_to_a_misaligned_pc_faults),
        cmocka_unit_test(addresses_are_relative_to_the_instruction),
        cmocka_unit_test(register_31_is_what_its_field_says),
        cmocka_unit_test(branch_alone_is_never_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
