/* SPDX-License-Identifier: Apache-2.0
 *
 * Private to accel/hvf: what a VM and a vCPU are, and how the files divide the work.
 *
 *     vm.c       the VM: address space, memory, counter, life
 *     gic.c      the framework's interrupt controller, from macOS 15
 *     vcpu.c     a vCPU: life, the run loop, kicks and pins
 *     reset.c    what a vCPU begins with
 *     exit.c     from an exit of the framework to one of accel.h
 *     mmio.c     accesses to devices
 *     sysreg.c   registers that trap
 *     timer.c    virtual and physical timer
 *     alarm.c    a clock that looks after the physical timers of running vCPUs
 *
 * The framework lets only the thread that made a vCPU touch it; so does this folder: everything
 * here that takes a struct vcpu runs on that thread, but for vcpu_kick, vcpu_irq and the alarm,
 * which need no more than `pins`, `kicked`, `in_guest` and hv_vcpus_exit. */
#ifndef BERTH_ACCEL_HVF_STATE_H
#define BERTH_ACCEL_HVF_STATE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "accel/accel.h"
#include "accel/arm64/exception.h"
#include "accel/arm64/ldst.h"
#include "accel/hvf/alarm.h"
#include "accel/hvf/hv.h"

enum { HVF_PAGE = 16384, HVF_WHY_MAX = 256 };

struct hv_later;

struct accel_vm {
    struct guest_memory *memory;
    unsigned nr_cpus;
    uint64_t (*mpidr)(unsigned index);
    const struct hv_later *gic; /* NULL: device/gic serves */
    bool no_chip;               /* --accel hvf,gic=berth */
    struct irqchip_params chip;
    uint64_t redist_size; /* bytes for each vCPU */
    gpa_t redist_first;   /* the lowest one's address; under `lock` until every vCPU exists */

    unsigned gpa_bits;
    struct mach_timebase_info timebase;
    uint64_t start_ticks, start_ns; /* mach_absolute_time and clock_monotonic_ns at one moment */
    /* The guest's counter is mach_absolute_time() less this. Changes only while no vCPU runs. */
    _Atomic uint64_t counter_offset;
    bool stopped;
    uint64_t stopped_ticks;

    struct alarm alarm;
    pthread_mutex_t lock; /* vcpus: they come and go on their own threads */
    struct vcpu **vcpus;  /* nr_cpus */
};

/* A guest's access to a device that takes one or more turns on the bus. */
struct hvf_mmio {
    struct arm64_ldst insn;
    uint64_t va, gpa;
    unsigned nr_turns, turn;
    uint8_t data[2][16]; /* of the two registers */
};

struct hvf_ptimer {
    uint64_t ctl, cval; /* CNTP_CTL_EL0 (without ISTATUS), CNTP_CVAL_EL0 */
};

struct vcpu {
    struct accel_vm *vm;
    unsigned index;
    hv_vcpu_t id;
    hv_vcpu_exit_t *hv;

    /* Other threads raise `pins` or `kicked` before they look at in_guest; this one raises in_guest
     * before it looks at those. So either it sees them, or it is told by hv_vcpus_exit. */
    _Atomic unsigned pins; /* 1 << enum vcpu_pin */
    _Atomic bool kicked;
    _Atomic bool in_guest;

    struct vcpu_exit *answered; /* what the caller is completing; NULL: nothing */
    unsigned sysreg_rt;         /* of a register read under way */
    struct hvf_mmio mmio;

    uint64_t offset;   /* last given to the framework */
    uint64_t alarm_ns; /* last given to the alarm; UINT64_MAX: none */
    bool virt_line, phys_line;
    struct hvf_ptimer ptimer;
    bool os_lock;

    char why[HVF_WHY_MAX]; /* why this vCPU cannot go on; "": it can */
};

/* --- registers; a failure is kept in v->why and reads as 0 --- */

