/* SPDX-License-Identifier: Apache-2.0
 *
 * The stand-in's VZVirtualMachine: its states, handlers and delegate, its balloon and its vsock, as
 * the engine meets them. The guest merely exists, so that no kernel is needed. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "apple_test.h"
#include "base/compiler.h"
#include "host/socket.h"

#include <cmocka.h>

enum { STOPPED, RUNNING, PAUSED, ERROR }; /* VZVirtualMachineState */
enum { PATIENCE_S = 20 };

/* What the VM's queue has told so far. */
struct seen {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct told {
        unsigned nr;
        NSInteger code; /* of the last one's NSError; 0: none */
    } done, stopped, failed, connections, disconnected;
    int fd; /* of the last connection */
    bool accept;
};

struct rig {
    struct seen seen;
    dispatch_queue_t q;
    id vm, delegate;
};

static void note(struct seen *s, struct told *what, id error)
{
    (void)pthread_mutex_lock(&s->lock);
    what->nr++;
    what->code = error ? ns_error_code(error) : 0;
    (void)pthread_cond_broadcast(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

static void wait_for(struct seen *s, const struct told *what, unsigned n)
{
    struct timespec until;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    (void)pthread_mutex_lock(&s->lock);
    while (what->nr < n && rc == 0)
        rc = pthread_cond_timedwait(&s->changed, &s->lock, &until);
    (void)pthread_mutex_unlock(&s->lock);
    assert_int_equal(rc, 0);
}

/* --- the delegate --- */

static void guest_did_stop(id self, SEL cmd, id vm)
{
    struct rig *r = objc_delegate_ctx(self);

    note(&r->seen, &r->seen.stopped, NULL);
}

static void did_stop_with_error(id self, SEL cmd, id vm, id error)
{
    struct rig *r = objc_delegate_ctx(self);

    note(&r->seen, &r->seen.failed, error);
}

static void network_gone(id self, SEL cmd, id vm, id device, id error)
{
    struct rig *r = objc_delegate_ctx(self);

    assert_int_equal(ns_array_index_of(vz_vm_network_devices(vm), device), 0);
    note(&r->seen, &r->seen.disconnected, error);
}

static objc_bool should_accept(id self, SEL cmd, id listener, id connection, id device)
{
    struct rig *r = objc_delegate_ctx(self);

    r->seen.fd = r->seen.accept ? dup(vz_connection_fd(connection)) : -1;
    note(&r->seen, &r->seen.connections, NULL);
    return r->seen.accept;
}

static const struct objc_method methods[] = {
    {"guestDidStopVirtualMachine:", (void (*)(void))guest_did_stop, "v@:@"},
    {"virtualMachine:didStopWithError:", (void (*)(void))did_stop_with_error, "v@:@@"},
    {"virtualMachine:networkDevice:attachmentWasDisconnectedWithError:",
     (void (*)(void))network_gone, "v@:@@@"},
    {"listener:shouldAcceptNewConnection:fromSocketDevice:", (void (*)(void))should_accept,
     OBJC_BOOL "@:@@@"},
};
static const struct objc_class_spec delegate_class = {.name = "TestVMDelegate",
                                                      .protocol = NULL,
                                                      .methods = methods,
                                                      .nr_methods = ARRAY_LEN(methods)};

/* --- on the queue --- */

struct job {
    struct rig *r;
    void (*fn)(struct rig *r);
};

static void do_job(void *arg)
{
    const struct job *j = arg;
    void *pool = objc_autoreleasePoolPush();

    j->fn(j->r);
    objc_autoreleasePoolPop(pool);
}

static void on_queue_do(struct rig *r, void (*fn)(struct rig *r))
{
    struct job j = {r, fn};

    dispatch_sync_f(r->q, &j, do_job);
}

static void on_done(struct objc_block *b, id error)
{
    struct rig *r = b->ctx;

    note(&r->seen, &r->seen.done, error);
}

#define OPERATION(name, call)                                                                      \
    static void name(struct rig *r)                                                                \
    {                                                                                              \
        struct objc_block b = objc_block_1(on_done, r);                                            \
                                                                                                   \
        call(r->vm, &b);                                                                           \
    }
OPERATION(start, vz_vm_start)
OPERATION(pause_vm, vz_vm_pause)
OPERATION(resume, vz_vm_resume)
OPERATION(stop, vz_vm_stop)

/* Runs the operation and returns the code of its error. */
static NSInteger run(struct rig *r, void (*operation)(struct rig *r))
{
    unsigned n = r->seen.done.nr;

    on_queue_do(r, operation);
    wait_for(&r->seen, &r->seen.done, n + 1);
    return r->seen.done.code;
}

static NSInteger state_seen;
static bool can_stop_seen, can_ask_seen;

static void look(struct rig *r)
{
    state_seen = vz_vm_state(r->vm);
    can_stop_seen = vz_vm_can_stop(r->vm);
    can_ask_seen = vz_vm_can_request_stop(r->vm);
}

static NSInteger state_of(struct rig *r)
{
    on_queue_do(r, look);
    return state_seen;
}

/* --- set up --- */

static void be_born(struct rig *r)
{
    id config = empty_config(), net = new_of("VZVirtioNetworkDeviceConfiguration");

    vz_net_set_attachment(net, new_of("VZNATNetworkDeviceAttachment"));
    vz_config_set_network(config, list_with(net));
    vz_config_set_sockets(config, list_with(new_of("VZVirtioSocketDeviceConfiguration")));
    vz_config_set_balloons(
        config, list_with(new_of("VZVirtioTraditionalMemoryBalloonDeviceConfiguration")));
    assert_true(vz_config_validate(config, NULL));
    r->vm = vz_vm_init(ns_alloc(VZ_CLASS(VZVirtualMachine)), config, r->q);
    vz_vm_set_delegate(r->vm, r->delegate);
}

static void die(struct rig *r)
{
    vz_vm_set_delegate(r->vm, NULL);
    objc_release(r->vm);
}

static int set_up(void **state)
{
    static struct rig r;

    r = (struct rig){.seen = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, .fd = -1},
                     .q = dispatch_queue_create("vm", NULL)};
    r.delegate = objc_delegate_create(&delegate_class, &r);
    on_queue_do(&r, be_born);
    *state = &r;
    return 0;
}

static int tear_down(void **state)
{
    static const char *const names[] = {"START_ERROR",    "PAUSE_ERROR", "RESUME_ERROR",
                                        "STOP_ERROR",     "DIES_MS",     "REQUEST_STOP_ERROR",
                                        "NETWORK_GONE_MS"};
    struct rig *r = *state;

    on_queue_do(r, die);
    dispatch_release(r->q);
    objc_release(r->delegate);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        pretend(names[i], NULL);
    return 0;
}

/* --- life --- */

static void states_follow_the_operations(void **state)
{
    struct rig *r = *state;

    assert_int_equal(state_of(r), STOPPED);
    assert_false(can_stop_seen || can_ask_seen);
    assert_int_equal(run(r, start), 0);
    assert_int_equal(state_of(r), RUNNING);
    assert_true(can_stop_seen && can_ask_seen);
    assert_int_equal(run(r, pause_vm), 0);
    assert_int_equal(state_of(r), PAUSED);
    assert_true(can_stop_seen && !can_ask_seen);
    assert_int_equal(run(r, resume), 0);
    assert_int_equal(state_of(r), RUNNING);
    assert_int_equal(run(r, stop), 0);
    assert_int_equal(state_of(r), STOPPED);
    assert_int_equal(run(r, start), 0);
    assert_int_equal(state_of(r), RUNNING);
    assert_int_equal(r->seen.stopped.nr + r->seen.failed.nr, 0);
}

static void what_the_state_forbids_is_an_error(void **state)
{
    struct rig *r = *state;

    assert_int_equal(run(r, pause_vm), 4);
    assert_int_equal(run(r, resume), 4);
    assert_int_equal(run(r, stop), 4);
    assert_int_equal(run(r, start), 0);
    assert_int_equal(run(r, start), 4);
    assert_int_equal(run(r, resume), 4);
}

static NSInteger ask_code;

static void ask(struct rig *r)
{
    id error = NULL;

    ask_code = vz_vm_request_stop(r->vm, &error) ? 0 : ns_error_code(error);
}

static void power_button_stops_the_guest(void **state)
{
    struct rig *r = *state;

    on_queue_do(r, ask);
    assert_int_equal(ask_code, 3);
    assert_int_equal(run(r, start), 0);
    on_queue_do(r, ask);
    assert_int_equal(ask_code, 0);
    wait_for(&r->seen, &r->seen.stopped, 1);
    assert_int_equal(state_of(r), STOPPED);
}

static void forced_errors_leave_the_state(void **state)
{
    struct rig *r = *state;

    pretend("START_ERROR", "6");
    assert_int_equal(run(r, start), 6);
    assert_int_equal(state_of(r), STOPPED);
    pretend("START_ERROR", NULL);
    assert_int_equal(run(r, start), 0);
    pretend("PAUSE_ERROR", "1");
    assert_int_equal(run(r, pause_vm), 1);
    pretend("STOP_ERROR", "1");
    assert_int_equal(run(r, stop), 1);
    pretend("REQUEST_STOP_ERROR", "10");
    on_queue_do(r, ask);
    assert_int_equal(ask_code, 10);
    assert_int_equal(state_of(r), RUNNING);
}

static void its_death_is_told(void **state)
{
    struct rig *r = *state;

    pretend("DIES_MS", "1");
    assert_int_equal(run(r, start), 0);
    wait_for(&r->seen, &r->seen.failed, 1);
    assert_int_equal(r->seen.failed.code, 1);
    assert_int_equal(state_of(r), ERROR);
    pretend("DIES_MS", NULL);
    assert_int_equal(run(r, start), 0);
}

static void a_network_that_goes_is_told(void **state)
{
    struct rig *r = *state;

    pretend("NETWORK_GONE_MS", "1");
    assert_int_equal(run(r, start), 0);
    wait_for(&r->seen, &r->seen.disconnected, 1);
    assert_int_equal(r->seen.disconnected.code, 7);
    assert_int_equal(state_of(r), RUNNING);
}

static void going_while_it_runs_is_fine(void **state)
{
    assert_int_equal(run(*state, start), 0);
}

/* --- devices --- */

static void squeeze(struct rig *r)
{
    id balloon = ns_array_at(vz_vm_balloons(r->vm), 0);

    assert_int_equal(vz_balloon_target(balloon), UINT64_C(64) << 20);
    vz_balloon_set_target(balloon, (UINT64_C(32) << 20) + 5);
    assert_int_equal(vz_balloon_target(balloon), UINT64_C(32) << 20);
    vz_balloon_set_target(balloon, UINT64_C(1) << 40);
    assert_int_equal(vz_balloon_target(balloon), UINT64_C(64) << 20);
    vz_balloon_set_target(balloon, 0);
    assert_int_equal(vz_balloon_target(balloon), UINT64_C(4) << 20);
}

static void balloon_targets_are_within_bounds(void **state)
{
    on_queue_do(*state, squeeze);
}

static void listen_on_1024(struct rig *r)
{
    id listener = new_of("VZVirtioSocketListener");

    vz_listener_set_delegate(listener, r->delegate);
    vz_socket_set_listener(ns_array_at(vz_vm_socket_devices(r->vm), 0), listener, 1024);
}

static void listen_no_more(struct rig *r)
{
    vz_socket_remove_listener(ns_array_at(vz_vm_socket_devices(r->vm), 0), 1024);
}

/* The guest's side of a connection to `port`. */
static int connect_as_guest(unsigned port)
{
    struct sockaddr_un addr;
    socklen_t len;
    char path[128], line[16];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), n;

    (void)snprintf(path, sizeof(path), "%s/guest", temporary_dir());
    assert_int_equal(socket_unix_address(path, &addr, &len), 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, len), 0);
    n = snprintf(line, sizeof(line), "%u\n", port);
    assert_int_equal(write(fd, line, (size_t)n), n);
    return fd;
}

