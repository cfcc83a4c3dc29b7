/* SPDX-License-Identifier: Apache-2.0
 *
 * engine.h on our own machine and an accelerator. Whatever changes the VM as a whole waits until
 * every vCPU is held, and then happens in one place: on_all_held. A guest reset never leaves
 * RUNNING; the process and its sockets stay. */
#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "accel/select.h"
#include "base/log.h"
#include "engine/native/native.h"
#include "host/wait.h"

/* --- states --- */

static void transition(struct vm *vm, enum life_event event)
{
    enum vm_state before = vm->state;
    int rc = life_next(before, event, &vm->state);

    assert(rc == 0);
    (void)rc;
    log_debug("vm: %s -> %s", life_state_name(before), life_state_name(vm->state));
    if (vm->observer.changed)
        vm->observer.changed(vm->observer.ctx, vm->state,
                             vm->state == VM_ERROR ? &vm->failure : NULL);
}

/* Guest time and devices stand still; the wall clock, which the guest may read later, does not.
 * vCPUs held. */
static void freeze(struct vm *vm)
{
    if (vm->frozen)
        return;
    vm->accel->clock_stop(vm->accel_vm);
    machine_quiesce(vm->machine);
    vm->frozen = true;
}

static void thaw(struct vm *vm)
{
    if (!vm->frozen)
        return;
    machine_unquiesce(vm->machine);
    vm->accel->clock_start(vm->accel_vm);
    vm->frozen = false;
}

/* Everything as after power-on, the boot CPU about to run its first instruction. vCPUs held. */
static int reset_machine(struct vm *vm, struct err *err)
{
    struct vcpu_regs regs = {0};
    int rc;

    cpus_power_off(vm);
    psci_reset(&vm->psci);
    rc = machine_reset(vm->machine, err);
    if (rc < 0)
        return rc;
    machine_boot_regs(vm->machine, &regs);
    cpu_start(vm, 0, &regs);
    return 0;
}

/* --- what is wanted --- */

void vm_want(struct vm *vm, unsigned want)
{
    (void)atomic_fetch_or(&vm->wanted, want);
    loop_post(vm->loop, &vm->requested);
}

void vm_fail(struct vm *vm, int code, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)pthread_mutex_lock(&vm->lock);
    if (vm->failure.code == 0)
        (void)err_set(&vm->failure, code, "%s", text);
    (void)pthread_mutex_unlock(&vm->lock);
    vm_want(vm, WANT_FAIL);
}

/* Enters the state that leads to what is wanted. -EBUSY: not from here. */
static int begin(struct vm *vm, enum life_event event, unsigned want)
{
    if (!life_allows(vm->state, event))
        return -EBUSY;
    transition(vm, event);
    vm_want(vm, want);
    return 0;
}

/* pvpanic: --on-panic decides. */
static void handle_panic(struct vm *vm)
{
    log_error("vm: the guest's kernel panicked");
    switch (vm->cfg->on_panic) {
    case PANIC_EXIT:
        vm_fail(vm, VM_GUEST_PANICKED, "the guest's kernel panicked; its console says why");
        break;
    case PANIC_RESET:
        vm_want(vm, WANT_RESET);
        break;
    case PANIC_PAUSE:
        (void)begin(vm, LIFE_PAUSE, WANT_PAUSE);
        break;
    case PANIC_IGNORE:
        break;
    }
}

static void on_requested(struct task *t)
{
    struct vm *vm = container_of(t, struct vm, requested);

    if (atomic_fetch_and(&vm->wanted, ~(unsigned)WANT_PANIC) & WANT_PANIC)
        handle_panic(vm);
    if (atomic_load(&vm->wanted))
        cpus_hold(vm);
}

static void run_on(struct vm *vm)
{
    thaw(vm);
    if (vm->state == VM_STARTING)
        transition(vm, LIFE_STARTED);
    else if (vm->state == VM_RESUMING)
        transition(vm, LIFE_RESUMED);
    /* The observer may have asked for something already: then the vCPUs stay held for it. */
    if (!atomic_load(&vm->wanted))
        cpus_release(vm);
}

static void stand_still(struct vm *vm, enum life_event event)
{
    freeze(vm);
    transition(vm, event);
}

static void on_all_held(struct task *t)
{
    struct vm *vm = container_of(t, struct vm, all_held);
    unsigned wanted;

    if (!cpus_all_held(vm))
        return;
    wanted = atomic_fetch_and(&vm->wanted, WANT_PANIC) & ~(unsigned)WANT_PANIC;
    if (vm->state == VM_STOPPED || vm->state == VM_ERROR)
        return; /* a vCPU asked for something while the VM came to its end */
    if (!(wanted & (WANT_FAIL | WANT_STOP | WANT_POWER_OFF)) && (wanted & WANT_RESET)) {
        log_info("vm: the guest resets the machine");
        if (reset_machine(vm, &vm->failure) < 0)
            wanted |= WANT_FAIL;
    }
    if (wanted & WANT_FAIL)
        stand_still(vm, LIFE_FAIL);
    else if (wanted & (WANT_STOP | WANT_POWER_OFF))
        stand_still(vm, LIFE_STOPPED);
    else if (wanted & WANT_PAUSE)
        stand_still(vm, LIFE_PAUSED);
    else if (wanted && vm->state != VM_PAUSED)
        run_on(vm);
}

