/* SPDX-License-Identifier: Apache-2.0
 *
 * Searches many turns at a time (search.c, gen_bulk.c):
 *
 *     ─► several turns at once, ──limit──► what is left, together with turns that ─► the usual turn
 *        from where loads of 32             found nothing ──found──┐                      ▲
 *        bytes are aligned ──found──► in which turn? ◄─────────────┘──────────────────────┘
 *
 * Which turn it is, and what is left, is counted rather than tried one by one: the host would not foresee those branches. */
#include "cpu/arm64/translate/x86/gen.h"

enum { PIECE = 16, MOST_CHUNKS = 8 * IR_MAX_PIECES };

/* What one comparison looks at. */
struct chunk {
    struct ir_piece piece, other;
    bool wide;
};

/* Is `y` the 16 bytes behind `x`? */
static bool follows(const struct ir_block *b, const struct chunk *x, const struct chunk *y)
{
    return !x->wide && x->piece.run == y->piece.run && x->piece.at + PIECE == y->piece.at &&
           (!b->bulk.differs || (x->other.run == y->other.run && x->other.at + PIECE == y->other.at));
}

/* The pieces of turns [first, end), two in one where they lie side by side. */
static unsigned make_chunks(const struct ir_block *b, unsigned first, unsigned end, struct chunk *chunk)
{
    const struct ir_bulk *bulk = &b->bulk;
    unsigned nr = 0;

    for (unsigned n = first * bulk->nr_pieces; n < end * bulk->nr_pieces; n++) {
        unsigned k = n % bulk->nr_pieces, joined = 0;
        int32_t turn = (int32_t)(n / bulk->nr_pieces);
        struct chunk c = {.piece = bulk->piece[k], .other = bulk->other[k]};

        c.piece.at += turn * b->run[c.piece.run].stride;
        c.other.at += turn * b->run[c.other.run].stride;
        while (joined < nr && !follows(b, &chunk[joined], &c))
            joined++;
        if (joined < nr)
            chunk[joined].wide = true;
        else
            chunk[nr++] = c;
    }
    return nr;
}

/* Do the chunks lie one behind the other, so that what begins 16 bytes further on is the same but for its ends? */
static bool may_shift(const struct ir_block *b, const struct chunk *chunk, unsigned nr)
{
    for (unsigned n = 0; n < nr; n++) {
        int32_t at = (int32_t)n * 2 * PIECE;

        if (!chunk[n].wide || chunk[n].piece.run != chunk[0].piece.run || chunk[n].piece.at != chunk[0].piece.at + at)
            return false;
        if (b->bulk.differs && (chunk[n].other.run != chunk[0].other.run || chunk[n].other.at != chunk[0].other.at + at))
            return false;
    }
    return nr > 0;
}

static void shift(struct chunk *chunk, unsigned nr)
{
    for (unsigned n = 0; n < nr; n++) {
        chunk[n].piece.at += PIECE;
        chunk[n].other.at += PIECE;
    }
}

/* xmm = not zero where something is found. */
static void compare(struct gen *g, const struct chunk *c, int xmm)
{
    static const uint8_t equal[] = {[1] = 0x74, [2] = 0x75, [4] = 0x76};
    unsigned size = g->ir->bulk.size;
    struct x86_rm at;

    if (g->ir->bulk.differs) {
        gen_bulk_load(g, c->wide, xmm, gen_run_byte(g, c->piece.run, c->piece.at));
        at = gen_run_byte(g, c->other.run, c->other.at);
        x86_vex(&g->a, 1, 1, false, c->wide, 0xef, xmm, xmm, at); /* vpxor */
        return;
    }
    at = gen_run_byte(g, c->piece.run, c->piece.at);
    if (size == 8)
        x86_vex(&g->a, 2, 1, false, c->wide, 0x29, xmm, XMM3, at); /* vpcmpeqq */
    else
        x86_vex(&g->a, 1, 1, false, c->wide, equal[size], xmm, XMM3, at);
}

/* NE if something is found in any. */
static void compare_all(struct gen *g, const struct chunk *chunk, unsigned nr)
{
    for (unsigned n = 0; n < nr; n++) {
        compare(g, &chunk[n], n ? XMM1 : XMM0);
        if (n)
            x86_vex(&g->a, 1, 1, false, true, 0xeb, XMM0, XMM0, x86_r(XMM1)); /* vpor */
    }
    x86_vex(&g->a, 2, 1, false, true, 0x17, XMM0, 0, x86_r(XMM0)); /* vptest */
}

/* Goes on by `turns` until the counter is `limit`; runs on behind itself then. Returns the jump that is taken as soon as something
 * is found. */
static uint8_t *search_by(struct gen *g, unsigned turns, const struct chunk *chunk, unsigned nr, struct x86_rm limit)
{
    const uint8_t *again = g->a.p;
    uint8_t *found;

    compare_all(g, chunk, nr);
    found = x86_jcc(&g->a, CC_NE);
    gen_bulk_move_on(g, turns);
    x86_alu_load(&g->a, ALU_CMP, true, gen_use(g, g->ir->counter, true, RAX), limit);
    x86_jcc_to(&g->a, CC_NE, again);
    return found;
}

