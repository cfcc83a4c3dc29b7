/* SPDX-License-Identifier: Apache-2.0
 *
 * What a second CPU brings: the same work by one thread and by two. */
#include "figures.h"

#include <pthread.h>
#include <stddef.h>

struct work {
    uint64_t n, result;
};

static void *worker(void *work)
{
    struct work *w = work;

    w->result = figures_mix(w->n, 5);
    return NULL;
}

static void run_threads(uint64_t n, unsigned nr)
{
    pthread_t thread[2];
    struct work work[2] = {{n, 0}, {n, 0}};

    for (unsigned t = 0; t < nr; t++)
        if (pthread_create(&thread[t], NULL, worker, &work[t]))
            figures_fail("pthread_create");
    for (unsigned t = 0; t < nr; t++)
        pthread_join(thread[t], NULL);
    figures_sink = work[0].result + work[1].result;
}

static void one(uint64_t n)
{
    run_threads(n, 1);
}

static void two(uint64_t n)
{
    run_threads(n, 2);
}

const struct figure threads_figures[] = {{"one-thread", one, 1}, {"two-threads", two, 2}, {0}};
