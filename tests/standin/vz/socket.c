/* SPDX-License-Identifier: Apache-2.0
 *
 * The vsock device: what a guest would do is done by whoever connects to sockets in the directory
 * BERTH_STANDIN_VSOCK. "guest" there: a line with a port, then the connection is one of the guest's
 * to that port of the host. A socket named by a port is a listener in the guest. */
#include "host/socket.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/thread.h"
#include "methods.h"

static void vsock_path(char *ret, size_t size, const char *name)
{
    (void)snprintf(ret, size, "%s/%s", scenario("VSOCK"), name);
}

static void port_key(char *ret, size_t size, uint32_t port)
{
    (void)snprintf(ret, size, "port %u", port);
}

static void close_connection(id self)
{
    int fd = (int)get_number(self, "fileDescriptor");

    if (fd >= 0)
        (void)close(fd);
    put_number(self, "fileDescriptor", (uint64_t)-1);
}

void connection_close(id self, SEL cmd)
{
    close_connection(self);
}

static id new_connection(int fd, uint32_t port)
{
    id c = new_object("VZVirtioSocketConnection");

    put_number(c, "fileDescriptor", (uint64_t)fd);
    put_number(c, "sourcePort", 1000);
    put_number(c, "destinationPort", port);
    c->finish = close_connection;
    return objc_autorelease(c);
}

/* --- the guest connects --- */

struct arrival {
    id device; /* a reference */
    int fd;
    uint32_t port;
};

static objc_bool ask(id device, id listener, id connection)
{
    const char *name = "listener:shouldAcceptNewConnection:fromSocketDevice:";
    id delegate = get_object(listener, "delegate");
    void (*imp)(void) = own_method(delegate, name);

    return imp && ((objc_bool(*)(id, SEL, id, id, id))imp)(delegate, sel_registerName(name),
                                                           listener, connection, device);
}

static void on_arrival(void *arg)
{
    struct arrival *a = arg;
    void *pool = objc_autoreleasePoolPush();
    id connection = new_connection(a->fd, a->port);
    char key[24];
    id listener;

    port_key(key, sizeof(key), a->port);
    listener = get_object(a->device, key);
    if (listener)
        (void)ask(a->device, listener, connection);
    objc_autoreleasePoolPop(pool); /* the connection ends here unless somebody kept it */
    objc_release(a->device);
    free(a);
}

static uint32_t read_port(int fd)
{
    char line[16] = "";

    for (size_t i = 0; i + 1 < sizeof(line) && read(fd, line + i, 1) == 1 && line[i] != '\n'; i++)
        ;
    return (uint32_t)strtoul(line, NULL, 10);
}

/* The socket that stands for the guest's side of the device, and the thread that waits there. */
struct door {
    id device;
    int fd, quit[2];
    pthread_t thread;
};

static void admit(struct door *d)
{
    struct arrival a = {.fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC)}, *copy = malloc(sizeof(a));

    if (!copy)
        abort();
    if (a.fd >= 0)
        a.port = read_port(a.fd);
    a.device = a.fd >= 0 ? object_try_retain(d->device) : NULL;
    if (!a.device) {
        (void)close(a.fd);
        free(copy);
        return;
    }
    *copy = a;
    dispatch_async_f(a.device->queue, copy, on_arrival);
}

static void *watch_door(void *arg)
{
    struct door *d = arg;
    struct pollfd fds[] = {{.fd = d->fd, .events = POLLIN}, {.fd = d->quit[0], .events = POLLIN}};

    while (poll(fds, ARRAY_LEN(fds), -1) >= 0 && !fds[1].revents)
        if (fds[0].revents)
            admit(d);
    return NULL;
}

static void close_door(id device)
{
    struct door *d = device->impl;
    char path[128];

    (void)!write(d->quit[1], "q", 1);
    (void)pthread_join(d->thread, NULL);
    vsock_path(path, sizeof(path), "guest");
    (void)unlink(path);
    (void)close(d->fd);
    (void)close(d->quit[0]);
    (void)close(d->quit[1]);
    free(d);
}

void socket_open(id device)
{
    struct door *d = scenario("VSOCK") ? calloc(1, sizeof(*d)) : NULL;
    struct sockaddr_un addr;
    socklen_t len;
    char path[128];

    if (!d)
        return;
    vsock_path(path, sizeof(path), "guest");
    if (socket_unix_address(path, &addr, &len) < 0 || pipe2(d->quit, O_CLOEXEC) < 0)
        abort();
    d->device = device;
    d->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&addr, len) < 0 || listen(d->fd, 8) < 0 ||
        thread_create(&d->thread, watch_door, d) < 0)
        standin_fail("no socket %s for the guest: does it exist already?", path);
    device->impl = d;
    device->finish = close_door;
}

void socket_set_listener(id self, SEL cmd, id listener, uint32_t port)
{
    char key[24];

    port_key(key, sizeof(key), port);
    put_object(self, key, listener);
}

void socket_remove_listener(id self, SEL cmd, uint32_t port)
{
    char key[24];

    port_key(key, sizeof(key), port);
    put_object(self, key, NULL);
}

/* --- the host connects --- */

struct departure {
    struct objc_block *block;
    int fd;
    uint32_t port;
};

static void on_departure(void *arg)
{
    struct departure *d = arg;
    void *pool = objc_autoreleasePoolPush();
    id error = d->fd < 0
                   ? error_of("NSPOSIXErrorDomain", 54, "The operation couldn't be completed.",
                              "Connection reset by peer")
                   : NULL;

    block_call_2(d->block, d->fd < 0 ? NULL : new_connection(d->fd, d->port), error);
    objc_autoreleasePoolPop(pool);
    free(d);
}

void socket_connect(id self, SEL cmd, uint32_t port, struct objc_block *block)
{
    struct departure *d = calloc(1, sizeof(*d));
    struct sockaddr_un addr;
    socklen_t len;
    char path[128], name[16];

    if (!d)
        abort();
    (void)snprintf(name, sizeof(name), "%u", port);
    vsock_path(path, sizeof(path), name);
    *d = (struct departure){.block = block_copy(block),
                            .port = port,
                            .fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (!scenario("VSOCK") || socket_unix_address(path, &addr, &len) < 0 ||
        connect(d->fd, (struct sockaddr *)&addr, len) < 0) {
        (void)close(d->fd);
        d->fd = -1;
    }
    dispatch_async_f(self->queue, d, on_departure);
}
