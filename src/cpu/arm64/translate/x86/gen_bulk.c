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
    MOST_BYTES = 128, /* four registers: gen_copy.c */
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
    struct x86_asm *a = &g->a;
    bool bulk = turns_each_time(g), at_once = starts_at_once(&g->ir->bulk);

    g->fast.to_bulk = NULL;
    if (bulk && !at_once) { /* one turn, and then the rest */
        x86_alu_imm(a, ALU_SUB, true, x86_r(RAX), 1);
        x86_mov_store(a, true, CPU_FIELD(bulk_rest), RAX);
        x86_lea(a, true, RDX, x86_m(gen_use(g, g->ir->counter, true, RDX), g->ir->counter_stride));
        x86_mov_store(a, true, CPU_FIELD(run_limit), RDX);
        return;
    }
    gen_bulk_limit(g, CPU_FIELD(run_limit));
    if (bulk)
        g->fast.to_bulk = x86_jmp(a);
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
    if (step == 1 || step & (step - 1)) { /* else it cannot be too much */
        x86_mov_imm(a, RCX, MAX_DISTANCE);
        x86_alu_load(a, ALU_CMP, true, RDX, x86_r(RCX));
        x86_cmov(a, CC_A, true, RDX, x86_r(RCX));
    }
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

void gen_bulk_scale(struct gen *g, int reg, int32_t by)
{
    if (by > 0 && !(by & (by - 1))) {
        x86_mov_load(&g->a, true, reg, x86_r(RAX));
        x86_shift_imm(&g->a, SHIFT_SHL, true, x86_r(reg), (unsigned)__builtin_ctz((unsigned)by));
    } else {
        x86_mov_imm(&g->a, reg, (uint64_t)(int64_t)by);
        x86_imul(&g->a, true, reg, x86_r(RAX));
    }
}

void gen_bulk_limit(struct gen *g, struct x86_rm field)
{
    gen_bulk_scale(g, RDX, g->ir->counter_stride);
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

void gen_bulk_store(struct gen *g, bool wide, struct x86_rm to, int xmm)
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
            gen_bulk_store(g, true, gen_run_byte(g, i->run - 1u, i->place + at), g->fast.home[i->c]);
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
        gen_bulk_check_overlap(g, bulk->piece[0], bulk->other[n], true);
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
        gen_copy_or_fill(g, turns);
    x86_vzeroupper(&g->a);
    if (bulk->kind == BULK_COPY)
        gen_copy_load_carried(g);
    x86_jmp_to(&g->a, g->fast.turn);
}
