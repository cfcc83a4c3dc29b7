/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs: a loop's steady accesses (run.c) have their pages looked up once for as many turns as stay inside all of them. In
 * between, a turn asks nothing but whether the run is over:
 *
 *     head ─► does someone want us? ─► pages of all runs, least number of turns ─► limit
 *      ▲                                 │ not there: slow form                      │
 *      │                                 ▼                                      ┌────▼────┐
 *      └──────────────────────────── counter = limit ◄── loop goes on ◄─────────│ a turn  │
 *                                    counter ≠ limit ──────────────────────────►└────┬────┘
 *                                                                                    ▼ leaves
 *
 * A turn that crosses into another page is one as in gen_cross.c.
 *
 * In the fast form no handler runs, so what the head found stays true. The host's address of a run's accesses is the guest's
 * plus an addend, kept in a host register that the loop leaves free, else in cpu->seen. */
#include <stdlib.h>

#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

enum {
    MOST_TURNS = 1024, /* so that nobody who wants the CPU waits long */
    RECIPROCAL_BITS = 24,
};

/* Places not in registers. */
struct x86_rm gen_run_addend(const struct gen *g, unsigned run)
{
    int reg = g->fast.run_reg[run];

    if (reg != X86_NO_REG)
        return x86_r(reg);
    return gen_field(offsetof(struct a64_cpu, seen) + run * sizeof(struct a64_seen_page) +
                     offsetof(struct a64_seen_page, host));
}

/* r11 is where a group that is no run has its place. */
static bool r11_is_free(const struct ir_block *b)
{
    for (unsigned k = 0; k < b->nr; k++)
        if (b->op[k].group && !b->op[k].run)
            return false;
    return true;
}

void gen_run_plan(struct gen *g, const struct ir_block *b)
{
    bool r11 = r11_is_free(b);

    for (unsigned n = 0; n < b->nr_runs; n++) {
        int reg = gen_homes_lend(g, b);

        if (reg == X86_NO_REG && r11) {
            reg = R11;
            r11 = false;
        }
        g->fast.run_reg[n] = (int8_t)reg;
    }
    g->fast.nr_seen = b->nr_runs; /* the first places are theirs */
}

/* rdx = guest address of a run's first byte in the turn that begins. */
static void first_address(struct gen *g, const struct ir_run *r)
{
    struct x86_asm *a = &g->a;
    int base = gen_use(g, r->base, true, RDX), index;

    if (r->index == IR_NONE) {
        x86_lea(a, true, RDX, x86_m(base, r->offset));
        return;
    }
    index = gen_use(g, r->index, true, RCX);
    x86_lea(a, true, RDX, x86_mx(base, index, r->shift, r->offset));
}

/* rax = turns until an access that is rdx now leaves the page rcx. */
static void count_turns(struct gen *g, const struct ir_run *r)
{
    struct x86_asm *a = &g->a;
    unsigned stride = (unsigned)abs(r->stride);

    if (r->stride > 0) {
        x86_lea(a, true, RAX, x86_m(RCX, (int32_t)A64_PAGE_SIZE - r->bytes));
        x86_alu_load(a, ALU_SUB, true, RAX, x86_r(RDX));
    } else {
        x86_mov_load(a, true, RAX, x86_r(RDX));
        x86_alu_load(a, ALU_SUB, true, RAX, x86_r(RCX));
    }
    if (!(stride & (stride - 1))) {
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RAX), (unsigned)__builtin_ctz(stride));
    } else {
        x86_mov_imm(a, RCX, (1u << RECIPROCAL_BITS) / stride + 1);
        x86_imul(a, true, RAX, x86_r(RCX));
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RAX), RECIPROCAL_BITS);
    }
    x86_alu_imm(a, ALU_ADD, true, x86_r(RAX), 1);
}

/* The page of run `n`, or the two that this turn crosses: its addend, and in rcx the page of the last byte; rdx = the first. */
static void look_up(struct gen *g, unsigned n)
{
    const struct ir_run *r = &g->ir->run[n];
    struct x86_rm addend = gen_run_addend(g, n);
    struct x86_asm *a = &g->a;
    struct gen_slow *span;

    first_address(g, r);
    gen_find_page(g, RDX);
    x86_lea(a, true, RCX, x86_m(RDX, r->bytes - 1));
    x86_alu_imm(a, ALU_AND, true, x86_r(RCX), -(int32_t)A64_PAGE_SIZE);
    x86_alu_load(a, ALU_CMP, true, RCX, gen_page_tag(r->writes));
    span = gen_bail(g, x86_jcc(a, CC_NE));
    span->kind = SLOW_SPAN;
    span->place = (uint8_t)n;
    span->resume = a->p;
    x86_mov_load(a, true, addend.is_mem ? RAX : addend.reg, x86_m(RAX, offsetof(struct a64_tlb_entry, addend)));
    if (addend.is_mem)
        x86_mov_store(a, true, addend, RAX);
}

