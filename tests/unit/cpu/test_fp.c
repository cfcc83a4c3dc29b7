/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm's floating point where it differs from what any FPU does by itself, a table for each rule
 * (DDI 0487, A1.5 and the pseudocode named in fp.h). S and D literals are encodings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/fp.h"
#include "cpu/arm64/fp_fast.h"

#include <cmocka.h>

#define RMODE(mode) ((uint32_t)(mode) << 22)

enum {
    S_ONE = 0x3f800000,
    S_TWO = 0x40000000,
    S_INF = 0x7f800000,
    S_MAX = 0x7f7fffff,
    S_MIN = 0x00800000, /* least normal */
    S_QNAN = 0x7fc00000,
};
#define S_SIGN UINT32_C(0x80000000)

typedef uint64_t binary(struct fp_env *env, enum fp_size z, uint64_t a, uint64_t b);

struct binary_case {
    binary *fn;
    uint32_t fpcr;
    uint64_t a, b, want;
    uint32_t want_fpsr;
};

static void check_binary(const struct binary_case *c, size_t nr)
{
    for (size_t n = 0; n < nr; n++) {
        struct fp_env env = {.fpcr = c[n].fpcr};
        const uint64_t r = c[n].fn(&env, FP_S, c[n].a, c[n].b);

        if (r != c[n].want || env.fpsr != c[n].want_fpsr)
            fail_msg("case %zu: %#x with FPSR %#x, not %#x with %#x", n, (unsigned)r, env.fpsr,
                     (unsigned)c[n].want, c[n].want_fpsr);
    }
}

static void invalid_operations_give_the_positive_default_nan(void **state)
{
    static const struct binary_case cases[] = {
        {fp_add, 0, S_INF, S_INF | S_SIGN, S_QNAN, FPSR_IOC},
        {fp_sub, 0, S_INF, S_INF, S_QNAN, FPSR_IOC},
        {fp_mul, 0, S_INF | S_SIGN, 0, S_QNAN, FPSR_IOC},
        {fp_div, 0, 0, S_SIGN, S_QNAN, FPSR_IOC},
        {fp_div, 0, S_INF, S_INF | S_SIGN, S_QNAN, FPSR_IOC},
    };
    struct fp_env env = {0};
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
    assert_int_equal(fp_sqrt(&env, FP_D, 0xbff0000000000000), 0x7ff8000000000000);
    assert_int_equal(env.fpsr, FPSR_IOC);
}

