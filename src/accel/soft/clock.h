/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest's counter on the software CPU, and the alarm that tells a running CPU when a timer is
 * due. One thread a VM. */
#ifndef BERTH_ACCEL_SOFT_CLOCK_H
#define BERTH_ACCEL_SOFT_CLOCK_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* A tick of 16 ns makes conversion exact in both directions. */
enum { SOFT_COUNTER_HZ = 62500000, SOFT_NS_PER_TICK = 16, SOFT_MAX_CPUS = 64 };

#define SOFT_NO_DEADLINE UINT64_MAX

struct soft_clock {
    /* Of clock_monotonic_ns when the counter read 0. Changes only while no vCPU runs. */
    _Atomic uint64_t zero_ns;

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t changed;
    bool stopped, quit;
    uint64_t stopped_ns;
    uint64_t waiting_for_ns;          /* what the thread sleeps until */
    uint64_t deadline[SOFT_MAX_CPUS]; /* counter ticks; SOFT_NO_DEADLINE */
    void (*due)(void *ctx, unsigned cpu);
    void *ctx;
    pthread_t thread;
};

/* Starts the counter at 0. due(ctx, cpu) comes from the clock's thread when the deadline of `cpu`
 * has passed, once; it may not call back into the clock. */
NODISCARD int soft_clock_init(struct soft_clock *c, void (*due)(void *ctx, unsigned cpu),
                              void *ctx);
void soft_clock_finish(struct soft_clock *c);

uint64_t soft_clock_ticks(const struct soft_clock *c); /* any thread */

/* The monotonic time at which the counter reaches `ticks`; UINT64_MAX when that is never. Any
 * thread. */
uint64_t soft_clock_ns_at(const struct soft_clock *c, uint64_t ticks);

/* Replaces the deadline of `cpu`. Any thread. */
void soft_clock_set_deadline(struct soft_clock *c, unsigned cpu, uint64_t ticks);

/* Time stands still in between. No vCPU runs. */
void soft_clock_stop(struct soft_clock *c);
void soft_clock_start(struct soft_clock *c);

#endif
