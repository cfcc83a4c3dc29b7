/* SPDX-License-Identifier: Apache-2.0
 *
 * Advanced SIMD on integers whose result has elements half the size of its operands': extract
 * narrow, add and keep the high half, shift right and narrow (DDI 0487 C4.1: two-register
 * miscellaneous, three different, shift by immediate, and scalar forms). The "2" forms write the
 * upper half and keep the lower. */
#include "cpu/arm64/simd_sat.h"

/* Bits 30 (Q) and 28 (scalar) say where the half goes. */
static ALWAYS_INLINE void put_narrow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t half)
{
    if (i->raw >> 30 & 1 && !(i->raw >> 28 & 1))
        cpu->v[i->rd].d[1] = half;
    else
        simd_put_low(cpu, i->rd, half);
}

/* From wide elements x (sx signed) of Vn, y of Vm to elements of `bits` bits. */
#define NARROW(name, bits, wide, ...)                                                              \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const unsigned count = i->raw >> 28 & 1 ? 1 : 64 / bits;                                   \
        uint64_t half = 0;                                                                         \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const uint##wide##_t x = cpu->v[i->rn].SIMD_LANE(wide)[n],                             \
                                 y = cpu->v[i->rm].SIMD_LANE(wide)[n];                             \
            const int##wide##_t sx = (int##wide##_t)x;                                             \
            (void)x, (void)y, (void)sx;                                                            \
            half |= (uint64_t)(uint##bits##_t)(__VA_ARGS__) << (bits * n);                         \
        }                                                                                          \
        put_narrow(cpu, i, half);                                                                  \
    }
#define NARROW_BHS(name, expr8, expr16, expr32)                                                    \
    NARROW(name##_b, 8, 16, expr8)                                                                 \
    NARROW(name##_h, 16, 32, expr16)                                                               \
    NARROW(name##_s, 32, 64, expr32)

/* XTN: the even elements of the operand seen as narrow ones. */
#define XTN(bits, suffix)                                                                          \
    FP_VARIANT(xtn_v_##suffix)                                                                     \
    {                                                                                              \
        const simd_u##bits a = SIMD_REG(u##bits, i->rn);                                           \
        put_narrow(cpu, i, ((simd_u64)SIMD_EVEN_##bits(a, a))[0]);                                 \
    }
XTN(8, b)
XTN(16, h)
XTN(32, s)
SIMD_PRE_BHS(xtn_v)

#define SATURATING(name, fn, value)                                                                \
    NARROW_BHS(name, fn(cpu, value, 8), fn(cpu, value, 16), fn(cpu, value, 32))
SATURATING(sqxtn_v, simd_sat_s, sx)
SIMD_PRE_BHS(sqxtn_v)
SATURATING(sqxtun_v, simd_sat_u, sx)
SIMD_PRE_BHS(sqxtun_v)
SATURATING(uqxtn_v, simd_sat_u, x)
SIMD_PRE_BHS(uqxtn_v)

/* The high half of a sum or difference; RADDHN and RSUBHN round it. */
#define HIGH_HALF(name, op, round8, round16, round32)                                              \
    NARROW_BHS(name, (uint16_t)(x op y round8) >> 8, (uint32_t)(x op y round16) >> 16,             \
               (uint64_t)(x op y round32) >> 32)                                                   \
    SIMD_PRE_BHS(name)
HIGH_HALF(addhn_v, +, , , )
HIGH_HALF(subhn_v, -, , , )
HIGH_HALF(raddhn_v, +, +0x80, +0x8000u, +UINT64_C(0x80000000))
HIGH_HALF(rsubhn_v, -, +0x80, +0x8000u, +UINT64_C(0x80000000))

/* Shifts right by imm. The element size is the highest bit of immh. */
#define PRE_SHIFT_NARROW(name)                                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {op_##name##_b, op_##name##_h, op_##name##_s};                 \
        const unsigned size = simd_shift_size(raw);                                                \
        i->fn = fn[size];                                                                          \
        i->imm = (16 << size) - (int64_t)a64_bits(raw, 16, 7);                                     \
    }
#define SHIFTED(v, round) simd_shift_right(v, (unsigned)i->imm, round)

NARROW_BHS(shrn, SHIFTED(x, false), SHIFTED(x, false), SHIFTED(x, false))
PRE_SHIFT_NARROW(shrn)
NARROW_BHS(rshrn, SHIFTED(x, true), SHIFTED(x, true), SHIFTED(x, true))
PRE_SHIFT_NARROW(rshrn)
SATURATING(sqshrn, simd_sat_s, SHIFTED(sx, false))
PRE_SHIFT_NARROW(sqshrn)
SATURATING(sqrshrn, simd_sat_s, SHIFTED(sx, true))
PRE_SHIFT_NARROW(sqrshrn)
SATURATING(sqshrun, simd_sat_u, SHIFTED(sx, false))
PRE_SHIFT_NARROW(sqshrun)
SATURATING(sqrshrun, simd_sat_u, SHIFTED(sx, true))
PRE_SHIFT_NARROW(sqrshrun)
SATURATING(uqshrn, simd_sat_u, SHIFTED(x, false))
PRE_SHIFT_NARROW(uqshrn)
SATURATING(uqrshrn, simd_sat_u, SHIFTED(x, true))
PRE_SHIFT_NARROW(uqrshrn)
