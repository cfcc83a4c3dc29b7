/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of integers: one number of all elements; bits counted; shifts that keep the other bits. */
#include <assert.h>

#include "cpu/arm64/translate/x86/gen.h"

static void shift_bytes_right(struct gen *g, int dst, int src, unsigned bytes)
{
    x86_vex_imm(&g->a, 1, 1, false, false, 0x73, 3, dst, x86_r(src), bytes); /* vpsrldq */
}

/* xmm0 = its lowest element alone */
static void keep_lowest(struct gen *g, unsigned size)
{
    if (size >= 4) {
        gen_vector_clear_above(g, XMM0, size);
        return;
    }
    x86_vex(&g->a, 1, 1, false, false, 0x7e, XMM0, 0, x86_r(RAX)); /* vmovd */
    if (size == 1)
        x86_movzx8(&g->a, RAX, x86_r(RAX));
    else
        x86_movzx16(&g->a, RAX, x86_r(RAX));
    x86_vex(&g->a, 1, 1, false, false, 0x6e, XMM0, 0, x86_r(RAX));
}

/* The upper half joins the lower until one element is left. */
static void across(struct gen *g, const struct ir *i)
{
    static const uint16_t op[][3] = {
        {0x1fc, 0x1fd, 0x1fe}, {0x1de, 0x23e, 0x23f}, {0x1da, 0x23a, 0x23b}, {0x23c, 0x1ee, 0x23d}, {0x238, 0x1ea, 0x239},
    }; /* vpadd, vpmaxu, vpminu, vpmaxs, vpmins */

    gen_vector_load(g, XMM0, gen_vector(g, i->a), 16);
    for (unsigned bytes = i->w ? 16 : 8; bytes > i->size; bytes /= 2) {
        shift_bytes_right(g, XMM1, XMM0, bytes / 2);
        gen_vex(g, op[i->aux - FP_VACROSS_ADD][__builtin_ctz(i->size)], XMM0, XMM0, x86_r(XMM1));
    }
    keep_lowest(g, i->size);
    gen_vector_end(g, i->dst, XMM0);
}

/* Of bytes, unsigned. */
static void across_add_long(struct gen *g, const struct ir *i)
{
    gen_vector_load(g, XMM0, gen_vector(g, i->a), i->w ? 16 : 8);
    gen_vex(g, 0x1ef, XMM1, XMM1, x86_r(XMM1)); /* vpxor */
    gen_vex(g, 0x1f6, XMM0, XMM0, x86_r(XMM1)); /* vpsadbw: sums of the two halves */
    shift_bytes_right(g, XMM1, XMM0, 8);
    gen_vex(g, 0x1d4, XMM0, XMM0, x86_r(XMM1)); /* vpaddq */
    gen_vector_clear_above(g, XMM0, 8);
    gen_vector_end(g, i->dst, XMM0);
}

/* Bits of each byte: those of its halves from a table. */
static void count_bits(struct gen *g, const struct ir *i)
{
    const struct gen_fp_constants *c = g->thunks->fp;

    gen_vector_load(g, XMM0, gen_vector(g, i->a), 16);
    gen_vector_load(g, XMM3, x86_at(c->bits_of_nibble), 16);
    gen_vector_shift(g, XMM2, x86_r(XMM0), 2, 2, 4);
    gen_vex(g, 0x1db, XMM0, XMM0, x86_at(c->low_nibbles)); /* vpand */
    gen_vex(g, 0x1db, XMM2, XMM2, x86_at(c->low_nibbles));
    gen_vex(g, 0x200, XMM0, XMM3, x86_r(XMM0)); /* vpshufb */
    gen_vex(g, 0x200, XMM2, XMM3, x86_r(XMM2));
    gen_vex(g, 0x1fc, XMM0, XMM0, x86_r(XMM2)); /* vpaddb */
    gen_vector_finish(g, i, XMM0);
}

/* dst's bits stay where those of a do not come. */
static void shift_insert(struct gen *g, const struct ir *i)
{
    unsigned left = 6, right = 2, n = (unsigned)i->imm, kept = 8u * i->size - n;
    bool to_left = i->aux == FP_VSLI;

    gen_vector_shift(g, XMM1, gen_vector(g, i->dst), i->size, to_left ? left : right, kept);
    gen_vector_shift(g, XMM1, x86_r(XMM1), i->size, to_left ? right : left, kept);
    gen_vector_shift(g, XMM0, gen_vector(g, i->a), i->size, to_left ? left : right, n);
    gen_vex(g, 0x1eb, XMM0, XMM0, x86_r(XMM1)); /* vpor */
    gen_vector_finish(g, i, XMM0);
}

void gen_simd_across(struct gen *g, const struct ir *i)
{
    switch (i->aux) {
    case FP_VACROSS_ADDL:
        across_add_long(g, i);
        break;
    case FP_VCNT:
        count_bits(g, i);
        break;
    case FP_VSLI:
    case FP_VSRI:
        shift_insert(g, i);
        break;
    default:
        assert(i->aux >= FP_VACROSS_ADD && i->aux <= FP_VACROSS_SMIN);
        across(g, i);
        break;
    }
}
