/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of integers and bits: most of what compilers and the C library's string functions use.
 * What saturates or rounds runs in the interpreter's handlers. */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

/* How the fields of an encoding are to be read. */
enum shape {
    NONE,    /* not translated */
    SIZED,   /* elements of 1 << bits 23:22 bytes */
    BITS,    /* no elements */
    LONG,    /* SIZED; Q names the half that is read */
    SINGLE,  /* one element of 64 bits */
    SHIFT,   /* to the left by immh:immb - element size */
    RIGHT,   /* to the right by 2 * element size - immh:immb */
    ELEMENT, /* SIZED; the second operand is one element of Vm */
};

enum { FIRST = A64_OP_FMOV };

static const struct {
    uint8_t kind, shape;
} rows[A64_NR_OPS - FIRST] = {
#define ROW(op, kind, shape) [A64_OP_##op - FIRST] = {kind, shape}
    ROW(AND_V, FP_VAND, BITS),        ROW(BIC_V, FP_VBIC, BITS),
    ROW(ORR_V, FP_VOR, BITS),         ROW(ORN_V, FP_VORN, BITS),
    ROW(EOR_V, FP_VXOR, BITS),        ROW(BSL_V, FP_VBSL, BITS),
    ROW(BIT_V, FP_VBIT, BITS),        ROW(BIF_V, FP_VBIF, BITS),
    ROW(NOT_V, FP_VNOT, BITS),        ROW(ADD_V, FP_VADD, SIZED),
    ROW(SUB_V, FP_VSUB, SIZED),       ROW(MUL_V, FP_VMUL, SIZED),
    ROW(MLA_V, FP_VMLA, SIZED),       ROW(MLS_V, FP_VMLS, SIZED),
    ROW(MUL_E, FP_VMUL, ELEMENT),     ROW(MLA_E, FP_VMLA, ELEMENT),
    ROW(MLS_E, FP_VMLS, ELEMENT),     ROW(NEG_V, FP_VNEG, SIZED),
    ROW(ABS_V, FP_VABS, SIZED),       ROW(CMEQ_V, FP_VCMEQ, SIZED),
    ROW(CMGT_V, FP_VCMGT, SIZED),     ROW(CMGE_V, FP_VCMGE, SIZED),
    ROW(CMHI_V, FP_VCMHI, SIZED),     ROW(CMHS_V, FP_VCMHS, SIZED),
    ROW(CMTST_V, FP_VCMTST, SIZED),   ROW(CMEQ0_V, FP_VCMEQ0, SIZED),
    ROW(CMGT0_V, FP_VCMGT0, SIZED),   ROW(CMGE0_V, FP_VCMGE0, SIZED),
    ROW(CMLE0_V, FP_VCMLE0, SIZED),   ROW(CMLT0_V, FP_VCMLT0, SIZED),
    ROW(UMIN_V, FP_VUMIN, SIZED),     ROW(UMAX_V, FP_VUMAX, SIZED),
    ROW(SMIN_V, FP_VSMIN, SIZED),     ROW(SMAX_V, FP_VSMAX, SIZED),
    ROW(URHADD_V, FP_VUAVG, SIZED),   ROW(ADDP_V, FP_VADDP, SIZED),
    ROW(UMAXP_V, FP_VUMAXP, SIZED),   ROW(UMINP_V, FP_VUMINP, SIZED),
    ROW(SMAXP_V, FP_VSMAXP, SIZED),   ROW(SMINP_V, FP_VSMINP, SIZED),
    ROW(ZIP1_V, FP_VZIP1, SIZED),     ROW(ZIP2_V, FP_VZIP2, SIZED),
    ROW(UZP1_V, FP_VUZP1, SIZED),     ROW(UZP2_V, FP_VUZP2, SIZED),
    ROW(TRN1_V, FP_VTRN1, SIZED),     ROW(TRN2_V, FP_VTRN2, SIZED),
    ROW(ADD_SC, FP_VADD, SINGLE),     ROW(SUB_SC, FP_VSUB, SINGLE),
    ROW(NEG_SC, FP_VNEG, SINGLE),     ROW(CMEQ_SC, FP_VCMEQ, SINGLE),
    ROW(CMGT_SC, FP_VCMGT, SINGLE),   ROW(CMGE_SC, FP_VCMGE, SINGLE),
    ROW(CMHI_SC, FP_VCMHI, SINGLE),   ROW(CMHS_SC, FP_VCMHS, SINGLE),
    ROW(CMEQ0_SC, FP_VCMEQ0, SINGLE), ROW(SHL_V, FP_VSHL, SHIFT),
    ROW(SHL_SC, FP_VSHL, SHIFT),      ROW(USHR_V, FP_VUSHR, RIGHT),
    ROW(USHR_SC, FP_VUSHR, RIGHT),    ROW(SSHR_V, FP_VSSHR, RIGHT),
    ROW(USRA_V, FP_VUSRA, RIGHT),     ROW(SSRA_V, FP_VSSRA, RIGHT),
    ROW(SHRN, FP_VSHRN, RIGHT),       ROW(SSHLL, FP_VSHLL, SHIFT),
    ROW(USHLL, FP_VSHLL, SHIFT),      ROW(SADDL_V, FP_VADDL, LONG),
    ROW(UADDL_V, FP_VADDL, LONG),     ROW(SSUBL_V, FP_VSUBL, LONG),
    ROW(USUBL_V, FP_VSUBL, LONG),     ROW(SADDW_V, FP_VADDW, LONG),
    ROW(UADDW_V, FP_VADDW, LONG),     ROW(SSUBW_V, FP_VSUBW, LONG),
    ROW(USUBW_V, FP_VSUBW, LONG),     ROW(SMULL_V, FP_VMULL, LONG),
    ROW(UMULL_V, FP_VMULL, LONG),     ROW(SMLAL_V, FP_VMLAL, LONG),
    ROW(UMLAL_V, FP_VMLAL, LONG),     ROW(SMLSL_V, FP_VMLSL, LONG),
    ROW(UMLSL_V, FP_VMLSL, LONG),
    ROW(ADDV, FP_VACROSS_ADD, SIZED), ROW(UADDLV, FP_VACROSS_ADDL, SIZED),
    ROW(UMAXV, FP_VACROSS_UMAX, SIZED), ROW(UMINV, FP_VACROSS_UMIN, SIZED),
    ROW(SMAXV, FP_VACROSS_SMAX, SIZED), ROW(SMINV, FP_VACROSS_SMIN, SIZED),
    ROW(CNT_V, FP_VCNT, SIZED),       ROW(SLI_V, FP_VSLI, SHIFT),
    ROW(SRI_V, FP_VSRI, RIGHT),
#undef ROW
};

