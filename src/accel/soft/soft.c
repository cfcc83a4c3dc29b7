/* SPDX-License-Identifier: Apache-2.0
 *
 * The accelerator that needs no hardware: accel.h over the CPU library cpu/arm64. Device accesses
 * go straight to the bus on the vCPU's thread; only what concerns the whole VM becomes an exit.
 * Guest memory needs no mapping: the CPU finds it itself. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/mman.h>

#include "accel/accel.h"
#include "accel/soft/clock.h"
#include "accel/soft/options.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/trace.h"

enum { GPA_BITS = 40 }; /* ID_AA64MMFR0_EL1.PARange of cpu/arm64 */

struct accel_vm {
    struct a64_vm *a64;
    struct a64_host host;
    struct soft_clock clock;
    struct bus *bus;
    FILE *trace, *blocks, *perf_map; /* what the options asked for, or NULL */
    unsigned nr_cpus;
    uint64_t (*mpidr)(unsigned index);
    pthread_mutex_t
        lock; /* vcpus: the clock's thread looks there, CPUs come and go on their own threads */
    struct vcpu *vcpus[SOFT_MAX_CPUS];
};

struct vcpu {
    struct accel_vm *vm;
    struct a64_cpu *cpu;
    unsigned index;
    struct a64_exit a64; /* the CPU's last exit; it reads the answer to a register access here */
    struct vcpu_exit *answered; /* the exit the caller is completing; NULL before the first */
    bool virt_line, phys_line;  /* timer outputs last told */
};

/* --- what the CPU asks for --- */

static bool on_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    const struct accel_vm *vm = ctx;

    return bus_read(vm->bus, pa, size, ret) == 0;
}

static bool on_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    const struct accel_vm *vm = ctx;

    return bus_write(vm->bus, pa, size, value) == 0;
}

static uint64_t on_counter(void *ctx)
{
    const struct accel_vm *vm = ctx;

    return soft_clock_ticks(&vm->clock);
}

static void on_timer_due(void *ctx, unsigned cpu)
{
    struct accel_vm *vm = ctx;

    (void)pthread_mutex_lock(&vm->lock);
    if (vm->vcpus[cpu])
        a64_poke_timer(vm->vcpus[cpu]->cpu);
    (void)pthread_mutex_unlock(&vm->lock);
}

/* --- the VM --- */

static int soft_probe(struct err *err)
{
    (void)err;
    return 0;
}

static void close_log(FILE *f)
{
    if (f)
        (void)fclose(f);
}

static void soft_vm_destroy(struct accel_vm *vm)
{
    if (!vm)
        return;
    soft_clock_finish(&vm->clock);
    a64_vm_destroy(vm->a64);
    close_log(vm->trace);
    close_log(vm->blocks);
    close_log(vm->perf_map);
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm);
}

/* `path` "": none. */
static int open_log(const char *key, const char *path, FILE **ret, struct err *err)
{
    int rc;

    if (!*path)
        return 0;
    *ret = fopen(path, "we");
    if (*ret)
        return 0;
    rc = -errno;
    return err_set(err, rc, "--accel soft: %s=%s: %s", key, path, strerror(-rc));
}

static int open_logs(struct accel_vm *vm, const struct soft_options *o, struct err *err)
{
    char map[64] = "";
    int rc;

    if (o->perf)
        (void)snprintf(map, sizeof(map), "/tmp/perf-%ld.map", (long)getpid()); /* where perf looks */
    rc = open_log("trace", o->trace, &vm->trace, err);
    if (rc == 0)
        rc = open_log("blocks", o->blocks, &vm->blocks, err);
    if (rc == 0)
        rc = open_log("perf", map, &vm->perf_map, err);
    if (rc < 0)
        return rc;
    a64_vm_trace(vm->a64, vm->trace);
    a64_vm_trace_blocks(vm->a64, vm->blocks, vm->perf_map);
    return 0;
}

static int soft_vm_create(const struct accel_vm_params *params, struct accel_vm **ret,
                          struct err *err)
{
    struct a64_vm_params a64 = {.memory = params->memory, .counter_hz = SOFT_COUNTER_HZ};
    struct soft_options options;
    struct accel_vm *vm;
    int rc;

