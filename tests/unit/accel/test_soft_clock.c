/* SPDX-License-Identifier: Apache-2.0
 *
 * The counter of the software CPU and its alarm, in real time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "../support/gate.h"
#include "accel/soft/clock.h"
#include "host/clock.h"

#include <cmocka.h>

enum { TICKS_PER_MS = SOFT_COUNTER_HZ / 1000 };

static struct soft_clock clk;
static struct gate alarm_rang;
static _Atomic unsigned last_cpu;

static void on_due(void *ctx, unsigned cpu)
{
    (void)ctx;
    atomic_store(&last_cpu, cpu);
    gate_open(&alarm_rang);
}

static int setup(void **state)
{
    (void)state;
    gate_init(&alarm_rang);
    return soft_clock_init(&clk, on_due, NULL);
}

static int teardown(void **state)
{
    (void)state;
    soft_clock_finish(&clk);
    gate_finish(&alarm_rang);
    return 0;
}

static void sleep_ms(long ms)
{
    struct timespec ts = {.tv_nsec = ms * 1000000};

    (void)nanosleep(&ts, NULL);
}

static void alarm_rings_once_and_not_early(void **state)
{
    uint64_t deadline = soft_clock_ticks(&clk) + 3 * TICKS_PER_MS;

    (void)state;
    soft_clock_set_deadline(&clk, 5, deadline);
    gate_pass(&alarm_rang);
    assert_true(soft_clock_ticks(&clk) >= deadline);
    assert_int_equal(atomic_load(&last_cpu), 5);
    sleep_ms(5);
    assert_false(gate_is_open(&alarm_rang));
}

static void earlier_deadline_overtakes(void **state)
{
    uint64_t now = soft_clock_ticks(&clk);

    (void)state;
    soft_clock_set_deadline(&clk, 0, now + UINT64_C(3600) * SOFT_COUNTER_HZ);
    sleep_ms(1);
    soft_clock_set_deadline(&clk, 1, now + 2 * TICKS_PER_MS);
    gate_pass(&alarm_rang);
    assert_int_equal(atomic_load(&last_cpu), 1);
}

static void stopped_time_does_not_count(void **state)
{
    uint64_t before, after;

    (void)state;
    before = soft_clock_ticks(&clk);
    soft_clock_stop(&clk);
    soft_clock_set_deadline(&clk, 0, before + 2 * TICKS_PER_MS);
    sleep_ms(30);
    assert_false(gate_is_open(&alarm_rang));
    soft_clock_start(&clk);
    after = soft_clock_ticks(&clk);
    assert_true(after - before < 25 * TICKS_PER_MS);
    gate_pass(&alarm_rang);
}

static void conversion_is_exact_and_saturates(void **state)
{
    uint64_t ticks = soft_clock_ticks(&clk) + 1000;

    (void)state;
    assert_int_equal(soft_clock_ns_at(&clk, ticks + 1) - soft_clock_ns_at(&clk, ticks), 16);
    assert_int_equal(soft_clock_ns_at(&clk, UINT64_MAX), UINT64_MAX);
    assert_int_equal(soft_clock_ns_at(&clk, UINT64_MAX / 16), UINT64_MAX);
}

#define CLOCK_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CLOCK_TEST(alarm_rings_once_and_not_early),
        CLOCK_TEST(earlier_deadline_overtakes),
        CLOCK_TEST(stopped_time_does_not_count),
        CLOCK_TEST(conversion_is_exact_and_saturates),
    };

    return cmocka_run_group_tests_name("soft-clock", tests, NULL, NULL);
}
