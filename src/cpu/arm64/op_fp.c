/* SPDX-License-Identifier: Apache-2.0
 *
 * Scalar floating-point arithmetic, comparison, selection, immediates and moves (DDI 0487 C4.1:
 * floating-point data processing with 1, 2 and 3 sources, compare, conditional compare and select,
 * immediate; FMOV to and from general registers). Each row has a handler for single and one for
 * double, chosen by bit 22. Conversions: op_fp_convert.c; fused
 * multiply-add: op_fma.c. */
#include "cpu/arm64/cond.h"
#include "cpu/arm64/fma.h"
#include "cpu/arm64/fp_fast.h"
#include "cpu/arm64/simd.h"

#define FP_PRE_SD(name)                                                                            \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = raw >> 22 & 1 ? op_##name##_d : op_##name##_s;                                     \
    }

/* Handlers for both formats: the expression sees env and the operands n, m, a, as bits of type
 * `uint`; FP(f) is the format's fp_fast.h function. */
#define FP_SCALAR_BODY(name, suffix, lane, uint_type, bits, fmt, expr)                             \
    FP_VARIANT(name##_##suffix)                                                                    \
    {                                                                                              \
        typedef uint_type uint;                                                                    \
        struct fp_env *env = &cpu->fp;                                                             \
        const enum fp_size z = fmt;                                                                \
        const uint n = cpu->v[i->rn].lane[0], m = cpu->v[i->rm].lane[0],                           \
                   a = cpu->v[i->ra].lane[0];                                                      \
        const uint sign = (uint)1 << (bits - 1);                                                   \
        (void)env, (void)z, (void)n, (void)m, (void)a, (void)sign;                                 \
        simd_put_low(cpu, i->rd, (uint)(expr));                                                    \
    }
#define FP_SCALAR(name, expr32, expr64)                                                            \
    FP_SCALAR_BODY(name, s, s, uint32_t, 32, FP_S, expr32)                                         \
    FP_SCALAR_BODY(name, d, d, uint64_t, 64, FP_D, expr64)                                         \
    FP_PRE_SD(name)
#define FP_SCALAR_SAME(name, expr) FP_SCALAR(name, expr, expr)

FP_SCALAR_SAME(fmov, n)
FP_SCALAR_SAME(fabs, n & ~sign)
FP_SCALAR_SAME(fneg, n ^ sign)
FP_SCALAR(fsqrt, fp32_sqrt(env, n), fp64_sqrt(env, n))
#define ROUND(name, rounding, exact)                                                               \
    FP_SCALAR(name, fp32_round_int(env, n, rounding, exact),                                       \
              fp64_round_int(env, n, rounding, exact))
ROUND(frintn, FP_ROUND_TIEEVEN, false)
ROUND(frintp, FP_ROUND_POSINF, false)
ROUND(frintm, FP_ROUND_NEGINF, false)
ROUND(frintz, FP_ROUND_ZERO, false)
ROUND(frinta, FP_ROUND_TIEAWAY, false)
ROUND(frintx, fp_rmode(env), true)
ROUND(frinti, fp_rmode(env), false)

FP_SCALAR(fmul, fp32_mul(env, n, m), fp64_mul(env, n, m))
FP_SCALAR(fdiv, fp32_div(env, n, m), fp64_div(env, n, m))
FP_SCALAR(fadd, fp32_add(env, n, m), fp64_add(env, n, m))
FP_SCALAR(fsub, fp32_sub(env, n, m), fp64_sub(env, n, m))
FP_SCALAR(fmax, fp32_max(env, n, m), fp64_max(env, n, m))
FP_SCALAR(fmin, fp32_min(env, n, m), fp64_min(env, n, m))
FP_SCALAR(fmaxnm, fp32_maxnum(env, n, m), fp64_maxnum(env, n, m))
FP_SCALAR(fminnm, fp32_minnum(env, n, m), fp64_minnum(env, n, m))
FP_SCALAR(fnmul, fp32_mul(env, n, m) ^ sign, fp64_mul(env, n, m) ^ sign)

#define FP_PRE_FUSED(name)                                                                         \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = a64_fma()->name[raw >> 22 & 1];                                                    \
    }

