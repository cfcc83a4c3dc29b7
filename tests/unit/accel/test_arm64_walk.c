/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest's tables of each granule, and broken ones. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/arm64/walk.h"

#include <cmocka.h>

#define RAM UINT64_C(0x40000000)

enum { RAM_LEN = 1 << 20, TABLE = 3, BLOCK = 1, PAGE = 3 };

static struct guest_memory *mem;

static int set_up(void **state)
{
    (void)state;
    assert_int_equal(mem_create(&mem), 0);
    assert_int_equal(mem_add_ram(mem, RAM, RAM_LEN, NULL), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_destroy(mem);
    return 0;
}

static void put(gpa_t table, unsigned index, uint64_t desc)
{
    assert_int_equal(mem_write(mem, table + index * 8, &desc, 8), 0);
}

static void check(const struct arm64_regime *r, uint64_t va, uint64_t want)
{
    gpa_t got = 1;

    assert_int_equal(arm64_walk(mem, r, va, &got), 0);
    assert_int_equal(got, want);
}

static void without_an_mmu_addresses_are_physical(void **state)
{
    const struct arm64_regime r = {.ttbr0 = 0xdead000};

    (void)state;
    check(&r, 0x123456789, 0x123456789);
}

static void walks_4k_pages_and_blocks_of_both_halves(void **state)
{
    /* 48 bits, TG0 4 KiB (0), TG1 4 KiB (2) */
    const struct arm64_regime r = {.sctlr = 1,
                                   .tcr = 16 | 16 << 16 | UINT64_C(2) << 30,
                                   .ttbr0 = RAM | 1,
                                   .ttbr1 = RAM + 0x4000};

    (void)state;
    put(RAM, 1, (RAM + 0x1000) | TABLE);
    put(RAM + 0x1000, 2, (RAM + 0x2000) | TABLE);
    put(RAM + 0x2000, 3, (RAM + 0x3000) | TABLE);
    put(RAM + 0x3000, 4, 0x0060000012345000 | PAGE);
    check(&r, UINT64_C(1) << 39 | UINT64_C(2) << 30 | 3 << 21 | 4 << 12 | 0x678, 0x12345678);
    put(RAM + 0x1000, 5, UINT64_C(0x7c0000000) | BLOCK);
    check(&r, UINT64_C(1) << 39 | UINT64_C(5) << 30 | 0x1234567, 0x7c1234567);
    put(RAM + 0x4000, 511, (RAM + 0x5000) | TABLE);
    put(RAM + 0x5000, 511, (RAM + 0x6000) | TABLE);
    put(RAM + 0x6000, 511, UINT64_C(0x80200000) | BLOCK);
    check(&r, UINT64_MAX - 0xfff, 0x803ff000);
}

static void walks_16k_and_64k_granules(void **state)
{
    /* 36 bits of 16 KiB pages: level 2 first; 42 bits of 64 KiB pages: level 2 first */
    const struct arm64_regime small = {.sctlr = 1, .tcr = 28 | 2 << 14, .ttbr0 = RAM};
    const struct arm64_regime large = {.sctlr = 1, .tcr = 22 | 1 << 14, .ttbr0 = RAM + 0x20000};

    (void)state;
    put(RAM, 7, (RAM + 0x4000) | TABLE);
    put(RAM + 0x4000, 9, 0x1238000 | PAGE);
    check(&small, UINT64_C(7) << 25 | 9 << 14 | 0x3abc, 0x123babc);
    put(RAM + 0x20000, 7, (RAM + 0x30000) | TABLE);
    put(RAM + 0x30000, 9, 0x1230000 | PAGE);
    check(&large, UINT64_C(7) << 29 | 9 << 16 | 0xabcd, 0x123abcd);
    put(RAM + 0x20000, 8, UINT64_C(0x60000000) | BLOCK);
    check(&large, (UINT64_C(8) << 29) + 0x1234567, 0x61234567);
}

static void gives_up_where_tables_do(void **state)
{
    struct arm64_regime r = {.sctlr = 1, .tcr = 16, .ttbr0 = RAM};
    gpa_t got;

    (void)state;
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT); /* not valid */
    put(RAM, 0, (RAM + RAM_LEN) | TABLE);
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT); /* a table outside RAM */
    put(RAM, 0, (RAM + 0x1000) | TABLE);
    put(RAM + 0x1000, 0, (RAM + 0x2000) | TABLE);
    put(RAM + 0x2000, 0, (RAM + 0x3000) | TABLE);
    put(RAM + 0x3000, 0, RAM | BLOCK); /* no block at level 3 */
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT);
    r.tcr = 16 | 3 << 14; /* a granule that is none */
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT);
    r.tcr = 0; /* 64 bits */
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT);
    r.tcr = 60; /* 4 bits */
    assert_int_equal(arm64_walk(mem, &r, 0, &got), -EFAULT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_an_mmu_addresses_are_physical, set_up, tear_down),
        cmocka_unit_test_setup_teardown(walks_4k_pages_and_blocks_of_both_halves, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(walks_16k_and_64k_granules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(gives_up_where_tables_do, set_up, tear_down),
    };

    return cmocka_run_group_tests_name("arm64-walk", tests, NULL, NULL);
}
