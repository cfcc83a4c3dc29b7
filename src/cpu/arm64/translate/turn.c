/* SPDX-License-Identifier: Apache-2.0
 *
 * One turn of a loop, followed operation by operation (turn.h). */
#include "cpu/arm64/translate/turn.h"

enum { MAX_ADD = 1 << 20 };

static bool is_register(int v)
{
    return v >= 0 && v < TURN_VALUES;
}

static void restart(struct turn *t)
{
    for (int v = 0; v < TURN_VALUES; v++)
        t->now[v] = (struct turn_value){.root = (int8_t)v};
}

struct turn_value turn_value(const struct turn *t, int v)
{
    return is_register(v) ? t->now[v] : (struct turn_value){.root = IR_NONE};
}

/* What the operation makes of `dst`. */
static struct turn_value result(const struct turn *t, const struct ir *i)
{
    bool adds = i->op == IR_ADD || i->op == IR_ADDS, subtracts = i->op == IR_SUB || i->op == IR_SUBS;
    struct turn_value v = {.root = IR_NONE};

    if (i->w && (i->op == IR_MOV || ((adds || subtracts) && i->b == IR_IMM)))
        v = turn_value(t, i->a);
    if (adds)
        v.add += i->imm;
    if (subtracts)
        v.add -= i->imm;
    if (v.add > MAX_ADD || v.add < -MAX_ADD)
        v.root = IR_NONE;
    return v;
}

void turn_step(struct turn *t, const struct ir *i)
{
    struct turn_value v = result(t, i);

    for (int r = 0; r < TURN_VALUES; r++)
        if (ir_changes(i, r))
            t->now[r] = r == i->dst ? v : (struct turn_value){.root = IR_NONE};
}

void turn_begin(struct turn *t, const struct ir_block *b)
{
    restart(t);
    for (unsigned k = 0; k < b->nr; k++)
        turn_step(t, &b->op[k]);
    for (int v = 0; v < TURN_VALUES; v++)
        t->end[v] = t->now[v];
    restart(t);
}

bool turn_stride(const struct turn *t, struct turn_value v, int64_t *ret)
{
    if (v.root == IR_NONE || t->end[v.root].root != v.root)
        return false;
    *ret = t->end[v.root].add;
    return true;
}

static uint64_t general(int v)
{
    return is_register(v) ? TURN_GENERAL(v) : 0;
}

static bool is_vector_access(const struct ir *i)
{
    return i->op >= IR_VLD && i->op <= IR_VSTP;
}

uint64_t turn_reads(const struct ir *i)
{
    struct ir_vectors v;
    uint64_t set = 0;

    ir_vectors(i, &v);
    for (unsigned n = 0; n < v.nr_read; n++)
        set |= TURN_VECTOR(v.read[n].reg);
    if (i->op == IR_FP) /* what reads one of each reads the general register by a */
        return set | (i->aux == FP_VDUP_FROM || i->aux == FP_VINS_FROM || i->aux == FP_MOV_FROM ? general(i->a) : 0);
    set |= general(i->a) | general(i->b);
    if (i->op == IR_ST || i->op == IR_STP)
        set |= general(i->c);
    return i->op == IR_STP ? set | general(i->dst) : set;
}

uint64_t turn_writes(const struct ir *i)
{
    struct ir_vectors v;
    uint64_t set = 0;

    ir_vectors(i, &v);
    for (unsigned n = 0; n < v.nr_write; n++)
        set |= TURN_VECTOR(v.write[n].reg);
    if (!is_vector_access(i))
        for (int r = 0; r < TURN_VALUES; r++)
            set |= ir_changes(i, r) ? TURN_GENERAL(r) : 0;
    return set;
}
