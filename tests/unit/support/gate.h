/* SPDX-License-Identifier: Apache-2.0
 *
 * A counting semaphore: macOS has none without a name. */
#ifndef BERTH_TESTS_GATE_H
#define BERTH_TESTS_GATE_H

#include <pthread.h>
#include <stdbool.h>

struct gate {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    unsigned count;
};

static inline void gate_init(struct gate *g)
{
    (void)pthread_mutex_init(&g->lock, NULL);
    (void)pthread_cond_init(&g->cond, NULL);
    g->count = 0;
}

static inline void gate_finish(struct gate *g)
{
    (void)pthread_cond_destroy(&g->cond);
    (void)pthread_mutex_destroy(&g->lock);
}

static inline void gate_open(struct gate *g) /* for one */
{
    (void)pthread_mutex_lock(&g->lock);
    g->count++;
    (void)pthread_cond_signal(&g->cond);
    (void)pthread_mutex_unlock(&g->lock);
}

static inline void gate_pass(struct gate *g)
{
    (void)pthread_mutex_lock(&g->lock);
    while (!g->count)
        (void)pthread_cond_wait(&g->cond, &g->lock);
    g->count--;
    (void)pthread_mutex_unlock(&g->lock);
}

static inline bool gate_is_open(struct gate *g)
{
    bool open;

    (void)pthread_mutex_lock(&g->lock);
    open = g->count > 0;
    (void)pthread_mutex_unlock(&g->lock);
    return open;
}

#endif