static void the_guest_connects_to_the_host(void **state)
{
    struct rig *r = *state;
    char byte = 0;
    int fd;

    r->seen.accept = true;
    on_queue_do(r, listen_on_1024);
    fd = connect_as_guest(1024);
    wait_for(&r->seen, &r->seen.connections, 1);
    assert_int_equal(write(r->seen.fd, "h", 1), 1);
    assert_int_equal(read(fd, &byte, 1), 1);
    assert_int_equal(byte, 'h');
    (void)close(r->seen.fd);
    assert_int_equal(read(fd, &byte, 1), 0);
    (void)close(fd);
    on_queue_do(r, listen_no_more);
}

static void who_is_not_accepted_is_closed(void **state)
{
    struct rig *r = *state;
    char byte;
    int fd;

    on_queue_do(r, listen_on_1024);
    fd = connect_as_guest(1024);
    assert_int_equal(read(fd, &byte, 1), 0);
    (void)close(fd);
    fd = connect_as_guest(1025);
    assert_int_equal(read(fd, &byte, 1), 0);
    (void)close(fd);
    on_queue_do(r, listen_no_more);
    assert_int_equal(r->seen.connections.nr, 1);
}

static void on_connected(struct objc_block *b, id connection, id error)
{
    struct rig *r = b->ctx;

    r->seen.fd = connection ? dup(vz_connection_fd(connection)) : -1;
    note(&r->seen, &r->seen.done, error);
}

