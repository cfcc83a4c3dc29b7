/* SPDX-License-Identifier: Apache-2.0
 *
 * A bounded buffer between vCPU threads and the loop. */
#include "machine/early_console.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { EARLY_CONSOLE_MAX = 64 * 1024 }; /* bytes waiting */

struct early_console {
    struct loop *loop;
    early_console_sink *sink;
    void *ctx;
    struct task flush;
    pthread_mutex_t lock; /* guards what follows */
    bool closed;
    size_t len;
    uint8_t *bytes; /* EARLY_CONSOLE_MAX, or NULL until the first */
};

static void flush(struct task *t)
{
    struct early_console *e = container_of(t, struct early_console, flush);
    uint8_t *bytes;
    size_t len;

    (void)pthread_mutex_lock(&e->lock);
    bytes = e->bytes;
    len = e->len;
    e->bytes = NULL;
    e->len = 0;
    (void)pthread_mutex_unlock(&e->lock);
    if (len > 0)
        e->sink(e->ctx, bytes, len);
    free(bytes);
}

int early_console_create(struct loop *loop, early_console_sink *sink, void *ctx,
                         struct early_console **ret)
{
    struct early_console *e = calloc(1, sizeof(*e));

    if (!e)
        return -ENOMEM;
    e->loop = loop;
    e->sink = sink;
    e->ctx = ctx;
    e->flush.fn = flush;
    (void)pthread_mutex_init(&e->lock, NULL);
    *ret = e;
    return 0;
}

void early_console_destroy(struct early_console *e)
{
    if (!e)
        return;
    loop_cancel(e->loop, &e->flush);
    flush(&e->flush);
    (void)pthread_mutex_destroy(&e->lock);
    free(e);
}

void early_console_put(struct early_console *e, uint8_t byte)
{
    bool first = false;

    (void)pthread_mutex_lock(&e->lock);
    if (!e->closed && !e->bytes)
        e->bytes = malloc(EARLY_CONSOLE_MAX);
    if (!e->closed && e->bytes && e->len < EARLY_CONSOLE_MAX) {
        first = e->len == 0;
        e->bytes[e->len++] = byte;
    }
    (void)pthread_mutex_unlock(&e->lock);
    if (first)
        loop_post(e->loop, &e->flush);
}

static void set_closed(struct early_console *e, bool closed)
{
    (void)pthread_mutex_lock(&e->lock);
    e->closed = closed;
    (void)pthread_mutex_unlock(&e->lock);
}

void early_console_close(struct early_console *e)
{
    set_closed(e, true);
}

void early_console_open(struct early_console *e)
{
    set_closed(e, false);
}
