/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD on integers of one size that saturates (setting FPSR.QC) or shifts by a register
 * (DDI 0487 C4.1: three same, two-register miscellaneous, by element, and their scalar forms;
 * FEAT_RDM). */
#include "cpu/arm64/simd_sat.h"

/* Sum and difference: an overflow shows in the signs. MAX ^ -1 is MIN. */
#define SIGNED_OVERFLOW(a, r, same) ((__typeof__(a))((same) & ((a) ^ (r))) < 0)
#define SATURATE_SIGNED(name, bits, r_expr, same)                                                  \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_s##bits a = SIMD_REG(s##bits, i->rn), b = SIMD_REG(s##bits, i->rm);             \
        const simd_u##bits ua = (simd_u##bits)a, ub = (simd_u##bits)b;                             \
        const simd_s##bits r = (simd_s##bits)(r_expr);                                             \
        const simd_s##bits over = (same & (a ^ r)) < 0;                                            \
        const simd_s##bits limit = (a >> (bits - 1)) ^ INT##bits##_MAX;                            \
        simd_qc(cpu, i, (simd_u64)over);                                                           \
        simd_put(cpu, i, (simd_u64)SIMD_SELECT(over, limit, r));                                   \
    }
#define SQADD(bits) SATURATE_SIGNED(sqadd_v_##bits, bits, ua + ub, ~(a ^ b))
#define SQSUB(bits) SATURATE_SIGNED(sqsub_v_##bits, bits, ua - ub, (a ^ b))
#define UQADD(bits)                                                                                \
    FP_VARIANT(uqadd_v_##bits)                                                                     \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), r = a + SIMD_REG(u##bits, i->rm);         \
        const simd_u##bits over = (simd_u##bits)(r < a);                                           \
        simd_qc(cpu, i, (simd_u64)over);                                                           \
        simd_put(cpu, i, (simd_u64)(r | over));                                                    \
    }
#define UQSUB(bits)                                                                                \
    FP_VARIANT(uqsub_v_##bits)                                                                     \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn), b = SIMD_REG(u##bits, i->rm);             \
        const simd_u##bits over = (simd_u##bits)(a < b);                                           \
        simd_qc(cpu, i, (simd_u64)over);                                                           \
        simd_put(cpu, i, (simd_u64)((a - b) & ~over));                                             \
    }
#define ALL_BITS(what, name)                                                                       \
    what(8) what(16) what(32) what(64)                                                             \
        SIMD_PRE(name, op_##name##_8, op_##name##_16, op_##name##_32, op_##name##_64)

ALL_BITS(SQADD, sqadd_v)
ALL_BITS(SQSUB, sqsub_v)
ALL_BITS(UQADD, uqadd_v)
ALL_BITS(UQSUB, uqsub_v)

/* The rest goes element by element, in 128 bits. */
#define EACH_BHSD(name, expr8, expr16, expr32, expr64)                                             \
    SIMD_EACH(name##_b, 8, expr8)                                                                  \
    SIMD_EACH(name##_h, 16, expr16)                                                                \
    SIMD_EACH(name##_s, 32, expr32)                                                                \
    SIMD_EACH(name##_d, 64, expr64)                                                                \
    SIMD_PRE_BHSD(name)
#define SHIFT(name, x, flags)                                                                      \
    EACH_BHSD(name, simd_shift(cpu, x, (int8_t)y, 8, flags),                                       \
              simd_shift(cpu, x, (int8_t)y, 16, flags), simd_shift(cpu, x, (int8_t)y, 32, flags),  \
              simd_shift(cpu, x, (int8_t)y, 64, flags))

SHIFT(sshl_v, sx, 0)
SHIFT(ushl_v, x, 0)
SHIFT(srshl_v, sx, SHIFT_ROUND)
SHIFT(urshl_v, x, SHIFT_ROUND)
SHIFT(sqshl_v, sx, SHIFT_SATURATE | SHIFT_SIGNED)
SHIFT(uqshl_v, x, SHIFT_SATURATE)
SHIFT(sqrshl_v, sx, SHIFT_SATURATE | SHIFT_SIGNED | SHIFT_ROUND)
SHIFT(uqrshl_v, x, SHIFT_SATURATE | SHIFT_ROUND)

#define EACH_SAME(name, fn, ...)                                                                   \
    EACH_BHSD(name, fn(cpu, __VA_ARGS__, 8), fn(cpu, __VA_ARGS__, 16), fn(cpu, __VA_ARGS__, 32),   \
              fn(cpu, __VA_ARGS__, 64))

EACH_SAME(suqadd_v, simd_sat_s, (__int128)sw + x)
EACH_SAME(usqadd_v, simd_sat_u, (__int128)w + sx)
EACH_SAME(sqabs_v, simd_sat_s, sx < 0 ? -(__int128)sx : sx)
EACH_SAME(sqneg_v, simd_sat_s, -(__int128)sx)

/* Doubling multiplications that keep the high half, by vector (y the same element) or by element
 * (imm) */
#define DOUBLING(name, ...)                                                                        \
    SIMD_EACH(name##_v_h, 16, simd_high(cpu, 16, sx, sy, sw, __VA_ARGS__))                         \
    SIMD_EACH(name##_v_s, 32, simd_high(cpu, 32, sx, sy, sw, __VA_ARGS__))                         \
    SIMD_PRE_HS(name##_v)                                                                          \
    SIMD_EACH_WITH(name##_e_h, 16, i->imm, simd_high(cpu, 16, sx, sy, sw, __VA_ARGS__))            \
    SIMD_EACH_WITH(name##_e_s, 32, i->imm, simd_high(cpu, 32, sx, sy, sw, __VA_ARGS__))            \
    SIMD_PRE_ELEMENT(name##_e)

DOUBLING(sqdmulh, false, 0)
DOUBLING(sqrdmulh, true, 0)
DOUBLING(sqrdmlah, true, 1)
DOUBLING(sqrdmlsh, true, -1)
