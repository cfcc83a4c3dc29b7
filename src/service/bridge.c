/* SPDX-License-Identifier: Apache-2.0
 *
 * A connection begins at one end, waits until the other end is connected, too, and is then a
 * splice:
 *
 *     listen    guest connects ──► on_guest ──► unix socket connecting ──┐
 *     connect   on_client ──► guest's port connecting ───────────────────┴──► splice ──► done
 */
#include "service/bridge.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/vsock.h"
#include "host/clock.h"
#include "host/socket.h"
#include "service/splice.h"

#define DIAL_LIMIT_NS  UINT64_C(10000000000)
#define ACCEPT_REST_NS UINT64_C(500000000) /* after running out of descriptors */

struct port {
    struct bridges *all;
    const struct vsock_config *cfg;
    bool open;
    struct watch listener; /* connect: our socket; fd -1: none */
    struct timer rest;
};

struct connection {
    struct connection *next, **link;
    struct port *port;
    int from, to; /* -1: not there (any more) */
    struct watch dialing;
    struct timer limit;
    struct vsock_connect guest;
    bool waits_for_guest;
    struct splice *splice;
};

struct bridges {
    struct vm *vm;
    struct loop *loop;
    struct connection *connections;
    size_t nr_ports;
    struct port ports[];
};

/* --- connections --- */

static void close_fd(int fd)
{
    if (fd >= 0)
        (void)close(fd);
}

static void connection_destroy(struct connection *c)
{
    struct bridges *b = c->port->all;

    *c->link = c->next;
    if (c->next)
        c->next->link = c->link;
    if (c->waits_for_guest)
        vm_vsock_cancel(b->vm, &c->guest);
    if (c->dialing.fd >= 0)
        loop_unwatch(b->loop, &c->dialing);
    loop_timer_cancel(b->loop, &c->limit);
    splice_destroy(c->splice);
    close_fd(c->from);
    close_fd(c->to);
    free(c);
}

/* Begins at `from`, which it takes over. NULL: out of memory, and `from` is closed. */
static struct connection *connection_create(struct port *p, int from)
{
    struct connection *c = calloc(1, sizeof(*c));
    struct bridges *b = p->all;

    if (!c) {
        close_fd(from);
        return NULL;
    }
    c->port = p;
    c->from = from;
    c->to = c->dialing.fd = -1;
    c->next = b->connections;
    c->link = &b->connections;
    if (c->next)
        c->next->link = &c->next;
    b->connections = c;
    return c;
}

static void on_spliced(void *ctx, struct splice *s)
{
    (void)s;
    connection_destroy(ctx);
}

/* Both ends are there. */
static void join(struct connection *c)
{
    int from = c->from, to = c->to;

    loop_timer_cancel(c->port->all->loop, &c->limit);
    c->from = c->to = -1;
    if (splice_create(c->port->all->loop, from, to, on_spliced, c, &c->splice) < 0)
        connection_destroy(c);
}

static void give_up(struct connection *c, const char *why)
{
    log_debug("vsock: port %u: %s: %s", c->port->cfg->port, c->port->cfg->socket_path, why);
    connection_destroy(c);
}

static void on_limit(void *ctx)
{
    give_up(ctx, "no answer within 10 s");
}

static int arm_limit(struct connection *c)
{
    c->limit = (struct timer){.fn = on_limit, .ctx = c};
    return loop_timer_arm(c->port->all->loop, &c->limit, clock_monotonic_ns() + DIAL_LIMIT_NS);
}

/* --- listen: the guest connects, we dial the client's socket --- */

static void on_dialed(void *ctx, unsigned events)
{
    struct connection *c = ctx;
    int rc = socket_error(c->to);

    (void)events;
    loop_unwatch(c->port->all->loop, &c->dialing);
    c->dialing.fd = -1;
    if (rc < 0)
        give_up(c, strerror(-rc));
    else
        join(c);
}

static int wait_for_client(struct connection *c)
{
    int rc = arm_limit(c);

    c->dialing = (struct watch){.fd = c->to, .events = LOOP_WRITE, .fn = on_dialed, .ctx = c};
    if (rc == 0)
        rc = loop_watch(c->port->all->loop, &c->dialing);
    if (rc < 0)
        c->dialing.fd = -1;
    return rc;
}

static void on_guest(void *ctx, int fd)
{
    struct port *p = ctx;
    struct connection *c = connection_create(p, fd);
    int rc;

    if (!c)
        return;
    rc = socket_connect_unix(p->cfg->socket_path, &c->to);
    if (rc == -EINPROGRESS)
        rc = wait_for_client(c);
    else if (rc == 0) {
        join(c);
        return;
    }
    if (rc < 0)
        give_up(c, strerror(-rc));
}

/* --- connect: a client connects, we dial the guest's port --- */

static void on_guest_answered(void *ctx, int fd, const struct err *err)
{
    struct connection *c = ctx;

    c->waits_for_guest = false;
    c->to = fd;
    if (fd < 0)
        give_up(c, err->text);
    else
        join(c);
}

static void dial_guest(struct port *p, int fd)
{
    struct connection *c = connection_create(p, fd);
    struct err err = {0};

    if (!c)
        return;
    c->guest = (struct vsock_connect){.done = on_guest_answered, .ctx = c};
    if (arm_limit(c) < 0 || vm_vsock_connect(p->all->vm, p->cfg->port, &c->guest, &err) < 0)
        give_up(c, err.text);
    else
        c->waits_for_guest = true;
}

