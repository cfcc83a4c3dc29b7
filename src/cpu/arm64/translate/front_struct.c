/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of structures (Arm ARM C4.1.93): LD1 and ST1 of several registers or one
 * element, LD1R, LD2 and ST2. Three and four elements by turns run in the interpreter's handlers.
 */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

enum { POST_INDEX = 23 };

static int base_of(const struct a64_insn *i)
{
    return front_sp(front_bits(i->raw, 5, 5));
}

/* Bit 23: base += Xm, or the bytes accessed if m is 31. */
static void write_back(struct ir_block *b, const struct a64_insn *i, unsigned bytes)
{
    unsigned m = front_bits(i->raw, 16, 5);
    int base = base_of(i);

    if (!(i->raw >> POST_INDEX & 1))
        return;
    if (m == 31)
        front_emit(b, i, IR_ADD, true, base, base, IR_IMM)->imm = bytes;
    else
        (void)front_emit(b, i, IR_ADD, true, base, base, (int)m);
}

static bool is_load(const struct a64_insn *i)
{
    return i->raw >> 22 & 1;
}

/* `count` registers from memory on; `turns`: bytes of an element if they take turns. */
static bool multiple(struct ir_block *b, const struct a64_insn *i, unsigned count, unsigned turns)
{
    int vt = (int)front_bits(i->raw, 0, 5);
    unsigned bytes = i->raw >> 30 & 1 ? 16 : 8;
    struct ir *o = front_emit(b, i, is_load(i) ? IR_VLD : IR_VST, true, is_load(i) ? vt : IR_NONE,
                              base_of(i), IR_NONE);

    if (!is_load(i))
        o->c = (int8_t)vt;
    o->size = (uint8_t)bytes;
    o->count = (uint8_t)(count > 1 ? count : 0);
    o->turns = (uint8_t)turns;
    write_back(b, i, count * bytes);
    return true;
}

static bool replicate(struct ir_block *b, const struct a64_insn *i)
{
    unsigned size = 1u << front_bits(i->raw, 10, 2);
    int vt = (int)front_bits(i->raw, 0, 5);
    struct ir *o;

    front_emit(b, i, IR_VLD, true, vt, base_of(i), IR_NONE)->size = (uint8_t)size;
    o = front_emit(b, i, IR_FP, i->raw >> 30 & 1, vt, vt, IR_NONE);
    o->aux = FP_VDUP;
    o->size = (uint8_t)size;
    write_back(b, i, size);
    return true;
}

/* One element, through a temporary. */
static bool element(struct ir_block *b, const struct a64_insn *i)
{
    unsigned log = front_bits(i->raw, 14, 2);
    unsigned index =
        front_bits(i->raw, 30, 1) << 3 | front_bits(i->raw, 12, 1) << 2 | front_bits(i->raw, 10, 2);
    int vt = (int)front_bits(i->raw, 0, 5);
    struct ir *o;

    if (log == 2 && i->raw >> 10 & 1)
        log = 3;
    if (is_load(i)) {
        front_emit(b, i, IR_LD, log == 3, IR_T0, base_of(i), IR_NONE)->size = (uint8_t)(1u << log);
        o = front_emit(b, i, IR_FP, true, vt, IR_T0, IR_NONE);
        o->aux = FP_VINS_FROM;
        o->shift = (uint8_t)(index >> log);
    } else {
        o = front_emit(b, i, IR_FP, log == 3, IR_T0, vt, IR_NONE);
        o->aux = FP_VMOV_TO;
        o->imm = index >> log;
    }
    o->size = (uint8_t)(1u << log);
    if (!is_load(i)) {
        o = front_emit(b, i, IR_ST, log == 3, IR_NONE, base_of(i), IR_NONE);
        o->c = IR_T0;
        o->size = (uint8_t)(1u << log);
    }
    write_back(b, i, 1u << log);
    return true;
}

bool front_struct(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_LD1_X1:
    case A64_OP_LD1_X1_POST:
    case A64_OP_ST1_X1:
    case A64_OP_ST1_X1_POST:
        return multiple(b, i, 1, 0);
    case A64_OP_LD1_X2:
    case A64_OP_LD1_X2_POST:
    case A64_OP_ST1_X2:
    case A64_OP_ST1_X2_POST:
        return multiple(b, i, 2, 0);
    case A64_OP_LD1_X3:
    case A64_OP_LD1_X3_POST:
    case A64_OP_ST1_X3:
    case A64_OP_ST1_X3_POST:
        return multiple(b, i, 3, 0);
    case A64_OP_LD1_X4:
    case A64_OP_LD1_X4_POST:
    case A64_OP_ST1_X4:
    case A64_OP_ST1_X4_POST:
        return multiple(b, i, 4, 0);
    case A64_OP_LD2:
    case A64_OP_LD2_POST:
    case A64_OP_ST2:
    case A64_OP_ST2_POST:
        return multiple(b, i, 2, 1u << front_bits(i->raw, 10, 2));
    case A64_OP_LD1_R:
    case A64_OP_LD1_R_POST:
        return replicate(b, i);
    case A64_OP_LD1_E:
    case A64_OP_LD1_E_POST:
    case A64_OP_ST1_E:
    case A64_OP_ST1_E_POST:
        return element(b, i);
    default:
        return false;
    }
}
