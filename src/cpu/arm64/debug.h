/* SPDX-License-Identifier: Apache-2.0
 *
 * Self-hosted debug (Arm ARM D2): software step, hardware breakpoints and watchpoints. Costs
 * nothing while the guest has none enabled: the run loop asks a64_debug_active between blocks, and
 * watched pages leave the TLB's fast path. */
#ifndef BERTH_CPU_ARM64_DEBUG_H
#define BERTH_CPU_ARM64_DEBUG_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/state.h"

/* A step or a breakpoint may happen at the current EL: execute one instruction at a time, calling
 * the next two. Changes only in handlers that end a block. */
static inline bool a64_debug_active(const struct a64_cpu *cpu)
{
    return cpu->debug_active;
}

/* Before the instruction at `pc` (cpu->pc): takes the step, breakpoint or illegal-state exception
 * due here. true: one was taken, look at cpu->pc anew. */
bool a64_debug_before_insn(struct a64_cpu *cpu, uint64_t pc);

/* That instruction completed (one that raised an exception did not): the step over it is done. */
void a64_debug_after_insn(struct a64_cpu *cpu);

/* PSTATE.SS of an exception return to `el` whose SPSR has SS set and D `masked`: whether a step
 * begins. */
bool a64_debug_step_on_return(const struct a64_cpu *cpu, unsigned el, bool masked);

/* Recomputes what is enabled after MDSCR, OSLAR, OSDLR, a DBG register, EL or PSTATE.D changed. */
void a64_debug_update(struct a64_cpu *cpu);

/* Whether any enabled watchpoint may lie in the 4 KiB page of `va`. */
bool a64_debug_watches_page(const struct a64_cpu *cpu, uint64_t va);

/* Raises a watchpoint exception if [va, va + size) hits an enabled one. `user`: as EL0 would. */
void a64_debug_check_watch(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                           unsigned size, bool write, bool user);

#endif
