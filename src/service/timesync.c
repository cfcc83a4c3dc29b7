/* SPDX-License-Identifier: Apache-2.0
 *
 * One attempt at a time: connect, send one line, read one line. A connection is not kept for the
 * next time, when the agent may be another one. */
#include "service/timesync.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/vsock.h"
#include "host/clock.h"
#include "host/power.h"

enum { REPLY_MAX = 4096, QUOTE_MAX = 100, ATTEMPTS = 5 };
#define PATIENCE_NS UINT64_C(5000000000) /* with an agent that does not answer */
#define RETRY_NS    UINT64_C(1000000000)

struct timesync {
    struct vm *vm;
    uint32_t port;
    struct loop *loop;
    struct power_watch *power;
    unsigned attempts_left; /* 0: nothing to do */
    struct timer timer;     /* the end of patience, or of a pause before the next attempt */
    struct vsock_connect connect;
    bool connecting;
    struct watch watch; /* fd -1: not connected */
    char reply[REPLY_MAX];
    size_t len;
};

static void attempt(struct timesync *t);

static void hang_up(struct timesync *t)
{
    loop_timer_cancel(t->loop, &t->timer);
    if (t->connecting)
        vm_vsock_cancel(t->vm, &t->connect);
    t->connecting = false;
    if (t->watch.fd < 0)
        return;
    loop_unwatch(t->loop, &t->watch);
    (void)close(t->watch.fd);
    t->watch.fd = -1;
}

static void set_timer(struct timesync *t, void (*fn)(void *ctx), uint64_t in_ns)
{
    t->timer.fn = fn;
    if (loop_timer_arm(t->loop, &t->timer, clock_monotonic_ns() + in_ns) < 0)
        log_warn("timesync: no timer");
}

static void on_retry(void *ctx)
{
    attempt(ctx);
}

static void on_failed(struct timesync *t, const char *why)
{
    hang_up(t);
    if (--t->attempts_left) {
        log_debug("timesync: vsock port %u: %s; trying again", t->port, why);
        set_timer(t, on_retry, RETRY_NS);
        return;
    }
    log_warn("timesync: the guest's clock was not set: vsock port %u: %s", t->port, why);
}

static void on_patience_over(void *ctx)
{
    on_failed(ctx, "no answer; is qemu-guest-agent listening there?");
}

/* The guest's words, fit for our log: they could steer the terminal that it is read on. */
static const char *quote(char ret[QUOTE_MAX + 1], const char *words, size_t len)
{
    size_t n = len < QUOTE_MAX ? len : QUOTE_MAX;

    for (size_t i = 0; i < n; i++)
        ret[i] = (char)(words[i] >= ' ' && words[i] <= '~' ? words[i] : '?');
    ret[n] = '\0';
    return ret;
}

int timesync_check_reply(const char *line, size_t len, struct err *err)
{
    json_error_t error;
    json_t *reply = json_loadb(line, len, JSON_REJECT_DUPLICATES, &error);
    char quoted[QUOTE_MAX + 1];
    const char *desc = NULL;
    int rc = 0;

    if (json_unpack(reply, "{s:{s:s}}", "error", "desc", &desc) == 0)
        rc = err_set(err, -EIO, "the agent says: %s", quote(quoted, desc, strlen(desc)));
    else if (!json_is_object(json_object_get(reply, "return")))
        rc =
            err_set(err, -EPROTO, "the agent answers something else: %s", quote(quoted, line, len));
    json_decref(reply);
    return rc;
}

static void on_reply(struct timesync *t, size_t len)
{
    struct err err = {0};
    int rc = timesync_check_reply(t->reply, len, &err);

    if (rc < 0) {
        t->attempts_left = 1; /* it would say the same again */
        on_failed(t, err.text);
        return;
    }
    log_info("timesync: the guest's clock is set");
    t->attempts_left = 0;
    hang_up(t);
}

static void on_readable(void *ctx, unsigned events)
{
    struct timesync *t = ctx;
    ssize_t n = read(t->watch.fd, t->reply + t->len, sizeof(t->reply) - t->len);
    const char *end;

    (void)events;
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        on_failed(t, n < 0 ? strerror(errno) : "the agent hung up");
        return;
    }
    end = memchr(t->reply + t->len, '\n', (size_t)n);
    t->len += (size_t)n;
    if (end)
        on_reply(t, (size_t)(end - t->reply));
    else if (t->len == sizeof(t->reply))
        on_failed(t, "the agent's answer has no end");
}

static bool send_request(int fd)
{
    char text[96];
    int len = snprintf(text, sizeof(text),
                       "{\"execute\": \"guest-set-time\", \"arguments\":{\"time\": %" PRIu64 "}}\n",
                       clock_wall_ns());

    /* A new connection takes a line at once or not at all. */
    return write(fd, text, (size_t)len) == len;
}

static void on_connected(void *ctx, int fd, const struct err *err)
{
    struct timesync *t = ctx;

    t->connecting = false;
    if (fd < 0) {
        on_failed(t, err->text);
        return;
    }
    t->len = 0;
    t->watch = (struct watch){.fd = fd, .events = LOOP_READ, .fn = on_readable, .ctx = t};
    if (loop_watch(t->loop, &t->watch) < 0) {
        t->watch.fd = -1;
        (void)close(fd);
        on_failed(t, "the connection cannot be watched");
    } else if (!send_request(fd))
        on_failed(t, "the request cannot be sent");
}

static void attempt(struct timesync *t)
{
    struct err err = {0};

    t->connect = (struct vsock_connect){.done = on_connected, .ctx = t};
    set_timer(t, on_patience_over, PATIENCE_NS);
    if (vm_vsock_connect(t->vm, t->port, &t->connect, &err) < 0)
        on_failed(t, err.text);
    else
        t->connecting = true;
}

void timesync_now(struct timesync *t)
{
    if (!t)
        return;
    hang_up(t);
    t->attempts_left = ATTEMPTS;
    attempt(t);
}

static void on_woke(void *ctx, uint64_t slept_ns)
{
    log_debug("timesync: the host slept %" PRIu64 " s", slept_ns / 1000000000);
    timesync_now(ctx);
}

int timesync_create(struct vm *vm, uint32_t port, struct loop *loop, struct timesync **ret,
                    struct err *err)
{
    struct timesync *t = calloc(1, sizeof(*t));
    const struct power_observer observer = {.woke = on_woke, .ctx = t};
    struct err why = {0};

    if (!t)
        return err_set(err, -ENOMEM, "out of memory");
    t->vm = vm;
    t->port = port;
    t->loop = loop;
    t->watch.fd = -1;
    t->timer.ctx = t;
    if (power_watch_start(loop, &observer, &t->power, &why) < 0)
        log_warn("timesync: the guest's clock is not set when the host wakes up: %s", why.text);
    *ret = t;
    return 0;
}

void timesync_destroy(struct timesync *t)
{
    if (!t)
        return;
    power_watch_stop(t->power);
    hang_up(t);
    free(t);
}
