/* SPDX-License-Identifier: Apache-2.0
 *
 * This system's own source behind host/power.h. Nobody puts the machine to sleep, so what is seen is
 * that it starts, leaves an idle loop alone, and goes without a trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "host/clock.h"
#include "host/loop.h"
#include "host/power.h"
#include "host/power_source.h"

#include <cmocka.h>

static void stop(void *ctx)
{
    loop_stop(ctx);
}

static void no_sleep(void *ctx, uint64_t slept_ns)
{
    fail_msg("the host did not sleep for %llu ns", (unsigned long long)slept_ns);
}

static void power_watch_reports_nothing_while_the_host_is_awake(void **state)
{
    const struct power_observer observer = {.woke = no_sleep};
    struct loop *l = NULL;
    struct power_watch *w = NULL;
    struct timer timer = {.fn = stop};
    struct err err = {0};

    assert_int_equal(loop_create(&l), 0);
    timer.ctx = l;
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(power_watch_start(l, &observer, &w, &err), 0);
        assert_int_equal(loop_timer_arm(l, &timer, clock_monotonic_ns() + 1000000), 0);
        loop_run(l);
        power_watch_stop(w);
    }
    loop_timer_cancel(l, &timer);
    loop_destroy(l);
}

static void power_asleep_ns_stands_still_while_the_host_is_awake(void **state)
{
    uint64_t before = power_asleep_ns(), after = power_asleep_ns();

    assert_in_range(after - before + 1000000, 0, 2000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_watch_reports_nothing_while_the_host_is_awake),
        cmocka_unit_test(power_asleep_ns_stands_still_while_the_host_is_awake),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
