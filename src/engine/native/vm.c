/* SPDX-License-Identifier: Apache-2.0
 *
 * engine_ops.h on our own machine and an accelerator. Whatever changes the VM as a whole waits
 * until every vCPU is held, and then happens in one place: on_all_held. A guest reset never leaves
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
#include "config/support.h"
#include "engine/native/native.h"
#include "host/wait.h"

/* Guest time and devices stand still; the wall clock, which the guest may read later, does not.
 * vCPUs held. */
static void freeze(struct native_vm *vm)
{
    if (vm->frozen)
        return;
    vm->accel->clock_stop(vm->accel_vm);
    machine_quiesce(vm->machine);
    vm->frozen = true;
}

static void thaw(struct native_vm *vm)
{
    if (!vm->frozen)
        return;
    machine_unquiesce(vm->machine);
    vm->accel->clock_start(vm->accel_vm);
    vm->frozen = false;
}

/* Everything as after power-on, the boot CPU about to run its first instruction. vCPUs held. */
static int reset_machine(struct native_vm *vm, struct err *err)
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

void native_want(struct native_vm *vm, unsigned want)
{
    (void)atomic_fetch_or(&vm->wanted, want);
    loop_post(vm->base.loop, &vm->requested);
}

void native_fail(struct native_vm *vm, int code, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    (void)pthread_mutex_lock(&vm->lock);
    if (vm->base.failure.code == 0)
        (void)err_set(&vm->base.failure, code, "%s", text);
    (void)pthread_mutex_unlock(&vm->lock);
    native_want(vm, WANT_FAIL);
}

/* pvpanic: --on-panic decides. */
static void handle_panic(struct native_vm *vm)
{
    log_error("vm: the guest's kernel panicked");
    switch (vm->base.cfg->on_panic) {
    case PANIC_EXIT:
        native_fail(vm, VM_GUEST_PANICKED, "the guest's kernel panicked; its console says why");
        break;
    case PANIC_RESET:
        native_want(vm, WANT_RESET);
        break;
    case PANIC_PAUSE:
        if (vm_pause(&vm->base) < 0)
            log_debug("vm: not paused for the panic: %s", life_state_name(vm->base.state));
        break;
    case PANIC_IGNORE:
        break;
    }
}

static void on_requested(struct task *t)
{
    struct native_vm *vm = container_of(t, struct native_vm, requested);

    if (atomic_fetch_and(&vm->wanted, ~(unsigned)WANT_PANIC) & WANT_PANIC)
        handle_panic(vm);
    if (atomic_load(&vm->wanted))
        cpus_hold(vm);
}

static void run_on(struct native_vm *vm)
{
    thaw(vm);
    if (vm->base.state == VM_STARTING)
        vm_transition(&vm->base, LIFE_STARTED);
    else if (vm->base.state == VM_RESUMING)
        vm_transition(&vm->base, LIFE_RESUMED);
    /* The observer may have asked for something already: then the vCPUs stay held for it. */
    if (!atomic_load(&vm->wanted))
        cpus_release(vm);
}

static void stand_still(struct native_vm *vm, enum life_event event)
{
    freeze(vm);
    vm_transition(&vm->base, event);
}

static void on_all_held(struct task *t)
{
    struct native_vm *vm = container_of(t, struct native_vm, all_held);
    unsigned wanted;

    if (!cpus_all_held(vm))
        return;
    wanted = atomic_fetch_and(&vm->wanted, WANT_PANIC) & ~(unsigned)WANT_PANIC;
    if (vm->base.state == VM_STOPPED || vm->base.state == VM_ERROR)
        return; /* a vCPU asked for something while the VM came to its end */
    if (!(wanted & (WANT_FAIL | WANT_STOP | WANT_POWER_OFF)) && (wanted & WANT_RESET)) {
        log_info("vm: the guest resets the machine");
        if (reset_machine(vm, &vm->base.failure) < 0)
            wanted |= WANT_FAIL;
    }
    if (wanted & WANT_FAIL)
        stand_still(vm, LIFE_FAIL);
    else if (wanted & (WANT_STOP | WANT_POWER_OFF))
        stand_still(vm, LIFE_STOPPED);
    else if (wanted & WANT_PAUSE)
        stand_still(vm, LIFE_PAUSED);
    else if (wanted && vm->base.state != VM_PAUSED)
        run_on(vm);
}

/* --- engine_ops.h --- */

static struct native_vm *native(struct vm *vm)
{
    return container_of(vm, struct native_vm, base);
}

static int start(struct vm *vm, struct err *err)
{
    int rc = reset_machine(native(vm), err);

    if (rc < 0)
        return rc;
    vm_transition(vm, LIFE_START);
    native_want(native(vm), WANT_RUN);
    return 0;
}

static void pause_guest(struct vm *vm)
{
    native_want(native(vm), WANT_PAUSE);
}

static void resume(struct vm *vm)
{
    native_want(native(vm), WANT_RUN);
}

static void stop(struct vm *vm)
{
    native_want(native(vm), WANT_STOP);
}

static int request_stop(struct vm *vm)
{
    machine_power_key(native(vm)->machine);
    return 0;
}

/* --- building --- */

static void on_pin(void *ctx, unsigned cpu, enum vcpu_pin pin, bool level)
{
    cpu_set_pin(ctx, cpu, pin, level);
}

