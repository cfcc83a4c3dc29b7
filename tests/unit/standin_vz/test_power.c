/* SPDX-License-Identifier: Apache-2.0
 *
 * host/darwin/power.c, as it is compiled for Macs, on the stand-in's IOKit. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "apple_test.h"
#include "host/clock.h"
#include "host/loop.h"
#include "host/power.h"
#include "host/power_source.h"
#include "host/thread.h"
#include "iokit.h"

#include <cmocka.h>

#define SECOND UINT64_C(1000000000)

struct seen {
    struct loop *loop;
    unsigned will_sleep, woke;
    uint64_t slept_ns;
    _Atomic bool sleeper_is_back; /* iokit_sleep has returned: the permission was given */
    bool was_back_early;
};

static void on_will_sleep(void *ctx)
{
    struct seen *s = ctx;

    s->was_back_early |= atomic_load(&s->sleeper_is_back);
    s->will_sleep++;
}

static void on_woke(void *ctx, uint64_t slept_ns)
{
    struct seen *s = ctx;

    s->woke++;
    s->slept_ns += slept_ns;
    loop_stop(s->loop);
}

static void on_timer(void *ctx)
{
    loop_stop(ctx);
}

static void run_for(struct loop *l, uint64_t ns)
{
    struct timer t = {.fn = on_timer, .ctx = l};

    assert_int_equal(loop_timer_arm(l, &t, clock_monotonic_ns() + ns), 0);
    loop_run(l);
    loop_timer_cancel(l, &t);
}

static struct power_watch *observe(struct seen *s)
{
    const struct power_observer observer = {.will_sleep = on_will_sleep, .woke = on_woke, .ctx = s};
    struct power_watch *w;
    struct err err = {0};

    *s = (struct seen){0};
    assert_int_equal(loop_create(&s->loop), 0);
    if (power_watch_start(s->loop, &observer, &w, &err) < 0)
        fail_msg("%s", err.text);
    return w;
}

static void finish(struct power_watch *w, struct seen *s)
{
    power_watch_stop(w);
    loop_destroy(s->loop);
}

static void *sleep_for_an_hour(void *arg)
{
    struct seen *s = arg;

    iokit_sleep(3600 * SECOND);
    atomic_store(&s->sleeper_is_back, true);
    return NULL;
}

static void host_sleeps_when_the_observer_has_returned(void **state)
{
    struct seen s;
    struct power_watch *w = observe(&s);
    pthread_t thread;

    for (unsigned i = 1; i <= 3; i++) {
        s.sleeper_is_back = false;
        assert_int_equal(thread_create(&thread, sleep_for_an_hour, &s), 0);
        run_for(s.loop, 10 * SECOND); /* on_woke ends it */
        (void)pthread_join(thread, NULL);
        assert_int_equal(s.will_sleep, i);
        assert_int_equal(s.woke, i);
    }
    assert_false(s.was_back_early);
    assert_in_range(s.slept_ns, 3 * 3600 * SECOND - SECOND / 1000, 3 * 3600 * SECOND + SECOND);
    finish(w, &s);
}

static void other_messages_mean_nothing(void **state)
{
    static const uint32_t types[] = {0xe0000290, 0xe0000300, 0xe0000320, 0xe0000340, 0};
    struct seen s;
    struct power_watch *w = observe(&s);

    for (unsigned i = 0; i < ARRAY_LEN(types); i++)
        iokit_message(types[i]);
    run_for(s.loop, SECOND / 20);
    assert_int_equal(s.will_sleep + s.woke, 0);
    finish(w, &s);
}

/* The loop does not run, so only the end can give the permission. */
static void end_in_the_middle_of_a_sleep_lets_the_host_sleep(void **state)
{
    for (unsigned i = 0; i < 50; i++) {
        struct seen s;
        struct power_watch *w = observe(&s);
        pthread_t thread;

        assert_int_equal(thread_create(&thread, sleep_for_an_hour, &s), 0);
        if (i % 2)
            run_for(s.loop, i * 10000);
        power_watch_stop(w);
        (void)pthread_join(thread, NULL);
        loop_destroy(s.loop);
    }
}

static void missing_framework_is_told(void **state)
{
    const struct power_observer observer = {0};
    struct power_watch *w;
    struct err err = {0};

    pretend("NO_IOKIT", "1");
    assert_int_equal(power_watch_start(NULL, &observer, &w, &err), -EIO);
    assert_non_null(strstr(err.text, "host sleep cannot be observed: IOKit"));
    pretend("NO_IOKIT", NULL);
}

static void asleep_time_is_what_the_clocks_differ_by(void **state)
{
    uint64_t before = power_asleep_ns();

    iokit_sleep(5 * SECOND); /* nobody is registered: nobody is asked */
    assert_in_range(power_asleep_ns() - before, 5 * SECOND - SECOND / 1000, 6 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_sleeps_when_the_observer_has_returned),
        cmocka_unit_test(other_messages_mean_nothing),
        cmocka_unit_test(end_in_the_middle_of_a_sleep_lets_the_host_sleep),
        cmocka_unit_test(missing_framework_is_told),
        cmocka_unit_test(asleep_time_is_what_the_clocks_differ_by),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
