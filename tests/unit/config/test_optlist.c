/* SPDX-License-Identifier: Apache-2.0
 *
 * The vectors of vfkit-compat.md §22.1, and the rules of §5.1 to §5.3. */
#include <errno.h>

#include "config/optlist.h"
#include "config_test.h"

/* Items joined by '|', "-" for none. */
static void assert_items(const struct strlist *list, const char *joined)
{
    char text[256] = "";

    for (size_t i = 0; i < list->nr; i++) {
        strcat(text, i ? "|" : "");
        strcat(text, list->items[i]);
    }
    assert_string_equal(list->nr ? text : "-", joined);
}

static void quoted_list_splits_like_the_contract(void **state)
{
    static const struct {
        const char *text, *items;
    } vectors[] = {
        {"", "-"},
        {"one,two,4,3", "one|two|4|3"},
        {"a,", "a|"},
        {",", "|"},
        {"\"one,two\"", "one,two"},
        {"\"four,five\",six", "four,five|six"},
        {"a=\"one\",\"two\"=b,three", "a=\"one\"|\"two\"=b|three"},
        {"\"[a-z]+\"", "[a-z]+"},
        {"\"\"x\"\"", "x"},
        {"\"a,b\"c", "\"a,b\"c"},
        {"\"\"", ""},
        {"\"\"\"\"", ""},
        {"linux,\"kernel=/a,b/Image\",initrd=/i", "linux|kernel=/a,b/Image|initrd=/i"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct strlist list = {0};
        struct err err = {0};

        assert_int_equal(optlist_split_quoted(vectors[i].text, &list, &err), 0);
        assert_items(&list, vectors[i].items);
        strlist_finish(&list);
    }
}

static void quoted_list_refuses_open_quotes(void **state)
{
    static const char *const texts[] = {"\"a", "a\\\",b", "\"", "a,\"b,c"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct strlist list = {0};
        struct err err = {0};

        assert_int_equal(optlist_split_quoted(texts[i], &list, &err), -EINVAL);
        assert_string_equal(err.text, "mismatched \"");
        strlist_finish(&list);
    }
}

static void quoted_list_appends(void **state)
{
    struct strlist list = {0};
    struct err err = {0};

    assert_int_equal(optlist_split_quoted("one,two", &list, &err), 0);
    assert_int_equal(optlist_split_quoted("three", &list, &err), 0);
    assert_items(&list, "one|two|three");
    strlist_finish(&list);
}

static void unquote_takes_outer_quotes_only(void **state)
{
    static const char *const vectors[][2] = {
        {"\"x \"y\" z\"", "x \"y\" z"},
        {"\"a", "\"a"},
        {"a\"", "a\""},
        {"\"", ""},
        {"\"\"\"", ""},
        {"", ""},
        {"a", "a"},
        {"\"a\"", "a"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char *text = strdup(vectors[i][0]);

        optlist_unquote(text);
        assert_string_equal(text, vectors[i][1]);
        free(text);
    }
}

static void plain_list_splits_at_every_comma(void **state)
{
    static const char *const vectors[][2] = {
        {"", ""}, {"a", "a"}, {"a,\"b,c\"", "a|\"b|c\""}, {",", "|"}, {"a,,b", "a||b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct strlist list = {0};

        assert_int_equal(optlist_split(vectors[i][0], &list), 0);
        assert_items(&list, vectors[i][1]);
        strlist_finish(&list);
    }
}

static void cut_splits_at_the_first_equals_sign(void **state)
{
    static const char *const vectors[][3] = {
        {"a=b", "a", "b"}, {"a=b=c", "a", "b=c"}, {"a=", "a", ""}, {"a", "a", ""}, {"=b", "", "b"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        char *text = strdup(vectors[i][0]);

        assert_string_equal(optlist_cut(text), vectors[i][2]);
        assert_string_equal(text, vectors[i][1]);
        free(text);
    }
}

static void krun_args_refuse_repeats_and_second_equals_signs(void **state)
{
    static const struct vector vectors[] = {
        {"path=/a=b", "invalid argument format: path=/a=b"},
        {"path=/a,path=/b", "argument path=/b is only expected once"},
        {"a,,b,", "argument  is only expected once"},
        {"a,a=1", "argument a=1 is only expected once"},
    };

    for (size_t i = 0; i < ARRAY_LEN(vectors); i++) {
        struct krun_args args;
        struct err err = {0};

        assert_int_equal(krun_args_parse(vectors[i].text, &args, &err), -EINVAL);
        assert_string_equal(err.text, vectors[i].error);
    }
}

static void krun_args_report_what_was_not_taken(void **state)
{
    struct krun_args args;
    struct err err = {0};

    assert_int_equal(krun_args_parse("a=1,b,c=,", &args, &err), 0);
    assert_string_equal(krun_args_take(&args, "a")->value, "1");
    assert_null(krun_args_take(&args, "d"));
    assert_int_equal(krun_args_done(&args, "x", &err), -EINVAL);
    assert_string_equal(err.text, "unknown x arguments: [\"b\", \"c=\", \"\"]");
    krun_args_finish(&args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quoted_list_splits_like_the_contract),
        cmocka_unit_test(quoted_list_refuses_open_quotes),
        cmocka_unit_test(quoted_list_appends),
        cmocka_unit_test(unquote_takes_outer_quotes_only),
        cmocka_unit_test(plain_list_splits_at_every_comma),
        cmocka_unit_test(cut_splits_at_the_first_equals_sign),
        cmocka_unit_test(krun_args_refuse_repeats_and_second_equals_signs),
        cmocka_unit_test(krun_args_report_what_was_not_taken),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
