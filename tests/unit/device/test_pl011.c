/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "device/pl011.h"

#include <cmocka.h>

enum {
    DR = 0,
    FR = 0x18,
    LCR_H = 0x2c,
    CR = 0x30,
    IFLS = 0x34,
    IMSC = 0x38,
    RIS = 0x3c,
    MIS = 0x40,
    ICR = 0x44
};

struct fixture {
    struct pl011 *uart;
    char sent[64];
    unsigned nr_sent;
    bool irq;
};

static void output(void *ctx, uint8_t byte)
{
    struct fixture *f = ctx;

    f->sent[f->nr_sent++] = (char)byte;
}

static void line(void *ctrl, unsigned n, bool level)
{
    struct fixture *f = ctrl;

    assert_int_equal(n, 33);
    f->irq = level;
}

static uint64_t peek(const struct fixture *f, unsigned off)
{
    return mmio_read(&pl011_ops, f->uart, off, 4);
}

static void poke(const struct fixture *f, unsigned off, uint64_t value)
{
    mmio_write(&pl011_ops, f->uart, off, 4, value);
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct pl011_params params = {{line, f, 33}, output, f};

    assert_int_equal(pl011_create(&params, &f->uart), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pl011_destroy(f->uart);
    free(f);
    return 0;
}

static size_t receive(const struct fixture *f, const char *text)
{
    return pl011_receive(f->uart, (const uint8_t *)text, strlen(text));
}

static void pl011_sends_at_every_width(void **state)
{
    struct fixture *f = *state;

    mmio_write(&pl011_ops, f->uart, DR, 1, 'a');
    mmio_write(&pl011_ops, f->uart, DR, 2, 'b');
    mmio_write(&pl011_ops, f->uart, DR, 4, 'c');
    mmio_write(&pl011_ops, f->uart, DR + 1, 1, 'x');
    assert_string_equal(f->sent, "abc");
    assert_int_equal(peek(f, FR), 0x90);
}

static void pl011_identifies_itself(void **state)
{
    static const uint8_t id[8] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};
    struct fixture *f = *state;

    for (unsigned i = 0; i < 8; i++) {
        assert_int_equal(peek(f, 0xfe0 + 4 * i), id[i]);
        assert_int_equal(mmio_read(&pl011_ops, f->uart, 0xfe0 + 4 * i, 1), id[i]);
    }
    assert_int_equal(peek(f, CR), 0x300);
    assert_int_equal(peek(f, IFLS), 0x12);
}

static void pl011_transmit_interrupt_follows_a_byte(void **state)
{
    struct fixture *f = *state;

    poke(f, IMSC, 0x20);
    assert_false(f->irq);
    poke(f, DR, 'x');
    assert_true(f->irq);
    assert_int_equal(peek(f, MIS), 0x20);
    poke(f, ICR, 0x20);
    assert_false(f->irq);
}

static void pl011_receives_in_order_up_to_its_fifo(void **state)
{
    struct fixture *f = *state;

    poke(f, LCR_H, 0x70);
    assert_int_equal(receive(f, "0123456789abcdefgh"), 16);
    assert_int_equal(peek(f, FR), 0xc0);
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(peek(f, DR), "0123456789abcdef"[i]);
    assert_int_equal(peek(f, FR), 0x90);
    assert_int_equal(peek(f, DR), 0);
    poke(f, LCR_H, 0);
    assert_int_equal(receive(f, "xy"), 1);
}

static void pl011_receive_interrupt_falls_with_the_fifo(void **state)
{
    struct fixture *f = *state;

    poke(f, LCR_H, 0x70);
    poke(f, IMSC, 0x50);
    assert_int_equal(receive(f, "a"), 1);
    assert_true(f->irq);
    assert_int_equal(peek(f, RIS), 0x40);
    assert_int_equal(receive(f, "bcdefgh"), 7); /* 8: the trigger level */
    assert_int_equal(peek(f, RIS), 0x50);
    (void)peek(f, DR);
    assert_int_equal(peek(f, RIS), 0x40);
    for (unsigned i = 0; i < 7; i++) {
        assert_true(f->irq);
        (void)peek(f, DR);
    }
    assert_false(f->irq);
}

static void pl011_loops_back(void **state)
{
    struct fixture *f = *state;

    poke(f, CR, 0x381);
    poke(f, DR, 'q');
    assert_int_equal(f->nr_sent, 0);
    assert_int_equal(peek(f, DR), 'q');
}

static void pl011_reset_empties_it(void **state)
{
    struct fixture *f = *state;

    poke(f, IMSC, 0x7ff);
    assert_int_equal(receive(f, "a"), 1);
    assert_true(f->irq);
    pl011_reset(f->uart);
    assert_false(f->irq);
    assert_int_equal(peek(f, FR), 0x90);
    assert_int_equal(peek(f, IMSC), 0);
}

static void pl011_lives_and_dies_a_thousand_times(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        void *fixture;

        set_up(&fixture);
        tear_down(&fixture);
    }
    pl011_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pl011_sends_at_every_width, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl011_identifies_itself, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl011_transmit_interrupt_follows_a_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl011_receives_in_order_up_to_its_fifo, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl011_receive_interrupt_falls_with_the_fifo, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(pl011_loops_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(pl011_reset_empties_it, set_up, tear_down),
        cmocka_unit_test(pl011_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
