/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores of general registers (Arm ARM C4.1.93). A base register is written back only after the access, and a
 * pair's first register only after both were read, so a fault leaves everything as it was. */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

enum index { INDEX_POST = 1, INDEX_PRE = 3 }; /* bits 11:10 of imm9 forms and 24:23 of pairs; others: plain offset */

struct access {
    uint8_t size;  /* bytes of one register */
    bool load, sign, w;
};

/* size and opc of the single-register forms. */
static struct access access_of(uint32_t raw)
{
    unsigned size = raw >> 30, opc = front_bits(raw, 22, 2);

    return (struct access){
        .size = (uint8_t)(1u << size),
        .load = opc != 0,
        .sign = opc >= 2,
        .w = opc == 2 || (opc == 1 && size == 3) || (opc == 0 && size == 3),
    };
}

static struct ir *access_op(struct ir_block *b, const struct a64_insn *i, struct access a, int base)
{
    unsigned rt = front_bits(i->raw, 0, 5);
    struct ir *o;

    if (a.load)
        o = front_emit(b, i, IR_LD, a.w, front_write(rt), base, IR_NONE);
    else
        o = front_emit(b, i, IR_ST, a.w, IR_NONE, base, IR_NONE);
    if (!a.load)
        o->c = (int8_t)front_read(rt);
    o->size = a.size;
    o->sign = a.sign;
    return o;
}

/* base += offset after an access that used `base` (post) or base + offset (pre). */
static void write_back(struct ir_block *b, const struct a64_insn *i, int base, int64_t offset)
{
    front_emit(b, i, IR_ADD, true, base, base, IR_IMM)->imm = offset;
}

static void single_imm9(struct ir_block *b, const struct a64_insn *i)
{
    unsigned index = front_bits(i->raw, 10, 2);
    int base = front_sp(front_bits(i->raw, 5, 5));
    int64_t offset = front_sbits(i->raw, 12, 9);

    access_op(b, i, access_of(i->raw), base)->imm = index == INDEX_POST ? 0 : offset;
    if (index == INDEX_POST || index == INDEX_PRE)
        write_back(b, i, base, offset);
}

static void single_u12(struct ir_block *b, const struct a64_insn *i)
{
    access_op(b, i, access_of(i->raw), front_sp(front_bits(i->raw, 5, 5)))->imm =
        (int64_t)front_bits(i->raw, 10, 12) << (i->raw >> 30);
}

static void single_reg(struct ir_block *b, const struct a64_insn *i)
{
    struct ir *o = access_op(b, i, access_of(i->raw), front_sp(front_bits(i->raw, 5, 5)));
    unsigned option = front_bits(i->raw, 13, 3);

    o->b = (int8_t)front_read(front_bits(i->raw, 16, 5));
    o->ext = option == 2 ? EXT_UXTW : option == 6 ? EXT_SXTW : EXT_NONE;
    o->shift = i->raw >> 12 & 1 ? (uint8_t)(i->raw >> 30) : 0;
}

static void literal(struct ir_block *b, const struct a64_insn *i, unsigned size, bool sign)
{
    struct ir *o;

    front_emit(b, i, IR_PC, true, IR_T0, IR_NONE, IR_NONE)->imm = front_sbits(i->raw, 5, 19) * 4 + i->page_off;
    o = front_emit(b, i, IR_LD, size == 8 || sign, front_write(front_bits(i->raw, 0, 5)), IR_T0, IR_NONE);
    o->size = (uint8_t)size;
    o->sign = sign;
}

static void pair(struct ir_block *b, const struct a64_insn *i, unsigned size, bool load, bool sign)
{
    unsigned index = front_bits(i->raw, 23, 2), rt = front_bits(i->raw, 0, 5), rt2 = front_bits(i->raw, 10, 5);
    int base = front_sp(front_bits(i->raw, 5, 5));
    int64_t offset = front_sbits(i->raw, 15, 7) * (int64_t)size;
    struct ir *o;

    if (load) {
        o = front_emit(b, i, IR_LDP, size == 8 || sign, front_write(rt), base, IR_NONE);
        o->c = (int8_t)front_write(rt2);
    } else {
        o = front_emit(b, i, IR_STP, size == 8, front_read(rt), base, IR_NONE); /* dst: the first to store */
        o->c = (int8_t)front_read(rt2);
    }
    o->size = (uint8_t)size;
    o->sign = sign;
    o->imm = index == INDEX_POST ? 0 : offset;
    if (index == INDEX_POST || index == INDEX_PRE)
        write_back(b, i, base, offset);
}

static void fence(struct ir_block *b, const struct a64_insn *i)
{
    (void)front_emit(b, i, IR_FENCE, true, IR_NONE, IR_NONE, IR_NONE);
}

/* Hosts keep loads in order, and stores in order, and loads before later stores (x86 does; a back end whose host does not
 * makes IR_LD and IR_ST stronger): what is left is a store before a later load. An LDAR must not pass an STLR. */
static void ordered(struct ir_block *b, const struct a64_insn *i, bool load)
{
    struct access a = {.size = (uint8_t)(1u << (i->raw >> 30)), .load = load, .w = i->raw >> 30 == 3};

    access_op(b, i, a, front_sp(front_bits(i->raw, 5, 5)))->aligned = true;
    if (!load)
        fence(b, i);
}

/* DMB of loads alone, or of stores alone, asks for what the host does anyway. */
static void barrier(struct ir_block *b, const struct a64_insn *i)
{
    if (front_bits(i->raw, 8, 2) == 3)
        fence(b, i);
}

