/* SPDX-License-Identifier: Apache-2.0
 *
 * A finger on the power key: presses it and, a moment later, lets go. Loop thread. */
#ifndef BERTH_MACHINE_POWER_KEY_H
#define BERTH_MACHINE_POWER_KEY_H

#include <stdbool.h>

#include "host/loop.h"

struct power_key {
    void (*set)(void *ctx, bool pressed);
    void *ctx;
    struct loop *loop;
    struct timer release;
};

void power_key_init(struct power_key *k, struct loop *loop, void (*set)(void *ctx, bool pressed),
                    void *ctx);
void power_key_finish(struct power_key *k); /* a zeroed one is fine */
void power_key_press(struct power_key *k);

#endif
