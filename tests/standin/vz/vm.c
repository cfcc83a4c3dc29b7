/* SPDX-License-Identifier: Apache-2.0
 *
 * VZVirtualMachine: its states, its handlers, its delegate. Everything here runs on the VM's queue
 * but for what the guest's thread tells, which is sent there. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"
#include "methods.h"

#define DOMAIN "VZErrorDomain"

enum { /* VZVirtualMachineState */
       STOPPED,
       RUNNING,
       PAUSED,
       ERROR,
       STARTING,
       PAUSING,
       RESUMING,
       STOPPING,
};
enum { ERROR_CANCELLED = 9, ERROR_INTERNAL = 1, ERROR_STATE = 3, ERROR_TRANSITION = 4 };

struct standin_vm {
    NSInteger state;
    struct guest *guest;
    struct objc_block *handler; /* of the operation under way */
};

static struct standin_vm *impl(id self)
{
    return self->impl;
}

objc_bool vzvm_is_supported(id cls, SEL cmd)
{
    return !scenario("UNSUPPORTED");
}

NSInteger vzvm_state(id self, SEL cmd)
{
    return impl(self)->state;
}

objc_bool vzvm_can_start(id self, SEL cmd)
{
    return impl(self)->state == STOPPED || impl(self)->state == ERROR;
}

objc_bool vzvm_can_pause(id self, SEL cmd)
{
    return impl(self)->state == RUNNING;
}

objc_bool vzvm_can_resume(id self, SEL cmd)
{
    return impl(self)->state == PAUSED;
}

objc_bool vzvm_can_request_stop(id self, SEL cmd)
{
    return impl(self)->state == RUNNING;
}

objc_bool vzvm_can_stop(id self, SEL cmd)
{
    return impl(self)->state == RUNNING || impl(self)->state == PAUSED;
}

/* --- the delegate --- */

static id delegate_of(id self, const char *selector, void (**ret)(void))
{
    id delegate = get_object(self, "delegate");

    *ret = own_method(delegate, selector);
    return delegate;
}

static void tell_stopped(id self)
{
    void (*imp)(void);
    id delegate = delegate_of(self, "guestDidStopVirtualMachine:", &imp);

    if (imp)
        ((void (*)(id, SEL, id))imp)(delegate, sel_registerName("guestDidStopVirtualMachine:"),
                                     self);
}

static void tell_error(id self, id error)
{
    void (*imp)(void);
    id delegate = delegate_of(self, "virtualMachine:didStopWithError:", &imp);

    if (imp)
        ((void (*)(id, SEL, id, id))imp)(
            delegate, sel_registerName("virtualMachine:didStopWithError:"), self, error);
}

static void tell_network_gone(id self)
{
    const char *name = "virtualMachine:networkDevice:attachmentWasDisconnectedWithError:";
    id devices = get_object(self, "networkDevices");
    void (*imp)(void);
    id delegate = delegate_of(self, name, &imp);

    for (size_t i = 0; imp && i < count_of(devices); i++)
        ((void (*)(id, SEL, id, id, id))imp)(
            delegate, sel_registerName(name), self, element(devices, i),
            error_of(DOMAIN, 7, "The network device attachment was disconnected.", NULL));
}

/* --- operations --- */

static void end_operation(id self, id error)
{
    struct objc_block *handler = impl(self)->handler;

    impl(self)->handler = NULL;
    if (handler)
        block_call(handler, error);
}

/* What the guest's thread saw, on its way to the queue. */
struct change {
    id vm; /* a reference */
    enum { STATE_CHANGES, DIES, NETWORK_GONE } what;
    enum vm_state state;
    struct err err;
};

