/* SPDX-License-Identifier: Apache-2.0
 *
 * Groups of accesses (group.c). The first member checks that the first and the last byte of all lie in one page that the TLB
 * has, and keeps the host address of the base as it is then; 0 if not, and after every handler: then each member looks up alone. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

/* Groups live in r11, or in memory. */
enum { PLACE_IN_REGISTER = 0 };

static struct x86_rm place(const struct ir_group *group)
{
    return group->place == PLACE_IN_REGISTER ? x86_r(R11) : gen_field(offsetof(struct a64_cpu, group) + 8 * (size_t)group->place);
}

void gen_group_forget(struct gen *g)
{
    x86_mov_imm(&g->a, R11, 0);
    for (size_t n = PLACE_IN_REGISTER + 1; n < A64_GROUP_PLACES; n++)
        x86_mov_store(&g->a, true, gen_field(offsetof(struct a64_cpu, group) + 8 * n), R11);
}

static void look_up_group(struct gen *g, const struct ir *i, const struct ir_group *group)
{
    struct x86_asm *a = &g->a;
    int base = gen_use(g, i->a, true, RDX);

    x86_lea(a, true, RDX, x86_m(base, group->lo));
    gen_find_page(g, RDX);
    x86_lea(a, true, RCX, x86_m(RDX, group->hi - group->lo - 1));
    x86_alu_load(a, ALU_XOR, true, RCX, x86_r(RDX));
    x86_alu_imm(a, ALU_AND, true, x86_r(RDX), -(int32_t)A64_PAGE_SIZE);
    x86_alu_imm(a, ALU_AND, true, x86_r(RCX), -(int32_t)A64_PAGE_SIZE);
    x86_alu_load(a, ALU_XOR, true, RDX, gen_page_tag(group->writes));
    x86_alu_load(a, ALU_OR, true, RDX, x86_r(RCX));
}

/* The way out of a member: it looks up alone; in the slow form, if this is the fast one. */
static void otherwise(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    if (g->fast.on)
        gen_bail(g, x86_jcc(&g->a, cc));
    else
        gen_slow(g, SLOW_ALONE, x86_jcc(&g->a, cc), i->guest)->ir = i;
}

static bool is_first(const struct gen *g, const struct ir *i)
{
    return i == &g->ir->op[g->ir->group[i->group - 1].first];
}

struct x86_rm gen_group(struct gen *g, const struct ir *i)
{
    const struct ir_group *group = &g->ir->group[i->group - 1];
    struct x86_rm at = place(group);
    int reg = at.is_mem ? RCX : at.reg;

    g->eflags = EFLAGS_NONE;
    if (is_first(g, i) && gen_page_has_place(g, i)) {
        x86_lea(&g->a, true, RDX, x86_m(gen_use(g, i->a, true, RDX), group->lo));
        gen_page(g, i, RDX, (unsigned)(group->hi - group->lo), group->writes);
        x86_lea(&g->a, true, reg, x86_m(RDX, -group->lo));
        if (at.is_mem)
            x86_mov_store(&g->a, true, at, reg);
    } else if (is_first(g, i)) {
        look_up_group(g, i, group);
        otherwise(g, i, CC_NE);
        x86_mov_load(&g->a, true, reg, x86_m(RAX, offsetof(struct a64_tlb_entry, addend)));
        x86_alu_load(&g->a, ALU_ADD, true, reg, gen_loc(g, i->a));
        if (at.is_mem)
            x86_mov_store(&g->a, true, at, reg);
    } else {
        if (at.is_mem)
            x86_mov_load(&g->a, true, reg, at);
        if (!g->fast.on) { /* there, no handler ran since */
            x86_test(&g->a, true, x86_r(reg), reg);
            otherwise(g, i, CC_E);
        }
    }
    return x86_m(reg, i->moved + (int32_t)i->imm);
}

void gen_group_resume(struct gen *g, const struct ir *i)
{
    for (unsigned n = g->nr_slow; n-- > 0 && g->slow[n].guest == i->guest;)
        if (g->slow[n].kind == SLOW_ALONE && g->slow[n].ir == i)
            g->slow[n].resume = g->a.p;
}

void gen_group_alone(struct gen *g, const struct gen_slow *s)
{
    const struct gen_slow way = *s;
    struct x86_rm at = place(&g->ir->group[way.ir->group - 1]);
    unsigned first_slow = g->nr_slow;

    if (is_first(g, way.ir)) {
        x86_mov_imm(&g->a, at.is_mem ? RCX : at.reg, 0);
        if (at.is_mem)
            x86_mov_store(&g->a, true, at, RCX);
    }
    gen_mem_alone(g, way.ir);
    x86_jmp_to(&g->a, way.resume);
    for (unsigned n = first_slow; n < g->nr_slow; n++) {
        g->slow[n].back = way.back;
        g->slow[n].eflags = way.eflags;
    }
}
