/* SPDX-License-Identifier: Apache-2.0
 *
 * KVM's clock call as Linux makes it (drivers/firmware/smccc/kvm_guest.c, ptp_kvm_arm.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/arm64/wall_clock.h"

#include <cmocka.h>

#define WALL_NS UINT64_C(0x17b1234589abcdef)
#define COUNTER UINT64_C(0x00000012fedcba98)

static uint64_t result[4];

static bool call(uint64_t id, uint64_t a1)
{
    const uint64_t arg[4] = {id, a1, 7, 8};

    for (unsigned i = 0; i < 4; i++)
        result[i] = 100 + i;
    return wall_clock_call(arg, WALL_NS, COUNTER, result);
}

static void the_owner_is_kvm(void **state)
{
    (void)state;
    assert_true(call(0x8600ff01, 0));
    assert_int_equal(result[0], 0xb66fb428);
    assert_int_equal(result[1], 0xe911c52e);
    assert_int_equal(result[2], 0x564bcaa9);
    assert_int_equal(result[3], 0x743a004d);
}

static void the_clock_is_its_only_service(void **state)
{
    (void)state;
    assert_true(call(0x86000000, 0));
    assert_int_equal(result[0], 3);
    assert_int_equal(result[1] | result[2] | result[3], 0);
}

static void both_clocks_come_in_halves(void **state)
{
    (void)state;
    assert_true(call(0x86000001, 0));
    assert_int_equal(result[0], 0x17b12345);
    assert_int_equal(result[1], 0x89abcdef);
    assert_int_equal(result[2], 0x12);
    assert_int_equal(result[3], 0xfedcba98);
}

static void upper_halves_of_arguments_do_not_count(void **state)
{
    (void)state;
    assert_true(call(UINT64_C(0xffffffff86000001), UINT64_C(0xffffffff00000000)));
    assert_int_equal(result[0], 0x17b12345);
}

static void the_physical_counter_is_not_told(void **state)
{
    (void)state;
    assert_true(call(0x86000001, 1));
    assert_int_equal(result[0], -1);
    assert_true(call(0x86000001, 0xffffffff));
    assert_int_equal(result[0], -1);
}

static void other_calls_are_left_alone(void **state)
{
    static const uint64_t ids[] = {0x84000000, 0x80000000, 0x86000002, 0xc6000001, 0x06000001, 0};

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(ids); i++) {
        assert_false(call(ids[i], 0));
        assert_int_equal(result[0], 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_owner_is_kvm),
        cmocka_unit_test(the_clock_is_its_only_service),
        cmocka_unit_test(both_clocks_come_in_halves),
        cmocka_unit_test(upper_halves_of_arguments_do_not_count),
        cmocka_unit_test(the_physical_counter_is_not_told),
        cmocka_unit_test(other_calls_are_left_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
