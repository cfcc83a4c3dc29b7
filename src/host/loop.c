/* SPDX-License-Identifier: Apache-2.0
 *
 * host/loop.h over libuv. libuv frees nothing at once: a handle is closed on a later turn of the
 * loop. So each watch, timer and signal owns a small heap object that outlives it until then, and a
 * callback finds its owner gone (NULL).
 *
 * Posted tasks stand in one queue under a lock; one uv_async_t wakes the loop for all of them. */
#include "host/loop.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <uv.h>

#include "host/clock.h"

enum { NS_PER_MS = 1000000 };

struct loop {
    uv_loop_t uv;
    uv_async_t wake;
    _Atomic bool stopping;

    pthread_mutex_t lock; /* the queue */
    struct task *first, *last;
};

/* Any libuv handle of ours, with the structure it speaks for; NULL once that is unwatched. */
struct handle {
    union {
        uv_handle_t any;
        uv_poll_t poll;
        uv_idle_t idle;
        uv_timer_t timer;
        uv_signal_t signal;
    } uv;
    void *owner;
    bool always_ready; /* idle is in use: libuv cannot poll a regular file or /dev/null */
};

static int from_uv(int rc)
{
    return rc; /* on POSIX libuv's codes are negative errno */
}

static void free_handle(uv_handle_t *uv)
{
    free(uv->data);
}

static struct handle *new_handle(void *owner)
{
    struct handle *h = calloc(1, sizeof(*h));

    if (h) {
        h->owner = owner;
        h->uv.any.data = h;
    }
    return h;
}

static void close_handle(struct handle *h)
{
    h->owner = NULL;
    uv_close(&h->uv.any, free_handle);
}

/* --- tasks --- */

static struct task *pop_task(struct loop *l)
{
    struct task *t;

    (void)pthread_mutex_lock(&l->lock);
    t = l->first;
    if (t) {
        l->first = t->next;
        if (!l->first)
            l->last = NULL;
        t->next = NULL;
        atomic_store(&t->posted, false); /* from here on a post queues it anew */
    }
    (void)pthread_mutex_unlock(&l->lock);
    return t;
}

static struct task *last_task(struct loop *l)
{
    struct task *t;

    (void)pthread_mutex_lock(&l->lock);
    t = l->last;
    (void)pthread_mutex_unlock(&l->lock);
    return t;
}

/* Runs what was queued when the turn began; what these tasks post waits for the next turn, behind
 * descriptors. */
static void on_wake(uv_async_t *wake)
{
    struct loop *l = wake->data;
    struct task *last = last_task(l);
    struct task *t;

    while (last && (t = pop_task(l))) {
        bool done = t == last;

        t->fn(t);
        if (done)
            break;
    }
    if (last_task(l))
        (void)uv_async_send(&l->wake);
    if (atomic_exchange(&l->stopping, false))
        uv_stop(&l->uv);
}

void loop_post(struct loop *l, struct task *t)
{
    bool wake;

    if (atomic_exchange(&t->posted, true))
        return;
    (void)pthread_mutex_lock(&l->lock);
    wake = !l->first;
    t->next = NULL;
    if (l->last)
        l->last->next = t;
    else
        l->first = t;
    l->last = t;
    (void)pthread_mutex_unlock(&l->lock);
    if (wake)
        (void)uv_async_send(&l->wake);
}

void loop_cancel(struct loop *l, struct task *t)
{
    struct task *prev = NULL;

    (void)pthread_mutex_lock(&l->lock);
    for (struct task *at = l->first; at; prev = at, at = at->next) {
        if (at != t)
            continue;
        if (prev)
            prev->next = t->next;
        else
            l->first = t->next;
        if (l->last == t)
            l->last = prev;
        t->next = NULL;
        atomic_store(&t->posted, false);
        break;
    }
    (void)pthread_mutex_unlock(&l->lock);
}

/* --- life --- */

int loop_create(struct loop **ret)
{
    struct loop *l = calloc(1, sizeof(*l));
    int rc;

    if (!l)
        return -ENOMEM;
    rc = from_uv(uv_loop_init(&l->uv));
    if (rc < 0)
        goto out_free;
    l->wake.data = l;
    rc = from_uv(uv_async_init(&l->uv, &l->wake, on_wake));
    if (rc < 0)
        goto out_loop;
    (void)pthread_mutex_init(&l->lock, NULL);
    *ret = l;
    return 0;

out_loop:
    (void)uv_loop_close(&l->uv);
out_free:
    free(l);
    return rc;
}

