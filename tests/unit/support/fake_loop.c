/* SPDX-License-Identifier: Apache-2.0
 *
 * Small arrays of registered things, walked from the start each time: tests have few. */
#include "fake_loop.h"

#include <assert.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "host/clock.h"

enum { MAX_THINGS = 64, SETTLE_TURNS = 1000 };

struct armed {
    struct timer *timer;
    uint64_t deadline_ns;
};

struct loop {
    struct watch *watches[MAX_THINGS];
    struct armed timers[MAX_THINGS];
    struct signal_watch *signals[MAX_THINGS];
    pthread_mutex_t lock; /* tasks */
    struct task *first, **tail;
    _Atomic bool stopping;
};

static _Atomic uint64_t now_ns = UINT64_C(1000000000);

uint64_t clock_monotonic_ns(void)
{
    return atomic_load(&now_ns);
}

uint64_t clock_wall_ns(void)
{
    return UINT64_C(1700000000000000000) + atomic_load(&now_ns);
}

int loop_create(struct loop **ret)
{
    struct loop *l = calloc(1, sizeof(*l));

    assert(l);
    l->tail = &l->first;
    (void)pthread_mutex_init(&l->lock, NULL);
    *ret = l;
    return 0;
}

void loop_destroy(struct loop *l)
{
    if (!l)
        return;
    for (unsigned i = 0; i < MAX_THINGS; i++)
        assert(!l->watches[i] && !l->timers[i].timer && !l->signals[i]);
    assert(!l->first);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
}

/* --- registering --- */

int loop_watch(struct loop *l, struct watch *w)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->watches[i])
            continue;
        l->watches[i] = w;
        w->impl = w;
        return 0;
    }
    abort();
}

int loop_watch_change(struct loop *l, struct watch *w, unsigned events)
{
    (void)l;
    w->events = events;
    return 0;
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->watches[i] == w)
            l->watches[i] = NULL;
    }
    w->impl = NULL;
}

int loop_timer_arm(struct loop *l, struct timer *t, uint64_t deadline_ns)
{
    loop_timer_cancel(l, t);
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->timers[i].timer)
            continue;
        l->timers[i] = (struct armed){t, deadline_ns};
        t->impl = t;
        return 0;
    }
    abort();
}

void loop_timer_cancel(struct loop *l, struct timer *t)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->timers[i].timer == t)
            l->timers[i].timer = NULL;
    }
    t->impl = NULL;
}

int loop_signal(struct loop *l, struct signal_watch *s)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->signals[i])
            continue;
        l->signals[i] = s;
        s->impl = s;
        return 0;
    }
    abort();
}

void loop_unsignal(struct loop *l, struct signal_watch *s)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->signals[i] == s)
            l->signals[i] = NULL;
    }
    s->impl = NULL;
}

void loop_post(struct loop *l, struct task *t)
{
    if (atomic_exchange(&t->posted, true))
        return;
    (void)pthread_mutex_lock(&l->lock);
    t->next = NULL;
    *l->tail = t;
    l->tail = &t->next;
    (void)pthread_mutex_unlock(&l->lock);
}

static struct task *pop_task(struct loop *l)
{
    struct task *t;

    (void)pthread_mutex_lock(&l->lock);
    t = l->first;
    if (t) {
        l->first = t->next;
        if (!l->first)
            l->tail = &l->first;
        atomic_store(&t->posted, false);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return t;
}

void loop_cancel(struct loop *l, struct task *t)
{
    struct task **at;

    (void)pthread_mutex_lock(&l->lock);
    for (at = &l->first; *at; at = &(*at)->next) {
        if (*at != t)
            continue;
        *at = t->next;
        if (l->tail == &t->next)
            l->tail = at;
        atomic_store(&t->posted, false);
        break;
    }
    (void)pthread_mutex_unlock(&l->lock);
}

/* --- turning --- */

static unsigned poll_watch(struct watch *w)
{
    struct pollfd p = {.fd = w->fd};
    unsigned seen = 0;

    p.events =
        (short)((w->events & LOOP_READ ? POLLIN : 0) | (w->events & LOOP_WRITE ? POLLOUT : 0));
    if (!w->events || poll(&p, 1, 0) <= 0)
        return 0;
    seen |= p.revents & (POLLIN | POLLHUP) ? w->events & LOOP_READ : 0;
    seen |= p.revents & POLLOUT ? LOOP_WRITE : 0;
    seen |= p.revents & POLLERR ? LOOP_HANGUP | (w->events & (LOOP_READ | LOOP_WRITE)) : 0;
    return seen;
}

static struct armed *next_timer(struct loop *l)
{
    struct armed *best = NULL;

    for (unsigned i = 0; i < MAX_THINGS; i++) {
        struct armed *a = &l->timers[i];

        if (a->timer && (!best || a->deadline_ns < best->deadline_ns))
            best = a;
    }
    return best;
}

static bool fire_due(struct loop *l)
{
    struct armed *a = next_timer(l);
    struct timer *t;

    if (!a || a->deadline_ns > clock_monotonic_ns())
        return false;
    t = a->timer;
    a->timer = NULL;
    t->fn(t->ctx);
    return true;
}

unsigned fake_loop_turn(struct loop *l)
{
    unsigned ran = 0;
    struct task *t;

    while (ran < SETTLE_TURNS && (t = pop_task(l))) {
        t->fn(t);
        ran++;
    }
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        struct watch *w = l->watches[i];
        unsigned seen = w ? poll_watch(w) : 0;

        if (seen) {
            w->fn(w->ctx, seen);
            ran++;
        }
    }
    while (ran < SETTLE_TURNS && fire_due(l))
        ran++;
    return ran;
}

void fake_loop_settle(struct loop *l)
{
    for (unsigned i = 0; i < SETTLE_TURNS && fake_loop_turn(l); i++)
        ;
}

void fake_loop_advance(struct loop *l, uint64_t ns)
{
    uint64_t end = clock_monotonic_ns() + ns;
    struct armed *a;

    while ((a = next_timer(l)) && a->deadline_ns <= end) {
        if (a->deadline_ns > clock_monotonic_ns())
            atomic_store(&now_ns, a->deadline_ns);
        (void)fake_loop_turn(l);
    }
    atomic_store(&now_ns, end);
    (void)fake_loop_turn(l);
}

void fake_loop_signal(struct loop *l, int signo)
{
    for (unsigned i = 0; i < MAX_THINGS; i++) {
        if (l->signals[i] && l->signals[i]->signo == signo)
            l->signals[i]->fn(l->signals[i]->ctx, signo);
    }
}

void loop_run(struct loop *l)
{
    while (!atomic_exchange(&l->stopping, false)) {
        struct armed *a;

        if (fake_loop_turn(l))
            continue;
        a = next_timer(l);
        if (a)
            atomic_store(&now_ns, a->deadline_ns);
        else
            (void)poll(NULL, 0, 1); /* another thread may post */
    }
}
