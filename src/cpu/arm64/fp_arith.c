/* SPDX-License-Identifier: Apache-2.0
 *
 * Exact addition, multiplication, division, square root, fused multiply-add, Newton steps, maxima
 * and comparisons: the pseudocode functions FPAdd, FPMul, FPMulX, FPDiv, FPSqrt, FPMulAdd,
 * FPRecipStepFused, FPRSqrtStepFused, FPMax…, and FPCompare… of DDI 0487. */
#include "base/compiler.h"
#include "cpu/arm64/fp_core.h"

/* Both operands of a two-operand instruction. */
struct pair {
    struct fp_num n[2];
    uint64_t bits[2];
};

static struct pair unpack_pair(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return (struct pair){.n = {fp_unpack(env, z, a), fp_unpack(env, z, b)}, .bits = {a, b}};
}

static bool pair_nans(struct fp_env *env, enum fp_size z, const struct pair *p, uint64_t *ret)
{
    return fp_process_nans(env, z, p->n, p->bits, ARRAY_LEN(p->n), ret);
}

static bool is(struct fp_num n, enum fp_kind kind)
{
    return n.kind == kind;
}

static bool inf_times_zero(struct fp_num a, struct fp_num b)
{
    return (is(a, FP_KIND_INF) && is(b, FP_KIND_ZERO)) ||
           (is(a, FP_KIND_ZERO) && is(b, FP_KIND_INF));
}

uint64_t fp_add(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const struct pair p = unpack_pair(env, z, a, b);
    const struct fp_num x = p.n[0], y = p.n[1];
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    if (is(x, FP_KIND_INF) && is(y, FP_KIND_INF) && x.sign != y.sign)
        return fp_invalid(env, z);
    if (is(x, FP_KIND_INF) || is(y, FP_KIND_INF))
        return fp_inf(z, is(x, FP_KIND_INF) ? x.sign : y.sign);
    return fp_pack(env, z, fp_wide_add(env, fp_widen(x), fp_widen(y)), fp_rmode(env));
}

/* FPSub: not FPAdd of the opposite, for a NaN in b keeps its sign. */
uint64_t fp_sub(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const struct pair p = unpack_pair(env, z, a, b);
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    return fp_add(env, z, a, b ^ fp_sign_mask(z));
}

/* The product of two numbers neither of which is a NaN, nor one zero and the other infinite. */
static uint64_t mul_numbers(struct fp_env *env, enum fp_size z, struct fp_num x, struct fp_num y)
{
    const bool sign = x.sign != y.sign;

    if (is(x, FP_KIND_INF) || is(y, FP_KIND_INF))
        return fp_inf(z, sign);
    if (is(x, FP_KIND_ZERO) || is(y, FP_KIND_ZERO))
        return fp_zero(z, sign);
    const struct fp_wide none = {.sign = sign};

    return fp_pack(env, z, fp_wide_add(env, fp_wide_mul(x, y), none), fp_rmode(env));
}

uint64_t fp_mul(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const struct pair p = unpack_pair(env, z, a, b);
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    if (inf_times_zero(p.n[0], p.n[1]))
        return fp_invalid(env, z);
    return mul_numbers(env, z, p.n[0], p.n[1]);
}

uint64_t fp_mulx(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const struct pair p = unpack_pair(env, z, a, b);
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    if (inf_times_zero(p.n[0], p.n[1]))
        return fp_zero(z, p.n[0].sign != p.n[1].sign) | fp_expand_imm(z, 0x00); /* 2.0 */
    return mul_numbers(env, z, p.n[0], p.n[1]);
}

static struct fp_num div_finite(struct fp_num x, struct fp_num y)
{
    const unsigned __int128 dividend = (unsigned __int128)x.sig << 63;
    uint64_t quotient = (uint64_t)(dividend / y.sig);
    const uint64_t remainder = (uint64_t)(dividend % y.sig);
    int exp = x.exp - y.exp;