void loop_destroy(struct loop *l)
{
    int rc;

    if (!l)
        return;
    uv_close((uv_handle_t *)&l->wake, NULL);
    (void)uv_run(&l->uv, UV_RUN_NOWAIT); /* lets the closed handles go */
    rc = uv_loop_close(&l->uv);
    assert(rc == 0 && "something is still watched or armed");
    (void)rc;
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

void loop_run(struct loop *l)
{
    (void)uv_run(&l->uv, UV_RUN_DEFAULT);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    (void)uv_async_send(&l->wake);
}

/* --- descriptors --- */

static int start_watch(struct handle *h, unsigned events);

static void on_poll(uv_poll_t *uv, int status, int events)
{
    struct handle *h = uv->data;
    struct watch *w = h->owner;
    unsigned seen = 0;

    if (!w)
        return;
    if (status < 0) {
        /* POLLERR: libuv has stopped the handle. The owner's next read or write shows the reason.
         */
        seen = (w->events & (LOOP_READ | LOOP_WRITE)) | LOOP_HANGUP;
    } else {
        seen |= events & UV_READABLE ? LOOP_READ : 0;
        seen |= events & UV_WRITABLE ? LOOP_WRITE : 0;
        seen |= events & UV_DISCONNECT ? LOOP_HANGUP : 0;
    }
    w->fn(w->ctx, seen);
    if (status < 0 && h->owner)
        (void)start_watch(h, w->events);
}

static void on_idle(uv_idle_t *uv)
{
    struct handle *h = uv->data;
    struct watch *w = h->owner;

    if (w)
        w->fn(w->ctx, w->events & (LOOP_READ | LOOP_WRITE));
}

static int start_watch(struct handle *h, unsigned events)
{
    int wanted = 0;

    if (h->always_ready)
        return from_uv(events & (LOOP_READ | LOOP_WRITE) ? uv_idle_start(&h->uv.idle, on_idle)
                                                         : uv_idle_stop(&h->uv.idle));
    wanted |= events & LOOP_READ ? UV_READABLE : 0;
    wanted |= events & LOOP_WRITE ? UV_WRITABLE : 0;
    wanted |= events & LOOP_HANGUP ? UV_DISCONNECT : 0;
    return from_uv(wanted ? uv_poll_start(&h->uv.poll, wanted, on_poll)
                          : uv_poll_stop(&h->uv.poll));
}

/* libuv makes the descriptor non-blocking, and with it everybody who shares the open file: the
 * user's shell, for a terminal. That is for our callers to decide. */
static int poll_init(struct loop *l, struct handle *h, int fd)
{
    int before = fcntl(fd, F_GETFL);
    int rc = uv_poll_init(&l->uv, &h->uv.poll, fd);

    if (before >= 0 && !(before & O_NONBLOCK))
        (void)fcntl(fd, F_SETFL, before);
    return rc;
}

int loop_watch(struct loop *l, struct watch *w)
{
    struct handle *h = new_handle(w);
    int rc;

    if (!h)
        return -ENOMEM;
    rc = poll_init(l, h, w->fd);
    if (rc == UV_EPERM) {
        h->always_ready = true;
        rc = uv_idle_init(&l->uv, &h->uv.idle);
    }
    if (rc < 0) {
        free(h);
        return from_uv(rc);
    }
    h->uv.any.data = h;
    rc = start_watch(h, w->events);
    if (rc < 0) {
        close_handle(h);
        return rc;
    }
    w->impl = h;
    return 0;
}

int loop_watch_change(struct loop *l, struct watch *w, unsigned events)
{
    (void)l;
    w->events = events;
    return start_watch(w->impl, events);
}

void loop_unwatch(struct loop *l, struct watch *w)
{
    (void)l;
    if (!w->impl)
        return;
    close_handle(w->impl);
    w->impl = NULL;
}

/* --- timers --- */

static void on_timer(uv_timer_t *uv)
{
    struct handle *h = uv->data;
    struct timer *t = h->owner;

    if (t)
        t->fn(t->ctx);
}

/* libuv counts whole milliseconds of a clock of its own, from its last look at that: as many as it
 * takes to get to the deadline or past it. */
static uint64_t ms_until(struct loop *l, uint64_t deadline_ns)
{
    uint64_t now = clock_monotonic_ns(), at;

    if (deadline_ns <= now)
        return 0;
    if (deadline_ns - now > UINT64_MAX / 2)
        return UINT64_MAX / 2 / NS_PER_MS; /* centuries */
    at = uv_hrtime() + (deadline_ns - now);
    return (at + NS_PER_MS - 1) / NS_PER_MS - uv_now(&l->uv);
}

int loop_timer_arm(struct loop *l, struct timer *t, uint64_t deadline_ns)
{
    struct handle *h = t->impl;

    if (!h) {
        h = new_handle(t);
        if (!h)
            return -ENOMEM;
        (void)uv_timer_init(&l->uv, &h->uv.timer); /* cannot fail */
        h->uv.any.data = h;
        t->impl = h;
    }
    uv_update_time(&l->uv);
    return from_uv(uv_timer_start(&h->uv.timer, on_timer, ms_until(l, deadline_ns), 0));
}

void loop_timer_cancel(struct loop *l, struct timer *t)
{
    (void)l;
    if (!t->impl)
        return;
    close_handle(t->impl);
    t->impl = NULL;
}

/* --- signals --- */

static void on_signal(uv_signal_t *uv, int signo)
{
    struct handle *h = uv->data;
    struct signal_watch *s = h->owner;

    if (s)
        s->fn(s->ctx, signo);
}

int loop_signal(struct loop *l, struct signal_watch *s)
{
    struct handle *h = new_handle(s);
    int rc;

    if (!h)
        return -ENOMEM;
    rc = uv_signal_init(&l->uv, &h->uv.signal);
    if (rc < 0) {
        free(h);
        return from_uv(rc);
    }
    h->uv.any.data = h;
    rc = uv_signal_start(&h->uv.signal, on_signal, s->signo);
    if (rc < 0) {
        close_handle(h);
        return from_uv(rc);
    }
    s->impl = h;
    return 0;
}

void loop_unsignal(struct loop *l, struct signal_watch *s)
{
    (void)l;
    if (!s->impl)
        return;
    close_handle(s->impl);
    s->impl = NULL;
}
