/* SPDX-License-Identifier: Apache-2.0
 *
 * The ends of every exact floating-point operation (DDI 0487: FPUnpack, FPRound, FPProcessNaN…): an
 * encoding becomes a sign, an exponent and a 64-bit significand; a result is rounded into an
 * encoding, with underflow detected before rounding, flush to zero, and Arm's alternative
 * half-precision format. */
#include "cpu/arm64/fp_core.h"

const struct fp_format fp_formats[3] = {
    [FP_H] = {.exp_bits = 5, .frac_bits = 10, .bias = 15},
    [FP_S] = {.exp_bits = 8, .frac_bits = 23, .bias = 127},
    [FP_D] = {.exp_bits = 11, .frac_bits = 52, .bias = 1023},
};

/* FZ leaves half precision alone: that is FZ16's business, which comes with FEAT_FP16. */
static bool flushes(const struct fp_env *env, enum fp_size z)
{
    return env->fpcr & FPCR_FZ && z != FP_H;
}

static bool alternative_half(const struct fp_env *env, enum fp_size z)
{
    return z == FP_H && env->fpcr & FPCR_AHP;
}

static struct fp_num unpack_special(const struct fp_format *f, bool sign, uint64_t frac)
{
    struct fp_num n = {.kind = FP_KIND_INF, .sign = sign};

    if (frac)
        n.kind = frac >> (f->frac_bits - 1) ? FP_KIND_QNAN : FP_KIND_SNAN;
    return n;
}

struct fp_num fp_unpack(struct fp_env *env, enum fp_size z, uint64_t bits)
{
    const struct fp_format *f = &fp_formats[z];
    const int exp_max = (1 << f->exp_bits) - 1;
    const int exp = (int)(bits >> f->frac_bits) & exp_max;
    const uint64_t frac = bits & ((UINT64_C(1) << f->frac_bits) - 1);
    struct fp_num n = {.kind = FP_KIND_ZERO, .sign = bits & fp_sign_mask(z)};

    if (exp == exp_max && !alternative_half(env, z))
        return unpack_special(f, n.sign, frac);
    if (exp == 0) {
        if (!frac)
            return n;
        if (flushes(env, z)) {
            env->fpsr |= FPSR_IDC;
            return n;
        }
        const int shift = __builtin_clzll(frac);

        n.sig = frac << shift;
        n.exp = 1 - f->bias - (shift - (63 - f->frac_bits));
    } else {
        n.sig = UINT64_C(1) << 63 | frac << (63 - f->frac_bits);
        n.exp = exp - f->bias;
    }
    n.kind = FP_KIND_FINITE;
    return n;
}

/* Right by `shift` >= 0; what falls off stays as bit 0. */
static uint64_t shift_sticky(uint64_t sig, int shift)
{
    if (shift > 63)
        return sig != 0;
    return shift ? sig >> shift | ((sig << (64 - shift)) != 0) : sig;
}

static uint64_t pack_overflow(struct fp_env *env, enum fp_size z, bool sign,
                              enum fp_rounding rounding)
{
    if (alternative_half(env, z)) {
        env->fpsr |= FPSR_IOC;
        return fp_zero(z, sign) | 0x7fff;
    }
    env->fpsr |= FPSR_OFC | FPSR_IXC;
    return fp_overflows_to_inf(rounding, sign) ? fp_inf(z, sign) : fp_max_normal(z, sign);
}

static uint64_t pack_finite(struct fp_env *env, enum fp_size z, struct fp_num n,
                            enum fp_rounding rounding)
{
    const struct fp_format *f = &fp_formats[z];
    const int exp_min = 1 - f->bias;
    const int exp_end = (1 << f->exp_bits) - !alternative_half(env, z);
    int biased = n.exp - exp_min + 1;

    if (biased < 1) {
        if (flushes(env, z)) {
            env->fpsr |= FPSR_UFC;
            return fp_zero(z, n.sign);
        }
        n.sig = shift_sticky(n.sig, 1 - biased);
        biased = 0;
    }
    const int drop = 63 - f->frac_bits;
    const uint64_t rest = n.sig << (64 - drop);
    uint64_t mant = n.sig >> drop;

