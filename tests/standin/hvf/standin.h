/* SPDX-License-Identifier: Apache-2.0
 *
 * Inside the stand-in: Apple's Hypervisor framework (arm64) on our software CPU, so that accel/hvf
 * runs on Linux. What the documentation promises is kept; what it forbids without a return code
 * ends the process with a sentence on standard error (standin_breach), because on a Mac it would be
 * a wrong result some time later.
 *
 *     vm.c         the VM: configuration, life
 *     memory.c     guest memory: maps, rights, and stopping the world to change them
 *     vcpu.c       vCPUs: life, ownership, properties
 *     run.c        hv_vcpu_run: from the CPU's exits to the framework's
 *     trap.c       which registers' accesses come out
 *     regs.c       general and vector registers
 *     sysregs.c    system registers, identity
 *     timer.c      mach time and the virtual timer
 *     gic.c        hv_gic_* (macOS 15), gic_chip.c the device behind it; flavour13.c: none
 *     system.c     what accel/hvf wants of libSystem and the kernel
 *     settings.c   HV_STANDIN: what else this Mac should pretend; storm.c: exits out of the blue */
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

enum {
    STANDIN_MAX_VCPUS = 64,
    STANDIN_NR_SHADOWS = 160,
    STANDIN_COUNTER_HZ = 24000000,
    STANDIN_PAGE = 16384,
};

/* A register that the software CPU does not hold. */
struct standin_shadow {
    hv_sys_reg_t reg;
    uint64_t value;
};

/* Of the thread that made it, but for what `lock` guards and the atomics. */
struct standin_vcpu {
    bool used; /* under the VM's lock */
    pthread_t owner;
    hv_vcpu_t id;
    hv_vcpu_exit_t exit;
    struct a64_exit a64;

    pthread_mutex_t lock; /* `cpu` as others see it; a WFI that does not come out sleeps here */
    pthread_cond_t wake;
    struct a64_cpu *cpu;
    _Atomic bool cancel;       /* hv_vcpus_exit; stays until a run sees it */
    _Atomic uint32_t gic_pins; /* the framework's GIC: 1 << hv_interrupt_type_t */

    bool pending[2]; /* by hv_interrupt_type_t; gone when a run ends */
    bool vtimer_mask, vtimer_auto_mask;
    unsigned nr_fires;  /* timer exits in a row without any other */
    unsigned nr_silent; /* runs in a row with a mask that nothing is behind */
    uint64_t vtimer_offset;
    uint64_t exec_ticks;
    bool trap_debug_exceptions, trap_debug_regs;
    bool mpidr_written;
    unsigned place; /* in the framework's GIC; STANDIN_MAX_VCPUS: it has none */
    struct standin_shadow shadow[STANDIN_NR_SHADOWS];
    unsigned nr_shadows;
};

/* The framework's GIC, where there is one. */
struct standin_gic_ops {
    bool (*exists)(void); /* in this VM */
    bool (*read)(uint64_t pa, unsigned size, uint64_t *ret); /* false: none of its registers */
    bool (*write)(uint64_t pa, unsigned size, uint64_t value);
    bool (*sysreg)(struct standin_vcpu *v, struct a64_exit *exit); /* false: UNDEFINED */
    void (*timer)(struct standin_vcpu *v, bool virt, bool phys);
    void (*join)(struct standin_vcpu *v); /* its MPIDR_EL1 was written */
    void (*leave)(struct standin_vcpu *v);
    void (*vm_gone)(void);
};

/* What this pretended Mac is. */
struct standin_flavour {
    unsigned macos;                    /* 13, 15 */
    uint32_t ipa_bits, max_ipa_bits;   /* default, largest */
    const struct standin_gic_ops *gic; /* NULL: macOS 13 */
};
extern const struct standin_flavour standin_flavour;

static inline bool standin_has_gic(void)
{
    return standin_flavour.gic && standin_flavour.gic->exists();
}

struct standin_vm {
    pthread_mutex_t lock; /* creation and destruction, of vCPUs too */
    bool used;
    unsigned nr_vcpus;
    struct a64_vm *a64;
    struct a64_host host;
    struct a64_el2 el2; /* ipa_bits */
    struct soft_clock clock;
    struct standin_vcpu vcpus[STANDIN_MAX_VCPUS];
};
extern struct standin_vm standin_vm;

/* The rules were broken: says which, and aborts. */
void standin_breach(const char *fmt, ...) PRINTF_LIKE(1, 2) NORETURN;

/* The vCPU `id`, on the thread that owns it; NULL: there is none. A wrong thread is a breach. */
struct standin_vcpu *standin_own(hv_vcpu_t id, const char *function);

/* The vCPU of this thread, or NULL. */
extern _Thread_local struct standin_vcpu *standin_current;

/* Has a running vCPU look around: `fn` on its CPU, and an end to its sleep. Any thread. */
void standin_poke(struct standin_vcpu *v, void (*fn)(struct a64_cpu *cpu));

/* --- settings.c --- */

/* What HV_STANDIN says of `name`: its value, "" without one, NULL when it is not there. */
const char *standin_setting(const char *name);
unsigned standin_setting_number(const char *name, unsigned otherwise);
/* The status that HV_STANDIN wants of `function` ("hv_vm_map=denied"); HV_SUCCESS: none. */
hv_return_t standin_forced(const char *function);

/* --- memory.c --- */

void standin_memory_forget(void); /* the VM goes */
/* Around a64_run: nobody changes memory meanwhile. */
void standin_world_enter(void);
void standin_world_leave(void);
/* No vCPU is in the guest between these; none notices. No vCPU's lock held. */
void standin_world_stop(void);
void standin_world_start(void);

/* --- trap.c --- */

enum a64_el2_verdict standin_sysreg_verdict(void *ctx, uint32_t reg, bool write);
bool standin_is_icc(uint32_t reg);

/* --- sysregs.c --- */

bool standin_is_id(uint32_t reg); /* an identification register that the framework has a value for */
uint64_t standin_id_value(struct standin_vcpu *v, hv_sys_reg_t reg);
void standin_init_sysregs(struct standin_vcpu *v);

/* --- timer.c --- */

uint64_t standin_counter(void *ctx); /* of this thread's guest */
/* The monotonic time of a guest's counter value; UINT64_MAX: never. */
uint64_t standin_ns_at(const struct standin_vcpu *v, uint64_t counter);
void standin_watch_timers(struct standin_vcpu *v); /* the CPU is about to run */
/* The virtual timer's exit is due, and is masked from now on. */
bool standin_vtimer_fires(struct standin_vcpu *v);
void standin_check_mask(struct standin_vcpu *v); /* a run begins */

/* --- storm.c --- */

void storm_begin(void);
void storm_end(void);

#endif
