/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition codes (DDI 0487 C1.2.4) over cpu->nzcv. */
#ifndef BERTH_CPU_ARM64_CONDITION_H
#define BERTH_CPU_ARM64_CONDITION_H

#include <stdbool.h>

#include "cpu/arm64/state.h"

/* Whether condition `cond` (0..15: EQ … NV, which is always, too) holds. */
static ALWAYS_INLINE bool a64_condition(uint32_t nzcv, unsigned cond)
{
    const bool n = nzcv & A64_N, z = nzcv & A64_Z, c = nzcv & A64_C, v = nzcv & A64_V;
    bool holds = true;

    switch (cond >> 1) {
    case 0:
        holds = z;
        break;
    case 1:
        holds = c;
        break;
    case 2:
        holds = n;
        break;
    case 3:
        holds = v;
        break;
    case 4:
        holds = c && !z;
        break;
    case 5:
        holds = n == v;
        break;
    case 6:
        holds = n == v && !z;
        break;
    default:
        return true;
    }
    return holds != (cond & 1);
}

#endif
