/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic that sets NZCV, in plain C: any host. Each returns the result and stores flags for
 * cpu->nzcv (state.h). */
#ifndef BERTH_CPU_ARM64_FLAGS_H
#define BERTH_CPU_ARM64_FLAGS_H

#include "cpu/arm64/state.h"

#define A64_DEFINE_FLAGS(bits)                                                                     \
    static ALWAYS_INLINE uint##bits##_t a64_nz##bits(uint##bits##_t r, uint32_t *nzcv)             \
    {                                                                                              \
        *nzcv = (uint32_t)(r >> (bits - 1)) << 15 | (uint32_t)(r == 0) << 14 | A64_BORROW;         \
        return r;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_adc##bits(uint##bits##_t a, uint##bits##_t b,          \
                                                      bool carry, uint32_t *nzcv)                  \
    {                                                                                              \
        uint##bits##_t sum = a + b, r = sum + carry;                                               \
        uint32_t c = (sum < a) | (r < sum);                                                        \
        uint32_t v = (uint32_t)((~(a ^ b) & (a ^ r)) >> (bits - 1));                               \
        a64_nz##bits(r, nzcv);                                                                     \
        *nzcv ^= (c ? A64_BORROW : 0) | v;                                                         \
        return r;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_adds##bits(uint##bits##_t a, uint##bits##_t b,         \
                                                       uint32_t *nzcv)                             \
    {                                                                                              \
        return a64_adc##bits(a, b, false, nzcv);                                                   \
    }                                                                                              \
    static ALWAYS_INLINE uint##bits##_t a64_subs##bits(uint##bits##_t a, uint##bits##_t b,         \
                                                       uint32_t *nzcv)                             \
    {                                                                                              \
        uint##bits##_t r = a - b;                                                                  \
        uint32_t v = (uint32_t)(((a ^ b) & (a ^ r)) >> (bits - 1));                                \
        a64_nz##bits(r, nzcv);                                                                     \
        *nzcv ^= (a >= b ? A64_BORROW : 0) | v;                                                    \
        return r;                                                                                  \
    }

A64_DEFINE_FLAGS(32)
A64_DEFINE_FLAGS(64)

#endif