/* Goes on by rax turns, which may be less than 0. */
static void move_by_rax(struct gen *g)
{
    const struct ir_bulk *bulk = &g->ir->bulk;

    for (unsigned n = 0; n < bulk->nr_steady; n++) {
        gen_bulk_scale(g, RDX, bulk->steady[n].stride);
        x86_alu_store(&g->a, ALU_ADD, true, gen_loc(g, bulk->steady[n].reg), RDX);
    }
}

/* Goes on to the first turn in which something is found: if it is in none of `turns`, to the one behind them. */
static void go_to_found(struct gen *g, unsigned turns)
{
    struct x86_asm *a = &g->a;

    x86_mov_imm(a, RAX, turns);
    for (unsigned t = turns; t-- > 0;) {
        struct chunk chunk[IR_MAX_PIECES];
        unsigned nr = make_chunks(g->ir, t, t + 1, chunk);

        compare_all(g, chunk, nr);
        x86_mov_imm(a, RDX, t);
        x86_cmov(a, CC_NE, true, RAX, x86_r(RDX));
    }
    move_by_rax(g);
}

static void land(struct gen *g, uint8_t *from)
{
    if (from && !g->a.full)
        x86_patch(from, g->a.p);
}

/* The turns that are left, fewer than `turns`, with as many before them as make `turns`. Returns the jump that is taken when
 * something is found; *done: when nothing is left. */
static uint8_t *search_rest(struct gen *g, unsigned turns, const struct chunk *chunk, unsigned nr, uint8_t **done)
{
    struct x86_asm *a = &g->a;
    uint8_t *found;

    x86_mov_load(a, true, RAX, CPU_FIELD(bulk_few));
    x86_test(a, true, x86_r(RAX), RAX);
    *done = x86_jcc(a, CC_E);
    x86_alu_imm(a, ALU_SUB, true, x86_r(RAX), (int32_t)turns);
    move_by_rax(g);
    compare_all(g, chunk, nr);
    found = x86_jcc(a, CC_NE);
    gen_bulk_move_on(g, turns);
    return found;
}

static void leave(struct gen *g)
{
    x86_vzeroupper(&g->a);
    x86_jmp_to(&g->a, g->fast.turn);
}

/* Are 16 bytes too many or too few for 32 to be aligned? Returns the jump taken then. */
static uint8_t *ask_shift(struct gen *g)
{
    struct ir_piece first = g->ir->bulk.piece[0];

    x86_lea(&g->a, true, RDX, gen_run_byte(g, first.run, first.at));
    x86_test_imm(&g->a, false, x86_r(RDX), PIECE);
    return x86_jcc(&g->a, CC_NE);
}

/* The same as search_by from 16 bytes further on; the last of them are of the turn behind `turns`, which is there (gen_bulk leaves
 * one). Where to go when the limit is met, and if something is in the first 16. */
static void search_shifted(struct gen *g, unsigned turns, struct chunk *chunk, unsigned nr, const uint8_t *rest, const uint8_t *done)
{
    struct chunk first = chunk[0];
    uint8_t *found;

    first.wide = false;
    compare_all(g, &first, 1);
    x86_jcc_to(&g->a, CC_NE, done);
    shift(chunk, nr);
    found = search_by(g, turns, chunk, nr, CPU_FIELD(bulk_limit));
    x86_jmp_to(&g->a, rest);
    land(g, found);
    go_to_found(g, turns);
    leave(g);
}

static void begin(struct gen *g, unsigned turns)
{
    const struct ir_bulk *bulk = &g->ir->bulk;

    x86_test(&g->a, true, x86_r(RAX), RAX);
    x86_jcc_to(&g->a, CC_E, g->fast.turn);
    if (!bulk->differs)
        gen_bulk_everywhere(g, XMM3, bulk->value, PIECE, true);
    x86_mov_load(&g->a, true, RDX, x86_r(RAX));
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RDX), (int32_t)turns - 1);
    x86_mov_store(&g->a, true, CPU_FIELD(bulk_few), RDX);
}

void gen_search(struct gen *g, unsigned turns)
{
    struct chunk chunk[MOST_CHUNKS], one[IR_MAX_PIECES];
    unsigned nr = make_chunks(g->ir, 0, turns, chunk), nr_one = make_chunks(g->ir, 0, 1, one);
    bool shifts = may_shift(g->ir, chunk, nr);
    uint8_t *few, *none, *over, *shifted = NULL, *found, *found_rest, *found_one;
    const uint8_t *rest, *done;

    begin(g, turns);
    x86_alu_imm(&g->a, ALU_AND, true, x86_r(RAX), -(int32_t)turns);
    few = x86_jcc(&g->a, CC_E);
    gen_bulk_limit(g, CPU_FIELD(bulk_limit));
    if (shifts)
        shifted = ask_shift(g);
    found = search_by(g, turns, chunk, nr, CPU_FIELD(bulk_limit));
    rest = g->a.p;
    found_rest = search_rest(g, turns, chunk, nr, &none);
    over = x86_jmp(&g->a);
    land(g, few);
    x86_mov_load(&g->a, true, RAX, CPU_FIELD(bulk_few));
    gen_bulk_limit(g, CPU_FIELD(bulk_rest));
    found_one = search_by(g, 1, one, nr_one, CPU_FIELD(bulk_rest));
    land(g, found_one);
    land(g, none);
    land(g, over);
    done = g->a.p;
    leave(g);
    land(g, shifted);
    if (shifts)
        search_shifted(g, turns, chunk, nr, rest, done);
    land(g, found);
    land(g, found_rest);
    go_to_found(g, turns - 1);
}
