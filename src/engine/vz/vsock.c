/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework hands out connection objects that own a descriptor and close it when they go; we
 * take a copy of the descriptor and let the object go. Descriptors travel from the VM's queue to
 * the loop as parcels. */
#include "engine/vz/vsock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/vz/foundation.h"
#include "host/file.h"

/* --- descriptors --- */

/* A copy of the connection's descriptor, as vsock.h promises it. -errno. */
static int copy_descriptor(id connection)
{
    int fd = fcntl(vz_connection_fd(connection), F_DUPFD_CLOEXEC, 0), rc;

    if (fd < 0)
        return -errno;
    rc = file_set_nonblock(fd, true);
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    return fd;
}

/* --- the guest connects --- */

struct vz_port {
    struct vz_port *next;
    struct vz_vsock *vsock;
    uint32_t number;
    struct vsock_listener listener;
    id framework_listener, delegate; /* +1 */
};

struct arrival {
    struct vz_parcel parcel;
    struct vz_vsock *vsock;
    uint32_t port;
    int fd;
};

static struct vz_port *find_port(struct vz_vsock *v, uint32_t number)
{
    struct vz_port *p;

    for (p = v->ports; p && p->number != number; p = p->next)
        ;
    return p;
}

/* By number: the port may have been closed, or opened anew, while the parcel was on its way. */
static void open_arrival(struct vz_parcel *parcel, bool delivered)
{
    struct arrival *a = container_of(parcel, struct arrival, parcel);
    const struct vz_port *p = delivered ? find_port(a->vsock, a->port) : NULL;

    if (p)
        p->listener.accepted(p->listener.ctx, a->fd);
    else
        (void)close(a->fd);
    free(a);
}

/* On the queue. NO resets the connection. */
static objc_bool should_accept(id self, SEL cmd, id listener, id connection, id device)
{
    const struct vz_port *p = objc_delegate_ctx(self);
    struct arrival *a = malloc(sizeof(*a));

    if (!a)
        return 0;
    *a = (struct arrival){.parcel.open = open_arrival, .vsock = p->vsock, .port = p->number};
    a->fd = copy_descriptor(connection);
    if (a->fd < 0) {
        log_error("vsock port %u: a connection is lost: %s", p->number, strerror(-a->fd));
        free(a);
        return 0;
    }
    vz_machine_send(p->vsock->machine, &a->parcel);
    return 1;
}

static const struct objc_method methods[] = {
    {"listener:shouldAcceptNewConnection:fromSocketDevice:", (void (*)(void))should_accept,
     OBJC_BOOL "@:@@@"},
};
static const struct objc_class_spec delegate_class = {
    .name = "BerthSocketDelegate",
    .protocol = "VZVirtioSocketListenerDelegate",
    .methods = methods,
    .nr_methods = ARRAY_LEN(methods),
};

static int refuse(uint32_t port, struct err *err)
{
    return err_set(err, -ENOTSUP,
                   "vsock port %u: the VM has no vsock device; add --device virtio-vsock", port);
}

static id socket_device(id vm)
{
    return ns_array_at(vz_vm_socket_devices(vm), 0);
}

static void start_listening(id vm, void *ctx)
{
    struct vz_port *p = ctx;

    p->framework_listener = ns_init(VZ_ALLOC(VZVirtioSocketListener));
    vz_listener_set_delegate(p->framework_listener, p->delegate);
    vz_socket_set_listener(socket_device(vm), p->framework_listener, p->number);
}

static void stop_listening(id vm, void *ctx)
{
    const struct vz_port *p = ctx;

    vz_socket_remove_listener(socket_device(vm), p->number);
    vz_listener_set_delegate(p->framework_listener, NULL);
    objc_release(p->framework_listener);
}

int vz_vsock_listen(struct vz_vsock *v, uint32_t port, const struct vsock_listener *listener,
                    struct err *err)
{
    struct vz_port *p;

    if (!v->has_device)
        return refuse(port, err);
    vz_vsock_unlisten(v, port);
    p = malloc(sizeof(*p));
    if (!p)
        return err_set(err, -ENOMEM, "out of memory");
    *p = (struct vz_port){.vsock = v, .number = port, .listener = *listener, .next = v->ports};
    p->delegate = objc_delegate_create(&delegate_class, p);
    if (!p->delegate) {
        free(p);
        return err_set(err, -ENOMEM, "out of memory");
    }
    v->ports = p;
    vz_machine_do(v->machine, start_listening, p);
    return 0;
}

/* The delegate is called on the queue, so not any more once stop_listening has been there. */
void vz_vsock_unlisten(struct vz_vsock *v, uint32_t port)
{
    struct vz_port *p = find_port(v, port), **at = &v->ports;

    if (!p)
        return;
    while (*at != p)
        at = &(*at)->next;
    *at = p->next;
    vz_machine_do(v->machine, stop_listening, p);
    objc_release(p->delegate);
    free(p);
}

void vz_vsock_finish(struct vz_vsock *v)
{
    while (v->ports)
        vz_vsock_unlisten(v, v->ports->number);
}

/* --- the host connects --- */

struct departure {
    struct vz_parcel parcel;
    struct vz_machine *machine; /* a reference */
    struct vsock_connect *c;    /* NULL: cancelled. Loop thread */
    uint32_t port;
    int fd; /* -1: `err` says why not */
    struct err err;
};

static void open_departure(struct vz_parcel *parcel, bool delivered)
{
    struct departure *d = container_of(parcel, struct departure, parcel);
    struct vsock_connect *c = delivered ? d->c : NULL;

    if (c) {
        c->impl = NULL;
        c->done(c->ctx, d->fd, d->fd < 0 ? &d->err : NULL);
    } else if (d->fd >= 0) {
        (void)close(d->fd);
    }
    free(d);
}

/* On the queue. */
static void on_connected(struct objc_block *b, id connection, id error)
{
    struct departure *d = b->ctx;
    struct vz_machine *machine = d->machine;
    void *pool = objc_autoreleasePoolPush();

    if (connection) {
        d->fd = copy_descriptor(connection);
        if (d->fd < 0)
            (void)err_set(&d->err, d->fd, "vsock port %u: %s", d->port, strerror(-d->fd));
    } else {
        (void)vz_error(&d->err, error, "vsock port %u of the guest", d->port);
    }
    vz_machine_send(machine, &d->parcel);
    vz_machine_unref(machine);
    objc_autoreleasePoolPop(pool);
}

static void start_connecting(id vm, void *ctx)
{
    struct departure *d = ctx;
    struct objc_block block = objc_block_2(on_connected, d);

    vz_socket_connect(socket_device(vm), d->port, &block);
}

int vz_vsock_connect(struct vz_vsock *v, uint32_t port, struct vsock_connect *c, struct err *err)
{
    struct departure *d;

    if (!v->has_device)
        return refuse(port, err);
    d = malloc(sizeof(*d));
    if (!d)
        return err_set(err, -ENOMEM, "out of memory");
    *d = (struct departure){.parcel.open = open_departure,
                            .machine = vz_machine_ref(v->machine),
                            .c = c,
                            .port = port,
                            .fd = -1};
    c->impl = d;
    vz_machine_do_later(v->machine, start_connecting, d);
    return 0;
}

void vz_vsock_cancel(struct vsock_connect *c)
{
    struct departure *d = c->impl;

    if (d)
        d->c = NULL;
    c->impl = NULL;
}
