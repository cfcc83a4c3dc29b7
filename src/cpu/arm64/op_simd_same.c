/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD on integers, operands and result of the same element size (DDI 0487 C4.1: three
 * same, and the scalar forms with it): add, compare, halve, difference, minimum and maximum,
 * multiply, bitwise, pairwise. What saturates or shifts by a register is in op_simd_sat.c. */
#include "cpu/arm64/simd.h"

SIMD_SAME_BHSD(add_v, u, a + b)
SIMD_SAME_BHSD(sub_v, u, a - b)
SIMD_SAME_BHSD(cmgt_v, s, a > b)
SIMD_SAME_BHSD(cmge_v, s, a >= b)
SIMD_SAME_BHSD(cmhi_v, u, a > b)
SIMD_SAME_BHSD(cmhs_v, u, a >= b)
SIMD_SAME_BHSD(cmeq_v, u, a == b)
SIMD_SAME_BHSD(cmtst_v, u, (a & b) != 0)

/* Halving without the carry's extra bit */
SIMD_SAME_BHS(shadd_v, s, (a & b) + ((a ^ b) >> 1))
SIMD_SAME_BHS(uhadd_v, u, (a & b) + ((a ^ b) >> 1))
SIMD_SAME_BHS(srhadd_v, s, (a | b) - ((a ^ b) >> 1))
SIMD_SAME_BHS(urhadd_v, u, (a | b) - ((a ^ b) >> 1))
SIMD_SAME_BHS(shsub_v, s, (a >> 1) - (b >> 1) - (~a & b & 1))
SIMD_SAME_BHS(uhsub_v, u, (a >> 1) - (b >> 1) - (~a & b & 1))

SIMD_SAME_BHS(smax_v, s, SIMD_SELECT(a > b, a, b))
SIMD_SAME_BHS(umax_v, u, SIMD_SELECT(a > b, a, b))
SIMD_SAME_BHS(smin_v, s, SIMD_SELECT(a < b, a, b))
SIMD_SAME_BHS(umin_v, u, SIMD_SELECT(a < b, a, b))
SIMD_SAME_BHS(sabd_v, s, SIMD_SELECT(a > b, ua - ub, ub - ua))
SIMD_SAME_BHS(uabd_v, u, SIMD_SELECT(a > b, ua - ub, ub - ua))
SIMD_SAME_BHS(saba_v, s, ud + SIMD_SELECT(a > b, ua - ub, ub - ua))
SIMD_SAME_BHS(uaba_v, u, ud + SIMD_SELECT(a > b, ua - ub, ub - ua))

/* Multiplication, by a vector or by one of its elements */
SIMD_SAME_BHS(mul_v, u, a *b)
SIMD_SAME_BHS(mla_v, u, d + a * b)
SIMD_SAME_BHS(mls_v, u, d - a * b)

#define SIMD_ELEMENT(lane, bits) ((simd_u##bits){0} + cpu->v[i->rm].lane[i->imm])
#define SIMD_ELEMENT_HS(name, ...)                                                                 \
    SIMD_WITH(name##_h, u, 16, SIMD_ELEMENT(h, 16), __VA_ARGS__)                                   \
    SIMD_WITH(name##_s, u, 32, SIMD_ELEMENT(s, 32), __VA_ARGS__)                                   \
    SIMD_PRE_ELEMENT(name)

SIMD_ELEMENT_HS(mul_e, a *b)
SIMD_ELEMENT_HS(mla_e, d + a * b)
SIMD_ELEMENT_HS(mls_e, d - a * b)

static ALWAYS_INLINE simd_u8 polynomial_product(simd_u8 a, simd_u8 b)
{
    simd_u8 r = {0};

    for (unsigned n = 0; n < 8; n++)
        r ^= (a << n) & (0 - (b >> n & 1));
    return r;
}

SIMD_SAME(pmul_v, u, 8, polynomial_product(a, b))
void a64_pre_pmul_v(struct a64_insn *i, uint32_t raw)
{
    i->fn = op_pmul_v;
    i->aux = simd_width_of(raw, 0);
}

/* Bitwise: no element size. */
#define SIMD_BITWISE(name, ...)                                                                    \
    SIMD_SAME(name, u, 64, __VA_ARGS__)                                                            \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = op_##name;                                                                         \
        i->aux = simd_width_of(raw, 0);                                                            \
    }

SIMD_BITWISE(and_v, a &b)
SIMD_BITWISE(bic_v, a & ~b)
SIMD_BITWISE(orr_v, a | b)
SIMD_BITWISE(orn_v, a | ~b)
SIMD_BITWISE(eor_v, a ^ b)
SIMD_BITWISE(bsl_v, (d & a) | (~d & b))
SIMD_BITWISE(bit_v, (b & a) | (~b & d))
SIMD_BITWISE(bif_v, (~b & a) | (b & d))

/* Pairwise: the expression sees even and odd elements as a and b. */
#define SIMD_PAIRWISE(name, sg, bits, ...)                                                         \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_##sg##bits lo = (simd_##sg##bits)simd_pair_lo(cpu, i),                          \
                              hi = SIMD_REG(sg##bits, i->rm);                                      \
        const simd_##sg##bits a = SIMD_EVEN_##bits(lo, hi), b = SIMD_ODD_##bits(lo, hi);           \
        simd_put(cpu, i, (simd_u64)(__VA_ARGS__));                                                 \
    }
#define SIMD_PAIRWISE_ALL(name, sg, ...)                                                           \
    SIMD_PAIRWISE(name##_b, sg, 8, __VA_ARGS__)                                                    \
    SIMD_PAIRWISE(name##_h, sg, 16, __VA_ARGS__)                                                   \
    SIMD_PAIRWISE(name##_s, sg, 32, __VA_ARGS__)

SIMD_PAIRWISE_ALL(addp_v, u, a + b)
SIMD_PAIRWISE(addp_v_d, u, 64, a + b)
SIMD_PRE_BHSD(addp_v)
SIMD_PAIRWISE_ALL(smaxp_v, s, SIMD_SELECT(a > b, a, b))
SIMD_PRE_BHS(smaxp_v)
SIMD_PAIRWISE_ALL(umaxp_v, u, SIMD_SELECT(a > b, a, b))
SIMD_PRE_BHS(umaxp_v)
SIMD_PAIRWISE_ALL(sminp_v, s, SIMD_SELECT(a < b, a, b))
SIMD_PRE_BHS(sminp_v)
SIMD_PAIRWISE_ALL(uminp_v, u, SIMD_SELECT(a < b, a, b))
SIMD_PRE_BHS(uminp_v)

FP_OP(addp_sc)
{
    simd_put_low(cpu, i->rd, cpu->v[i->rn].d[0] + cpu->v[i->rn].d[1]);
}
