/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "machine/early_console.h"

#include <cmocka.h>

struct fixture {
    struct loop *loop;
    struct early_console *early;
    size_t len;
    uint8_t seen[128 * 1024];
};

static void sink(void *ctx, const uint8_t *bytes, size_t len)
{
    struct fixture *f = ctx;

    memcpy(f->seen + f->len, bytes, len);
    f->len += len;
    loop_stop(f->loop);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_int_equal(loop_create(&f->loop), 0);
    assert_int_equal(early_console_create(f->loop, sink, f, &f->early), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    early_console_destroy(f->early);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void put(struct fixture *f, const char *text)
{
    for (; *text; text++)
        early_console_put(f->early, (uint8_t)*text);
}

static void early_console_hands_bytes_on_in_order(void **state)
{
    struct fixture *f = *state;

    put(f, "Booting ");
    put(f, "Linux\n");
    loop_run(f->loop);
    assert_string_equal((char *)f->seen, "Booting Linux\n");
    put(f, "more");
    loop_run(f->loop);
    assert_string_equal((char *)f->seen, "Booting Linux\nmore");
}

static void early_console_is_silent_once_closed(void **state)
{
    struct fixture *f = *state;

    put(f, "a");
    early_console_close(f->early);
    put(f, "b");
    loop_run(f->loop);
    assert_string_equal((char *)f->seen, "a");
    early_console_open(f->early);
    put(f, "c");
    loop_run(f->loop);
    assert_string_equal((char *)f->seen, "ac");
}

static void early_console_is_bounded(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 100000; i++)
        early_console_put(f->early, 'x');
    loop_run(f->loop);
    assert_int_equal(f->len, 65536);
}

static void early_console_loses_nothing_at_the_end(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_int_equal(loop_create(&f->loop), 0);
    assert_int_equal(early_console_create(f->loop, sink, f, &f->early), 0);
    put(f, "last words");
    early_console_destroy(f->early);
    assert_string_equal((char *)f->seen, "last words");
    early_console_destroy(NULL);
    loop_destroy(f->loop);
    free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(early_console_hands_bytes_on_in_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(early_console_is_silent_once_closed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(early_console_is_bounded, set_up, tear_down),
        cmocka_unit_test(early_console_loses_nothing_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
