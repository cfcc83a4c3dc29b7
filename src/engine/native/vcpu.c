/* SPDX-License-Identifier: Apache-2.0
 *
 * vCPU threads: they run the guest, answer its exits, sleep in WFI, and wait when the loop wants
 * the VM to stand still.
 *
 * Nothing is lost between deciding to sleep and sleeping: a sleeper raises `sleeping` before it
 * looks at the pins, a pin is raised before anybody looks at `sleeping`, and both decide under
 * cpu->lock. A kick stays with the accelerator until the next vcpu_run. */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "accel/arm64/wall_clock.h"
#include "base/log.h"
#include "bus/bus.h"
#include "engine/native/native.h"
#include "host/clock.h"
#include "host/thread.h"
#include "host/wait.h"

enum { PSTATE_EL1H_MASKED = 0x3c5 }; /* EL1h, DAIF set: how PSCI starts a CPU */

/* --- exits --- */

/* Until an interrupt pin is high, the deadline has come, or the loop wants us. */
static void sleep_until(struct vm_cpu *cpu, uint64_t deadline_ns)
{
    (void)pthread_mutex_lock(&cpu->lock);
    atomic_store(&cpu->sleeping, true);
    while (!atomic_load(&cpu->pins) && !atomic_load(&cpu->vm->hold) && !cpu->quit) {
        if (deadline_ns <= clock_monotonic_ns() || !wait_until(&cpu->wake, &cpu->lock, deadline_ns))
            break;
    }
    atomic_store(&cpu->sleeping, false);
    (void)pthread_mutex_unlock(&cpu->lock);
}

void cpu_set_pin(struct native_vm *vm, unsigned index, enum vcpu_pin pin, bool level)
{
    struct vm_cpu *cpu;

    if (!vm->cpus)
        return; /* the machine is being built or torn down */
    cpu = &vm->cpus[index];
    vm->accel->vcpu_irq(cpu->vcpu, pin, level);
    if (!level) {
        (void)atomic_fetch_and(&cpu->pins, ~(1u << pin));
        return;
    }
    (void)atomic_fetch_or(&cpu->pins, 1u << pin);
    if (!atomic_load(&cpu->sleeping))
        return;
    (void)pthread_mutex_lock(&cpu->lock);
    (void)pthread_cond_signal(&cpu->wake);
    (void)pthread_mutex_unlock(&cpu->lock);
}

void cpu_start(struct native_vm *vm, unsigned index, const struct vcpu_regs *regs)
{
    struct vm_cpu *cpu = &vm->cpus[index];

    (void)pthread_mutex_lock(&cpu->lock);
    cpu->start = *regs;
    cpu->start_pending = true;
    (void)pthread_cond_signal(&cpu->wake);
    (void)pthread_mutex_unlock(&cpu->lock);
}

static void power_off_self(struct vm_cpu *cpu)
{
    atomic_store(&cpu->powered, false);
}

static void handle_psci(struct vm_cpu *cpu, struct vcpu_exit *exit)
{
    struct native_vm *vm = cpu->vm;
    struct psci_start start;
    struct vcpu_regs regs = {.pstate = PSTATE_EL1H_MASKED};

    if (wall_clock_call(exit->psci.arg, clock_wall_ns(), exit->psci.counter, exit->psci.result))
        return;
    switch (psci_call(&vm->psci, cpu->index, exit->psci.arg, &exit->psci.result[0], &start)) {
    case PSCI_RETURN:
        break;
    case PSCI_SUSPEND:
        sleep_until(cpu, exit->psci.deadline_ns);
        break;
    case PSCI_CPU_ON:
        regs.pc = start.entry;
        regs.x[0] = start.context;
        cpu_start(vm, start.cpu, &regs);
        break;
    case PSCI_CPU_OFF:
        power_off_self(cpu);
        break;
    case PSCI_SYSTEM_OFF:
        power_off_self(cpu);
        native_want(vm, WANT_POWER_OFF);
        break;
    case PSCI_SYSTEM_RESET:
        power_off_self(cpu);
        native_want(vm, WANT_RESET);
        break;
    }
}

/* Device accesses of accelerators that do not call the bus themselves. */
static void handle_mmio(struct vm_cpu *cpu, struct vcpu_exit *exit)
{
    struct bus *bus = cpu->vm->bus;
    int rc;

    if (exit->io.write)
        rc = bus_write(bus, exit->io.addr, exit->io.size, exit->io.value);
    else
        rc = bus_read(bus, exit->io.addr, exit->io.size, &exit->io.value);
    exit->io.failed = rc < 0;
}

static void handle_fault(struct vm_cpu *cpu, const struct vcpu_exit *exit)
{
    const char *why = exit->fault.why
                          ? exit->fault.why
                          : "the guest's exception vectors are unusable there; see the guest's "
                            "console for what came before";

    power_off_self(cpu);
    native_fail(cpu->vm, -EFAULT, "vCPU %u cannot go on at pc %#llx (code %#llx): %s", cpu->index,
                (unsigned long long)exit->fault.pc, (unsigned long long)exit->fault.code, why);
}

