/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point and Advanced SIMD: what programs spend their time in; the rest runs in the interpreter's handlers. */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

static int vd(const struct a64_insn *i)
{
    return (int)front_bits(i->raw, 0, 5);
}

static int vn(const struct a64_insn *i)
{
    return (int)front_bits(i->raw, 5, 5);
}

static int vm(const struct a64_insn *i)
{
    return (int)front_bits(i->raw, 16, 5);
}

static struct ir *fp(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, int dst, int x, int y, unsigned size)
{
    struct ir *o = front_emit(b, i, IR_FP, false, dst, x, y);

    o->aux = (uint16_t)kind;
    o->size = (uint8_t)size;
    return o;
}

/* Bit 22 of scalar and vector floating point: 0 single, 1 double. */
static unsigned fp_size(const struct a64_insn *i)
{
    return i->raw >> 22 & 1 ? 8 : 4;
}

static bool scalar(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    (void)fp(b, i, kind, vd(i), vn(i), vm(i), fp_size(i));
    return true;
}

static bool multiply_add(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    fp(b, i, kind, vd(i), vn(i), vm(i), fp_size(i))->c = (int8_t)front_bits(i->raw, 10, 5);
    return true;
}

static bool select(struct ir_block *b, const struct a64_insn *i)
{
    unsigned cond = front_bits(i->raw, 12, 4);

    if (cond >= 14)
        (void)fp(b, i, FP_MOV, vd(i), vn(i), IR_NONE, fp_size(i));
    else
        fp(b, i, FP_CSEL, vd(i), vn(i), vm(i), fp_size(i))->cond = (uint8_t)cond;
    return true;
}

/* VFPExpandImm */
static bool immediate(struct ir_block *b, const struct a64_insn *i)
{
    uint64_t imm8 = front_bits(i->raw, 13, 8), sign = imm8 >> 7, low = imm8 & 0x3f, high = imm8 >> 6 & 1;
    uint64_t bits;

    if (fp_size(i) == 8)
        bits = sign << 63 | (high ? UINT64_C(0xff) : UINT64_C(0x100)) << 54 | low << 48;
    else
        bits = sign << 31 | (high ? UINT64_C(0x1f) : UINT64_C(0x20)) << 25 | low << 19;
    fp(b, i, FP_IMM, vd(i), IR_NONE, IR_NONE, fp_size(i))->imm = (int64_t)bits;
    return true;
}

static bool scalar_by_element(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    unsigned h = front_bits(i->raw, 11, 1), l = front_bits(i->raw, 21, 1);
    struct ir *o = fp(b, i, kind, vd(i), vn(i), vm(i), fp_size(i));

    o->c = (int8_t)vd(i); /* the addend, where there is one */
    o->by_element = true;
    o->imm = o->size == 8 ? h : h << 1 | l;
    return true;
}

static bool compare_conditional(struct ir_block *b, const struct a64_insn *i)
{
    unsigned cond = front_bits(i->raw, 12, 4);
    struct ir *o = fp(b, i, cond >= 14 ? FP_CMP : FP_CCMP, IR_NONE, vn(i), vm(i), fp_size(i));

    o->cond = (uint8_t)cond;
    o->imm = a64_nzcv_from_imm4(front_bits(i->raw, 0, 4));
    return true;
}

static bool convert_int(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    struct ir *o;

    if (kind == FP_FROM_INT || kind == FP_FROM_UINT)
        o = fp(b, i, kind, vd(i), front_read(front_bits(i->raw, 5, 5)), IR_NONE, fp_size(i));
    else
        o = fp(b, i, kind, front_write(front_bits(i->raw, 0, 5)), vn(i), IR_NONE, fp_size(i));
    o->w = i->raw >> 31;
    return true;
}

/* Rounded in the direction that ROUNDSD's immediate names. */
static bool round_int(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, unsigned mode)
{
    (void)convert_int(b, i, kind);
    b->op[b->nr - 1].imm = mode;
    return true;
}

static bool move_general(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, unsigned size)
{
    if (kind == FP_MOV_FROM)
        (void)fp(b, i, kind, vd(i), front_read(front_bits(i->raw, 5, 5)), IR_NONE, size);
    else
        (void)fp(b, i, kind, front_write(front_bits(i->raw, 0, 5)), vn(i), IR_NONE, size);
    return true;
}

static bool vector(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind, unsigned size)
{
    fp(b, i, kind, vd(i), vn(i), vm(i), size)->w = i->raw >> 30 & 1;
    return true;
}

static bool by_element(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    unsigned size = fp_size(i), h = front_bits(i->raw, 11, 1), l = front_bits(i->raw, 21, 1);
    struct ir *o;

    if (!(i->raw >> 30 & 1)) /* 64-bit vectors are rare */
        return false;
    o = fp(b, i, kind, vd(i), vn(i), vm(i), size);
    o->w = true;
    o->by_element = true;
    o->imm = size == 8 ? h : h << 1 | l;
    return true;
}