FP_PRE_FUSED(fmadd)
FP_PRE_FUSED(fmsub)
FP_PRE_FUSED(fnmadd)
FP_PRE_FUSED(fnmsub)

/* Comparisons; FCMPE and FCCMPE signal quiet NaNs too: bit 4 of the encoding. */
#define FP_COMPARE(name, suffix, lane, compare, operand)                                           \
    FP_VARIANT(name##_##suffix)                                                                    \
    {                                                                                              \
        cpu->nzcv = a64_nzcv_from_imm4(                                                            \
            compare(&cpu->fp, cpu->v[i->rn].lane[0], operand, i->raw >> 4 & 1));                   \
    }

FP_COMPARE(fcmp, s, s, fp32_compare, cpu->v[i->rm].s[0])
FP_COMPARE(fcmp, d, d, fp64_compare, cpu->v[i->rm].d[0])
FP_PRE_SD(fcmp)
FP_COMPARE(fcmp_zero, s, s, fp32_compare, 0)
FP_COMPARE(fcmp_zero, d, d, fp64_compare, 0)
FP_PRE_SD(fcmp_zero)

/* aux: the condition's mask */
#define PRE_CONDITIONAL(name)                                                                      \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = raw >> 22 & 1 ? op_##name##_d : op_##name##_s;                                     \
        i->aux = a64_cond_mask(a64_bits(raw, 12, 4));                                              \
    }

#define FP_CONDITIONAL_COMPARE(suffix, lane, compare)                                              \
    FP_VARIANT(fccmp_##suffix)                                                                     \
    {                                                                                              \
        uint32_t flags = i->raw & 15;                                                              \
        if (a64_mask_holds(i->aux, cpu->nzcv))                                                     \
            flags =                                                                                \
                compare(&cpu->fp, cpu->v[i->rn].lane[0], cpu->v[i->rm].lane[0], i->raw >> 4 & 1);  \
        cpu->nzcv = a64_nzcv_from_imm4(flags);                                                     \
    }

FP_CONDITIONAL_COMPARE(s, s, fp32_compare)
FP_CONDITIONAL_COMPARE(d, d, fp64_compare)
PRE_CONDITIONAL(fccmp)

#define SELECT a64_mask_holds(i->aux, cpu->nzcv) ? n : m
FP_SCALAR_BODY(fcsel, s, s, uint32_t, 32, FP_S, SELECT)
FP_SCALAR_BODY(fcsel, d, d, uint64_t, 64, FP_D, SELECT)
PRE_CONDITIONAL(fcsel)

/* imm: the register's new low half */
FP_OP(fmov_imm)
{
    simd_put_low(cpu, i->rd, (uint64_t)i->imm);
}

void a64_pre_fmov_imm(struct a64_insn *i, uint32_t raw)
{
    const enum fp_size z = raw >> 22 & 1 ? FP_D : FP_S;

    i->imm = (int64_t)fp_expand_imm(z, (uint8_t)a64_bits(raw, 13, 8));
}

FP_OP(fmov_w_s)
{
    cpu->x[i->rd] = cpu->v[i->rn].s[0];
}

FP_OP(fmov_s_w)
{
    simd_put_low(cpu, i->rd, (uint32_t)cpu->x[i->rn]);
}

FP_OP(fmov_x_d)
{
    cpu->x[i->rd] = cpu->v[i->rn].d[0];
}

FP_OP(fmov_d_x)
{
    simd_put_low(cpu, i->rd, cpu->x[i->rn]);
}

FP_OP(fmov_x_top)
{
    cpu->x[i->rd] = cpu->v[i->rn].d[1];
}

FP_OP(fmov_top_x)
{
    cpu->v[i->rd].d[1] = cpu->x[i->rn];
}
