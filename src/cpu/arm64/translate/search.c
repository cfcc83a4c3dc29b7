/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops that search: load vectors, compare their elements with those of a register that does not change, with zero, or with each
 * other, and leave if anything was found. What is wanted is a set of comparisons such that the loop surely goes on when none of
 * them finds anything; how the program folds the masks into the register that it branches on hardly matters:
 *
 *     raw    the 16 bytes that a load gave
 *     least  no byte of it is zero if none of the raw ones is (minima)
 *     found  zero if no comparison finds anything */
#include "cpu/arm64/translate/bulk.h"

enum kind { SAME, RAW, LEAST, FOUND, OTHER }; /* SAME: what it held when the turn began */

struct search {
    struct ir_bulk *bulk;
    struct turn turn;
    struct bound_flags flags;
    struct {
        enum kind kind;
        uint8_t piece; /* RAW */
    } vector[32];
    uint32_t found; /* general registers */
    uint32_t moved; /* vector registers that the loop writes */
    uint64_t written, all; /* what was written so far in the turn, and what a turn writes: as turn_writes */
    enum { TEST_NONE, TEST_EQUAL, TEST_ZERO, TEST_DIFFERENT } test;
    struct ir_piece piece[IR_MAX_PIECES]; /* what is loaded; DIFFERENT: bulk->piece and other have the pairs */
    unsigned nr_pieces;
};

static bool is_found(const struct search *s, int v)
{
    return v >= 0 && v < 32 && s->found >> v & 1;
}

static bool load(struct search *s, const struct ir *i)
{
    unsigned nr = bulk_elements(i);
    int32_t at = i->place;

    if (!i->run || i->size != 16 || i->turns || s->nr_pieces + nr > IR_MAX_PIECES)
        return false;
    for (unsigned n = 0; n < nr; n++, at += 16) {
        s->vector[bulk_element(i, n)].kind = RAW;
        s->vector[bulk_element(i, n)].piece = (uint8_t)s->nr_pieces;
        s->piece[s->nr_pieces++] = (struct ir_piece){(uint8_t)(i->run - 1), at};
    }
    return true;
}

/* All comparisons of a loop are of one kind. */
static bool tests(struct search *s, unsigned test, unsigned size, int value)
{
    if (s->test != TEST_NONE && (s->test != test || s->bulk->size != size || s->bulk->value != value))
        return false;
    s->test = test;
    s->bulk->size = (uint8_t)size;
    s->bulk->value = (int8_t)value;
    return true;
}

static enum kind equal(struct search *s, const struct ir *i)
{
    int raw = s->vector[i->a].kind == RAW ? i->a : i->b, value = raw == i->a ? i->b : i->a;

    if (s->vector[raw].kind != RAW || s->vector[value].kind != SAME || s->moved >> value & 1)
        return OTHER;
    return tests(s, TEST_EQUAL, i->size, value) ? FOUND : OTHER;
}

static enum kind zero(struct search *s, const struct ir *i)
{
    bool bytes = i->size == 1, raw = s->vector[i->a].kind == RAW || (bytes && s->vector[i->a].kind == LEAST);

    return raw && tests(s, TEST_ZERO, i->size, IR_NONE) ? FOUND : OTHER;
}

static enum kind different(struct search *s, const struct ir *i)
{
    struct ir_bulk *bulk = s->bulk;

    if (s->vector[i->a].kind == FOUND && s->vector[i->b].kind == FOUND)
        return FOUND;
    if (s->vector[i->a].kind != RAW || s->vector[i->b].kind != RAW || !tests(s, TEST_DIFFERENT, 1, IR_NONE) ||
        bulk->nr_pieces == IR_MAX_PIECES)
        return OTHER;
    bulk->piece[bulk->nr_pieces] = s->piece[s->vector[i->a].piece];
    bulk->other[bulk->nr_pieces++] = s->piece[s->vector[i->b].piece];
    return FOUND;
}

static bool is_least(const struct search *s, int v)
{
    return s->vector[v].kind == RAW || s->vector[v].kind == LEAST;
}

