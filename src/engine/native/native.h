/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to engine/native: a VM made of our machine and an accelerator's CPUs.
 *
 *     loop thread                          vCPU threads, one each
 *     ───────────                          ──────────────────────
 *     hold: kick all ───────────────────►  leave the guest, count themselves as held, wait
 *     task `all_held` ◄──────────────────  the last one to be held posts it
 *     start, pause, reset, stop, resume    (waiting: registers, devices and memory are the loop's)
 *     release ──────────────────────────►  take a start that is pending, enter the guest
 *     task `requested` ◄─────────────────  power-off, reset, panic, fault: a bit is set, then
 * posted
 *
 * A vCPU that is powered off (PSCI) waits in the same place, held or not. */
#ifndef BERTH_ENGINE_NATIVE_H
#define BERTH_ENGINE_NATIVE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/accel.h"
#include "accel/arm64/psci.h"
#include "base/err.h"
#include "engine/engine_ops.h"
#include "host/loop.h"
#include "machine/machine.h"

/* What somebody wants done once every vCPU is held; several can be pending. */
enum {
    WANT_RUN = 1, /* start or resume */
    WANT_PAUSE = 2,
    WANT_RESET = 4,     /* and run on */
    WANT_POWER_OFF = 8, /* by the guest */
    WANT_STOP = 16,     /* by us */
    WANT_FAIL = 32,     /* vm->base.failure says why */
    WANT_PANIC = 64,    /* becomes one of the others, or nothing */
};

struct vm_cpu {
    struct native_vm *vm;
    unsigned index;
    pthread_t thread;
    struct vcpu *vcpu;     /* set before the VM is built, gone after; its thread made it */
    _Atomic unsigned pins; /* 1 << enum vcpu_pin; with `sleeping`: each side writes its own, then
                              reads the other's */
    _Atomic bool sleeping; /* its thread waits in WFI */
    _Atomic bool powered;  /* PSCI: on. Its own thread sets it, and the loop while it is held */

    pthread_mutex_t lock; /* everything below */
    pthread_cond_t wake;
    bool held, quit;
    bool start_pending; /* begin at `start` */
    struct vcpu_regs start;
};

struct native_vm {
    struct vm base; /* base.failure: set under `lock`, by any thread */
    struct guest_memory *memory;
    struct bus *bus;
    struct machine_host host;
    struct machine *machine;
    const struct accel_ops *accel;
    struct accel_vm *accel_vm;
    struct psci psci;
    bool frozen; /* guest time and devices stand still */

    struct vm_cpu *cpus;
    unsigned nr_cpus, nr_threads;
    _Atomic bool hold; /* vCPUs must wait */
    _Atomic unsigned nr_held;
    _Atomic unsigned wanted; /* WANT_…; set by any thread, taken by the loop */

    struct task requested, all_held;
    pthread_mutex_t lock; /* base.failure; creation of vCPUs */
    pthread_cond_t cpu_created;
    unsigned nr_created;
    struct err create_err; /* of the first vCPU that could not be made */
};

/* --- vcpu.c --- */

/* Makes the vCPUs, each on its own thread, held. Returns when all exist. -errno with the sentence
 * in `err`. */
NODISCARD int cpus_create(struct native_vm *vm, struct err *err);
void cpus_destroy(struct native_vm *vm); /* all held; half-made is fine */

void cpus_hold(struct native_vm *vm); /* vm->all_held is posted when it is so */
bool cpus_all_held(const struct native_vm *vm);
void cpus_release(struct native_vm *vm);

/* Powers CPU `index` on at `regs`, as PSCI or a reset does. Any thread. */
void cpu_start(struct native_vm *vm, unsigned index, const struct vcpu_regs *regs);
void cpus_power_off(struct native_vm *vm); /* all of them; held */

/* The interrupt controller's output to a vCPU. Any thread. */
void cpu_set_pin(struct native_vm *vm, unsigned index, enum vcpu_pin pin, bool level);

/* --- vm.c --- */

/* Sets `want` and lets the loop see to it. Any thread. */
void native_want(struct native_vm *vm, unsigned want);

/* Records why the VM cannot go on (the first reason stays) and wants WANT_FAIL. Any thread. */
void native_fail(struct native_vm *vm, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
