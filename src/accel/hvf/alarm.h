/* SPDX-License-Identifier: Apache-2.0
 *
 * Tells when a vCPU's deadline has come: a thread for each VM, made when the first one is set. Most
 * guests never do, they live by the virtual timer, which the framework watches itself. */
#ifndef BERTH_ACCEL_HVF_ALARM_H
#define BERTH_ACCEL_HVF_ALARM_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum { ALARM_MAX = 64 };

struct alarm {
    void (*due)(void *ctx, unsigned index);
    void *ctx;
    pthread_mutex_t lock; /* everything below */
    pthread_cond_t changed;
    bool runs, quit;
    uint64_t waiting_for_ns; /* what the thread sleeps until */
    uint64_t deadline_ns[ALARM_MAX];
    pthread_t thread;
};

/* due(ctx, index) comes from the alarm's thread, once for a deadline; it must not call back. */
void alarm_init(struct alarm *a, void (*due)(void *ctx, unsigned index), void *ctx);
void alarm_finish(struct alarm *a);

/* Replaces the deadline of `index`, in clock_monotonic_ns; UINT64_MAX: none. Any thread. 0, or
 * -errno when there is no thread to be had. */
NODISCARD int alarm_set(struct alarm *a, unsigned index, uint64_t deadline_ns);

#endif
