/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD on integers with one operand (DDI 0487 C4.1: two-register miscellaneous, across
 * lanes, and scalar forms): reverse, count, compare with zero, absolute value, add pairs, reduce.
 * Saturating ones: op_simd_sat.c; narrowing ones: op_simd_narrow.c. */
#include "cpu/arm64/simd.h"

SIMD_SAME_BHSD(neg_v, u, -a)
SIMD_SAME_BHSD(abs_v, s, SIMD_SELECT(a < 0, -ua, ua))
SIMD_SAME_BHSD(cmgt0_v, s, a > 0)
SIMD_SAME_BHSD(cmge0_v, s, a >= 0)
SIMD_SAME_BHSD(cmeq0_v, s, a == 0)
SIMD_SAME_BHSD(cmle0_v, s, a <= 0)
SIMD_SAME_BHSD(cmlt0_v, s, a < 0)

/* Elements reversed inside bigger containers */
SIMD_SAME(rev64_v_b, u, 8,
          __builtin_shufflevector(a, a, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8))
SIMD_SAME(rev64_v_h, u, 16, __builtin_shufflevector(a, a, 3, 2, 1, 0, 7, 6, 5, 4))
SIMD_SAME(rev64_v_s, u, 32, __builtin_shufflevector(a, a, 1, 0, 3, 2))
SIMD_PRE_BHS(rev64_v)
SIMD_SAME(rev32_v_b, u, 8,
          __builtin_shufflevector(a, a, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12))
SIMD_SAME(rev32_v_h, u, 16, __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6))
SIMD_PRE(rev32_v, op_rev32_v_b, op_rev32_v_h, NULL, NULL)

/* Bytes only */
#define SIMD_BYTES(name, ...)                                                                      \
    SIMD_SAME(name, u, 8, __VA_ARGS__)                                                             \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = op_##name;                                                                         \
        i->aux = simd_width_of(raw, 0);                                                            \
    }

static ALWAYS_INLINE simd_u8 count_ones(simd_u8 a)
{
    a -= a >> 1 & 0x55;
    a = (a & 0x33) + (a >> 2 & 0x33);
    return (a + (a >> 4)) & 0x0f;
}

static ALWAYS_INLINE simd_u8 reverse_bits(simd_u8 a)
{
    a = (a >> 1 & 0x55) | (a & 0x55) << 1;
    a = (a >> 2 & 0x33) | (a & 0x33) << 2;
    return a >> 4 | a << 4;
}

SIMD_BYTES(rev16_v,
           __builtin_shufflevector(a, a, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14))
SIMD_BYTES(cnt_v, count_ones(a))
SIMD_BYTES(not_v, ~a)
SIMD_BYTES(rbit_v, reverse_bits(a))

/* Leading zeros of the `bits`-bit number x */
static ALWAYS_INLINE unsigned leading_zeros(uint32_t x, unsigned bits)
{
    return x ? (unsigned)__builtin_clz(x) - (32 - bits) : bits;
}

#define LEADING(bits, suffix)                                                                      \
    SIMD_EACH(clz_v_##suffix, bits, leading_zeros(x, bits))                                        \
    SIMD_EACH(cls_v_##suffix, bits, leading_zeros((uint##bits##_t)(sx < 0 ? ~x : x), bits) - 1)
LEADING(8, b)
LEADING(16, h)
LEADING(32, s)
SIMD_PRE_BHS(clz_v)
SIMD_PRE_BHS(cls_v)

/* Sums of neighbours, twice as wide; the elements of a pair are the halves of a wide element. */
#define ADD_PAIRS(name, sg, bits, wide, base)                                                      \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_u##wide a = SIMD_REG(u##wide, i->rn);                                           \
        const simd_##sg##wide even = (simd_##sg##wide)(a << bits) >> bits,                         \
                              odd = (simd_##sg##wide)a >> bits;                                    \
        simd_put(cpu, i, (simd_u64)((base) + (simd_u##wide)(even + odd)));                         \
    }
#define ADD_PAIRS_BHS(name, sg, accumulate)                                                        \
    ADD_PAIRS(name##_b, sg, 8, 16, accumulate *SIMD_REG(u16, i->rd))                               \
    ADD_PAIRS(name##_h, sg, 16, 32, accumulate *SIMD_REG(u32, i->rd))                              \
    ADD_PAIRS(name##_s, sg, 32, 64, accumulate *SIMD_REG(u64, i->rd))                              \
    SIMD_PRE_BHS(name)

ADD_PAIRS_BHS(saddlp_v, s, 0)
ADD_PAIRS_BHS(uaddlp_v, u, 0)
ADD_PAIRS_BHS(sadalp_v, s, 1)
ADD_PAIRS_BHS(uadalp_v, u, 1)

/* Reductions: `acc` and the next element x (sx signed) give the next acc, of `result` bits. */
#define ACROSS(name, bits, result, type, ...)                                                      \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const union a64_vreg *v = &cpu->v[i->rn];                                                  \
        const unsigned count = simd_bytes(i) * 8 / bits;                                           \
        type acc = (type)v->SIMD_LANE(bits)[0];                                                    \
        for (unsigned n = 1; n < count; n++) {                                                     \
            const type x = (type)v->SIMD_LANE(bits)[n];                                            \
            acc = (type)(__VA_ARGS__);                                                             \
        }                                                                                          \
        simd_put_low(cpu, i->rd, (uint##result##_t)acc);                                           \
    }
#define ACROSS_BHS(name, sign, ...)                                                                \
    ACROSS(name##_b, 8, 8, sign##8_t, __VA_ARGS__)                                                 \
    ACROSS(name##_h, 16, 16, sign##16_t, __VA_ARGS__)                                              \
    ACROSS(name##_s, 32, 32, sign##32_t, __VA_ARGS__)                                              \
    SIMD_PRE_BHS(name)

ACROSS_BHS(addv, uint, acc + x)
ACROSS_BHS(smaxv, int, x > acc ? x : acc)
ACROSS_BHS(umaxv, uint, x > acc ? x : acc)
ACROSS_BHS(sminv, int, x < acc ? x : acc)
ACROSS_BHS(uminv, uint, x < acc ? x : acc)

#define ACROSS_LONG(name, bits, result, sign)                                                      \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const unsigned count = simd_bytes(i) * 8 / bits;                                           \
        int64_t sum = 0;                                                                           \
        for (unsigned n = 0; n < count; n++)                                                       \
            sum += (sign##bits##_t)cpu->v[i->rn].SIMD_LANE(bits)[n];                               \
        simd_put_low(cpu, i->rd, (uint##result##_t)sum);                                           \
    }
#define ACROSS_LONG_BHS(name, sign)                                                                \
    ACROSS_LONG(name##_b, 8, 16, sign)                                                             \
    ACROSS_LONG(name##_h, 16, 32, sign)                                                            \
    ACROSS_LONG(name##_s, 32, 64, sign)                                                            \
    SIMD_PRE_BHS(name)

ACROSS_LONG_BHS(saddlv, int)
ACROSS_LONG_BHS(uaddlv, uint)
