/* SPDX-License-Identifier: Apache-2.0
 *
 * Data processing with general registers (Arm ARM C4.1.92 and C4.1.95). */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

static bool is64(const struct a64_insn *i)
{
    return i->raw >> 31;
}

static unsigned rd(const struct a64_insn *i)
{
    return front_bits(i->raw, 0, 5);
}

static unsigned rn(const struct a64_insn *i)
{
    return front_bits(i->raw, 5, 5);
}

static unsigned rm(const struct a64_insn *i)
{
    return front_bits(i->raw, 16, 5);
}

static void with_imm(struct ir_block *b, const struct a64_insn *i, enum ir_op op, int dst, int x, uint64_t imm)
{
    front_emit(b, i, op, is64(i), dst, x, IR_IMM)->imm = is64(i) ? (int64_t)imm : (int32_t)imm;
}

static void adr(struct ir_block *b, const struct a64_insn *i, bool page)
{
    int64_t imm = front_sbits(i->raw, 5, 19) * 4 + front_bits(i->raw, 29, 2);

    if (rd(i) == 31)
        return;
    front_emit(b, i, IR_PC, true, front_write(rd(i)), IR_NONE, IR_NONE)->imm =
        page ? imm * 4096 : imm + i->page_off;
}

static void addsub_imm(struct ir_block *b, const struct a64_insn *i, enum ir_op op, bool flags)
{
    uint64_t imm = (uint64_t)front_bits(i->raw, 10, 12) << (i->raw >> 22 & 1 ? 12 : 0);

    with_imm(b, i, op, flags ? front_write(rd(i)) : front_sp(rd(i)), front_sp(rn(i)), imm);
}

/* The repeated, rotated run of ones that N:immr:imms names (DecodeBitMasks). */
static uint64_t bit_mask(uint32_t raw)
{
    unsigned n = raw >> 22 & 1, immr = front_bits(raw, 16, 6), imms = front_bits(raw, 10, 6);
    unsigned len = 31 - (unsigned)__builtin_clz(n << 6 | (~imms & 0x3f)), size = 1u << len;
    unsigned ones = (imms & (size - 1)) + 1, turn = immr & (size - 1);
    uint64_t element = ones == 64 ? UINT64_MAX : (UINT64_C(1) << ones) - 1;
    uint64_t all = size == 64 ? UINT64_MAX : (UINT64_C(1) << size) - 1;

    if (turn)
        element = (element >> turn | element << (size - turn)) & all;
    for (unsigned s = size; s < 64; s *= 2)
        element |= element << s;
    return element;
}

static void logical_imm(struct ir_block *b, const struct a64_insn *i, enum ir_op op, bool flags)
{
    with_imm(b, i, op, flags ? front_write(rd(i)) : front_sp(rd(i)), front_read(rn(i)), bit_mask(i->raw));
}

static void move_wide(struct ir_block *b, const struct a64_insn *i, bool invert)
{
    uint64_t imm = (uint64_t)front_bits(i->raw, 5, 16) << 16 * front_bits(i->raw, 21, 2);

    if (invert)
        imm = ~imm;
    if (rd(i) != 31)
        front_emit(b, i, IR_MOV, is64(i), (int)rd(i), IR_IMM, IR_NONE)->imm = is64(i) ? (int64_t)imm : (int64_t)(uint32_t)imm;
}

static void move_keep(struct ir_block *b, const struct a64_insn *i)
{
    unsigned shift = 16 * front_bits(i->raw, 21, 2);

    if (rd(i) == 31)
        return;
    with_imm(b, i, IR_AND, (int)rd(i), (int)rd(i), ~(UINT64_C(0xffff) << shift));
    with_imm(b, i, IR_OR, (int)rd(i), (int)rd(i), (uint64_t)front_bits(i->raw, 5, 16) << shift);
}

static void field(struct ir_block *b, const struct a64_insn *i, enum ir_op op, unsigned lsb, unsigned width)
{
    front_emit(b, i, op, is64(i), (int)rd(i), front_read(rn(i)), IR_NONE)->aux = (uint16_t)(lsb | width << 8);
}

