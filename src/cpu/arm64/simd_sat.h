/* SPDX-License-Identifier: Apache-2.0
 *
 * Saturation and shifts of single elements. Values come in 128 bits, so nothing overflows on the
 * way; whatever saturates sets FPSR.QC. */
#ifndef BERTH_CPU_ARM64_SIMD_SAT_H
#define BERTH_CPU_ARM64_SIMD_SAT_H

#include "cpu/arm64/simd.h"

/* The nearest number that `bits` bits hold, signed; unsigned. */
static ALWAYS_INLINE uint64_t simd_sat_s(struct a64_cpu *cpu, __int128 value, unsigned bits)
{
    const int64_t max = (int64_t)(UINT64_MAX >> (65 - bits));

    if (LIKELY(value >= -max - 1 && value <= max))
        return (uint64_t)value;
    cpu->fpsr |= FPSR_QC;
    return (uint64_t)(value < 0 ? -max - 1 : max);
}

static ALWAYS_INLINE uint64_t simd_sat_u(struct a64_cpu *cpu, __int128 value, unsigned bits)
{
    const uint64_t max = UINT64_MAX >> (64 - bits);

    if (LIKELY(value >= 0 && value <= max))
        return (uint64_t)value;
    cpu->fpsr |= FPSR_QC;
    return value < 0 ? 0 : max;
}

/* value >> n, 1 <= n <= 64, rounded up from half if `round`. */
static ALWAYS_INLINE __int128 simd_shift_right(__int128 value, unsigned n, bool round)
{
    return (value + (round ? (__int128)1 << (n - 1) : 0)) >> n;
}

enum { SHIFT_ROUND = 1, SHIFT_SATURATE = 2, SHIFT_SIGNED = 4 /* how to saturate */ };

/* `value`, of `bits` bits, shifted left, or right if `shift` is negative. */
static ALWAYS_INLINE uint64_t simd_shift(struct a64_cpu *cpu, __int128 value, int shift,
                                         unsigned bits, unsigned flags)
{
    if (shift < 0) {
        if (shift < -(int)bits) /* all its bits are gone */
            return flags & SHIFT_ROUND ? 0 : (uint64_t) - (value < 0);
        value = simd_shift_right(value, (unsigned)-shift, flags & SHIFT_ROUND);
    } else if (shift >= (int)bits) {
        value = flags & SHIFT_SATURATE && value ? (value < 0 ? -1 : 1) * ((__int128)1 << 64) : 0;
    } else {
        value *= (__int128)1 << shift;
    }
    if (!(flags & SHIFT_SATURATE))
        return (uint64_t)value;
    return flags & SHIFT_SIGNED ? simd_sat_s(cpu, value, bits) : simd_sat_u(cpu, value, bits);
}

/* The high half of 2 * x * y, added to (1), subtracted from (-1) or in place of (0) `acc`: SQDMULH,
 * SQRDMLAH and kin. */
static ALWAYS_INLINE uint64_t simd_high(struct a64_cpu *cpu, unsigned bits, int64_t x, int64_t y,
                                        int64_t acc, bool round, int accumulate)
{
    __int128 sum = (__int128)(x * y) * 2;

    if (accumulate)
        sum = (__int128)acc * ((__int128)1 << bits) + sum * accumulate;
    return simd_sat_s(
        cpu, simd_shift_right(sum, bits, false) + (round ? (int)(sum >> (bits - 1) & 1) : 0), bits);
}

#endif
