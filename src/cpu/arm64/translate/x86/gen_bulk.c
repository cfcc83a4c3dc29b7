/* SPDX-License-Identifier: Apache-2.0
 *
 * Many turns of a loop at a time (bulk.c), inside a run (gen_run.c), where nothing can fault. The last turn of a run goes as
 * usual, which leaves all registers as they should be. So does the first of a copy, because what it stores was loaded who knows
 * where from:
 *
 *     head ─► a copy: a turn ─► as many turns as the bounds allow, 64 bytes and more each time ─► turns as usual ─► head
 *                               a search that found something: where exactly? ───────────────────────▲
 *
 * Only xmm0 to xmm3 and rax, rcx, rdx are used, and by maps the homes of vector registers. Whole units of 16 bytes move, so what is atomic stays so. */
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/x86/gen.h"

enum {
    EACH_TIME = 64,   /* bytes at least */
    SEARCHED = 128,   /* the same, of searches (gen_search.c) */
    MOST_BYTES = 128, /* four registers */
    MAX_DISTANCE = 1 << 20, /* to a bound: more is taken for this */
    RECIPROCAL_BITS = 32,
};

static unsigned magnitude(int32_t step)
{
    return (unsigned)(step < 0 ? -step : step);
}

/* Vector registers that the loop only reads, or writes. */
static uint32_t registers(const struct ir_block *b, bool written)
{
    uint32_t reads = 0, writes = 0;

    for (unsigned k = 0; k < b->nr; k++) {
        struct ir_vectors v;

        ir_vectors(&b->op[k], &v);
        for (unsigned n = 0; n < v.nr_read; n++)
            reads |= UINT32_C(1) << v.read[n].reg;
        for (unsigned n = 0; n < v.nr_write; n++)
            writes |= UINT32_C(1) << v.write[n].reg;
    }
    return written ? writes : reads & ~writes;
}

/* Are all vector registers of the loop in xmm registers, which have upper halves? */
static bool all_homed(const struct gen *g)
{
    return !((registers(g->ir, false) | registers(g->ir, true)) & ~g->fast.homed);
}

/* Turns done each time round the loop that is generated; 0: there is none. */
static unsigned turns_each_time(const struct gen *g)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    bool search = bulk->kind == BULK_SEARCH;
    unsigned bytes, turns = 1;

    if (bulk->kind == BULK_NONE || (bulk->kind == BULK_MAP && !all_homed(g)))
        return 0;
    bytes = search ? bulk->nr_pieces * 16 : (unsigned)g->ir->run[bulk->piece[0].run].stride;
    while (bytes * turns < (search ? SEARCHED : EACH_TIME) || bytes * turns % 16)
        turns *= 2;
    return bytes * turns <= MOST_BYTES || search ? turns : 0;
}

/* Is what a turn needs all there when a run begins? */
static bool starts_at_once(const struct ir_bulk *bulk)
{
    return bulk->kind != BULK_COPY;
}

void gen_bulk_begin(struct gen *g)
{
    if (!turns_each_time(g))
        return;
    x86_mov_load(&g->a, true, RAX, CPU_FIELD(run_limit));
    if (!starts_at_once(&g->ir->bulk)) {
        x86_alu_imm(&g->a, ALU_SUB, true, x86_r(RAX), 1);
        x86_mov_store_imm(&g->a, true, CPU_FIELD(run_limit), 1);
    }
    x86_mov_store(&g->a, true, CPU_FIELD(bulk_rest), RAX);
}

void gen_bulk_enter(struct gen *g)
{
    g->fast.to_bulk = turns_each_time(g) && starts_at_once(&g->ir->bulk) ? x86_jmp(&g->a) : NULL;
}

/* rdx = the distance between the sides of a comparison that the loop makes before they meet; jumps to the usual turn if it may
 * leave at once. */