/* UBFM, SBFM and BFM under the names of what they do. */
static void bitfield(struct ir_block *b, const struct a64_insn *i, enum ir_op extract, enum ir_op place)
{
    unsigned bits = is64(i) ? 64 : 32, immr = front_bits(i->raw, 16, 6), imms = front_bits(i->raw, 10, 6);
    bool is_signed = extract == IR_SBFX;

    if (rd(i) == 31)
        return;
    if (extract != IR_BFXIL && immr == 0 && (imms == 7 || imms == 15 || (imms == 31 && bits == 64))) {
        static const uint8_t ext[2][3] = {{IR_UXTB, IR_UXTH, IR_UXTW}, {IR_SXTB, IR_SXTH, IR_SXTW}};

        (void)front_emit(b, i, ext[is_signed][imms == 7 ? 0 : imms == 15 ? 1 : 2], is64(i), (int)rd(i),
                         front_read(rn(i)), IR_NONE);
    } else if (imms >= immr) {
        field(b, i, extract, immr, imms - immr + 1);
    } else {
        field(b, i, place, bits - immr, imms + 1);
    }
}

/* The second operand shifted, in a temporary unless there is nothing to do. */
static int shifted(struct ir_block *b, const struct a64_insn *i)
{
    static const uint8_t ops[] = {IR_SHL, IR_SHR, IR_SAR, IR_ROR};
    unsigned amount = front_bits(i->raw, 10, 6);

    if (!amount || rm(i) == 31)
        return front_read(rm(i));
    front_emit(b, i, ops[front_bits(i->raw, 22, 2)], is64(i), IR_T0, (int)rm(i), IR_IMM)->imm = amount;
    return IR_T0;
}

static void three_reg(struct ir_block *b, const struct a64_insn *i, enum ir_op op, int y)
{
    (void)front_emit(b, i, op, is64(i), front_write(rd(i)), front_read(rn(i)), y);
}

enum { SCALES = 4 }; /* the least shift left that an addition does not do by itself */

static void add_shifted(struct ir_block *b, const struct a64_insn *i)
{
    unsigned amount = front_bits(i->raw, 10, 6), kind = front_bits(i->raw, 22, 2);

    if (kind == 0 && amount < SCALES)
        front_emit(b, i, IR_ADD, is64(i), front_write(rd(i)), front_read(rn(i)), front_read(rm(i)))->shift = (uint8_t)amount;
    else
        three_reg(b, i, IR_ADD, shifted(b, i));
}

static void logical_reg(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    int y = shifted(b, i);

    if (op == IR_OR && rn(i) == 31) /* MOV */
        (void)front_emit(b, i, IR_MOV, is64(i), front_write(rd(i)), y, IR_NONE);
    else
        three_reg(b, i, op, y);
}

static void addsub_ext(struct ir_block *b, const struct a64_insn *i, enum ir_op op, bool flags)
{
    static const uint8_t ext[] = {IR_UXTB, IR_UXTH, IR_UXTW, IR_MOV, IR_SXTB, IR_SXTH, IR_SXTW, IR_MOV};
    unsigned shift = front_bits(i->raw, 10, 3);
    bool scales = op == IR_ADD && shift < SCALES;

    (void)front_emit(b, i, ext[front_bits(i->raw, 13, 3)], true, IR_T0, front_read(rm(i)), IR_NONE);
    if (shift && !scales)
        front_emit(b, i, IR_SHL, true, IR_T0, IR_T0, IR_IMM)->imm = shift;
    front_emit(b, i, op, is64(i), flags ? front_write(rd(i)) : front_sp(rd(i)), front_sp(rn(i)), IR_T0)->shift =
        scales ? (uint8_t)shift : 0;
}

static void ccmp(struct ir_block *b, const struct a64_insn *i, enum ir_op op, bool imm)
{
    unsigned cond = front_bits(i->raw, 12, 4);
    struct ir *o;

    if (cond >= 14) { /* always: a plain comparison */
        op = op == IR_CCMP ? IR_SUBS : IR_ADDS;
        o = front_emit(b, i, op, is64(i), A64_DISCARD, front_read(rn(i)), imm ? IR_IMM : front_read(rm(i)));
    } else {
        o = front_emit(b, i, op, is64(i), IR_NONE, front_read(rn(i)), imm ? IR_IMM : front_read(rm(i)));
        o->cond = (uint8_t)cond;
        o->aux = (uint16_t)a64_nzcv_from_imm4(front_bits(i->raw, 0, 4));
    }
    if (imm)
        o->imm = rm(i);
}

static void csel(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    unsigned cond = front_bits(i->raw, 12, 4);

    if (cond >= 14)
        (void)front_emit(b, i, IR_MOV, is64(i), front_write(rd(i)), front_read(rn(i)), IR_NONE);
    else
        front_emit(b, i, op, is64(i), front_write(rd(i)), front_read(rn(i)), front_read(rm(i)))->cond = (uint8_t)cond;
}

