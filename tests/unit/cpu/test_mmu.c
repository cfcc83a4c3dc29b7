/* SPDX-License-Identifier: Apache-2.0
 *
 * The translation table walk: every fault with its level, permissions, attributes, AT. */
#include "base/compiler.h"
#include "rig.h"

#define VA  UINT64_C(0x0000123456789000)
#define KVA UINT64_C(0xffff923456789000)
#define PA  (RIG_RAM + 0x5000)

/* What a walk for `access` says: 0xff for success, else the fault status code. */
static unsigned status(struct rig *r, uint64_t va, unsigned access)
{
    struct a64_translation t;
    return a64_translate(r->cpu, va, access, &t) ? 0xff : t.fsc;
}

static void walk_finds_pages_and_blocks(void **state)
{
    struct rig *r = *state;
    struct a64_translation t;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL);
    rig_map(r, UINT64_C(0x200000000), 2, RIG_RAM | PTE_BLOCK | PTE_AF | PTE_NG);
    rig_map(r, UINT64_C(0x8080000000), 1, RIG_RAM | PTE_BLOCK | PTE_AF | PTE_DEVICE);

    assert_true(a64_translate(r->cpu, VA + 0x123, A64_ACCESS_READ, &t));
    assert_int_equal(t.pa, PA + 0x123);
    assert_int_equal(t.block, 4096);
    assert_int_equal(t.attr, 0xff);
    assert_int_equal(t.sh, 3);
    assert_true(t.global);
    assert_true(a64_translate(r->cpu, UINT64_C(0x200012345), A64_ACCESS_READ, &t));
    assert_int_equal(t.pa, RIG_RAM + 0x12345);
    assert_int_equal(t.block, 2 << 20);
    assert_false(t.global);
    assert_true(a64_translate(r->cpu, UINT64_C(0x8080912345), A64_ACCESS_READ, &t));
    assert_int_equal(t.pa, RIG_RAM + 0x912345);
    assert_int_equal(t.block, 1 << 30);
    assert_int_equal(t.attr, 0x04);
}

static void translation_fault_says_the_level(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_TRANSLATION + 0);
    for (unsigned level = 1; level < 4; level++) {
        (void)rig_entry(r, VA, level);
        assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_TRANSLATION + level);
    }
    rig_map(r, VA, 3, PA | PTE_BLOCK | PTE_AF); /* bit 1 clear at level 3: reserved */
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_TRANSLATION + 3);
}

static void block_at_level_0_is_a_fault(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 0, PTE_BLOCK | PTE_AF);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_TRANSLATION + 0);
}

static void access_flag_fault_says_the_level(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_PAGE);
    rig_map(r, KVA, 2, RIG_RAM | PTE_BLOCK);
    rig_map(r, UINT64_C(0x8000000000), 1, RIG_RAM | PTE_BLOCK);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_ACCESS_FLAG + 3);
    assert_int_equal(status(r, KVA, A64_ACCESS_READ), A64_FSC_ACCESS_FLAG + 2);
    assert_int_equal(status(r, UINT64_C(0x8000000000), A64_ACCESS_READ), A64_FSC_ACCESS_FLAG + 1);
}

static void address_size_fault_says_the_level(void **state)
{
    struct rig *r = *state;
    uint64_t big = UINT64_C(1) << 40;
    rig_mmu_on(r);
    rig_map(r, VA, 3, big | PTE_KERNEL);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_ADDRESS_SIZE + 3);
    rig_map(r, VA, 1, big | 3);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_ADDRESS_SIZE + 1);
    r->cpu->sys.ttbr0 |= big;
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_ADDRESS_SIZE + 0);
    r->cpu->sys.ttbr0 &= ~big;
    rig_map(r, VA, 1, UINT64_C(1) << 33 | 3);
    r->cpu->sys.tcr &= ~(UINT64_C(7) << 32); /* IPS: 32 bits */
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_ADDRESS_SIZE + 1);
}

static void table_outside_ram_is_an_external_abort_on_the_walk(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 0, UINT64_C(0x1000) | 3);
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_EXTERNAL_WALK + 1);
    r->cpu->sys.ttbr0 = 0x1000;
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_EXTERNAL_WALK + 0);
}

static void addresses_outside_both_halves_fault_at_level_0(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    assert_int_equal(status(r, UINT64_C(0x0001000000000000), A64_ACCESS_READ), 4);
    assert_int_equal(status(r, UINT64_C(0xfffe000000000000), A64_ACCESS_READ), 4);
    assert_int_equal(status(r, UINT64_C(0x00ffffffffffff00), A64_ACCESS_READ), 4);
}

static void top_byte_is_ignored_when_asked(void **state)
{
    struct rig *r = *state;
    uint64_t tagged = VA | UINT64_C(0x5a) << 56;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL);
    rig_map(r, KVA, 3, PA | PTE_KERNEL);
    assert_int_equal(status(r, tagged, A64_ACCESS_READ), 4);
    r->cpu->sys.tcr |= UINT64_C(1) << 37;
    assert_int_equal(status(r, tagged, A64_ACCESS_READ), 0xff);
    assert_int_equal(status(r, KVA & ~(UINT64_C(0xff) << 56), A64_ACCESS_READ), 4);
    r->cpu->sys.tcr |= UINT64_C(1) << 38;
    assert_int_equal(status(r, KVA & ~(UINT64_C(0xff) << 56), A64_ACCESS_READ), 0xff);
}

