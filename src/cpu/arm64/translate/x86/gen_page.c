/* SPDX-License-Identifier: Apache-2.0
 *
 * Pages remembered round a loop. In the fast form of a loop no handler runs, so what an access
 * found in the TLB stays true until the loop is left: its page's address and where that is in host
 * memory are kept in cpu->seen, and the next turn only asks whether it is the same page. Entering
 * the loop forgets all (limit 0: no offset is below it). */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

static struct x86_rm place(unsigned n, size_t member)
{
    return gen_field(offsetof(struct a64_cpu, seen) + n * sizeof(struct a64_seen_page) + member);
}
#define PLACE(n, member) place((n), offsetof(struct a64_seen_page, member))

bool gen_page_has_place(const struct gen *g, const struct ir *i)
{
    return g->fast.on && !g->fast.alone && g->fast.loop && !i->aligned && g->fast.nr_seen < A64_SEEN_PAGES;
}

void gen_page_begin(struct gen *g, unsigned first, unsigned accesses)
{
    for (unsigned n = first; n < first + accesses && n < A64_SEEN_PAGES; n++)
        x86_mov_store_imm(&g->a, true, PLACE(n, limit), 0);
}

void gen_page(struct gen *g, const struct ir *i, int reg, unsigned bytes, bool writes)
{
    unsigned n = g->fast.nr_seen++;
    struct gen_slow *s;

    g->eflags = EFLAGS_NONE;
    x86_alu_load(&g->a, ALU_SUB, true, reg, PLACE(n, page));
    x86_alu_load(&g->a, ALU_CMP, true, reg, PLACE(n, limit));
    s = gen_slow(g, SLOW_PAGE, x86_jcc(&g->a, CC_AE), i->guest);
    s->op = g->fast.at;
    s->dirty = g->fast.dirty;
    s->imm = bytes;
    s->xmm = (int8_t)reg;
    s->place = (uint8_t)n;
    s->writes = writes;
    s->resume = g->a.p;
    x86_alu_load(&g->a, ALU_ADD, true, reg, PLACE(n, host));
}

void gen_page_look_up(struct gen *g, const struct gen_slow *s)
{
    struct x86_asm *a = &g->a;
    int reg = s->xmm, page = reg == RDX ? RCX : RDX, bytes = (int)s->imm;

    x86_alu_load(a, ALU_ADD, true, reg, PLACE(s->place, page)); /* the address again */
    gen_find_page(g, reg);
    x86_lea(a, true, page, x86_m(reg, bytes - 1));
    x86_alu_imm(a, ALU_AND, true, x86_r(page), -(int32_t)A64_PAGE_SIZE);
    x86_alu_load(a, ALU_CMP, true, page, gen_page_tag(s->writes));
    g->fast.at = s->op;
    g->fast.dirty = s->dirty;
    gen_bail(g, x86_jcc(a, CC_NE));
    x86_mov_store(a, true, PLACE(s->place, page), page);
    x86_mov_store_imm(a, true, PLACE(s->place, limit), (int32_t)A64_PAGE_SIZE - bytes + 1);
    x86_alu_load(a, ALU_SUB, true, reg, x86_r(page));
    x86_alu_load(a, ALU_ADD, true, page, x86_m(RAX, offsetof(struct a64_tlb_entry, addend)));
    x86_mov_store(a, true, PLACE(s->place, host), page);
    x86_jmp_to(a, s->resume);
}
