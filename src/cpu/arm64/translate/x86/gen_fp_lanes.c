/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point that only the fast form does, armed (gen_fp_armed.c): comparisons, greatest and least, and conversions of vectors;
 * conditional comparison, the sum of two neighbours, and conversions to integers other than by truncation. In the slow form their
 * handlers run. Nothing is written before the last instruction that may fault. */
#include <assert.h>

#include "cpu/arm64/translate/x86/gen_fp.h"

enum { EQ, LT, LE }; /* VCMPPS: EQ is quiet, as FCMEQ is; the others fault on any NaN */

/* All that the operation takes of register `v`, in an xmm register. */
static int lanes(struct gen *g, const struct ir *i, int v, int scratch)
{
    struct x86_rm src = gen_fp_operand(g, i, v, scratch);

    if (!src.is_mem)
        return src.reg;
    gen_vector_load(g, scratch, src, 16);
    return scratch;
}

/* xmm2 = what clears signs */
static void magnitude_mask(struct gen *g, const struct ir *i)
{
    vex(g, 1, 0x76, XMM2, XMM2, x86_r(XMM2)); /* vpcmpeqd: ones */
    gen_vector_shift(g, XMM2, x86_r(XMM2), i->size, 2, 1);
}

static void compare_lanes(struct gen *g, const struct ir *i, int x, unsigned how, int y)
{
    int d = gen_vector_def_at_once(g, i, XMM0);

    x86_vex_imm(&g->a, 1, packed_pp(i->size), false, false, 0xc2, d, x, x86_r(y), how); /* vcmpps, vcmppd */
    gen_vector_finish(g, i, d);
}

/* a >= b is b <= a. */
static void compare(struct gen *g, const struct ir *i)
{
    int a = lanes(g, i, i->a, XMM0), b = lanes(g, i, i->b, XMM1);

    if (i->aux == FP_VFACGE || i->aux == FP_VFACGT) {
        magnitude_mask(g, i);
        vex(g, 0, 0x54, XMM0, XMM2, x86_r(a)); /* vandps */
        vex(g, 0, 0x54, XMM1, XMM2, x86_r(b));
        a = XMM0;
        b = XMM1;
    }
    if (i->aux == FP_VFCMEQ)
        compare_lanes(g, i, a, EQ, b);
    else
        compare_lanes(g, i, b, i->aux == FP_VFCMGE || i->aux == FP_VFACGE ? LE : LT, a);
}

static void compare_zero(struct gen *g, const struct ir *i)
{
    int a = lanes(g, i, i->a, XMM0);

    zero(g, XMM1);
    switch (i->aux) {
    case FP_VFCMEQ0:
        compare_lanes(g, i, a, EQ, XMM1);
        break;
    case FP_VFCMLE0:
        compare_lanes(g, i, a, LE, XMM1);
        break;
    case FP_VFCMLT0:
        compare_lanes(g, i, a, LT, XMM1);
        break;
    default:
        compare_lanes(g, i, XMM1, i->aux == FP_VFCMGE0 ? LE : LT, a);
        break;
    }
}

/* Of two zeros the host takes the second: both ways round, and their signs together. */
static void extreme(struct gen *g, const struct ir *i)
{
    bool max = i->aux == FP_VFMAX;
    int a = lanes(g, i, i->a, XMM0), b = lanes(g, i, i->b, XMM1);
    int d = gen_vector_def_at_once(g, i, XMM0);

    vex(g, packed_pp(i->size), max ? 0x5f : 0x5d, XMM2, a, x86_r(b)); /* vmax, vmin */
    vex(g, packed_pp(i->size), max ? 0x5f : 0x5d, XMM3, b, x86_r(a));
    vex(g, 0, max ? 0x54 : 0x56, d, XMM2, x86_r(XMM3)); /* vandps, vorps */
    gen_vector_finish(g, i, d);
}

static void difference(struct gen *g, const struct ir *i)
{
    int a = lanes(g, i, i->a, XMM0), d;

    vex(g, packed_pp(i->size), 0x5c, XMM0, a, gen_fp_operand(g, i, i->b, XMM1)); /* vsub */
    magnitude_mask(g, i);
    d = gen_vector_def_at_once(g, i, XMM0);
    vex(g, 0, 0x54, d, XMM2, x86_r(XMM0));
    gen_vector_end(g, i->dst, d);
}

static void round_lanes(struct gen *g, const struct ir *i)
{
    int a = lanes(g, i, i->a, XMM0), d = gen_vector_def_at_once(g, i, XMM0);

    x86_vex_imm(&g->a, 3, 1, false, false, i->size == 8 ? 0x09 : 0x08, d, 0, x86_r(a), (unsigned)i->imm); /* vround */
    gen_vector_end(g, i->dst, d);
}