/* To a whole number, in the direction that ROUNDSD's immediate names; bit 3: never inexact. */
static bool round_whole(struct ir_block *b, const struct a64_insn *i, unsigned mode)
{
    fp(b, i, FP_ROUND, vd(i), vn(i), IR_NONE, fp_size(i))->imm = i->op == A64_OP_FRINTX ? mode : mode | 8;
    return true;
}

/* An element of 32 or 64 bits, in a vector register on both sides. */
static bool convert_element(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    fp(b, i, kind, vd(i), vn(i), IR_NONE, fp_size(i))->w = fp_size(i) == 8;
    return true;
}

/* Between vectors of singles and doubles; half precision is left to the handler. */
static bool convert_vector(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    if (!(i->raw >> 22 & 1))
        return false;
    return vector(b, i, kind, kind == FP_VTO_DOUBLE ? 4 : 8);
}

static bool front_fp_scalar(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_FADD:
        return scalar(b, i, FP_ADD);
    case A64_OP_FSUB:
        return scalar(b, i, FP_SUB);
    case A64_OP_FMUL:
        return scalar(b, i, FP_MUL);
    case A64_OP_FDIV:
        return scalar(b, i, FP_DIV);
    case A64_OP_FNMUL:
        return scalar(b, i, FP_NMUL);
    case A64_OP_FMAX:
    case A64_OP_FMAXNM:
        return scalar(b, i, FP_MAX);
    case A64_OP_FMIN:
    case A64_OP_FMINNM:
        return scalar(b, i, FP_MIN);
    case A64_OP_FSQRT:
        return scalar(b, i, FP_SQRT);
    case A64_OP_FABS:
        return scalar(b, i, FP_ABS);
    case A64_OP_FNEG:
        return scalar(b, i, FP_NEG);
    case A64_OP_FMOV:
        return scalar(b, i, FP_MOV);
    case A64_OP_FCMP:
        return scalar(b, i, FP_CMP);
    case A64_OP_FCMP_ZERO:
        return scalar(b, i, FP_CMP0);
    case A64_OP_FCCMP:
        return compare_conditional(b, i);
    case A64_OP_FMUL_ES:
        return scalar_by_element(b, i, FP_MUL);
    case A64_OP_FMLA_ES:
        return scalar_by_element(b, i, FP_MADD);
    case A64_OP_FMLS_ES:
        return scalar_by_element(b, i, FP_MSUB);
    case A64_OP_FADDP_SC:
        return scalar(b, i, FP_PAIR_SUM);
    case A64_OP_FMADD:
        return multiply_add(b, i, FP_MADD);
    case A64_OP_FMSUB:
        return multiply_add(b, i, FP_MSUB);
    case A64_OP_FNMADD:
        return multiply_add(b, i, FP_NMADD);
    case A64_OP_FNMSUB:
        return multiply_add(b, i, FP_NMSUB);
    case A64_OP_FCSEL:
        return select(b, i);
    case A64_OP_FMOV_IMM:
        return immediate(b, i);
    default:
        return false;
    }
}

static bool front_fp_convert(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_FCVT_D_S:
        (void)fp(b, i, FP_TO_DOUBLE, vd(i), vn(i), IR_NONE, 4);
        return true;
    case A64_OP_FCVT_S_D:
        (void)fp(b, i, FP_TO_SINGLE, vd(i), vn(i), IR_NONE, 8);
        return true;
    case A64_OP_SCVTF:
        return convert_int(b, i, FP_FROM_INT);
    case A64_OP_UCVTF:
        return convert_int(b, i, FP_FROM_UINT);
    case A64_OP_SCVTF_SC:
        return convert_element(b, i, FP_FROM_INT_V);
    case A64_OP_UCVTF_SC:
        return convert_element(b, i, FP_FROM_UINT_V);
    case A64_OP_FCVTZS:
        return convert_int(b, i, FP_TO_INT);
    case A64_OP_FCVTZU:
        return convert_int(b, i, FP_TO_UINT);
    case A64_OP_FCVTNS:
        return round_int(b, i, FP_ROUND_INT, 0);
    case A64_OP_FCVTMS:
        return round_int(b, i, FP_ROUND_INT, 1);
    case A64_OP_FCVTPS:
        return round_int(b, i, FP_ROUND_INT, 2);
    case A64_OP_FCVTNU:
        return round_int(b, i, FP_ROUND_UINT, 0);
    case A64_OP_FCVTMU:
        return round_int(b, i, FP_ROUND_UINT, 1);
    case A64_OP_FCVTPU:
        return round_int(b, i, FP_ROUND_UINT, 2);
    case A64_OP_FRINTN:
    case A64_OP_FRINTX:
    case A64_OP_FRINTI:
        return round_whole(b, i, 0);
    case A64_OP_FRINTM:
        return round_whole(b, i, 1);
    case A64_OP_FRINTP:
        return round_whole(b, i, 2);
    case A64_OP_FRINTZ:
        return round_whole(b, i, 3);
    case A64_OP_FMOV_W_S:
        return move_general(b, i, FP_MOV_TO, 4);
    case A64_OP_FMOV_X_D:
        return move_general(b, i, FP_MOV_TO, 8);
    case A64_OP_FMOV_S_W:
        return move_general(b, i, FP_MOV_FROM, 4);
    case A64_OP_FMOV_D_X:
        return move_general(b, i, FP_MOV_FROM, 8);
    default:
        return false;
    }
}