/* Vector registers: bytes of one, from size (bits 31:30) and the high bit of opc. */
static struct ir *vector_op(struct ir_block *b, const struct a64_insn *i, bool load, unsigned bytes, int base)
{
    int vt = (int)front_bits(i->raw, 0, 5);
    struct ir *o = front_emit(b, i, load ? IR_VLD : IR_VST, true, load ? vt : IR_NONE, base, IR_NONE);

    if (!load)
        o->c = (int8_t)vt;
    o->size = (uint8_t)bytes;
    return o;
}

static unsigned vector_bytes(uint32_t raw)
{
    return raw >> 23 & 1 ? 16 : 1u << (raw >> 30);
}

static void vector_imm9(struct ir_block *b, const struct a64_insn *i, bool load)
{
    unsigned index = front_bits(i->raw, 10, 2);
    int base = front_sp(front_bits(i->raw, 5, 5));
    int64_t offset = front_sbits(i->raw, 12, 9);

    vector_op(b, i, load, vector_bytes(i->raw), base)->imm = index == INDEX_POST ? 0 : offset;
    if (index == INDEX_POST || index == INDEX_PRE)
        write_back(b, i, base, offset);
}

static void vector_u12(struct ir_block *b, const struct a64_insn *i, bool load)
{
    unsigned bytes = vector_bytes(i->raw);

    vector_op(b, i, load, bytes, front_sp(front_bits(i->raw, 5, 5)))->imm = (int64_t)front_bits(i->raw, 10, 12) * bytes;
}

static void vector_reg(struct ir_block *b, const struct a64_insn *i, bool load)
{
    unsigned bytes = vector_bytes(i->raw), option = front_bits(i->raw, 13, 3);
    struct ir *o = vector_op(b, i, load, bytes, front_sp(front_bits(i->raw, 5, 5)));

    o->b = (int8_t)front_read(front_bits(i->raw, 16, 5));
    o->ext = option == 2 ? EXT_UXTW : option == 6 ? EXT_SXTW : EXT_NONE;
    o->shift = i->raw >> 12 & 1 ? (uint8_t)__builtin_ctz(bytes) : 0;
}

static void vector_pair(struct ir_block *b, const struct a64_insn *i, bool load)
{
    unsigned index = front_bits(i->raw, 23, 2), bytes = 4u << (i->raw >> 30);
    int base = front_sp(front_bits(i->raw, 5, 5));
    int64_t offset = front_sbits(i->raw, 15, 7) * (int64_t)bytes;
    struct ir *o = front_emit(b, i, load ? IR_VLDP : IR_VSTP, true, (int)front_bits(i->raw, 0, 5), base, IR_NONE);

    o->c = (int8_t)front_bits(i->raw, 10, 5);
    o->size = (uint8_t)bytes;
    o->imm = index == INDEX_POST ? 0 : offset;
    if (index == INDEX_POST || index == INDEX_PRE)
        write_back(b, i, base, offset);
}

static bool front_mem_vector(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_STR_V_I9:
    case A64_OP_LDR_V_I9:
        vector_imm9(b, i, i->op == A64_OP_LDR_V_I9);
        return true;
    case A64_OP_STR_V_U12:
    case A64_OP_LDR_V_U12:
        vector_u12(b, i, i->op == A64_OP_LDR_V_U12);
        return true;
    case A64_OP_STR_V_R:
    case A64_OP_LDR_V_R:
        vector_reg(b, i, i->op == A64_OP_LDR_V_R);
        return true;
    case A64_OP_STP_V:
    case A64_OP_LDP_V:
        vector_pair(b, i, i->op == A64_OP_LDP_V);
        return true;
    default:
        return false;
    }
}

bool front_mem(struct ir_block *b, const struct a64_insn *i)
{
    if (front_mem_vector(b, i))
        return true;
    switch (i->op) {
    case A64_OP_STR_I9:
    case A64_OP_LDR_I9:
    case A64_OP_LDRSX_I9:
    case A64_OP_LDRSW_I9:
        single_imm9(b, i);
        return true;
    case A64_OP_STR_U12:
    case A64_OP_LDR_U12:
    case A64_OP_LDRSX_U12:
    case A64_OP_LDRSW_U12:
        single_u12(b, i);
        return true;
    case A64_OP_STR_R:
    case A64_OP_LDR_R:
    case A64_OP_LDRSX_R:
    case A64_OP_LDRSW_R:
        single_reg(b, i);
        return true;
    case A64_OP_LDR_LIT:
        literal(b, i, i->raw >> 30 & 1 ? 8 : 4, false);
        return true;
    case A64_OP_LDRSW_LIT:
        literal(b, i, 4, true);
        return true;
    case A64_OP_STP:
        pair(b, i, i->raw >> 31 ? 8 : 4, false, false);
        return true;
    case A64_OP_LDP:
        pair(b, i, i->raw >> 31 ? 8 : 4, true, false);
        return true;
    case A64_OP_LDPSW:
        pair(b, i, 4, true, true);
        return true;
    case A64_OP_HINT:
    case A64_OP_PRFUM:
    case A64_OP_PRFM_U12:
    case A64_OP_PRFM_R:
    case A64_OP_PRFM_LIT:
        return true; /* a hint */
    case A64_OP_LDAR:
    case A64_OP_STLR:
        ordered(b, i, i->op == A64_OP_LDAR);
        return true;
    case A64_OP_DMB:
        barrier(b, i);
        return true;
    default:
        return false;
    }
}
