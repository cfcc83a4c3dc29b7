/* SPDX-License-Identifier: Apache-2.0
 *
 * The software CPU: ARMv8.0-A with FP and Advanced SIMD, CRC32, LSE atomics, RDM, AES, PMULL, SHA-1, SHA-256, PAN and
 * E0PD, AArch64 only, EL1 and EL0. It knows registers, instructions, address translation and the generic timers, and no
 * device: what it cannot do alone it asks of struct a64_host or returns as an exit. One thread per CPU, any number of
 * CPUs in a VM sharing memory and decoded code. */
#ifndef BERTH_CPU_ARM64_CPU_H
#define BERTH_CPU_ARM64_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "memory/memory.h"

struct a64_cpu;
struct a64_vm;

/* A system register's name: the 16 bits of MRS/MSR [20:5] (op0, op1, CRn, CRm, op2). */
#define A64_SYSREG(op0, op1, crn, crm, op2)                                                        \
    ((uint32_t)(((op0) << 14) | ((op1) << 11) | ((crn) << 7) | ((crm) << 3) | (op2)))

/* What the CPU asks of the world while it runs; on the CPU's thread. */
struct a64_host {
    /* Device access at a guest-physical address outside RAM. `size` 1, 2, 4, 8. false: nobody answers there, the guest
     * takes a synchronous external abort. */
    bool (*mmio_read)(void *ctx, uint64_t pa, unsigned size, uint64_t *ret);
    bool (*mmio_write)(void *ctx, uint64_t pa, unsigned size, uint64_t value);
    /* The physical counter, in ticks of `counter_hz`. The virtual counter is the same (CNTVOFF 0). */
    uint64_t (*counter)(void *ctx);
    void *ctx;
};

enum a64_exit_kind {
    A64_EXIT_KICKED,    /* a64_kick */
    A64_EXIT_WFI,       /* nothing to do until an interrupt pin or `deadline` (counter ticks; UINT64_MAX: none) */
    A64_EXIT_HVC,       /* x0..x3 hold the call; store the result with a64_set_x0 */
    A64_EXIT_SYSREG,    /* ICC_*: fill value on a read; a64_undefined() if there is no such register */
    A64_EXIT_TIMER,     /* virt, phys: the timers' outputs now; or only a64_timer_deadline came nearer */
    A64_EXIT_LOCKUP,    /* the CPU takes exceptions for ever at one address (VBAR unmapped) */
    A64_EXIT_TRAP,      /* with a64_vm_params.el2: what EL2 would take; PC at the instruction, behind it for HVC */
};

struct a64_exit {
    enum a64_exit_kind kind;
    union {
        uint64_t deadline;
        struct {
            uint32_t reg;   /* A64_SYSREG */
            bool write;
            uint64_t value;
        } sysreg;
        struct {
            bool virt, phys;
        } timer;
        struct {
            uint64_t syndrome, far, ipa; /* ESR_EL2, FAR_EL2, the guest-physical address */
        } trap;
    };
};

/* The host as a hypervisor that sits at EL2 and wants to hear of what EL1 does as hardware would tell it (Arm ARM D1, D8).
 * Then A64_EXIT_TRAP tells of HVC, SMC, of accesses that stage 2 refuses and no mmio_read or mmio_write answers, and of
 * system registers. The other exits remain. */
enum a64_el2_verdict {
    A64_EL2_ALLOW,   /* the CPU does it */
    A64_EL2_TRAP,    /* A64_EXIT_TRAP */
    A64_EL2_EMULATE, /* A64_EXIT_SYSREG */
};
struct a64_el2 {
    /* An access by MRS or MSR that EL1 has nothing against, registers that do not exist included. The CPU's thread; `ctx`
     * is the host's. */
    enum a64_el2_verdict (*sysreg)(void *ctx, uint32_t reg, bool write);
    unsigned ipa_bits; /* guest-physical addresses that stage 2 translates */
};

/* Stage 2 of translation, as one stretch of it. */
enum { A64_STAGE2_READ = 1, A64_STAGE2_WRITE = 2, A64_STAGE2_EXEC = 4 };
struct a64_stage2 {
    uint64_t ipa, len; /* bytes, multiples of 4096 */
    void *host;
    unsigned allowed;  /* A64_STAGE2_* */
};

struct a64_vm_params {
    struct guest_memory *memory;     /* RAM; MMIO is everything else. NULL: none until a64_vm_set_stage2 */
    const struct a64_host *host;
    unsigned nr_cpus;                /* 1..64 */
    uint64_t counter_hz;             /* CNTFRQ_EL0 */
    uint64_t code_cache_bytes;       /* bound for decoded code; 0: default */
    bool interpret;                  /* do not translate hot code to host code */
    const struct a64_el2 *el2;       /* NULL: there is no EL2 */
};

NODISCARD int a64_vm_create(const struct a64_vm_params *params, struct a64_vm **ret);
void a64_vm_destroy(struct a64_vm *vm);

/* With el2: `nr` stretches are all the memory from now on; none overlaps. No CPU is inside a64_run; each drops what it
 * remembers of the old ones when it comes back. Any thread. -ENOMEM changes nothing. */
NODISCARD int a64_vm_set_stage2(struct a64_vm *vm, const struct a64_stage2 *stretches, size_t nr);

/* CPU `index` with MPIDR affinity `mpidr`, in reset state (EL1h, DAIF masked, MMU off, PC 0). Any thread before the run. */
NODISCARD int a64_cpu_create(struct a64_vm *vm, unsigned index, uint64_t mpidr, struct a64_cpu **ret);
void a64_cpu_destroy(struct a64_cpu *cpu);
void a64_cpu_reset(struct a64_cpu *cpu);

/* Runs until something must be done outside; completes the last exit first. The CPU's own thread. */
void a64_run(struct a64_cpu *cpu, struct a64_exit *exit);

/* Any thread. A kick makes the running or next a64_run return A64_EXIT_KICKED; a pin is seen before the next block. */
void a64_kick(struct a64_cpu *cpu);
void a64_set_pin(struct a64_cpu *cpu, bool fiq, bool level);
/* Tells a running CPU to look at its timers (the host's deadline for it has passed). Any thread. */
void a64_poke_timer(struct a64_cpu *cpu);

/* The earliest counter value at which a timer output of this CPU rises, or has risen without an A64_EXIT_TIMER that told so;
 * UINT64_MAX: none does. Its thread. */
uint64_t a64_timer_deadline(const struct a64_cpu *cpu);

/* With el2, while stopped: debug exceptions become traps, whatever EL1 masks (MDCR_EL2.TDE). */
void a64_trap_debug(struct a64_cpu *cpu, bool on);

/* While stopped. */
void a64_undefined(struct a64_cpu *cpu); /* answers an A64_EXIT_SYSREG with an Undefined exception */
uint64_t a64_get_x(const struct a64_cpu *cpu, unsigned n);            /* 0..30 */
void a64_set_x(struct a64_cpu *cpu, unsigned n, uint64_t value);
uint64_t a64_get_pc(const struct a64_cpu *cpu);
void a64_set_pc(struct a64_cpu *cpu, uint64_t pc);
uint64_t a64_get_pstate(const struct a64_cpu *cpu);                   /* SPSR layout */
void a64_set_pstate(struct a64_cpu *cpu, uint64_t spsr);
uint64_t a64_get_sp(const struct a64_cpu *cpu, unsigned el);
void a64_set_sp(struct a64_cpu *cpu, unsigned el, uint64_t value);

#endif
