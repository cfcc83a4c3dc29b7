/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the stand-in: Apple's Hypervisor framework on our software CPU, so that accel/hvf runs on
 * Linux. What the documentation promises is kept; what it forbids ends the process with a sentence
 * on standard error (standin_breach), because on a Mac it would be a wrong result some time later.
 *
 *     vm.c         the VM: configuration, memory, life
 *     vcpu.c       vCPUs: life, ownership, properties
 *     run.c        hv_vcpu_run: from the CPU's exits to the framework's
 *     syndrome.c   ESR_EL2 of an instruction
 *     regs.c       registers by number
 *     gic.c        hv_gic_* (macOS 15 only); gic_none.c: macOS 13
 *     system.c     what accel/hvf wants of libSystem and the kernel */
#ifndef BERTH_STANDIN_HVF_H
#define BERTH_STANDIN_HVF_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/hvf/hv.h"
#include "accel/soft/clock.h"
#include "base/compiler.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/state.h"
#include "cpu/arm64/vm.h"

enum {
    STANDIN_MAX_VCPUS = 64,
    STANDIN_NR_SHADOWS = 64,
    STANDIN_COUNTER_HZ = 24000000,
    STANDIN_PAGE = 16384,
};

/* An access that no memory answers, seen from inside the CPU. */
struct standin_abort {
    bool pending, write;
    uint64_t pa;
    /* EL1's exception registers before the CPU took the abort that the framework keeps from it. */
    uint64_t elr, spsr, esr, far;
};

/* A register that the software CPU does not hold. */
struct standin_shadow {
    hv_sys_reg_t reg;
    uint64_t value;
};

struct standin_vcpu {
    bool used;
    pthread_t owner;
    hv_vcpu_t id;
    hv_vcpu_exit_t exit;
    struct a64_cpu *cpu;
    struct a64_exit a64;
    _Atomic bool cancel;       /* hv_vcpus_exit; stays until a run sees it */
    bool pending[2];           /* by hv_interrupt_type_t; gone when a run ends */
    _Atomic uint32_t gic_pins; /* the framework's GIC: 1 << hv_interrupt_type_t */
    bool vtimer_mask;
    uint64_t vtimer_offset;
    unsigned nr_idle_fires; /* timer exits in a row without any other */
    bool mpidr_written;
    struct standin_abort abort;
    struct standin_shadow shadow[STANDIN_NR_SHADOWS];
    unsigned nr_shadows;

    pthread_mutex_t lock; /* a WFI that does not come out sleeps here */
    pthread_cond_t wake;
};

/* The framework's GIC, where there is one. */
struct standin_gic_ops {
    bool (*exists)(void);                                    /* in this VM */
    bool (*read)(uint64_t pa, unsigned size, uint64_t *ret); /* false: none of its registers */
    bool (*write)(uint64_t pa, unsigned size, uint64_t value);
    bool (*sysreg)(struct standin_vcpu *v, struct a64_exit *exit); /* false: UNDEFINED */
    void (*timer)(struct standin_vcpu *v, bool virt, bool phys);
    void (*vm_gone)(void);
};
extern const struct standin_gic_ops *const standin_gic; /* NULL: macOS 13 */
extern const uint32_t standin_max_ipa_bits;             /* of this pretended Mac */

static inline bool standin_has_gic(void)
{
    return standin_gic && standin_gic->exists();
}

struct standin_vm {
    pthread_mutex_t lock; /* creation and destruction */
    bool used;
    uint32_t ipa_bits;
    struct guest_memory *memory; /* empty: RAM is put into a64 directly */
    struct a64_vm *a64;
    struct a64_host host;
    struct soft_clock clock;
    struct standin_vcpu vcpus[STANDIN_MAX_VCPUS];
    unsigned nr_vcpus;
};
extern struct standin_vm standin_vm;

/* The rules were broken: says which, and aborts. */
void standin_breach(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

/* The vCPU `id`, on the thread that owns it; NULL: there is none. A wrong thread is a breach. */
struct standin_vcpu *standin_own(hv_vcpu_t id, const char *function);

/* The vCPU whose code runs on this thread. */
extern _Thread_local struct standin_vcpu *standin_current;

/* --- syndrome.c --- */

uint64_t standin_data_syndrome(uint32_t insn, bool write);
uint64_t standin_sysreg_syndrome(uint32_t insn);
uint32_t standin_fetch(struct standin_vcpu *v, uint64_t pc);

/* --- run.c --- */

void standin_wake(struct standin_vcpu *v); /* from a sleep in WFI; any thread */
bool standin_sysreg_leaves(void *ctx, uint32_t reg);
bool standin_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret);
bool standin_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value);

/* --- regs.c --- */

/* What the guest reads of an identification register. */
bool standin_is_id(uint32_t reg);
uint64_t standin_id_value(struct standin_vcpu *v, hv_sys_reg_t reg);
void standin_init_regs(struct standin_vcpu *v);
uint64_t standin_table_read(struct standin_vcpu *v, hv_sys_reg_t reg);

/* The virtual timer's output, the framework's mask apart. */
bool standin_vtimer_high(struct standin_vcpu *v);

#endif
