/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing handlers of floating-point vectors: by element, with the functions of fp_fast.h, and
 * whole vectors at once on the host's FPU under the same conditions. z: bit 22, single or double;
 * scalar forms are vectors of one element. */
#ifndef BERTH_CPU_ARM64_SIMD_FP_H
#define BERTH_CPU_ARM64_SIMD_FP_H

#include "cpu/arm64/fp_fast.h"
#include "cpu/arm64/simd.h"

static inline void simd_fp_width(struct a64_insn *i, uint32_t raw)
{
    i->aux = simd_width_of(raw, 2 + a64_bits(raw, 22, 1));
}

#define SIMD_PRE_FP(name)                                                                          \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = a64_bits(raw, 22, 1) ? op_##name##_d : op_##name##_s;                              \
        i->imm = 0;                                                                                \
        simd_fp_width(i, raw);                                                                     \
    }
#define SIMD_PRE_FP_ELEMENT(name)                                                                  \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        i->fn = a64_bits(raw, 22, 1) ? op_##name##_d : op_##name##_s;                              \
        simd_fp_width(i, raw);                                                                     \
        simd_element(i, raw);                                                                      \
    }

/* Element by element, as a function each_NAME or as the handler: the expression sees x (Vn), y
 * (element m of Vm), w (Vd), env, and n, which element it is; z is the format and `sign` its sign
 * bit. */
#define FP_EACH_FUNCTION(name, bits, fmt, m, ...)                                                  \
    static NOINLINE void each_##name(struct a64_cpu *cpu, const struct a64_insn *i)                \
    {                                                                                              \
        const unsigned count = simd_bytes(i) * 8 / bits;                                           \
        const uint##bits##_t sign = (uint##bits##_t)1 << (bits - 1);                               \
        const enum fp_size z = fmt;                                                                \
        struct fp_env *env = &cpu->fp;                                                             \
        union a64_vreg r = {.d = {0, 0}};                                                          \
        (void)sign, (void)z, (void)env;                                                            \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const uint##bits##_t x = cpu->v[i->rn].SIMD_LANE(bits)[n],                             \
                                 y = cpu->v[i->rm].SIMD_LANE(bits)[m],                             \
                                 w = cpu->v[i->rd].SIMD_LANE(bits)[n];                             \
            (void)x, (void)y, (void)w;                                                             \
            r.SIMD_LANE(bits)[n] = (uint##bits##_t)(__VA_ARGS__);                                  \
        }                                                                                          \
        cpu->v[i->rd] = r;                                                                         \
    }
#define FP_EACH_WITH(name, bits, fmt, m, ...)                                                      \
    FP_EACH_FUNCTION(name, bits, fmt, m, __VA_ARGS__)                                              \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        each_##name(cpu, i);                                                                       \
    }
#define FP_EACH(name, expr32, expr64)                                                              \
    FP_EACH_WITH(name##_s, 32, FP_S, n, expr32)                                                    \
    FP_EACH_WITH(name##_d, 64, FP_D, n, expr64)                                                    \
    SIMD_PRE_FP(name)
#define FP_EACH_SAME(name, expr) FP_EACH(name, expr, expr)
#define FP_EACH_ELEMENT(name, expr32, expr64)                                                      \
    FP_EACH_WITH(name##_s, 32, FP_S, i->imm, expr32)                                               \
    FP_EACH_WITH(name##_d, 64, FP_D, i->imm, expr64)                                               \
    SIMD_PRE_FP_ELEMENT(name)

static ALWAYS_INLINE bool simd_all(simd_u64 condition)
{
    return (condition[0] & condition[1]) == UINT64_MAX;
}

/* All elements finite; finite and no underflow, or a zero that a zero operand explains (fp_fast.h).
 */
#define SIMD_DEFINE_CHECKS(bits, max, min_plain)                                                   \
    static ALWAYS_INLINE simd_f##bits simd_fabs##bits(simd_f##bits v)                              \
    {                                                                                              \
        return (simd_f##bits)((simd_u##bits)v << 1 >> 1);                                          \
    }                                                                                              \
    static ALWAYS_INLINE bool simd_finite##bits(simd_f##bits r)                                    \
    {                                                                                              \
        return simd_all((simd_u64)(simd_fabs##bits(r) <= max));                                    \
    }                                                                                              \
    static ALWAYS_INLINE bool simd_plain##bits(simd_f##bits r, simd_f##bits a, simd_f##bits b)     \
    {                                                                                              \
        const simd_f##bits v = simd_fabs##bits(r);                                                 \
        return simd_all((simd_u64)((v >= min_plain) & (v <= max)) |                                \
                        (simd_u64)((v == 0) & ((a == 0) | (b == 0))));                             \
    }                                                                                              \
    /* The same for d + a * b: a zero product leaves d. */                                         \
    static ALWAYS_INLINE bool simd_fused##bits(simd_f##bits r, simd_f##bits a, simd_f##bits b)     \
    {                                                                                              \
        const simd_f##bits v = simd_fabs##bits(r);                                                 \
        return simd_all((simd_u64)(v <= max) &                                                     \
                        ((simd_u64)(v >= min_plain) | (simd_u64)(a == 0) | (simd_u64)(b == 0)));   \
    }
SIMD_DEFINE_CHECKS(32, 0x1.fffffep127f, 0x1p-125f)
SIMD_DEFINE_CHECKS(64, 0x1.fffffffffffffp1023, 0x1p-1021)

/* Handler `name` whose whole vectors the host computes: `result` over a (Vn) and b (load_b), good
 * if `check` over r, a, b says so; elements that do not count are zeros. Otherwise each_NAME does
 * it, defined before. */
#define FP_WHOLE(name, bits, load_b, result, check)                                                \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        if (LIKELY(fp_host_rounds(&cpu->fp))) {                                                    \
            const simd_f##bits a = (simd_f##bits)(SIMD_REG(u64, i->rn) & simd_mask(i)),            \
                               b = (simd_f##bits)((simd_u64)(load_b)&simd_mask(i));                \
            const simd_f##bits r = (simd_f##bits)((simd_u64)(result)&simd_mask(i));                \
            if (LIKELY(check)) {                                                                   \
                *(simd_f##bits *)&cpu->v[i->rd] = r;                                               \
                return;                                                                            \
            }                                                                                      \
        }                                                                                          \
        each_##name(cpu, i);                                                                       \
    }

#endif
