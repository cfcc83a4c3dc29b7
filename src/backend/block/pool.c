/* SPDX-License-Identifier: Apache-2.0
 *
 * Two lists under one lock: requests for the workers, and requests that are finished. A posted task
 * empties the second on the loop thread, so `done` never runs elsewhere. */
#include "backend/block/pool.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "host/thread.h"

struct req_list {
    struct block_req *first, *last;
};

struct block_pool {
    struct loop *loop;
    const struct block_pool_ops *ops;
    void *ctx;
    struct task reap;
    unsigned in_flight; /* loop thread */

    pthread_mutex_t lock; /* guards the rest */
    pthread_cond_t work;  /* something to do, or stopping */
    pthread_cond_t finished;
    struct req_list todo, done;
    unsigned nr_threads, nr_idle;
    bool stopping;
    pthread_t thread[BLOCK_POOL_THREADS];
};

static void list_add(struct req_list *l, struct block_req *req)
{
    req->impl.next = NULL;
    if (l->last)
        l->last->impl.next = req;
    else
        l->first = req;
    l->last = req;
}

static struct block_req *list_take(struct req_list *l)
{
    struct block_req *req = l->first;

    if (req) {
        l->first = req->impl.next;
        if (!l->first)
            l->last = NULL;
    }
    return req;
}

/* Lock held. Wakes the loop for the first of several. */
static void finish(struct block_pool *p, struct block_req *req, int status)
{
    req->impl.status = status;
    list_add(&p->done, req);
    (void)pthread_cond_signal(&p->finished);
    loop_post(p->loop, &p->reap);
}

static void *worker(void *arg)
{
    struct block_pool *p = arg;

    thread_name("disk");
    (void)pthread_mutex_lock(&p->lock);
    while (!p->stopping) {
        struct block_req *req = list_take(&p->todo);
        int status;

        if (!req) {
            p->nr_idle++;
            (void)pthread_cond_wait(&p->work, &p->lock);
            p->nr_idle--;
            continue;
        }
        (void)pthread_mutex_unlock(&p->lock);
        status = p->ops->run(p->ctx, req);
        (void)pthread_mutex_lock(&p->lock);
        finish(p, req, status);
    }
    (void)pthread_mutex_unlock(&p->lock);
    return NULL;
}

static int start_thread(struct block_pool *p)
{
    int rc = thread_create(&p->thread[p->nr_threads], worker, p);

    if (rc == 0)
        p->nr_threads++;
    return rc;
}

static void reap_one(struct block_pool *p, struct block_req *req)
{
    p->in_flight--;
    p->ops->done(p->ctx, req, req->impl.status);
}

static void reap_run(struct task *t)
{
    struct block_pool *p = container_of(t, struct block_pool, reap);
    struct block_req *req;

    (void)pthread_mutex_lock(&p->lock);
    while ((req = list_take(&p->done))) {
        (void)pthread_mutex_unlock(&p->lock);
        reap_one(p, req);
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

int block_pool_create(struct loop *loop, const struct block_pool_ops *ops, void *ctx,
                      struct block_pool **ret)
{
    struct block_pool *p = calloc(1, sizeof(*p));

    if (!p)
        return -ENOMEM;
    p->loop = loop;
    p->ops = ops;
    p->ctx = ctx;
    p->reap.fn = reap_run;
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_cond_init(&p->work, NULL);
    (void)pthread_cond_init(&p->finished, NULL);
    *ret = p;
    return 0;
}

void block_pool_submit(struct block_pool *p, struct block_req *req)
{
    int rc = 0;

    p->in_flight++;
    (void)pthread_mutex_lock(&p->lock);
    if (p->nr_idle == 0 && p->nr_threads < BLOCK_POOL_THREADS)
        rc = start_thread(p);
    if (p->nr_threads == 0) { /* not even one */
        finish(p, req, rc);
    } else {
        list_add(&p->todo, req);
        (void)pthread_cond_signal(&p->work);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void block_pool_fail(struct block_pool *p, struct block_req *req, int status)
{
    p->in_flight++;
    (void)pthread_mutex_lock(&p->lock);
    finish(p, req, status);
    (void)pthread_mutex_unlock(&p->lock);
}

void block_pool_drain(struct block_pool *p)
{
    (void)pthread_mutex_lock(&p->lock);
    while (p->in_flight > 0) {
        struct block_req *req = list_take(&p->done);

        if (!req) {
            (void)pthread_cond_wait(&p->finished, &p->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&p->lock);
        reap_one(p, req);
        (void)pthread_mutex_lock(&p->lock);
    }
    (void)pthread_mutex_unlock(&p->lock);
}

void block_pool_destroy(struct block_pool *p)
{
    if (!p)
        return;
    (void)pthread_mutex_lock(&p->lock);
    p->stopping = true;
    (void)pthread_cond_broadcast(&p->work);
    (void)pthread_mutex_unlock(&p->lock);
    for (unsigned i = 0; i < p->nr_threads; i++)
        (void)pthread_join(p->thread[i], NULL);
    loop_cancel(p->loop, &p->reap);
    (void)pthread_cond_destroy(&p->finished);
    (void)pthread_cond_destroy(&p->work);
    (void)pthread_mutex_destroy(&p->lock);
    free(p);
}
