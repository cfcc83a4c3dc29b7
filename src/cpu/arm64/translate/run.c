/* SPDX-License-Identifier: Apache-2.0
 *
 * A loop of one block whose registers go on by constants from turn to turn: how often it can go round before an access
 * leaves its page is known beforehand. This finds the accesses of which that is true, for a back end to look their pages up
 * once for many turns. An access is steady if its address is made of steady registers (turn.h). */
#include "cpu/arm64/translate/turn.h"

enum { MAX_STRIDE = 256 }; /* bytes; with longer ones a page is left so soon that asking each time is as good */

static bool is_access(const struct ir *i)
{
    return (i->op >= IR_LD && i->op <= IR_VSTP) || i->op == IR_ZERO;
}

static bool is_load(const struct ir *i)
{
    return i->op == IR_LD || i->op == IR_LDP || i->op == IR_VLD || i->op == IR_VLDP;
}

/* The accesses of `i`, or of its group, as a run; false: they are not steady. */
static bool run_of(const struct turn *t, const struct ir_block *b, const struct ir *i, struct ir_run *ret)
{
    const struct ir_group *group = i->group ? &b->group[i->group - 1] : NULL;
    int64_t lo = group ? group->lo : i->imm, stride, more = 0;
    struct turn_value base = turn_value(t, i->a), index = {.root = IR_NONE};

    if (i->aligned)
        return false;
    if (i->b != IR_NONE) {
        index = turn_value(t, i->b);
        if (i->ext != EXT_NONE || i->shift > 3 || !turn_stride(t, index, &more))
            return false;
        more = (int64_t)((uint64_t)more << i->shift);
        lo = (int64_t)((uint64_t)index.add << i->shift);
    }
    if (!turn_stride(t, base, &stride))
        return false;
    stride += more;
    lo += base.add;
    if (stride > MAX_STRIDE || stride < -MAX_STRIDE || lo != (int32_t)lo)
        return false;
    *ret = (struct ir_run){
        .base = base.root,
        .index = index.root,
        .shift = i->shift,
        .offset = (int32_t)lo,
        .stride = (int16_t)stride,
        .bytes = (uint16_t)(group ? (unsigned)(group->hi - group->lo) : ir_access_bytes(i)),
        .writes = group ? group->writes : !is_load(i),
    };
    return true;
}

static bool is_first(const struct ir_block *b, unsigned k)
{
    return !b->op[k].group || b->group[b->op[k].group - 1].first == k;
}

static void mark(struct ir_block *b, unsigned k, unsigned run)
{
    unsigned group = b->op[k].group;

    b->op[k].run = (uint8_t)run;
    for (unsigned n = k + 1; group && n < b->nr; n++)
        if (b->op[n].group == group)
            b->op[n].run = (uint8_t)run;
}

static int32_t place_of(const struct turn *t, const struct ir_block *b, const struct ir *i)
{
    int64_t at = t->now[i->a].add;

    if (i->b == IR_NONE)
        at += i->imm;
    else
        at += (int64_t)((uint64_t)t->now[i->b].add << i->shift);
    return (int32_t)(at - b->run[i->run - 1].offset);
}

/* A register that every turn changes tells when a run is over. */
static bool find_counter(struct ir_block *b, const struct turn *t)
{
    for (int v = 0; v < TURN_VALUES; v++)
        if (t->end[v].root == v && t->end[v].add) {
            b->counter = (int8_t)v;
            b->counter_stride = (int32_t)t->end[v].add;
            return true;
        }
    return false;
}

/* Does the block go back to its beginning at its end, and only there, without a handler's help? */
static bool is_plain_loop(const struct ir_block *b, int64_t entry)
{
    for (unsigned k = 0; k < b->nr; k++) {
        const struct ir *i = &b->op[k];
        bool closes = i->op >= IR_B && i->op <= IR_TBNZ && i->imm == entry;

        if (i->op == IR_CALL || closes != (k == b->nr - 1))
            return false;
    }
    return b->nr > 0;
}

void ir_find_runs(struct ir_block *b, int64_t entry)
{
    struct turn t;

    b->nr_runs = 0;
    if (!is_plain_loop(b, entry))
        return;
    turn_begin(&t, b);
    if (!find_counter(b, &t))
        return;
    for (unsigned k = 0; k < b->nr; k++) {
        if (b->nr_runs < IR_MAX_RUNS && is_access(&b->op[k]) && is_first(b, k) && run_of(&t, b, &b->op[k], &b->run[b->nr_runs]))
            mark(b, k, ++b->nr_runs);
        if (b->op[k].run)
            b->op[k].place = place_of(&t, b, &b->op[k]);
        turn_step(&t, &b->op[k]);
    }
}
