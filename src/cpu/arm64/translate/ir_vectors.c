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
    [FP_VFADD] = A | B | D,
    [FP_VFSUB] = A | B | D,
    [FP_VFMUL] = A | B | D,
    [FP_VFDIV] = A | B | D,
    [FP_VFSQRT] = A | D,
    [FP_VFMLA] = A | B | D | M,
    [FP_VFMLS] = A | B | D | M,
    [FP_VAND] = A | B | D,
    [FP_VBIC] = A | B | D,
    [FP_VOR] = A | B | D,
    [FP_VXOR] = A | B | D,
    [FP_VBSL] = A | B | D | M,
    [FP_VBIT] = A | B | D | M,
    [FP_VBIF] = A | B | D | M,
    [FP_VADD] = A | B | D,
    [FP_VSUB] = A | B | D,
    [FP_VMUL] = A | B | D,
    [FP_VCMEQ] = A | B | D,
    [FP_VCMGT] = A | B | D,
    [FP_VUMIN] = A | B | D,
    [FP_VUMAX] = A | B | D,
    [FP_VDUP] = A | D | WIDE_A,
    [FP_VDUP_FROM] = D,
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
        reads(v, i->a, shape & WIDE_A ? 16 : bytes);
    if (shape & B)
        reads(v, i->b, i->by_element ? 16 : bytes);
    if (shape & C)
        reads(v, i->c, bytes);
    if (shape & M)
        reads(v, i->dst, bytes);
    if (shape & D)
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
        writes(ret, i->dst, i->size);
        break;
    case IR_VSTP:
        reads(ret, i->dst, i->size);
        reads(ret, i->c, i->size);
        break;
    case IR_VST:
        reads(ret, i->c, i->size);
        break;
    default:
        break;
    }
}
