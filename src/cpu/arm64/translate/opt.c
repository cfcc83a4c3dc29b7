/* SPDX-License-Identifier: Apache-2.0
 *
 * Forwards over a block: cheaper forms; and where the host's flags are lost before somebody reads them, a comparison whose
 * operands are still there is made once more, which costs less than storing and loading flags.
 *
 * Backwards: NZCV must be right in memory wherever somebody can look: at a possible fault (memory
 * accesses), in an interpreter's handler, and at every way out. A flag result that is overwritten before that, and read
 * only by operations right behind it, need not be stored; the back end decides whether the host's own flags still hold it. */
#include <string.h>

#include "cpu/arm64/translate/ir.h"

static bool sets_flags(const struct ir *i)
{
    return (i->op >= IR_ADDS && i->op <= IR_CCMN) || (i->op == IR_FP && (i->aux == FP_CMP || i->aux == FP_CMP0 || i->aux == FP_CCMP));
}

/* Does the operation read NZCV itself? */
static bool reads_flags(const struct ir *i)
{
    switch (i->op) {
    case IR_ADC:
    case IR_SBC:
    case IR_ADCS:
    case IR_SBCS:
    case IR_CCMP:
    case IR_CCMN:
    case IR_CSEL:
    case IR_CSINC:
    case IR_CSINV:
    case IR_CSNEG:
    case IR_BCOND:
        return true;
    case IR_FP:
        return i->aux == FP_CSEL || i->aux == FP_CCMP;
    default:
        return false;
    }
}

/* Can anything outside the block see the guest's state at this operation, before it did anything? */
static bool observable(const struct ir *i)
{
    return i->op >= IR_LD && i->op != IR_FENCE;
}

/* Does the host's copy of the flags survive the operation in every back end? */
static bool keeps_host_flags(const struct ir *i)
{
    switch (i->op) {
    case IR_NOP:
    case IR_MOV:
    case IR_PC:
    case IR_CSEL:
    case IR_CSINC:
    case IR_CSINV:
    case IR_CSNEG:
    case IR_SXTB:
    case IR_SXTH:
    case IR_SXTW:
    case IR_UXTB:
    case IR_UXTH:
    case IR_UXTW:
    case IR_REV32:
    case IR_REV64:
        return true;
    case IR_ROR:
        return i->b == IR_IMM;
    case IR_EXTR:
        return i->a == i->b;
    case IR_ADD:
        return i->b != IR_IMM || i->imm == (int32_t)i->imm;
    default:
        return false;
    }
}

/* A number by itself is a move; AND with a mask of 8, 16 or 32 bits is an extension, which leaves the host's flags alone. */
static void simplify(struct ir *i)
{
    if ((i->op == IR_OR || i->op == IR_XOR) && i->b == IR_IMM && i->a == A64_ZR) {
        i->op = IR_MOV;
        i->a = IR_IMM;
        i->b = IR_NONE;
    }
    if (i->op != IR_AND || i->b != IR_IMM || i->a == A64_ZR)
        return;
    if (i->imm == UINT8_MAX)
        i->op = IR_UXTB;
    else if (i->imm == UINT16_MAX)
        i->op = IR_UXTH;
    else if (i->imm == UINT32_MAX)
        i->op = IR_UXTW;
    else
        return;
    i->b = IR_NONE;
}

/* `second` computes with the number or address of this page that `first`, right before it, put into the same register: it becomes
 * both (MOVZ and MOVK, ADRP and ADD), and nobody can look in between. */
static void fold(struct ir *first, struct ir *second)
{
    bool number = first->op == IR_MOV && first->a == IR_IMM;
    int64_t x = first->imm, y = second->imm;

    if (!(number || first->op == IR_PC) || second->a != first->dst || second->dst != first->dst || second->b != IR_IMM ||
        !first->w || !second->w)
        return;
    if (second->op == IR_ADD || second->op == IR_SUB)
        x = second->op == IR_ADD ? (int64_t)((uint64_t)x + (uint64_t)y) : (int64_t)((uint64_t)x - (uint64_t)y);
    else if (second->op == IR_AND && number)
        x &= y;
    else if (second->op == IR_OR && number)
        x |= y;
    else
        return;
    second->op = first->op;
    second->a = first->a;
    second->b = IR_NONE;
    second->imm = x;
    first->op = IR_NOP;
    first->dst = first->a = IR_NONE;
}

