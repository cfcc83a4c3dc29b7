/* SPDX-License-Identifier: Apache-2.0
 *
 * Which accelerator is chosen, and what is said when none can be. The table itself depends on the
 * build; these hold in all. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "accel/select.h"

#include <cmocka.h>

static void soft_runs_arm64_anywhere(void **state)
{
    const struct accel_ops *ops = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(accel_select(ACCEL_SOFT, ARCH_ARM64, &ops, &err), 0);
    assert_ptr_equal(ops, &accel_soft);
    assert_int_equal(accel_select(ACCEL_SOFT, ARCH_AUTO, &ops, &err), 0);
}

static void auto_finds_something_for_arm64(void **state)
{
    const struct accel_ops *ops = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(accel_select(ACCEL_AUTO, ARCH_ARM64, &ops, &err), 0);
    assert_non_null(ops);
}

static void soft_says_that_it_runs_no_x86(void **state)
{
    const struct accel_ops *ops = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(accel_select(ACCEL_SOFT, ARCH_X86_64, &ops, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "x86-64"));
    assert_non_null(strstr(err.text, "--accel auto"));
    assert_null(ops);
}

static void missing_one_is_named_with_a_remedy(void **state)
{
    const struct accel_ops *ops = NULL;
    struct err err = {0};

    (void)state;
    assert_int_equal(accel_select(ACCEL_VZ, ARCH_ARM64, &ops, &err), -ENOTSUP);
    assert_non_null(strstr(err.text, "--accel auto"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(soft_runs_arm64_anywhere),
        cmocka_unit_test(auto_finds_something_for_arm64),
        cmocka_unit_test(soft_says_that_it_runs_no_x86),
        cmocka_unit_test(missing_one_is_named_with_a_remedy),
    };

    return cmocka_run_group_tests_name("select", tests, NULL, NULL);
}
