/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point by the host's FPU where that is provably what Arm does, else by fp.h.
 *
 * The host is IEEE 754 in its default state: nearest even, subnormals kept, no contraction of a * b
 * + c. It agrees with an Arm CPU in round to nearest without FZ whenever the result is a finite
 * number, but for flags. Of those, IXC is out of the question when it is already set, as it soon is
 * in any program that computes; a finite result excludes IOC, DZC and OFC; UFC needs a result below
 * or (Arm looks before rounding) at the least normal number. A sum that small is exact. */
#ifndef BERTH_CPU_ARM64_FP_FAST_H
#define BERTH_CPU_ARM64_FP_FAST_H

#include <string.h>

#include "base/compiler.h"
#include "cpu/arm64/fp.h"

/* What these inline functions do not answer at once: fp_host.c. */
uint32_t fp32_add_slow(struct fp_env *env, uint32_t a, uint32_t b);
uint32_t fp32_sub_slow(struct fp_env *env, uint32_t a, uint32_t b);
uint32_t fp32_mul_slow(struct fp_env *env, uint32_t a, uint32_t b);
uint32_t fp32_div_slow(struct fp_env *env, uint32_t a, uint32_t b);
uint32_t fp32_sqrt_slow(struct fp_env *env, uint32_t a);
uint32_t fp32_muladd_slow(struct fp_env *env, uint32_t addend, uint32_t a, uint32_t b);
uint64_t fp64_add_slow(struct fp_env *env, uint64_t a, uint64_t b);
uint64_t fp64_sub_slow(struct fp_env *env, uint64_t a, uint64_t b);
uint64_t fp64_mul_slow(struct fp_env *env, uint64_t a, uint64_t b);
uint64_t fp64_div_slow(struct fp_env *env, uint64_t a, uint64_t b);
uint64_t fp64_sqrt_slow(struct fp_env *env, uint64_t a);
uint64_t fp64_muladd_slow(struct fp_env *env, uint64_t addend, uint64_t a, uint64_t b);

/* Round to nearest, no flush, and inexact results leave no new trace. */
static ALWAYS_INLINE bool fp_host_rounds(const struct fp_env *env)
{
    return !(env->fpcr & (FPCR_FZ | FPCR_RMODE)) && env->fpsr & FPSR_IXC;
}

static ALWAYS_INLINE bool fp_int_fits(int64_t n, unsigned width, bool is_unsigned)
{
    if (is_unsigned)
        return n >= 0 && (width == 64 || n <= UINT32_MAX);
    return width == 64 || n == (int32_t)n;
}