/* --- engine.h --- */

int vm_start(struct vm *vm, struct err *err)
{
    int rc;

    if (!vm_can_start(vm))
        return err_set(err, -EBUSY, "the VM is %s and cannot be started",
                       life_state_name(vm->state));
    vm->failure = (struct err){0};
    rc = reset_machine(vm, err);
    if (rc < 0)
        return rc;
    transition(vm, LIFE_START);
    vm_want(vm, WANT_RUN);
    return 0;
}

int vm_pause(struct vm *vm)
{
    return begin(vm, LIFE_PAUSE, WANT_PAUSE);
}

int vm_resume(struct vm *vm)
{
    return begin(vm, LIFE_RESUME, WANT_RUN);
}

int vm_stop(struct vm *vm)
{
    return begin(vm, LIFE_STOP, WANT_STOP);
}

int vm_request_stop(struct vm *vm)
{
    if (!vm_can_request_stop(vm))
        return -EBUSY;
    machine_power_key(vm->machine);
    return 0;
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

/* --- building --- */

static void on_pin(void *ctx, unsigned cpu, enum vcpu_pin pin, bool level)
{
    cpu_set_pin(ctx, cpu, pin, level);
}

static void on_panicked(void *ctx)
{
    vm_want(ctx, WANT_PANIC);
}

static void on_powered_off(void *ctx)
{
    vm_want(ctx, WANT_POWER_OFF);
}

static int build_machine(struct vm *vm, struct err *err)
{
    struct machine_params params = {.cfg = vm->cfg, .loop = vm->loop, .host = &vm->host};
    int rc;

    rc = mem_create(&vm->memory);
    if (rc == 0)
        rc = bus_create(&vm->bus);
    if (rc < 0)
        return err_set(err, rc, "out of memory");
    params.memory = vm->memory;
    params.bus = vm->bus;
    return machine_create(&params, &vm->machine, err);
}

static int build_accel(struct vm *vm, struct err *err)
{
    struct accel_tuning tuning = {.options = vm->cfg->accel_options};
    struct accel_vm_params params = {.memory = vm->memory,
                                     .bus = vm->bus,
                                     .nr_cpus = vm->nr_cpus,
                                     .mpidr = machine_mpidr,
                                     .tuning = &tuning};
    int rc = vm->accel->vm_create(&params, &vm->accel_vm, err);

    for (size_t i = 0; rc == 0 && i < mem_nr_regions(vm->memory); i++) {
        const struct mem_region *r = mem_region(vm->memory, i);

        rc = vm->accel->map(vm->accel_vm, r->gpa, r->host, r->len, PROT_READ | PROT_WRITE);
        if (rc < 0)
            (void)err_set(err, rc, "accelerator %s: cannot map %llu MiB of guest memory: %s",
                          vm->accel->name, (unsigned long long)(r->len >> 20), strerror(-rc));
    }
    return rc;
}

static int build(struct vm *vm, struct err *err)
{
    int rc;

    if (vm->nr_cpus < 1 || vm->nr_cpus > PSCI_MAX_CPUS)
        return err_set(err, -EINVAL, "--cpus %u: a VM has 1 to %d vCPUs", vm->nr_cpus,
                       PSCI_MAX_CPUS);
    rc = accel_select(vm->cfg->accel, vm->cfg->arch, &vm->accel, err);
    if (rc == 0)
        rc = build_machine(vm, err);
    if (rc == 0)
        rc = build_accel(vm, err);
    if (rc == 0)
        rc = cpus_create(vm, err);
    return rc;
}

int vm_create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
              struct vm **ret, struct err *err)
{
    struct vm *vm = calloc(1, sizeof(*vm));
    int rc;

    if (!vm)
        return err_set(err, -ENOMEM, "out of memory");
    vm->cfg = cfg;
    vm->loop = loop;
    vm->nr_cpus = cfg->cpus;
    vm->state = VM_STOPPED;
    if (observer)
        vm->observer = *observer;
    vm->host = (struct machine_host){on_pin, on_panicked, on_powered_off, vm};
    vm->requested.fn = on_requested;
    vm->all_held.fn = on_all_held;
    (void)pthread_mutex_init(&vm->lock, NULL);
    wait_cond_init(&vm->cpu_created);
    if (vm->nr_cpus >= 1 && vm->nr_cpus <= PSCI_MAX_CPUS)
        psci_init(&vm->psci, vm->nr_cpus, machine_mpidr);
    rc = build(vm, err);
    if (rc < 0) {
        vm_destroy(vm);
        return rc;
    }
    *ret = vm;
    return 0;
}

void vm_destroy(struct vm *vm)
{
    if (!vm)
        return;
    assert(vm->state == VM_STOPPED || vm->state == VM_ERROR);
    cpus_destroy(vm);
    loop_cancel(vm->loop, &vm->requested);
    loop_cancel(vm->loop, &vm->all_held);
    if (vm->accel_vm)
        vm->accel->vm_destroy(vm->accel_vm);
    machine_destroy(vm->machine);
    bus_destroy(vm->bus);
    mem_destroy(vm->memory);
    psci_finish(&vm->psci);
    (void)pthread_cond_destroy(&vm->cpu_created);
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm);
}
