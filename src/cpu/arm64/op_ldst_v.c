/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of one or two vector registers, 8 to 128 bits (Arm ARM C4.1.94). Handlers come
 * twice, as in op_ldst.c: the fast one has its data in one page that the TLB knows, aligned or not;
 * the slow twin does the rest. */
#include <string.h>

#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"

#define HANDLER(kind, name)                                                                        \
    static kind const struct a64_insn *name(struct a64_cpu *cpu, const struct a64_insn *i)

typedef unsigned __int128 uint128_t;

/* Every access size, in the order of the tables below: X(bits, …). */
#define BY_SIZE(X, ...)                                                                            \
    X(8, __VA_ARGS__)                                                                              \
    X(16, __VA_ARGS__)                                                                             \
    X(32, __VA_ARGS__)                                                                             \
    X(64, __VA_ARGS__)                                                                             \
    X(128, __VA_ARGS__)
#define SIZES(name)                                                                                \
    {                                                                                              \
        op_##name##_8, op_##name##_16, op_##name##_32, op_##name##_64, op_##name##_128             \
    }

/* Host address of [va, va + size) if one TLB entry answers for all of it and alignment does not
 * matter, or NULL. */
static ALWAYS_INLINE void *fast_host(struct a64_cpu *cpu, uint64_t va, unsigned size, bool write)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);

    if (LIKELY(((va + size - 1) & A64_PAGE_MASK) == (write ? e->write : e->read) &&
               !cpu->align_strict))
        return (void *)(uintptr_t)(va + e->addend);
    return NULL;
}

static ALWAYS_INLINE bool fp_is_trapped(const struct a64_cpu *cpu)
{
    return (cpu->sys.cpacr >> 20 & 3) != 3;
}

static ALWAYS_INLINE bool sp_is_odd(const struct a64_cpu *cpu, const struct a64_insn *i)
{
    return i->rn == A64_SP && (cpu->x[A64_SP] & 15);
}

/* What comes before the access in a slow twin. */
static void check(struct a64_cpu *cpu, const struct a64_insn *i)
{
    a64_check_fp(cpu, i);
    if (i->rn == A64_SP)
        a64_check_sp(cpu, i);
}

/* A vector register takes a value of any size; the rest of it becomes zero. */
static ALWAYS_INLINE void set_v(struct a64_cpu *cpu, unsigned n, uint128_t value)
{
    cpu->v[n].q = value;
}

