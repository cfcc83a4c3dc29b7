/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops that copy or fill: a turn stores as many bytes as its stride, all of them, either what it loaded at a constant distance,
 * in this turn or the last, or one register that does not change. */
#include "cpu/arm64/translate/bulk.h"

enum { NR_REGISTERS = 64, VECTORS = 32, MAX_STRIDE = 64 };

/* What a register holds. */
struct held {
    enum { AS_BEFORE, LOADED, UNKNOWN } kind; /* AS_BEFORE: what it held when the turn began */
    uint8_t size;
    struct ir_piece from; /* as the turn begins that is at hand */
};

struct copy {
    struct ir_bulk *bulk;
    struct turn turn;
    struct bound_flags flags;
    struct held now[NR_REGISTERS], end[NR_REGISTERS];
    uint64_t written;
    uint64_t covered; /* bytes of the stride, from the first stored on */
    int32_t first;
    bool begun, fills;
};

static bool is_load(const struct ir *i)
{
    return i->op == IR_LD || i->op == IR_LDP || i->op == IR_VLD || i->op == IR_VLDP;
}

static bool is_access(const struct ir *i)
{
    return (i->op >= IR_LD && i->op <= IR_VSTP) || i->op == IR_ZERO;
}

static bool is_vector(const struct ir *i)
{
    return i->op >= IR_VLD && i->op <= IR_VSTP;
}

static void load(struct copy *c, const struct ir *i)
{
    int32_t at = i->place;

    for (unsigned n = 0; n < bulk_elements(i); n++, at += i->size) {
        int reg = bulk_element(i, n) + (is_vector(i) ? VECTORS : 0);

        if (reg < NR_REGISTERS)
            c->now[reg] = (struct held){LOADED, i->size, {(uint8_t)(i->run - 1), at}};
    }
}

/* Bytes [at, at + size) of the destination get `from`. */
static bool store_loaded(struct copy *c, const struct ir_block *b, struct ir_piece to, unsigned size, struct held h)
{
    struct ir_bulk *bulk = c->bulk;

    if (h.size < size || b->run[h.from.run].stride != b->run[to.run].stride)
        return false;
    if (!c->begun) {
        bulk->piece[0] = to;
        bulk->other[0] = h.from;
    }
    c->fills = false;
    return bulk->other[0].run == h.from.run && h.from.at - to.at == bulk->other[0].at - bulk->piece[0].at;
}

static bool store_same(struct copy *c, struct ir_piece to, unsigned size, int reg, bool vector)
{
    struct ir_bulk *bulk = c->bulk;

    if (!c->begun) {
        bulk->piece[0] = to;
        bulk->vector = vector;
        bulk->value = (int8_t)reg;
        bulk->size = (uint8_t)size;
        c->fills = true;
    }
    return c->fills && bulk->vector == vector && bulk->value == reg && bulk->size == size;
}

static bool store_element(struct copy *c, const struct ir_block *b, const struct ir *i, int v, int32_t at)
{
    struct ir_piece to = {(uint8_t)(i->run - 1), at};
    int reg = v + (is_vector(i) ? VECTORS : 0);
    struct held h = {.kind = AS_BEFORE};
    bool carried = false;

    if (v != A64_ZR) {
        h = c->now[reg];
        carried = h.kind == AS_BEFORE && c->written >> reg & 1;
    }
    if (carried) { /* what the last turn loaded */
        h = c->end[reg];
        h.from.at -= b->run[h.from.run].stride;
        if (h.kind != LOADED)
            return false;
    }
    if (c->begun && to.run != c->bulk->piece[0].run)
        return false;
    if (c->bulk->zeroes || h.kind == UNKNOWN || !(h.kind == LOADED ? store_loaded(c, b, to, i->size, h) : store_same(c, to, i->size, v, is_vector(i))))
        return false;
    c->begun = true;
    return true;
}

/* Marks bytes of the stride as stored; false: some twice, or outside, or not where whole elements lie in each 16 bytes: a
 * store that is atomic must stay so. */
static bool cover(struct copy *c, const struct ir_block *b, int32_t at, unsigned size)
{
    unsigned stride = (unsigned)b->run[c->bulk->piece[0].run].stride, from = (unsigned)(at - c->first) % stride;
    uint64_t bytes = (size == 64 ? ~UINT64_C(0) : (UINT64_C(1) << size) - 1) << from;

    if (at < c->first || (unsigned)(at - c->first) + size > stride || from % size || stride % size || c->covered & bytes)
        return false;
    c->covered |= bytes;
    return true;
}

static bool store(struct copy *c, const struct ir_block *b, const struct ir *i)
{
    int32_t at = i->place;

    for (unsigned n = 0; n < bulk_elements(i); n++, at += i->size)
        if (!store_element(c, b, i, bulk_element(i, n), at) || !cover(c, b, at, i->size))
            return false;
    return true;
}

