/* SPDX-License-Identifier: Apache-2.0
 *
 * Linux looks at a key again some milliseconds after it moved, so a press must last longer than
 * that. */
#include "machine/power_key.h"

#include "host/clock.h"

#define PRESS_NS UINT64_C(100000000)

static void let_go(void *key)
{
    const struct power_key *k = key;

    k->set(k->ctx, false);
}

void power_key_init(struct power_key *k, struct loop *loop, void (*set)(void *ctx, bool pressed),
                    void *ctx)
{
    *k = (struct power_key){.set = set, .ctx = ctx, .loop = loop};
    k->release = (struct timer){.fn = let_go, .ctx = k};
}

void power_key_finish(struct power_key *k)
{
    if (k->loop)
        loop_timer_cancel(k->loop, &k->release);
}

void power_key_press(struct power_key *k)
{
    k->set(k->ctx, true);
    if (loop_timer_arm(k->loop, &k->release, clock_monotonic_ns() + PRESS_NS))
        k->set(k->ctx, false); /* no memory for a timer: the shortest press there is */
}