    if (biased == 0 && rest)
        env->fpsr |= FPSR_UFC;
    if (fp_rounds_up(rounding, n.sign, mant & 1, rest))
        mant++;
    else if (rounding == FP_ROUND_ODD && rest)
        mant |= 1;
    /* The hidden bit and a carry add themselves to the exponent. */
    const uint64_t packed = ((uint64_t)(biased ? biased - 1 : 0) << f->frac_bits) + mant;

    if (packed >> f->frac_bits >= (uint64_t)exp_end)
        return pack_overflow(env, z, n.sign, rounding);
    if (rest)
        env->fpsr |= FPSR_IXC;
    return fp_zero(z, n.sign) | packed;
}

uint64_t fp_pack(struct fp_env *env, enum fp_size z, struct fp_num n, enum fp_rounding rounding)
{
    if (n.kind == FP_KIND_ZERO)
        return fp_zero(z, n.sign);
    if (n.kind == FP_KIND_INF)
        return fp_inf(z, n.sign);
    return pack_finite(env, z, n, rounding);
}

struct fp_wide fp_widen(struct fp_num n)
{
    return (struct fp_wide){.sign = n.sign, .exp = n.exp, .sig = (unsigned __int128)n.sig << 61};
}

/* The two bits shifted out are zero: a significand from an encoding has at least 11 of them at its
 * end. */
struct fp_wide fp_wide_mul(struct fp_num a, struct fp_num b)
{
    return (struct fp_wide){.sign = a.sign != b.sign,
                            .exp = a.exp + b.exp,
                            .sig = (unsigned __int128)a.sig * b.sig >> 2};
}

static unsigned __int128 wide_shift_sticky(unsigned __int128 sig, int shift)
{
    if (shift > 127)
        return sig != 0;
    return shift ? sig >> shift | (sig << (128 - shift) != 0) : sig;
}

/* A sum back to 64 bits and a sticky one. */
static struct fp_num narrow(bool sign, int exp, unsigned __int128 sig)
{
    const uint64_t high = (uint64_t)(sig >> 64);
    const int zeros = high ? __builtin_clzll(high) : 64 + __builtin_clzll((uint64_t)sig);

    sig <<= zeros;
    return (struct fp_num){.kind = FP_KIND_FINITE,
                           .sign = sign,
                           .exp = exp + 3 - zeros,
                           .sig = (uint64_t)(sig >> 64) | ((uint64_t)sig != 0)};
}

struct fp_num fp_wide_add(const struct fp_env *env, struct fp_wide a, struct fp_wide b)
{
    if (a.sig && b.sig && a.exp < b.exp) {
        const struct fp_wide swap = a;

        a = b;
        b = swap;
    }
    if (!a.sig)
        a.exp = b.exp;
    else if (b.sig)
        b.sig = wide_shift_sticky(b.sig, a.exp - b.exp);
    if (a.sign == b.sign) {
        a.sig += b.sig;
    } else if (a.sig >= b.sig) {
        a.sig -= b.sig;
        if (!a.sig)
            a.sign = fp_rmode(env) == FP_ROUND_NEGINF;
    } else {
        a.sig = b.sig - a.sig;
        a.sign = b.sign;
    }
    if (!a.sig)
        return (struct fp_num){.kind = FP_KIND_ZERO, .sign = a.sign};
    return narrow(a.sign, a.exp, a.sig);
}

uint64_t fp_default_nan(enum fp_size z)
{
    return fp_inf(z, false) | UINT64_C(1) << (fp_formats[z].frac_bits - 1);
}

uint64_t fp_invalid(struct fp_env *env, enum fp_size z)
{
    env->fpsr |= FPSR_IOC;
    return fp_default_nan(z);
}

uint64_t fp_process_nan(struct fp_env *env, enum fp_size z, enum fp_kind kind, uint64_t a)
{
    if (kind == FP_KIND_SNAN)
        env->fpsr |= FPSR_IOC;
    if (env->fpcr & FPCR_DN)
        return fp_default_nan(z);
    return a | UINT64_C(1) << (fp_formats[z].frac_bits - 1);
}

bool fp_process_nans(struct fp_env *env, enum fp_size z, const struct fp_num *n, const uint64_t *a,
                     unsigned count, uint64_t *ret)
{
    unsigned best = count;

    for (unsigned k = 0; k < count; k++)
        if (fp_is_nan(n[k]) && (best == count || n[k].kind > n[best].kind))
            best = k;
    if (best == count)
        return false;
    *ret = fp_process_nan(env, z, n[best].kind, a[best]);
    return true;
}
