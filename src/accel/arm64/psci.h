/* SPDX-License-Identifier: Apache-2.0
 *
 * Power management calls of an arm64 guest: PSCI 1.1 (DEN0022) and the SMC calling convention 1.1
 * (DEN0028), shared by every accelerator. Knows which vCPU is on; what to do about it is the
 * caller's. Any thread. */
#ifndef BERTH_ACCEL_ARM64_PSCI_H
#define BERTH_ACCEL_ARM64_PSCI_H

#include <pthread.h>
#include <stdint.h>

#include "base/compiler.h"

enum { PSCI_MAX_CPUS = 64 };

enum psci_power { PSCI_OFF, PSCI_ON_PENDING, PSCI_ON };

struct psci {
    uint64_t (*mpidr)(unsigned index); /* affinity of vCPU `index` */
    unsigned nr_cpus;
    pthread_mutex_t lock; /* power */
    enum psci_power power[PSCI_MAX_CPUS];
};

enum psci_action {
    PSCI_RETURN,       /* nothing but the result */
    PSCI_SUSPEND,      /* wait as WFI does, then return the result */
    PSCI_CPU_ON,       /* start vCPU start.cpu, then return the result */
    PSCI_CPU_OFF,      /* the caller stops; no return */
    PSCI_SYSTEM_OFF,   /* no return */
    PSCI_SYSTEM_RESET, /* no return */
};

struct psci_start {
    unsigned cpu;
    uint64_t entry, context; /* first PC, and x0 there */
};

void psci_init(struct psci *p, unsigned nr_cpus, uint64_t (*mpidr)(unsigned index));
void psci_finish(struct psci *p);

/* vCPU 0 on, the others off: power-on and every system reset. No vCPU runs. */
void psci_reset(struct psci *p);

/* vCPU `cpu` made the call arg[0..3]. *result is what x0 gets; *start is filled with PSCI_CPU_ON
 * only. */
enum psci_action psci_call(struct psci *p, unsigned cpu, const uint64_t arg[4], uint64_t *result,
                           struct psci_start *start);

/* vCPU `cpu`, which PSCI_CPU_ON named, is about to run its first instruction. */
void psci_cpu_started(struct psci *p, unsigned cpu);

#endif
