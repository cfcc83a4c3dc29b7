/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing handlers of floating-point and Advanced SIMD instructions. Each begins with the check of CPACR_EL1.FPEN.
 *
 * Integer vector handlers compute all 16 bytes and keep those of the result's width, which the predecoder leaves in
 * i->aux (enum simd_width): so one handler serves the 128-bit, the 64-bit and the scalar form, and one expression over
 * vectors of the compiler serves every host. A row's predecoder picks the handler for its element size:
 *
 *     SIMD_SAME_BHSD(add, u, a + b)      defines op_add_b … op_add_d and a64_pre_add */
#ifndef BERTH_CPU_ARM64_SIMD_H
#define BERTH_CPU_ARM64_SIMD_H

#include "cpu/arm64/exception.h"
#include "cpu/arm64/op.h"

#define SIMD_TYPE(name, element) typedef element name __attribute__((vector_size(16), may_alias))
SIMD_TYPE(simd_u8, uint8_t);
SIMD_TYPE(simd_u16, uint16_t);
SIMD_TYPE(simd_u32, uint32_t);
SIMD_TYPE(simd_u64, uint64_t);
SIMD_TYPE(simd_s8, int8_t);
SIMD_TYPE(simd_s16, int16_t);
SIMD_TYPE(simd_s32, int32_t);
SIMD_TYPE(simd_s64, int64_t);
SIMD_TYPE(simd_f32, float);
SIMD_TYPE(simd_f64, double);

/* Handlers, as A64_OP and its kin. */
#define FP_HANDLER(linkage, kind, name)                                                            \
    static kind void name##_body(struct a64_cpu *cpu, const struct a64_insn *i);                   \
    linkage const struct a64_insn *name(struct a64_cpu *cpu, const struct a64_insn *i)             \
    {                                                                                              \
        a64_check_fp(cpu, i);                                                                      \
        name##_body(cpu, i);                                                                       \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    static kind void name##_body(struct a64_cpu *cpu, const struct a64_insn *i)

#define FP_OP(name)           FP_HANDLER(, ALWAYS_INLINE, a64_op_##name)
#define FP_OP_COLD(name)      FP_HANDLER(, NOINLINE, a64_op_##name)
#define FP_VARIANT(name)      FP_HANDLER(static, ALWAYS_INLINE, op_##name)
#define FP_VARIANT_COLD(name) FP_HANDLER(static, NOINLINE, op_##name)

/* Bytes of the result that count; the others become zero. */
enum simd_width { SIMD_64, SIMD_128, SIMD_8, SIMD_16, SIMD_32 };

static inline unsigned simd_bytes(const struct a64_insn *i)
{
    static const uint8_t bytes[] = {8, 16, 1, 2, 4};

    return bytes[i->aux];
}

/* From Q of a vector form, or the element size of a scalar form. */
static inline uint16_t simd_width_of(uint32_t raw, unsigned size)
{
    if (raw >> 28 & 1)
        return size == 3 ? SIMD_64 : (uint16_t)(SIMD_8 + size);
    return raw >> 30 & 1 ? SIMD_128 : SIMD_64;
}

static const uint64_t simd_masks[][2] __attribute__((aligned(16), unused)) = {
    [SIMD_64] = {UINT64_MAX, 0}, [SIMD_128] = {UINT64_MAX, UINT64_MAX}, [SIMD_8] = {UINT8_MAX, 0},
    [SIMD_16] = {UINT16_MAX, 0}, [SIMD_32] = {UINT32_MAX, 0},
};

static ALWAYS_INLINE simd_u64 simd_mask(const struct a64_insn *i)
{
    return *(const simd_u64 *)simd_masks[i->aux];
}

/* Vector register n as a vector of `type`: u8 … s64, f32, f64. */
#define SIMD_REG(type, n) (*(const simd_##type *)&cpu->v[n])

static ALWAYS_INLINE void simd_put(struct a64_cpu *cpu, const struct a64_insn *i, simd_u64 value)
{
    *(simd_u64 *)&cpu->v[i->rd] = value & simd_mask(i);
}

/* A scalar result clears the rest of its register. */
static ALWAYS_INLINE void simd_put_low(struct a64_cpu *cpu, unsigned n, uint64_t value)
{
    *(simd_u64 *)&cpu->v[n] = (simd_u64){value, 0};
}

/* Sets QC if an element of `saturated` that counts is not zero. */
static ALWAYS_INLINE void simd_qc(struct a64_cpu *cpu, const struct a64_insn *i, simd_u64 saturated)
{
    saturated &= simd_mask(i);
    if (UNLIKELY(saturated[0] | saturated[1]))
        cpu->fpsr |= FPSR_QC;
}

/* Elements of a where `cond` (a comparison's result) holds, else of b. */
#define SIMD_SELECT(cond, a, b)                                                                    \
    ((__typeof__(a))(((simd_u64)(cond) & (simd_u64)(a)) | (~(simd_u64)(cond) & (simd_u64)(b))))

/* Handler `name` over registers of `type`: the expression sees a (Vn), b (Vm) and d (Vd). */
#define SIMD_SAME(name, type, ...)                                                                 \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_##type a = SIMD_REG(type, i->rn), b = SIMD_REG(type, i->rm),                    \
                          d = SIMD_REG(type, i->rd);                                               \
        (void)a, (void)b, (void)d;                                                                 \
        simd_put(cpu, i, (simd_u64)(__VA_ARGS__));                                                 \
    }

/* Predecoders: the handler by size, bits 23:22. */
#define SIMD_PRE(name, fn_b, fn_h, fn_s, fn_d)                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {fn_b, fn_h, fn_s, fn_d};                                      \
        i->fn = fn[a64_bits(raw, 22, 2)];                                                          \
        i->aux = simd_width_of(raw, a64_bits(raw, 22, 2));                                         \
    }
#define SIMD_PRE_BHSD(name) SIMD_PRE(name, op_##name##_b, op_##name##_h, op_##name##_s, op_##name##_d)
#define SIMD_PRE_BHS(name)  SIMD_PRE(name, op_##name##_b, op_##name##_h, op_##name##_s, NULL)
#define SIMD_PRE_HS(name)   SIMD_PRE(name, NULL, op_##name##_h, op_##name##_s, NULL)

/* sg: u or s */
#define SIMD_SAME_BHSD(name, sg, ...)                                                              \
    SIMD_SAME(name##_b, sg##8, __VA_ARGS__)                                                        \
    SIMD_SAME(name##_h, sg##16, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_s, sg##32, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_d, sg##64, __VA_ARGS__)                                                       \
    SIMD_PRE_BHSD(name)
#define SIMD_SAME_BHS(name, sg, ...)                                                               \
    SIMD_SAME(name##_b, sg##8, __VA_ARGS__)                                                        \
    SIMD_SAME(name##_h, sg##16, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_s, sg##32, __VA_ARGS__)                                                       \
    SIMD_PRE_BHS(name)

#endif
