/* SPDX-License-Identifier: Apache-2.0
 *
 * Bodies of POST /vm/state, good and bad. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "api/verb.h"

#include <cmocka.h>

static void expect_verb(const char *body, const char *wanted)
{
    struct err err = {0};
    char *verb = NULL;

    assert_int_equal(verb_parse(body, strlen(body), &verb, &err), 0);
    if (wanted)
        assert_string_equal(verb, wanted);
    else
        assert_null(verb);
    free(verb);
}

static void expect_error(const char *body, size_t len, const char *text)
{
    struct err err = {0};
    char *verb = NULL;

    assert_int_equal(verb_parse(body, len, &verb, &err), -EINVAL);
    if (text)
        assert_string_equal(err.text, text);
    assert_true(err.text[0]);
}

static void verb_is_found(void **state)
{
    (void)state;
    expect_verb("{\"state\":\"Stop\"}", "Stop");
    expect_verb(" {\"x\":[1,{}], \"state\" : \"Pause\", \"y\":null}\n", "Pause");
}

static void name_matches_in_any_case_and_the_last_counts(void **state)
{
    (void)state;
    expect_verb("{\"STATE\":\"Stop\"}", "Stop");
    expect_verb("{\"state\":\"Stop\",\"State\":\"HardStop\"}", "HardStop");
}

static void missing_and_null_are_no_verb(void **state)
{
    (void)state;
    expect_verb("{}", NULL);
    expect_verb("null", NULL);
    expect_verb("{\"state\":null}", NULL);
}

static void what_follows_the_object_is_ignored(void **state)
{
    (void)state;
    expect_verb("{\"state\":\"Stop\"} trailing", "Stop");
}

static void bad_bodies_say_why(void **state)
{
    (void)state;
    expect_error("", 0, "EOF");
    expect_error("  \n", 3, "EOF");
    expect_error("{", 1, NULL);
    expect_error("Stop", 4, NULL);
    expect_error("[]", 2, NULL);
    expect_error("{\"state\":5}", 11, NULL);
    expect_error("{\"state\":\"a\xff\"}", 13, NULL);
    expect_error("{\"state\":\"St\0p\"}", 16, NULL);
}

static void error_body_escapes_what_go_escapes(void **state)
{
    char *body = error_body("a <b> & \"c\"\n");

    (void)state;
    assert_string_equal(body, "{\"error\":\"a \\u003cb\\u003e \\u0026 \\\"c\\\"\\n\"}");
    free(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verb_is_found),
        cmocka_unit_test(name_matches_in_any_case_and_the_last_counts),
        cmocka_unit_test(missing_and_null_are_no_verb),
        cmocka_unit_test(what_follows_the_object_is_ignored),
        cmocka_unit_test(bad_bodies_say_why),
        cmocka_unit_test(error_body_escapes_what_go_escapes),
    };

    return cmocka_run_group_tests_name("verb", tests, NULL, NULL);
}
