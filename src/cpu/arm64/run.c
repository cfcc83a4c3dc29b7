/* SPDX-License-Identifier: Apache-2.0
 *
 * The run loop. Handlers go from one to the next by themselves (dispatch/); they come back here at
 * a taken branch when cpu->attention is set, at an exit, and, by a jump to cpu->unwind, when they
 * raise an exception. So everything that other threads want of a CPU happens here, between two
 * instructions, with cpu->pc exact. */
#include <setjmp.h>

#include "cpu/arm64/debug.h"
#include "cpu/arm64/el2.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/timer.h"
#include "cpu/arm64/trace.h"
#include "cpu/arm64/vm.h"

/* Does what cpu->attention asks for. true: *cpu->exit is filled. What an exit keeps from being done
 * is asked for anew. */
static bool attend(struct a64_cpu *cpu)
{
    uint32_t bits = atomic_exchange(&cpu->attention, 0);

    /* A branch that was interrupted here left its register's value. */
    cpu->pc = a64_branch_target(cpu, cpu->pc);
    if (bits & A64_ATTENTION_REMOTE)
        a64_remote_serve(cpu);
    if (bits & A64_ATTENTION_CODE)
        a64_code_quiesce(cpu);
    if (bits & A64_ATTENTION_KICK) {
        cpu->exit->kind = A64_EXIT_KICKED;
        a64_attend(cpu, bits & (A64_ATTENTION_PIN | A64_ATTENTION_TIMER));
        return true;
    }
    if ((bits & A64_ATTENTION_TIMER) && a64_timer_check(cpu, cpu->exit)) {
        a64_attend(cpu, bits & A64_ATTENTION_PIN);
        return true;
    }
    if (bits & A64_ATTENTION_PIN)
        (void)a64_take_interrupt(cpu);
    return false;
}

/* Behind an instruction that is executed alone. */
static const struct a64_insn *op_step_end(struct a64_cpu *cpu, const struct a64_insn *i)
{
    cpu->pc = a64_pc(cpu, i);
    A64_LEAVE;
}

/* Executes the instruction at cpu->pc alone: attention is set, so every branch comes back. */
static void step(struct a64_cpu *cpu)
{
    struct a64_insn *slot = cpu->cache->step;
    unsigned page_off = cpu->pc & ~A64_PAGE_MASK;
    struct a64_fetch from;
    uint32_t raw;

    if (a64_debug_active(cpu) && a64_debug_before_insn(cpu, cpu->pc))
        return;
    a64_fetch(cpu, cpu->pc, &from);
    raw = __atomic_load_n((const uint32_t *)(const void *)(from.host + page_off), __ATOMIC_RELAXED);
    a64_predecode(&slot[0], raw, page_off, A64_PREDECODE_ALONE);
    slot[1].fn = op_step_end;
    slot[1].page_off = (uint16_t)(page_off + 4);
    cpu->page_va = cpu->pc & A64_PAGE_MASK;
    if (cpu->vm->trace)
        a64_trace_insn(cpu, &slot[0]);
    a64_attend(cpu, A64_ATTENTION_STEP);
    a64_dispatch(cpu, slot);
    if (a64_debug_active(cpu))
        a64_debug_after_insn(cpu);
}

static void run(struct a64_cpu *cpu)
{
    for (;;) {
        const struct a64_insn *i;

        if (a64_attention(cpu) && attend(cpu))
            return;
        if (UNLIKELY(a64_debug_active(cpu) || cpu->vm->trace || cpu->cache->step_next)) {
            cpu->cache->step_next = false;
            step(cpu);
            continue;
        }
        i = a64_code_lookup(cpu, cpu->pc);
        if (LIKELY(i != NULL))
            a64_dispatch(cpu, i);
        else
            step(cpu);
    }
}

void a64_run(struct a64_cpu *cpu, struct a64_exit *exit)
{
    cpu->exit = exit;
    a64_remote_enter(cpu);
    if (a64_has_el2(cpu))
        a64_el2_enter(cpu);
    a64_timer_enter(cpu);
    if (cpu->sysreg_pending)
        a64_sysreg_complete(cpu);
    a64_attend(cpu, A64_ATTENTION_CODE | A64_ATTENTION_PIN);
    if (_setjmp(cpu->unwind) != A64_UNWIND_EXIT)
        run(cpu);
    a64_code_leave(cpu);
    a64_remote_leave(cpu);
}

void a64_kick(struct a64_cpu *cpu)
{
    a64_attend(cpu, A64_ATTENTION_KICK);
}

void a64_poke_timer(struct a64_cpu *cpu)
{
    a64_attend(cpu, A64_ATTENTION_TIMER);
}

void a64_set_pin(struct a64_cpu *cpu, bool fiq, bool level)
{
    uint32_t bit = fiq ? A64_PIN_FIQ : A64_PIN_IRQ;

    if (level) {
        atomic_fetch_or(&cpu->pins, bit);
        a64_attend(cpu, A64_ATTENTION_PIN);
    } else {
        atomic_fetch_and(&cpu->pins, ~bit);
    }
}