static void guest_ended(id self, const struct change *c)
{
    struct standin_vm *vm = impl(self);
    NSInteger before = vm->state;
    id error = c->err.code
                   ? error_of(DOMAIN, ERROR_INTERNAL, "Internal Virtualization error.", c->err.text)
                   : NULL;

    guest_destroy(vm->guest);
    vm->guest = NULL;
    vm->state = error ? ERROR : STOPPED;
    if (vm->handler) { /* a stop has succeeded; whatever else was under way has not */
        if (!error && before != STOPPING)
            error = error_of(DOMAIN, ERROR_TRANSITION, "Invalid virtual machine state transition.",
                             NULL);
        end_operation(self, error);
        if (before != STOPPING && before != STARTING)
            tell_stopped(self);
    } else if (error) {
        tell_error(self, error);
    } else {
        tell_stopped(self);
    }
}

/* The framework's process behind the VM is gone. */
static void die(id self)
{
    struct standin_vm *vm = impl(self);

    guest_destroy(vm->guest);
    vm->guest = NULL;
    vm->state = ERROR;
    tell_error(self, error_of(DOMAIN, ERROR_INTERNAL, "Internal Virtualization error.",
                              "The virtual machine stopped unexpectedly."));
}

static void guest_runs(id self)
{
    impl(self)->state = RUNNING;
    end_operation(self, NULL);
}

static void state_changed(id self, const struct change *c)
{
    struct standin_vm *vm = impl(self);

    if (c->state == VM_RUNNING && vm->state != STOPPING) {
        guest_runs(self);
    } else if (c->state == VM_PAUSED && vm->state == PAUSING) {
        vm->state = PAUSED;
        end_operation(self, NULL);
    } else if (c->state == VM_STOPPED || c->state == VM_ERROR) {
        guest_ended(self, c);
    }
}

static void on_change(void *arg)
{
    struct change *c = arg;
    void *pool = objc_autoreleasePoolPush();

    if (!impl(c->vm)->guest)
        (void)0; /* it has ended meanwhile */
    else if (c->what == DIES)
        die(c->vm);
    else if (c->what == NETWORK_GONE)
        tell_network_gone(c->vm);
    else
        state_changed(c->vm, c);
    objc_autoreleasePoolPop(pool);
    objc_release(c->vm);
    free(c);
}

/* Guest's thread. A VM that is going listens to nobody. */
static void tell(id self, const struct change *what)
{
    id vm = object_try_retain(self);
    struct change *c = vm ? malloc(sizeof(*c)) : NULL;

    if (!c)
        return;
    *c = *what;
    c->vm = vm;
    dispatch_async_f(vm->queue, c, on_change);
}

static void changed(void *ctx, enum vm_state state, const struct err *err)
{
    struct change c = {.what = STATE_CHANGES, .state = state};

    if (err)
        c.err = *err;
    tell(ctx, &c);
}

static void dies(void *ctx)
{
    tell(ctx, &(struct change){.what = DIES});
}

static void network_gone(void *ctx)
{
    tell(ctx, &(struct change){.what = NETWORK_GONE});
}

/* Whether `block` may begin an operation in this state; if not it is called with an error. */
static bool begin(id self, struct objc_block *block, bool allowed, const char *scenario_error,
                  NSInteger state)
{
    struct objc_block *handler = block_copy(block);
    NSInteger code = allowed ? scenario_number(scenario_error, 0) : ERROR_TRANSITION;

    if (code) {
        block_call(handler, error_of(DOMAIN, code,
                                     allowed ? "An error for a test."
                                             : "Invalid virtual machine state transition.",
                                     NULL));
        return false;
    }
    if (impl(self)->handler)
        standin_fail("an operation begins before the last one has ended");
    impl(self)->handler = handler;
    impl(self)->state = state;
    return true;
}

void vzvm_start(id self, SEL cmd, struct objc_block *block)
{
    const struct guest_client client = {
        .changed = changed, .dies = dies, .network_gone = network_gone, .ctx = self};
    NSInteger state = impl(self)->state;

    if (!begin(self, block, state == STOPPED || state == ERROR, "START_ERROR", STARTING) ||
        scenario("START_HANGS"))
        return;
    (void)usleep((unsigned)scenario_number("START_MS", 0) * 1000);
    impl(self)->guest = guest_start(get_object(self, ".configuration"), &client);
}

