/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD floating point with two operands and more (DDI 0487 C4.1: three same, pairwise,
 * across lanes, by element, and the scalar forms). */
#include "cpu/arm64/fma.h"
#include "cpu/arm64/simd_fp.h"

/* The four operations: exact handlers by element, and whole vectors on the host. */
#define ARITHMETIC(name, op, check)                                                                \
    FP_EACH_FUNCTION(name##_s, 32, FP_S, n, fp32_##op(env, x, y))                                  \
    FP_EACH_FUNCTION(name##_d, 64, FP_D, n, fp64_##op(env, x, y))                                  \
    FP_WHOLE(name##_s, 32, SIMD_REG(u64, i->rm), OPERATOR_##op, check(32))                         \
    FP_WHOLE(name##_d, 64, SIMD_REG(u64, i->rm), OPERATOR_##op, check(64))                         \
    SIMD_PRE_FP(name)
#define OPERATOR_add a + b
#define OPERATOR_sub a - b
#define OPERATOR_mul a *b
#define FINITE(bits) simd_finite##bits(r)
#define PLAIN(bits)  simd_plain##bits(r, a, b)

ARITHMETIC(fadd_v, add, FINITE)
ARITHMETIC(fsub_v, sub, FINITE)
ARITHMETIC(fmul_v, mul, PLAIN)

/* A zero quotient is a zero divided: the divisor explains nothing, and a zero one gives no zero.
 * Elements that do not count would be 0 / 0, so they are divided by one. */
#define QUOTIENT(bits) simd_plain##bits(r, a, a)
#define OPERATOR_div_masked(bits)                                                                  \
    a / (simd_f##bits)((simd_u64)b | (~simd_mask(i) & (simd_u64)((simd_f##bits){0} + 1)))
FP_EACH_FUNCTION(fdiv_v_s, 32, FP_S, n, fp32_div(env, x, y))
FP_EACH_FUNCTION(fdiv_v_d, 64, FP_D, n, fp64_div(env, x, y))
FP_WHOLE(fdiv_v_s, 32, SIMD_REG(u64, i->rm), OPERATOR_div_masked(32), QUOTIENT(32))
FP_WHOLE(fdiv_v_d, 64, SIMD_REG(u64, i->rm), OPERATOR_div_masked(64), QUOTIENT(64))
SIMD_PRE_FP(fdiv_v)

/* By element */
#define ELEMENT_OF(bits, lane) ((simd_u##bits){0} + cpu->v[i->rm].lane[i->imm])
FP_EACH_FUNCTION(fmul_e_s, 32, FP_S, i->imm, fp32_mul(env, x, y))
FP_EACH_FUNCTION(fmul_e_d, 64, FP_D, i->imm, fp64_mul(env, x, y))
FP_WHOLE(fmul_e_s, 32, ELEMENT_OF(32, s), a *b, PLAIN(32))
FP_WHOLE(fmul_e_d, 64, ELEMENT_OF(64, d), a *b, PLAIN(64))
SIMD_PRE_FP_ELEMENT(fmul_e)

FP_EACH_SAME(fmulx_v, fp_mulx(env, z, x, y))
FP_EACH_ELEMENT(fmulx_e, fp_mulx(env, z, x, y), fp_mulx(env, z, x, y))

/* Fused multiply-add: op_fma.c */
#define PRE_FUSED(name)                                                                            \
    void a64_pre_##name##_v(struct a64_insn *i, uint32_t raw)                                      \
    {                                                                                              \
        i->fn = a64_fma()->name##_v[a64_bits(raw, 22, 1)];                                         \
        simd_fp_width(i, raw);                                                                     \
    }                                                                                              \
    void a64_pre_##name##_e(struct a64_insn *i, uint32_t raw)                                      \
    {                                                                                              \
        i->fn = a64_fma()->name##_e[a64_bits(raw, 22, 1)];                                         \
        simd_fp_width(i, raw);                                                                     \
        simd_element(i, raw);                                                                      \
    }
PRE_FUSED(fmla)
PRE_FUSED(fmls)

FP_EACH(fmax_v, fp32_max(env, x, y), fp64_max(env, x, y))
FP_EACH(fmin_v, fp32_min(env, x, y), fp64_min(env, x, y))
FP_EACH(fmaxnm_v, fp32_maxnum(env, x, y), fp64_maxnum(env, x, y))
FP_EACH(fminnm_v, fp32_minnum(env, x, y), fp64_minnum(env, x, y))
FP_EACH(fabd_v, fp32_sub(env, x, y) & ~sign, fp64_sub(env, x, y) & ~sign)
FP_EACH_SAME(frecps_v, fp_recip_step(env, z, x, y))
FP_EACH_SAME(frsqrts_v, fp_rsqrt_step(env, z, x, y))

/* Comparisons: all ones where true. NZCV of an ordered compare: 6 equal, 2 greater. */
#define EQ(bits, a, b) (fp##bits##_compare(env, a, b, false) == 6)
#define GE(bits, a, b) (fp##bits##_compare(env, a, b, true) % 4 == 2) /* 3 is unordered, 8 less */
#define GT(bits, a, b) (fp##bits##_compare(env, a, b, true) == 2)
#define COMPARE(name, what, ...)                                                                   \
    FP_EACH(name, 0u - what(32, __VA_ARGS__), UINT64_C(0) - what(64, __VA_ARGS__))

COMPARE(fcmeq_v, EQ, x, y)
COMPARE(fcmge_v, GE, x, y)
COMPARE(fcmgt_v, GT, x, y)
COMPARE(facge_v, GE, x & ~sign, y & ~sign)
COMPARE(facgt_v, GT, x & ~sign, y & ~sign)
COMPARE(fcmeq0_v, EQ, x, 0)
COMPARE(fcmge0_v, GE, x, 0)
COMPARE(fcmgt0_v, GT, x, 0)
COMPARE(fcmle0_v, GE, 0, x)
COMPARE(fcmlt0_v, GT, 0, x)

/* Pairwise: element n of the result comes from the neighbours 2n and 2n + 1 of Vn:Vm. */
#define PAIRWISE(name, bits, op)                                                                   \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const unsigned count = simd_bytes(i) * 8 / bits;                                           \
        union a64_vreg r = {.d = {0, 0}};                                                          \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const union a64_vreg *v = &cpu->v[2 * n < count ? i->rn : i->rm];                      \
            const uint##bits##_t *pair = &v->SIMD_LANE(bits)[2 * n % count];                       \
            r.SIMD_LANE(bits)[n] = fp##bits##_##op(&cpu->fp, pair[0], pair[1]);                    \
        }                                                                                          \
        cpu->v[i->rd] = r;                                                                         \
    }                                                                                              \
    /* The scalar form: the two elements of Vn */                                                  \
    FP_VARIANT_COLD(sc_##name)                                                                     \
    {                                                                                              \
        const uint##bits##_t *pair = cpu->v[i->rn].SIMD_LANE(bits);                                \
        simd_put_low(cpu, i->rd, fp##bits##_##op(&cpu->fp, pair[0], pair[1]));                     \
    }
#define PAIRWISE_BOTH(name, op)                                                                    \
    PAIRWISE(name##_v_s, 32, op)                                                                   \
    PAIRWISE(name##_v_d, 64, op)                                                                   \
    SIMD_PRE_FP(name##_v)                                                                          \
    void a64_pre_##name##_sc(struct a64_insn *i, uint32_t raw)                                     \
    {                                                                                              \
        i->fn = a64_bits(raw, 22, 1) ? op_sc_##name##_v_d : op_sc_##name##_v_s;                    \
    }

PAIRWISE_BOTH(faddp, add)
PAIRWISE_BOTH(fmaxp, max)
PAIRWISE_BOTH(fminp, min)
PAIRWISE_BOTH(fmaxnmp, maxnum)
PAIRWISE_BOTH(fminnmp, minnum)

/* Across lanes: four singles, as a tree */
#define ACROSS(name, op)                                                                           \
    FP_OP_COLD(name)                                                                               \
    {                                                                                              \
        struct fp_env *env = &cpu->fp;                                                             \
        const uint32_t *s = cpu->v[i->rn].s;                                                       \
        const uint32_t low = fp32_##op(env, s[0], s[1]), high = fp32_##op(env, s[2], s[3]);        \
        simd_put_low(cpu, i->rd, fp32_##op(env, low, high));                                       \
    }

ACROSS(fmaxv, max)
ACROSS(fminv, min)
ACROSS(fmaxnmv, maxnum)
ACROSS(fminnmv, minnum)
