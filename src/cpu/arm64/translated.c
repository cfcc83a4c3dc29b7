/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler of a slot where a translated block begins: runs host code for as long as there is some for where it goes. */
#include "cpu/arm64/op.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

/* The page of decoded code that a slot is in. */
static const struct a64_insn *first_slot(const struct a64_insn *i)
{
    return i - i->page_off / 4;
}

const struct a64_insn *a64_op_translated(struct a64_cpu *cpu, const struct a64_insn *i)
{
    struct translate *t = cpu->vm->translate;
    uint32_t code = a64_code_translation(i);
    const struct a64_insn *to;
    uintptr_t why;

    for (;;) {
        if (UNLIKELY(cpu->align_strict || !code)) { /* translated code leaves alignment to the host */
            cpu->pc = cpu->page_va + i->page_off;
            cpu->cache->step_next = true;
            A64_LEAVE;
        }
        translate_enter(t, cpu, cpu->page_va + i->page_off, a64_fetch_context(cpu), code);
        why = translate_run(t, cpu, code);
        to = a64_jump_to(cpu, cpu->pc);
        if (!to)
            A64_LEAVE;
        code = __atomic_load_n(&to->fn, __ATOMIC_ACQUIRE) == a64_op_translated ? a64_code_translation(to) : 0;
        if (!code)
            A64_GOTO(cpu, to);
        if (why != TRANSLATE_MISS && first_slot(to) == first_slot(i))
            translate_chain(t, why, code);
        i = to;
    }
}
