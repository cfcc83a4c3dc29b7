/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include "memory/memory.h"

#include <cmocka.h>

#define BASE UINT64_C(0x40000000)
#define LEN  UINT64_C(0x10000)

/* Two regions that adjoin, and one apart. */
static int set_up(void **state)
{
    struct guest_memory *m;

    assert_int_equal(mem_create(&m), 0);
    assert_int_equal(mem_add_ram(m, BASE + LEN, LEN, NULL), 0);
    assert_int_equal(mem_add_ram(m, BASE, LEN, NULL), 0);
    assert_int_equal(mem_add_ram(m, BASE + 4 * LEN, LEN, NULL), 0);
    *state = m;
    return 0;
}

static int tear_down(void **state)
{
    mem_destroy(*state);
    return 0;
}

static void mem_regions_ascend(void **state)
{
    const struct guest_memory *m = *state;

    assert_int_equal(mem_nr_regions(m), 3);
    assert_int_equal(mem_region(m, 0)->gpa, BASE);
    assert_int_equal(mem_region(m, 1)->gpa, BASE + LEN);
    assert_int_equal(mem_region(m, 2)->gpa, BASE + 4 * LEN);
}

static void mem_read_spans_adjoining_regions(void **state)
{
    struct guest_memory *m = *state;
    char buf[8] = "";

    assert_int_equal(mem_write(m, BASE + LEN - 3, "bridge", 7), 0);
    assert_int_equal(mem_read(m, BASE + LEN - 3, buf, 7), 0);
    assert_string_equal(buf, "bridge");
    assert_memory_equal(mem_region(m, 1)->host, "dge", 4);
}

static void mem_read_past_the_end_copies_nothing(void **state)
{
    struct guest_memory *m = *state;
    char buf[8] = "virgin";

    assert_int_equal(mem_read(m, BASE + 2 * LEN - 4, buf, 5), -EFAULT);
    assert_int_equal(mem_read(m, BASE - 1, buf, 2), -EFAULT);
    assert_int_equal(mem_read(m, UINT64_MAX, buf, 2), -EFAULT);
    assert_int_equal(mem_read(m, BASE, buf, SIZE_MAX), -EFAULT);
    assert_string_equal(buf, "virgin");
    assert_int_equal(mem_write(m, BASE + 2 * LEN - 2, "xyz", 3), -EFAULT);
    assert_int_equal(mem_read(m, BASE + 2 * LEN - 2, buf, 2), 0);
    assert_int_equal(buf[0], 0);
}

static void mem_read_of_nothing_succeeds_anywhere(void **state)
{
    char c = 1;

    assert_int_equal(mem_read(*state, 0, &c, 0), 0);
    assert_int_equal(mem_write(*state, UINT64_MAX, &c, 0), 0);
}

static void mem_words_are_little_endian_and_aligned(void **state)
{
    struct guest_memory *m = *state;
    uint8_t bytes[4];
    uint16_t half;
    uint32_t word;

    assert_int_equal(mem_store32(m, BASE + 4, 0x11223344), 0);
    assert_int_equal(mem_read(m, BASE + 4, bytes, 4), 0);
    assert_int_equal(bytes[0], 0x44);
    assert_int_equal(mem_load16(m, BASE + 6, &half), 0);
    assert_int_equal(half, 0x1122);
    assert_int_equal(mem_store16(m, BASE + 4, 0xabcd), 0);
    assert_int_equal(mem_load32(m, BASE + 4, &word), 0);
    assert_int_equal(word, 0x1122abcd);
    assert_int_equal(mem_load16(m, BASE + 1, &half), -EINVAL);
    assert_int_equal(mem_load32(m, BASE + 2, &word), -EINVAL);
    assert_int_equal(mem_store16(m, BASE + 2 * LEN, 1), -EFAULT);
    assert_int_equal(mem_store32(m, BASE - 4, 1), -EFAULT);
}

static void mem_span_stays_in_one_region(void **state)
{
    struct guest_memory *m = *state;
    struct span s = {.p = NULL};

    assert_int_equal(mem_span(m, BASE + 16, LEN - 16, MEM_READ, &s), 0);
    assert_ptr_equal(s.p, (char *)mem_region(m, 0)->host + 16);
    assert_int_equal(s.len, LEN - 16);
    assert_int_equal(mem_span(m, BASE + 16, LEN - 15, MEM_WRITE, &s), -EFAULT);
    assert_int_equal(mem_span(m, BASE + 3 * LEN, 1, MEM_READ, &s), -EFAULT);
}

static void mem_add_ram_rejects_bad_ranges(void **state)
{
    struct guest_memory *m = *state;
    struct err err = {.code = 0};

    assert_int_equal(mem_add_ram(m, BASE + 8 * LEN + 1, LEN, &err), -EINVAL);
    assert_int_equal(mem_add_ram(m, BASE + 8 * LEN, 100, &err), -EINVAL);
    assert_int_equal(mem_add_ram(m, BASE + 8 * LEN, 0, &err), -EINVAL);
    assert_int_equal(mem_add_ram(m, UINT64_MAX - LEN + 1, 2 * LEN, &err), -EINVAL);
    assert_int_equal(mem_add_ram(m, BASE + LEN / 2, LEN, &err), -EEXIST);
    assert_int_equal(err.code, -EEXIST);
    assert_int_equal(mem_nr_regions(m), 3);
}

static void mem_clear_zeroes_every_region(void **state)
{
    struct guest_memory *m = *state;
    static const char zero[64];
    char buf[64];

    for (size_t i = 0; i < mem_nr_regions(m); i++)
        memset(mem_region(m, i)->host, 0x5a, LEN);
    assert_int_equal(mem_clear(m), 0);
    for (size_t i = 0; i < mem_nr_regions(m); i++) {
        assert_int_equal(mem_read(m, mem_region(m, i)->gpa + LEN - 64, buf, 64), 0);
        assert_memory_equal(buf, zero, 64);
    }
    assert_int_equal(mem_store32(m, BASE, 7), 0);
}

static void mem_may_be_larger_than_the_host(void **state)
{
    struct guest_memory *m;
    uint32_t word = 0;

    assert_int_equal(mem_create(&m), 0);
    assert_int_equal(mem_add_ram(m, BASE, UINT64_C(256) << 30, NULL), 0);
    assert_int_equal(mem_store32(m, BASE + (UINT64_C(256) << 30) - 4, 42), 0);
    assert_int_equal(mem_load32(m, BASE + (UINT64_C(256) << 30) - 4, &word), 0);
    assert_int_equal(word, 42);
    mem_destroy(m);
}

static void mem_lives_and_dies_a_thousand_times(void **state)
{
    for (int i = 0; i < 1000; i++) {
        struct guest_memory *m;

        assert_int_equal(mem_create(&m), 0);
        assert_int_equal(mem_add_ram(m, BASE, LEN, NULL), 0);
        mem_destroy(m);
    }
    mem_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(mem_regions_ascend, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_read_spans_adjoining_regions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_read_past_the_end_copies_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_read_of_nothing_succeeds_anywhere, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_words_are_little_endian_and_aligned, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_span_stays_in_one_region, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_add_ram_rejects_bad_ranges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(mem_clear_zeroes_every_region, set_up, tear_down),
        cmocka_unit_test(mem_may_be_larger_than_the_host),
        cmocka_unit_test(mem_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