#define LOAD(bits, mode, address, write_back)                                                      \
    HANDLER(NOINLINE, slow_ldr_##mode##_##bits)                                                    \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        check(cpu, i);                                                                             \
        set_v(cpu, i->rd, a64_ld##bits(cpu, i, va));                                               \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_ldr_##mode##_##bits)                                                              \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        const void *p = fast_host(cpu, va, bits / 8, false);                                       \
        uint##bits##_t value;                                                                      \
        if (UNLIKELY(!p || fp_is_trapped(cpu) || sp_is_odd(cpu, i)))                               \
            return slow_ldr_##mode##_##bits(cpu, i);                                               \
        memcpy(&value, p, sizeof(value));                                                          \
        set_v(cpu, i->rd, value);                                                                  \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }

#define STORE(bits, mode, address, write_back)                                                     \
    HANDLER(NOINLINE, slow_str_##mode##_##bits)                                                    \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        check(cpu, i);                                                                             \
        a64_st##bits(cpu, i, va, (uint##bits##_t)cpu->v[i->rd].q);                                 \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_str_##mode##_##bits)                                                              \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        void *p = fast_host(cpu, va, bits / 8, true);                                              \
        if (UNLIKELY(!p || fp_is_trapped(cpu) || sp_is_odd(cpu, i)))                               \
            return slow_str_##mode##_##bits(cpu, i);                                               \
        memcpy(p, &cpu->v[i->rd], bits / 8);                                                       \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }

#define BOTH(bits, ...)                                                                            \
    LOAD(bits, __VA_ARGS__)                                                                        \
    STORE(bits, __VA_ARGS__)

#define BASE_OFFSET (cpu->x[i->rn] + (uint64_t)i->imm)
#define KEEP_BASE   (void)0
BY_SIZE(BOTH, off, BASE_OFFSET, KEEP_BASE)
BY_SIZE(BOTH, pre, BASE_OFFSET, cpu->x[i->rn] = va)
BY_SIZE(BOTH, post, cpu->x[i->rn], cpu->x[i->rn] = va + (uint64_t)i->imm)
BY_SIZE(BOTH, lsl, cpu->x[i->rn] + (cpu->x[i->rm] << i->aux), KEEP_BASE)
BY_SIZE(BOTH, uxtw, cpu->x[i->rn] + ((uint64_t)(uint32_t)cpu->x[i->rm] << i->aux), KEEP_BASE)
BY_SIZE(BOTH, sxtw, cpu->x[i->rn] + ((uint64_t)(int32_t)cpu->x[i->rm] << i->aux), KEEP_BASE)

#define LITERAL (cpu->page_va + (uint64_t)i->imm)
LOAD(32, lit, LITERAL, KEEP_BASE)
LOAD(64, lit, LITERAL, KEEP_BASE)
LOAD(128, lit, LITERAL, KEEP_BASE)

/* log2 of the access's bytes: 0..4 */
static unsigned size_of(uint32_t raw)
{
    return a64_bits(raw, 23, 1) ? 4 : a64_bits(raw, 30, 2);
}

static bool is_load(uint32_t raw)
{
    return a64_bits(raw, 22, 1);
}

void a64_pre_ldst_v_u12(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[][5] = {SIZES(str_off), SIZES(ldr_off)};
    unsigned size = size_of(raw);

    i->imm = (int64_t)a64_bits(raw, 10, 12) << size;
    i->fn = fn[is_load(raw)][size];
}

/* idx: 0 unscaled offset, 1 post-index, 3 pre-index. */
void a64_pre_ldst_v_i9(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[2][4][5] = {
        {SIZES(str_off), SIZES(str_post), {NULL}, SIZES(str_pre)},
        {SIZES(ldr_off), SIZES(ldr_post), {NULL}, SIZES(ldr_pre)},
    };

    i->imm = a64_sbits(raw, 12, 9);
    i->fn = fn[is_load(raw)][a64_bits(raw, 10, 2)][size_of(raw)];
}

/* option: 2 UXTW, 3 LSL, 6 SXTW, 7 SXTX, which is LSL */
void a64_pre_ldst_v_r(struct a64_insn *i, uint32_t raw)
{
    static const uint8_t kind[8] = {[2] = 1, [6] = 2};
    static a64_op *const fn[2][3][5] = {
        {SIZES(str_lsl), SIZES(str_uxtw), SIZES(str_sxtw)},
        {SIZES(ldr_lsl), SIZES(ldr_uxtw), SIZES(ldr_sxtw)},
    };
    unsigned size = size_of(raw);

    i->aux = (uint16_t)(a64_bits(raw, 12, 1) ? size : 0);
    i->fn = fn[is_load(raw)][kind[a64_bits(raw, 13, 3)]][size];
}

void a64_pre_ldr_v_lit(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const fn[] = {op_ldr_lit_32, op_ldr_lit_64, op_ldr_lit_128};

    i->imm = i->page_off + a64_sbits(raw, 5, 19) * 4;
    i->fn = fn[a64_bits(raw, 30, 2)];
}

/* --- Pairs --- */

#define LOAD_PAIR(bits, mode, address, write_back)                                                 \
    HANDLER(NOINLINE, slow_ldp_##mode##_##bits)                                                    \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        uint##bits##_t first, second;                                                              \
        check(cpu, i);                                                                             \
        first = a64_ld##bits(cpu, i, va);                                                          \
        second = a64_ld##bits(cpu, i, va + bits / 8);                                              \
        set_v(cpu, i->rd, first);                                                                  \
        set_v(cpu, i->ra, second);                                                                 \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_ldp_##mode##_##bits)                                                              \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        const uint8_t *p = fast_host(cpu, va, bits / 4, false);                                    \
        uint##bits##_t first, second;                                                              \
        if (UNLIKELY(!p || fp_is_trapped(cpu) || sp_is_odd(cpu, i)))                               \
            return slow_ldp_##mode##_##bits(cpu, i);                                               \
        memcpy(&first, p, sizeof(first));                                                          \
        memcpy(&second, p + bits / 8, sizeof(second));                                             \
        set_v(cpu, i->rd, first);                                                                  \
        set_v(cpu, i->ra, second);                                                                 \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }

#define STORE_PAIR(bits, mode, address, write_back)                                                \
    HANDLER(NOINLINE, slow_stp_##mode##_##bits)                                                    \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        check(cpu, i);                                                                             \
        a64_st##bits(cpu, i, va, (uint##bits##_t)cpu->v[i->rd].q);                                 \
        a64_st##bits(cpu, i, va + bits / 8, (uint##bits##_t)cpu->v[i->ra].q);                      \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_stp_##mode##_##bits)                                                              \
    {                                                                                              \
        uint64_t va = (address);                                                                   \
        uint8_t *p = fast_host(cpu, va, bits / 4, true);                                           \
        if (UNLIKELY(!p || fp_is_trapped(cpu) || sp_is_odd(cpu, i)))                               \
            return slow_stp_##mode##_##bits(cpu, i);                                               \
        memcpy(p, &cpu->v[i->rd], bits / 8);                                                       \
        memcpy(p + bits / 8, &cpu->v[i->ra], bits / 8);                                            \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }

#define PAIRS(bits)                                                                                \
    LOAD_PAIR(bits, off, BASE_OFFSET, KEEP_BASE)                                                   \
    LOAD_PAIR(bits, pre, BASE_OFFSET, cpu->x[i->rn] = va)                                          \
    LOAD_PAIR(bits, post, cpu->x[i->rn], cpu->x[i->rn] = va + (uint64_t)i->imm)                    \
    STORE_PAIR(bits, off, BASE_OFFSET, KEEP_BASE)                                                  \
    STORE_PAIR(bits, pre, BASE_OFFSET, cpu->x[i->rn] = va)                                         \
    STORE_PAIR(bits, post, cpu->x[i->rn], cpu->x[i->rn] = va + (uint64_t)i->imm)
PAIRS(32)
PAIRS(64)
PAIRS(128)

#define PAIR_MODES(name, bits)                                                                     \
    {                                                                                              \
        op_##name##_off_##bits, op_##name##_post_##bits, op_##name##_off_##bits,                   \
            op_##name##_pre_##bits                                                                 \
    }

/* idx: no-allocate offset, post-index, offset, pre-index. */
void a64_pre_ldst_pair_v(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const ldp[][4] = {PAIR_MODES(ldp, 32), PAIR_MODES(ldp, 64),
                                     PAIR_MODES(ldp, 128)};
    static a64_op *const stp[][4] = {PAIR_MODES(stp, 32), PAIR_MODES(stp, 64),
                                     PAIR_MODES(stp, 128)};
    unsigned opc = a64_bits(raw, 30, 2), idx = a64_bits(raw, 23, 2);

    i->imm = a64_sbits(raw, 15, 7) * (4 << opc);
    i->fn = (is_load(raw) ? ldp : stp)[opc][idx];
}
