/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops that compute vectors from vectors, element by element, 16 bytes a turn, and store one of them: what compilers make of
 * loops over arrays. Operations of integers and bits only: they have no state but their registers. */
#include "cpu/arm64/translate/bulk.h"

enum { BYTES = 16 };

/* Does each half of 32 bytes come out as 16 by themselves would? */
static bool is_by_element(const struct ir *i)
{
    bool plain = (i->aux >= FP_VAND && i->aux <= FP_VUAVG) || i->aux == FP_VMLA || i->aux == FP_VMLS;

    if (!i->w || i->by_element)
        return false;
    if (i->aux == FP_VCMHI || i->aux == FP_VCMHS)
        return i->size < 8;
    return plain || (i->aux >= FP_VBIC && i->aux <= FP_VABS) || (i->aux >= FP_VSHL && i->aux <= FP_VSSRA && i->size > 1);
}

static bool access(struct ir_bulk *bulk, const struct ir_block *b, const struct ir *i)
{
    struct ir_piece piece = {(uint8_t)(i->run - 1), i->place};

    if ((i->op != IR_VLD && i->op != IR_VST) || ir_access_bytes(i) != BYTES || i->size != BYTES || i->turns ||
        b->run[piece.run].stride != BYTES)
        return false;
    if (i->op == IR_VST && bulk->nr_pieces++)
        return false;
    if (i->op == IR_VST)
        bulk->piece[0] = piece;
    else if (bulk->nr_others < IR_MAX_PIECES)
        bulk->other[bulk->nr_others++] = piece;
    else
        return false;
    return true;
}

static bool step(struct ir_bulk *bulk, const struct ir_block *b, struct turn *t, struct bound_flags *f, const struct ir *i)
{
    bound_step(f, t, i, false);
    if (i->op >= IR_LD && i->op <= IR_VSTP)
        return access(bulk, b, i);
    if (i->op == IR_FP)
        return is_by_element(i);
    if (i->op >= IR_B && i->op <= IR_TBNZ)
        return bound_branch(bulk, f, t, i, i == &b->op[b->nr - 1], false);
    turn_step(t, i);
    return i->again || (i->op <= IR_SUBS && (i->dst == A64_DISCARD || turn_value(t, i->dst).root != IR_NONE));
}

bool bulk_map(struct ir_block *b, struct ir_bulk *bulk)
{
    struct bound_flags f = {.what = FLAGS_UNKNOWN};
    struct turn t;

    turn_begin(&t, b);
    for (unsigned k = 0; k < b->nr; k++)
        if (!step(bulk, b, &t, &f, &b->op[k]))
            return false;
    bulk->kind = BULK_MAP;
    return bulk->nr_pieces == 1;
}