static void handle_exit(struct vm_cpu *cpu, struct vcpu_exit *exit)
{
    struct native_vm *vm = cpu->vm;

    switch (exit->kind) {
    case VCPU_EXIT_KICKED:
        break;
    case VCPU_EXIT_MMIO:
        handle_mmio(cpu, exit);
        break;
    case VCPU_EXIT_PIO:
        exit->io.value = UINT64_MAX; /* this board has no ports */
        break;
    case VCPU_EXIT_WFI:
        sleep_until(cpu, exit->wfi.deadline_ns);
        break;
    case VCPU_EXIT_PSCI:
        handle_psci(cpu, exit);
        break;
    case VCPU_EXIT_SYSREG:
        exit->sysreg.undefined = machine_sysreg(vm->machine, cpu->index, exit) < 0;
        break;
    case VCPU_EXIT_TIMER:
        machine_timer(vm->machine, cpu->index, exit->timer.virt, exit->timer.phys);
        break;
    case VCPU_EXIT_SHUTDOWN:
        power_off_self(cpu);
        native_want(vm, WANT_POWER_OFF);
        break;
    case VCPU_EXIT_RESET:
        power_off_self(cpu);
        native_want(vm, WANT_RESET);
        break;
    case VCPU_EXIT_FAULT:
        handle_fault(cpu, exit);
        break;
    }
}

/* --- waiting --- */

/* Counts this vCPU as held, once for each hold. cpu->lock held. */
static void count_as_held(struct vm_cpu *cpu)
{
    struct native_vm *vm = cpu->vm;

    if (cpu->held)
        return;
    cpu->held = true;
    if (atomic_fetch_add(&vm->nr_held, 1) + 1 == vm->nr_cpus)
        loop_post(vm->base.loop, &vm->all_held);
}

/* Waits until this vCPU may run the guest. Returns with *ret_start telling whether to begin at
 * *regs; false: quit. */
static bool wait_for_work(struct vm_cpu *cpu, bool *ret_start, struct vcpu_regs *regs)
{
    bool go_on;

    (void)pthread_mutex_lock(&cpu->lock);
    while (!cpu->quit) {
        if (atomic_load(&cpu->vm->hold))
            count_as_held(cpu);
        else if (cpu->start_pending || atomic_load(&cpu->powered))
            break;
        (void)pthread_cond_wait(&cpu->wake, &cpu->lock);
    }
    *ret_start = cpu->start_pending;
    if (cpu->start_pending) {
        *regs = cpu->start;
        cpu->start_pending = false;
        atomic_store(&cpu->powered, true);
    }
    go_on = !cpu->quit;
    (void)pthread_mutex_unlock(&cpu->lock);
    return go_on;
}

static bool must_wait(const struct vm_cpu *cpu)
{
    return atomic_load(&cpu->vm->hold) || !atomic_load(&cpu->powered);
}

static int begin_at(struct vm_cpu *cpu, const struct vcpu_regs *regs)
{
    const struct accel_ops *accel = cpu->vm->accel;
    int rc = accel->vcpu_reset(cpu->vcpu);

    if (rc == 0)
        rc = accel->set_regs(cpu->vcpu, regs);
    /* A reset CPU's timers are off, but an interrupt controller keeps the levels it was last told.
     */
    machine_timer(cpu->vm->machine, cpu->index, false, false);
    psci_cpu_started(&cpu->vm->psci, cpu->index);
    return rc;
}

static int run_guest(struct vm_cpu *cpu, struct vcpu_exit *exit)
{
    int rc = 0;

    while (rc == 0 && !must_wait(cpu)) {
        rc = cpu->vm->accel->vcpu_run(cpu->vcpu, exit);
        if (rc == 0)
            handle_exit(cpu, exit);
    }
    return rc;
}

static void report_created(struct vm_cpu *cpu, const struct err *err)
{
    struct native_vm *vm = cpu->vm;

    (void)pthread_mutex_lock(&vm->lock);
    if (err->code && !vm->create_err.code)
        vm->create_err = *err;
    vm->nr_created++;
    (void)pthread_cond_signal(&vm->cpu_created);
    (void)pthread_mutex_unlock(&vm->lock);
}

