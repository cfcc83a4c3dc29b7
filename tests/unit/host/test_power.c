/* SPDX-License-Identifier: Apache-2.0
 *
 * host/power.c with a source and a count of time asleep that a test sets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "host/power.h"
#include "host/power_source.h"

#include <cmocka.h>

enum { SECOND = 1000000000 };

struct power_source {
    struct power_source_sink sink;
};

static struct power_source source;
static uint64_t asleep_ns;
static int open_result;

int power_source_open(struct loop *l, const struct power_source_sink *sink,
                      struct power_source **ret, struct err *err)
{
    if (open_result < 0)
        return err_set(err, open_result, "no source");
    source.sink = *sink;
    *ret = &source;
    return 0;
}

void power_source_close(struct power_source *s)
{
    s->sink = (struct power_source_sink){0};
}

uint64_t power_asleep_ns(void)
{
    return asleep_ns;
}

struct seen {
    unsigned sleeps, wakes;
    uint64_t slept_ns;
};

static void see_sleep(void *ctx)
{
    ((struct seen *)ctx)->sleeps++;
}

static void see_wake(void *ctx, uint64_t slept_ns)
{
    struct seen *s = ctx;

    s->wakes++;
    s->slept_ns = slept_ns;
}

static struct power_watch *watch(struct seen *seen)
{
    const struct power_observer observer = {.will_sleep = see_sleep, .woke = see_wake, .ctx = seen};
    struct power_watch *w = NULL;

    asleep_ns = 5 * (uint64_t)SECOND; /* from before */
    open_result = 0;
    assert_int_equal(power_watch_start(NULL, &observer, &w, NULL), 0);
    return w;
}

static void host_looks(void)
{
    source.sink.may_have_slept(source.sink.ctx);
}

static void power_watch_reports_each_sleep_with_its_own_length(void **state)
{
    struct seen seen = {0};
    struct power_watch *w = watch(&seen);

    asleep_ns += 30 * (uint64_t)SECOND;
    host_looks();
    assert_int_equal(seen.wakes, 1);
    assert_int_equal(seen.slept_ns, 30 * (uint64_t)SECOND);
    asleep_ns += 2 * (uint64_t)SECOND;
    host_looks();
    assert_int_equal(seen.wakes, 2);
    assert_int_equal(seen.slept_ns, 2 * (uint64_t)SECOND);
    power_watch_stop(w);
}

static void power_watch_is_silent_when_only_the_wall_clock_was_set(void **state)
{
    struct seen seen = {0};
    struct power_watch *w = watch(&seen);

    host_looks();
    asleep_ns += 900; /* two clocks, read one after the other */
    host_looks();
    assert_int_equal(seen.wakes, 0);
    power_watch_stop(w);
}

static void power_watch_passes_the_announcement_on(void **state)
{
    struct seen seen = {0};
    struct power_watch *w = watch(&seen);

    source.sink.will_sleep(source.sink.ctx);
    assert_int_equal(seen.sleeps, 1);
    assert_int_equal(seen.wakes, 0);
    power_watch_stop(w);
}

static void power_watch_serves_an_observer_without_callbacks(void **state)
{
    const struct power_observer nobody = {0};
    struct power_watch *w = NULL;

    open_result = 0;
    assert_int_equal(power_watch_start(NULL, &nobody, &w, NULL), 0);
    source.sink.will_sleep(source.sink.ctx);
    asleep_ns += SECOND;
    host_looks();
    power_watch_stop(w);
}

static void power_watch_start_says_why_it_failed(void **state)
{
    const struct power_observer nobody = {0};
    struct power_watch *w = NULL;
    struct err err = {0};

    open_result = -5;
    assert_int_equal(power_watch_start(NULL, &nobody, &w, &err), -5);
    assert_string_equal(err.text, "no source");
    assert_null(w);
    power_watch_stop(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(power_watch_reports_each_sleep_with_its_own_length),
        cmocka_unit_test(power_watch_is_silent_when_only_the_wall_clock_was_set),
        cmocka_unit_test(power_watch_passes_the_announcement_on),
        cmocka_unit_test(power_watch_serves_an_observer_without_callbacks),
        cmocka_unit_test(power_watch_start_says_why_it_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
