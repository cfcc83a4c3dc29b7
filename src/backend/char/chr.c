/* SPDX-License-Identifier: Apache-2.0
 *
 * The common part of the character backends. Writers put bytes into the backlog and post a task;
 * the loop writes them out until the host says "later", and goes on when the descriptor is writable
 * again (or a second later, where that cannot be watched). */
#include "backend/char/chr.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "backend/char/chr_impl.h"
#include "host/clock.h"

#define MS UINT64_C(1000000)

enum {
    OUT_CHUNK = 64 * 1024,
    OUT_CHUNK_BLOCKING = 512, /* PIPE_BUF everywhere: poll's promise covers so much */
    FLUSH_TURN = 1 << 20,     /* bytes written before others have their turn */
    RETRY_MS = 1000,
    RX_PAUSE_MS = 500, /* a terminal that belongs to another job says EIO */
};

/* ---- output ---- */

/* Up to `len` bytes without waiting: their number or -errno. */
static ssize_t write_some(const struct chr *c, const uint8_t *p, size_t len)
{
    struct pollfd pfd = {.fd = c->out_fd, .events = POLLOUT};
    size_t max = c->out_blocks ? OUT_CHUNK_BLOCKING : OUT_CHUNK;
    ssize_t n;

    if (c->out_blocks && poll(&pfd, 1, 0) <= 0)
        return -EAGAIN;
    n = write(c->out_fd, p, len < max ? len : max);
    return n < 0 ? -errno : n;
}

/* Goes on with the output when the host can take more. */
static void wait_for_room(struct chr *c)
{
    int rc = -ENOTSUP;

    if (!c->kind->retry)
        rc = c->out_watched ? loop_watch_change(c->loop, &c->out, LOOP_WRITE)
                            : loop_watch(c->loop, &c->out);
    if (rc == 0)
        c->out_watched = true;
    else if (loop_timer_arm(c->loop, &c->retry, clock_monotonic_ns() + RETRY_MS * MS) < 0)
        log_rated(&c->rate, LOG_ERROR, "%s: out of memory; output waits for more", c->path);
}

static void unwatch_out(struct chr *c)
{
    if (c->out_watched)
        loop_unwatch(c->loop, &c->out);
    c->out_watched = false;
}

/* The next bytes to write. What writers have added so far becomes ours, so that a slow file never
 * holds them up. */
static const uint8_t *next_output(struct chr *c, size_t *ret_len)
{
    if (c->outgoing.len == 0) {
        struct backlog taken;

        (void)pthread_mutex_lock(&c->lock);
        taken = c->waiting;
        c->waiting = c->outgoing;
        (void)pthread_mutex_unlock(&c->lock);
        c->outgoing = taken;
    }
    return backlog_front(&c->outgoing, ret_len);
}

static void report_lost(struct chr *c)
{
    uint64_t lost = backlog_take_lost(&c->outgoing);

    if (lost && !c->kind->drop_oldest)
        log_rated(&c->rate, LOG_WARN, "%s: %llu bytes of guest output were lost", c->path,
                  (unsigned long long)lost);
}

static void give_up_output(struct chr *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->dead = true;
    backlog_consume(&c->waiting, c->waiting.len);
    (void)pthread_mutex_unlock(&c->lock);
    backlog_consume(&c->outgoing, c->outgoing.len);
}

enum flush_result { FLUSH_DONE, FLUSH_MORE, FLUSH_LATER };

static enum flush_result write_failed(struct chr *c, int rc)
{
    if (rc == -EAGAIN)
        return FLUSH_LATER;
    log_rated(&c->rate, LOG_WARN, "%s: guest output cannot be written: %s", c->path, strerror(-rc));
    if (c->kind->retry)
        return FLUSH_LATER;
    give_up_output(c);
    return FLUSH_DONE;
}

static enum flush_result flush_output(struct chr *c)
{
    size_t len, done = 0;
    const uint8_t *p;

    while ((p = next_output(c, &len))) {
        ssize_t n = write_some(c, p, len);

        if (n == -EINTR)
            continue;
        if (n <= 0)
            return write_failed(c, n < 0 ? (int)n : -EAGAIN);
        backlog_consume(&c->outgoing, (size_t)n);
        report_lost(c);
        done += (size_t)n;
        if (done >= FLUSH_TURN)
            return FLUSH_MORE;
    }
    return FLUSH_DONE;
}

static void flush_or_wait(struct chr *c)
{
    enum flush_result result = flush_output(c);

    if (result == FLUSH_LATER)
        wait_for_room(c);
    else
        unwatch_out(c);
    if (result == FLUSH_MORE)
        loop_post(c->loop, &c->flush);
}

static void flush_run(struct task *t)
{
    flush_or_wait(container_of(t, struct chr, flush));
}

static void out_ready(void *ctx, unsigned events)
{
    flush_or_wait(ctx);
}

static void retry_due(void *ctx)
{
    flush_or_wait(ctx);
}

void chr_write(struct chr *c, const void *p, size_t len)
{
    bool first;

    (void)pthread_mutex_lock(&c->lock);
    first = c->waiting.len == 0;
    if (!c->dead && c->out_fd >= 0)
        backlog_add(&c->waiting, p, len);
    first = first && c->waiting.len > 0;
    (void)pthread_mutex_unlock(&c->lock);
    if (first)
        loop_post(c->loop, &c->flush);
}

/* ---- input ---- */