static void *cpu_thread(void *arg)
{
    struct vm_cpu *cpu = arg;
    struct native_vm *vm = cpu->vm;
    struct vcpu_exit exit = {0};
    struct vcpu_regs regs;
    struct vcpu *vcpu = NULL;
    struct err err = {0};
    char name[16];
    bool start;
    int rc;

    (void)snprintf(name, sizeof(name), "vcpu %u", cpu->index);
    thread_name(name);
    thread_urgent();
    (void)vm->accel->vcpu_create(vm->accel_vm, cpu->index, &vcpu, &err);
    cpu->vcpu = vcpu;
    report_created(cpu, &err);
    while (wait_for_work(cpu, &start, &regs)) {
        rc = start ? begin_at(cpu, &regs) : 0;
        if (rc == 0)
            rc = run_guest(cpu, &exit);
        if (rc < 0) {
            power_off_self(cpu);
            native_fail(vm, rc, "vCPU %u: accelerator %s failed: %s", cpu->index, vm->accel->name,
                        strerror(-rc));
        }
    }
    vm->accel->vcpu_destroy(vcpu);
    return NULL;
}

/* --- the loop's side --- */

static void wake_all(struct native_vm *vm)
{
    for (unsigned i = 0; i < vm->nr_threads; i++) {
        (void)pthread_mutex_lock(&vm->cpus[i].lock);
        (void)pthread_cond_signal(&vm->cpus[i].wake);
        (void)pthread_mutex_unlock(&vm->cpus[i].lock);
    }
}

void cpus_hold(struct native_vm *vm)
{
    if (atomic_exchange(&vm->hold, true)) {
        if (cpus_all_held(vm))
            loop_post(vm->base.loop, &vm->all_held);
        return;
    }
    wake_all(vm);
    for (unsigned i = 0; i < vm->nr_threads; i++)
        vm->accel->vcpu_kick(vm->cpus[i].vcpu);
}

bool cpus_all_held(const struct native_vm *vm)
{
    return atomic_load(&vm->hold) && atomic_load(&vm->nr_held) == vm->nr_cpus;
}

void cpus_release(struct native_vm *vm)
{
    assert(cpus_all_held(vm));
    atomic_store(&vm->nr_held, 0);
    atomic_store(&vm->hold, false); /* nobody counts itself from here on */
    for (unsigned i = 0; i < vm->nr_cpus; i++) {
        (void)pthread_mutex_lock(&vm->cpus[i].lock);
        vm->cpus[i].held = false;
        (void)pthread_cond_signal(&vm->cpus[i].wake);
        (void)pthread_mutex_unlock(&vm->cpus[i].lock);
    }
}

void cpus_power_off(struct native_vm *vm)
{
    for (unsigned i = 0; i < vm->nr_cpus; i++) {
        (void)pthread_mutex_lock(&vm->cpus[i].lock);
        atomic_store(&vm->cpus[i].powered, false);
        vm->cpus[i].start_pending = false;
        (void)pthread_mutex_unlock(&vm->cpus[i].lock);
    }
}

int cpus_create(struct native_vm *vm, struct err *err)
{
    int rc = 0;

    vm->cpus = calloc(vm->nr_cpus, sizeof(*vm->cpus));
    if (!vm->cpus)
        return err_set(err, -ENOMEM, "out of memory for %u vCPUs", vm->nr_cpus);
    atomic_store(&vm->hold, true);
    for (unsigned i = 0; i < vm->nr_cpus; i++) {
        struct vm_cpu *cpu = &vm->cpus[i];

        cpu->vm = vm;
        cpu->index = i;
        (void)pthread_mutex_init(&cpu->lock, NULL);
        wait_cond_init(&cpu->wake);
    }
    for (; rc == 0 && vm->nr_threads < vm->nr_cpus; vm->nr_threads += rc == 0)
        rc = thread_create(&vm->cpus[vm->nr_threads].thread, cpu_thread, &vm->cpus[vm->nr_threads]);
    (void)pthread_mutex_lock(&vm->lock);
    while (vm->nr_created < vm->nr_threads)
        (void)pthread_cond_wait(&vm->cpu_created, &vm->lock);
    if (rc < 0)
        (void)err_set(&vm->create_err, rc, "no more threads: %s", strerror(-rc));
    (void)pthread_mutex_unlock(&vm->lock);
    if (vm->create_err.code == 0)
        return 0;
    return err_set(err, vm->create_err.code,
                   "accelerator %s: cannot make %u vCPUs: %s; try fewer --cpus", vm->accel->name,
                   vm->nr_cpus, vm->create_err.text);
}

void cpus_destroy(struct native_vm *vm)
{
    if (!vm->cpus)
        return;
    for (unsigned i = 0; i < vm->nr_threads; i++) {
        (void)pthread_mutex_lock(&vm->cpus[i].lock);
        vm->cpus[i].quit = true;
        (void)pthread_cond_signal(&vm->cpus[i].wake);
        (void)pthread_mutex_unlock(&vm->cpus[i].lock);
    }
    for (unsigned i = 0; i < vm->nr_threads; i++)
        (void)pthread_join(vm->cpus[i].thread, NULL);
    for (unsigned i = 0; i < vm->nr_cpus; i++) {
        (void)pthread_cond_destroy(&vm->cpus[i].wake);
        (void)pthread_mutex_destroy(&vm->cpus[i].lock);
    }
    free(vm->cpus);
    vm->cpus = NULL;
}