#define FP_DEFINE_FAST(bits, type, uint, z, exp_lo, exp_max, fma_fn, sqrt_fn)                      \
    static ALWAYS_INLINE type fp##bits##_value(uint a)                                             \
    {                                                                                              \
        type v;                                                                                    \
        memcpy(&v, &a, sizeof(v));                                                                 \
        return v;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_bits(type v)                                              \
    {                                                                                              \
        uint a;                                                                                    \
        memcpy(&a, &v, sizeof(a));                                                                 \
        return a;                                                                                  \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##bits##_finite(uint a)                                            \
    {                                                                                              \
        return (a >> exp_lo & exp_max) != exp_max;                                                 \
    }                                                                                              \
    /* Finite, and so large that it was no underflow. */                                           \
    static ALWAYS_INLINE bool fp##bits##_plain(uint a)                                             \
    {                                                                                              \
        return (a >> exp_lo & exp_max) - 2 < (uint)exp_max - 2;                                    \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##bits##_is_zero(uint a)                                           \
    {                                                                                              \
        return (uint)(a << 1) == 0;                                                                \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_add(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        const uint r = fp##bits##_bits(fp##bits##_value(a) + fp##bits##_value(b));                 \
        if (LIKELY(fp_host_rounds(env) && fp##bits##_finite(r)))                                   \
            return r;                                                                              \
        return fp##bits##_add_slow(env, a, b);                                                     \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_sub(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        const uint r = fp##bits##_bits(fp##bits##_value(a) - fp##bits##_value(b));                 \
        if (LIKELY(fp_host_rounds(env) && fp##bits##_finite(r)))                                   \
            return r;                                                                              \
        return fp##bits##_sub_slow(env, a, b);                                                     \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_mul(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        const uint r = fp##bits##_bits(fp##bits##_value(a) * fp##bits##_value(b));                 \
        if (LIKELY(fp_host_rounds(env)) &&                                                         \
            (LIKELY(fp##bits##_plain(r)) ||                                                        \
             (fp##bits##_is_zero(r) && (fp##bits##_is_zero(a) || fp##bits##_is_zero(b)))))         \
            return r;                                                                              \
        return fp##bits##_mul_slow(env, a, b);                                                     \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_div(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        const uint r = fp##bits##_bits(fp##bits##_value(a) / fp##bits##_value(b));                 \
        if (LIKELY(fp_host_rounds(env)) &&                                                         \
            (LIKELY(fp##bits##_plain(r)) || (fp##bits##_is_zero(r) && fp##bits##_is_zero(a))))     \
            return r;                                                                              \
        return fp##bits##_div_slow(env, a, b);                                                     \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_sqrt(struct fp_env *env, uint a)                          \
    {                                                                                              \
        const uint r = fp##bits##_bits(sqrt_fn(fp##bits##_value(a)));                              \
        if (LIKELY(fp_host_rounds(env) && fp##bits##_finite(r)))                                   \
            return r;                                                                              \
        return fp##bits##_sqrt_slow(env, a);                                                       \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_muladd(struct fp_env *env, uint addend, uint a, uint b)   \
    {                                                                                              \
        if (LIKELY(fp_host_rounds(env))) {                                                         \
            const uint r = fp##bits##_bits(                                                        \
                fma_fn(fp##bits##_value(a), fp##bits##_value(b), fp##bits##_value(addend)));       \
            if (LIKELY(fp##bits##_plain(r)) ||                                                     \
                (fp##bits##_finite(r) && (fp##bits##_is_zero(a) || fp##bits##_is_zero(b))))        \
                return r;                                                                          \
        }                                                                                          \
        return fp##bits##_muladd_slow(env, addend, a, b);                                          \
    }                                                                                              \
    /* Comparisons and selections round nothing, so FZ alone stands in the way. */                 \
    static ALWAYS_INLINE uint32_t fp##bits##_compare(struct fp_env *env, uint a, uint b,           \
                                                     bool signal)                                  \
    {                                                                                              \
        const type x = fp##bits##_value(a), y = fp##bits##_value(b);                               \
        if (LIKELY(!(env->fpcr & FPCR_FZ) && !__builtin_isunordered(x, y)))                        \
            return x < y ? 0x8 : x > y ? 0x2 : 0x6;                                                \
        return fp_compare(env, z, a, b, signal);                                                   \
    }                                                                                              \
    static ALWAYS_INLINE bool fp##bits##_unlike(const struct fp_env *env, uint a, uint b)          \
    {                                                                                              \
        return !(env->fpcr & FPCR_FZ) &&                                                           \
               __builtin_islessgreater(fp##bits##_value(a), fp##bits##_value(b));                  \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_max(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        if (LIKELY(fp##bits##_unlike(env, a, b)))                                                  \
            return fp##bits##_value(a) > fp##bits##_value(b) ? a : b;                              \
        return (uint)fp_max(env, z, a, b);                                                         \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_min(struct fp_env *env, uint a, uint b)                   \
    {                                                                                              \
        if (LIKELY(fp##bits##_unlike(env, a, b)))                                                  \
            return fp##bits##_value(a) < fp##bits##_value(b) ? a : b;                              \
        return (uint)fp_min(env, z, a, b);                                                         \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_maxnum(struct fp_env *env, uint a, uint b)                \
    {                                                                                              \
        if (LIKELY(fp##bits##_unlike(env, a, b)))                                                  \
            return fp##bits##_value(a) > fp##bits##_value(b) ? a : b;                              \
        return (uint)fp_maxnum(env, z, a, b);                                                      \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_minnum(struct fp_env *env, uint a, uint b)                \
    {                                                                                              \
        if (LIKELY(fp##bits##_unlike(env, a, b)))                                                  \
            return fp##bits##_value(a) < fp##bits##_value(b) ? a : b;                              \
        return (uint)fp_minnum(env, z, a, b);                                                      \
    }                                                                                              \
    /* Of |v| < 2^63, an integer in the direction of `rounding`. */                                \
    static ALWAYS_INLINE int64_t fp##bits##_whole(type v, enum fp_rounding rounding)               \
    {                                                                                              \
        const int64_t n = (int64_t)v;                                                              \
        const type rest = v - (type)n, left = rest < 0 ? -rest : rest;                             \
        const int64_t away = v < 0 ? n - 1 : n + 1;                                                \
        switch (rounding) {                                                                        \
        case FP_ROUND_TIEEVEN:                                                                     \
            return left > (type)0.5 || (left == (type)0.5 && n & 1) ? away : n;                    \
        case FP_ROUND_TIEAWAY:                                                                     \
            return left >= (type)0.5 ? away : n;                                                   \
        case FP_ROUND_POSINF:                                                                      \
            return rest > 0 ? away : n;                                                            \
        case FP_ROUND_NEGINF:                                                                      \
            return rest < 0 ? away : n;                                                            \
        default:                                                                                   \
            return n;                                                                              \
        }                                                                                          \
    }                                                                                              \
    static ALWAYS_INLINE uint64_t fp##bits##_to_int(struct fp_env *env, uint a, unsigned width,    \
                                                    bool is_unsigned, enum fp_rounding rounding)   \
    {                                                                                              \
        const type v = fp##bits##_value(a);                                                        \
        if (LIKELY(!(env->fpcr & FPCR_FZ) && v < (type)0x1p63 && v > (type)-0x1p63)) {             \
            const int64_t n = fp##bits##_whole(v, rounding);                                       \
            if (LIKELY(fp_int_fits(n, width, is_unsigned))) {                                      \
                if ((type)n != v)                                                                  \
                    env->fpsr |= FPSR_IXC;                                                         \
                return width == 32 ? (uint32_t)n : (uint64_t)n;                                    \
            }                                                                                      \
        }                                                                                          \
        return fp_to_fixed(env, z, a, width, 0, is_unsigned, rounding);                            \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_round_int(struct fp_env *env, uint a,                     \
                                                   enum fp_rounding rounding, bool exact)          \
    {                                                                                              \
        const type v = fp##bits##_value(a);                                                        \
        if (LIKELY(!(env->fpcr & FPCR_FZ) && v < (type)0x1p62 && v > (type)-0x1p62)) {             \
            const type r = (type)fp##bits##_whole(v, rounding);                                    \
            if (exact && r != v)                                                                   \
                env->fpsr |= FPSR_IXC;                                                             \
            return fp##bits##_bits(r) | (a & (uint)1 << (bits - 1));                               \
        }                                                                                          \
        return (uint)fp_round_int(env, z, a, rounding, exact);                                     \
    }                                                                                              \
    static ALWAYS_INLINE uint fp##bits##_from_int(struct fp_env *env, int64_t n)                   \
    {                                                                                              \
        if (LIKELY(fp_host_rounds(env) ||                                                          \
                   (n >= -(1 << FP_EXACT_BITS) && n <= 1 << FP_EXACT_BITS)))                       \
            return fp##bits##_bits((type)n);                                                       \
        return (uint)fp_from_fixed(env, z, (uint64_t)n, 0, false);                                 \
    }

/* Integers up to here are exact in either format. */
enum { FP_EXACT_BITS = 23 };

FP_DEFINE_FAST(32, float, uint32_t, FP_S, 23, 0xffu, __builtin_fmaf, __builtin_sqrtf)
FP_DEFINE_FAST(64, double, uint64_t, FP_D, 52, 0x7ffull, __builtin_fma, __builtin_sqrt)

static ALWAYS_INLINE uint64_t fp_single_to_double(struct fp_env *env, uint32_t a)
{
    if (LIKELY(fp32_plain(a)))
        return fp64_bits((double)fp32_value(a));
    return fp_convert(env, FP_D, FP_S, a, FP_ROUND_TIEEVEN);
}

static ALWAYS_INLINE uint32_t fp_double_to_single(struct fp_env *env, uint64_t a)
{
    if (LIKELY(fp_host_rounds(env))) {
        const uint32_t r = fp32_bits((float)fp64_value(a));

        if (LIKELY(fp32_plain(r)))
            return r;
    }
    return (uint32_t)fp_convert(env, FP_S, FP_D, a, fp_rmode(env));
}

#endif