    if (!(quotient >> 63)) {
        quotient <<= 1;
        exp--;
    }
    return (struct fp_num){.kind = FP_KIND_FINITE,
                           .sign = x.sign != y.sign,
                           .exp = exp,
                           .sig = quotient | (remainder != 0)};
}

uint64_t fp_div(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const struct pair p = unpack_pair(env, z, a, b);
    const struct fp_num x = p.n[0], y = p.n[1];
    const bool sign = x.sign != y.sign;
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    if (x.kind == y.kind && !is(x, FP_KIND_FINITE))
        return fp_invalid(env, z);
    if (is(x, FP_KIND_INF) || is(y, FP_KIND_ZERO)) {
        if (!is(x, FP_KIND_INF))
            env->fpsr |= FPSR_DZC;
        return fp_inf(z, sign);
    }
    if (is(x, FP_KIND_ZERO) || is(y, FP_KIND_INF))
        return fp_zero(z, sign);
    return fp_pack(env, z, div_finite(x, y), fp_rmode(env));
}

/* The largest r with r * r <= n, bit by bit. */
static uint64_t int_sqrt(unsigned __int128 n)
{
    uint64_t root = 0;

    for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
        const uint64_t with = root | bit;

        if ((unsigned __int128)with * with <= n)
            root = with;
    }
    return root;
}

uint64_t fp_sqrt(struct fp_env *env, enum fp_size z, uint64_t a)
{
    struct fp_num x = fp_unpack(env, z, a);

    if (fp_is_nan(x))
        return fp_process_nan(env, z, x.kind, a);
    if (is(x, FP_KIND_ZERO))
        return fp_zero(z, x.sign);
    if (x.sign)
        return fp_invalid(env, z);
    if (is(x, FP_KIND_INF))
        return fp_inf(z, false);
    const bool odd = x.exp & 1;
    const unsigned __int128 n = (unsigned __int128)x.sig << (odd ? 64 : 63);
    const uint64_t root = int_sqrt(n);

    x.sig = root | ((unsigned __int128)root * root != n);
    x.exp = (x.exp - odd) / 2;
    return fp_pack(env, z, x, fp_rmode(env));
}

uint64_t fp_muladd(struct fp_env *env, enum fp_size z, uint64_t addend, uint64_t a, uint64_t b)
{
    const uint64_t bits[3] = {addend, a, b};
    const struct fp_num n[3] = {fp_unpack(env, z, addend), fp_unpack(env, z, a),
                                fp_unpack(env, z, b)};
    const bool invalid = inf_times_zero(n[1], n[2]);
    const bool sign = n[1].sign != n[2].sign;
    uint64_t nan;

    if (fp_process_nans(env, z, n, bits, ARRAY_LEN(n), &nan))
        return is(n[0], FP_KIND_QNAN) && invalid ? fp_invalid(env, z) : nan;
    const bool infinite = is(n[1], FP_KIND_INF) || is(n[2], FP_KIND_INF);

    if (invalid || (is(n[0], FP_KIND_INF) && infinite && n[0].sign != sign))
        return fp_invalid(env, z);
    if (is(n[0], FP_KIND_INF) || infinite)
        return fp_inf(z, infinite ? sign : n[0].sign);
    return fp_pack(env, z, fp_wide_add(env, fp_widen(n[0]), fp_wide_mul(n[1], n[2])),
                   fp_rmode(env));
}

/* (constant - a * b) / 2^halve, rounded once; constants as FMOV's immediates. `if_invalid` answers
 * 0 * inf. */
static uint64_t fused_step(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b,
                           uint8_t constant, uint8_t if_invalid, int halve)
{
    const struct pair p = unpack_pair(env, z, a ^ fp_sign_mask(z), b);
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    if (inf_times_zero(p.n[0], p.n[1]))
        return fp_expand_imm(z, if_invalid);
    if (is(p.n[0], FP_KIND_INF) || is(p.n[1], FP_KIND_INF))
        return fp_inf(z, p.n[0].sign != p.n[1].sign);
    struct fp_num sum = fp_wide_add(env, fp_widen(fp_unpack(env, z, fp_expand_imm(z, constant))),
                                    fp_wide_mul(p.n[0], p.n[1]));

    sum.exp -= halve;
    return fp_pack(env, z, sum, fp_rmode(env));
}