static void one_source(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    if (rd(i) != 31)
        (void)front_emit(b, i, op, is64(i), (int)rd(i), front_read(rn(i)), IR_NONE);
}

/* rd = ra ± rn * rm, with the factors widened first by `widen` unless it is IR_NOP. */
static void multiply_add(struct ir_block *b, const struct a64_insn *i, enum ir_op widen, enum ir_op op)
{
    unsigned ra = front_bits(i->raw, 10, 5);
    int x = front_read(rn(i)), y = front_read(rm(i)), product = ra == 31 && op == IR_ADD ? front_write(rd(i)) : IR_T0;

    if (widen != IR_NOP) {
        (void)front_emit(b, i, widen, true, IR_T0, x, IR_NONE);
        (void)front_emit(b, i, widen, true, IR_T1, y, IR_NONE);
        x = IR_T0;
        y = IR_T1;
    }
    (void)front_emit(b, i, IR_MUL, is64(i), product, x, y);
    if (product == IR_T0)
        (void)front_emit(b, i, op, is64(i), front_write(rd(i)), front_read(ra), IR_T0);
}

static void extract(struct ir_block *b, const struct a64_insn *i)
{
    struct ir *o;

    if (rd(i) == 31)
        return;
    if (!front_bits(i->raw, 10, 6)) {
        (void)front_emit(b, i, IR_MOV, is64(i), (int)rd(i), front_read(rm(i)), IR_NONE);
        return;
    }
    o = front_emit(b, i, IR_EXTR, is64(i), (int)rd(i), front_read(rn(i)), front_read(rm(i)));
    o->imm = front_bits(i->raw, 10, 6);
}

static bool front_imm(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_ADR:
        adr(b, i, false);
        return true;
    case A64_OP_ADRP:
        adr(b, i, true);
        return true;
    case A64_OP_ADD_IMM:
        addsub_imm(b, i, IR_ADD, false);
        return true;
    case A64_OP_ADDS_IMM:
        addsub_imm(b, i, IR_ADDS, true);
        return true;
    case A64_OP_SUB_IMM:
        addsub_imm(b, i, IR_SUB, false);
        return true;
    case A64_OP_SUBS_IMM:
        addsub_imm(b, i, IR_SUBS, true);
        return true;
    case A64_OP_AND_IMM:
        logical_imm(b, i, IR_AND, false);
        return true;
    case A64_OP_ORR_IMM:
        logical_imm(b, i, IR_OR, false);
        return true;
    case A64_OP_EOR_IMM:
        logical_imm(b, i, IR_XOR, false);
        return true;
    case A64_OP_ANDS_IMM:
        logical_imm(b, i, IR_ANDS, true);
        return true;
    case A64_OP_MOVN:
        move_wide(b, i, true);
        return true;
    case A64_OP_MOVZ:
        move_wide(b, i, false);
        return true;
    case A64_OP_MOVK:
        move_keep(b, i);
        return true;
    case A64_OP_SBFM:
        bitfield(b, i, IR_SBFX, IR_SBFIZ);
        return true;
    case A64_OP_BFM:
        bitfield(b, i, IR_BFXIL, IR_BFI);
        return true;
    case A64_OP_UBFM:
        bitfield(b, i, IR_UBFX, IR_UBFIZ);
        return true;
    case A64_OP_EXTR:
        extract(b, i);
        return true;
    default:
        return false;
    }
}

static bool front_logical(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_AND_REG:
        logical_reg(b, i, IR_AND);
        return true;
    case A64_OP_BIC_REG:
        logical_reg(b, i, IR_ANDN);
        return true;
    case A64_OP_ORR_REG:
        logical_reg(b, i, IR_OR);
        return true;
    case A64_OP_ORN_REG:
        logical_reg(b, i, IR_ORN);
        return true;
    case A64_OP_EOR_REG:
        logical_reg(b, i, IR_XOR);
        return true;
    case A64_OP_EON_REG:
        logical_reg(b, i, IR_XORN);
        return true;
    case A64_OP_ANDS_REG:
        logical_reg(b, i, IR_ANDS);
        return true;
    case A64_OP_BICS_REG:
        logical_reg(b, i, IR_ANDNS);
        return true;
    default:
        return false;
    }
}

