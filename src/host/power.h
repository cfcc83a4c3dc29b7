/* SPDX-License-Identifier: Apache-2.0
 *
 * The host going to sleep and waking. A guest's clock stands still meanwhile (host/clock.h), so
 * whoever keeps it right wants to know; so do connections that will have timed out. macOS announces
 * sleep and waits for us; Linux tells only afterwards. */
#ifndef BERTH_HOST_POWER_H
#define BERTH_HOST_POWER_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct loop;
struct power_watch;

/* Both are called on the loop thread; either may be NULL. */
struct power_observer {
    /* The host sleeps once this has returned. Not every host says so, and a flat battery never
     * does: `woke` may come without it. Return within a few seconds. */
    void (*will_sleep)(void *ctx);
    /* The host is awake again after `slept_ns` nanoseconds, never 0. Several sleeps in a row may be
     * reported as one. */
    void (*woke)(void *ctx, uint64_t slept_ns);
    void *ctx;
};

/* Observes until power_watch_stop. Loop thread. 0, or -errno with the sentence in `err`: the caller
 * can go on without. */
NODISCARD int power_watch_start(struct loop *l, const struct power_observer *observer,
                                struct power_watch **ret, struct err *err);

/* On return nothing of the observer is running and nothing will run. NULL is fine. Loop thread,
 * never from within the observer. */
void power_watch_stop(struct power_watch *w);

#endif