void hvf_check(struct vcpu *v, hv_return_t status, const char *what);
uint64_t hvf_get_reg(struct vcpu *v, hv_reg_t reg);
void hvf_set_reg(struct vcpu *v, hv_reg_t reg, uint64_t value);
uint64_t hvf_get_sys_reg(struct vcpu *v, hv_sys_reg_t reg);
void hvf_set_sys_reg(struct vcpu *v, hv_sys_reg_t reg, uint64_t value);
/* Register 31 of an instruction: reads as zero, writes are dropped. */
uint64_t hvf_get_x(struct vcpu *v, unsigned n);
void hvf_set_x(struct vcpu *v, unsigned n, uint64_t value);
void hvf_skip_insn(struct vcpu *v); /* PC += 4 */

/* --- reset.c --- */

/* A fresh vCPU's identity, then hvf_reset. */
void hvf_init_vcpu(struct vcpu *v);
void hvf_reset(struct vcpu *v);

/* --- exit.c: true when *exit is for the caller --- */

NODISCARD bool hvf_handle_exception(struct vcpu *v, struct vcpu_exit *exit);
/* The guest takes an exception instead of what it was about to do. */
void hvf_inject(struct vcpu *v, enum arm64_ec ec, uint32_t iss);
void hvf_inject_abort(struct vcpu *v, enum arm64_ec ec, uint32_t iss, uint64_t far);

/* --- mmio.c --- */

NODISCARD bool hvf_data_abort(struct vcpu *v, struct vcpu_exit *exit);
/* After one turn; true: *exit is the next. */
NODISCARD bool hvf_mmio_answered(struct vcpu *v, struct vcpu_exit *exit);

/* --- sysreg.c --- */

NODISCARD bool hvf_sysreg_trap(struct vcpu *v, struct vcpu_exit *exit);
void hvf_sysreg_answered(struct vcpu *v, const struct vcpu_exit *exit);

/* --- timer.c --- */

uint64_t hvf_counter(const struct accel_vm *vm); /* the guest's, now; any thread */
/* The outputs changed: *exit says so. */
NODISCARD bool hvf_timers_changed(struct vcpu *v, struct vcpu_exit *exit);
NODISCARD bool hvf_vtimer_fired(struct vcpu *v, struct vcpu_exit *exit);
uint64_t hvf_timer_deadline_ns(struct vcpu *v); /* when one would end a sleep; UINT64_MAX: never */
void hvf_timers_enter(struct vcpu *v);          /* before the guest runs */
void hvf_timers_reset(struct vcpu *v);
/* CNTP_*_EL0; `reg` is one of the three. */
uint64_t hvf_ptimer_read(const struct vcpu *v, uint32_t reg);
void hvf_ptimer_write(struct vcpu *v, uint32_t reg, uint64_t value);
bool hvf_is_ptimer(uint32_t reg);

/* --- gic.c --- */

int hvf_irqchip(struct accel_vm *vm, const struct irqchip_params *params, struct irqchip *ret,
                struct err *err);
/* A vCPU whose MPIDR_EL1 was written: notes its redistributor. */
NODISCARD int hvf_gic_add_vcpu(struct vcpu *v, struct err *err);
void hvf_gic_reset_vcpu(struct vcpu *v);

/* --- vcpu.c --- */

int hvf_vcpu_create(struct accel_vm *vm, unsigned index, struct vcpu **ret, struct err *err);
void hvf_vcpu_destroy(struct vcpu *v);
int hvf_vcpu_run(struct vcpu *v, struct vcpu_exit *exit);
void hvf_vcpu_kick(struct vcpu *v);
void hvf_vcpu_irq(struct vcpu *v, enum vcpu_pin pin, bool level);
int hvf_get_regs(struct vcpu *v, struct vcpu_regs *ret);
int hvf_set_regs(struct vcpu *v, const struct vcpu_regs *regs);
int hvf_vcpu_reset(struct vcpu *v);
void hvf_leave_guest(struct vcpu *v); /* if it is there; any thread */

#endif