/* What the vector operation makes. */
static enum kind result(struct search *s, const struct ir *i)
{
    switch (i->aux) {
    case FP_VCMEQ:
        return equal(s, i);
    case FP_VCMEQ0:
        return zero(s, i);
    case FP_VXOR:
        return different(s, i);
    case FP_VUMIN:
    case FP_VUMINP: /* of bytes: the least of wider elements may have a byte that is zero where it is not */
        return i->w && i->size == 1 && is_least(s, i->a) && is_least(s, i->b) ? LEAST : OTHER;
    case FP_VAND:
    case FP_VBIC: /* zero if the first is */
        return s->vector[i->a].kind == FOUND ? FOUND : OTHER;
    case FP_VOR:
    case FP_VADD:
    case FP_VADDP:
    case FP_VUMAX:
    case FP_VUMAXP:
    case FP_VUZP1:
    case FP_VUZP2:
        return s->vector[i->a].kind == FOUND && s->vector[i->b].kind == FOUND ? FOUND : OTHER;
    case FP_VSHRN:
        return !i->w && s->vector[i->a].kind == FOUND ? FOUND : OTHER;
    case FP_VSHL:
    case FP_VUSHR:
        return s->vector[i->a].kind == FOUND ? FOUND : OTHER;
    default:
        return OTHER;
    }
}

static bool vector(struct search *s, const struct ir *i)
{
    if (i->aux == FP_MOV_TO || i->aux == FP_VMOV_TO) {
        if (s->vector[i->a].kind != FOUND || i->dst >= A64_SP)
            return false;
        s->found |= UINT32_C(1) << i->dst;
        return true;
    }
    s->vector[i->dst].kind = result(s, i);
    return s->vector[i->dst].kind != OTHER;
}

/* A general operation: registers that move, and comparisons of them. */
static bool general(struct search *s, const struct ir *i)
{
    if (i->op == IR_CCMP || i->dst == A64_DISCARD)
        return true;
    if (i->dst >= 0 && i->dst < 32)
        s->found &= ~(UINT32_C(1) << i->dst);
    turn_step(&s->turn, i);
    return turn_value(&s->turn, i->dst).root != IR_NONE;
}

/* Does a turn that is left here leave behind what the turn before wrote? That would be one that was not done as usual. */
static bool leaves_old(const struct search *s)
{
    uint64_t old = s->all & ~s->written;

    for (int v = 0; v < TURN_VALUES; v++)
        if (s->turn.end[v].root == v)
            old &= ~TURN_GENERAL(v);
    return old != 0;
}

static bool step(struct search *s, const struct ir_block *b, const struct ir *i)
{
    bool last = i == &b->op[b->nr - 1];

    bound_step(&s->flags, &s->turn, i, is_found(s, i->a));
    if (i->op >= IR_B && i->op <= IR_TBNZ) {
        bool by_find = i->op != IR_BCOND || s->flags.what == FLAGS_COMPARE_AND_ZERO;

        return (last || !by_find || !leaves_old(s)) && bound_branch(s->bulk, &s->flags, &s->turn, i, last, is_found(s, i->a));
    }
    s->written |= turn_writes(i);
    if (i->op == IR_VLD || i->op == IR_VLDP)
        return load(s, i);
    if (i->op == IR_FP)
        return vector(s, i);
    return i->op <= IR_CCMP && general(s, i);
}

bool bulk_search(struct ir_block *b, struct ir_bulk *bulk)
{
    struct search s = {.bulk = bulk};

    for (unsigned k = 0; k < b->nr; k++)
        s.all |= turn_writes(&b->op[k]);
    s.moved = (uint32_t)(s.all >> 32);
    turn_begin(&s.turn, b);
    for (unsigned k = 0; k < b->nr; k++)
        if (!step(&s, b, &b->op[k]))
            return false;
    if (s.test == TEST_NONE)
        return false;
    bulk->differs = s.test == TEST_DIFFERENT;
    if (!bulk->differs) {
        bulk->nr_pieces = s.nr_pieces;
        for (unsigned n = 0; n < s.nr_pieces; n++)
            bulk->piece[n] = s.piece[n];
    }
    bulk->kind = BULK_SEARCH;
    return true;
}