static struct ir *simd(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, unsigned size)
{
    struct ir *o = front_emit(b, i, IR_FP, i->raw >> 30 & 1, (int)front_bits(i->raw, 0, 5),
                              (int)front_bits(i->raw, 5, 5), (int)front_bits(i->raw, 16, 5));

    o->aux = (uint16_t)kind;
    o->size = (uint8_t)size;
    o->sign = !(i->raw >> 29 & 1); /* U, where there are two */
    return o;
}

/* Does the host have the operation on elements of this size? */
static bool exists(enum ir_fp kind, unsigned size)
{
    switch (kind) {
    case FP_VMUL:
    case FP_VMLA:
    case FP_VMLS:
        return size == 2 || size == 4;
    case FP_VABS:
    case FP_VUMIN:
    case FP_VUMAX:
    case FP_VSMIN:
    case FP_VSMAX:
        return size < 8;
    case FP_VUAVG:
        return size < 4;
    case FP_VSSHR:
    case FP_VSSRA:
        return size == 2 || size == 4;
    case FP_VSLI:
    case FP_VSRI:
        return size > 1;
    case FP_VACROSS_ADDL:
        return size == 1;
    default:
        return true;
    }
}

static bool shift(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, bool right)
{
    unsigned immhb = front_bits(i->raw, 16, 7), log = 28 - (unsigned)__builtin_clz(immhb),
             bits = 8u << log;
    struct ir *o;

    if (!exists(kind, bits / 8))
        return false;
    o = simd(b, i, kind, kind == FP_VSHRN ? bits / 4 : bits / 8);
    o->imm = right ? 2 * bits - immhb : immhb - bits;
    if (i->op == A64_OP_SHL_SC || i->op == A64_OP_USHR_SC)
        o->w = false;
    return true;
}

static bool by_element(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, unsigned size)
{
    unsigned h = front_bits(i->raw, 11, 1), l = front_bits(i->raw, 21, 1),
             m = front_bits(i->raw, 20, 1);
    struct ir *o = simd(b, i, kind, size);

    o->by_element = true;
    o->imm = size == 2 ? h << 2 | l << 1 | m : h << 1 | l;
    if (size == 2)
        o->b &= 15;
    return true;
}

static bool from_table(struct ir_block *b, const struct a64_insn *i)
{
    unsigned size = 1u << front_bits(i->raw, 22, 2), shape, kind;

    if (i->op < FIRST)
        return false;
    shape = rows[i->op - FIRST].shape;
    kind = rows[i->op - FIRST].kind;
    switch (shape) {
    case NONE:
        return false;
    case SHIFT:
    case RIGHT:
        return shift(b, i, kind, shape == RIGHT);
    case BITS:
        size = 8;
        break;
    case SINGLE:
        simd(b, i, kind, 8)->w = false;
        return true;
    default:
        break;
    }
    if (!exists(kind, size))
        return false;
    if (shape == ELEMENT)
        return by_element(b, i, kind, size);
    (void)simd(b, i, kind, size);
    return true;
}