static bool front_addsub(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_ADD_REG:
        add_shifted(b, i);
        return true;
    case A64_OP_ADDS_REG:
        three_reg(b, i, IR_ADDS, shifted(b, i));
        return true;
    case A64_OP_SUB_REG:
        three_reg(b, i, IR_SUB, shifted(b, i));
        return true;
    case A64_OP_SUBS_REG:
        three_reg(b, i, IR_SUBS, shifted(b, i));
        return true;
    case A64_OP_ADD_EXT:
        addsub_ext(b, i, IR_ADD, false);
        return true;
    case A64_OP_ADDS_EXT:
        addsub_ext(b, i, IR_ADDS, true);
        return true;
    case A64_OP_SUB_EXT:
        addsub_ext(b, i, IR_SUB, false);
        return true;
    case A64_OP_SUBS_EXT:
        addsub_ext(b, i, IR_SUBS, true);
        return true;
    case A64_OP_ADC:
        three_reg(b, i, IR_ADC, front_read(rm(i)));
        return true;
    case A64_OP_ADCS:
        three_reg(b, i, IR_ADCS, front_read(rm(i)));
        return true;
    case A64_OP_SBC:
        three_reg(b, i, IR_SBC, front_read(rm(i)));
        return true;
    case A64_OP_SBCS:
        three_reg(b, i, IR_SBCS, front_read(rm(i)));
        return true;
    default:
        return false;
    }
}

static bool front_conditional(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_CCMN_REG:
        ccmp(b, i, IR_CCMN, false);
        return true;
    case A64_OP_CCMN_IMM:
        ccmp(b, i, IR_CCMN, true);
        return true;
    case A64_OP_CCMP_REG:
        ccmp(b, i, IR_CCMP, false);
        return true;
    case A64_OP_CCMP_IMM:
        ccmp(b, i, IR_CCMP, true);
        return true;
    case A64_OP_CSEL:
        csel(b, i, IR_CSEL);
        return true;
    case A64_OP_CSINC:
        csel(b, i, IR_CSINC);
        return true;
    case A64_OP_CSINV:
        csel(b, i, IR_CSINV);
        return true;
    case A64_OP_CSNEG:
        csel(b, i, IR_CSNEG);
        return true;
    default:
        return false;
    }
}

static bool front_sources(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_RBIT:
        one_source(b, i, IR_RBIT);
        return true;
    case A64_OP_REV16:
        one_source(b, i, IR_REV16);
        return true;
    case A64_OP_REV32:
        one_source(b, i, IR_REV32);
        return true;
    case A64_OP_REV64:
        one_source(b, i, IR_REV64);
        return true;
    case A64_OP_CLZ:
        one_source(b, i, IR_CLZ);
        return true;
    case A64_OP_CLS:
        one_source(b, i, IR_CLS);
        return true;
    case A64_OP_UDIV:
        three_reg(b, i, IR_UDIV, front_read(rm(i)));
        return true;
    case A64_OP_SDIV:
        three_reg(b, i, IR_SDIV, front_read(rm(i)));
        return true;
    case A64_OP_LSLV:
        three_reg(b, i, IR_SHL, front_read(rm(i)));
        return true;
    case A64_OP_LSRV:
        three_reg(b, i, IR_SHR, front_read(rm(i)));
        return true;
    case A64_OP_ASRV:
        three_reg(b, i, IR_SAR, front_read(rm(i)));
        return true;
    case A64_OP_RORV:
        three_reg(b, i, IR_ROR, front_read(rm(i)));
        return true;
    default:
        return false;
    }
}

static bool front_multiply(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_MADD:
        multiply_add(b, i, IR_NOP, IR_ADD);
        return true;
    case A64_OP_MSUB:
        multiply_add(b, i, IR_NOP, IR_SUB);
        return true;
    case A64_OP_SMADDL:
        multiply_add(b, i, IR_SXTW, IR_ADD);
        return true;
    case A64_OP_SMSUBL:
        multiply_add(b, i, IR_SXTW, IR_SUB);
        return true;
    case A64_OP_UMADDL:
        multiply_add(b, i, IR_UXTW, IR_ADD);
        return true;
    case A64_OP_UMSUBL:
        multiply_add(b, i, IR_UXTW, IR_SUB);
        return true;
    case A64_OP_SMULH:
        three_reg(b, i, IR_SMULH, front_read(rm(i)));
        return true;
    case A64_OP_UMULH:
        three_reg(b, i, IR_UMULH, front_read(rm(i)));
        return true;
    default:
        return false;
    }
}

bool front_int(struct ir_block *b, const struct a64_insn *i)
{
    return front_imm(b, i) || front_logical(b, i) || front_addsub(b, i) || front_conditional(b, i) ||
           front_sources(b, i) || front_multiply(b, i);
}
