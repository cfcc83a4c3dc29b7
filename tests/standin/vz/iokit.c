/* SPDX-License-Identifier: Apache-2.0
 *
 * Power notifications of one program. Apple's rules, each held to: messages come on the port's
 * queue; a sleep that is asked about or announced is answered by IOAllowPowerChange with the
 * message's own number, once, within 30 seconds; what was registered is deregistered, destroyed and
 * closed. The scenario SLEEP_PIPE names a pipe: each line that is written into it is a number of
 * seconds to sleep. */
#include "iokit.h"

#include <dlfcn.h>
#include <errno.h>
#include <mach/mach.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "host/thread.h"
#include "standin.h"

#define kIOMessageCanSystemSleep     UINT32_C(0xe0000270)
#define kIOMessageSystemWillSleep    UINT32_C(0xe0000280)
#define kIOMessageSystemHasPoweredOn UINT32_C(0xe0000300)
#define kIOMessageSystemWillPowerOn  UINT32_C(0xe0000320)

enum { ROOT = 0x1003, NOTIFIER = 0x1103, PATIENCE_S = 30 };

typedef mach_port_t io_object_t;
typedef struct IONotificationPort *IONotificationPortRef;
typedef void (*IOServiceInterestCallback)(void *ctx, io_object_t service, uint32_t type,
                                          void *argument);