uint64_t fp_recip_step(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return fused_step(env, z, a, b, 0x00 /* 2.0 */, 0x00, 0);
}

uint64_t fp_rsqrt_step(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return fused_step(env, z, a, b, 0x08 /* 3.0 */, 0x78 /* 1.5 */, 1);
}

/* Orders two numbers that are no NaNs: -1, 0, 1; zeros are equal. */
static int order(struct fp_num x, struct fp_num y)
{
    const int sx = is(x, FP_KIND_ZERO) ? 0 : x.sign ? -1 : 1;
    const int sy = is(y, FP_KIND_ZERO) ? 0 : y.sign ? -1 : 1;

    if (sx != sy)
        return sx < sy ? -1 : 1;
    if (sx == 0)
        return 0;
    if (x.kind != y.kind)
        return is(x, FP_KIND_INF) ? sx : -sx;
    if (is(x, FP_KIND_INF))
        return 0;
    if (x.exp != y.exp)
        return x.exp > y.exp ? sx : -sx;
    return x.sig == y.sig ? 0 : x.sig > y.sig ? sx : -sx;
}

static uint64_t max_or_min(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b, bool max)
{
    const struct pair p = unpack_pair(env, z, a, b);
    struct fp_num n;
    uint64_t nan;

    if (pair_nans(env, z, &p, &nan))
        return nan;
    n = (order(p.n[0], p.n[1]) > 0) == max ? p.n[0] : p.n[1];
    if (is(p.n[0], FP_KIND_ZERO) && is(p.n[1], FP_KIND_ZERO))
        n.sign = max ? p.n[0].sign && p.n[1].sign : p.n[0].sign || p.n[1].sign;
    return fp_pack(env, z, n, fp_rmode(env));
}

uint64_t fp_max(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return max_or_min(env, z, a, b, true);
}

uint64_t fp_min(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return max_or_min(env, z, a, b, false);
}

/* A quiet NaN beside anything but another one counts as the infinity that loses. */
static uint64_t num_max_or_min(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b, bool max)
{
    const struct pair p = unpack_pair(env, z, a, b);
    const bool quiet_a = is(p.n[0], FP_KIND_QNAN), quiet_b = is(p.n[1], FP_KIND_QNAN);

    if (quiet_a && !quiet_b)
        a = fp_inf(z, max);
    else if (quiet_b && !quiet_a)
        b = fp_inf(z, max);
    return max_or_min(env, z, a, b, max);
}

uint64_t fp_maxnum(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return num_max_or_min(env, z, a, b, true);
}

uint64_t fp_minnum(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return num_max_or_min(env, z, a, b, false);
}

uint32_t fp_compare(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b, bool signal)
{
    const struct pair p = unpack_pair(env, z, a, b);

    if (fp_is_nan(p.n[0]) || fp_is_nan(p.n[1])) {
        if (signal || is(p.n[0], FP_KIND_SNAN) || is(p.n[1], FP_KIND_SNAN))
            env->fpsr |= FPSR_IOC;
        return 0x3; /* unordered */
    }
    const int o = order(p.n[0], p.n[1]);

    return o == 0 ? 0x6 : o < 0 ? 0x8 : 0x2;
}

bool fp_eq(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return fp_compare(env, z, a, b, false) == 0x6;
}

bool fp_ge(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    const uint32_t nzcv = fp_compare(env, z, a, b, true);

    return nzcv == 0x6 || nzcv == 0x2;
}

bool fp_gt(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b)
{
    return fp_compare(env, z, a, b, true) == 0x2;
}