static void distance(struct gen *g, const struct ir_bound *bound)
{
    static const int8_t leaves[] = { /* by Arm condition; the sides being equal leaves, too */
        [1] = CC_E, [2] = CC_BE, [3] = CC_AE, [4] = CC_GE, [5] = CC_LE, [8] = CC_BE,
        [9] = CC_AE, [10] = CC_LE, [11] = CC_GE, [12] = CC_LE, [13] = CC_GE,
    };
    struct x86_asm *a = &g->a;
    bool down = bound->step < 0;

    x86_lea(a, true, RDX, x86_m(gen_use(g, bound->left, true, RDX), (int32_t)bound->add));
    if (bound->right == IR_IMM)
        x86_mov_imm(a, RCX, (uint64_t)bound->imm);
    else
        x86_mov_load(a, true, RCX, gen_loc(g, bound->right));
    x86_alu_load(a, ALU_CMP, true, RDX, x86_r(RCX));
    x86_jcc_to(a, (enum x86_cc)leaves[bound->cond], g->fast.turn);
    if (down) {
        x86_alu_load(a, ALU_SUB, true, RDX, x86_r(RCX));
    } else {
        x86_alu_load(a, ALU_SUB, true, RCX, x86_r(RDX));
        x86_mov_load(a, true, RDX, x86_r(RCX));
    }
    if (bound->cond == 4 || bound->cond == 5) { /* the sign of the difference, which may have overflowed */
        x86_test(a, true, x86_r(RDX), RDX);
        x86_jcc_to(a, CC_S, g->fast.turn);
    }
}

/* rax = the lesser of rax and the turns until a bound is met. */
static void turns_to_bound(struct gen *g, const struct ir_bound *bound)
{
    struct x86_asm *a = &g->a;
    unsigned step = magnitude(bound->step);

    distance(g, bound);
    x86_alu_imm(a, ALU_SUB, true, x86_r(RDX), 1);
    x86_mov_imm(a, RCX, MAX_DISTANCE);
    x86_alu_load(a, ALU_CMP, true, RDX, x86_r(RCX));
    x86_cmov(a, CC_A, true, RDX, x86_r(RCX));
    if (!(step & (step - 1))) {
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RDX), (unsigned)__builtin_ctz(step));
    } else {
        x86_mov_imm(a, RCX, (UINT64_C(1) << RECIPROCAL_BITS) / step); /* rounded down: rather one too few */
        x86_imul(a, true, RDX, x86_r(RCX));
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RDX), RECIPROCAL_BITS);
    }
    if (!bound->inside) /* else the turn before the one that leaves goes as usual, too */
        x86_alu_imm(a, ALU_ADD, true, x86_r(RDX), 1);
    x86_alu_load(a, ALU_CMP, true, RAX, x86_r(RDX));
    x86_cmov(a, CC_A, true, RAX, x86_r(RDX));
}

void gen_bulk_limit(struct gen *g, struct x86_rm field)
{
    unsigned stride = magnitude(g->ir->counter_stride);

    if (g->ir->counter_stride > 0 && !(stride & (stride - 1))) {
        x86_mov_load(&g->a, true, RDX, x86_r(RAX));
        x86_shift_imm(&g->a, SHIFT_SHL, true, x86_r(RDX), (unsigned)__builtin_ctz(stride));
    } else {
        x86_mov_imm(&g->a, RDX, (uint64_t)(int64_t)g->ir->counter_stride);
        x86_imul(&g->a, true, RDX, x86_r(RAX));
    }
    x86_alu_load(&g->a, ALU_ADD, true, RDX, gen_loc(g, g->ir->counter));
    x86_mov_store(&g->a, true, field, RDX);
}

void gen_bulk_move_on(struct gen *g, unsigned turns)
{
    const struct ir_bulk *bulk = &g->ir->bulk;

    for (unsigned n = 0; n < bulk->nr_steady; n++)
        x86_alu_imm(&g->a, ALU_ADD, true, gen_loc(g, bulk->steady[n].reg), bulk->steady[n].stride * (int32_t)turns);
}

void gen_bulk_load(struct gen *g, bool wide, int xmm, struct x86_rm from)
{
    x86_vex(&g->a, 1, 2, false, wide, 0x6f, xmm, 0, from); /* vmovdqu */
}

