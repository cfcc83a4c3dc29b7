/* SPDX-License-Identifier: Apache-2.0
 *
 * host/sandbox.h: rules in a folder of its own, and the profile to the letter. */
#include <errno.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/sandbox.h"

#include <cmocka.h>

#define HEAD                                                                                       \
    "(version 1)\n(allow default)\n(deny process-exec)\n(deny file-write*)\n"                      \
    "(deny file-read-data (subpath \"/Users\") (subpath \"/Volumes\"))\n"                          \
    "(allow file-read-data file-write* (subpath \"/dev\"))\n"

static char folder[PATH_MAX];

static int setup(void **state)
{
    char made[] = "/tmp/berth-sandbox-XXXXXX";

    return mkdtemp(made) && realpath(made, folder) ? 0 : -1;
}

static int teardown(void **state)
{
    return rmdir(folder);
}

static void assert_profile(const struct sandbox *s, const char *rules)
{
    char *text = sandbox_profile(s);

    assert_non_null(text);
    assert_memory_equal(text, HEAD, strlen(HEAD));
    assert_string_equal(text + strlen(HEAD), rules);
    free(text);
}

static void nothing_is_allowed_unless_named(void **state)
{
    assert_profile(&(struct sandbox){0}, "");
}

static void rules_say_what_and_how_far(void **state)
{
    struct sandbox_rule rules[] = {{(char[]){"/a"}, false, false},
                                   {(char[]){"/b c"}, true, false},
                                   {(char[]){"/d"}, true, true},
                                   {(char[]){"/e"}, false, true}};

    assert_profile(&(struct sandbox){rules, 4},
                   "(allow file-read-data (literal \"/a\"))\n"
                   "(allow file-read-data file-write* (literal \"/b c\"))\n"
                   "(allow file-read-data file-write* (subpath \"/d\"))\n"
                   "(allow file-read-data (subpath \"/e\"))\n");
}

static void names_cannot_leave_their_quotes(void **state)
{
    struct sandbox_rule rule = {(char[]){"/\"))(allow default)\\"}, false, false};

    assert_profile(&(struct sandbox){&rule, 1},
                   "(allow file-read-data (literal \"/\\\"))(allow default)\\\\\"))\n");
}

/* The kernel knows files by the names that symbolic links lead to. */
static void links_are_followed(void **state)
{
    char link[PATH_MAX + 8], path[PATH_MAX + 16];
    struct sandbox s = {0};

    (void)snprintf(link, sizeof(link), "%s/link", folder);
    assert_int_equal(symlink(folder, link), 0);
    (void)snprintf(path, sizeof(path), "%s/link/new", folder);
    assert_int_equal(sandbox_allow(&s, link, true, true), 0);
    assert_int_equal(sandbox_allow(&s, path, true, false), 0);
    (void)unlink(link);
    (void)snprintf(path, sizeof(path), "%s/new", folder);
    assert_int_equal(s.nr, 2);
    assert_string_equal(s.rules[0].path, folder);
    assert_string_equal(s.rules[1].path, path);
    sandbox_finish(&s);
}

static void new_files_need_their_folder(void **state)
{
    char path[PATH_MAX + 16];
    struct sandbox s = {0};

    (void)snprintf(path, sizeof(path), "%s/none/new", folder);
    assert_int_equal(sandbox_allow(&s, path, true, false), -ENOENT);
    assert_int_equal(s.nr, 0);
    sandbox_finish(&s);
}

static void relative_paths_are_made_absolute(void **state)
{
    char here[PATH_MAX], expected[PATH_MAX + 8];
    struct sandbox s = {0};

    assert_non_null(getcwd(here, sizeof(here)));
    (void)snprintf(expected, sizeof(expected), "%s/new", here);
    assert_int_equal(sandbox_allow(&s, "new", true, false), 0);
    assert_string_equal(s.rules[0].path, expected);
    sandbox_finish(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_allowed_unless_named),
        cmocka_unit_test(rules_say_what_and_how_far),
        cmocka_unit_test(names_cannot_leave_their_quotes),
        cmocka_unit_test(links_are_followed),
        cmocka_unit_test(new_files_need_their_folder),
        cmocka_unit_test(relative_paths_are_made_absolute),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
