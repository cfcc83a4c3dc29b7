/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores that hardware hands back undecoded when they meet a device (ESR_ELx.ISV 0):
 * pairs, writeback, vector registers. Exclusives, atomics, structures and literals are not among
 * them: what they would do to a device is nothing to rely on. */
#ifndef BERTH_ACCEL_ARM64_LDST_H
#define BERTH_ACCEL_ARM64_LDST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum { ARM64_REG_SP = 31, ARM64_REG_ZR = 31 }; /* as a base, and as data */

struct arm64_ldst {
    bool store;
    bool vector;     /* data in V registers, not X */
    bool sign;       /* a load extends the sign… */
    bool sign_to_64; /* …to 64 bits, else to 32; above that is zero */
    bool writeback;
    uint8_t size;   /* bytes of each register: 1, 2, 4, 8, 16 */
    uint8_t nr;     /* registers: 1 or 2 */
    uint8_t rt[2];  /* their numbers */
    uint8_t rn;     /* the base */
    int64_t change; /* what writeback adds to it */
    int64_t offset; /* of a pair: what its address is away from the base */
};

/* Decodes `insn`. false: not one of those above. */
NODISCARD bool arm64_ldst_decode(uint32_t insn, struct arm64_ldst *ret);

/* What an X register gets from a load of `value` (i->size bytes, at most 8). */
uint64_t arm64_ldst_extend(const struct arm64_ldst *i, uint64_t value);

#endif
