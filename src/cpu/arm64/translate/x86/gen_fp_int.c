/* SPDX-License-Identifier: Apache-2.0
 *
 * Between floating point and integers, scalars; by truncation, as C does. */
#include "cpu/arm64/translate/x86/gen_fp.h"

/* From rax, or a general register. */
static void from_int(struct gen *g, const struct ir *i)
{
    bool is_unsigned = i->aux == FP_FROM_UINT || i->aux == FP_FROM_UINT_V, w = i->w || is_unsigned;
    int r = RAX;

    gen_fp_plain(g, i);
    if (i->aux >= FP_FROM_INT_V)
        gen_vector_to_general(g, i->a, i->size, RAX);
    else
        r = gen_use(g, i->a, i->w, RAX);
    if (is_unsigned && i->w) {
        x86_test(&g->a, true, x86_r(r), r);
        gen_otherwise(g, i, x86_jcc(&g->a, CC_S));
    } else if (is_unsigned) {
        x86_mov_load(&g->a, false, RAX, x86_r(r));
        r = RAX;
    }
    zero(g, XMM0);
    x86_vex(&g->a, 1, scalar_pp(i->size), w, false, 0x2a, XMM0, XMM0,
            x86_r(r)); /* vcvtsi2sd, vcvtsi2ss */
    gen_vector_end(g, i->dst, XMM0);
}

void gen_fp_refuse_out_of_range(struct gen *g, const struct ir *i, int xmm)
{
    zero(g, XMM1);
    vex(g, packed_pp(i->size), 0x2e, xmm, 0, x86_r(XMM1)); /* vucomis */
    gen_otherwise(g, i, x86_jcc(&g->a, CC_B));
    if (i->w)
        return;
    vex(g, packed_pp(i->size), 0x2e, xmm, 0, x86_at(&g->thunks->fp->two32[i->size == 8]));
    gen_otherwise(g, i, x86_jcc(&g->a, CC_AE));
}

/* Truncation to a signed integer, in which those that are not fit; what is too large faults, or becomes the most negative
 * number. */
static void to_int(struct gen *g, const struct ir *i)
{
    bool is_unsigned = i->aux == FP_TO_UINT, w = i->w || is_unsigned;

    gen_fp_plain(g, i);
    if (is_unsigned)
        gen_fp_refuse_out_of_range(g, i, gen_vector_use(g, i->a, i->size, XMM0));
    x86_vex(&g->a, 1, scalar_pp(i->size), w, false, 0x2c, RAX, 0,
            gen_vector(g, i->a)); /* vcvttsd2si, vcvttss2si */
    if (!g->fast.on) {
        x86_alu_imm(&g->a, ALU_CMP, w, x86_r(RAX), 1);
        gen_otherwise(g, i, x86_jcc(&g->a, CC_O));
    }
    if (i->dst == A64_DISCARD)
        return;
    gen_def_from(g, i->dst, i->w, RAX);
}

void gen_fp_int(struct gen *g, const struct ir *i)
{
    if (i->aux == FP_TO_INT || i->aux == FP_TO_UINT)
        to_int(g, i);
    else
        from_int(g, i);
}