static void watch_in(struct chr *c)
{
    bool want = c->rx_on && !c->eof && !c->rx_paused;
    int rc = 0;

    if (c->in_fd < 0 || want == c->in_watched)
        return;
    if (want)
        rc = loop_watch(c->loop, &c->in);
    else
        loop_unwatch(c->loop, &c->in);
    if (rc < 0)
        log_warn("%s: no input: %s", c->path, strerror(-rc));
    else
        c->in_watched = want;
}

static void in_ready(void *ctx, unsigned events)
{
    struct chr *c = ctx;

    if (c->client.readable)
        c->client.readable(c->client.ctx);
}

static void rx_pause_over(void *ctx)
{
    struct chr *c = ctx;

    c->rx_paused = false;
    watch_in(c);
}

/* Another job has the terminal, or it is gone: look again in a while. */
static void pause_rx(struct chr *c)
{
    c->rx_paused = true;
    watch_in(c);
    if (loop_timer_arm(c->loop, &c->rx_pause, clock_monotonic_ns() + RX_PAUSE_MS * MS) < 0)
        log_warn("%s: out of memory; no more input", c->path);
}

/* Whether a read would return at once: with bytes, the end, or an error. */
static bool has_input(const struct chr *c)
{
    struct pollfd pfd = {.fd = c->in_fd, .events = POLLIN};

    return poll(&pfd, 1, 0) > 0;
}

ssize_t chr_read(struct chr *c, void *p, size_t len)
{
    ssize_t n;

    if (c->in_fd < 0 || c->eof)
        return 0;
    if (len == 0 || (c->in_blocks && !has_input(c)))
        return -EAGAIN;
    n = read(c->in_fd, p, len);
    if (n == 0) {
        c->eof = true;
        watch_in(c);
        return 0;
    }
    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR)
            pause_rx(c);
        return -EAGAIN;
    }
    if (c->kind->filter)
        n = (ssize_t)c->kind->filter(c, p, (size_t)n);
    return n > 0 ? n : -EAGAIN;
}

void chr_set_rx(struct chr *c, bool on)
{
    c->rx_on = on;
    watch_in(c);
}

/* ---- the rest ---- */

void chr_set_client(struct chr *c, const struct chr_client *client)
{
    c->client = client ? *client : (struct chr_client){0};
}

bool chr_size(const struct chr *c, uint16_t *ret_cols, uint16_t *ret_rows)
{
    struct winsize size;

    if (c->out_fd < 0 || c->pty_name || ioctl(c->out_fd, TIOCGWINSZ, &size) < 0 || !size.ws_col ||
        !size.ws_row)
        return false;
    *ret_cols = size.ws_col;
    *ret_rows = size.ws_row;
    return true;
}

const char *chr_pty_name(const struct chr *c)
{
    return c->pty_name;
}

/* The machine stops: what the guest said last is what people want to read. */
static void last_words(struct chr *c)
{
    uint64_t end = clock_monotonic_ns() + CHR_LAST_WORDS_MS * MS;
    enum flush_result result;

    while ((result = flush_output(c)) != FLUSH_DONE) {
        struct pollfd pfd = {.fd = c->out_fd, .events = POLLOUT};
        uint64_t now = clock_monotonic_ns();

        if (result == FLUSH_MORE)
            continue;
        if (c->kind->retry || c->kind->drop_oldest || now >= end ||
            poll(&pfd, 1, (int)((end - now) / MS)) <= 0)
            break;
    }
}

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

void chr_destroy(struct chr *c)
{
    if (!c)
        return;
    chr_set_client(c, NULL);
    chr_set_rx(c, false);
    unwatch_out(c);
    loop_cancel(c->loop, &c->flush);
    loop_timer_cancel(c->loop, &c->retry);
    loop_timer_cancel(c->loop, &c->rx_pause);
    if (c->out_fd >= 0 && !c->dead)
        last_words(c);
    if (c->kind->destroy)
        c->kind->destroy(c);
    close_fd(c->in_fd);
    close_fd(c->out_fd);
    close_fd(c->keep_fd);
    backlog_finish(&c->waiting);
    backlog_finish(&c->outgoing);
    (void)pthread_mutex_destroy(&c->lock);
    free(c->path);
    free(c->pty_name);
    free(c);
}

int chr_create(struct loop *loop, const struct chr_kind *kind, const char *path, int in_fd,
               int out_fd, struct chr **ret)
{
    struct chr *c = calloc(1, sizeof(*c));
    char *name = strdup(path);

    if (!c || !name) {
        free(c);
        free(name);
        close_fd(in_fd);
        close_fd(out_fd);
        return -ENOMEM;
    }
    c->kind = kind;
    c->loop = loop;
    c->path = name;
    c->in_fd = in_fd;
    c->out_fd = out_fd;
    c->keep_fd = -1;
    c->in = (struct watch){.fd = in_fd, .events = LOOP_READ, .fn = in_ready, .ctx = c};
    c->out = (struct watch){.fd = out_fd, .events = LOOP_WRITE, .fn = out_ready, .ctx = c};
    c->retry = (struct timer){.fn = retry_due, .ctx = c};
    c->rx_pause = (struct timer){.fn = rx_pause_over, .ctx = c};
    c->flush.fn = flush_run;
    c->waiting.max = kind->backlog;
    c->waiting.drop_oldest = kind->drop_oldest;
    c->outgoing = c->waiting;
    (void)pthread_mutex_init(&c->lock, NULL);
    *ret = c;
    return 0;
}
