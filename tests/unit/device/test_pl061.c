/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "device/pl061.h"

#include <cmocka.h>

enum {
    ALL = 0x3fc,
    DIR = 0x400,
    IS = 0x404,
    IBE = 0x408,
    IEV = 0x40c,
    IE = 0x410,
    RIS = 0x414,
    MIS = 0x418,
    IC = 0x41c
};
enum { KEY = 3, KEY_BIT = 1 << KEY };

struct fixture {
    struct pl061 *gpio;
    bool irq;
};

static void line(void *ctrl, unsigned n, bool level)
{
    struct fixture *f = ctrl;

    f->irq = level;
}

static uint64_t peek(const struct fixture *f, unsigned off)
{
    return mmio_read(&pl061_ops, f->gpio, off, 1);
}

static void poke(const struct fixture *f, unsigned off, uint64_t value)
{
    mmio_write(&pl061_ops, f->gpio, off, 1, value);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct irq_line irq = {line, f, 39};

    assert_int_equal(pl061_create(&irq, &f->gpio), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pl061_destroy(f->gpio);
    free(f);
    return 0;
}

static void pl061_key_interrupts_on_both_edges(void **state)
{
    struct fixture *f = *state;

    poke(f, IBE, KEY_BIT);
    poke(f, IE, KEY_BIT);
    pl061_set_input(f->gpio, KEY, true);
    assert_true(f->irq);
    assert_int_equal(peek(f, ALL), KEY_BIT);
    assert_int_equal(peek(f, MIS), KEY_BIT);
    poke(f, IC, KEY_BIT);
    assert_false(f->irq);
    pl061_set_input(f->gpio, KEY, true);
    assert_false(f->irq);
    pl061_set_input(f->gpio, KEY, false);
    assert_true(f->irq);
}

static void pl061_single_edges_follow_iev(void **state)
{
    struct fixture *f = *state;

    poke(f, IEV, KEY_BIT);
    pl061_set_input(f->gpio, KEY, true);
    assert_int_equal(peek(f, RIS), KEY_BIT);
    assert_false(f->irq); /* not enabled */
    poke(f, IC, 0xff);
    pl061_set_input(f->gpio, KEY, false);
    assert_int_equal(peek(f, RIS), 0);
}

static void pl061_level_interrupt_follows_the_line(void **state)
{
    struct fixture *f = *state;

    poke(f, IS, KEY_BIT);
    poke(f, IEV, KEY_BIT);
    poke(f, IE, KEY_BIT);
    pl061_set_input(f->gpio, KEY, true);
    assert_true(f->irq);
    poke(f, IC, KEY_BIT);
    assert_true(f->irq);
    pl061_set_input(f->gpio, KEY, false);
    assert_false(f->irq);
}

static void pl061_data_is_masked_by_the_address(void **state)
{
    struct fixture *f = *state;

    poke(f, DIR, 0xf0);
    poke(f, ALL, 0xff);
    assert_int_equal(peek(f, ALL), 0xf0);
    poke(f, 0x40 << 2, 0);
    assert_int_equal(peek(f, ALL), 0xb0);
    assert_int_equal(peek(f, 0x80 << 2), 0x80);
    assert_int_equal(peek(f, 0xfe0), 0x61);
}

static void pl061_reset_keeps_inputs(void **state)
{
    struct fixture *f = *state;

    pl061_set_input(f->gpio, KEY, true);
    poke(f, IE, 0xff);
    pl061_reset(f->gpio);
    assert_int_equal(peek(f, IE), 0);
    assert_int_equal(peek(f, ALL), KEY_BIT);
}

static void pl061_lives_and_dies_a_thousand_times(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        void *fixture;

        set_up(&fixture);
        tear_down(&fixture);
    }
    pl061_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pl061_key_interrupts_on_both_edges, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl061_single_edges_follow_iev, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl061_level_interrupt_follows_the_line, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl061_data_is_masked_by_the_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl061_reset_keeps_inputs, set_up, tear_down),
        cmocka_unit_test(pl061_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
