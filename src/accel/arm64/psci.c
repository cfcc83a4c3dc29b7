/* SPDX-License-Identifier: Apache-2.0
 *
 * PSCI 1.1 (DEN0022E §5) and SMCCC 1.1 (DEN0028 §7). Left out, and so answered NOT_SUPPORTED:
 * SYSTEM_SUSPEND and SYSTEM_RESET2 (any other answer to PSCI_FEATURES would make Linux use them),
 * migration, statistics, TRNG. */
#include "accel/arm64/psci.h"

#include <assert.h>
#include <stdbool.h>

/* Function identifiers; bit 30 selects the 64-bit form of those that have one. */
#define SMC64                   UINT32_C(0x40000000)
#define PSCI_VERSION            UINT32_C(0x84000000)
#define PSCI_CPU_SUSPEND        UINT32_C(0x84000001)
#define PSCI_CPU_OFF_ID         UINT32_C(0x84000002)
#define PSCI_CPU_ON_ID          UINT32_C(0x84000003)
#define PSCI_AFFINITY_INFO      UINT32_C(0x84000004)
#define PSCI_MIGRATE_INFO_TYPE  UINT32_C(0x84000006)
#define PSCI_SYSTEM_OFF_ID      UINT32_C(0x84000008)
#define PSCI_SYSTEM_RESET_ID    UINT32_C(0x84000009)
#define PSCI_FEATURES           UINT32_C(0x8400000a)
#define SMCCC_VERSION           UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES     UINT32_C(0x80000001)
#define SMCCC_ARCH_WORKAROUND_1 UINT32_C(0x80008000)
#define SMCCC_ARCH_WORKAROUND_2 UINT32_C(0x80007fff)
#define SMCCC_ARCH_WORKAROUND_3 UINT32_C(0x80003fff)

#define SUCCESS            UINT64_C(0)
#define NOT_SUPPORTED      ((uint64_t)-1)
#define INVALID_PARAMETERS ((uint64_t)-2)
#define ALREADY_ON         ((uint64_t)-4)
#define ON_PENDING         ((uint64_t)-5)
#define INVALID_ADDRESS    ((uint64_t)-9)

#define VERSION_1_1          UINT64_C(0x00010001)
#define MIGRATION_NOT_NEEDED UINT64_C(2)
#define NOT_AFFECTED                                                                               \
    UINT64_C(1) /* 0 would make Linux call the workaround on every kernel entry                    \
                 */
#define AFFINITY_MASK UINT64_C(0xff00ffffff)

void psci_init(struct psci *p, unsigned nr_cpus, uint64_t (*mpidr)(unsigned index))
{
    assert(nr_cpus >= 1 && nr_cpus <= PSCI_MAX_CPUS);
    p->mpidr = mpidr;
    p->nr_cpus = nr_cpus;
    (void)pthread_mutex_init(&p->lock, NULL);
    psci_reset(p);
}

void psci_finish(struct psci *p)
{
    (void)pthread_mutex_destroy(&p->lock);
}

void psci_reset(struct psci *p)
{
    (void)pthread_mutex_lock(&p->lock);
    for (unsigned i = 0; i < p->nr_cpus; i++)
        p->power[i] = i == 0 ? PSCI_ON : PSCI_OFF;
    (void)pthread_mutex_unlock(&p->lock);
}

void psci_cpu_started(struct psci *p, unsigned cpu)
{
    (void)pthread_mutex_lock(&p->lock);
    p->power[cpu] = PSCI_ON;
    (void)pthread_mutex_unlock(&p->lock);
}

/* The vCPU with this affinity, or nr_cpus. */
static unsigned find_cpu(const struct psci *p, uint64_t mpidr)
{
    unsigned i;

    for (i = 0; i < p->nr_cpus; i++) {
        if (p->mpidr(i) == (mpidr & AFFINITY_MASK))
            break;
    }
    return i;
}

static uint64_t cpu_on(struct psci *p, uint64_t mpidr, uint64_t entry, unsigned *ret_cpu)
{
    unsigned cpu = find_cpu(p, mpidr);
    uint64_t result = SUCCESS;

    if (cpu == p->nr_cpus)
        return INVALID_PARAMETERS;
    if (entry & 3)
        return INVALID_ADDRESS;
    (void)pthread_mutex_lock(&p->lock);
    if (p->power[cpu] == PSCI_ON)
        result = ALREADY_ON;
    else if (p->power[cpu] == PSCI_ON_PENDING)
        result = ON_PENDING;
    else
        p->power[cpu] = PSCI_ON_PENDING;
    (void)pthread_mutex_unlock(&p->lock);
    *ret_cpu = cpu;
    return result;
}

