/* SPDX-License-Identifier: Apache-2.0
 *
 * How AVX encodes floating point (SDM volume 2, 2.3): what the files gen_fp*.c share, which alone include
 * this. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_X86_GEN_FP_H
#define BERTH_CPU_ARM64_TRANSLATE_X86_GEN_FP_H

#include "cpu/arm64/translate/x86/gen.h"

/* VEX.pp of SS and SD: a scalar of 4 or 8 bytes. */
static inline unsigned scalar_pp(unsigned size)
{
    return size == 8 ? 3 : 2;
}

/* The same of PS and PD, and of the comparisons that set EFLAGS. */
static inline unsigned packed_pp(unsigned size)
{
    return size == 8 ? 1 : 0;
}

/* xmm `dst` = xmm `x` op `y`, an instruction of map 0F. */
static inline void vex(struct gen *g, unsigned pp, unsigned op, int dst, int x, struct x86_rm y)
{
    x86_vex(&g->a, 1, pp, false, false, op, dst, x, y);
}

static inline void zero(struct gen *g, int xmm)
{
    vex(g, 0, 0x57, xmm, xmm, x86_r(xmm)); /* vxorps */
}

#endif
