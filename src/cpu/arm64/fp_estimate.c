/* SPDX-License-Identifier: Apache-2.0
 *
 * Reciprocal and reciprocal square root estimates: results of eight bits that the architecture
 * fixes (DDI 0487: FPRecipEstimate, FPRSqrtEstimate, RecipEstimate, RecipSqrtEstimate, FPRecpX).
 * The tables are computed as it defines them. */
#include "cpu/arm64/fp_core.h"

/* a: 256..511, a/512 in [0.5, 1). Returns 256..511: 1/a in [1, 2) to eight bits. */
static uint32_t recip_table(uint32_t a)
{
    const uint32_t b = (UINT32_C(1) << 19) / (a * 2 + 1);

    return (b + 1) / 2;
}

/* a: 128..511, a/512 in [0.25, 1). Returns 256..511: 1/sqrt(a) in [1, 2) to eight bits. */
static uint32_t rsqrt_table(uint32_t a)
{
    const uint32_t scaled = a < 256 ? a * 2 + 1 : (a / 2 * 2 + 1) * 2;
    uint32_t b = 512;

    while ((uint64_t)scaled * (b + 1) * (b + 1) < UINT64_C(1) << 28)
        b++;
    return (b + 1) / 2;
}

/* Packs a positive estimate in [1, 2) times 2^exp whose eight fraction bits are those of
 * `estimate`; exact. */
static uint64_t pack_estimate(enum fp_size z, bool sign, int biased, uint32_t estimate)
{
    const struct fp_format *f = &fp_formats[z];
    uint64_t mant = (uint64_t)(estimate & 0xff) << (f->frac_bits - 8);

    if (biased < 1) { /* 0 or -1: subnormal, still exact */
        mant = (mant | UINT64_C(1) << f->frac_bits) >> (1 - biased);
        biased = 0;
    }
    return fp_zero(z, sign) | (uint64_t)biased << f->frac_bits | mant;
}

uint64_t fp_recip_estimate(struct fp_env *env, enum fp_size z, uint64_t a)
{
    const struct fp_num n = fp_unpack(env, z, a);
    const int bias = fp_formats[z].bias;

    if (fp_is_nan(n))
        return fp_process_nan(env, z, n.kind, a);
    if (n.kind == FP_KIND_INF)
        return fp_zero(z, n.sign);
    if (n.kind == FP_KIND_ZERO) {
        env->fpsr |= FPSR_DZC;
        return fp_inf(z, n.sign);
    }
    if (n.exp < -bias - 1) { /* below 2^-128, 2^-1024: the reciprocal overflows */
        env->fpsr |= FPSR_OFC | FPSR_IXC;
        return fp_overflows_to_inf(fp_rmode(env), n.sign) ? fp_inf(z, n.sign)
                                                          : fp_max_normal(z, n.sign);
    }
    if (env->fpcr & FPCR_FZ && n.exp >= bias - 1) { /* 2^126, 2^1022: it would be subnormal */
        env->fpsr |= FPSR_UFC;
        return fp_zero(z, n.sign);
    }
    return pack_estimate(z, n.sign, bias - 1 - n.exp, recip_table((uint32_t)(n.sig >> 55)));
}

uint64_t fp_rsqrt_estimate(struct fp_env *env, enum fp_size z, uint64_t a)
{
    const struct fp_num n = fp_unpack(env, z, a);
    const int bias = fp_formats[z].bias;

    if (fp_is_nan(n))
        return fp_process_nan(env, z, n.kind, a);
    if (n.kind == FP_KIND_ZERO) {
        env->fpsr |= FPSR_DZC;
        return fp_inf(z, n.sign);
    }
    if (n.sign)
        return fp_invalid(env, z);
    if (n.kind == FP_KIND_INF)
        return fp_zero(z, false);
    /* n = scaled * 2^(exp + 1 or 2) with an even power of two; scaled/512 in [0.25, 1) */
    const bool odd = n.exp & 1;
    const uint32_t scaled = (uint32_t)(n.sig >> (odd ? 55 : 56));
    const int half = (n.exp + (odd ? 1 : 2)) / 2;

    return pack_estimate(z, false, bias - half, rsqrt_table(scaled));
}

uint64_t fp_recpx(struct fp_env *env, enum fp_size z, uint64_t a)
{
    const struct fp_format *f = &fp_formats[z];
    const struct fp_num n = fp_unpack(env, z, a);
    const uint64_t exp_max = (UINT64_C(1) << f->exp_bits) - 1;
    const uint64_t exp = a >> f->frac_bits & exp_max;

    if (fp_is_nan(n))
        return fp_process_nan(env, z, n.kind, a);
    return fp_zero(z, n.sign) | (exp ? exp ^ exp_max : exp_max - 1) << f->frac_bits;
}

uint32_t fp_unsigned_recip_estimate(uint32_t a)
{
    return a >> 31 ? recip_table(a >> 23) << 23 : UINT32_MAX;
}

uint32_t fp_unsigned_rsqrt_estimate(uint32_t a)
{
    return a >> 30 ? rsqrt_table(a >> 23) << 23 : UINT32_MAX;
}