static void store(struct gen *g, bool wide, struct x86_rm to, int xmm)
{
    x86_vex(&g->a, 1, 2, false, wide, 0x7f, xmm, 0, to);
}

void gen_bulk_everywhere(struct gen *g, int ymm, int value, unsigned size, bool vector)
{
    static const uint8_t broadcast[] = {[1] = 0x78, [2] = 0x79, [4] = 0x58, [8] = 0x59};

    if (value == IR_NONE || (!vector && value == A64_ZR)) {
        x86_vex(&g->a, 1, 1, false, true, 0xef, ymm, ymm, x86_r(ymm)); /* vpxor */
        return;
    }
    if (vector)
        gen_vector_load(g, ymm, gen_vector(g, value), 16);
    else
        x86_vex(&g->a, 1, 1, true, false, 0x6e, ymm, 0, gen_loc(g, value)); /* vmovq */
    if (size == 16)
        x86_vex_imm(&g->a, 3, 1, false, true, 0x38, ymm, ymm, x86_r(ymm), 1); /* vinserti128 */
    else
        x86_vex(&g->a, 2, 1, false, true, broadcast[size], ymm, 0, x86_r(ymm));
}

/* Do the bytes that rax turns write lie where they do not read, or well below, or (`same`) just there? Else a turn as usual. */
static void check_overlap(struct gen *g, struct ir_piece to, struct ir_piece from, bool same)
{
    struct x86_asm *a = &g->a;
    int32_t stride = g->ir->run[to.run].stride;
    uint8_t *fine = NULL;

    x86_lea(a, true, RDX, gen_run_byte(g, to.run, to.at));
    x86_mov_store(a, true, CPU_FIELD(bulk_limit), RDX);
    x86_lea(a, true, RDX, gen_run_byte(g, from.run, from.at));
    x86_mov_load(a, true, RCX, CPU_FIELD(bulk_limit));
    x86_alu_load(a, ALU_SUB, true, RCX, x86_r(RDX)); /* from what is read to what is written */
    if (same)
        fine = x86_jcc(a, CC_E);
    x86_mov_imm(a, RDX, (uint64_t)stride);
    x86_imul(a, true, RDX, x86_r(RAX));
    x86_alu_imm(a, ALU_ADD, true, x86_r(RDX), 4 * stride);
    x86_alu_imm(a, ALU_ADD, true, x86_r(RCX), 2 * stride);
    x86_alu_load(a, ALU_CMP, true, RCX, x86_r(RDX));
    x86_jcc_to(a, CC_B, g->fast.turn);
    if (same && !a->full)
        x86_patch(fine, a->p);
}

/* The registers that the next turn stores. */
static void load_carried(struct gen *g)
{
    const struct ir_bulk *bulk = &g->ir->bulk;

    for (unsigned n = 0; n < bulk->nr_carried; n++) {
        const struct ir_carried *c = &bulk->carried[n];
        struct x86_rm from = gen_run_byte(g, c->from.run, c->from.at - g->ir->run[c->from.run].stride);
        struct x86_rm home = gen_vector(g, c->reg);

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

/* rax turns, as far as they are a multiple of `turns`. */
static void copy_or_fill(struct gen *g, unsigned turns)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    int32_t bytes = g->ir->run[bulk->piece[0].run].stride * (int32_t)turns;
    bool fills = bulk->kind == BULK_FILL;
    const uint8_t *again;

    if (bulk->zeroes)
        check_zeroes(g, bulk->piece[0]);
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RAX), -(int32_t)turns);
    x86_jcc_to(&g->a, CC_E, g->fast.turn);
    if (fills)
        gen_bulk_everywhere(g, XMM0, bulk->value, bulk->size, bulk->vector);
    else
        check_overlap(g, bulk->piece[0], bulk->other[0], false);
    gen_bulk_limit(g, CPU_FIELD(bulk_limit));
    again = g->a.p;
    for (int32_t at = 0; at < bytes && !fills; at += 32)
        gen_bulk_load(g, bytes - at >= 32, XMM0 + at / 32, gen_run_byte(g, bulk->other[0].run, bulk->other[0].at + at));
    for (int32_t at = 0; at < bytes; at += 32)
        store(g, bytes - at >= 32, gen_run_byte(g, bulk->piece[0].run, bulk->piece[0].at + at), fills ? XMM0 : XMM0 + at / 32);
    gen_bulk_move_on(g, turns);
    x86_alu_load(&g->a, ALU_CMP, true, gen_use(g, g->ir->counter, true, RAX), CPU_FIELD(bulk_limit));
    x86_jcc_to(&g->a, CC_NE, again);
}

