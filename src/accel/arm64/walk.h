/* SPDX-License-Identifier: Apache-2.0
 *
 * From a guest's virtual address to the guest-physical one, by its own tables: stage 1 of the EL1&0
 * regime (Arm ARM D8). For a look at the instruction that a CPU has just executed, so permissions
 * are taken as given. */
#ifndef BERTH_ACCEL_ARM64_WALK_H
#define BERTH_ACCEL_ARM64_WALK_H

#include <stdint.h>

#include "base/compiler.h"
#include "memory/memory.h"

struct arm64_regime {
    uint64_t sctlr, tcr, ttbr0, ttbr1; /* _EL1 */
};

/* 0, or -EFAULT when the tables do not say. Any granule; addresses of up to 48 bits. */
NODISCARD int arm64_walk(const struct guest_memory *mem, const struct arm64_regime *regime,
                         uint64_t va, gpa_t *ret);

#endif
