/* SPDX-License-Identifier: Apache-2.0
 *
 * Serial queues: a thread each, first in, first out. The main queue is served by the main thread
 * while it is in -[NSApplication run], and waits otherwise, as on a Mac. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/thread.h"
#include "standin.h"

struct item {
    struct item *next;
    dispatch_function_t work;
    void *ctx;
    bool *done; /* somebody waits; under the queue's lock */
};

struct dispatch_queue_s {
    _Atomic int refs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct item *first, **end;
    bool quit, orphan; /* orphan: its thread frees it */
    pthread_t thread;
};

struct dispatch_queue_s _dispatch_main_q = {
    .refs = 1, .lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static _Thread_local dispatch_queue_t current;
static pthread_t main_thread;

__attribute__((constructor)) static void remember_main_thread(void)
{
    main_thread = pthread_self();
    _dispatch_main_q.end = &_dispatch_main_q.first;
}

bool on_queue(dispatch_queue_t q)
{
    return current == q;
}

bool on_main_thread(void)
{
    return pthread_equal(pthread_self(), main_thread);
}

static void free_queue(dispatch_queue_t q)
{
    (void)pthread_cond_destroy(&q->changed);
    (void)pthread_mutex_destroy(&q->lock);
    free(q);
}

/* Runs what is queued until `quit` is set and nothing is left. */
static void serve(dispatch_queue_t q)
{
    (void)pthread_mutex_lock(&q->lock);
    while (q->first || !q->quit) {
        struct item *i = q->first;

        if (!i) {
            (void)pthread_cond_wait(&q->changed, &q->lock);
            continue;
        }
        q->first = i->next;
        if (!q->first)
            q->end = &q->first;
        (void)pthread_mutex_unlock(&q->lock);
        current = q;
        moment();
        i->work(i->ctx);
        current = NULL;
        (void)pthread_mutex_lock(&q->lock);
        if (i->done) {
            *i->done = true;
            (void)pthread_cond_broadcast(&q->changed);
        }
        free(i);
    }
    (void)pthread_mutex_unlock(&q->lock);
}

static void *queue_thread(void *arg)
{
    dispatch_queue_t q = arg;

    serve(q);
    if (q->orphan)
        free_queue(q);
    account_add(ACCOUNT_QUEUES, -1);
    return NULL;
}

dispatch_queue_t dispatch_queue_create(const char *label, void *attr)
{
    dispatch_queue_t q = calloc(1, sizeof(*q));

    if (!q || attr)
        standin_fail("queue %s: only serial ones are known", label);
    q->refs = 1;
    q->end = &q->first;
    (void)pthread_mutex_init(&q->lock, NULL);
    (void)pthread_cond_init(&q->changed, NULL);
    account_add(ACCOUNT_QUEUES, 1);
    if (thread_create(&q->thread, queue_thread, q) < 0)
        standin_fail("queue %s: no thread", label);
    return q;
}

static void add(dispatch_queue_t q, void *ctx, dispatch_function_t work, bool *done)
{
    struct item *i = malloc(sizeof(*i));

    if (!i)
        abort();
    *i = (struct item){.work = work, .ctx = ctx, .done = done};
    (void)pthread_mutex_lock(&q->lock);
    if (q->quit && q != &_dispatch_main_q)
        standin_fail("work for a queue that was released");
    *q->end = i;
    q->end = &i->next;
    (void)pthread_cond_broadcast(&q->changed);
    (void)pthread_mutex_unlock(&q->lock);
}

void dispatch_async_f(dispatch_queue_t q, void *ctx, dispatch_function_t work)
{
    add(q, ctx, work, NULL);
}

void dispatch_sync_f(dispatch_queue_t q, void *ctx, dispatch_function_t work)
{
    bool done = false;

    if (on_queue(q))
        standin_fail("dispatch_sync to the queue that it is called on: a deadlock");
    add(q, ctx, work, &done);
    (void)pthread_mutex_lock(&q->lock);
    while (!done)
        (void)pthread_cond_wait(&q->changed, &q->lock);
    (void)pthread_mutex_unlock(&q->lock);
}

void dispatch_retain(void *object)
{
    dispatch_queue_t q = object;

    (void)atomic_fetch_add(&q->refs, 1);
}

/* What is queued already still runs; the thread ends after it. */
void dispatch_release(void *object)
{
    dispatch_queue_t q = object;
    bool own = on_queue(q);

    if (q == &_dispatch_main_q)
        standin_fail("the main queue is released");
    if (atomic_fetch_sub(&q->refs, 1) > 1)
        return;
    (void)pthread_mutex_lock(&q->lock);
    q->quit = true;
    q->orphan = own;
    (void)pthread_cond_broadcast(&q->changed);
    (void)pthread_mutex_unlock(&q->lock);
    if (own) {
        (void)pthread_detach(q->thread);
        return;
    }
    (void)pthread_join(q->thread, NULL);
    free_queue(q);
}

void main_queue_serve(void)
{
    serve(&_dispatch_main_q);
}

void main_queue_leave(void)
{
    (void)pthread_mutex_lock(&_dispatch_main_q.lock);
    _dispatch_main_q.quit = true;
    (void)pthread_cond_broadcast(&_dispatch_main_q.changed);
    (void)pthread_mutex_unlock(&_dispatch_main_q.lock);
}
