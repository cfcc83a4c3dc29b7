/* SPDX-License-Identifier: Apache-2.0
 *
 * Socket pairs in small tables. */
#include "fake_vsock.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>

#include "host/clock.h"

enum { MAX = 64 };

static struct {
    uint32_t port;
    struct vsock_listener listener;
    bool used;
} listeners[MAX];

static struct {
    uint32_t port;
    struct vsock_connect *c;
} attempts[MAX];

static int fake_listen(struct vm *vm, uint32_t port, const struct vsock_listener *listener,
                       struct err *err)
{
    int free_slot = -1;

    (void)vm, (void)err;
    for (int i = MAX - 1; i >= 0; i--)
        if (!listeners[i].used || listeners[i].port == port)
            free_slot = i;
    assert(free_slot >= 0);
    listeners[free_slot].port = port;
    listeners[free_slot].listener = *listener;
    listeners[free_slot].used = true;
    return 0;
}

static void fake_unlisten(struct vm *vm, uint32_t port)
{
    (void)vm;
    for (unsigned i = 0; i < MAX; i++)
        if (listeners[i].used && listeners[i].port == port)
            listeners[i].used = false;
}

static int fake_connect(struct vm *vm, uint32_t port, struct vsock_connect *c, struct err *err)
{
    (void)vm, (void)err;
    for (unsigned i = 0; i < MAX; i++) {
        if (attempts[i].c)
            continue;
        attempts[i].port = port;
        attempts[i].c = c;
        return 0;
    }
    return err_set(err, -EAGAIN, "too many");
}

static void fake_cancel(struct vm *vm, struct vsock_connect *c)
{
    (void)vm;
    for (unsigned i = 0; i < MAX; i++)
        if (attempts[i].c == c)
            attempts[i].c = NULL;
}

static const struct vsock_ops vsock_ops = {fake_listen, fake_unlisten, fake_connect, fake_cancel};
static const struct engine_ops ops = {.name = "fake", .vsock = &vsock_ops};

void fake_vsock_init(struct fake_vsock *f, enum personality p)
{
    memset(f, 0, sizeof(*f));
    memset(listeners, 0, sizeof(listeners));
    memset(attempts, 0, sizeof(attempts));
    vm_config_init(&f->cfg, p);
    f->vm = (struct vm){.ops = &ops, .cfg = &f->cfg, .state = VM_RUNNING};
    assert(loop_create(&f->vm.loop) == 0);
}

void fake_vsock_finish(struct fake_vsock *f)
{
    for (unsigned i = 0; i < MAX; i++)
        assert(!listeners[i].used && !attempts[i].c);
    loop_destroy(f->vm.loop);
    vm_config_finish(&f->cfg);
}

static void on_time(void *ctx)
{
    loop_stop(ctx);
}

void fake_vsock_run(struct fake_vsock *f, unsigned ms)
{
    struct timer t = {.fn = on_time, .ctx = f->vm.loop};

    assert(loop_timer_arm(f->vm.loop, &t, clock_monotonic_ns() + ms * UINT64_C(1000000)) == 0);
    loop_run(f->vm.loop);
    loop_timer_cancel(f->vm.loop, &t);
}

static void make_pair(int pair[2])
{
    int rc = socketpair(AF_UNIX, SOCK_STREAM, 0, pair);

    assert(rc == 0);
    rc = fcntl(pair[0], F_SETFL, O_NONBLOCK);
    assert(rc == 0);
    (void)rc;
}

int fake_vsock_guest_connects(struct fake_vsock *f, uint32_t port)
{
    int pair[2];

    (void)f;
    for (unsigned i = 0; i < MAX; i++) {
        if (!listeners[i].used || listeners[i].port != port)
            continue;
        make_pair(pair);
        listeners[i].listener.accepted(listeners[i].listener.ctx, pair[0]);
        return pair[1];
    }
    return -1;
}

/* The attempt waiting for `port`, taken from the table. */
static struct vsock_connect *take_attempt(uint32_t port)
{
    for (unsigned i = 0; i < MAX; i++) {
        struct vsock_connect *c = attempts[i].c;

        if (!c || attempts[i].port != port)
            continue;
        attempts[i].c = NULL;
        return c;
    }
    return NULL;
}

int fake_vsock_guest_accepts(struct fake_vsock *f, uint32_t port)
{
    struct vsock_connect *c = take_attempt(port);
    int pair[2];

    (void)f;
    if (!c)
        return -1;
    make_pair(pair);
    c->done(c->ctx, pair[0], NULL);
    return pair[1];
}

void fake_vsock_refuse(struct fake_vsock *f, uint32_t port)
{
    struct vsock_connect *c = take_attempt(port);
    struct err err = {0};

    (void)f;
    assert(c);
    (void)err_set(&err, -ECONNRESET, "the guest reset the connection");
    c->done(c->ctx, -1, &err);
}