struct IONotificationPort {
    dispatch_queue_t queue;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER;
static struct { /* under the lock */
    struct IONotificationPort *port;
    IOServiceInterestCallback fn;
    void *ctx;
    bool open;      /* the root port is */
    intptr_t asked; /* an answer is awaited for this number; 0: none */
    intptr_t last_id;
    uint64_t slept_ns;
} power;

io_object_t IORegisterForSystemPower(void *ctx, IONotificationPortRef *port,
                                     IOServiceInterestCallback fn, io_object_t *notifier);
kern_return_t IODeregisterForSystemPower(io_object_t *notifier);
kern_return_t IOAllowPowerChange(io_object_t root, intptr_t number);
kern_return_t IOServiceClose(io_object_t root);
void IONotificationPortSetDispatchQueue(IONotificationPortRef port, dispatch_queue_t queue);
void IONotificationPortDestroy(IONotificationPortRef port);

/* --- the program's side --- */

static void *serve_pipe(void *arg)
{
    FILE *in = arg;
    char line[32];

    while (fgets(line, sizeof(line), in))
        iokit_sleep(strtoull(line, NULL, 10) * 1000000000);
    (void)fclose(in);
    return NULL;
}

/* Ends with the process: it may be waiting for the test to write. */
static void open_pipe(void)
{
    const char *path = scenario("SLEEP_PIPE");
    FILE *in = path ? fopen(path, "r+e") : NULL;
    pthread_t thread;

    if (in && thread_create(&thread, serve_pipe, in) == 0)
        (void)pthread_detach(thread);
}

io_object_t IORegisterForSystemPower(void *ctx, IONotificationPortRef *port,
                                     IOServiceInterestCallback fn, io_object_t *notifier)
{
    if (scenario("NO_IOKIT"))
        return MACH_PORT_NULL;
    (void)pthread_mutex_lock(&lock);
    if (power.fn || power.port || power.open)
        standin_fail("IORegisterForSystemPower: what was registered before is not given back");
    power.port = *port = calloc(1, sizeof(**port));
    power.fn = fn;
    power.ctx = ctx;
    power.open = true;
    *notifier = NOTIFIER;
    (void)pthread_mutex_unlock(&lock);
    account_add(ACCOUNT_OBJECTS, 3);
    open_pipe();
    return ROOT;
}

kern_return_t IODeregisterForSystemPower(io_object_t *notifier)
{
    (void)pthread_mutex_lock(&lock);
    if (*notifier != NOTIFIER || !power.fn)
        standin_fail("IODeregisterForSystemPower: of nothing registered");
    power.fn = NULL;
    *notifier = MACH_PORT_NULL;
    (void)pthread_mutex_unlock(&lock);
    account_add(ACCOUNT_OBJECTS, -1);
    return 0;
}

kern_return_t IOAllowPowerChange(io_object_t root, intptr_t number)
{
    (void)pthread_mutex_lock(&lock);
    if (root != ROOT || !power.open)
        standin_fail("IOAllowPowerChange: not on the root port");
    if (number == 0 || number != power.asked)
        standin_fail("IOAllowPowerChange: nobody waits for an answer to %ld", (long)number);
    power.asked = 0;
    (void)pthread_cond_broadcast(&answered);
    (void)pthread_mutex_unlock(&lock);
    return 0;
}

kern_return_t IOServiceClose(io_object_t root)
{
    (void)pthread_mutex_lock(&lock);
    if (root != ROOT || !power.open || power.asked)
        standin_fail("IOServiceClose: %s",
                     power.asked ? "the kernel waits for an answer" : "of nothing open");
    power.open = false;
    (void)pthread_mutex_unlock(&lock);
    account_add(ACCOUNT_OBJECTS, -1);
    return 0;
}

void IONotificationPortSetDispatchQueue(IONotificationPortRef port, dispatch_queue_t queue)
{
    (void)pthread_mutex_lock(&lock);
    port->queue = queue;
    (void)pthread_mutex_unlock(&lock);
}

void IONotificationPortDestroy(IONotificationPortRef port)
{
    (void)pthread_mutex_lock(&lock);
    if (port != power.port || power.fn)
        standin_fail("IONotificationPortDestroy: before the notifier is deregistered");
    power.port = NULL;
    (void)pthread_mutex_unlock(&lock);
    free(port);
    account_add(ACCOUNT_OBJECTS, -1);
}

/* --- the kernel's side --- */

struct message {
    uint32_t type;
    intptr_t number;
};

static void deliver(void *arg)
{
    struct message *m = arg;
    IOServiceInterestCallback fn;
    void *ctx;

    (void)pthread_mutex_lock(&lock);
    fn = power.fn;
    ctx = power.ctx;
    if (!fn && m->number && m->number == power.asked) { /* who has gone need not be asked */
        power.asked = 0;
        (void)pthread_cond_broadcast(&answered);
    }
    (void)pthread_mutex_unlock(&lock);
    if (fn)
        fn(ctx, ROOT, m->type, (void *)m->number); /* NOLINT: Apple's way to pass it */
    free(m);
}

/* On the port's queue, if there is one: false if nobody listens. Under the lock. */
static bool send(uint32_t type, intptr_t number)
{
    struct message *m = power.port && power.port->queue ? malloc(sizeof(*m)) : NULL;

    if (!m)
        return false;
    *m = (struct message){type, number};
    dispatch_async_f(power.port->queue, m, deliver);
    return true;
}

static void ask(uint32_t type)
{
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    power.asked = ++power.last_id;
    if (!send(type, power.asked))
        power.asked = 0;
    while (power.asked && rc == 0)
        rc = pthread_cond_timedwait(&answered, &lock, &until);
    if (rc == ETIMEDOUT)
        standin_fail("message 0x%x is not answered within %d seconds", type, PATIENCE_S);
}

void iokit_sleep(uint64_t ns)
{
    (void)pthread_mutex_lock(&lock);
    ask(kIOMessageCanSystemSleep);
    ask(kIOMessageSystemWillSleep);
    power.slept_ns += ns;
    (void)send(kIOMessageSystemWillPowerOn, 0);
    (void)send(kIOMessageSystemHasPoweredOn, 0);
    (void)pthread_mutex_unlock(&lock);
}

void iokit_message(uint32_t type)
{
    (void)pthread_mutex_lock(&lock);
    (void)send(type, 0);
    (void)pthread_mutex_unlock(&lock);
}

unsigned long long clock_gettime_nsec_np(clockid_t clock)
{
    struct timespec ts;
    unsigned long long ns;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    ns = (unsigned long long)ts.tv_sec * 1000000000 + (unsigned long long)ts.tv_nsec;
    (void)pthread_mutex_lock(&lock);
    if (clock == CLOCK_MONOTONIC_RAW)
        ns += power.slept_ns;
    else if (clock != CLOCK_UPTIME_RAW)
        standin_fail("clock_gettime_nsec_np: clock %d is not known", (int)clock);
    (void)pthread_mutex_unlock(&lock);
    return ns;
}

/* --- the library --- */

void *standin_dlopen(const char *path, int mode)
{
    static char library;

    (void)mode;
    return strcmp(path, "/System/Library/Frameworks/IOKit.framework/Versions/A/IOKit") ? NULL
                                                                                       : &library;
}

void *standin_dlsym(void *library, const char *name)
{
#define FUNCTION(f)                                                                                \
    {                                                                                              \
#f, (void (*)(void))f                                                                      \
    }
    static const struct {
        const char *name;
        void (*fn)(void);
    } functions[] = {FUNCTION(IORegisterForSystemPower),
                     FUNCTION(IODeregisterForSystemPower),
                     FUNCTION(IOAllowPowerChange),
                     FUNCTION(IOServiceClose),
                     FUNCTION(IONotificationPortSetDispatchQueue),
                     FUNCTION(IONotificationPortDestroy)};
#undef FUNCTION
    void *ret = NULL;

    for (size_t i = 0; i < ARRAY_LEN(functions); i++)
        if (!strcmp(name, functions[i].name))
            memcpy(&ret, &functions[i].fn, sizeof(ret));
    return ret;
}