static void connect_to_7(struct rig *r)
{
    struct objc_block b = objc_block_2(on_connected, r);

    vz_socket_connect(ns_array_at(vz_vm_socket_devices(r->vm), 0), 7, &b);
}

static void the_host_connects_to_the_guest(void **state)
{
    struct rig *r = *state;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), guest;
    struct sockaddr_un addr;
    socklen_t len;
    char path[128], byte = 0;

    assert_int_not_equal(run(r, connect_to_7), 0); /* nobody listens */
    (void)snprintf(path, sizeof(path), "%s/7", temporary_dir());
    assert_int_equal(socket_unix_address(path, &addr, &len), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(run(r, connect_to_7), 0);
    guest = accept(fd, NULL, NULL);
    assert_int_equal(write(r->seen.fd, "x", 1), 1);
    assert_int_equal(read(guest, &byte, 1), 1);
    assert_int_equal(byte, 'x');
    (void)close(r->seen.fd);
    (void)close(guest);
    (void)close(fd);
}

/* --- queues --- */

struct order {
    unsigned n;
    bool good;
};

static void in_order(void *ctx)
{
    struct order *o = ctx;

    o->n++;
}

static void check_order(void *ctx)
{
    struct order *o = ctx;

    o->good = o->n == 1000;
}

static void a_queue_is_first_in_first_out(void **state)
{
    dispatch_queue_t q = dispatch_queue_create("order", NULL);
    struct order o = {0};

    for (unsigned i = 0; i < 1000; i++)
        dispatch_async_f(q, &o, in_order);
    dispatch_sync_f(q, &o, check_order);
    assert_true(o.good);
    for (unsigned i = 0; i < 1000; i++)
        dispatch_async_f(q, &o, in_order);
    dispatch_release(q); /* what it has still runs */
    assert_int_equal(o.n, 2000);
}

static int clean_up(void **state)
{
    temporary_dir_remove();
    return 0;
}

#define VM_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        VM_TEST(states_follow_the_operations),
        VM_TEST(what_the_state_forbids_is_an_error),
        VM_TEST(power_button_stops_the_guest),
        VM_TEST(forced_errors_leave_the_state),
        VM_TEST(its_death_is_told),
        VM_TEST(a_network_that_goes_is_told),
        VM_TEST(going_while_it_runs_is_fine),
        VM_TEST(balloon_targets_are_within_bounds),
        VM_TEST(the_guest_connects_to_the_host),
        VM_TEST(who_is_not_accepted_is_closed),
        VM_TEST(the_host_connects_to_the_guest),
        cmocka_unit_test(a_queue_is_first_in_first_out),
    };

    pretend("VSOCK", temporary_dir());
    return cmocka_run_group_tests(tests, NULL, clean_up);
}
