/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD on integers whose result has elements twice the size of an operand's (DDI 0487
 * C4.1: three different, by element, SHLL, and scalar forms of the saturating ones). The "2" forms,
 * Q set, read the upper halves of their narrow operands. */
#include "cpu/arm64/simd_sat.h"

#define SIMD_HALF_TYPE(name, element)                                                              \
    typedef element name __attribute__((vector_size(8), may_alias))
SIMD_HALF_TYPE(half_u8, uint8_t);
SIMD_HALF_TYPE(half_u16, uint16_t);
SIMD_HALF_TYPE(half_u32, uint32_t);
SIMD_HALF_TYPE(half_s8, int8_t);
SIMD_HALF_TYPE(half_s16, int16_t);
SIMD_HALF_TYPE(half_s32, int32_t);

static ALWAYS_INLINE unsigned upper(const struct a64_insn *i)
{
    return i->raw >> 30 & 1;
}

/* The half of register n that Q names, its elements extended. */
#define WIDENED(sg, bits, wide, n)                                                                 \
    __builtin_convertvector(*(const half_##sg##bits *)&cpu->v[n].d[upper(i)], simd_##sg##wide)

/* Elements a (Vn) and b (Vm) extended to `wide` bits, signed or unsigned; ua, ub, ud (Vd) unsigned.
 * SIMD_LONG_WITH takes operands from elsewhere. */
#define LONG_WITH(name, sg, wide, load_a, load_b, ...)                                             \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_##sg##wide a = (simd_##sg##wide)(load_a), b = (simd_##sg##wide)(load_b);        \
        const simd_u##wide ua = (simd_u##wide)a, ub = (simd_u##wide)b,                             \
                           ud = SIMD_REG(u##wide, i->rd);                                          \
        (void)a, (void)b, (void)ua, (void)ub, (void)ud;                                            \
        *(simd_u##wide *)&cpu->v[i->rd] = (simd_u##wide)(__VA_ARGS__);                             \
    }
#define LONG(name, sg, bits, wide, ...)                                                            \
    LONG_WITH(name, sg, wide, WIDENED(sg, bits, wide, i->rn), WIDENED(sg, bits, wide, i->rm),      \
              __VA_ARGS__)
#define LONG_BHS(name, sg, ...)                                                                    \
    LONG(name##_b, sg, 8, 16, __VA_ARGS__)                                                         \
    LONG(name##_h, sg, 16, 32, __VA_ARGS__)                                                        \
    LONG(name##_s, sg, 32, 64, __VA_ARGS__)                                                        \
    SIMD_PRE_BHS(name)

LONG_BHS(saddl_v, s, a + b)
LONG_BHS(uaddl_v, u, a + b)
LONG_BHS(ssubl_v, s, a - b)
LONG_BHS(usubl_v, u, a - b)
LONG_BHS(sabdl_v, s, SIMD_SELECT(a > b, a - b, b - a))
LONG_BHS(uabdl_v, u, SIMD_SELECT(a > b, a - b, b - a))
LONG_BHS(sabal_v, s, ud + SIMD_SELECT(a > b, ua - ub, ub - ua))
LONG_BHS(uabal_v, u, ud + SIMD_SELECT(a > b, ua - ub, ub - ua))
LONG_BHS(smull_v, s, ua *ub)
LONG_BHS(umull_v, u, ua *ub)
LONG_BHS(smlal_v, s, ud + ua * ub)
LONG_BHS(umlal_v, u, ud + ua * ub)
LONG_BHS(smlsl_v, s, ud - ua * ub)
LONG_BHS(umlsl_v, u, ud - ua * ub)

/* The first operand already wide */
#define WIDE(name, sg, bits, wide, ...)                                                            \
    LONG_WITH(name, sg, wide, SIMD_REG(sg##wide, i->rn), WIDENED(sg, bits, wide, i->rm),           \
              __VA_ARGS__)
#define WIDE_BHS(name, sg, ...)                                                                    \
    WIDE(name##_b, sg, 8, 16, __VA_ARGS__)                                                         \
    WIDE(name##_h, sg, 16, 32, __VA_ARGS__)                                                        \
    WIDE(name##_s, sg, 32, 64, __VA_ARGS__)                                                        \
    SIMD_PRE_BHS(name)

WIDE_BHS(saddw_v, s, ua + ub)
WIDE_BHS(uaddw_v, u, ua + ub)
WIDE_BHS(ssubw_v, s, ua - ub)
WIDE_BHS(usubw_v, u, ua - ub)

/* SHLL: by the element size */
LONG(shll_v_b, u, 8, 16, a << 8)
LONG(shll_v_h, u, 16, 32, a << 16)
LONG(shll_v_s, u, 32, 64, a << 32)
SIMD_PRE_BHS(shll_v)

/* By element imm of Vm */
#define ELEMENT(sg, bits, lane) ((simd_##sg){0} + (bits)cpu->v[i->rm].lane[i->imm])
#define LONG_ELEMENT(name, sg, int_type, ...)                                                      \
    LONG_WITH(name##_h, sg, 32, WIDENED(sg, 16, 32, i->rn), ELEMENT(sg##32, int_type##16_t, h),    \
              __VA_ARGS__)                                                                         \
    LONG_WITH(name##_s, sg, 64, WIDENED(sg, 32, 64, i->rn), ELEMENT(sg##64, int_type##32_t, s),    \
              __VA_ARGS__)                                                                         \
    SIMD_PRE_ELEMENT(name)

LONG_ELEMENT(smull_e, s, int, ua *ub)
LONG_ELEMENT(umull_e, u, uint, ua *ub)
LONG_ELEMENT(smlal_e, s, int, ud + ua * ub)
LONG_ELEMENT(umlal_e, u, uint, ud + ua * ub)
LONG_ELEMENT(smlsl_e, s, int, ud - ua * ub)
LONG_ELEMENT(umlsl_e, u, uint, ud - ua * ub)

/* Doubling and saturating: the product saturates, then the sum does. m: which element of Vm. */
#define DOUBLING(name, bits, wide, m, ...)                                                         \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const bool scalar = i->raw >> 28 & 1;                                                      \
        const unsigned count = scalar ? 1 : 64 / bits, first = scalar ? 0 : upper(i) * count;      \
        union a64_vreg r = {.d = {0, 0}};                                                          \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const int64_t x = (int##bits##_t)cpu->v[i->rn].SIMD_LANE(bits)[first + n],             \
                          y = (int##bits##_t)cpu->v[i->rm].SIMD_LANE(bits)[m],                     \
                          w = (int##wide##_t)cpu->v[i->rd].SIMD_LANE(wide)[n];                     \
            const int64_t product = (int##wide##_t)simd_sat_s(cpu, (__int128)(x * y) * 2, wide);   \
            (void)w;                                                                               \
            r.SIMD_LANE(wide)[n] = (uint##wide##_t)simd_sat_s(cpu, __VA_ARGS__, wide);             \
        }                                                                                          \
        cpu->v[i->rd] = r;                                                                         \
    }
#define DOUBLING_ALL(name, ...)                                                                    \
    DOUBLING(name##_v_h, 16, 32, first + n, __VA_ARGS__)                                           \
    DOUBLING(name##_v_s, 32, 64, first + n, __VA_ARGS__)                                           \
    SIMD_PRE_HS(name##_v)                                                                          \
    DOUBLING(name##_e_h, 16, 32, i->imm, __VA_ARGS__)                                              \
    DOUBLING(name##_e_s, 32, 64, i->imm, __VA_ARGS__)                                              \
    SIMD_PRE_ELEMENT(name##_e)

DOUBLING_ALL(sqdmull, product)
DOUBLING_ALL(sqdmlal, (__int128)w + product)
DOUBLING_ALL(sqdmlsl, (__int128)w - product)

static ALWAYS_INLINE simd_u16 polynomial_product(simd_u16 a, simd_u16 b)
{
    simd_u16 r = {0};

    for (unsigned n = 0; n < 8; n++)
        r ^= (a << n) & (0 - (b >> n & 1));
    return r;
}

LONG(pmull_v, u, 8, 16, polynomial_product(a, b))
void a64_pre_pmull_v(struct a64_insn *i, uint32_t raw)
{
    i->fn = op_pmull_v;
}
