/* SPDX-License-Identifier: Apache-2.0
 *
 * Which vector registers an operation of the intermediate form reads and writes. */
#include "cpu/arm64/translate/ir.h"

/* What the operands of an enum ir_fp are. Bytes of a vector operand are i->size for scalars, 16 or
 * 8 by i->w otherwise. */
enum {
    A = 1 << 0, /* a is a vector register, */
    B = 1 << 1, /* b, */
    C = 1 << 2, /* c, */
    D = 1 << 3, /* dst is one and written, */
    M = 1 << 4, /* and read before */
    SCALAR = 1 << 5,
    WIDE_A = 1 << 6, /* all of a is read, whatever the operation's width */
    DOUBLE = 1 << 7, /* the result has twice the scalar's size */
    HALF = 1 << 8,   /* or half of it */
    ALL_D = 1 << 9,  /* all of dst is written, whatever the width */
    LONG = A | B | D | ALL_D, /* elements of one half of a and b */
    PLAIN = A | B | D,
    PAIR_A = 1 << 10, /* two elements of a */
    PLAIN_2 = A | D | WIDE_A | ALL_D, /* whole registers */
    ALL_3 = PLAIN_2 | B,
};

static const uint16_t shapes[] = {
    [FP_ADD] = SCALAR | A | B | D,
    [FP_SUB] = SCALAR | A | B | D,
    [FP_MUL] = SCALAR | A | B | D,
    [FP_DIV] = SCALAR | A | B | D,
    [FP_SQRT] = SCALAR | A | D,
    [FP_NMUL] = SCALAR | A | B | D,
    [FP_MADD] = SCALAR | A | B | C | D,
    [FP_MSUB] = SCALAR | A | B | C | D,
    [FP_NMADD] = SCALAR | A | B | C | D,
    [FP_NMSUB] = SCALAR | A | B | C | D,
    [FP_ABS] = SCALAR | A | D,
    [FP_NEG] = SCALAR | A | D,
    [FP_MOV] = SCALAR | A | D,
    [FP_CMP] = SCALAR | A | B,
    [FP_CMP0] = SCALAR | A,
    [FP_CSEL] = SCALAR | A | B | D,
    [FP_TO_DOUBLE] = SCALAR | A | D | DOUBLE,
    [FP_TO_SINGLE] = SCALAR | A | D | HALF,
    [FP_FROM_INT] = SCALAR | D,
    [FP_TO_INT] = SCALAR | A,
    [FP_MOV_FROM] = SCALAR | D,
    [FP_MOV_TO] = SCALAR | A,
    [FP_IMM] = SCALAR | D,
    [FP_MAX] = SCALAR | A | B | D,
    [FP_MIN] = SCALAR | A | B | D,
    [FP_ROUND] = SCALAR | A | D,
    [FP_FROM_INT_V] = SCALAR | A | D,
    [FP_FROM_UINT_V] = SCALAR | A | D,
    [FP_TO_UINT] = SCALAR | A,
    [FP_FROM_UINT] = SCALAR | D,
    [FP_CCMP] = SCALAR | A | B,
    [FP_PAIR_SUM] = SCALAR | A | PAIR_A | D,
    [FP_ROUND_INT] = SCALAR | A,
    [FP_ROUND_UINT] = SCALAR | A,
    [FP_VFCMEQ] = PLAIN,
    [FP_VFCMGE] = PLAIN,
    [FP_VFCMGT] = PLAIN,
    [FP_VFACGE] = PLAIN,
    [FP_VFACGT] = PLAIN,
    [FP_VFCMEQ0] = A | D,
    [FP_VFCMGT0] = A | D,
    [FP_VFCMGE0] = A | D,
    [FP_VFCMLE0] = A | D,
    [FP_VFCMLT0] = A | D,
    [FP_VFMAX] = PLAIN,
    [FP_VFMIN] = PLAIN,
    [FP_VFABD] = PLAIN,
    [FP_VFROUND] = A | D,
    [FP_VFTO_INT] = A | D,
    [FP_VFADD] = PLAIN,
    [FP_VFSUB] = PLAIN,
    [FP_VFMUL] = PLAIN,
    [FP_VFDIV] = PLAIN,
    [FP_VFSQRT] = A | D,
    [FP_VFMLA] = PLAIN | M,
    [FP_VFMLS] = PLAIN | M,
    [FP_VFADDP] = PLAIN,
    [FP_VFROM_INT] = A | D,
    [FP_VTO_DOUBLE] = A | D | WIDE_A | ALL_D,
    [FP_VTO_SINGLE] = A | D | M | WIDE_A,
    [FP_VFABS] = A | D,
    [FP_VFNEG] = A | D,
    [FP_VAND] = PLAIN,
    [FP_VOR] = PLAIN,
    [FP_VXOR] = PLAIN,
    [FP_VADD] = PLAIN,
    [FP_VSUB] = PLAIN,
    [FP_VMUL] = PLAIN,
    [FP_VCMEQ] = PLAIN,
    [FP_VCMGT] = PLAIN,
    [FP_VUMIN] = PLAIN,
    [FP_VUMAX] = PLAIN,
    [FP_VSMIN] = PLAIN,
    [FP_VSMAX] = PLAIN,
    [FP_VUAVG] = PLAIN,
    [FP_VBIC] = PLAIN,
    [FP_VORN] = PLAIN,
    [FP_VBSL] = PLAIN | M,
    [FP_VBIT] = PLAIN | M,
    [FP_VBIF] = PLAIN | M,
    [FP_VCMGE] = PLAIN,
    [FP_VCMHI] = PLAIN,
    [FP_VCMHS] = PLAIN,
    [FP_VCMTST] = PLAIN,
    [FP_VCMEQ0] = A | D,
    [FP_VCMGT0] = A | D,
    [FP_VCMGE0] = A | D,
    [FP_VCMLE0] = A | D,
    [FP_VCMLT0] = A | D,
    [FP_VNOT] = A | D,
    [FP_VNEG] = A | D,
    [FP_VABS] = A | D,
    [FP_VMLA] = PLAIN | M,
    [FP_VMLS] = PLAIN | M,
    [FP_VADDP] = PLAIN,
    [FP_VUMAXP] = PLAIN,
    [FP_VUMINP] = PLAIN,
    [FP_VSMAXP] = PLAIN,
    [FP_VSMINP] = PLAIN,
    [FP_VSHL] = A | D,
    [FP_VUSHR] = A | D,
    [FP_VSSHR] = A | D,
    [FP_VUSRA] = A | D | M,
    [FP_VSSRA] = A | D | M,
    [FP_VSHRN] = A | D | M | WIDE_A,
    [FP_VSHLL] = A | D | WIDE_A | ALL_D,
    [FP_VADDL] = LONG | WIDE_A,
    [FP_VSUBL] = LONG | WIDE_A,
    [FP_VMULL] = LONG | WIDE_A,
    [FP_VMLAL] = LONG | WIDE_A | M,
    [FP_VMLSL] = LONG | WIDE_A | M,
    [FP_VADDW] = LONG | WIDE_A,
    [FP_VSUBW] = LONG | WIDE_A,
    [FP_VDUP] = A | D | WIDE_A,
    [FP_VDUP_FROM] = D,
    [FP_VINS] = A | D | M | WIDE_A,
    [FP_VINS_FROM] = D | M,
    [FP_VMOV_TO] = A | WIDE_A,
    [FP_VIMM] = D,
    [FP_VORI] = D | M,
    [FP_VBICI] = D | M,
    [FP_VZIP1] = PLAIN,
    [FP_VZIP2] = PLAIN,
    [FP_VUZP1] = PLAIN,
    [FP_VUZP2] = PLAIN,
    [FP_VTRN1] = PLAIN,
    [FP_VTRN2] = PLAIN,
    [FP_VEXT] = PLAIN,
    [FP_VTBL] = PLAIN | WIDE_A,
    [FP_VREV] = A | D,
    [FP_VACROSS_ADD] = A | D,
    [FP_VACROSS_UMAX] = A | D,
    [FP_VACROSS_UMIN] = A | D,
    [FP_VACROSS_SMAX] = A | D,
    [FP_VACROSS_SMIN] = A | D,
    [FP_VACROSS_ADDL] = A | D,
    [FP_VCNT] = A | D,
    [FP_VSLI] = A | D | M,
    [FP_VSRI] = A | D | M,
    [FP_AESE] = PLAIN_2 | M,
    [FP_AESD] = PLAIN_2 | M,
    [FP_AESMC] = PLAIN_2,
    [FP_AESIMC] = PLAIN_2,
    [FP_AESEMC] = PLAIN_2 | M,
    [FP_AESDIMC] = PLAIN_2 | M,
    [FP_PMULL] = LONG | WIDE_A,
    [FP_SHA1C] = ALL_3 | M,
    [FP_SHA1P] = ALL_3 | M,
    [FP_SHA1M] = ALL_3 | M,
    [FP_SHA1H] = PLAIN_2,
    [FP_SHA1SU0] = ALL_3 | M,
    [FP_SHA1SU1] = PLAIN_2 | M,
    [FP_SHA256H] = ALL_3 | M,
    [FP_SHA256H2] = ALL_3 | M,
    [FP_SHA256SU0] = PLAIN_2 | M,
    [FP_SHA256SU1] = ALL_3 | M,
};

