/* SPDX-License-Identifier: Apache-2.0
 *
 * What host/power.c asks of a system: linux/power.c, darwin/power.c. Loop thread. */
#ifndef BERTH_HOST_POWER_SOURCE_H
#define BERTH_HOST_POWER_SOURCE_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct loop;
struct power_source;

struct power_source_sink {
    void (*will_sleep)(void *ctx); /* the host waits until this returns */
    void (*may_have_slept)(void *ctx);
    void *ctx;
};

/* Calls the sink from the loop until closed; it may do so without cause. 0 or -errno, with the
 * sentence. */
NODISCARD int power_source_open(struct loop *l, const struct power_source_sink *sink,
                                struct power_source **ret, struct err *err);
void power_source_close(struct power_source *s);

/* Nanoseconds that the host has spent asleep since it was started: never falls. */
uint64_t power_asleep_ns(void);

#endif
