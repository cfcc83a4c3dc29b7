/* SPDX-License-Identifier: Apache-2.0
 *
 * `--accel soft,…`. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "accel/soft/options.h"

#include <cmocka.h>

static void nothing_is_all_defaults(void **state)
{
    struct soft_options o;
    struct err err;

    (void)state;
    assert_int_equal(soft_options_parse(NULL, &o, &err), 0);
    assert_int_equal(o.code_cache_bytes, 0);
    assert_int_equal(soft_options_parse("", &o, &err), 0);
}

static void code_cache_is_in_mebibytes(void **state)
{
    struct soft_options o;
    struct err err;

    (void)state;
    assert_int_equal(soft_options_parse("code-cache=64", &o, &err), 0);
    assert_int_equal(o.code_cache_bytes, 64 << 20);
}

static void bad_values_are_named(void **state)
{
    static const char *const bad[] = {"code-cache=",   "code-cache=0",     "code-cache=-1",
                                      "code-cache=4x", "code-cache=99999", "code-cache"};
    struct soft_options o;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err = {0};

        assert_int_equal(soft_options_parse(bad[i], &o, &err), -EINVAL);
        assert_non_null(strstr(err.text, "code-cache"));
    }
}

static void trace_is_a_path(void **state)
{
    struct soft_options o;
    struct err err = {0};

    (void)state;
    assert_int_equal(soft_options_parse("code-cache=1,trace=/tmp/trace", &o, &err), 0);
    assert_string_equal(o.trace, "/tmp/trace");
    assert_int_equal(soft_options_parse("trace=", &o, &err), -EINVAL);
    assert_non_null(strstr(err.text, "trace="));
}

static void blocks_and_perf_let_developers_look(void **state)
{
    struct soft_options o;
    struct err err = {0};

    (void)state;
    assert_int_equal(soft_options_parse("blocks=/tmp/blocks,perf=on", &o, &err), 0);
    assert_string_equal(o.blocks, "/tmp/blocks");
    assert_true(o.perf);
    assert_int_equal(soft_options_parse("perf=yes", &o, &err), -EINVAL);
    assert_non_null(strstr(err.text, "perf=yes"));
}

static void unknown_key_is_named(void **state)
{
    struct soft_options o;
    struct err err;

    (void)state;
    assert_int_equal(soft_options_parse("code-cache=1,turbo=on", &o, &err), -EINVAL);
    assert_non_null(strstr(err.text, "'turbo=on'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_all_defaults),
        cmocka_unit_test(code_cache_is_in_mebibytes),
        cmocka_unit_test(bad_values_are_named),
        cmocka_unit_test(trace_is_a_path),
        cmocka_unit_test(blocks_and_perf_let_developers_look),
        cmocka_unit_test(unknown_key_is_named),
    };

    return cmocka_run_group_tests_name("soft-options", tests, NULL, NULL);
}
