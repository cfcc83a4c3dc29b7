/* SPDX-License-Identifier: Apache-2.0
 *
 * A direction holds at most one buffer: its source is not read while its target has not taken what
 * was read before. So a slow peer slows the other one down, and an idle pair holds no memory. */
#include "service/splice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CHUNK = 32 * 1024, CHUNKS_A_TURN = 8 }; /* bytes; a busy pair lets others have a turn */

/* One socket, and what is still to be written to it. */
struct end {
    struct splice *splice;
    struct end *other;
    struct watch watch;
    uint8_t *left; /* NULL: nothing */
    size_t off, len;
    bool finished; /* nothing more comes from here: it said so, or the other side takes no more */
    bool shut;     /* told that nothing more comes from the other side */
};

struct splice {
    struct loop *loop;
    struct end end[2];
    void (*done)(void *ctx, struct splice *s);
    void *ctx;
};

static void finish_direction(struct end *from)
{
    struct end *to = from->other;

    from->finished = true;
    if (to->left || to->shut)
        return;
    (void)shutdown(to->watch.fd, SHUT_WR);
    to->shut = true;
}

/* The other end takes no more: whoever still writes here learns it from the kernel. */
static void refuse_more(struct end *from)
{
    struct end *to = from->other;

    free(to->left);
    to->left = NULL;
    to->shut = true;
    (void)shutdown(from->watch.fd, SHUT_RD);
    from->finished = true;
}

/* How much of it the socket took, or -1: it takes no more. */
static ssize_t write_some(int fd, const uint8_t *data, size_t len)
{
    size_t sum = 0;

    while (sum < len) {
        ssize_t n = write(fd, data + sum, len - sum);

        if (n >= 0)
            sum += (size_t)n;
        else if (errno == EAGAIN)
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)sum;
}

/* Writes what is left. */
static void flush(struct end *to)
{
    ssize_t n;

    if (!to->left)
        return;
    n = write_some(to->watch.fd, to->left + to->off, to->len - to->off);
    if (n < 0) {
        refuse_more(to->other);
        return;
    }
    to->off += (size_t)n;
    if (to->off < to->len)
        return;
    free(to->left);
    to->left = NULL;
    if (to->other->finished)
        finish_direction(to->other);
}

/* Passes on `len` bytes; keeps what the other end does not take at once. */
static void pass_on(struct end *from, const uint8_t *data, size_t len)
{
    struct end *to = from->other;
    ssize_t n = write_some(to->watch.fd, data, len);

    if (n >= 0 && (size_t)n == len)
        return;
    to->left = n < 0 ? NULL : malloc(len - (size_t)n);
    if (!to->left) {
        refuse_more(from);
        return;
    }
    memcpy(to->left, data + n, len - (size_t)n);
    to->off = 0;
    to->len = len - (size_t)n;
}

static void take(struct end *from)
{
    uint8_t chunk[CHUNK];

    for (unsigned i = 0; i < CHUNKS_A_TURN && !from->finished && !from->other->left; i++) {
        ssize_t n = read(from->watch.fd, chunk, sizeof(chunk));

        if (n > 0)
            pass_on(from, chunk, (size_t)n);
        else if (n == 0 || (errno != EAGAIN && errno != EINTR))
            finish_direction(from);
        else if (errno == EAGAIN)
            return;
    }
}

static unsigned wanted(const struct end *e)
{
    return (e->finished || e->other->left ? 0u : LOOP_READ) | (e->left ? LOOP_WRITE : 0u);
}

/* Waits for what is next, or says that it is over. */
static void go_on(struct splice *s)
{
    bool failed = false;

    for (unsigned i = 0; i < 2; i++)
        failed |= loop_watch_change(s->loop, &s->end[i].watch, wanted(&s->end[i])) < 0;
    if (failed || (s->end[0].finished && s->end[1].finished && !s->end[0].left && !s->end[1].left))
        s->done(s->ctx, s);
}

static void on_ready(void *ctx, unsigned events)
{
    struct end *e = ctx;

    if (events & (LOOP_WRITE | LOOP_HANGUP))
        flush(e);
    if (events & (LOOP_READ | LOOP_HANGUP))
        take(e);
    go_on(e->splice);
}

static int watch(struct splice *s, unsigned i, int fd)
{
    struct end *e = &s->end[i];

    e->splice = s;
    e->other = &s->end[!i];
    e->watch = (struct watch){.fd = fd, .events = LOOP_READ, .fn = on_ready, .ctx = e};
    return loop_watch(s->loop, &e->watch);
}

int splice_create(struct loop *loop, int a, int b, void (*done)(void *ctx, struct splice *s),
                  void *ctx, struct splice **ret)
{
    struct splice *s = calloc(1, sizeof(*s));
    int rc = s ? 0 : -ENOMEM;

    if (rc == 0) {
        *s = (struct splice){.loop = loop, .done = done, .ctx = ctx};
        rc = watch(s, 0, a);
    }
    if (rc == 0) {
        rc = watch(s, 1, b);
        if (rc < 0)
            loop_unwatch(loop, &s->end[0].watch);
    }
    if (rc < 0) {
        (void)close(a);
        (void)close(b);
        free(s);
        return rc;
    }
    *ret = s;
    return 0;
}

void splice_destroy(struct splice *s)
{
    if (!s)
        return;
    for (unsigned i = 0; i < 2; i++) {
        loop_unwatch(s->loop, &s->end[i].watch);
        (void)close(s->end[i].watch.fd);
        free(s->end[i].left);
    }
    free(s);
}
