/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's FPU a second time, for what fp_fast.h does not answer at once though nothing special
 * happens: IXC is still clear, or FZ set. With operands that are normal numbers or zeros and such a
 * result, FZ has nothing to flush, and whether the result is inexact can be computed: the error of
 * a sum, a product's and what a quotient or a root leaves are floating-point numbers themselves.
 * Anything else is left to fp.h. */
#include "cpu/arm64/fp_fast.h"

static bool nearest(const struct fp_env *env)
{
    return !(env->fpcr & FPCR_RMODE);
}

static void note_inexact(struct fp_env *env, bool inexact)
{
    if (inexact)
        env->fpsr |= FPSR_IXC;
}

/* A residue of a double below this might itself underflow. */
#define RESIDUE_SAFE 0x1p-800

/* For singles a double holds every product exactly. */
static bool product_differs32(float x, float y, float r)
{
    return (double)x * (double)y != (double)r;
}

static bool product_differs64(double x, double y, double r)
{
    return __builtin_fma(x, y, -r) != 0;
}

static bool residue_is_safe32(float r)
{
    return true;
}

static bool residue_is_safe64(double r)
{
    return __builtin_fabs(r) >= RESIDUE_SAFE;
}

#define DEFINE_SLOW(bits, type, uint, z, sqrt_fn, fma_fn)                                          \
    static bool regular##bits(uint a)                                                              \
    {                                                                                              \
        return fp##bits##_plain(a) || fp##bits##_is_zero(a);                                       \
    }                                                                                              \
    /* Of x + y = r: what rounding took away, exactly (T. J. Dekker, D. E. Knuth). */              \
    static bool sum_differs##bits(type x, type y, type r)                                          \
    {                                                                                              \
        const type part = r - x;                                                                   \
        return (x - (r - part)) + (y - part) != 0;                                                 \
    }                                                                                              \
    uint fp##bits##_add_slow(struct fp_env *env, uint a, uint b)                                   \
    {                                                                                              \
        const type x = fp##bits##_value(a), y = fp##bits##_value(b), r = x + y;                    \
        if (!nearest(env) || !regular##bits(a) || !regular##bits(b) ||                             \
            !regular##bits(fp##bits##_bits(r)))                                                    \
            return (uint)fp_add(env, z, a, b);                                                     \
        note_inexact(env, sum_differs##bits(x, y, r));                                             \
        return fp##bits##_bits(r);                                                                 \
    }                                                                                              \
    uint fp##bits##_sub_slow(struct fp_env *env, uint a, uint b)                                   \
    {                                                                                              \
        const type x = fp##bits##_value(a), y = fp##bits##_value(b), r = x - y;                    \
        if (!nearest(env) || !regular##bits(a) || !regular##bits(b) ||                             \
            !regular##bits(fp##bits##_bits(r)))                                                    \
            return (uint)fp_sub(env, z, a, b);                                                     \
        note_inexact(env, sum_differs##bits(x, -y, r));                                            \
        return fp##bits##_bits(r);                                                                 \
    }                                                                                              \
    uint fp##bits##_mul_slow(struct fp_env *env, uint a, uint b)                                   \
    {                                                                                              \
        const type x = fp##bits##_value(a), y = fp##bits##_value(b), r = x * y;                    \
        if (!nearest(env) || !fp##bits##_plain(a) || !fp##bits##_plain(b) ||                       \
            !fp##bits##_plain(fp##bits##_bits(r)) || !residue_is_safe##bits(r))                    \
            return (uint)fp_mul(env, z, a, b);                                                     \
        note_inexact(env, product_differs##bits(x, y, r));                                         \
        return fp##bits##_bits(r);                                                                 \
    }                                                                                              \
    uint fp##bits##_div_slow(struct fp_env *env, uint a, uint b)                                   \
    {                                                                                              \
        const type x = fp##bits##_value(a), y = fp##bits##_value(b), r = x / y;                    \
        if (!nearest(env) || !fp##bits##_plain(a) || !fp##bits##_plain(b) ||                       \
            !fp##bits##_plain(fp##bits##_bits(r)) || !residue_is_safe##bits(x))                    \
            return (uint)fp_div(env, z, a, b);                                                     \
        note_inexact(env, product_differs##bits(r, y, x));                                         \
        return fp##bits##_bits(r);                                                                 \
    }                                                                                              \
    uint fp##bits##_sqrt_slow(struct fp_env *env, uint a)                                          \
    {                                                                                              \
        const type x = fp##bits##_value(a), r = sqrt_fn(x);                                        \
        if (!nearest(env) || !fp##bits##_plain(a) || !(x > 0) || !residue_is_safe##bits(x))        \
            return (uint)fp_sqrt(env, z, a);                                                       \
        note_inexact(env, product_differs##bits(r, r, x));                                         \
        return fp##bits##_bits(r);                                                                 \
    }                                                                                              \
    /* The error of a fused operation is two numbers: only for FZ. */                              \
    uint fp##bits##_muladd_slow(struct fp_env *env, uint addend, uint a, uint b)                   \
    {                                                                                              \
        if (nearest(env) && env->fpsr & FPSR_IXC && regular##bits(a) && regular##bits(b) &&        \
            regular##bits(addend)) {                                                               \
            const uint r = fp##bits##_bits(                                                        \
                fma_fn(fp##bits##_value(a), fp##bits##_value(b), fp##bits##_value(addend)));       \
            if (fp##bits##_plain(r))                                                               \
                return r;                                                                          \
        }                                                                                          \
        return (uint)fp_muladd(env, z, addend, a, b);                                              \
    }

DEFINE_SLOW(32, float, uint32_t, FP_S, __builtin_sqrtf, __builtin_fmaf)
DEFINE_SLOW(64, double, uint64_t, FP_D, __builtin_sqrt, __builtin_fma)