/* Two turns of a map in the halves of ymm registers, which need no more than to be there: the next usual turn writes them before
 * it reads them. */
static void map_two(struct gen *g, int32_t at)
{
    const struct ir_block *b = g->ir;

    for (unsigned k = 0; k < b->nr; k++) {
        const struct ir *i = &b->op[k];

        if (i->op == IR_VLD) {
            gen_bulk_load(g, true, g->fast.home[i->dst], gen_run_byte(g, i->run - 1u, i->place + at));
        } else if (i->op == IR_VST) {
            store(g, true, gen_run_byte(g, i->run - 1u, i->place + at), g->fast.home[i->c]);
        } else if (i->op == IR_FP) {
            g->a.wide = true;
            gen_fp(g, i);
            g->a.wide = false;
        }
    }
}

static void map(struct gen *g, unsigned turns)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    uint32_t constant = registers(g->ir, false);
    const uint8_t *again;

    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RAX), -(int32_t)turns);
    x86_jcc_to(&g->a, CC_E, g->fast.turn);
    for (unsigned n = 0; n < bulk->nr_others; n++)
        check_overlap(g, bulk->piece[0], bulk->other[n], true);
    gen_bulk_limit(g, CPU_FIELD(bulk_limit));
    for (; constant; constant &= constant - 1) {
        int xmm = g->fast.home[__builtin_ctz(constant)];

        x86_vex_imm(&g->a, 3, 1, false, true, 0x38, xmm, xmm, x86_r(xmm), 1); /* vinserti128 */
    }
    again = g->a.p;
    for (unsigned n = 0; n < turns; n += 2)
        map_two(g, (int32_t)n * 16);
    gen_bulk_move_on(g, turns);
    x86_alu_load(&g->a, ALU_CMP, true, gen_use(g, g->ir->counter, true, RAX), CPU_FIELD(bulk_limit));
    x86_jcc_to(&g->a, CC_NE, again);
}

/* From wherever the rest of a run is known to be done in this way: rax = its turns. */
static void come_here(struct gen *g)
{
    struct x86_asm *a = &g->a;

    if (!starts_at_once(&g->ir->bulk)) {
        x86_mov_load(a, true, RAX, CPU_FIELD(bulk_rest));
        x86_test(a, true, x86_r(RAX), RAX);
        x86_jcc_to(a, CC_E, g->fast.head);
        x86_mov_store_imm(a, true, CPU_FIELD(bulk_rest), 0);
        gen_bulk_limit(g, CPU_FIELD(run_limit));
        return;
    }
    x86_jmp_to(a, g->fast.head);
    if (!a->full)
        x86_patch(g->fast.to_bulk, a->p);
    x86_mov_load(a, true, RAX, CPU_FIELD(bulk_rest));
}

void gen_bulk(struct gen *g)
{
    const struct ir_bulk *bulk = &g->ir->bulk;
    unsigned turns = turns_each_time(g);

    if (!turns)
        return;
    come_here(g);
    x86_alu_imm(&g->a, ALU_SUB, true, x86_r(RAX), 1);
    for (unsigned n = 0; n < bulk->nr_bounds; n++)
        turns_to_bound(g, &bulk->bound[n]);
    if (bulk->kind == BULK_SEARCH)
        gen_search(g, turns);
    else if (bulk->kind == BULK_MAP)
        map(g, turns);
    else
        copy_or_fill(g, turns);
    x86_vzeroupper(&g->a);
    if (bulk->kind == BULK_COPY)
        load_carried(g);
    x86_jmp_to(&g->a, g->fast.turn);
}
