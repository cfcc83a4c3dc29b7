/* SPDX-License-Identifier: Apache-2.0
 *
 * Handlers of fused multiply-add, of which a host may have two sets: op_fma.c is built for any CPU
 * of its architecture and, where that leaves the fused instructions out, once more for those that
 * have them. */
#ifndef BERTH_CPU_ARM64_FMA_H
#define BERTH_CPU_ARM64_FMA_H

#include "cpu/arm64/state.h"

/* Indexed by bit 22 of the encoding: single, double. */
struct a64_fma {
    a64_op *fmadd[2], *fmsub[2], *fnmadd[2], *fnmsub[2]; /* scalar, FPMulAdd with Va */
    a64_op *fmla_v[2], *fmls_v[2];                       /* vectors */
    a64_op *fmla_e[2], *fmls_e[2];                       /* vectors by element */
};

extern const struct a64_fma a64_fma_portable, a64_fma_host;

/* The set for this host: fma/. */
const struct a64_fma *a64_fma(void);

#endif