static void on_rested(void *ctx)
{
    struct port *p = ctx;

    if (loop_watch_change(p->all->loop, &p->listener, LOOP_READ) < 0)
        log_warn("vsock: port %u takes no more connections", p->cfg->port);
}

/* Out of descriptors: looking at once again would find the same. */
static void rest(struct port *p)
{
    if (loop_timer_arm(p->all->loop, &p->rest, clock_monotonic_ns() + ACCEPT_REST_NS) == 0)
        (void)!loop_watch_change(p->all->loop, &p->listener, 0);
}

static void on_client(void *ctx, unsigned events)
{
    struct port *p = ctx;
    int fd, rc;

    (void)events;
    while ((rc = socket_accept(p->listener.fd, &fd)) == 0)
        dial_guest(p, fd);
    if (rc != -EAGAIN) {
        log_warn("vsock: %s: a connection cannot be accepted: %s", p->cfg->socket_path,
                 strerror(-rc));
        rest(p);
    }
}

static int open_for_clients(struct port *p, struct err *err)
{
    struct loop *loop = p->all->loop;
    int rc = socket_listen_unix(p->cfg->socket_path, &p->listener.fd, err);

    if (rc < 0) {
        p->listener.fd = -1;
        return rc;
    }
    p->listener.events = LOOP_READ;
    p->listener.fn = on_client;
    p->listener.ctx = p;
    rc = loop_watch(loop, &p->listener);
    if (rc == 0)
        return 0;
    (void)unlink(p->cfg->socket_path);
    (void)close(p->listener.fd);
    p->listener.fd = -1;
    return err_set(err, rc, "%s cannot be watched: %s", p->cfg->socket_path, strerror(-rc));
}

/* --- ports --- */

static int port_open(struct port *p, struct err *err)
{
    const struct vsock_listener listener = {.accepted = on_guest, .ctx = p};
    int rc = p->cfg->listen ? vm_vsock_listen(p->all->vm, p->cfg->port, &listener, err)
                            : open_for_clients(p, err);

    p->open = rc == 0;
    return rc;
}

static void port_close(struct port *p)
{
    struct bridges *b = p->all;

    if (!p->open)
        return;
    if (p->cfg->listen) {
        vm_vsock_unlisten(b->vm, p->cfg->port);
        return;
    }
    loop_timer_cancel(b->loop, &p->rest);
    loop_unwatch(b->loop, &p->listener);
    (void)close(p->listener.fd);
    (void)unlink(p->cfg->socket_path);
}

/* Does a later entry take the place of the one at `i`? */
static bool is_replaced(const struct vm_config *cfg, size_t i)
{
    const struct vsock_config *entry = &cfg->devices[i].vsock;

    for (size_t n = i + 1; n < cfg->nr_devices; n++)
        if (cfg->devices[n].kind == DEVICE_VSOCK && cfg->devices[n].vsock.port == entry->port &&
            cfg->devices[n].vsock.listen == entry->listen)
            return true;
    return false;
}

static bool is_exposed(const struct vm_config *cfg, size_t i)
{
    const struct device_config *dev = &cfg->devices[i];

    return dev->kind == DEVICE_VSOCK && dev->vsock.socket_path && *dev->vsock.socket_path &&
           !is_replaced(cfg, i);
}

static int report(const struct port *p, const struct vm_config *cfg, struct err *why,
                  struct err *err)
{
    if (cfg->personality == PERSONALITY_KRUNKIT) {
        (void)err_set(err, why->code, "unable to add vsock port %u for path %s", p->cfg->port,
                      p->cfg->socket_path);
        return err_hint(err, "%.*s", ERR_HINT_MAX - 1, why->text);
    }
    log_warn("error exposing vsock port %u: %s", p->cfg->port, why->text);
    return 0;
}

int bridges_create(struct vm *vm, const struct vm_config *cfg, struct loop *loop,
                   struct bridges **ret, struct err *err)
{
    struct bridges *b = calloc(1, sizeof(*b) + cfg->nr_devices * sizeof(b->ports[0]));
    int rc = 0;

    if (!b)
        return err_set(err, -ENOMEM, "out of memory");
    b->vm = vm;
    b->loop = loop;
    for (size_t i = 0; i < cfg->nr_devices && rc == 0; i++) {
        struct port *p = &b->ports[b->nr_ports];
        struct err why = {0};

        if (!is_exposed(cfg, i))
            continue;
        *p = (struct port){.all = b,
                           .cfg = &cfg->devices[i].vsock,
                           .listener.fd = -1,
                           .rest = {.fn = on_rested, .ctx = p}};
        b->nr_ports++;
        if (port_open(p, &why) < 0)
            rc = report(p, cfg, &why, err);
    }
    if (rc < 0) {
        bridges_destroy(b);
        return rc;
    }
    *ret = b;
    return 0;
}

void bridges_destroy(struct bridges *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < b->nr_ports; i++)
        port_close(&b->ports[i]);
    for (struct connection *c = b->connections, *next; c; c = next) {
        next = c->next;
        connection_destroy(c);
    }
    free(b);
}
