/* SPDX-License-Identifier: Apache-2.0
 *
 * What is the same everywhere: a source says when to look, and how long the host has slept since the
 * last look tells whether it did. The two clocks behind that are not read at one instant, so a
 * difference below a millisecond means nothing. */
#include "host/power.h"

#include <errno.h>
#include <stdlib.h>

#include "host/power_source.h"

enum { NOISE_NS = 1000000 };

struct power_watch {
    struct power_observer observer;
    struct power_source *source;
    uint64_t asleep_ns; /* as of the last look */
};

static void on_will_sleep(void *ctx)
{
    struct power_watch *w = ctx;

    if (w->observer.will_sleep)
        w->observer.will_sleep(w->observer.ctx);
}

static void on_may_have_slept(void *ctx)
{
    struct power_watch *w = ctx;
    uint64_t now = power_asleep_ns();
    uint64_t slept = now > w->asleep_ns ? now - w->asleep_ns : 0;

    if (slept < NOISE_NS)
        return;
    w->asleep_ns = now;
    if (w->observer.woke)
        w->observer.woke(w->observer.ctx, slept);
}

int power_watch_start(struct loop *l, const struct power_observer *observer,
                      struct power_watch **ret, struct err *err)
{
    struct power_watch *w = calloc(1, sizeof(*w));
    struct power_source_sink sink = {.will_sleep = on_will_sleep,
                                     .may_have_slept = on_may_have_slept,
                                     .ctx = w};
    int rc;

    if (!w)
        return err_set(err, -ENOMEM, "host sleep cannot be observed: out of memory");
    w->observer = *observer;
    w->asleep_ns = power_asleep_ns();
    rc = power_source_open(l, &sink, &w->source, err);
    if (rc < 0) {
        free(w);
        return rc;
    }
    *ret = w;
    return 0;
}

void power_watch_stop(struct power_watch *w)
{
    if (!w)
        return;
    power_source_close(w->source);
    free(w);
}