/* imm5 of copies: the lowest set bit is the element's size, what is above it the index. */
static struct ir *copy(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    unsigned imm5 = front_bits(i->raw, 16, 5), log = (unsigned)__builtin_ctz(imm5);
    struct ir *o = simd(b, i, kind, 1u << log);

    o->b = IR_NONE;
    o->imm = imm5 >> (log + 1);
    return o;
}

/* Into an element: all other bits stay. */
static void insert(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    struct ir *o = copy(b, i, kind);

    o->w = true;
    o->shift = (uint8_t)o->imm;
    if (kind == FP_VINS)
        o->imm = front_bits(i->raw, 11, 4) >> __builtin_ctz(o->size);
    else
        o->a = (int8_t)front_read(front_bits(i->raw, 5, 5));
}

static void move_to(struct ir_block *b, const struct a64_insn *i, bool sign)
{
    struct ir *o = copy(b, i, FP_VMOV_TO);

    o->dst = (int8_t)front_write(front_bits(i->raw, 0, 5));
    o->sign = sign;
}

/* FMOV of the upper half. */
static void move_top(struct ir_block *b, const struct a64_insn *i)
{
    bool to = i->op == A64_OP_FMOV_X_TOP;
    struct ir *o = simd(b, i, to ? FP_VMOV_TO : FP_VINS_FROM, 8);

    o->b = IR_NONE;
    o->w = true;
    o->sign = false;
    o->imm = o->shift = 1;
    if (to)
        o->dst = (int8_t)front_write(front_bits(i->raw, 0, 5));
    else
        o->a = (int8_t)front_read(front_bits(i->raw, 5, 5));
}

/* One element, zeros above. */
static bool take(struct ir_block *b, const struct a64_insn *i)
{
    struct ir *o;

    if (!(front_bits(i->raw, 16, 5) & 3))
        o = copy(b, i, FP_VDUP);
    else
        return false;
    o->w = false;
    if (o->size == 4) {
        o = simd(b, i, FP_VUSHR, 8);
        o->a = o->dst;
        o->w = false;
        o->imm = 32;
    }
    return true;
}

static bool front_copy(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_DUP_E:
        (void)copy(b, i, FP_VDUP);
        return true;
    case A64_OP_DUP_ES:
        return take(b, i);
    case A64_OP_DUP_R:
        copy(b, i, FP_VDUP_FROM)->a = (int8_t)front_read(front_bits(i->raw, 5, 5));
        return true;
    case A64_OP_INS_E:
        insert(b, i, FP_VINS);
        return true;
    case A64_OP_INS_R:
        insert(b, i, FP_VINS_FROM);
        return true;
    case A64_OP_UMOV:
    case A64_OP_UMOV_D:
        move_to(b, i, false);
        return true;
    case A64_OP_SMOV:
        move_to(b, i, true);
        return true;
    case A64_OP_FMOV_X_TOP:
    case A64_OP_FMOV_TOP_X:
        move_top(b, i);
        return true;
    default:
        return false;
    }
}

static bool immediate(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    struct ir *o = simd(b, i, kind, 8);

    o->a = o->b = IR_NONE;
    o->imm = i->imm; /* as predecoded: of each half */
    return true;
}

static bool reverse(struct ir_block *b, const struct a64_insn *i, unsigned unit)
{
    simd(b, i, FP_VREV, 1u << front_bits(i->raw, 22, 2))->imm = unit;
    return true;
}

bool front_simd(struct ir_block *b, const struct a64_insn *i)
{
    if (from_table(b, i) || front_copy(b, i))
        return true;
    switch (i->op) {
    case A64_OP_MOVI_V:
        return immediate(b, i, FP_VIMM);
    case A64_OP_ORR_VI:
        return immediate(b, i, FP_VORI);
    case A64_OP_BIC_VI:
        return immediate(b, i, FP_VBICI);
    case A64_OP_REV64_V:
        return reverse(b, i, 8);
    case A64_OP_REV32_V:
        return reverse(b, i, 4);
    case A64_OP_REV16_V:
        return reverse(b, i, 2);
    case A64_OP_EXT_V:
        simd(b, i, FP_VEXT, 8)->imm = front_bits(i->raw, 11, 4);
        return true;
    case A64_OP_XTN_V: /* a shift by nothing */
        simd(b, i, FP_VSHRN, 2u << front_bits(i->raw, 22, 2))->imm = 0;
        return true;
    case A64_OP_TBL:
        if (front_bits(i->raw, 13, 2)) /* more than one register */
            return false;
        (void)simd(b, i, FP_VTBL, 8);
        return true;
    default:
        return false;
    }
}