static void disabled_walks_fault_at_level_0(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL);
    rig_map(r, KVA, 3, PA | PTE_KERNEL);
    r->cpu->sys.tcr |= 1 << 7;
    assert_int_equal(status(r, VA, A64_ACCESS_READ), 4);
    assert_int_equal(status(r, KVA, A64_ACCESS_READ), 0xff);
    r->cpu->sys.tcr |= 1 << 23;
    assert_int_equal(status(r, KVA, A64_ACCESS_READ), 4);
}

static void e0pd_hides_a_half_from_el0_only(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_USER);
    rig_map(r, KVA, 3, PA | PTE_KERNEL | PTE_USER);
    r->cpu->sys.tcr |= UINT64_C(1) << 56;
    assert_int_equal(status(r, KVA, A64_ACCESS_READ | A64_ACCESS_USER), 4);
    assert_int_equal(status(r, KVA, A64_ACCESS_READ), 0xff);
    assert_int_equal(status(r, VA, A64_ACCESS_READ | A64_ACCESS_USER), 0xff);
    r->cpu->sys.tcr |= UINT64_C(1) << 55;
    assert_int_equal(status(r, VA, A64_ACCESS_READ | A64_ACCESS_USER), 4);
}

static void input_size_chooses_the_first_level(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    uint64_t table = RIG_RAM + 0x100000;
    struct {
        unsigned tsz, level;
        uint64_t va;
    } cases[] = {
        {25, 1, 0x7fc0000000}, {34, 2, 0x3fe00000}, {39, 2, 0x1e00000}, {33, 1, 0x40000000}};
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        unsigned level = cases[c].level;
        uint64_t entry = table + (cases[c].va >> (39 - 9 * level)) * 8;
        uint64_t end = UINT64_C(1) << (64 - cases[c].tsz);
        r->cpu->sys.ttbr0 = table;
        r->cpu->sys.tcr = (r->cpu->sys.tcr & ~UINT64_C(63)) | cases[c].tsz;
        rig_write64(r, entry, RIG_RAM | PTE_BLOCK | PTE_AF);
        assert_int_equal(status(r, cases[c].va, A64_ACCESS_READ), 0xff);
        assert_int_equal(status(r, end, A64_ACCESS_READ), 4);
        rig_write64(r, entry, 0);
        assert_int_equal(status(r, cases[c].va, A64_ACCESS_READ), 4 + level);
    }
}

/* R, W, X for EL1 and EL0 of each combination of AP, UXN and PXN. */
static void permissions_follow_the_descriptor(void **state)
{
    struct rig *r = *state;
    enum { R = A64_ACCESS_READ, W = A64_ACCESS_WRITE, X = A64_ACCESS_EXEC };
    struct {
        uint64_t attr;
        unsigned el1, el0;
    } cases[] = {
        {0, R | W | X, X},
        {PTE_UXN, R | W | X, 0},
        {PTE_PXN, R | W, X},
        {PTE_USER, R | W, R | W | X}, /* writable at EL0: never executable at EL1 */
        {PTE_USER | PTE_UXN, R | W, R | W},
        {PTE_RO, R | X, X},
        {PTE_RO | PTE_USER, R | X, R | X},
        {PTE_RO | PTE_USER | PTE_PXN | PTE_UXN, R, R},
    };
    rig_mmu_on(r);
    for (size_t c = 0; c < ARRAY_LEN(cases); c++) {
        rig_map(r, VA, 3, PA | PTE_KERNEL | cases[c].attr);
        for (unsigned access = R; access <= X; access <<= 1) {
            assert_int_equal(status(r, VA, access),
                             cases[c].el1 & access ? 0xff : A64_FSC_PERMISSION + 3);
            assert_int_equal(status(r, VA, access | A64_ACCESS_USER),
                             cases[c].el0 & access ? 0xff : A64_FSC_PERMISSION + 3);
        }
    }
}

static void tables_limit_what_is_below(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_USER);
    uint64_t entry = rig_entry(r, VA, 1), table = rig_read64(r, entry);
    rig_write64(r, entry, table | UINT64_C(1) << 62);
    assert_int_equal(status(r, VA, A64_ACCESS_WRITE), A64_FSC_PERMISSION + 3);
    assert_int_equal(status(r, VA, A64_ACCESS_READ | A64_ACCESS_USER), 0xff);
    rig_write64(r, entry, table | UINT64_C(1) << 61);
    assert_int_equal(status(r, VA, A64_ACCESS_READ | A64_ACCESS_USER), A64_FSC_PERMISSION + 3);
    assert_int_equal(status(r, VA, A64_ACCESS_WRITE), 0xff);
    rig_write64(r, entry, table | UINT64_C(1) << 60);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC | A64_ACCESS_USER), A64_FSC_PERMISSION + 3);
    rig_map(r, VA, 3, PA | PTE_KERNEL);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC), 0xff);
    rig_write64(r, entry, table | UINT64_C(1) << 59);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC), A64_FSC_PERMISSION + 3);
}