void vzvm_pause(id self, SEL cmd, struct objc_block *block)
{
    if (begin(self, block, impl(self)->state == RUNNING, "PAUSE_ERROR", PAUSING))
        guest_command(impl(self)->guest, GUEST_PAUSE);
}

void vzvm_resume(id self, SEL cmd, struct objc_block *block)
{
    if (begin(self, block, impl(self)->state == PAUSED, "RESUME_ERROR", RESUMING))
        guest_command(impl(self)->guest, GUEST_RESUME);
}

void vzvm_stop(id self, SEL cmd, struct objc_block *block)
{
    if (begin(self, block, vzvm_can_stop(self, cmd), "STOP_ERROR", STOPPING))
        guest_command(impl(self)->guest, GUEST_STOP);
}

objc_bool vzvm_request_stop(id self, SEL cmd, id *error)
{
    NSInteger code =
        impl(self)->state == RUNNING ? scenario_number("REQUEST_STOP_ERROR", 0) : ERROR_STATE;

    if (code) {
        give_error(error, error_of(DOMAIN, code, "An error for a test.", NULL));
        return 0;
    }
    guest_command(impl(self)->guest, GUEST_POWER_BUTTON);
    return 1;
}

/* --- balloon --- */

uint64_t balloon_target(id self, SEL cmd)
{
    return get_number(self, "target");
}

/* Between the least that a VM may have and what this one has, in whole MiB. */
void balloon_set_target(id self, SEL cmd, uint64_t bytes)
{
    uint64_t min = config_min_memory(NULL, NULL), max = get_number(self, "memorySize");

    bytes = bytes < min ? min : bytes;
    put_number(self, "target", (bytes > max ? max : bytes) >> 20 << 20);
}

/* --- birth and end --- */

static void finish(id self)
{
    void *pool = objc_autoreleasePoolPush();

    guest_destroy(impl(self)->guest);
    end_operation(self, error_of(DOMAIN, ERROR_CANCELLED, "The operation was cancelled.", NULL));
    free(self->impl);
    dispatch_release(self->queue);
    objc_autoreleasePoolPop(pool);
}

/* One run-time object for each configured one. */
static id make_devices(id self, const char *key, const char *cls)
{
    id config = get_object(self, ".configuration"), list = array_of(NULL);

    for (size_t i = 0; i < count_of(get_object(config, key)); i++) {
        id dev = new_object(cls);

        dev->queue = self->queue;
        array_add(list, dev);
        objc_release(dev);
    }
    put_object(self, key, list);
    return list;
}

id vzvm_init_with(id self, SEL cmd, id config, dispatch_queue_t queue)
{
    id balloons, sockets;

    if (get_number(config, ".validated") != changes() + 1)
        standin_fail(
            "a virtual machine is made of a configuration that was not found valid as it is now");
    freeze(config);
    self->impl = calloc(1, sizeof(struct standin_vm));
    if (!self->impl)
        abort();
    self->finish = finish;
    self->queue = queue;
    dispatch_retain(queue);
    put_object(self, ".configuration", config);
    (void)make_devices(self, "networkDevices", "VZNetworkDevice");
    sockets = make_devices(self, "socketDevices", "VZVirtioSocketDevice");
    balloons = make_devices(self, "memoryBalloonDevices", "VZVirtioTraditionalMemoryBalloonDevice");
    for (size_t i = 0; i < count_of(sockets); i++)
        socket_open(element(sockets, i));
    for (size_t i = 0; i < count_of(balloons); i++) {
        put_number(element(balloons, i), "memorySize", get_number(config, "memorySize"));
        put_number(element(balloons, i), "target", get_number(config, "memorySize"));
    }
    return self;
}