    rc = soft_options_parse(params->tuning ? params->tuning->options : NULL, &options, err);
    if (rc < 0)
        return rc;
    vm = calloc(1, sizeof(*vm));
    if (!vm)
        return err_set(err, -ENOMEM, "accelerator soft: out of memory");
    vm->bus = params->bus;
    vm->nr_cpus = params->nr_cpus;
    vm->mpidr = params->mpidr;
    vm->host = (struct a64_host){on_mmio_read, on_mmio_write, on_counter, vm};
    a64.host = &vm->host;
    a64.nr_cpus = params->nr_cpus;
    a64.code_cache_bytes = options.code_cache_bytes;
    a64.interpret = options.interpret;
    (void)pthread_mutex_init(&vm->lock, NULL);
    rc = soft_clock_init(&vm->clock, on_timer_due, vm);
    if (rc < 0)
        goto out_free;
    rc = a64_vm_create(&a64, &vm->a64);
    if (rc < 0)
        goto out_clock;
    rc = open_logs(vm, &options, err);
    if (rc < 0) {
        soft_vm_destroy(vm);
        return rc;
    }
    *ret = vm;
    return 0;

out_clock:
    soft_clock_finish(&vm->clock);
out_free:
    (void)pthread_mutex_destroy(&vm->lock);
    free(vm);
    return err_set(err, rc,
                   "accelerator soft: cannot set up the software CPU: out of memory or threads");
}

static unsigned soft_gpa_bits(void)
{
    return GPA_BITS;
}

static int soft_map(struct accel_vm *vm, gpa_t gpa, void *host, uint64_t len, unsigned prot,
                    struct err *err)
{
    (void)vm, (void)gpa, (void)host, (void)len;
    if (prot != (PROT_READ | PROT_WRITE | PROT_EXEC))
        return err_set(err, -ENOTSUP, "accelerator soft: guest memory is for every use");
    return 0;
}

static int soft_unmap(struct accel_vm *vm, gpa_t gpa, uint64_t len)
{
    (void)vm, (void)gpa, (void)len;
    return -ENOTSUP;
}

static void soft_clock_stop_vm(struct accel_vm *vm)
{
    soft_clock_stop(&vm->clock);
}

static void soft_clock_start_vm(struct accel_vm *vm)
{
    soft_clock_start(&vm->clock);
}

/* --- a vCPU --- */

static int soft_vcpu_create(struct accel_vm *vm, unsigned index, struct vcpu **ret,
                            struct err *err)
{
    struct vcpu *v = calloc(1, sizeof(*v));
    int rc;

    if (!v)
        return err_set(err, -ENOMEM, "out of memory");
    v->vm = vm;
    v->index = index;
    (void)pthread_mutex_lock(&vm->lock);
    rc = a64_cpu_create(vm->a64, index, vm->mpidr(index), &v->cpu);
    if (rc == 0)
        vm->vcpus[index] = v;
    (void)pthread_mutex_unlock(&vm->lock);
    if (rc < 0) {
        free(v);
        return err_set(err, rc, "%s", strerror(-rc));
    }
    *ret = v;
    return 0;
}

static void soft_vcpu_destroy(struct vcpu *v)
{
    if (!v)
        return;
    soft_clock_set_deadline(&v->vm->clock, v->index, SOFT_NO_DEADLINE);
    (void)pthread_mutex_lock(&v->vm->lock);
    v->vm->vcpus[v->index] = NULL;
    a64_cpu_destroy(v->cpu);
    (void)pthread_mutex_unlock(&v->vm->lock);
    free(v);
}

static void finish_psci(struct vcpu *v, const struct vcpu_exit *e)
{
    for (unsigned i = 0; i < ARRAY_LEN(e->psci.result); i++)
        a64_set_x(v->cpu, i, e->psci.result[i]);
    a64_poke_timer(v->cpu); /* it may have been a suspend */
}

/* Hands the CPU what the caller found out about the last exit. */
static void finish_last_exit(struct vcpu *v)
{
    const struct vcpu_exit *e = v->answered;

    v->answered = NULL;
    if (!e)
        return;
    if (e->kind == VCPU_EXIT_WFI)
        a64_poke_timer(v->cpu); /* its deadline may be what ended the sleep */
    else if (e->kind == VCPU_EXIT_PSCI)
        finish_psci(v, e);
    else if (e->kind == VCPU_EXIT_SYSREG && e->sysreg.undefined)
        a64_undefined(v->cpu);
    else if (e->kind == VCPU_EXIT_SYSREG)
        v->a64.sysreg.value = e->sysreg.value;
}

