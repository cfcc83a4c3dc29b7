/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "device/pl031.h"

#include <cmocka.h>

enum { DR = 0, MR = 4, LR = 8, CR = 0xc, IMSC = 0x10, RIS = 0x14, MIS = 0x18, ICR = 0x1c };

#define NOW UINT64_C(1700000000)
#define NS  UINT64_C(1000000000)

struct fixture {
    struct pl031 *clock;
    struct loop *loop;
    bool irq;
};

static _Atomic uint64_t wall;

static uint64_t fake_wall_ns(void)
{
    return wall;
}

static void line(void *ctrl, unsigned n, bool level)
{
    struct fixture *f = ctrl;

    f->irq = level;
    if (level && f->loop)
        loop_stop(f->loop);
}

static uint32_t peek(const struct fixture *f, unsigned off)
{
    return (uint32_t)mmio_read(&pl031_ops, f->clock, off, 4);
}

static void poke(const struct fixture *f, unsigned off, uint32_t value)
{
    mmio_write(&pl031_ops, f->clock, off, 4, value);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pl031_params params = {{line, f, 34}, NULL, fake_wall_ns};

    wall = NOW * NS;
    assert_int_equal(loop_create(&f->loop), 0);
    params.loop = f->loop;
    assert_int_equal(pl031_create(&params, &f->clock), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pl031_destroy(f->clock);
    loop_destroy(f->loop);
    free(f);
    return 0;
}

static void pl031_shows_the_wall_clock(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(peek(f, DR), NOW);
    wall += 5 * NS;
    assert_int_equal(peek(f, DR), NOW + 5);
    assert_int_equal(peek(f, CR), 1);
    assert_int_equal(mmio_read(&pl031_ops, f->clock, 0xfe0, 1), 0x31);
}

static void pl031_can_be_set(void **state)
{
    struct fixture *f = *state;

    poke(f, LR, 1000);
    assert_int_equal(peek(f, DR), 1000);
    wall += 7 * NS;
    assert_int_equal(peek(f, DR), 1007);
    assert_int_equal(peek(f, LR), 1000);
    pl031_reset(f->clock);
    assert_int_equal(peek(f, DR), 1007);
}

static void pl031_alarm_comes_at_its_second(void **state)
{
    struct fixture *f = *state;

    poke(f, MR, (uint32_t)NOW + 10);
    wall += 9 * NS;
    assert_int_equal(peek(f, RIS), 0);
    wall += NS;
    assert_int_equal(peek(f, RIS), 1);
    assert_false(f->irq);
    poke(f, IMSC, 1);
    assert_true(f->irq);
    assert_int_equal(peek(f, MIS), 1);
    poke(f, ICR, 1);
    assert_false(f->irq);
    assert_int_equal(peek(f, RIS), 0);
}

static void pl031_alarm_moves_with_the_clock(void **state)
{
    struct fixture *f = *state;

    poke(f, LR, UINT32_MAX - 4);
    poke(f, MR, 5); /* after the wrap */
    wall += 9 * NS;
    assert_int_equal(peek(f, RIS), 0);
    poke(f, LR, 3);
    wall += 2 * NS;
    assert_int_equal(peek(f, RIS), 1);
}

static void pl031_alarm_interrupts_an_idle_guest(void **state)
{
    struct fixture *f = *state;

    poke(f, IMSC, 1);
    poke(f, MR, (uint32_t)NOW + 1);
    wall += NS - 1000000; /* a millisecond before */
    poke(f, IMSC, 1);
    assert_false(f->irq);
    wall += 1000000;
    loop_run(f->loop);
    assert_true(f->irq);
}

static void pl031_lives_and_dies_a_thousand_times(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        void *fixture;

        set_up(&fixture);
        tear_down(&fixture);
    }
    pl031_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pl031_shows_the_wall_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl031_can_be_set, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl031_alarm_comes_at_its_second, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl031_alarm_moves_with_the_clock, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl031_alarm_interrupts_an_idle_guest, set_up, tear_down),
        cmocka_unit_test(pl031_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