/* rax = the lesser of rax and the turns that others allow; the first cannot be too many unless its steps are tiny. */
static void bound_turns(struct gen *g, const struct ir_run *r, bool first)
{
    struct x86_asm *a = &g->a;

    if (!first) {
        x86_alu_load(a, ALU_CMP, true, RAX, CPU_FIELD(run_limit));
        x86_cmov(a, CC_A, true, RAX, CPU_FIELD(run_limit));
    } else if (2 * A64_PAGE_SIZE / (unsigned)abs(r->stride) >= MOST_TURNS) { /* two pages may be as good as one: gen_cross.c */
        x86_mov_imm(a, RCX, MOST_TURNS);
        x86_alu_load(a, ALU_CMP, true, RAX, x86_r(RCX));
        x86_cmov(a, CC_A, true, RAX, x86_r(RCX));
    }
}

/* Looks the runs up; rax = turns until one leaves its page. */
static void look_up_all(struct gen *g)
{
    const struct ir_block *b = g->ir;
    bool in_rax = false, bounded = false;

    for (unsigned n = 0; n < b->nr_runs; n++) {
        if (in_rax)
            x86_mov_store(&g->a, true, CPU_FIELD(run_limit), RAX);
        look_up(g, n);
        in_rax = b->run[n].stride;
        if (!in_rax)
            continue;
        count_turns(g, &b->run[n]);
        bound_turns(g, &b->run[n], !bounded);
        bounded = true;
    }
    if (!bounded)
        x86_mov_imm(&g->a, RAX, MOST_TURNS);
    else if (!in_rax)
        x86_mov_load(&g->a, true, RAX, CPU_FIELD(run_limit));
}

void gen_run_begin(struct gen *g)
{
    g->fast.at = 0;
    look_up_all(g);
    gen_bulk_begin(g);
    g->fast.turn = g->a.p;
    g->eflags = EFLAGS_NONE;
}

/* To the next turn, which the loop's last branch has decided to take. */
void gen_run_next(struct gen *g)
{
    int counter = gen_use(g, g->ir->counter, true, RAX);

    if (g->fast.alone) {
        x86_jmp_to(&g->a, g->fast.head);
        return;
    }
    x86_alu_load(&g->a, ALU_CMP, true, counter, CPU_FIELD(run_limit));
    x86_jcc_to(&g->a, CC_NE, g->fast.turn);
    gen_bulk(g);
    x86_jmp_to(&g->a, g->fast.head);
}

struct x86_rm gen_run_byte(struct gen *g, unsigned run, int32_t at)
{
    const struct ir_run *r = &g->ir->run[run];
    int base = gen_use(g, r->base, true, RDX);

    if (r->index != IR_NONE)
        x86_lea(&g->a, true, RDX, x86_mx(base, gen_use(g, r->index, true, RCX), r->shift, 0));
    if (gen_run_addend(g, run).is_mem)
        x86_mov_load(&g->a, true, RCX, gen_run_addend(g, run));
    return gen_run_byte_again(g, run, at);
}

struct x86_rm gen_run_byte_again(struct gen *g, unsigned run, int32_t at)
{
    const struct ir_run *r = &g->ir->run[run];
    struct x86_rm addend = gen_run_addend(g, run);
    int base = r->index == IR_NONE ? gen_home(g, r->base) : RDX;

    return x86_mx(addend.is_mem ? RCX : addend.reg, base == X86_NO_REG ? RDX : base, 0, r->offset + at);
}

bool gen_run_has(const struct gen *g, const struct ir *i)
{
    return g->fast.on && !g->fast.alone && i->run;
}

struct x86_rm gen_run(struct gen *g, const struct ir *i)
{
    struct x86_rm addend = gen_run_addend(g, i->run - 1u);
    int base = gen_use(g, i->a, true, RDX);
    int32_t disp = (int32_t)i->imm;

    if (i->b != IR_NONE) {
        x86_lea(&g->a, true, RDX, x86_mx(base, gen_use(g, i->b, true, RCX), i->shift, 0));
        base = RDX;
        disp = 0;
    }
    if (addend.is_mem) {
        x86_mov_load(&g->a, true, RCX, addend);
        addend = x86_r(RCX);
    }
    return x86_mx(addend.reg, base, 0, disp);
}