/* Turns the CPU's exit into the run loop's. false: nothing to do there, run on. */
static bool translate_exit(struct vcpu *v, struct vcpu_exit *exit)
{
    const struct a64_exit *a = &v->a64;

    switch (a->kind) {
    case A64_EXIT_KICKED:
        exit->kind = VCPU_EXIT_KICKED;
        return true;
    case A64_EXIT_WFI:
        exit->kind = VCPU_EXIT_WFI;
        exit->wfi.deadline_ns = soft_clock_ns_at(&v->vm->clock, a->deadline);
        return true;
    case A64_EXIT_HVC:
        exit->kind = VCPU_EXIT_PSCI;
        for (unsigned i = 0; i < ARRAY_LEN(exit->psci.arg); i++)
            exit->psci.result[i] = exit->psci.arg[i] = a64_get_x(v->cpu, i);
        exit->psci.deadline_ns = soft_clock_ns_at(&v->vm->clock, a64_timer_deadline(v->cpu));
        exit->psci.counter = soft_clock_ticks(&v->vm->clock);
        return true;
    case A64_EXIT_SYSREG:
        exit->kind = VCPU_EXIT_SYSREG;
        exit->sysreg.reg = a->sysreg.reg;
        exit->sysreg.write = a->sysreg.write;
        exit->sysreg.value = a->sysreg.value;
        exit->sysreg.undefined = false;
        return true;
    case A64_EXIT_TIMER: /* an output or the deadline changed */
        if (a->timer.virt == v->virt_line && a->timer.phys == v->phys_line)
            return false;
        v->virt_line = a->timer.virt;
        v->phys_line = a->timer.phys;
        exit->kind = VCPU_EXIT_TIMER;
        exit->timer.virt = v->virt_line;
        exit->timer.phys = v->phys_line;
        return true;
    case A64_EXIT_LOCKUP:
        exit->kind = VCPU_EXIT_FAULT;
        exit->fault.code = 0;
        exit->fault.why = NULL;
        exit->fault.pc = a64_get_pc(v->cpu);
        return true;
    case A64_EXIT_TRAP: /* without el2 there is none */
        break;
    }
    return false;
}

static int soft_vcpu_run(struct vcpu *v, struct vcpu_exit *exit)
{
    finish_last_exit(v);
    do {
        soft_clock_set_deadline(&v->vm->clock, v->index, a64_timer_deadline(v->cpu));
        a64_run(v->cpu, &v->a64);
    } while (!translate_exit(v, exit));
    /* The caller of a sleeping CPU watches the time itself. */
    if (exit->kind == VCPU_EXIT_WFI)
        soft_clock_set_deadline(&v->vm->clock, v->index, SOFT_NO_DEADLINE);
    v->answered = exit;
    return 0;
}

static void soft_vcpu_kick(struct vcpu *v)
{
    a64_kick(v->cpu);
}

static void soft_vcpu_irq(struct vcpu *v, enum vcpu_pin pin, bool level)
{
    a64_set_pin(v->cpu, pin == VCPU_PIN_FIQ, level);
}

static int soft_vcpu_reset(struct vcpu *v)
{
    a64_cpu_reset(v->cpu);
    v->answered = NULL;
    v->virt_line = false;
    v->phys_line = false;
    return 0;
}

static int soft_get_regs(struct vcpu *v, struct vcpu_regs *ret)
{
    for (unsigned i = 0; i < ARRAY_LEN(ret->x); i++)
        ret->x[i] = a64_get_x(v->cpu, i);
    ret->sp_el0 = a64_get_sp(v->cpu, 0);
    ret->sp_el1 = a64_get_sp(v->cpu, 1);
    ret->pc = a64_get_pc(v->cpu);
    ret->pstate = a64_get_pstate(v->cpu);
    return 0;
}

static int soft_set_regs(struct vcpu *v, const struct vcpu_regs *regs)
{
    a64_set_pstate(v->cpu, regs->pstate);
    for (unsigned i = 0; i < ARRAY_LEN(regs->x); i++)
        a64_set_x(v->cpu, i, regs->x[i]);
    a64_set_sp(v->cpu, 0, regs->sp_el0);
    a64_set_sp(v->cpu, 1, regs->sp_el1);
    a64_set_pc(v->cpu, regs->pc);
    return 0;
}

const struct accel_ops accel_soft = {
    .name = "soft",
    .probe = soft_probe,
    .gpa_bits = soft_gpa_bits,
    .vm_create = soft_vm_create,
    .vm_destroy = soft_vm_destroy,
    .map = soft_map,
    .unmap = soft_unmap,
    .vcpu_create = soft_vcpu_create,
    .vcpu_destroy = soft_vcpu_destroy,
    .vcpu_run = soft_vcpu_run,
    .vcpu_kick = soft_vcpu_kick,
    .vcpu_irq = soft_vcpu_irq,
    .get_regs = soft_get_regs,
    .set_regs = soft_set_regs,
    .vcpu_reset = soft_vcpu_reset,
    .clock_stop = soft_clock_stop_vm,
    .clock_start = soft_clock_start_vm,
};
