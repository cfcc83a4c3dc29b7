/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact conversions (DDI 0487: FPConvert, FPToFixed, FixedToFP, FPRoundInt) and the immediate of
 * FMOV. */
#include "cpu/arm64/fp_core.h"

/* FPConvertNaN: the sign and as much of the payload as both formats have; quiet. */
static uint64_t convert_nan(enum fp_size to, enum fp_size from, uint64_t a)
{
    const int have = fp_formats[from].frac_bits, want = fp_formats[to].frac_bits;
    const uint64_t frac = a & ((UINT64_C(1) << (have - 1)) - 1);
    const uint64_t payload = have > want ? frac >> (have - want) : frac << (want - have);

    return fp_zero(to, a & fp_sign_mask(from)) | fp_default_nan(to) | payload;
}

uint64_t fp_convert(struct fp_env *env, enum fp_size to, enum fp_size from, uint64_t a,
                    enum fp_rounding rounding)
{
    const bool alternative = to == FP_H && env->fpcr & FPCR_AHP; /* no NaN nor infinity there */
    const struct fp_num n = fp_unpack(env, from, a);

    if (fp_is_nan(n)) {
        if (n.kind == FP_KIND_SNAN || alternative)
            env->fpsr |= FPSR_IOC;
        if (alternative)
            return fp_zero(to, n.sign);
        return env->fpcr & FPCR_DN ? fp_default_nan(to) : convert_nan(to, from, a);
    }
    if (n.kind == FP_KIND_INF && alternative) {
        env->fpsr |= FPSR_IOC;
        return fp_zero(to, n.sign) | 0x7fff;
    }
    return fp_pack(env, to, n, rounding);
}

/* The whole part of |n| * 2^fbits below 2^64, and what is left of it: 2^63 is one half, bit 0
 * sticky. */
static uint64_t split(struct fp_num n, int fbits, uint64_t *ret_rest)
{
    const int exp = n.exp + fbits;

    *ret_rest = 0;
    if (exp == 63)
        return n.sig;
    if (exp >= 0) {
        *ret_rest = n.sig << (exp + 1);
        return n.sig >> (63 - exp);
    }
    *ret_rest = exp == -1 ? n.sig : 1;
    return 0;
}

static uint64_t saturate(struct fp_env *env, bool sign, unsigned bits, bool is_unsigned)
{
    const uint64_t ones = UINT64_MAX >> (64 - bits);

    env->fpsr |= FPSR_IOC;
    if (is_unsigned)
        return sign ? 0 : ones;
    return sign ? ones ^ ones >> 1 : ones >> 1;
}

uint64_t fp_to_fixed(struct fp_env *env, enum fp_size z, uint64_t a, unsigned bits, unsigned fbits,
                     bool is_unsigned, enum fp_rounding rounding)
{
    const struct fp_num n = fp_unpack(env, z, a);
    const uint64_t ones = UINT64_MAX >> (64 - bits);
    uint64_t rest, whole, limit;

    if (n.kind == FP_KIND_ZERO)
        return 0;
    if (fp_is_nan(n)) {
        env->fpsr |= FPSR_IOC;
        return 0;
    }
    if (n.kind == FP_KIND_INF || n.exp + (int)fbits > 63)
        return saturate(env, n.sign, bits, is_unsigned);
    whole = split(n, (int)fbits, &rest);
    if (fp_rounds_up(rounding, n.sign, whole & 1, rest))
        whole++;
    if (is_unsigned)
        limit = n.sign ? 0 : ones;
    else
        limit = (ones >> 1) + n.sign;
    if (whole > limit)
        return saturate(env, n.sign, bits, is_unsigned);
    if (rest)
        env->fpsr |= FPSR_IXC;
    return (n.sign ? -whole : whole) & ones;
}

uint64_t fp_from_fixed(struct fp_env *env, enum fp_size z, uint64_t value, unsigned fbits,
                       bool is_unsigned)
{
    struct fp_num n = {.kind = FP_KIND_FINITE, .sign = !is_unsigned && value >> 63};

    if (value == 0)
        return 0;
    if (n.sign)
        value = -value;
    const int zeros = __builtin_clzll(value);

    n.sig = value << zeros;
    n.exp = 63 - zeros - (int)fbits;
    return fp_pack(env, z, n, fp_rmode(env));
}

uint64_t fp_round_int(struct fp_env *env, enum fp_size z, uint64_t a, enum fp_rounding rounding,
                      bool exact)
{
    struct fp_num n = fp_unpack(env, z, a);
    uint64_t rest, whole;

    if (fp_is_nan(n))
        return fp_process_nan(env, z, n.kind, a);
    if (n.kind != FP_KIND_FINITE)
        return fp_pack(env, z, n, rounding);
    if (n.exp >= fp_formats[z].frac_bits)
        return a;
    whole = split(n, 0, &rest);
    if (fp_rounds_up(rounding, n.sign, whole & 1, rest))
        whole++;
    if (rest && exact)
        env->fpsr |= FPSR_IXC;
    if (!whole)
        return fp_zero(z, n.sign);
    const int zeros = __builtin_clzll(whole);

    n.sig = whole << zeros;
    n.exp = 63 - zeros;
    return fp_pack(env, z, n, FP_ROUND_ZERO);
}

uint64_t fp_expand_imm(enum fp_size z, uint8_t imm8)
{
    const struct fp_format *f = &fp_formats[z];
    const uint64_t b = imm8 >> 6 & 1;
    /* exponent: NOT(b), b repeated, cd */
    const uint64_t repeated = b ? (UINT64_C(1) << (f->exp_bits - 3)) - 1 : 0;
    const uint64_t exp = (b ^ 1) << (f->exp_bits - 1) | repeated << 2 | (imm8 >> 4 & 3);

    return fp_zero(z, imm8 >> 7) | exp << f->frac_bits |
           (uint64_t)(imm8 & 15) << (f->frac_bits - 4);
}