static void wxn_makes_writable_pages_not_executable(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    r->cpu->sys.sctlr |= 1 << 19;
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_USER);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC | A64_ACCESS_USER), A64_FSC_PERMISSION + 3);
    rig_map(r, VA, 3, PA | PTE_KERNEL);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC), A64_FSC_PERMISSION + 3);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC | A64_ACCESS_USER), 0xff);
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_RO);
    assert_int_equal(status(r, VA, A64_ACCESS_EXEC), 0xff);
}

static void pan_keeps_el1_out_of_user_pages(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_USER);
    rig_map(r, KVA, 3, PA | PTE_KERNEL);
    r->cpu->pan = true;
    assert_int_equal(status(r, VA, A64_ACCESS_READ), A64_FSC_PERMISSION + 3);
    assert_int_equal(status(r, VA, A64_ACCESS_WRITE), A64_FSC_PERMISSION + 3);
    assert_int_equal(status(r, VA, A64_ACCESS_READ | A64_ACCESS_USER), 0xff); /* LDTR */
    assert_int_equal(status(r, KVA, A64_ACCESS_WRITE), 0xff);
}

static void mmu_off_maps_flat(void **state)
{
    struct rig *r = *state;
    struct a64_translation t;
    assert_true(a64_translate(r->cpu, PA + 5, A64_ACCESS_WRITE, &t));
    assert_int_equal(t.pa, PA + 5);
    assert_int_equal(t.attr, 0);
    assert_int_equal(status(r, UINT64_C(1) << 40, A64_ACCESS_READ), A64_FSC_ADDRESS_SIZE);
}

static void at_fills_par(void **state)
{
    struct rig *r = *state;
    rig_mmu_on(r);
    rig_map(r, VA, 3, PA | PTE_KERNEL | PTE_RO);
    rig_map(r, KVA, 3, RIG_DEVICE | PTE_KERNEL | PTE_DEVICE | PTE_USER);
    rig_sys(r, A64_SYSREG(1, 0, 7, 8, 0), VA + 0x10);
    assert_int_equal(r->cpu->sys.par, UINT64_C(0xff) << 56 | PA | 1 << 11 | 1 << 9 | 3 << 7);
    rig_sys(r, A64_SYSREG(1, 0, 7, 8, 1), VA);
    assert_int_equal(r->cpu->sys.par, 1 << 11 | (A64_FSC_PERMISSION + 3) << 1 | 1);
    rig_sys(r, A64_SYSREG(1, 0, 7, 8, 2), VA);
    assert_int_equal(r->cpu->sys.par, 1 << 11 | (A64_FSC_PERMISSION + 3) << 1 | 1);
    r->cpu->pan = true; /* AT S1E1R ignores it */
    rig_sys(r, A64_SYSREG(1, 0, 7, 8, 0), KVA);
    assert_int_equal(r->cpu->sys.par,
                     UINT64_C(0x04) << 56 | RIG_DEVICE | 1 << 11 | 1 << 9 | 2 << 7);
    rig_sys(r, A64_SYSREG(1, 0, 7, 8, 3), KVA);
    assert_int_equal(r->cpu->sys.par & 1, 0);
}

static void branch_targets_lose_an_ignored_top_byte(void **state)
{
    struct rig *r = *state;
    uint64_t tagged = VA | UINT64_C(0x5a) << 56;
    rig_mmu_on(r);
    assert_int_equal(a64_branch_target(r->cpu, tagged), tagged);
    r->cpu->sys.tcr |= UINT64_C(3) << 37;
    assert_int_equal(a64_branch_target(r->cpu, tagged), VA);
    assert_int_equal(a64_branch_target(r->cpu, KVA & ~(UINT64_C(0xff) << 56)), KVA);
    assert_int_equal(a64_branch_target(r->cpu, KVA), KVA);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(walk_finds_pages_and_blocks),
        RIG_TEST(translation_fault_says_the_level),
        RIG_TEST(block_at_level_0_is_a_fault),
        RIG_TEST(access_flag_fault_says_the_level),
        RIG_TEST(address_size_fault_says_the_level),
        RIG_TEST(table_outside_ram_is_an_external_abort_on_the_walk),
        RIG_TEST(addresses_outside_both_halves_fault_at_level_0),
        RIG_TEST(top_byte_is_ignored_when_asked),
        RIG_TEST(disabled_walks_fault_at_level_0),
        RIG_TEST(e0pd_hides_a_half_from_el0_only),
        RIG_TEST(input_size_chooses_the_first_level),
        RIG_TEST(permissions_follow_the_descriptor),
        RIG_TEST(tables_limit_what_is_below),
        RIG_TEST(wxn_makes_writable_pages_not_executable),
        RIG_TEST(pan_keeps_el1_out_of_user_pages),
        RIG_TEST(mmu_off_maps_flat),
        RIG_TEST(at_fills_par),
        RIG_TEST(branch_targets_lose_an_ignored_top_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