static void signalling_nans_come_before_quiet_ones(void **state)
{
    static const struct binary_case cases[] = {
        {fp_add, 0, 0x7fc00001, 0xff800002, 0xffc00002, FPSR_IOC}, /* quiet, signalling */
        {fp_add, 0, 0x7f800001, 0x7f800002, 0x7fc00001, FPSR_IOC}, /* both: the first */
        {fp_mul, 0, 0xffc00001, 0x7fc00002, 0xffc00001, 0},
        {fp_div, 0, S_ONE, 0x7fc00003, 0x7fc00003, 0},
        {fp_sub, 0, S_ONE, 0xffc00003, 0xffc00003, 0}, /* its sign stays */
        {fp_max, 0, 0x7fc00001, 0x7f800002, 0x7fc00002, FPSR_IOC},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void default_nan_mode_drops_payloads(void **state)
{
    static const struct binary_case cases[] = {
        {fp_add, FPCR_DN, 0xffc12345, S_ONE, S_QNAN, 0},
        {fp_add, FPCR_DN, S_ONE, 0xff812345, S_QNAN, FPSR_IOC},
        {fp_minnum, FPCR_DN, 0xffc12345, 0x7fc00001, S_QNAN, 0},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void flush_to_zero_takes_subnormals_for_zero(void **state)
{
    static const struct binary_case cases[] = {
        {fp_add, FPCR_FZ, 0x80000001, 0x80000000, 0x80000000, FPSR_IDC},
        {fp_mul, FPCR_FZ, 0x00400000, S_INF, S_QNAN, FPSR_IDC | FPSR_IOC},
        {fp_div, FPCR_FZ, S_ONE, 0x00400000, S_INF, FPSR_IDC | FPSR_DZC},
        {fp_mul, FPCR_FZ, S_MIN | S_SIGN, 0x3f000000, S_SIGN, FPSR_UFC}, /* no IXC */
        {fp_sub, FPCR_FZ, S_MIN + 1, S_MIN, 0, FPSR_UFC},                /* though exact */
        {fp_max, FPCR_FZ, 0x80000001, S_SIGN, S_SIGN, FPSR_IDC},
        {fp_sub, 0, S_MIN + 1, S_MIN, 1, 0}, /* without FZ */
    };
    struct fp_env env = {.fpcr = FPCR_FZ};
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
    assert_int_equal(fp_compare(&env, FP_S, 1, 0, false), 0x6);
    assert_int_equal(fp_to_fixed(&env, FP_S, 1, 32, 0, false, FP_ROUND_POSINF), 0);
    assert_int_equal(env.fpsr, FPSR_IDC);
}

static void tininess_is_seen_before_rounding(void **state)
{
    static const struct binary_case cases[] = {
        /* (1 - 2^-24) * 2^-126 rounds up to the least normal number, and was tiny. */
        {fp_mul, 0, 0x3f7fffff, S_MIN, S_MIN, FPSR_UFC | FPSR_IXC},
        {fp_mul, 0, 0x00000001, 0x3f000000, 0, FPSR_UFC | FPSR_IXC},
        {fp_mul, 0, 0x00000002, 0x3f000000, 1, 0}, /* tiny but exact */
        {fp_mul, RMODE(FP_ROUND_POSINF), 0x3f7fffff, S_MIN + 1, S_MIN + 1, FPSR_IXC},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void overflow_depends_on_the_rounding_mode(void **state)
{
    static const uint32_t flags = FPSR_OFC | FPSR_IXC;
    const struct binary_case cases[] = {
        {fp_mul, RMODE(FP_ROUND_TIEEVEN), S_MAX, S_TWO, S_INF, flags},
        {fp_mul, RMODE(FP_ROUND_POSINF), S_MAX, S_TWO, S_INF, flags},
        {fp_mul, RMODE(FP_ROUND_POSINF), S_MAX | S_SIGN, S_TWO, S_MAX | S_SIGN, flags},
        {fp_mul, RMODE(FP_ROUND_NEGINF), S_MAX, S_TWO, S_MAX, flags},
        {fp_mul, RMODE(FP_ROUND_NEGINF), S_MAX | S_SIGN, S_TWO, S_INF | S_SIGN, flags},
        {fp_mul, RMODE(FP_ROUND_ZERO), S_MAX | S_SIGN, S_TWO, S_MAX | S_SIGN, flags},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void an_exact_zero_sum_is_negative_only_rounding_down(void **state)
{
    static const struct binary_case cases[] = {
        {fp_sub, 0, S_ONE, S_ONE, 0, 0},
        {fp_sub, RMODE(FP_ROUND_NEGINF), S_ONE, S_ONE, S_SIGN, 0},
        {fp_add, RMODE(FP_ROUND_NEGINF), 0, S_SIGN, S_SIGN, 0},
        {fp_add, RMODE(FP_ROUND_ZERO), 0, S_SIGN, 0, 0},
        {fp_add, 0, S_SIGN, S_SIGN, S_SIGN, 0},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void division_by_zero_is_infinite(void **state)
{
    static const struct binary_case cases[] = {
        {fp_div, 0, S_ONE | S_SIGN, 0, S_INF | S_SIGN, FPSR_DZC},
        {fp_div, 0, S_INF, 0, S_INF, 0},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

struct muladd_case {
    uint64_t addend, a, b, want;
    uint32_t want_fpsr;
};

static void muladd_is_fused_and_picks_nans_in_order(void **state)
{
    static const struct muladd_case cases[] = {
        /* (1 + 2^-12)^2 - (1 + 2^-11) */
        {0xbf801000, 0x3f800800, 0x3f800800, 0x33800000, 0},
        {S_ONE, S_INF, 0, S_QNAN, FPSR_IOC},
        {0x7fc00001, S_INF, 0, S_QNAN, FPSR_IOC}, /* a quiet addend gives way ... */
        {0x7fc00001, 0, S_ONE, 0x7fc00001, 0},
        {0x7f800001, S_INF, 0, 0x7fc00001, FPSR_IOC}, /* ... a signalling one does not */
        {S_INF | S_SIGN, S_INF, S_ONE, S_QNAN, FPSR_IOC},
        {0x7fc00001, 0x7f800002, 0x7fc00003, 0x7fc00002, FPSR_IOC},
        {S_ONE, 0x7fc00002, 0x7fc00003, 0x7fc00002, 0},
        {S_SIGN, S_SIGN, S_ONE, S_SIGN, 0},
        {0, S_SIGN, S_ONE, 0, 0},
        {0x00000001, 0x80000001, S_ONE, 0, 0},
    };
    (void)state;

    for (size_t n = 0; n < ARRAY_LEN(cases); n++) {
        struct fp_env env = {0};

        assert_int_equal(fp_muladd(&env, FP_S, cases[n].addend, cases[n].a, cases[n].b),
                         cases[n].want);
        assert_int_equal(env.fpsr, cases[n].want_fpsr);
    }
}

static void maxnum_prefers_numbers(void **state)
{
    static const struct binary_case cases[] = {
        {fp_maxnum, 0, 0xffc00001, S_ONE, S_ONE, 0},
        {fp_minnum, 0, S_ONE, 0x7fc00001, S_ONE, 0},
        {fp_maxnum, 0, 0x7f800001, S_ONE, 0x7fc00001, FPSR_IOC},
        {fp_maxnum, 0, 0x7fc00001, 0x7f800002, 0x7fc00002, FPSR_IOC},
        {fp_maxnum, 0, 0x7fc00001, 0x7fc00002, 0x7fc00001, 0},
        {fp_minnum, 0, 0x7fc00001, S_INF, S_INF, 0},
        {fp_max, 0, 0x7fc00001, S_ONE, 0x7fc00001, 0},
        {fp_max, 0, S_SIGN, 0, 0, 0},
        {fp_min, 0, 0, S_SIGN, S_SIGN, 0},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void mulx_and_newton_steps_define_zero_times_infinity(void **state)
{
    static const struct binary_case cases[] = {
        {fp_mulx, 0, 0, S_INF, S_TWO, 0},
        {fp_mulx, 0, S_INF | S_SIGN, 0, S_TWO | S_SIGN, 0},
        {fp_recip_step, 0, 0, S_INF | S_SIGN, S_TWO, 0},
        {fp_rsqrt_step, 0, S_INF, S_SIGN, 0x3fc00000, 0},
        {fp_recip_step, 0, S_ONE, S_ONE, S_ONE, 0},
        {fp_rsqrt_step, 0, S_ONE, S_ONE, S_ONE, 0},
        {fp_recip_step, 0, 0x7fc00001, S_ONE, 0xffc00001, 0}, /* the step negates first */
        {fp_recip_step, 0, S_INF, S_ONE, S_INF | S_SIGN, 0},
    };
    (void)state;

    check_binary(cases, ARRAY_LEN(cases));
}

static void comparisons_signal_by_kind(void **state)
{
    struct fp_env env = {0};
    (void)state;

    assert_int_equal(fp_compare(&env, FP_S, S_QNAN, S_ONE, false), 0x3);
    assert_int_equal(env.fpsr, 0);
    assert_int_equal(fp_compare(&env, FP_S, S_QNAN, S_ONE, true), 0x3);
    assert_int_equal(env.fpsr, FPSR_IOC);
    env.fpsr = 0;
    assert_false(fp_eq(&env, FP_S, S_QNAN, S_QNAN));
    assert_int_equal(env.fpsr, 0);
    assert_false(fp_eq(&env, FP_S, 0x7f800001, S_ONE));
    assert_int_equal(env.fpsr, FPSR_IOC);
    env.fpsr = 0;
    assert_false(fp_ge(&env, FP_S, S_QNAN, S_ONE));
    assert_int_equal(env.fpsr, FPSR_IOC);
    assert_int_equal(fp_compare(&env, FP_S, 0, S_SIGN, true), 0x6);
    assert_int_equal(fp_compare(&env, FP_S, S_INF | S_SIGN, S_MAX | S_SIGN, true), 0x8);
    assert_int_equal(fp_compare(&env, FP_S, S_INF, S_MAX, true), 0x2);
}

struct to_fixed_case {
    uint64_t a;
    unsigned bits, fbits;
    bool is_unsigned;
    enum fp_rounding rounding;
    uint64_t want;
    uint32_t want_fpsr;
};

static void check_to_fixed(const struct to_fixed_case *c, size_t nr)
{
    for (size_t n = 0; n < nr; n++) {
        struct fp_env env = {0};

        assert_int_equal(
            fp_to_fixed(&env, FP_S, c[n].a, c[n].bits, c[n].fbits, c[n].is_unsigned, c[n].rounding),
            c[n].want);
        assert_int_equal(env.fpsr, c[n].want_fpsr);
    }
}

static void conversions_to_integers_saturate(void **state)
{
    static const struct to_fixed_case cases[] = {
        {S_QNAN, 32, 0, false, FP_ROUND_ZERO, 0, FPSR_IOC},
        {S_INF, 32, 0, false, FP_ROUND_ZERO, 0x7fffffff, FPSR_IOC},
        {S_INF | S_SIGN, 64, 0, false, FP_ROUND_ZERO, UINT64_C(1) << 63, FPSR_IOC},
        {0x4f000000, 32, 0, false, FP_ROUND_ZERO, 0x7fffffff, FPSR_IOC},
        {0xcf000000, 32, 0, false, FP_ROUND_ZERO, 0x80000000, 0},
        {0x4f800000, 32, 0, true, FP_ROUND_ZERO, 0xffffffff, FPSR_IOC},
        {0xbf800000, 32, 0, true, FP_ROUND_ZERO, 0, FPSR_IOC},
        {0xbf000000, 32, 0, true, FP_ROUND_ZERO, 0, FPSR_IXC},
        {0xdf000000, 64, 0, false, FP_ROUND_ZERO, UINT64_C(1) << 63, 0},
        {0x3fc00000, 32, 4, false, FP_ROUND_ZERO, 24, 0},
        {S_ONE, 32, 32, true, FP_ROUND_ZERO, 0xffffffff, FPSR_IOC},
    };
    (void)state;

    check_to_fixed(cases, ARRAY_LEN(cases));
}

static void ties_go_where_the_mode_says(void **state)
{
    static const struct to_fixed_case cases[] = {
        {0x40200000, 32, 0, false, FP_ROUND_TIEAWAY, 3, FPSR_IXC},          /* 2.5 */
        {0xc0200000, 32, 0, false, FP_ROUND_TIEAWAY, 0xfffffffd, FPSR_IXC}, /* -2.5 */
        {0x3f000000, 32, 0, true, FP_ROUND_TIEAWAY, 1, FPSR_IXC},           /* 0.5 */
        {0x3effffff, 32, 0, true, FP_ROUND_TIEAWAY, 0, FPSR_IXC},           /* just below */
        {0x40200000, 32, 0, false, FP_ROUND_TIEEVEN, 2, FPSR_IXC},
        {0x40600000, 32, 0, false, FP_ROUND_TIEEVEN, 4, FPSR_IXC},
        {0x40200000, 32, 0, false, FP_ROUND_POSINF, 3, FPSR_IXC},
        {0xc0200000, 32, 0, false, FP_ROUND_NEGINF, 0xfffffffd, FPSR_IXC},
    };
    struct fp_env env = {0};
    (void)state;

    check_to_fixed(cases, ARRAY_LEN(cases));
    assert_int_equal(fp_round_int(&env, FP_S, 0xc0200000, FP_ROUND_TIEAWAY, false), 0xc0400000);
    assert_int_equal(fp_round_int(&env, FP_S, 0xbe800000, FP_ROUND_TIEEVEN, false), S_SIGN);
    assert_int_equal(env.fpsr, 0);
    assert_int_equal(fp_round_int(&env, FP_S, 0xc0200000, FP_ROUND_TIEEVEN, true), 0xc0000000);
    assert_int_equal(env.fpsr, FPSR_IXC);
}

struct convert_case {
    enum fp_size to, from;
    uint32_t fpcr;
    uint64_t a, want;
    uint32_t want_fpsr;
};

static void half_precision_has_two_formats_and_no_flush(void **state)
{
    static const struct convert_case cases[] = {
        {FP_H, FP_S, 0, 0x47800000, 0x7c00, FPSR_OFC | FPSR_IXC}, /* 65536 */
        {FP_H, FP_S, FPCR_AHP, 0x47800000, 0x7c00, 0},            /* is a number there */
        {FP_H, FP_S, FPCR_AHP, 0x48000000, 0x7fff, FPSR_IOC},     /* 131072: too large */
        {FP_H, FP_S, FPCR_AHP, 0xff800000, 0xffff, FPSR_IOC},
        {FP_H, FP_S, FPCR_AHP, 0xffc00000, 0x8000, FPSR_IOC},
        {FP_S, FP_H, FPCR_AHP, 0x7c00, 0x47800000, 0},
        {FP_S, FP_H, 0, 0x7c00, S_INF, 0},
        {FP_S, FP_H, FPCR_FZ, 0x0001, 0x33800000, 0}, /* a subnormal half counts */
        {FP_H, FP_S, FPCR_FZ, 0x33800000, 0x0001, 0},
        {FP_H, FP_S, FPCR_FZ, 0x00000001, 0x0000, FPSR_IDC},
        {FP_H, FP_D, 0, 0x3ff0020000000001, 0x3c01, FPSR_IXC}, /* rounded once */
    };
    (void)state;

    for (size_t n = 0; n < ARRAY_LEN(cases); n++) {
        const struct convert_case *c = &cases[n];
        struct fp_env env = {.fpcr = c->fpcr};

        assert_int_equal(fp_convert(&env, c->to, c->from, c->a, fp_rmode(&env)), c->want);
        assert_int_equal(env.fpsr, c->want_fpsr);
    }
}

static void conversion_keeps_the_top_of_a_nan(void **state)
{
    struct fp_env env = {0};
    (void)state;

    assert_int_equal(fp_convert(&env, FP_S, FP_D, 0xfffc000020000000, FP_ROUND_TIEEVEN),
                     0xffe00001);
    assert_int_equal(env.fpsr, 0);
    assert_int_equal(fp_convert(&env, FP_D, FP_S, 0x7f800001, FP_ROUND_TIEEVEN),
                     0x7ff8000020000000);
    assert_int_equal(env.fpsr, FPSR_IOC);
}

static void round_to_odd_keeps_what_was_lost_in_the_last_bit(void **state)
{
    struct fp_env env = {0};
    (void)state;

    assert_int_equal(fp_convert(&env, FP_S, FP_D, 0x3ff0000000000001, FP_ROUND_ODD), 0x3f800001);
    assert_int_equal(env.fpsr, FPSR_IXC);
    assert_int_equal(fp_convert(&env, FP_S, FP_D, 0x7fefffffffffffff, FP_ROUND_ODD), S_MAX);
    assert_int_equal(fp_convert(&env, FP_S, FP_D, 0x0000000000000001, FP_ROUND_ODD), 1);
}

static void estimates_come_from_the_tables(void **state)
{
    struct fp_env env = {0};
    (void)state;

    assert_int_equal(fp_recip_estimate(&env, FP_S, S_ONE), 0x3f7f8000);
    assert_int_equal(fp_rsqrt_estimate(&env, FP_S, S_ONE), 0x3f7f8000);
    assert_int_equal(fp_recip_estimate(&env, FP_D, 0x4008000000000000), 0x3fd5500000000000);
    assert_int_equal(fp_recip_estimate(&env, FP_S, 0x7f000000), 0x003fe000); /* subnormal, exact */
    assert_int_equal(fp_unsigned_recip_estimate(0x7fffffff), 0xffffffff);
    assert_int_equal(fp_unsigned_recip_estimate(0x80000000), 0xff800000);
    assert_int_equal(fp_unsigned_rsqrt_estimate(0x3fffffff), 0xffffffff);
    assert_int_equal(fp_unsigned_rsqrt_estimate(0x40000000), 0xff800000);
    assert_int_equal(env.fpsr, 0);
    assert_int_equal(fp_recip_estimate(&env, FP_S, S_SIGN), S_INF | S_SIGN);
    assert_int_equal(env.fpsr, FPSR_DZC);
    env.fpsr = 0;
    assert_int_equal(fp_rsqrt_estimate(&env, FP_S, S_SIGN), S_INF | S_SIGN);
    assert_int_equal(env.fpsr, FPSR_DZC);
    env.fpsr = 0;
    assert_int_equal(fp_rsqrt_estimate(&env, FP_S, 0xbf800000), S_QNAN);
    assert_int_equal(env.fpsr, FPSR_IOC);
    env = (struct fp_env){.fpcr = RMODE(FP_ROUND_ZERO)};
    assert_int_equal(fp_recip_estimate(&env, FP_S, 0x00100000), S_MAX);
    assert_int_equal(env.fpsr, FPSR_OFC | FPSR_IXC);
    env = (struct fp_env){.fpcr = FPCR_FZ};
    assert_int_equal(fp_recip_estimate(&env, FP_S, 0xff000000), S_SIGN);
    assert_int_equal(env.fpsr, FPSR_UFC);
    env = (struct fp_env){0};
    assert_int_equal(fp_recpx(&env, FP_S, S_ONE), 0x40000000);
    assert_int_equal(fp_recpx(&env, FP_S, 0x80000001), 0xff000000);
    assert_int_equal(fp_recpx(&env, FP_S, S_INF), 0);
}

static void immediates_expand(void **state)
{
    (void)state;
    assert_int_equal(fp_expand_imm(FP_S, 0x70), S_ONE);
    assert_int_equal(fp_expand_imm(FP_D, 0xf8), 0xbff8000000000000);
    assert_int_equal(fp_expand_imm(FP_D, 0x00), 0x4000000000000000);
    assert_int_equal(fp_expand_imm(FP_H, 0x70), 0x3c00);
}

/* --- The host's FPU answers as the integers do, flags included. --- */

static const uint64_t doubles[] = {
    0x0000000000000000, 0x0000000000000001, 0x0008000000000000, 0x000fffffffffffff,
    0x0010000000000000, 0x0010000000000001, 0x0020000000000000, 0x001fffffffffffff,
    0x3ca0000000000000, 0x3fdfffffffffffff, 0x3fe0000000000000, 0x3fefffffffffffff,
    0x3ff0000000000000, 0x3ff0000000000001, 0x3ff8000000000000, 0x4000000000000000,
    0x4008000000000000, 0x41dfffffffc00000, 0x41e0000000000000, 0x4330000000000001,
    0x43e0000000000000, 0x5ff0000000000000, 0x7fd0000000000000, 0x7fe0000000000000,
    0x7fefffffffffffff, 0x7ff0000000000000, 0x7ff0000000000001, 0x7ff8000000000002,
    0x47efffffe0000000, 0x4004000000000000, 0x41dfffffffe00000, 0x41efffffffe00000,
    0x41effffffff00000, 0x47efffffffffffff, 0x380fffffffffffff, 0x36a0000000000000,
};

/* The operand numbered n: both signs. As a single, the upper half: any pattern will do. */
static uint64_t operand(enum fp_size z, size_t n)
{
    const uint64_t d = doubles[n / 2] | (uint64_t)(n & 1) << 63;

    if (z == FP_D)
        return d;
    return (uint32_t)(d >> 32 << 3 & 0x7fffffff) | (d & 7) | (d >> 63) << 31;
}

#define AGREE(exact_call, fast32, fast64)                                                          \
    do {                                                                                           \
        struct fp_env exact = start, fast = start;                                                 \
        const uint64_t want = (exact_call);                                                        \
        const uint64_t got = z == FP_S ? (uint64_t)(fast32) : (uint64_t)(fast64);                  \
        if (want != got || exact.fpsr != fast.fpsr)                                                \
            fail_msg("%s %#lx %#lx: %#lx with %#x, not %#lx with %#x", #fast32, (unsigned long)a,  \
                     (unsigned long)b, (unsigned long)got, fast.fpsr, (unsigned long)want,         \
                     exact.fpsr);                                                                  \
    } while (0)
#define AGREE_BINARY(op, fn)                                                                       \
    AGREE(fn(&exact, z, a, b), fp32_##op(&fast, (uint32_t)a, (uint32_t)b), fp64_##op(&fast, a, b))

static void check_pair(struct fp_env start, enum fp_size z, uint64_t a, uint64_t b)
{
    AGREE_BINARY(add, fp_add);
    AGREE_BINARY(sub, fp_sub);
    AGREE_BINARY(mul, fp_mul);
    AGREE_BINARY(div, fp_div);
    AGREE_BINARY(max, fp_max);
    AGREE_BINARY(min, fp_min);
    AGREE_BINARY(maxnum, fp_maxnum);
    AGREE_BINARY(minnum, fp_minnum);
    AGREE(fp_compare(&exact, z, a, b, true), fp32_compare(&fast, (uint32_t)a, (uint32_t)b, true),
          fp64_compare(&fast, a, b, true));
    AGREE(fp_muladd(&exact, z, a, b, a), fp32_muladd(&fast, (uint32_t)a, (uint32_t)b, (uint32_t)a),
          fp64_muladd(&fast, a, b, a));
    AGREE(fp_muladd(&exact, z, b, a, a), fp32_muladd(&fast, (uint32_t)b, (uint32_t)a, (uint32_t)a),
          fp64_muladd(&fast, b, a, a));
}

static void check_single_operand(struct fp_env start, enum fp_size z, uint64_t a)
{
    const uint64_t b = 0;

    AGREE(fp_sqrt(&exact, z, a), fp32_sqrt(&fast, (uint32_t)a), fp64_sqrt(&fast, a));
    for (unsigned n = 0; n <= FP_ROUND_TIEAWAY * 4 + 3; n++) {
        const enum fp_rounding rounding = (enum fp_rounding)(n / 4);
        const unsigned width = n & 1 ? 64 : 32;

        AGREE(fp_to_fixed(&exact, z, a, width, 0, n & 2, rounding),
              fp32_to_int(&fast, (uint32_t)a, width, n & 2, rounding),
              fp64_to_int(&fast, a, width, n & 2, rounding));
        AGREE(fp_round_int(&exact, z, a, rounding, n & 1),
              fp32_round_int(&fast, (uint32_t)a, rounding, n & 1),
              fp64_round_int(&fast, a, rounding, n & 1));
    }
    AGREE(fp_from_fixed(&exact, z, a, 0, false), fp32_from_int(&fast, (int64_t)a),
          fp64_from_int(&fast, (int64_t)a));
    AGREE(fp_convert(&exact, z == FP_S ? FP_D : FP_S, z, a, fp_rmode(&exact)),
          fp_single_to_double(&fast, (uint32_t)a), fp_double_to_single(&fast, a));
}

static void host_fpu_agrees_with_exact_arithmetic(void **state)
{
    static const uint32_t fpcrs[] = {
        0, FPCR_FZ, FPCR_DN, RMODE(FP_ROUND_POSINF), RMODE(FP_ROUND_NEGINF), RMODE(FP_ROUND_ZERO)};
    (void)state;

    for (size_t c = 0; c < ARRAY_LEN(fpcrs) * 4; c++) {
        const struct fp_env start = {.fpcr = fpcrs[c / 4], .fpsr = c & 1 ? FPSR_IXC : 0};
        const enum fp_size z = c & 2 ? FP_D : FP_S;

        for (size_t n = 0; n < ARRAY_LEN(doubles) * 2; n++) {
            check_single_operand(start, z, operand(z, n));
            for (size_t m = 0; m < ARRAY_LEN(doubles) * 2; m++)
                check_pair(start, z, operand(z, n), operand(z, m));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(invalid_operations_give_the_positive_default_nan),
        cmocka_unit_test(signalling_nans_come_before_quiet_ones),
        cmocka_unit_test(default_nan_mode_drops_payloads),
        cmocka_unit_test(flush_to_zero_takes_subnormals_for_zero),
        cmocka_unit_test(tininess_is_seen_before_rounding),
        cmocka_unit_test(overflow_depends_on_the_rounding_mode),
        cmocka_unit_test(an_exact_zero_sum_is_negative_only_rounding_down),
        cmocka_unit_test(division_by_zero_is_infinite),
        cmocka_unit_test(muladd_is_fused_and_picks_nans_in_order),
        cmocka_unit_test(maxnum_prefers_numbers),
        cmocka_unit_test(mulx_and_newton_steps_define_zero_times_infinity),
        cmocka_unit_test(comparisons_signal_by_kind),
        cmocka_unit_test(conversions_to_integers_saturate),
        cmocka_unit_test(ties_go_where_the_mode_says),
        cmocka_unit_test(half_precision_has_two_formats_and_no_flush),
        cmocka_unit_test(conversion_keeps_the_top_of_a_nan),
        cmocka_unit_test(round_to_odd_keeps_what_was_lost_in_the_last_bit),
        cmocka_unit_test(estimates_come_from_the_tables),
        cmocka_unit_test(immediates_expand),
        cmocka_unit_test(host_fpu_agrees_with_exact_arithmetic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