static void on_panicked(void *ctx)
{
    native_want(ctx, WANT_PANIC);
}

static void on_powered_off(void *ctx)
{
    native_want(ctx, WANT_POWER_OFF);
}

static int on_irqchip(void *ctx, const struct irqchip_params *params, struct irqchip *ret,
                      struct err *err)
{
    const struct native_vm *vm = ctx;

    return vm->accel->irqchip ? vm->accel->irqchip(vm->accel_vm, params, ret, err) : -ENOTSUP;
}

static void on_loaded(void *ctx, gpa_t gpa, uint64_t len)
{
    const struct native_vm *vm = ctx;

    if (vm->accel->loaded)
        vm->accel->loaded(vm->accel_vm, gpa, len);
}

static int build_machine(struct native_vm *vm, struct err *err)
{
    const struct machine_params params = {.cfg = vm->base.cfg,
                                          .loop = vm->base.loop,
                                          .host = &vm->host,
                                          .memory = vm->memory,
                                          .bus = vm->bus,
                                          .gpa_bits = vm->accel->gpa_bits()};

    return machine_create(&params, &vm->machine, err);
}

static int build_memory(struct native_vm *vm, struct err *err)
{
    int rc = mem_create(&vm->memory);

    if (rc == 0)
        rc = bus_create(&vm->bus);
    if (rc < 0)
        return err_set(err, rc, "out of memory");
    return machine_add_ram(vm->base.cfg, vm->accel->gpa_bits(), vm->memory, err);
}

static int build_accel(struct native_vm *vm, struct err *err)
{
    struct accel_tuning tuning = {.options = vm->base.cfg->accel_options};
    struct accel_vm_params params = {.memory = vm->memory,
                                     .bus = vm->bus,
                                     .nr_cpus = vm->nr_cpus,
                                     .mpidr = machine_mpidr,
                                     .tuning = &tuning};
    int rc = vm->accel->vm_create(&params, &vm->accel_vm, err);

    for (size_t i = 0; rc == 0 && i < mem_nr_regions(vm->memory); i++) {
        const struct mem_region *r = mem_region(vm->memory, i);

        rc = vm->accel->map(vm->accel_vm, r->gpa, r->host, r->len,
                            PROT_READ | PROT_WRITE | PROT_EXEC, err);
    }
    return rc;
}

static int build(struct native_vm *vm, struct err *err)
{
    int rc;

    if (vm->nr_cpus < 1 || vm->nr_cpus > PSCI_MAX_CPUS)
        return err_set(err, -EINVAL, "--cpus %u: a VM has 1 to %d vCPUs", vm->nr_cpus,
                       PSCI_MAX_CPUS);
    rc = accel_select(vm->base.cfg->accel, vm->base.cfg->arch, &vm->accel, err);
    if (rc == 0)
        rc = build_memory(vm, err);
    if (rc == 0)
        rc = build_accel(vm, err);
    if (rc == 0)
        rc = build_machine(vm, err);
    if (rc == 0)
        rc = cpus_create(vm, err);
    return rc;
}

static void destroy(struct vm *base)
{
    struct native_vm *vm = native(base);

    cpus_destroy(vm);
    loop_cancel(base->loop, &vm->requested);
    loop_cancel(base->loop, &vm->all_held);
    machine_destroy(vm->machine); /* before an interrupt controller that is the accelerator's */
    if (vm->accel_vm)
        vm->accel->vm_destroy(vm->accel_vm);
    bus_destroy(vm->bus);
    mem_destroy(vm->memory);
    psci_finish(&vm->psci);
    (void)pthread_cond_destroy(&vm->cpu_created);
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm);
}

static int create(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                  struct vm **ret, struct err *err)
{
    struct native_vm *vm = calloc(1, sizeof(*vm));
    int rc;

    if (!vm)
        return err_set(err, -ENOMEM, "out of memory");
    vm_init(&vm->base, &engine_native, cfg, loop, observer);
    vm->nr_cpus = cfg->cpus;
    vm->host = (struct machine_host){on_pin, on_panicked, on_powered_off, on_irqchip, on_loaded, vm};
    vm->requested.fn = on_requested;
    vm->all_held.fn = on_all_held;
    (void)pthread_mutex_init(&vm->lock, NULL);
    wait_cond_init(&vm->cpu_created);
    if (vm->nr_cpus >= 1 && vm->nr_cpus <= PSCI_MAX_CPUS)
        psci_init(&vm->psci, vm->nr_cpus, machine_mpidr);
    rc = build(vm, err);
    if (rc < 0) {
        destroy(&vm->base);
        return rc;
    }
    *ret = &vm->base;
    return 0;
}

static int probe(enum guest_arch arch, struct err *err)
{
    return arch == ARCH_X86_64 ? err_set(err, -ENOTSUP, "the native engine has no x86-64 board")
                               : 0;
}

static int nested(const struct vm_config *cfg, struct err *err)
{
    (void)err_set(err, -ENOTSUP, SUPPORT_NESTED_SENTENCE);
    return err_hint(err, "no accelerator of this build offers it: leave out --nested");
}

const struct engine_ops engine_native = {
    .name = "native",
    .probe = probe,
    .supports = support_check,
    .nested = nested,
    .create = create,
    .destroy = destroy,
    .start = start,
    .pause = pause_guest,
    .resume = resume,
    .stop = stop,
    .request_stop = request_stop,
};
