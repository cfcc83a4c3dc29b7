/* SPDX-License-Identifier: Apache-2.0
 *
 * Dispatch by a loop: handlers return the next instruction. For builds in which a call at the end
 * of a function is not a jump (no optimisation, sanitizers); threaded.h is the fast one. */
#ifndef BERTH_CPU_ARM64_DISPATCH_H
#define BERTH_CPU_ARM64_DISPATCH_H

#include "cpu/arm64/state.h"

/* Ends a handler: `next` (an expression without side effects) is the instruction to execute now. */
#define A64_GOTO(cpu, next) return (next)

/* Executes from `i` until a handler says A64_LEAVE. */
static inline void a64_dispatch(struct a64_cpu *cpu, const struct a64_insn *i)
{
    while (i)
        i = __atomic_load_n(&i->fn, __ATOMIC_ACQUIRE)(cpu, i);
}

#endif
