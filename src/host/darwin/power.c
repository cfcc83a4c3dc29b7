/* SPDX-License-Identifier: Apache-2.0
 *
 * IORegisterForSystemPower (IOKit/pwr_mgt/IOPMLib.h). The framework is loaded only when somebody
 * wants to know. Its messages come on a dispatch queue; the loop is told by a task, and the kernel
 * gets its permission to sleep when the loop's observer has returned. */
#include <dispatch/dispatch.h>
#include <dlfcn.h>
#include <errno.h>
#include <mach/mach.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/loop.h"
#include "host/power_source.h"

#define IOKIT "/System/Library/Frameworks/IOKit.framework/Versions/A/IOKit"

/* IOKit/IOMessage.h */
#define kIOMessageCanSystemSleep     UINT32_C(0xe0000270)
#define kIOMessageSystemWillSleep    UINT32_C(0xe0000280)
#define kIOMessageSystemHasPoweredOn UINT32_C(0xe0000300)

typedef mach_port_t io_object_t; /* as Apple names them */
typedef struct IONotificationPort *IONotificationPortRef;

struct iokit {
    io_object_t (*IORegisterForSystemPower)(void *ctx, IONotificationPortRef *port,
                                            void (*fn)(void *ctx, io_object_t service, uint32_t type,
                                                       void *argument),
                                            io_object_t *notifier);
    kern_return_t (*IODeregisterForSystemPower)(io_object_t *notifier);
    kern_return_t (*IOAllowPowerChange)(io_object_t root, intptr_t id);
    kern_return_t (*IOServiceClose)(io_object_t root);
    void (*IONotificationPortSetDispatchQueue)(IONotificationPortRef port, dispatch_queue_t queue);
    void (*IONotificationPortDestroy)(IONotificationPortRef port);
};

struct power_source {
    struct iokit iokit;
    struct loop *loop;
    struct power_source_sink sink;
    dispatch_queue_t queue;
    IONotificationPortRef port;
    io_object_t root, notifier;
    struct task task;
    _Atomic intptr_t sleep_id;   /* the permission that the kernel waits for; NO_ID: none */
    _Atomic bool has_powered_on; /* both: written on the queue, taken on the loop */
};

#define NO_ID INTPTR_MIN

static bool look_up(void *framework, const char *name, void *member, size_t len)
{
    void *address = dlsym(framework, name);

    memcpy(member, &address, len);
    return address;
}

static int load(struct iokit *io)
{
    void *framework = dlopen(IOKIT, RTLD_LAZY | RTLD_LOCAL);

#define FIND(name) look_up(framework, #name, &io->name, sizeof(io->name))
    if (!framework || !FIND(IORegisterForSystemPower) || !FIND(IODeregisterForSystemPower) ||
        !FIND(IOAllowPowerChange) || !FIND(IOServiceClose) ||
        !FIND(IONotificationPortSetDispatchQueue) || !FIND(IONotificationPortDestroy))
        return -ENOSYS;
#undef FIND
    return 0;
}

/* Loop thread. */
static void tell(struct task *t)
{
    struct power_source *s = container_of(t, struct power_source, task);
    intptr_t id = atomic_exchange(&s->sleep_id, NO_ID);

    if (id != NO_ID) {
        s->sink.will_sleep(s->sink.ctx);
        (void)s->iokit.IOAllowPowerChange(s->root, id);
    }
    if (atomic_exchange(&s->has_powered_on, false))
        s->sink.may_have_slept(s->sink.ctx);
}

/* On the queue. */
static void on_message(void *ctx, io_object_t service, uint32_t type, void *argument)
{
    struct power_source *s = ctx;

    (void)service;
    switch (type) {
    case kIOMessageCanSystemSleep: /* asked only when idle: a VM that computes is not */
        (void)s->iokit.IOAllowPowerChange(s->root, (intptr_t)argument);
        break;
    case kIOMessageSystemWillSleep:
        atomic_store(&s->sleep_id, (intptr_t)argument);
        loop_post(s->loop, &s->task);
        break;
    case kIOMessageSystemHasPoweredOn:
        atomic_store(&s->has_powered_on, true);
        loop_post(s->loop, &s->task);
        break;
    default:
        break;
    }
}

static int start(struct power_source *s)
{
    int rc = load(&s->iokit);

    if (rc < 0)
        return rc;
    s->queue = dispatch_queue_create("berth.power", DISPATCH_QUEUE_SERIAL);
    if (!s->queue)
        return -ENOMEM;
    s->root = s->iokit.IORegisterForSystemPower(s, &s->port, on_message, &s->notifier);
    if (s->root == MACH_PORT_NULL) {
        dispatch_release(s->queue);
        return -EIO;
    }
    s->iokit.IONotificationPortSetDispatchQueue(s->port, s->queue);
    return 0;
}

int power_source_open(struct loop *l, const struct power_source_sink *sink,
                      struct power_source **ret, struct err *err)
{
    struct power_source *s = calloc(1, sizeof(*s));
    int rc = -ENOMEM;

    if (s) {
        s->loop = l;
        s->sink = *sink;
        s->task.fn = tell;
        atomic_init(&s->sleep_id, NO_ID);
        rc = start(s);
    }
    if (rc < 0) {
        free(s);
        return err_set(err, rc, "host sleep cannot be observed: IOKit: %s", strerror(-rc));
    }
    *ret = s;
    return 0;
}

static void nothing(void *ctx)
{
    (void)ctx;
}

void power_source_close(struct power_source *s)
{
    intptr_t id;

    (void)s->iokit.IODeregisterForSystemPower(&s->notifier);
    s->iokit.IONotificationPortSetDispatchQueue(s->port, NULL);
    dispatch_sync_f(s->queue, NULL, nothing); /* the last message has been handled */
    loop_cancel(s->loop, &s->task);
    id = atomic_exchange(&s->sleep_id, NO_ID);
    if (id != NO_ID)
        (void)s->iokit.IOAllowPowerChange(s->root, id);
    s->iokit.IONotificationPortDestroy(s->port);
    (void)s->iokit.IOServiceClose(s->root);
    dispatch_release(s->queue);
    free(s);
}

uint64_t power_asleep_ns(void)
{
    uint64_t running = clock_gettime_nsec_np(CLOCK_UPTIME_RAW); /* first: never negative */

    return clock_gettime_nsec_np(CLOCK_MONOTONIC_RAW) - running;
}
