/* SPDX-License-Identifier: Apache-2.0
 *
 * Fused multiply-add, scalar and vector (DDI 0487: FMADD and kin, FMLA, FMLS). Meson builds this
 * file once or twice, with FMA_TABLE naming the result (fma.h). */
#include "cpu/arm64/fma.h"
#include "cpu/arm64/simd_fp.h"

/* The expression sees the operands n, m and a, and sign. */
#define SCALAR(name, suffix, lane, bits, addend, factor)                                           \
    FP_VARIANT(name##_##suffix)                                                                    \
    {                                                                                              \
        const uint##bits##_t n = cpu->v[i->rn].lane[0], m = cpu->v[i->rm].lane[0],                 \
                             a = cpu->v[i->ra].lane[0], sign = (uint##bits##_t)1 << (bits - 1);    \
        (void)sign;                                                                                \
        simd_put_low(cpu, i->rd, fp##bits##_muladd(&cpu->fp, addend, factor, m));                  \
    }
#define SCALAR_BOTH(name, addend, factor)                                                          \
    SCALAR(name, s, s, 32, addend, factor)                                                         \
    SCALAR(name, d, d, 64, addend, factor)

SCALAR_BOTH(fmadd, a, n)
SCALAR_BOTH(fmsub, a, n ^ sign)
SCALAR_BOTH(fnmadd, a ^ sign, n ^ sign)
SCALAR_BOTH(fnmsub, a ^ sign, n)

static ALWAYS_INLINE simd_f32 fused32(simd_f32 d, simd_f32 a, simd_f32 b)
{
    return (simd_f32){__builtin_fmaf(a[0], b[0], d[0]), __builtin_fmaf(a[1], b[1], d[1]),
                      __builtin_fmaf(a[2], b[2], d[2]), __builtin_fmaf(a[3], b[3], d[3])};
}

static ALWAYS_INLINE simd_f64 fused64(simd_f64 d, simd_f64 a, simd_f64 b)
{
    return (simd_f64){__builtin_fma(a[0], b[0], d[0]), __builtin_fma(a[1], b[1], d[1])};
}

/* m: which element of Vm; load_b: the same as a whole vector. A zero product leaves the addend as
 * it is. */
#define VECTOR(name, bits, fmt, m, load_b, negate)                                                 \
    FP_EACH_FUNCTION(name, bits, fmt, m, fp##bits##_muladd(env, w, x ^ (negate ? sign : 0), y))    \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        if (LIKELY(fp_host_rounds(&cpu->fp))) {                                                    \
            const simd_u64 mask = simd_mask(i);                                                    \
            const simd_f##bits factor = SIMD_REG(f##bits, i->rn),                                  \
                               a = (simd_f##bits)((simd_u64)(negate ? -factor : factor) & mask),   \
                               b = (simd_f##bits)((simd_u64)(load_b)&mask),                        \
                               d = (simd_f##bits)(SIMD_REG(u64, i->rd) & mask),                    \
                               r = fused##bits(d, a, b);                                           \
            if (LIKELY(simd_fused##bits(r, a, b))) {                                               \
                *(simd_f##bits *)&cpu->v[i->rd] = (simd_f##bits)((simd_u64)r & mask);              \
                return;                                                                            \
            }                                                                                      \
        }                                                                                          \
        each_##name(cpu, i);                                                                       \
    }
#define ELEMENT_OF(bits, lane) ((simd_u##bits){0} + cpu->v[i->rm].lane[i->imm])

VECTOR(fmla_v_s, 32, FP_S, n, SIMD_REG(u64, i->rm), false)
VECTOR(fmla_v_d, 64, FP_D, n, SIMD_REG(u64, i->rm), false)
VECTOR(fmls_v_s, 32, FP_S, n, SIMD_REG(u64, i->rm), true)
VECTOR(fmls_v_d, 64, FP_D, n, SIMD_REG(u64, i->rm), true)
VECTOR(fmla_e_s, 32, FP_S, i->imm, ELEMENT_OF(32, s), false)
VECTOR(fmla_e_d, 64, FP_D, i->imm, ELEMENT_OF(64, d), false)
VECTOR(fmls_e_s, 32, FP_S, i->imm, ELEMENT_OF(32, s), true)
VECTOR(fmls_e_d, 64, FP_D, i->imm, ELEMENT_OF(64, d), true)

const struct a64_fma FMA_TABLE = {
    .fmadd = {op_fmadd_s, op_fmadd_d},
    .fmsub = {op_fmsub_s, op_fmsub_d},
    .fnmadd = {op_fnmadd_s, op_fnmadd_d},
    .fnmsub = {op_fnmsub_s, op_fnmsub_d},
    .fmla_v = {op_fmla_v_s, op_fmla_v_d},
    .fmls_v = {op_fmls_v_s, op_fmls_v_d},
    .fmla_e = {op_fmla_e_s, op_fmla_e_d},
    .fmls_e = {op_fmls_e_s, op_fmls_e_d},
};
