/* SPDX-License-Identifier: Apache-2.0
 *
 * One pass backwards over a block. NZCV must be right in memory wherever somebody can look: at a possible fault (memory
 * accesses), in an interpreter's handler, and at every way out. A flag result that is overwritten before that, and read
 * only by operations right behind it, need not be stored; the back end decides whether the host's own flags still hold it. */
#include "cpu/arm64/translate/ir.h"

static bool sets_flags(const struct ir *i)
{
    return (i->op >= IR_ADDS && i->op <= IR_CCMN) || (i->op == IR_FP && (i->aux == FP_CMP || i->aux == FP_CMP0));
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
        return i->aux == FP_CSEL;
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

void ir_optimise(struct ir_block *b)
{
    bool needed = true;   /* NZCV must be in memory after the operation at hand */
    bool pending = false; /* a reader further on hopes for the host's copy */

    for (unsigned k = b->nr; k-- > 0;) {
        struct ir *i = &b->op[k];

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
