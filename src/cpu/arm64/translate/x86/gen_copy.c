/* SPDX-License-Identifier: Apache-2.0
 *
 * Copies and fills many turns at a time (copy.c, gen_bulk.c). Whole units of 16 bytes move, so what is atomic stays so. */
#include "cpu/arm64/translate/x86/gen.h"

enum { WIDE = 32 };

/* rdx = where `to` is in the host, less where `from` is; rcx is lost. */
static void distance(struct gen *g, struct ir_piece to, struct ir_piece from)
{
    const struct ir_run *r = &g->ir->run[from.run];
    struct x86_asm *a = &g->a;

    x86_lea(a, true, RDX, gen_run_byte(g, to.run, to.at));
    if (r->index == IR_NONE) {
        x86_alu_load(a, ALU_SUB, true, RDX, gen_run_addend(g, from.run));
        x86_alu_load(a, ALU_SUB, true, RDX, gen_loc(g, r->base));
        x86_alu_imm(a, ALU_SUB, true, x86_r(RDX), r->offset + from.at);
        return;
    }
    x86_mov_store(a, true, CPU_FIELD(bulk_limit), RDX);
    x86_lea(a, true, RCX, gen_run_byte(g, from.run, from.at));
    x86_mov_load(a, true, RDX, CPU_FIELD(bulk_limit));
    x86_alu_load(a, ALU_SUB, true, RDX, x86_r(RCX));
}

void gen_bulk_check_overlap(struct gen *g, struct ir_piece to, struct ir_piece from, bool same)
{
    struct x86_asm *a = &g->a;
    int32_t stride = g->ir->run[to.run].stride;
    uint8_t *fine = NULL;

    distance(g, to, from);
    if (same)
        fine = x86_jcc(a, CC_E);
    gen_bulk_scale(g, RCX, stride);
    x86_alu_imm(a, ALU_ADD, true, x86_r(RCX), 4 * stride);
    x86_alu_imm(a, ALU_ADD, true, x86_r(RDX), 2 * stride);
    x86_alu_load(a, ALU_CMP, true, RDX, x86_r(RCX));
    x86_jcc_to(a, CC_B, g->fast.turn);
    if (same && !a->full)
        x86_patch(fine, a->p);
}

void gen_copy_load_carried(struct gen *g)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    int run = -1; /* whose addend is in rcx */

    for (unsigned n = 0; n < bulk->nr_carried; n++) {
        const struct ir_carried *c = &bulk->carried[n];
        int32_t at = c->from.at - g->ir->run[c->from.run].stride;
        struct x86_rm from = c->from.run == run ? gen_run_byte_again(g, c->from.run, at) : gen_run_byte(g, c->from.run, at);
        struct x86_rm home = gen_vector(g, c->reg);

        run = c->from.run;
        if (c->vector) {
            gen_bulk_load(g, false, home.is_mem ? XMM0 : home.reg, from);
            gen_vector_end(g, c->reg, home.is_mem ? XMM0 : home.reg);
        } else {
            int reg = gen_def(g, c->reg, RAX);

            x86_mov_load(&g->a, true, reg, from);
            gen_def_end(g, c->reg, reg);
        }
    }
}

/* DC ZVA: a turn as usual unless it is allowed, which has to be asked but once, and the addresses are where blocks begin (guest
 * pages begin where host pages do). */
static void check_zeroes(struct gen *g, struct ir_piece to)
{
    gen_may_zero(g);
    x86_jcc_to(&g->a, CC_E, g->fast.turn);
    x86_lea(&g->a, true, RDX, gen_run_byte(g, to.run, to.at));
    x86_test_imm(&g->a, false, x86_r(RDX), g->ir->run[to.run].stride - 1);
    x86_jcc_to(&g->a, CC_NE, g->fast.turn);
}

/* `bytes` from this turn on: all are read before any is written. */
static void move(struct gen *g, int32_t bytes)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    struct ir_piece to = bulk->piece[0], from = bulk->other[0];
    bool fills = bulk->kind == BULK_FILL;
    int xmm = XMM0;

    for (int32_t at = 0; at < bytes && !fills; at += WIDE, xmm++)
        gen_bulk_load(g, bytes - at >= WIDE, xmm,
                      at ? gen_run_byte_again(g, from.run, from.at + at) : gen_run_byte(g, from.run, from.at));
    xmm = XMM0;
    for (int32_t at = 0; at < bytes; at += WIDE, xmm += !fills)
        gen_bulk_store(g, bytes - at >= WIDE,
                       at ? gen_run_byte_again(g, to.run, to.at + at) : gen_run_byte(g, to.run, to.at), xmm);
}

void gen_copy_or_fill(struct gen *g, unsigned turns)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    int32_t bytes = g->ir->run[bulk->piece[0].run].stride * (int32_t)turns;
    struct x86_asm *a = &g->a;
    const uint8_t *again;

    if (bulk->zeroes)
        check_zeroes(g, bulk->piece[0]);
    x86_alu_imm(a, ALU_AND, true, x86_r(RAX), -(int32_t)turns);
    x86_jcc_to(a, CC_E, g->fast.turn);
    if (bulk->kind == BULK_FILL)
        gen_bulk_everywhere(g, XMM0, bulk->value, bulk->size, bulk->vector);
    else
        gen_bulk_check_overlap(g, bulk->piece[0], bulk->other[0], false);
    gen_bulk_limit(g, CPU_FIELD(bulk_limit));
    again = a->p;
    move(g, bytes);
    gen_bulk_move_on(g, turns);
    x86_alu_load(a, ALU_CMP, true, gen_use(g, g->ir->counter, true, RAX), CPU_FIELD(bulk_limit));
    x86_jcc_to(a, CC_NE, again);
}
