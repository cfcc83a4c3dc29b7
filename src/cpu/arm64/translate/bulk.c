/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops whose turns can be done many at a time: searches (search.c), copies and fills (copy.c), what is computed
 * element by element (map.c). All accesses are in runs, so a
 * back end knows for how many turns nothing can fault; those it may do in its own way, but for the last, as long as no turn of
 * them leaves the loop. What then has to be right is memory, the registers that move, and those that the next turn reads. */
#include "cpu/arm64/translate/bulk.h"

#include <string.h>

unsigned bulk_elements(const struct ir *i)
{
    return ir_access_bytes(i) / i->size;
}

int bulk_element(const struct ir *i, unsigned n)
{
    switch (i->op) {
    case IR_LD:
    case IR_VLD:
        return i->op == IR_LD ? i->dst : (i->dst + (int)n) & 31;
    case IR_ST:
    case IR_VST:
        return i->op == IR_ST ? i->c : (i->c + (int)n) & 31;
    default:
        return n ? i->c : i->dst;
    }
}

static bool all_in_runs(const struct ir_block *b)
{
    for (unsigned k = 0; k < b->nr; k++)
        if (b->op[k].op >= IR_LD && b->op[k].op <= IR_ZERO && !b->op[k].run)
            return false;
    return b->nr_runs > 0;
}

/* Registers that go from turn to turn must be steady, or carried. */
static bool find_steady(struct ir_bulk *bulk, const struct ir_block *b)
{
    uint64_t read = 0, written = 0;
    struct turn t;

    for (unsigned k = 0; k < b->nr; k++) {
        read |= turn_reads(&b->op[k]) & ~written;
        written |= turn_writes(&b->op[k]);
    }
    for (unsigned n = 0; n < bulk->nr_carried; n++)
        written &= ~(bulk->carried[n].vector ? TURN_VECTOR(bulk->carried[n].reg) : TURN_GENERAL(bulk->carried[n].reg));
    turn_begin(&t, b);
    for (int v = 0; v < TURN_VALUES; v++) {
        if (!(written >> v & 1) || t.end[v].root != v)
            continue;
        written &= ~TURN_GENERAL(v);
        if (!t.end[v].add)
            continue;
        if (bulk->nr_steady == IR_MAX_STEADY)
            return false;
        bulk->steady[bulk->nr_steady].reg = (int8_t)v;
        bulk->steady[bulk->nr_steady++].stride = (int32_t)t.end[v].add;
    }
    return !(read & written);
}

void ir_find_bulk(struct ir_block *b)
{
    static bool (*const kinds[])(struct ir_block *, struct ir_bulk *) = {bulk_search, bulk_copy, bulk_map};
    struct ir_bulk *bulk = &b->bulk;

    for (unsigned n = 0; n < ARRAY_LEN(kinds); n++) {
        memset(bulk, 0, sizeof(*bulk));
        if (all_in_runs(b) && kinds[n](b, bulk) && find_steady(bulk, b))
            return;
    }
    bulk->kind = BULK_NONE;
}
