/* SPDX-License-Identifier: Apache-2.0
 *
 * A scan of all deadlines at each wake-up: there are few, and wake-ups are rare. */
#include "accel/hvf/alarm.h"

#include "host/clock.h"
#include "host/thread.h"
#include "host/wait.h"

/* Tells of every deadline that has passed; returns the next one. Lock held. */
static uint64_t tell_due(struct alarm *a)
{
    uint64_t now = clock_monotonic_ns(), next = UINT64_MAX;

    for (unsigned i = 0; i < ALARM_MAX; i++) {
        if (a->deadline_ns[i] <= now) {
            a->deadline_ns[i] = UINT64_MAX;
            a->due(a->ctx, i);
        } else if (a->deadline_ns[i] < next) {
            next = a->deadline_ns[i];
        }
    }
    return next;
}

static void *alarm_thread(void *arg)
{
    struct alarm *a = arg;

    thread_name("guest alarm");
    thread_urgent();
    (void)pthread_mutex_lock(&a->lock);
    while (!a->quit) {
        a->waiting_for_ns = tell_due(a);
        (void)wait_until(&a->changed, &a->lock, a->waiting_for_ns);
    }
    (void)pthread_mutex_unlock(&a->lock);
    return NULL;
}

void alarm_init(struct alarm *a, void (*due)(void *ctx, unsigned index), void *ctx)
{
    *a = (struct alarm){.due = due, .ctx = ctx, .waiting_for_ns = UINT64_MAX};
    for (unsigned i = 0; i < ALARM_MAX; i++)
        a->deadline_ns[i] = UINT64_MAX;
    (void)pthread_mutex_init(&a->lock, NULL);
    wait_cond_init(&a->changed);
}

void alarm_finish(struct alarm *a)
{
    (void)pthread_mutex_lock(&a->lock);
    a->quit = true;
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    if (a->runs)
        (void)pthread_join(a->thread, NULL);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
}

/* Lock held. */
static int make_thread(struct alarm *a)
{
    int rc = a->runs ? 0 : thread_create(&a->thread, alarm_thread, a);

    a->runs = rc == 0;
    return rc;
}

int alarm_set(struct alarm *a, unsigned index, uint64_t deadline_ns)
{
    int rc = 0;

    (void)pthread_mutex_lock(&a->lock);
    if (a->deadline_ns[index] != deadline_ns) {
        a->deadline_ns[index] = deadline_ns;
        if (deadline_ns != UINT64_MAX)
            rc = make_thread(a);
        if (deadline_ns < a->waiting_for_ns)
            (void)pthread_cond_signal(&a->changed);
    }
    (void)pthread_mutex_unlock(&a->lock);
    return rc;
}