/* By truncation, signed. */
static void lanes_to_int(struct gen *g, const struct ir *i)
{
    int a = lanes(g, i, i->a, XMM0), d = gen_vector_def_at_once(g, i, XMM0);

    if (i->size == 4) {
        vex(g, 2, 0x5b, d, 0, x86_r(a)); /* vcvttps2dq */
        gen_vector_end(g, i->dst, d);
        return;
    }
    x86_vex(&g->a, 1, 3, true, false, 0x2c, RAX, 0, x86_r(a)); /* vcvttsd2si */
    gen_vector_element(g, XMM1, i->a, 8);
    x86_vex(&g->a, 1, 3, true, false, 0x2c, RCX, 0, x86_r(XMM1));
    x86_vex(&g->a, 1, 1, true, false, 0x6e, XMM0, 0, x86_r(RAX)); /* vmovq */
    x86_vex(&g->a, 1, 1, true, false, 0x6e, XMM1, 0, x86_r(RCX));
    gen_vex(g, 0x16c, d, XMM0, x86_r(XMM1)); /* vpunpcklqdq */
    gen_vector_end(g, i->dst, d);
}

/* If cond: as FCMP; else NZCV = aux. */
static void compare_conditional(struct gen *g, const struct ir *i)
{
    uint8_t *no = x86_jcc(&g->a, gen_cond(g, i->cond) ^ 1), *end;
    int a = gen_vector_use(g, i->a, i->size, XMM0);

    vex(g, packed_pp(i->size), 0x2e, a, 0, gen_vector(g, i->b)); /* vucomis */
    g->eflags = EFLAGS_NONE;
    gen_otherwise(g, i, x86_jcc(&g->a, CC_P));
    x86_setcc(&g->a, CC_A, RAX);
    x86_setcc(&g->a, CC_B, RCX);
    x86_sub8(&g->a, RAX, RCX);
    gen_set_flags(g, i, EFLAGS_SUB);
    end = x86_jmp(&g->a);
    if (!g->a.full)
        x86_patch(no, g->a.p);
    gen_set_known_flags(g, i, (uint32_t)i->imm);
    if (!g->a.full)
        x86_patch(end, g->a.p);
}

static void pair_sum(struct gen *g, const struct ir *i)
{
    int a = gen_vector_use(g, i->a, 16, XMM0), d = gen_vector_def_at_once(g, i, XMM0);

    gen_vector_element(g, XMM1, i->a, i->size);
    vex(g, scalar_pp(i->size), 0x58, d, a, x86_r(XMM1)); /* vadds */
    gen_vector_clear_above(g, d, i->size);
    gen_vector_end(g, i->dst, d);
}

/* Rounded as imm says: once without a word, for an integer that does not fit is not inexact, too. */
static void round_to_int(struct gen *g, const struct ir *i)
{
    bool is_unsigned = i->aux == FP_ROUND_UINT;
    int a = gen_vector_use(g, i->a, i->size, XMM2);

    x86_vex_imm(&g->a, 3, 1, false, false, i->size == 8 ? 0x0b : 0x0a, XMM0, a, x86_r(a), (unsigned)i->imm | 8); /* vrounds */
    if (is_unsigned)
        gen_fp_refuse_out_of_range(g, i, XMM0);
    x86_vex(&g->a, 1, scalar_pp(i->size), i->w || is_unsigned, false, 0x2c, RAX, 0, x86_r(XMM0)); /* vcvtts2si */
    x86_vex_imm(&g->a, 3, 1, false, false, i->size == 8 ? 0x0b : 0x0a, XMM0, a, x86_r(a), (unsigned)i->imm);
    if (i->dst == A64_DISCARD)
        return;
    gen_def_from(g, i->dst, i->w, RAX);
}

bool gen_fp_is_fast_only(const struct ir *i)
{
    return (i->aux >= FP_CCMP && i->aux <= FP_ROUND_UINT) || (i->aux >= FP_VFCMEQ && i->aux <= FP_VFTO_INT);
}

void gen_fp_lanes(struct gen *g, const struct ir *i)
{
    if (i->aux != FP_CCMP)
        g->eflags = EFLAGS_NONE;
    switch (i->aux) {
    case FP_CCMP:
        compare_conditional(g, i);
        break;
    case FP_PAIR_SUM:
        pair_sum(g, i);
        break;
    case FP_ROUND_INT:
    case FP_ROUND_UINT:
        round_to_int(g, i);
        break;
    case FP_VFCMEQ:
    case FP_VFCMGE:
    case FP_VFCMGT:
    case FP_VFACGE:
    case FP_VFACGT:
        compare(g, i);
        break;
    case FP_VFMAX:
    case FP_VFMIN:
        extreme(g, i);
        break;
    case FP_VFABD:
        difference(g, i);
        break;
    case FP_VFROUND:
        round_lanes(g, i);
        break;
    case FP_VFTO_INT:
        lanes_to_int(g, i);
        break;
    default:
        assert(i->aux >= FP_VFCMEQ0 && i->aux <= FP_VFCMLT0);
        compare_zero(g, i);
        break;
    }
}
