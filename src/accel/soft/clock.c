/* SPDX-License-Identifier: Apache-2.0
 *
 * A CPU that executes looks at its timers only when told to, so somebody else must watch the time.
 * Deadlines are kept in ticks: when the counter was stopped for a while they stay right. */
#include "accel/soft/clock.h"

#include "host/clock.h"
#include "host/thread.h"
#include "host/wait.h"

uint64_t soft_clock_ticks(const struct soft_clock *c)
{
    return (clock_monotonic_ns() - atomic_load_explicit(&c->zero_ns, memory_order_relaxed)) /
           SOFT_NS_PER_TICK;
}

uint64_t soft_clock_ns_at(const struct soft_clock *c, uint64_t ticks)
{
    uint64_t zero = atomic_load_explicit(&c->zero_ns, memory_order_relaxed);

    if (ticks >= (UINT64_MAX - zero) / SOFT_NS_PER_TICK)
        return UINT64_MAX;
    return zero + ticks * SOFT_NS_PER_TICK;
}

/* Tells every CPU whose deadline has passed; returns the next one's time. Lock held. */
static uint64_t fire_due(struct soft_clock *c)
{
    uint64_t now = soft_clock_ticks(c);
    uint64_t next = SOFT_NO_DEADLINE;

    for (unsigned i = 0; i < SOFT_MAX_CPUS; i++) {
        if (c->deadline[i] <= now) {
            c->deadline[i] = SOFT_NO_DEADLINE;
            c->due(c->ctx, i);
        } else if (c->deadline[i] < next) {
            next = c->deadline[i];
        }
    }
    return soft_clock_ns_at(c, next);
}

static void *clock_thread(void *arg)
{
    struct soft_clock *c = arg;

    thread_name("guest clock");
    (void)pthread_mutex_lock(&c->lock);
    while (!c->quit) {
        c->waiting_for_ns = c->stopped ? UINT64_MAX : fire_due(c);
        (void)wait_until(&c->changed, &c->lock, c->waiting_for_ns);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

int soft_clock_init(struct soft_clock *c, void (*due)(void *ctx, unsigned cpu), void *ctx)
{
    int rc;

    *c = (struct soft_clock){.due = due, .ctx = ctx, .waiting_for_ns = UINT64_MAX};
    for (unsigned i = 0; i < SOFT_MAX_CPUS; i++)
        c->deadline[i] = SOFT_NO_DEADLINE;
    atomic_store(&c->zero_ns, clock_monotonic_ns());
    (void)pthread_mutex_init(&c->lock, NULL);
    wait_cond_init(&c->changed);
    rc = thread_create(&c->thread, clock_thread, c);
    if (rc < 0) {
        (void)pthread_cond_destroy(&c->changed);
        (void)pthread_mutex_destroy(&c->lock);
    }
    return rc;
}

void soft_clock_finish(struct soft_clock *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->quit = true;
    (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
    (void)pthread_cond_destroy(&c->changed);
    (void)pthread_mutex_destroy(&c->lock);
}

/* A later deadline than the one slept for needs no wake-up: the thread finds it when it wakes
 * anyway. */
void soft_clock_set_deadline(struct soft_clock *c, unsigned cpu, uint64_t ticks)
{
    (void)pthread_mutex_lock(&c->lock);
    c->deadline[cpu] = ticks;
    if (soft_clock_ns_at(c, ticks) < c->waiting_for_ns)
        (void)pthread_cond_signal(&c->changed);
    (void)pthread_mutex_unlock(&c->lock);
}

void soft_clock_stop(struct soft_clock *c)
{
    (void)pthread_mutex_lock(&c->lock);
    if (!c->stopped) {
        c->stopped = true;
        c->stopped_ns = clock_monotonic_ns();
    }
    (void)pthread_mutex_unlock(&c->lock);
}

void soft_clock_start(struct soft_clock *c)
{
    (void)pthread_mutex_lock(&c->lock);
    if (c->stopped) {
        c->stopped = false;
        (void)atomic_fetch_add(&c->zero_ns, clock_monotonic_ns() - c->stopped_ns);
        (void)pthread_cond_signal(&c->changed);
    }
    (void)pthread_mutex_unlock(&c->lock);
}
