/* SPDX-License-Identifier: Apache-2.0
 *
 * Dispatch by tail calls: a handler ends by jumping to the next one, so the host predicts each
 * handler's successor by itself and nothing is kept on the stack. Needs an optimising compiler;
 * Meson puts loop.h in its place otherwise. */
#ifndef BERTH_CPU_ARM64_DISPATCH_H
#define BERTH_CPU_ARM64_DISPATCH_H

#include "cpu/arm64/state.h"

/* Ends a handler: `next` (an expression without side effects) is the instruction to execute now. */
#define A64_GOTO(cpu, next)                                                                        \
    MUST_TAIL return __atomic_load_n(&(next)->fn, __ATOMIC_ACQUIRE)((cpu), (next))

/* Executes from `i` until a handler says A64_LEAVE. */
static inline void a64_dispatch(struct a64_cpu *cpu, const struct a64_insn *i)
{
    (void)__atomic_load_n(&i->fn, __ATOMIC_ACQUIRE)(cpu, i);
}

#endif
