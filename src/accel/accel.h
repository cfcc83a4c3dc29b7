/* SPDX-License-Identifier: Apache-2.0
 *
 * An accelerator supplies CPUs: hardware ones (kvm, hvf) or our own (soft). It knows no device.
 * Everything a CPU cannot finish alone comes back as an exit that says what the run loop must do.
 */
#ifndef BERTH_ACCEL_ACCEL_H
#define BERTH_ACCEL_ACCEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "bus/bus.h"
#include "memory/memory.h"

struct accel_vm;
struct vcpu;

enum vcpu_exit_kind {                   /* what the run loop must do, not what hardware said */
                      VCPU_EXIT_KICKED, /* nothing: someone called vcpu_kick */
                      VCPU_EXIT_MMIO,   /* io: perform it on the bus; a read fills value */
                      VCPU_EXIT_PIO,
                      VCPU_EXIT_WFI,    /* sleep until an interrupt pin is high, a kick, or
                                           wfi.deadline_ns */
                      VCPU_EXIT_PSCI,   /* psci: SMCCC call in arg[0..3]; fill result */
                      VCPU_EXIT_SYSREG, /* sysreg: an interrupt-controller register; a read fills
                                           value */
                      VCPU_EXIT_TIMER,  /* timer: the level of the timers' outputs changed */
                      VCPU_EXIT_SHUTDOWN,
                      VCPU_EXIT_RESET,
                      VCPU_EXIT_FAULT, /* the CPU cannot go on: fault says where */
};

enum vcpu_pin { VCPU_PIN_IRQ, VCPU_PIN_FIQ }; /* what a user-space GIC drives */

struct vcpu_exit {
    enum vcpu_exit_kind kind;
    union {
        struct {
            uint64_t addr, value;
            uint8_t size;
            bool write;
            bool failed; /* set by the caller: nobody answers there, the guest gets an abort */
        } io;
        struct {
            uint64_t value;
            uint32_t reg; /* A64_SYSREG(op0, op1, crn, crm, op2) of accel/arm64/sysreg.h */
            bool write;
            bool undefined; /* set by the caller: there is no such register, the guest gets an
                               exception */
        } sysreg;
        struct {
            uint64_t arg[4];
            uint64_t result[4];   /* for x0 to x3; as they are until the caller changes them */
            uint64_t deadline_ns; /* when a timer would end a suspend, as in wfi */
            uint64_t counter;     /* CNTVCT_EL0 at the call */
        } psci;
        struct {
            uint64_t deadline_ns; /* clock_monotonic_ns; UINT64_MAX: no timer */
        } wfi;
        struct {
            bool virt, phys; /* outputs of CNTV and CNTP */
        } timer;
        struct {
            uint64_t code, pc;
            const char *why; /* the accelerator's own words, until the next vcpu_run; or NULL */
        } fault;
    };
};

/* General state of an AArch64 vCPU, enough to start one and to say where it is. */
struct vcpu_regs {
    uint64_t x[31], sp_el0, sp_el1, pc, pstate;
};

struct accel_vm_params {
    struct guest_memory *memory; /* outlives the VM, all RAM added; mapped by accel_ops.map */
    struct bus *bus;  /* an accelerator that is a library (soft) may call it on the vCPU thread
                         instead of exiting */
    unsigned nr_cpus; /* 1..64 */
    uint64_t (*mpidr)(unsigned index); /* affinity of vCPU `index` (MPIDR_EL1 bits 39:0) */
    const struct accel_tuning *tuning;
};

/* What `--accel soft,translator=off,…` says. NULL fields are defaults. */
struct accel_tuning {
    const char *options; /* text after the accelerator's name, or NULL */
};

/* What the board wants of an interrupt controller that comes with the CPUs: a GICv3 and a GICv2m
 * frame. */
struct irqchip_params {
    gpa_t dist_base, redist_base, msi_base;
    unsigned nr_spis;             /* INTIDs 32 and up */
    unsigned first_msi, last_msi; /* INTIDs that messages may raise */
};

/* Such a controller; it lives and dies with its VM. CPUs' accesses to it never come out. */
struct irqchip {
    void *chip;
    void (*set_spi)(void *chip, unsigned intid, bool level);    /* fits struct irq_line */
    void (*send_msi)(void *chip, uint64_t addr, uint32_t data); /* fits struct msi_target */
    void (*reset)(void *chip);                                  /* vCPUs stopped */
    /* Where the redistributors are: one region. Once every vCPU exists. */
    void (*redistributors)(void *chip, gpa_t *ret_base, uint64_t *ret_len);
};

struct accel_ops {
    const char *name; /* "kvm", "hvf", "soft" */

    /* Can this host run it? 0, or -errno with the reason in `err`. Tries, does not assume. */
    int (*probe)(struct err *err);

    /* Bits of a guest-physical address in its VMs, at least 32: the board puts nothing beyond. */
    unsigned (*gpa_bits)(void);

    int (*vm_create)(const struct accel_vm_params *params, struct accel_vm **ret, struct err *err);
    void (*vm_destroy)(struct accel_vm *vm); /* every vCPU destroyed before */
    /* Page aligned. */
    int (*map)(struct accel_vm *vm, gpa_t gpa, void *host, uint64_t len, unsigned prot,
               struct err *err);
    int (*unmap)(struct accel_vm *vm, gpa_t gpa, uint64_t len);

    /* [gpa, gpa + len), RAM, holds what the host put there for a CPU that begins with its caches
     * off. vCPUs stopped. NULL: caches are no concern. */
    void (*loaded)(struct accel_vm *vm, gpa_t gpa, uint64_t len);

    /* Before the first vCPU. May say -ENOTSUP: then device/gic serves. NULL: always so. */
    int (*irqchip)(struct accel_vm *vm, const struct irqchip_params *params, struct irqchip *ret,
                   struct err *err);

    /* On the thread that runs it, as are destroy and run. */
    int (*vcpu_create)(struct accel_vm *vm, unsigned index, struct vcpu **ret, struct err *err);
    void (*vcpu_destroy)(struct vcpu *v);
    /* Completes the last exit, then runs the guest. 0 with *exit filled, or -errno. On the vCPU's
     * thread. */
    int (*vcpu_run)(struct vcpu *v, struct vcpu_exit *exit);
    void (*vcpu_kick)(struct vcpu *v); /* any thread, any time; never lost: the next or running
                                          vcpu_run returns KICKED */
    /* Any thread; seen before the next guest instruction or WFI. */
    void (*vcpu_irq)(struct vcpu *v, enum vcpu_pin pin, bool level);
    int (*get_regs)(struct vcpu *v, struct vcpu_regs *ret);        /* on its thread */
    int (*set_regs)(struct vcpu *v, const struct vcpu_regs *regs); /* on its thread */
    /* Back to the architecture's reset state (registers, TLB, timers). On its thread. */
    int (*vcpu_reset)(struct vcpu *v);

    /* Stops and starts the guest's virtual counter: it must not see paused time. All vCPUs stopped.
     */
    void (*clock_stop)(struct accel_vm *vm);
    void (*clock_start)(struct accel_vm *vm);
};

extern const struct accel_ops accel_soft;

#endif
