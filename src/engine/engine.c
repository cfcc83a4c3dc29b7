/* SPDX-License-Identifier: Apache-2.0
 *
 * engine.h for every engine: the table of states decides what may happen, the engine does it. */
#include "engine/engine.h"

#include <assert.h>
#include <inttypes.h>

#include "base/log.h"
#include "engine/engine_ops.h"
#include "engine/select.h"
#include "host/clock.h"

/* vfkit's patience with a VM that is starting: vfkit-compat.md §8, step 17. */
#define START_LIMIT_NS UINT64_C(5000000000)

/* --- for engines --- */

void vm_init(struct vm *vm, const struct engine_ops *ops, struct vm_config *cfg, struct loop *loop,
             const struct vm_observer *observer)
{
    *vm = (struct vm){.ops = ops,
                      .cfg = cfg,
                      .loop = loop,
                      .state = VM_STOPPED,
                      .memory_target = cfg->memory_bytes};
    if (observer)
        vm->observer = *observer;
}

void vm_transition(struct vm *vm, enum life_event event)
{
    enum vm_state before = vm->state;
    int rc = life_next(before, event, &vm->state);

    assert(rc == 0);
    (void)rc;
    if (before == VM_STARTING)
        loop_timer_cancel(vm->loop, &vm->start_limit);
    log_debug("vm: %s -> %s", life_state_name(before), life_state_name(vm->state));
    if (vm->observer.changed)
        vm->observer.changed(vm->observer.ctx, vm->state,
                             vm->state == VM_ERROR ? &vm->failure : NULL);
}

/* --- engine.h --- */

const struct vm_main *vm_main_for(const struct vm_config *cfg)
{
    const struct engine_ops *ops;

    return engine_select(cfg, &ops, NULL) == 0 && ops->main_for ? ops->main_for(cfg) : NULL;
}

int vm_check(const struct vm_config *cfg, struct err *err)
{
    const struct engine_ops *ops;
    int rc = engine_select(cfg, &ops, err);

    return rc < 0 ? rc : ops->supports(cfg, err);
}

int vm_check_nested(const struct vm_config *cfg, struct err *err)
{
    const struct engine_ops *ops;
    int rc = engine_select(cfg, &ops, err);

    return rc < 0 ? rc : ops->nested(cfg, err);
}

/* The host denied what `cfg` did not insist on: the native engine runs it, if it can. */
static int create_natively(struct vm_config *cfg, struct loop *loop,
                           const struct vm_observer *observer, struct vm **ret, struct err *err)
{
    struct err why = {0};

    log_warn("%s; the native engine takes over", err->text);
    if (engine_native.supports(cfg, &why) < 0) {
        (void)err_hint(err, "%s", why.text);
        return err->code;
    }
    *err = (struct err){0};
    return engine_native.create(cfg, loop, observer, ret, err);
}

int vm_create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
              struct vm **ret, struct err *err)
{
    const struct engine_ops *ops;
    int rc = engine_select(cfg, &ops, err);

    if (rc < 0)
        return rc;
    rc = ops->create(cfg, loop, observer, ret, err);
    if (rc == ENGINE_DENIED && ops != &engine_native && cfg->accel == ACCEL_AUTO)
        return create_natively(cfg, loop, observer, ret, err);
    return rc;
}

void vm_destroy(struct vm *vm)
{
    if (!vm)
        return;
    assert(vm->state == VM_STOPPED || vm->state == VM_ERROR);
    vm->ops->destroy(vm);
}

static void on_start_limit(void *ctx)
{
    struct vm *vm = ctx;

    (void)err_set(&vm->failure, -ETIMEDOUT, "timeout waiting for VM state");
    vm_transition(vm, LIFE_FAIL);
}

int vm_start(struct vm *vm, struct err *err)
{
    int rc;

    if (!vm_can_start(vm))
        return err_set(err, -EBUSY, "the VM is %s and cannot be started",
                       life_state_name(vm->state));
    vm->failure = (struct err){0};
    vm->start_limit = (struct timer){.fn = on_start_limit, .ctx = vm};
    rc = loop_timer_arm(vm->loop, &vm->start_limit, clock_monotonic_ns() + START_LIMIT_NS);
    if (rc < 0)
        return err_set(err, rc, "no timer for the start of the VM");
    rc = vm->ops->start(vm, err);
    if (rc < 0)
        loop_timer_cancel(vm->loop, &vm->start_limit);
    return rc;
}

/* Enters the state in between, and lets the engine leave it. -EBUSY: not from here. */
static int begin(struct vm *vm, enum life_event event, void (*act)(struct vm *vm))
{
    if (!life_allows(vm->state, event))
        return -EBUSY;
    vm_transition(vm, event);
    act(vm);
    return 0;
}

int vm_pause(struct vm *vm)
{
    return begin(vm, LIFE_PAUSE, vm->ops->pause);
}

int vm_resume(struct vm *vm)
{
    return begin(vm, LIFE_RESUME, vm->ops->resume);
}

int vm_stop(struct vm *vm)
{
    return begin(vm, LIFE_STOP, vm->ops->stop);
}

int vm_request_stop(struct vm *vm)
{
    return vm_can_request_stop(vm) ? vm->ops->request_stop(vm) : -EBUSY;
}

int vm_set_memory_target(struct vm *vm, uint64_t bytes, struct err *err)
{
    const uint64_t mib = 1 << 20;
    int rc;

    if (!vm->ops->set_memory_target)
        return err_set(err, -ENOTSUP, "the %s engine has no balloon device", vm->ops->name);
    if (vm->state != VM_RUNNING && vm->state != VM_PAUSED)
        return err_set(err, -EBUSY, "the VM is %s", life_state_name(vm->state));
    if (bytes < mib || bytes > vm->cfg->memory_bytes || bytes % mib)
        return err_set(err, -EINVAL,
                       "%" PRIu64 " bytes are out of range: whole MiB, at most %" PRIu64 " of them",
                       bytes, vm->cfg->memory_bytes / mib);
    rc = vm->ops->set_memory_target(vm, bytes, err);
    if (rc == 0)
        vm->memory_target = bytes;
    return rc;
}

uint64_t vm_memory_target(const struct vm *vm)
{
    return vm->memory_target;
}

enum vm_state vm_get_state(const struct vm *vm)
{
    return vm->state;
}

bool vm_can_start(const struct vm *vm)
{
    return life_allows(vm->state, LIFE_START);
}

bool vm_can_pause(const struct vm *vm)
{
    return life_allows(vm->state, LIFE_PAUSE);
}

bool vm_can_resume(const struct vm *vm)
{
    return life_allows(vm->state, LIFE_RESUME);
}

bool vm_can_request_stop(const struct vm *vm)
{
    return life_allows(vm->state, LIFE_ASK_STOP);
}

bool vm_can_stop(const struct vm *vm)
{
    return life_allows(vm->state, LIFE_STOP);
}

const struct vm_config *vm_get_config(const struct vm *vm)
{
    return vm->cfg;
}
