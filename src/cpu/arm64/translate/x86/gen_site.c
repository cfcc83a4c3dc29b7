/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches that may go anywhere: to other pages, and indirect ones. Each has a site, an entry of cpu->sites that says where it went
 * last: virtual address, fetch context, host code. A branch that goes there again needs no hash, and the host's processor needs not
 * wait for one to know whether it foresaw the branch. Any other goes through the CPU's table of entry points
 * (translate.h), and is remembered. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

#define ENTRY(reg, at, f) x86_m((reg), (int32_t)((at) + offsetof(struct translate_entry, f)))

/* rcx = the fetch context */
static void load_context(struct gen *g)
{
    x86_mov_load(&g->a, true, RCX, CPU_FIELD(tlb));
    x86_mov_load(&g->a, true, RCX, x86_m(RCX, offsetof(struct a64_tlb, context)));
}

/* cpu->page_va for the address in rdx, which is lost. */
static void enter_page(struct gen *g)
{
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RDX), -(int32_t)A64_PAGE_SIZE);
    x86_mov_store(&g->a, true, CPU_FIELD(page_va), RDX);
}

/* The entry at [rax + at] is for the address in rdx; the jumps taken if not. */
static void compare(struct gen *g, size_t at, uint8_t *miss[2])
{
    x86_alu_load(&g->a, ALU_CMP, true, RDX, ENTRY(RAX, at, va));
    miss[0] = x86_jcc(&g->a, CC_NE);
    x86_alu_load(&g->a, ALU_CMP, true, RCX, ENTRY(RAX, at, context));
    miss[1] = x86_jcc(&g->a, CC_NE);
}

static void land(struct gen *g, uint8_t *const miss[2])
{
    for (unsigned n = 0; n < 2 && !g->a.full; n++)
        x86_patch(miss[n], g->a.p);
}

/* [rax + what this returns] is a site. */
static size_t next_site(struct gen *g)
{
    x86_mov_load(&g->a, true, RAX, CPU_FIELD(sites));
    return g->next_site++ % TRANSLATE_SITES * sizeof(struct translate_entry);
}

static void anywhere(struct gen *g, bool calls)
{
    size_t at;
    uint8_t *miss[2];
    struct gen_slow *way[2];

    load_context(g);
    at = next_site(g);
    compare(g, at, miss);
    enter_page(g);
    if (calls)
        x86_call_rm(&g->a, ENTRY(RAX, at, code));
    else
        x86_jmp_rm(&g->a, ENTRY(RAX, at, code));
    for (unsigned n = 0; n < ARRAY_LEN(miss); n++) {
        way[n] = gen_slow(g, calls ? SLOW_SITE_CALL : SLOW_SITE, miss[n], NULL);
        way[n]->imm = (int64_t)at;
        way[n]->resume = g->a.p;
    }
}

void gen_jump_anywhere(struct gen *g)
{
    anywhere(g, false);
}

void gen_call_anywhere(struct gen *g)
{
    anywhere(g, true);
}

void gen_site_way_out(struct gen *g, const struct gen_slow *s)
{
    x86_lea(&g->a, true, RAX, x86_m(RAX, (int32_t)s->imm));
    if (s->kind == SLOW_SITE) {
        gen_jump(g, g->thunks->site);
        return;
    }
    gen_call(g, g->thunks->site);
    x86_jmp_to(&g->a, s->resume);
}

/* The set of entry points for the address in rdx at rax, the fetch context in rcx. */
static void find_set(struct gen *g)
{
    struct x86_asm *a = &g->a;

    load_context(g);
    x86_mov_load(a, false, RAX, x86_r(RDX));
    x86_shift_imm(a, SHIFT_SHR, false, x86_r(RAX), TRANSLATE_ENTRY_FOLD);
    x86_alu_load(a, ALU_XOR, false, RAX, x86_r(RDX));
    x86_alu_load(a, ALU_XOR, false, RAX, x86_r(RCX));
    x86_shift_imm(a, SHIFT_SHL, false, x86_r(RAX), TRANSLATE_SET_SHIFT);
    x86_alu_imm(a, ALU_AND, false, x86_r(RAX), (TRANSLATE_SETS - 1) * (int32_t)sizeof(struct translate_set));
    x86_alu_load(a, ALU_ADD, true, RAX, CPU_FIELD(entries));
}

static void leave(struct gen *g)
{
    x86_mov_store(&g->a, true, CPU_FIELD(pc), RDX);
    x86_mov_imm(&g->a, RAX, TRANSLATE_MISS);
    gen_jump(g, g->thunks->leave);
}

void gen_make_look_up(struct gen *g)
{
    uint8_t *miss[2];

    find_set(g);
    for (size_t way = 0; way < TRANSLATE_WAYS; way++) {
        size_t at = way * sizeof(struct translate_entry);

        compare(g, at, miss);
        enter_page(g);
        x86_jmp_rm(&g->a, ENTRY(RAX, at, code));
        land(g, miss);
    }
    leave(g);
}

/* At the end of a block no temporary is kept, so rdi is free. */
void gen_make_site(struct gen *g)
{
    struct x86_asm *a = &g->a;
    uint8_t *miss[2];

    x86_mov_load(a, true, RDI, x86_r(RAX));
    find_set(g);
    for (size_t way = 0; way < TRANSLATE_WAYS; way++) {
        compare(g, way * sizeof(struct translate_entry), miss);
        x86_mov_load(a, true, RAX, ENTRY(RAX, way * sizeof(struct translate_entry), code));
        x86_mov_store(a, true, ENTRY(RDI, 0, va), RDX);
        x86_mov_store(a, true, ENTRY(RDI, 0, context), RCX);
        x86_mov_store(a, true, ENTRY(RDI, 0, code), RAX);
        enter_page(g);
        x86_jmp_rm(a, x86_r(RAX));
        land(g, miss);
    }
    leave(g);
}
