/* SPDX-License-Identifier: Apache-2.0
 *
 * Accesses that begin in one page and end in the next. Both pages are in the TLB as a rule, so there is no need for a handler:
 *
 *   - Two pages that lie side by side in the host, too, are as good as one: a run goes on until the end of the second.
 *   - Else the turn of a run that crosses goes through a third form of the loop, in which each access asks for its page, and
 *     registers are where the fast form has them.
 *   - A load that crosses itself finds what lies around the end of the first page in cpu->straddle.
 */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

enum {
    AROUND = sizeof((struct a64_cpu){0}.straddle) / 2, /* bytes at each side of the end of a page */
    CHUNK = 16,
};

struct x86_rm gen_page_tag(bool writes)
{
    return x86_m(RAX, (int32_t)(writes ? offsetof(struct a64_tlb_entry, write) : offsetof(struct a64_tlb_entry, read)));
}

static struct x86_rm addend(void)
{
    return x86_m(RAX, offsetof(struct a64_tlb_entry, addend));
}

void gen_find_page(struct gen *g, int reg)
{
    x86_rorx(&g->a, true, RAX, x86_r(reg), A64_PAGE_BITS - 5);
    x86_alu_imm(&g->a, ALU_AND, false, x86_r(RAX), (A64_TLB_ENTRIES - 1) << 5);
    x86_alu_load(&g->a, ALU_ADD, true, RAX, CPU_FIELD(tlb));
}

/* NE unless the page before rcx is in the entry rax, and the page rcx is known, too; rdx = the addend of the first, rax = the entry
 * of the other. */
static void find_both(struct gen *g, bool writes, uint8_t *miss[2])
{
    struct x86_asm *a = &g->a;

    x86_lea(a, true, RDX, x86_m(RCX, -(int32_t)A64_PAGE_SIZE));
    x86_alu_load(a, ALU_CMP, true, RDX, gen_page_tag(writes));
    miss[0] = x86_jcc(a, CC_NE);
    x86_mov_load(a, true, RDX, addend());
    gen_find_page(g, RCX);
    x86_alu_load(a, ALU_CMP, true, RCX, gen_page_tag(writes));
    miss[1] = x86_jcc(a, CC_NE);
}

static void land(struct gen *g, uint8_t *const miss[2])
{
    for (unsigned n = 0; n < 2 && !g->a.full; n++)
        x86_patch(miss[n], g->a.p);
}

void gen_make_span(struct gen *g, bool writes)
{
    uint8_t *miss[2];

    x86_push(&g->a, RDX);
    find_both(g, writes, miss);
    x86_alu_load(&g->a, ALU_CMP, true, RDX, addend());
    land(g, miss);
    x86_pop(&g->a, RDX);
    x86_ret(&g->a);
}

static void copy_chunk(struct gen *g, struct x86_rm from, size_t at)
{
    x86_vex(&g->a, 1, 2, false, false, 0x6f, XMM0, 0, from); /* vmovdqu */
    x86_vex(&g->a, 1, 1, false, false, 0x7f, XMM0, 0, gen_field(offsetof(struct a64_cpu, straddle) + at));
}

void gen_make_straddle(struct gen *g)
{
    struct x86_asm *a = &g->a;
    uint8_t *miss[2];

    x86_push(a, RDX);
    find_both(g, false, miss);
    x86_mov_load(a, true, RAX, addend());
    for (int32_t at = 0; at < AROUND; at += CHUNK) {
        copy_chunk(g, x86_mx(RDX, RCX, 0, at - AROUND), (size_t)at);
        copy_chunk(g, x86_mx(RAX, RCX, 0, at), (size_t)AROUND + (size_t)at);
    }
    x86_lea(a, true, RDX, gen_field(offsetof(struct a64_cpu, straddle) + AROUND));
    x86_alu_load(a, ALU_SUB, true, RDX, x86_r(RCX));
    x86_mov_load(a, true, RCX, x86_r(RDX));
    x86_alu_load(a, ALU_CMP, true, RDX, x86_r(RCX));
    land(g, miss);
    x86_pop(a, RDX);
    x86_ret(a);
}

bool gen_may_straddle(const struct ir *i, unsigned bytes)
{
    return bytes > 1 && bytes <= AROUND && !i->aligned && i->op != IR_LDX;
}

void gen_straddle(struct gen *g, const struct gen_slow *s)
{
    gen_call(g, g->thunks->straddle);
    x86_jcc_to(&g->a, CC_E, s->resume);
}

void gen_span(struct gen *g, const struct gen_slow *s)
{
    const struct ir_run *r = &g->ir->run[s->place];

    gen_call(g, g->thunks->span[r->writes]);
    x86_jcc_to(&g->a, CC_NE, g->fast.alone_at);
    if (r->stride < 0) /* it ends where the first of the pages begins */
        x86_alu_imm(&g->a, ALU_SUB, true, x86_r(RCX), A64_PAGE_SIZE);
    x86_jmp_to(&g->a, s->resume);
}
