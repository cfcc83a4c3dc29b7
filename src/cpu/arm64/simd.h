/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing handlers of floating-point and Advanced SIMD instructions. Each begins with the check of
 * CPACR_EL1.FPEN.
 *
 * Integer vector handlers compute all 16 bytes and keep those of the result's width, which the
 * predecoder leaves in i->aux (enum simd_width): so one handler serves the 128-bit, the 64-bit and
 * the scalar form, and one expression over vectors of the compiler serves every host. A row's
 * predecoder picks the handler for its element size:
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

/* Handler `name` over elements of `bits` bits, signed or unsigned (sg: s or u). The expression sees
 * a (Vn), b (Vm) and d (Vd), and as ua, ub, ud the same unsigned, where arithmetic may wrap.
 * SIMD_WITH takes b from elsewhere. */
#define SIMD_WITH(name, sg, bits, load_b, ...)                                                     \
    FP_VARIANT(name)                                                                               \
    {                                                                                              \
        const simd_##sg##bits a = SIMD_REG(sg##bits, i->rn), b = (simd_##sg##bits)(load_b),        \
                              d = SIMD_REG(sg##bits, i->rd);                                       \
        const simd_u##bits ua = (simd_u##bits)a, ub = (simd_u##bits)b, ud = (simd_u##bits)d;       \
        (void)a, (void)b, (void)d, (void)ua, (void)ub, (void)ud;                                   \
        simd_put(cpu, i, (simd_u64)(__VA_ARGS__));                                                 \
    }
#define SIMD_SAME(name, sg, bits, ...)                                                             \
    SIMD_WITH(name, sg, bits, SIMD_REG(sg##bits, i->rm), __VA_ARGS__)

/* Handler `name`, element by element: for what has no good vector expression. Sees x (Vn), y (Vm)
 * and w (Vd) of `bits` bits unsigned, sx, sy, sw the same signed, and gives the new element. `m`:
 * which element is y; n is the one at work. */
#define SIMD_LANE_8     b
#define SIMD_LANE_16    h
#define SIMD_LANE_32    s
#define SIMD_LANE_64    d
#define SIMD_LANE(bits) SIMD_LANE_##bits
#define SIMD_EACH_WITH(name, bits, m, ...)                                                         \
    FP_VARIANT_COLD(name)                                                                          \
    {                                                                                              \
        const unsigned count = simd_bytes(i) * 8 / bits;                                           \
        union a64_vreg r = {.d = {0, 0}};                                                          \
        for (unsigned n = 0; n < count; n++) {                                                     \
            const uint##bits##_t x = cpu->v[i->rn].SIMD_LANE(bits)[n],                             \
                                 y = cpu->v[i->rm].SIMD_LANE(bits)[m],                             \
                                 w = cpu->v[i->rd].SIMD_LANE(bits)[n];                             \
            const int##bits##_t sx = (int##bits##_t)x, sy = (int##bits##_t)y,                      \
                                sw = (int##bits##_t)w;                                             \
            (void)x, (void)y, (void)w, (void)sx, (void)sy, (void)sw;                               \
            r.SIMD_LANE(bits)[n] = (uint##bits##_t)(__VA_ARGS__);                                  \
        }                                                                                          \
        cpu->v[i->rd] = r;                                                                         \
    }
#define SIMD_EACH(name, bits, ...) SIMD_EACH_WITH(name, bits, n, __VA_ARGS__)

/* Predecoders: the handler by size, bits 23:22. */
#define SIMD_PRE(name, fn_b, fn_h, fn_s, fn_d)                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        static a64_op *const fn[] = {fn_b, fn_h, fn_s, fn_d};                                      \
        i->fn = fn[a64_bits(raw, 22, 2)];                                                          \
        i->aux = simd_width_of(raw, a64_bits(raw, 22, 2));                                         \
    }
#define SIMD_PRE_BHSD(name)                                                                        \
    SIMD_PRE(name, op_##name##_b, op_##name##_h, op_##name##_s, op_##name##_d)
#define SIMD_PRE_BHS(name) SIMD_PRE(name, op_##name##_b, op_##name##_h, op_##name##_s, NULL)
#define SIMD_PRE_HS(name)  SIMD_PRE(name, NULL, op_##name##_h, op_##name##_s, NULL)

/* "By element": the handler as by size; imm is the element of Vm that is used, whose register
 * number shares bits with it. */
static inline void simd_element(struct a64_insn *i, uint32_t raw)
{
    const uint32_t h = a64_bits(raw, 11, 1), l = a64_bits(raw, 21, 1), m = a64_bits(raw, 20, 1);

    switch (a64_bits(raw, 22, 2)) {
    case 1:
        i->imm = h << 2 | l << 1 | m;
        i->rm &= 15;
        break;
    case 2:
        i->imm = h << 1 | l;
        break;
    default:
        i->imm = h;
        break;
    }
}
#define SIMD_PRE_ELEMENT(name)                                                                     \
    void a64_pre_##name(struct a64_insn *i, uint32_t raw)                                          \
    {                                                                                              \
        const uint32_t size = a64_bits(raw, 22, 2);                                                \
        i->fn = size == 1 ? op_##name##_h : op_##name##_s;                                         \
        i->aux = simd_width_of(raw, size);                                                         \
        simd_element(i, raw);                                                                      \
    }

/* Shift by immediate: log2 of the element size in bytes, from the highest bit of immh. */
static inline unsigned simd_shift_size(uint32_t raw)
{
    return 31 - (unsigned)__builtin_clz(a64_bits(raw, 19, 4));
}

/* Several sizes at once */
#define SIMD_SAME_BHS(name, sg, ...)                                                               \
    SIMD_SAME(name##_b, sg, 8, __VA_ARGS__)                                                        \
    SIMD_SAME(name##_h, sg, 16, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_s, sg, 32, __VA_ARGS__)                                                       \
    SIMD_PRE_BHS(name)
#define SIMD_SAME_BHSD(name, sg, ...)                                                              \
    SIMD_SAME(name##_b, sg, 8, __VA_ARGS__)                                                        \
    SIMD_SAME(name##_h, sg, 16, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_s, sg, 32, __VA_ARGS__)                                                       \
    SIMD_SAME(name##_d, sg, 64, __VA_ARGS__)                                                       \
    SIMD_PRE_BHSD(name)

/* Even and odd elements of the pair a:b (a low), and interleavings of their low and high halves. */
#define SIMD_EVEN_8(a, b)                                                                          \
    __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30)
#define SIMD_ODD_8(a, b)                                                                           \
    __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31)
#define SIMD_EVEN_16(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6, 8, 10, 12, 14)
#define SIMD_ODD_16(a, b)  __builtin_shufflevector(a, b, 1, 3, 5, 7, 9, 11, 13, 15)
#define SIMD_EVEN_32(a, b) __builtin_shufflevector(a, b, 0, 2, 4, 6)
#define SIMD_ODD_32(a, b)  __builtin_shufflevector(a, b, 1, 3, 5, 7)
#define SIMD_EVEN_64(a, b) __builtin_shufflevector(a, b, 0, 2)
#define SIMD_ODD_64(a, b)  __builtin_shufflevector(a, b, 1, 3)

/* Operands of a pairwise operation, so that its elements are the even and odd ones of lo:hi: two
 * whole registers, or two low halves side by side. */
static ALWAYS_INLINE simd_u64 simd_pair_lo(const struct a64_cpu *cpu, const struct a64_insn *i)
{
    const simd_u64 a = SIMD_REG(u64, i->rn), b = SIMD_REG(u64, i->rm);

    return i->aux == SIMD_64 ? (simd_u64){a[0], b[0]} : a;
}

#endif
