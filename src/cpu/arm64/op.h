/* SPDX-License-Identifier: Apache-2.0
 *
 * Writing handlers. Most of them compute something and go on:
 *
 *     A64_OP(rev64)
 *     {
 *         cpu->x[i->rd] = __builtin_bswap64(cpu->x[i->rn]);
 *     }
 *
 * defines a64_op_rev64 with `cpu` and `i` in scope; a `return` in the body goes on to the next
 * instruction. Variants that only a predecoder names use A64_VARIANT. A body that takes the address
 * of a local variable, or is long, belongs in A64_OP_COLD (or in a function of its own): an address
 * that escapes keeps the compiler from jumping to the next handler, and every instruction would
 * leave a frame on the stack.
 *
 * A handler that faults calls a64_raise… and does not come back, so it changes nothing before its
 * last fault. */
#ifndef BERTH_CPU_ARM64_OP_H
#define BERTH_CPU_ARM64_OP_H

#include "a64_decode.h"
#include "a64_dispatch.h"
#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/state.h"

/* Ends a handler: go on with the next instruction; leave for the run loop (cpu->pc is where to go
 * on). */
#define A64_NEXT(cpu, i) A64_GOTO(cpu, (i) + 1)
#define A64_LEAVE        return NULL

#define A64_HANDLER(linkage, kind, name)                                                           \
    static kind void name##_body(struct a64_cpu *cpu, const struct a64_insn *i);                   \
    linkage const struct a64_insn *name(struct a64_cpu *cpu, const struct a64_insn *i)             \
    {                                                                                              \
        name##_body(cpu, i);                                                                       \
        A64_NEXT(cpu, i);                                                                          \
    }                                                                                              \
    static kind void name##_body(struct a64_cpu *cpu, const struct a64_insn *i)

#define A64_OP(name)      A64_HANDLER(, ALWAYS_INLINE, a64_op_##name)
#define A64_OP_COLD(name) A64_HANDLER(, NOINLINE, a64_op_##name)
#define A64_VARIANT(name) A64_HANDLER(static, ALWAYS_INLINE, op_##name)

/* Whether someone wants the run loop: asked at every taken branch. */
static ALWAYS_INLINE bool a64_attention(struct a64_cpu *cpu)
{
    return UNLIKELY(atomic_load_explicit(&cpu->attention, memory_order_relaxed));
}

/* Counts a branch to `to`; often enough, and the translator hears of it. Counts of several CPUs may
 * get lost. */
enum { A64_HOT = 24 };
static ALWAYS_INLINE void a64_arrive(struct a64_cpu *cpu, const struct a64_insn *to)
{
    uint16_t *heat = (uint16_t *)(uintptr_t)&to->heat;
    uint16_t h = (uint16_t)(__atomic_load_n(heat, __ATOMIC_RELAXED) + 1);

    __atomic_store_n(heat, h, __ATOMIC_RELAXED);
    if (UNLIKELY(h == A64_HOT))
        a64_code_hot(cpu, to);
}

static ALWAYS_INLINE const struct a64_insn *a64_jump_to(struct a64_cpu *cpu, uint64_t pc)
{
    const struct a64_insn *to;

    if (a64_attention(cpu)) {
        cpu->pc = pc;
        return NULL;
    }
    to = a64_code_lookup(cpu, pc);
    if (LIKELY(to != NULL))
        a64_arrive(cpu, to);
    return to;
}

/* Ends a handler: go on at virtual address `pc`. */
#define A64_JUMP(cpu, pc)                                                                          \
    do {                                                                                           \
        const struct a64_insn *to_ = a64_jump_to((cpu), (pc));                                     \
        if (UNLIKELY(!to_))                                                                        \
            A64_LEAVE;                                                                             \
        A64_GOTO((cpu), to_);                                                                      \
    } while (0)

/* Ends a handler: go on at slot `to` of the same page. */
#define A64_BRANCH(cpu, to)                                                                        \
    do {                                                                                           \
        const struct a64_insn *to_ = (to);                                                         \
        if (a64_attention(cpu)) {                                                                  \
            (cpu)->pc = (cpu)->page_va + to_->page_off;                                            \
            A64_LEAVE;                                                                             \
        }                                                                                          \
        a64_arrive((cpu), to_);                                                                    \
        A64_GOTO((cpu), to_);                                                                      \
    } while (0)

/* Field of an encoding, for predecoders: `width` bits from bit `lo`; likewise sign-extended. */
static inline uint32_t a64_bits(uint32_t raw, unsigned lo, unsigned width)
{
    return raw >> lo & ((UINT32_C(1) << width) - 1);
}

static inline int64_t a64_sbits(uint32_t raw, unsigned lo, unsigned width)
{
    return (int64_t)((uint64_t)raw << (64 - lo - width)) >> (64 - width);
}

#endif
