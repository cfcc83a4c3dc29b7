/* SPDX-License-Identifier: Apache-2.0
 *
 * Conversions between floating-point formats, and between floating point and integers or
 * fixed-point numbers in general registers (DDI 0487 C4.1: FCVT, FCVT{N,P,M,Z,A}{S,U}, SCVTF,
 * UCVTF). */
#include "cpu/arm64/fp_fast.h"
#include "cpu/arm64/simd.h"

FP_OP(fcvt_d_s)
{
    simd_put_low(cpu, i->rd, fp_single_to_double(&cpu->fp, cpu->v[i->rn].s[0]));
}

FP_OP(fcvt_s_d)
{
    simd_put_low(cpu, i->rd, fp_double_to_single(&cpu->fp, cpu->v[i->rn].d[0]));
}

#define FCVT(name, to, from, lane)                                                                 \
    FP_OP(fcvt_##name)                                                                             \
    {                                                                                              \
        simd_put_low(cpu, i->rd,                                                                   \
                     fp_convert(&cpu->fp, to, from, cpu->v[i->rn].lane[0], fp_rmode(&cpu->fp)));   \
    }

FCVT(h_s, FP_H, FP_S, s)
FCVT(h_d, FP_H, FP_D, d)
FCVT(s_h, FP_S, FP_H, h)
FCVT(d_h, FP_D, FP_H, h)

/* To integer: a handler for each rounding and size. */
#define TO_INT(name, is_unsigned, rounding)                                                        \
    TO_INT_ONE(name##_32_s, 32, s, 32, is_unsigned, rounding)                                      \
    TO_INT_ONE(name##_64_s, 32, s, 64, is_unsigned, rounding)                                      \
    TO_INT_ONE(name##_32_d, 64, d, 32, is_unsigned, rounding)                                      \
    TO_INT_ONE(name##_64_d, 64, d, 64, is_unsigned, rounding)                                      \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[2][2] = {{op_##name##_32_s, op_##name##_32_d},                     \
                                         {op_##name##_64_s, op_##name##_64_d}};                    \
        i->fn = fn[raw >> 31][a64_bits(raw, 22, 1)];                                               \
    }
#define TO_INT_ONE(name, bits, lane, width, is_unsigned, rounding)                                 \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        cpu->x[i->rd] =                                                                            \
            fp##bits##_to_int(&cpu->fp, cpu->v[i->rn].lane[0], width, is_unsigned, rounding);      \
    }

TO_INT(fcvtns, false, FP_ROUND_TIEEVEN)
TO_INT(fcvtnu, true, FP_ROUND_TIEEVEN)
TO_INT(fcvtps, false, FP_ROUND_POSINF)
TO_INT(fcvtpu, true, FP_ROUND_POSINF)
TO_INT(fcvtms, false, FP_ROUND_NEGINF)
TO_INT(fcvtmu, true, FP_ROUND_NEGINF)
TO_INT(fcvtas, false, FP_ROUND_TIEAWAY)
TO_INT(fcvtau, true, FP_ROUND_TIEAWAY)
TO_INT(fcvtzs, false, FP_ROUND_ZERO)
TO_INT(fcvtzu, true, FP_ROUND_ZERO)

/* To fixed point; imm: fraction bits, aux: unsigned. */
#define TO_FIXED(fmt, lane, width)                                                                 \
    FP_VARIANT(to_fixed_##width##_##lane)                                                          \
    {                                                                                              \
        cpu->x[i->rd] = fp_to_fixed(&cpu->fp, fmt, cpu->v[i->rn].lane[0], width, (unsigned)i->imm, \
                                    i->aux, FP_ROUND_ZERO);                                        \
    }

TO_FIXED(FP_S, s, 32)
TO_FIXED(FP_S, s, 64)
TO_FIXED(FP_D, d, 32)
TO_FIXED(FP_D, d, 64)

void a64_pre_fcvt_fixed(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][2] = {{op_to_fixed_32_s, op_to_fixed_32_d},
                                     {op_to_fixed_64_s, op_to_fixed_64_d}};

    i->fn = fn[raw >> 31][a64_bits(raw, 22, 1)];
    i->aux = raw >> 16 & 1;
    i->imm = 64 - (int64_t)a64_bits(raw, 10, 6);
}

/* From integer: any signed 64-bit number, so unsigned 32-bit ones too. */
#define CVTF_INT(name, bits, lane, type)                                                           \
    FP_VARIANT(name##_##lane)                                                                      \
    {                                                                                              \
        simd_put_low(cpu, i->rd, fp##bits##_from_int(&cpu->fp, (type)cpu->x[i->rn]));              \
    }

CVTF_INT(scvtf_32, 32, s, int32_t)
CVTF_INT(scvtf_32, 64, d, int32_t)
CVTF_INT(scvtf_64, 32, s, int64_t)
CVTF_INT(scvtf_64, 64, d, int64_t)
CVTF_INT(ucvtf_32, 32, s, uint32_t)
CVTF_INT(ucvtf_32, 64, d, uint32_t)

/* imm: fraction bits */
#define CVTF_FIXED(name, fmt, lane, type, is_unsigned)                                             \
    FP_VARIANT(name##_##lane)                                                                      \
    {                                                                                              \
        simd_put_low(cpu, i->rd,                                                                   \
                     fp_from_fixed(&cpu->fp, fmt, (uint64_t)(type)cpu->x[i->rn], (unsigned)i->imm, \
                                   is_unsigned));                                                  \
    }

CVTF_FIXED(scvtf_fixed_32, FP_S, s, int32_t, false)
CVTF_FIXED(scvtf_fixed_32, FP_D, d, int32_t, false)
CVTF_FIXED(scvtf_fixed_64, FP_S, s, int64_t, false)
CVTF_FIXED(scvtf_fixed_64, FP_D, d, int64_t, false)
CVTF_FIXED(ucvtf_fixed_32, FP_S, s, uint32_t, true)
CVTF_FIXED(ucvtf_fixed_32, FP_D, d, uint32_t, true)
CVTF_FIXED(ucvtf_fixed_64, FP_S, s, uint64_t, true)
CVTF_FIXED(ucvtf_fixed_64, FP_D, d, uint64_t, true)

void a64_pre_cvtf_int(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][2][2] = {
        {{op_scvtf_32_s, op_scvtf_32_d}, {op_scvtf_64_s, op_scvtf_64_d}},
        {{op_ucvtf_32_s, op_ucvtf_32_d}, {op_ucvtf_fixed_64_s, op_ucvtf_fixed_64_d}},
    };

    i->fn = fn[a64_bits(raw, 16, 1)][raw >> 31][a64_bits(raw, 22, 1)];
    i->imm = 0;
}

void a64_pre_cvtf_fixed(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][2][2] = {
        {{op_scvtf_fixed_32_s, op_scvtf_fixed_32_d}, {op_scvtf_fixed_64_s, op_scvtf_fixed_64_d}},
        {{op_ucvtf_fixed_32_s, op_ucvtf_fixed_32_d}, {op_ucvtf_fixed_64_s, op_ucvtf_fixed_64_d}},
    };

    i->fn = fn[a64_bits(raw, 16, 1)][raw >> 31][a64_bits(raw, 22, 1)];
    i->imm = 64 - (int64_t)a64_bits(raw, 10, 6);
}
