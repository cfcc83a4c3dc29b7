/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of two general registers (Arm ARM C4.1.94). Both halves usually lie in one page
 * of RAM, which takes one look at the TLB; anything else is two accesses, in a slow twin of the
 * handler (see op_ldst.c). A load writes registers when both have succeeded. */
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"

#define HANDLER(kind, name)                                                                        \
    static kind const struct a64_insn *name(struct a64_cpu *cpu, const struct a64_insn *i)

/* Whether [va, va + 2 * size) lies in one page, given that it is aligned to `size`. */
static ALWAYS_INLINE bool one_page(uint64_t va, unsigned size)
{
    return (va & ~A64_PAGE_MASK) <= A64_PAGE_SIZE - UINT64_C(2) * size;
}

static ALWAYS_INLINE bool sp_is_odd(const struct a64_cpu *cpu, const struct a64_insn *i)
{
    return i->rn == A64_SP && (cpu->x[A64_SP] & 15);
}

/* X(name, mode, offset before the access, what the base becomes, …) for each addressing mode. */
#define MODES(X, name, ...)                                                                        \
    X(name, off, i->imm, (void)0, __VA_ARGS__)                                                     \
    X(name, pre, i->imm, cpu->x[i->rn] = va, __VA_ARGS__)                                          \
    X(name, post, 0, cpu->x[i->rn] = va + (uint64_t)i->imm, __VA_ARGS__)

/* `type`: what the register holds of the word read. */
#define LOAD_PAIR(name, mode, offset, write_back, bits, type)                                      \
    HANDLER(NOINLINE, slow_##name##_##mode)                                                        \
    {                                                                                              \
        uint64_t va = cpu->x[i->rn] + (uint64_t)(offset);                                          \
        uint##bits##_t first, second;                                                              \
        if (i->rn == A64_SP)                                                                       \
            a64_check_sp(cpu, i);                                                                  \
        first = a64_ld##bits(cpu, i, va);                                                          \
        second = a64_ld##bits(cpu, i, va + bits / 8);                                              \
        write_back;                                                                                \
        cpu->x[i->rd] = (uint64_t)(type)first;                                                     \
        cpu->x[i->ra] = (uint64_t)(type)second;                                                    \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_##name##_##mode)                                                                  \
    {                                                                                              \
        uint64_t va = cpu->x[i->rn] + (uint64_t)(offset);                                          \
        const uint##bits##_t *p = a64_fast_read(cpu->tlb, va, bits / 8);                           \
        uint##bits##_t first, second;                                                              \
        if (UNLIKELY(!p || !one_page(va, bits / 8) || sp_is_odd(cpu, i)))                          \
            return slow_##name##_##mode(cpu, i);                                                   \
        first = __atomic_load_n(p, __ATOMIC_RELAXED);                                              \
        second = __atomic_load_n(p + 1, __ATOMIC_RELAXED);                                         \
        write_back;                                                                                \
        cpu->x[i->rd] = (uint64_t)(type)first;                                                     \
        cpu->x[i->ra] = (uint64_t)(type)second;                                                    \
        A64_NEXT(cpu, i);                                                                          \
    }
MODES(LOAD_PAIR, ldp_w, 32, uint32_t)
MODES(LOAD_PAIR, ldp_x, 64, uint64_t)
MODES(LOAD_PAIR, ldpsw, 32, int32_t)

#define STORE_PAIR(name, mode, offset, write_back, bits)                                           \
    HANDLER(NOINLINE, slow_##name##_##mode)                                                        \
    {                                                                                              \
        uint64_t va = cpu->x[i->rn] + (uint64_t)(offset);                                          \
        if (i->rn == A64_SP)                                                                       \
            a64_check_sp(cpu, i);                                                                  \
        a64_st##bits(cpu, i, va, (uint##bits##_t)cpu->x[i->rd]);                                   \
        a64_st##bits(cpu, i, va + bits / 8, (uint##bits##_t)cpu->x[i->ra]);                        \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    HANDLER(, op_##name##_##mode)                                                                  \
    {                                                                                              \
        uint64_t va = cpu->x[i->rn] + (uint64_t)(offset);                                          \
        uint##bits##_t *p = a64_fast_write(cpu->tlb, va, bits / 8);                                \
        if (UNLIKELY(!p || !one_page(va, bits / 8) || sp_is_odd(cpu, i)))                          \
            return slow_##name##_##mode(cpu, i);                                                   \
        __atomic_store_n(p, (uint##bits##_t)cpu->x[i->rd], __ATOMIC_RELAXED);                      \
        __atomic_store_n(p + 1, (uint##bits##_t)cpu->x[i->ra], __ATOMIC_RELAXED);                  \
        write_back;                                                                                \
        A64_NEXT(cpu, i);                                                                          \
    }
MODES(STORE_PAIR, stp_w, 32)
MODES(STORE_PAIR, stp_x, 64)

/* By idx: no-allocate offset, post-index, offset, pre-index. */
#define PAIR_MODES(name)                                                                           \
    {                                                                                              \
        op_##name##_off, op_##name##_post, op_##name##_off, op_##name##_pre                        \
    }

void a64_pre_ldst_pair(struct a64_insn *i, uint32_t raw)
{
    static a64_op *const ldp[][4] = {PAIR_MODES(ldp_w), PAIR_MODES(ldpsw), PAIR_MODES(ldp_x)};
    static a64_op *const stp[][4] = {PAIR_MODES(stp_w), {NULL}, PAIR_MODES(stp_x)};
    unsigned opc = a64_bits(raw, 30, 2), idx = a64_bits(raw, 23, 2);
    bool load = a64_bits(raw, 22, 1);

    i->imm = a64_sbits(raw, 15, 7) * (opc == 2 ? 8 : 4);
    i->fn = (load ? ldp : stp)[opc][idx];
}