/* The last operation that set flags, and what is left of it. */
struct setter {
    struct ir op;     /* IR_NOP: none that could be made again */
    bool operands;    /* a and b hold what they held */
    bool result;      /* dst holds what it got */
    bool lost, zn;    /* the host's flags are gone; all of them, or all but N and Z */
};

static struct setter setter_of(const struct ir *i)
{
    bool plain = i->op == IR_SUBS || i->op == IR_ADDS || i->op == IR_ANDS || i->op == IR_ANDNS;

    if (!plain)
        return (struct setter){.op = {.op = IR_NOP}};
    return (struct setter){
        .op = *i,
        .operands = !ir_changes(i, i->a) && (i->b == IR_IMM || !ir_changes(i, i->b)) && i->a < IR_T0 && i->b < IR_T0,
        .result = i->dst != A64_DISCARD,
    };
}

static void outlive(struct setter *s, const struct ir *i)
{
    s->operands = s->operands && !ir_changes(i, s->op.a) && (s->op.b == IR_IMM || !ir_changes(i, s->op.b));
    s->result = s->result && !ir_changes(i, s->op.dst);
    if (!keeps_host_flags(i) && i->op != IR_BCOND)
        s->lost = true;
}

static bool asks_only_zn(const struct ir *i)
{
    return i->op != IR_FP && !(i->op >= IR_ADC && i->op <= IR_SBCS) && (i->cond >> 1 == 0 || i->cond >> 1 == 2);
}

/* What to do again before `reader`; false: nothing, or it cannot be done. */
static bool redo(struct setter *s, const struct ir *reader, struct ir *ret)
{
    bool zn = asks_only_zn(reader);

    if (s->op.op == IR_NOP || (!s->lost && (!s->zn || zn)))
        return false;
    *ret = s->op;
    if (!s->operands) {
        if (!s->result || !zn)
            return false;
        ret->op = IR_ANDS;
        ret->a = ret->b = s->op.dst;
        ret->only_zn = true;
    }
    ret->dst = A64_DISCARD;
    ret->again = true;
    ret->guest = reader->guest;
    s->lost = false;
    s->zn = ret->only_zn;
    return true;
}

static void insert(struct ir_block *b, unsigned at, const struct ir *i)
{
    memmove(&b->op[at + 1], &b->op[at], (b->nr - at) * sizeof(b->op[0]));
    b->op[at] = *i;
    b->nr++;
}

static void forwards(struct ir_block *b)
{
    struct setter setter = {.op = {.op = IR_NOP}};

    for (unsigned k = 0; k < b->nr; k++) {
        struct ir again;

        simplify(&b->op[k]);
        if (k)
            fold(&b->op[k - 1], &b->op[k]);
        if (reads_flags(&b->op[k]) && b->nr < IR_MAX && redo(&setter, &b->op[k], &again))
            insert(b, k++, &again);
        if (sets_flags(&b->op[k]))
            setter = setter_of(&b->op[k]);
        else
            outlive(&setter, &b->op[k]);
    }
}

static void backwards(struct ir_block *b)
{
    bool needed = true;   /* NZCV must be in memory after the operation at hand */
    bool pending = false; /* a reader further on hopes for the host's copy */

    for (unsigned k = b->nr; k-- > 0;) {
        struct ir *i = &b->op[k];

        if (i->again) {
            pending = false; /* what has to be in memory, the operation has stored that this repeats */
            continue;
        }
        if (sets_flags(i)) {
            i->flags_live = needed;
            needed = pending = false;
        }
        if (observable(i) || (pending && !keeps_host_flags(i))) {
            needed = true;
        }
        if (reads_flags(i))
            pending = true;
    }
}

void ir_optimise(struct ir_block *b)
{
    forwards(b);
    backwards(b);
}