static void reads(struct ir_vectors *v, int reg, unsigned bytes)
{
    v->read[v->nr_read++] = (struct ir_vector){(int8_t)reg, (uint8_t)bytes};
}

static void writes(struct ir_vectors *v, int reg, unsigned bytes)
{
    v->write[v->nr_write++] = (struct ir_vector){(int8_t)reg, (uint8_t)bytes};
}

static void of_fp(const struct ir *i, struct ir_vectors *v)
{
    unsigned shape = shapes[i->aux], bytes = shape & SCALAR ? i->size : i->w ? 16 : 8;

    if (shape & A)
        reads(v, i->a, shape & WIDE_A ? 16 : shape & PAIR_A ? 2 * bytes : bytes);
    if (shape & B)
        reads(v, i->b, i->by_element || shape & ALL_D ? 16 : bytes);
    if (shape & C)
        reads(v, i->c, bytes);
    if (shape & M)
        reads(v, i->dst, shape & ALL_D ? 16 : bytes);
    if (shape & ALL_D)
        writes(v, i->dst, 16);
    else if (shape & D)
        writes(v, i->dst, shape & DOUBLE ? 2 * bytes : shape & HALF ? bytes / 2 : bytes);
}

void ir_vectors(const struct ir *i, struct ir_vectors *ret)
{
    *ret = (struct ir_vectors){0};
    switch (i->op) {
    case IR_FP:
        of_fp(i, ret);
        break;
    case IR_VLDP:
        writes(ret, i->c, i->size);
        writes(ret, i->dst, i->size);
        break;
    case IR_VLD:
        for (int n = 0; n == 0 || n < i->count; n++)
            writes(ret, (i->dst + n) & 31, i->size);
        break;
    case IR_VSTP:
        reads(ret, i->dst, i->size);
        reads(ret, i->c, i->size);
        break;
    case IR_VST:
        for (int n = 0; n == 0 || n < i->count; n++)
            reads(ret, (i->c + n) & 31, i->size);
        break;
    default:
        break;
    }
}

unsigned ir_access_bytes(const struct ir *i)
{
    bool pair = i->op == IR_LDP || i->op == IR_STP || i->op == IR_VLDP || i->op == IR_VSTP;

    if (i->op == IR_ZERO)
        return 1; /* of the page that all of its block lies in */
    return i->size * (pair ? 2u : i->count ? i->count : 1u);
}
