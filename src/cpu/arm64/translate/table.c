/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables: accesses of a loop to a place that stays, by an index that cannot be large, as in checksums and translations of
 * characters. They meet one page, or two, however often the loop goes round. */
#include "cpu/arm64/translate/ir.h"

enum { MAX_TABLE = 4096 }; /* bytes */

/* The largest value that the operation can give its result; UINT64_MAX: any. */
static uint64_t largest(const struct ir *i)
{
    switch (i->op) {
    case IR_UXTB:
        return UINT8_MAX;
    case IR_UXTH:
        return UINT16_MAX;
    case IR_AND:
        return i->b == IR_IMM ? (uint64_t)i->imm & (i->w ? UINT64_MAX : UINT32_MAX) : UINT64_MAX;
    case IR_UBFX:
        return i->aux >> 8 < 64 ? (UINT64_C(1) << (i->aux >> 8)) - 1 : UINT64_MAX;
    case IR_LD:
        return i->sign || i->size == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * i->size) - 1;
    default:
        return UINT64_MAX;
    }
}

/* Of the value that register `v` has at operation k. */
static uint64_t largest_at(const struct ir_block *b, unsigned k, int v)
{
    while (k-- > 0)
        if (ir_changes(&b->op[k], v))
            return largest(&b->op[k]);
    return UINT64_MAX;
}

static bool stays(const struct ir_block *b, int v)
{
    for (unsigned k = 0; k < b->nr; k++)
        if (ir_changes(&b->op[k], v))
            return false;
    return true;
}

bool ir_is_table(const struct ir_block *b, unsigned k)
{
    const struct ir *i = &b->op[k];

    return i->op >= IR_LD && i->op <= IR_VSTP && i->b >= 0 && i->b < IR_T0 && i->b != A64_ZR && i->ext != EXT_SXTW &&
           largest_at(b, k, i->b) < (uint64_t)MAX_TABLE >> i->shift && stays(b, i->a);
}
