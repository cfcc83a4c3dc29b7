/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD shifts of integers by an immediate, result of the same size or (SSHLL, USHLL)
 * wider; DDI 0487 C4.1: shift by immediate and its scalar form. imm is the shift. Narrowing ones:
 * op_simd_narrow.c. */
#include "cpu/arm64/simd_sat.h"

/* immh:immb is the element size plus a left shift, or twice the size minus a right shift. */
static void pre_shift(struct a64_insn *i, uint32_t raw, a64_op *const fn[4], bool right)
{
    const unsigned size = simd_shift_size(raw);
    const int64_t immh_immb = a64_bits(raw, 16, 7);

    i->fn = fn[size];
    i->aux = simd_width_of(raw, size);
    i->imm = right ? (16 << size) - immh_immb : immh_immb - (8 << size);
}

#define PRE_SHIFT(name, right)                                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {op_##name##_b, op_##name##_h, op_##name##_s, op_##name##_d};  \
        pre_shift(i, raw, fn, right);                                                              \
    }

/* Expressions see the elements a and d, and n, the shift. A right shift by the whole size is legal
 * in Arm, not in C: it goes in two steps. */
#define SHIFT(name, sg, bits, ...)                                                                 \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_##sg##bits a = SIMD_REG(sg##bits, i->rn);                                       \
        const simd_u##bits ua = (simd_u##bits)a, ud = SIMD_REG(u##bits, i->rd);                    \
        const int n = (int)i->imm;                                                                 \
        (void)ua, (void)ud;                                                                        \
        simd_put(cpu, i, (simd_u64)(__VA_ARGS__));                                                 \
    }
#define SHIFT_ALL(name, sg, right, ...)                                                            \
    SHIFT(name##_b, sg, 8, __VA_ARGS__)                                                            \
    SHIFT(name##_h, sg, 16, __VA_ARGS__)                                                           \
    SHIFT(name##_s, sg, 32, __VA_ARGS__)                                                           \
    SHIFT(name##_d, sg, 64, __VA_ARGS__)                                                           \
    PRE_SHIFT(name, right)

#define RIGHT       ((a >> (n - 1)) >> 1)
#define ROUND       ((a >> (n - 1)) & 1)
#define UNSIGNED(v) ((__typeof__(ua))(v))
#define ONES        (ua | ~ua)

SHIFT_ALL(sshr_v, s, true, RIGHT)
SHIFT_ALL(ushr_v, u, true, RIGHT)
SHIFT_ALL(ssra_v, s, true, ud + UNSIGNED(RIGHT))
SHIFT_ALL(usra_v, u, true, ud + UNSIGNED(RIGHT))
SHIFT_ALL(srshr_v, s, true, RIGHT + ROUND)
SHIFT_ALL(urshr_v, u, true, RIGHT + ROUND)
SHIFT_ALL(srsra_v, s, true, ud + UNSIGNED(RIGHT + ROUND))
SHIFT_ALL(ursra_v, u, true, ud + UNSIGNED(RIGHT + ROUND))
SHIFT_ALL(sri_v, u, true, RIGHT | (ud & ~((ONES >> (n - 1)) >> 1)))
SHIFT_ALL(shl_v, u, false, a << n)
SHIFT_ALL(sli_v, u, false, a << n | (ud & ~(ONES << n)))

#define SATURATING_ALL(name, value, flags)                                                         \
    SIMD_EACH(name##_b, 8, simd_shift(cpu, value, (int)i->imm, 8, flags))                          \
    SIMD_EACH(name##_h, 16, simd_shift(cpu, value, (int)i->imm, 16, flags))                        \
    SIMD_EACH(name##_s, 32, simd_shift(cpu, value, (int)i->imm, 32, flags))                        \
    SIMD_EACH(name##_d, 64, simd_shift(cpu, value, (int)i->imm, 64, flags))                        \
    PRE_SHIFT(name, false)

SATURATING_ALL(sqshl_i, sx, SHIFT_SATURATE | SHIFT_SIGNED)
SATURATING_ALL(uqshl_i, x, SHIFT_SATURATE)
SATURATING_ALL(sqshlu_i, sx, SHIFT_SATURATE)

/* SSHLL, USHLL (SXTL, UXTL): from the half of Vn that Q names */
#define LONG(name, type, bits, wide)                                                               \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const unsigned count = 64 / bits, first = (i->raw >> 30 & 1) * count;                      \
        union a64_vreg r = {.d = {0, 0}};                                                          \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const type x = (type)cpu->v[i->rn].SIMD_LANE(bits)[first + n];                         \
            r.SIMD_LANE(wide)[n] = (uint##wide##_t)((uint64_t)x << i->imm);                        \
        }                                                                                          \
        cpu->v[i->rd] = r;                                                                         \
    }
#define LONG_ALL(name, sign)                                                                       \
    LONG(name##_b, sign##8_t, 8, 16)                                                               \
    LONG(name##_h, sign##16_t, 16, 32)                                                             \
    LONG(name##_s, sign##32_t, 32, 64)                                                             \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {op_##name##_b, op_##name##_h, op_##name##_s, NULL};           \
        pre_shift(i, raw, fn, false);                                                              \
    }

LONG_ALL(sshll, int)
LONG_ALL(ushll, uint)
