/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition codes over cpu->nzcv (Arm ARM C1.2.4). */
#ifndef BERTH_CPU_ARM64_COND_H
#define BERTH_CPU_ARM64_COND_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/state.h"

/* Every condition but AL, with its number: X(name, number, test of `f`). */
#define A64_CONDITIONS(X)                                                                          \
    X(eq, 0x0, (f & A64_Z) != 0)                                                                   \
    X(ne, 0x1, (f & A64_Z) == 0)                                                                   \
    X(cs, 0x2, (f & A64_BORROW) == 0)                                                              \
    X(cc, 0x3, (f & A64_BORROW) != 0)                                                              \
    X(mi, 0x4, (f & A64_N) != 0)                                                                   \
    X(pl, 0x5, (f & A64_N) == 0)                                                                   \
    X(vs, 0x6, (f & A64_V) != 0)                                                                   \
    X(vc, 0x7, (f & A64_V) == 0)                                                                   \
    X(hi, 0x8, (f & (A64_BORROW | A64_Z)) == 0)                                                    \
    X(ls, 0x9, (f & (A64_BORROW | A64_Z)) != 0)                                                    \
    X(ge, 0xa, ((f >> 15 ^ f) & 1) == 0)                                                           \
    X(lt, 0xb, ((f >> 15 ^ f) & 1) != 0)                                                           \
    X(gt, 0xc, (((f >> 15 ^ f) & 1) | (f & A64_Z)) == 0)                                           \
    X(le, 0xd, (((f >> 15 ^ f) & 1) | (f & A64_Z)) != 0)

/* Bit n of the mask: whether condition `cond` holds when the four flags are n (N = 8 … V = 1). */
uint16_t a64_cond_mask(unsigned cond);

static ALWAYS_INLINE bool a64_mask_holds(uint32_t mask, uint32_t nzcv)
{
    return mask >> a64_nzcv_to_imm4(nzcv) & 1;
}

#endif