static bool front_fp_vector(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_FADD_V:
        return vector(b, i, FP_VFADD, fp_size(i));
    case A64_OP_FSUB_V:
        return vector(b, i, FP_VFSUB, fp_size(i));
    case A64_OP_FMUL_V:
        return vector(b, i, FP_VFMUL, fp_size(i));
    case A64_OP_FDIV_V:
        return vector(b, i, FP_VFDIV, fp_size(i));
    case A64_OP_FSQRT_V:
        return vector(b, i, FP_VFSQRT, fp_size(i));
    case A64_OP_FMLA_V:
        return vector(b, i, FP_VFMLA, fp_size(i));
    case A64_OP_FMLS_V:
        return vector(b, i, FP_VFMLS, fp_size(i));
    case A64_OP_FMUL_E:
        return by_element(b, i, FP_VFMUL);
    case A64_OP_FMLA_E:
        return by_element(b, i, FP_VFMLA);
    case A64_OP_FMLS_E:
        return by_element(b, i, FP_VFMLS);
    case A64_OP_FADDP_V:
        return vector(b, i, FP_VFADDP, fp_size(i));
    case A64_OP_FABS_V:
        return vector(b, i, FP_VFABS, fp_size(i));
    case A64_OP_FNEG_V:
        return vector(b, i, FP_VFNEG, fp_size(i));
    case A64_OP_SCVTF_V:
        return vector(b, i, FP_VFROM_INT, fp_size(i));
    case A64_OP_FCVTL_V:
        return convert_vector(b, i, FP_VTO_DOUBLE);
    case A64_OP_FCVTN_V:
        return convert_vector(b, i, FP_VTO_SINGLE);
    default:
        return false;
    }
}

static bool round_vector(struct ir_block *b, const struct a64_insn *i, unsigned mode)
{
    (void)vector(b, i, FP_VFROUND, fp_size(i));
    b->op[b->nr - 1].imm = i->op == A64_OP_FRINTX_V ? mode : mode | 8;
    return true;
}

/* What only the fast form of a block does. */
static bool front_fp_lanes(struct ir_block *b, const struct a64_insn *i)
{
    static const uint8_t kinds[A64_NR_OPS - A64_OP_FMOV] = {
#define ROW(op, kind) [A64_OP_##op - A64_OP_FMOV] = kind
        ROW(FCMEQ_V, FP_VFCMEQ),   ROW(FCMGE_V, FP_VFCMGE),   ROW(FCMGT_V, FP_VFCMGT),   ROW(FACGE_V, FP_VFACGE),
        ROW(FACGT_V, FP_VFACGT),   ROW(FCMEQ0_V, FP_VFCMEQ0), ROW(FCMGT0_V, FP_VFCMGT0), ROW(FCMGE0_V, FP_VFCMGE0),
        ROW(FCMLE0_V, FP_VFCMLE0), ROW(FCMLT0_V, FP_VFCMLT0), ROW(FMAX_V, FP_VFMAX),     ROW(FMAXNM_V, FP_VFMAX),
        ROW(FMIN_V, FP_VFMIN),     ROW(FMINNM_V, FP_VFMIN),   ROW(FABD_V, FP_VFABD),     ROW(FCVTZS_V, FP_VFTO_INT),
#undef ROW
    };

    switch (i->op) {
    case A64_OP_FRINTN_V:
    case A64_OP_FRINTX_V:
    case A64_OP_FRINTI_V:
        return round_vector(b, i, 0);
    case A64_OP_FRINTM_V:
        return round_vector(b, i, 1);
    case A64_OP_FRINTP_V:
        return round_vector(b, i, 2);
    case A64_OP_FRINTZ_V:
        return round_vector(b, i, 3);
    default:
        return i->op >= A64_OP_FMOV && kinds[i->op - A64_OP_FMOV] && vector(b, i, kinds[i->op - A64_OP_FMOV], fp_size(i));
    }
}

bool front_fp(struct ir_block *b, const struct a64_insn *i)
{
    return front_fp_scalar(b, i) || front_fp_convert(b, i) || front_fp_vector(b, i) || front_fp_lanes(b, i);
}
