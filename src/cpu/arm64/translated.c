/* SPDX-License-Identifier: Apache-2.0
 *
 * The handler of a slot where a translated block begins: runs host code for as long as there is some for where it goes. */
#include "cpu/arm64/op.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

const struct a64_insn *a64_op_translated(struct a64_cpu *cpu, const struct a64_insn *i)
{
    struct translate *t = cpu->vm->translate;
    uint32_t code = a64_code_translation(i);
    const struct a64_insn *to;
    struct translate_left left;

    for (;;) {
        if (UNLIKELY(cpu->align_strict || !code)) { /* translated code leaves alignment to the host */
            cpu->pc = cpu->page_va + i->page_off;
            cpu->cache->step_next = true;
            A64_LEAVE;
        }
        translate_enter(t, cpu, cpu->page_va + i->page_off, a64_fetch_context(cpu), code);
        left = translate_run(t, cpu, code);
        to = a64_jump_to(cpu, cpu->pc);
        if (!to)
            A64_LEAVE;
        code = __atomic_load_n(&to->fn, __ATOMIC_ACQUIRE) == a64_op_translated ? a64_code_translation(to) : 0;
        if (!code)
            A64_GOTO(cpu, to);
        /* The page may have been mapped elsewhere meanwhile. */
        if (left.jump != TRANSLATE_MISS && a64_code_pa(to) >> A64_PAGE_BITS == left.page)
            translate_chain(t, left.jump, code);
        i = to;
    }
}