static bool general(struct copy *c, const struct ir *i)
{
    if (i->dst >= 0 && i->dst < VECTORS)
        c->now[i->dst].kind = UNKNOWN;
    turn_step(&c->turn, i);
    return i->dst == A64_DISCARD || turn_value(&c->turn, i->dst).root != IR_NONE;
}

/* The block of 64 bytes in which the address lies; a back end asks whether that is where it begins. */
static bool store_zeroes(struct copy *c, const struct ir_block *b, const struct ir *i)
{
    struct ir_piece to = {(uint8_t)(i->run - 1), i->place};

    if (c->begun || b->run[to.run].stride != i->size || !store_same(c, to, 8, A64_ZR, false))
        return false;
    c->bulk->zeroes = c->begun = true;
    c->covered = ~UINT64_C(0);
    return true;
}

/* A first walk sees what registers hold at the end, a second one what is stored. */
static bool step(struct copy *c, const struct ir_block *b, const struct ir *i, bool second)
{
    bool access = is_access(i);

    if (access && (!i->run || i->turns))
        return false;
    if (i->op == IR_ZERO)
        return !second || store_zeroes(c, b, i);
    if (access && is_load(i)) {
        load(c, i);
        turn_step(&c->turn, i);
        return true;
    }
    if (access)
        return !second || store(c, b, i);
    if (second)
        bound_step(&c->flags, &c->turn, i, false);
    if (i->op >= IR_B && i->op <= IR_TBNZ)
        return !second || bound_branch(c->bulk, &c->flags, &c->turn, i, i == &b->op[b->nr - 1], false);
    return i->again || (i->op <= IR_SUBS && general(c, i));
}

static bool walk(struct copy *c, const struct ir_block *b, bool second)
{
    for (int r = 0; r < NR_REGISTERS; r++)
        c->now[r] = (struct held){.kind = AS_BEFORE};
    turn_begin(&c->turn, b);
    for (unsigned k = 0; k < b->nr; k++) {
        if (!step(c, b, &b->op[k], second))
            return false;
        c->written |= turn_writes(&b->op[k]);
    }
    for (int r = 0; r < NR_REGISTERS; r++)
        c->end[r] = c->now[r];
    return true;
}

/* Where the lowest store goes, and nothing that makes the second walk's arithmetic wrong. */
static bool find_first(struct copy *c, const struct ir_block *b)
{
    bool any = false;

    for (unsigned k = 0; k < b->nr; k++) {
        const struct ir *i = &b->op[k];

        if (is_access(i) && !is_load(i)) {
            int stride = b->run[i->run - 1].stride;

            if (stride < 1 || stride > MAX_STRIDE)
                return false;
            c->first = any && c->first < i->place ? c->first : i->place;
            any = true;
        }
    }
    return any;
}

static bool find_carried(struct copy *c, uint64_t carried)
{
    struct ir_bulk *bulk = c->bulk;

    for (; carried; carried &= carried - 1) {
        int reg = __builtin_ctzll(carried);
        const struct held *h = &c->end[reg];
        bool is_whole = h->kind == LOADED && h->size == (reg < VECTORS ? 8 : 16);

        if (reg < VECTORS && c->turn.end[reg < TURN_VALUES ? reg : 0].root == reg)
            continue; /* steady */
        if (!is_whole || bulk->nr_carried == IR_MAX_CARRIED)
            return false;
        bulk->carried[bulk->nr_carried++] =
            (struct ir_carried){.reg = (int8_t)(reg % VECTORS), .vector = reg >= VECTORS, .from = h->from};
    }
    return true;
}

/* Registers that a turn reads before it writes them. */
static uint64_t carried_registers(const struct ir_block *b)
{
    uint64_t read = 0, written = 0;

    for (unsigned k = 0; k < b->nr; k++) {
        read |= turn_reads(&b->op[k]) & ~written;
        written |= turn_writes(&b->op[k]);
    }
    return read & written;
}

bool bulk_copy(struct ir_block *b, struct ir_bulk *bulk)
{
    struct copy c = {.bulk = bulk};
    unsigned stride;

    if (!walk(&c, b, false) || !find_first(&c, b) || !walk(&c, b, true))
        return false;
    stride = (unsigned)b->run[bulk->piece[0].run].stride;
    if (c.covered != (stride == 64 ? ~UINT64_C(0) : (UINT64_C(1) << stride) - 1) || !find_carried(&c, carried_registers(b)))
        return false;
    if (!c.fills)
        bulk->other[0].at += c.first - bulk->piece[0].at;
    bulk->piece[0].at = c.first;
    bulk->nr_pieces = 1;
    bulk->kind = c.fills ? BULK_FILL : BULK_COPY;
    return true;
}