static void cpu_off(struct psci *p, unsigned cpu)
{
    (void)pthread_mutex_lock(&p->lock);
    p->power[cpu] = PSCI_OFF;
    (void)pthread_mutex_unlock(&p->lock);
}

static uint64_t affinity_info(struct psci *p, uint64_t mpidr, uint64_t level)
{
    static const uint64_t answer[] = {[PSCI_ON] = 0, [PSCI_OFF] = 1, [PSCI_ON_PENDING] = 2};
    unsigned cpu = find_cpu(p, mpidr);
    uint64_t result;

    if (cpu == p->nr_cpus || level != 0)
        return INVALID_PARAMETERS;
    (void)pthread_mutex_lock(&p->lock);
    result = answer[p->power[cpu]];
    (void)pthread_mutex_unlock(&p->lock);
    return result;
}

static uint64_t psci_features(uint32_t id)
{
    switch (id) {
    case PSCI_VERSION:
    case PSCI_CPU_SUSPEND: /* 0: original parameter format, platform-coordinated */
    case PSCI_CPU_SUSPEND | SMC64:
    case PSCI_CPU_OFF_ID:
    case PSCI_CPU_ON_ID:
    case PSCI_CPU_ON_ID | SMC64:
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64:
    case PSCI_MIGRATE_INFO_TYPE:
    case PSCI_SYSTEM_OFF_ID:
    case PSCI_SYSTEM_RESET_ID:
    case PSCI_FEATURES:
    case SMCCC_VERSION:
        return SUCCESS;
    default:
        return NOT_SUPPORTED;
    }
}

static uint64_t arch_features(uint32_t id)
{
    switch (id) {
    case SMCCC_VERSION:
    case SMCCC_ARCH_FEATURES:
        return SUCCESS;
    case SMCCC_ARCH_WORKAROUND_1:
    case SMCCC_ARCH_WORKAROUND_2:
    case SMCCC_ARCH_WORKAROUND_3:
        return NOT_AFFECTED;
    default:
        return NOT_SUPPORTED;
    }
}

enum psci_action psci_call(struct psci *p, unsigned cpu, const uint64_t arg[4], uint64_t *result,
                           struct psci_start *start)
{
    uint32_t id = (uint32_t)arg[0];
    uint64_t mask = id & SMC64 ? UINT64_MAX : UINT32_MAX;
    uint64_t a1 = arg[1] & mask, a2 = arg[2] & mask, a3 = arg[3] & mask;

    *result = NOT_SUPPORTED;
    switch (id) {
    case PSCI_VERSION:
    case SMCCC_VERSION:
        *result = VERSION_1_1;
        return PSCI_RETURN;
    case PSCI_CPU_SUSPEND:
    case PSCI_CPU_SUSPEND | SMC64:
        *result = SUCCESS;
        return PSCI_SUSPEND;
    case PSCI_CPU_OFF_ID:
        cpu_off(p, cpu);
        return PSCI_CPU_OFF;
    case PSCI_CPU_ON_ID:
    case PSCI_CPU_ON_ID | SMC64:
        *start = (struct psci_start){.entry = a2, .context = a3};
        *result = cpu_on(p, a1, a2, &start->cpu);
        return *result == SUCCESS ? PSCI_CPU_ON : PSCI_RETURN;
    case PSCI_AFFINITY_INFO:
    case PSCI_AFFINITY_INFO | SMC64:
        *result = affinity_info(p, a1, a2);
        return PSCI_RETURN;
    case PSCI_MIGRATE_INFO_TYPE:
        *result = MIGRATION_NOT_NEEDED;
        return PSCI_RETURN;
    case PSCI_SYSTEM_OFF_ID:
        return PSCI_SYSTEM_OFF;
    case PSCI_SYSTEM_RESET_ID:
        return PSCI_SYSTEM_RESET;
    case PSCI_FEATURES:
        *result = psci_features((uint32_t)a1);
        return PSCI_RETURN;
    case SMCCC_ARCH_FEATURES:
        *result = arch_features((uint32_t)a1);
        return PSCI_RETURN;
    default:
        return PSCI_RETURN;
    }
}
