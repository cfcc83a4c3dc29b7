/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of integers and bits. */
#include <assert.h>

#include "cpu/arm64/translate/x86/gen.h"

static void vex(struct gen *g, unsigned map, unsigned op, int dst, int x, struct x86_rm y)
{
    x86_vex(&g->a, map, 1, false, false, op, dst, x, y);
}

/* Ends an operation on a vector of 64 (w: 128) bits. */
static void finish(struct gen *g, const struct ir *i, int xmm)
{
    if (!i->w)
        gen_vector_clear_above(g, xmm, 8);
    gen_vector_end(g, i->dst, xmm);
}

/* dst = (x & mask) | (y & ~mask): BSL's mask is dst, BIT's and BIF's is b. */
static void select_bits(struct gen *g, const struct ir *i)
{
    int mask = i->aux == FP_VBSL ? i->dst : i->b;
    int x = i->aux == FP_VBIF ? i->dst : i->a, y = i->aux == FP_VBSL   ? i->b
                                                   : i->aux == FP_VBIT ? i->dst
                                                                       : i->a;
    int m = gen_vector_use(g, mask, 16, XMM0);

    vex(g, 1, 0xdf, XMM1, m, gen_vector(g, y)); /* vpandn */
    vex(g, 1, 0xdb, XMM0, m, gen_vector(g, x)); /* vpand */
    vex(g, 1, 0xeb, XMM0, XMM0, x86_r(XMM1));   /* vpor */
    finish(g, i, XMM0);
}

/* Instructions dst = a op b: map << 8 | opcode, by the logarithm of the element's size. */
static const uint16_t simple[][4] = {
    [FP_VAND - FP_VAND] = {0x1db, 0x1db, 0x1db, 0x1db},
    [FP_VOR - FP_VAND] = {0x1eb, 0x1eb, 0x1eb, 0x1eb},
    [FP_VXOR - FP_VAND] = {0x1ef, 0x1ef, 0x1ef, 0x1ef},
    [FP_VADD - FP_VAND] = {0x1fc, 0x1fd, 0x1fe, 0x1d4},
    [FP_VSUB - FP_VAND] = {0x1f8, 0x1f9, 0x1fa, 0x1fb},
    [FP_VMUL - FP_VAND] = {0, 0x1d5, 0x240, 0},
    [FP_VCMEQ - FP_VAND] = {0x174, 0x175, 0x176, 0x229},
    [FP_VCMGT - FP_VAND] = {0x164, 0x165, 0x166, 0x237},
    [FP_VUMIN - FP_VAND] = {0x1da, 0x23a, 0x23b, 0},
    [FP_VUMAX - FP_VAND] = {0x1de, 0x23e, 0x23f, 0},
};

static void two_operands(struct gen *g, const struct ir *i)
{
    unsigned op = simple[i->aux - FP_VAND][__builtin_ctz(i->size)];
    int d = gen_vector_def(g, i, XMM0);

    assert(op);
    vex(g, op >> 8, op & 0xff, d, gen_vector_use(g, i->a, 16, XMM1), gen_vector(g, i->b));
    finish(g, i, d);
}

/* a & ~b */
static void bit_clear(struct gen *g, const struct ir *i)
{
    int d = gen_vector_def(g, i, XMM0);

    vex(g, 1, 0xdf, d, gen_vector_use(g, i->b, 16, XMM1), gen_vector(g, i->a));
    finish(g, i, d);
}

/* xmm0 = its lowest element everywhere */
static void broadcast(struct gen *g, const struct ir *i, int d, struct x86_rm lowest)
{
    static const uint8_t op[] = {0x78, 0x79, 0x58, 0x59}; /* vpbroadcast */

    vex(g, 2, op[__builtin_ctz(i->size)], d, 0, lowest);
    finish(g, i, d);
}

static void duplicate(struct gen *g, const struct ir *i)
{
    struct x86_rm element = gen_vector(g, i->a);
    unsigned bytes = (unsigned)i->imm * i->size;

    if (element.is_mem) {
        element.disp += (int32_t)bytes;
    } else if (bytes) {
        x86_vex_imm(&g->a, 1, 1, false, false, 0x73, 3, XMM0, element, bytes); /* vpsrldq */
        element = x86_r(XMM0);
    }
    broadcast(g, i, XMM0, element);
}

static void duplicate_general(struct gen *g, const struct ir *i)
{
    int r = gen_use(g, i->a, i->size == 8, RAX);

    x86_vex(&g->a, 1, 1, i->size == 8, false, 0x6e, XMM0, 0, x86_r(r)); /* vmovd, vmovq */
    broadcast(g, i, XMM0, x86_r(XMM0));
}

void gen_simd(struct gen *g, const struct ir *i)
{
    switch (i->aux) {
    case FP_VBSL:
    case FP_VBIT:
    case FP_VBIF:
        select_bits(g, i);
        break;
    case FP_VBIC:
        bit_clear(g, i);
        break;
    case FP_VDUP:
        duplicate(g, i);
        break;
    case FP_VDUP_FROM:
        duplicate_general(g, i);
        break;
    default:
        two_operands(g, i);
        break;
    }
}
