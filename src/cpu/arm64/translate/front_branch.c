/* SPDX-License-Identifier: Apache-2.0
 *
 * Branches (Arm ARM C4.1.94). Direct targets are offsets from the block's page: code is translated once for a physical page,
 * wherever it is mapped. */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

enum { LINK_REGISTER = 30 };

static void link(struct ir_block *b, const struct a64_insn *i)
{
    front_emit(b, i, IR_PC, true, LINK_REGISTER, IR_NONE, IR_NONE)->imm = i->page_off + 4;
}

static void direct(struct ir_block *b, const struct a64_insn *i, enum ir_op op, int x, unsigned lo, unsigned width)
{
    front_emit(b, i, op, i->raw >> 31, IR_NONE, x, IR_NONE)->imm = front_sbits(i->raw, lo, width) * 4 + i->page_off;
}

static void test_bit(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    direct(b, i, op, front_read(front_bits(i->raw, 0, 5)), 5, 14);
    b->op[b->nr - 1].aux = (uint16_t)(front_bits(i->raw, 31, 1) << 5 | front_bits(i->raw, 19, 5));
}

bool front_branch(struct ir_block *b, const struct a64_insn *i)
{
    int rn = front_read(front_bits(i->raw, 5, 5)), rt = front_read(front_bits(i->raw, 0, 5));
    unsigned cond = front_bits(i->raw, 0, 4);

    switch (i->op) {
    case A64_OP_BL:
        link(b, i);
        direct(b, i, IR_B, IR_NONE, 0, 26);
        b->op[b->nr - 1].link = true;
        return true;
    case A64_OP_B:
        direct(b, i, IR_B, IR_NONE, 0, 26);
        return true;
    case A64_OP_B_COND:
        direct(b, i, cond >= 14 ? IR_B : IR_BCOND, IR_NONE, 5, 19);
        b->op[b->nr - 1].cond = (uint8_t)cond;
        return true;
    case A64_OP_CBZ:
        direct(b, i, IR_CBZ, rt, 5, 19);
        return true;
    case A64_OP_CBNZ:
        direct(b, i, IR_CBNZ, rt, 5, 19);
        return true;
    case A64_OP_TBZ:
        test_bit(b, i, IR_TBZ);
        return true;
    case A64_OP_TBNZ:
        test_bit(b, i, IR_TBNZ);
        return true;
    case A64_OP_BLR:
        if (rn == LINK_REGISTER) {
            (void)front_emit(b, i, IR_MOV, true, IR_T0, rn, IR_NONE);
            rn = IR_T0;
        }
        link(b, i);
        front_emit(b, i, IR_BR, true, IR_NONE, rn, IR_NONE)->link = true;
        return true;
    case A64_OP_BR:
        (void)front_emit(b, i, IR_BR, true, IR_NONE, rn, IR_NONE);
        return true;
    case A64_OP_RET:
        (void)front_emit(b, i, IR_RET, true, IR_NONE, rn, IR_NONE);
        return true;
    default:
        return false;
    }
}
