/* SPDX-License-Identifier: Apache-2.0
 *
 * Vectors of floating point. A 64-bit vector is computed with zeros above it, and ones above a divisor:
 * what is there may raise nothing. */
#include "cpu/arm64/translate/x86/gen_fp.h"

struct x86_rm gen_fp_operand(struct gen *g, const struct ir *i, int v, int scratch)
{
    struct x86_rm src = gen_vector(g, v);

    if (i->w || (!src.is_mem && gen_vector_is_narrow(g, v, 8)))
        return src;
    gen_vector_load(g, scratch, src, 8);
    return x86_r(scratch);
}

static int in_register(struct gen *g, struct x86_rm src, int scratch)
{
    if (!src.is_mem)
        return src.reg;
    gen_vector_load(g, scratch, src, 16);
    return scratch;
}

/* The second operand: xmm1, or where it is. */
static struct x86_rm second(struct gen *g, const struct ir *i)
{
    struct x86_rm b = gen_vector(g, i->b);

    if (!i->by_element && !i->w && i->aux == FP_VFDIV) {
        gen_vector_load(g, XMM1, b, 8);
        vex(g, 0, 0x56, XMM1, XMM1, x86_at(g->thunks->fp->one_above)); /* vorps */
        return x86_r(XMM1);
    }
    if (!i->by_element)
        return gen_fp_operand(g, i, i->b, XMM1);
    if (b.is_mem) {
        b.disp += (int32_t)i->imm * i->size;
        if (i->size == 8)
            vex(g, 3, 0x12, XMM1, 0, b); /* vmovddup */
        else
            x86_vex(&g->a, 2, 1, false, false, 0x18, XMM1, 0, b); /* vbroadcastss */
    } else if (i->size == 8) {
        x86_vex_imm(&g->a, 1, 1, false, false, 0xc6, XMM1, b.reg, b, i->imm ? 3 : 0); /* vshufpd */
    } else {
        x86_vex_imm(&g->a, 1, 0, false, false, 0xc6, XMM1, b.reg, b,
                    (unsigned)i->imm * 0x55); /* vshufps */
    }
    return x86_r(XMM1);
}

/* xmm2 = all ones where the element in `xmm` is not finite, or (sum: not) perhaps an underflow; of
 * its lower half alone unless `whole`. Jumps if that is anywhere. */
static uint8_t *if_bad(struct gen *g, int xmm, bool d, bool whole, bool sum)
{
    const struct gen_fp_constants *fp = g->thunks->fp;
    unsigned add = d ? 0xd4 : 0xfe;

    vex(g, 1, add, XMM2, xmm, x86_r(xmm)); /* vpaddq, vpaddd */
    vex(g, 1, add, XMM2, XMM2, x86_at(fp->bias[!sum][d]));
    if (d)
        x86_vex(&g->a, 2, 1, false, false, 0x37, XMM2, XMM2,
                x86_at(fp->limit[!sum][d])); /* vpcmpgtq */
    else
        vex(g, 1, 0x66, XMM2, XMM2, x86_at(fp->limit[!sum][d])); /* vpcmpgtd */
    if (!whole)
        gen_vector_clear_above(g, XMM2, 8);
    x86_vex(&g->a, 2, 1, false, false, d ? 0x0f : 0x0e, XMM2, 0,
            x86_r(XMM2)); /* vtestpd, vtestps */
    g->eflags = EFLAGS_NONE;
    return x86_jcc(&g->a, CC_NE);
}

/* xmm2 less the elements in which register `v` is zero */
static void forgive_zeros(struct gen *g, const struct ir *i, struct x86_rm v)
{
    vex(g, 0, 0x57, XMM3, XMM3, x86_r(XMM3)); /* vxorps */
    x86_vex_imm(&g->a, 1, packed_pp(i->size), false, false, 0xc2, XMM3, XMM3, v,
                0);                           /* vcmpps, vcmppd: equal */
    vex(g, 1, 0xdf, XMM2, XMM3, x86_r(XMM2)); /* vpandn */
}

void gen_fp_vector_zero(struct gen *g, const struct gen_slow *s)
{
    const struct ir *i = s->ir;
    bool d = i->size == 8;
    uint8_t *bad;

    forgive_zeros(g, i, gen_vector(g, i->a));
    if (i->aux != FP_VFDIV)
        forgive_zeros(g, i, i->by_element ? x86_r(XMM1) : gen_vector(g, i->b));
    x86_vex(&g->a, 2, 1, false, false, d ? 0x0f : 0x0e, XMM2, 0, x86_r(XMM2));
    bad = x86_jcc(&g->a, CC_NE);
    /* All that is left is finite? Xmm2 is lost. */
    vex(g, 1, 0xdb, XMM2, s->xmm, x86_at(g->thunks->fp->exponent[d])); /* vpand */
    if (d)
        x86_vex(&g->a, 2, 1, false, false, 0x29, XMM2, XMM2,
                x86_at(g->thunks->fp->exponent[d])); /* vpcmpeqq */
    else
        vex(g, 1, 0x76, XMM2, XMM2, x86_at(g->thunks->fp->exponent[d])); /* vpcmpeqd */
    if (!i->w)
        gen_vector_clear_above(g, XMM2, 8);
    x86_vex(&g->a, 2, 1, false, false, d ? 0x0f : 0x0e, XMM2, 0, x86_r(XMM2));
    x86_jcc_to(&g->a, CC_E, s->resume);
    if (!g->a.full)
        x86_patch(bad, g->a.p);
}

static void check(struct gen *g, const struct ir *i, int xmm)
{
    bool sum =
        i->aux == FP_VFADD || i->aux == FP_VFSUB || i->aux == FP_VFSQRT || i->aux == FP_VFADDP;
    uint8_t *bad;

    if (g->fast.on) {
        if (i->aux == FP_VFMLA || i->aux == FP_VFMLS)
            gen_fault_if_nan(g, i, xmm);
        if (!sum)
            gen_fault_if_small(g, i, xmm, i->size);
        return;
    }
    bad = if_bad(g, xmm, i->size == 8, i->w, sum);
    if (sum)
        gen_otherwise(g, i, bad);
    else
        gen_fp_or_zero(g, i, xmm, bad);
}

/* Sums, products, quotients, roots, element by element. */
static void arithmetic(struct gen *g, const struct ir *i)
{
    static const uint8_t op[] = {
        [FP_VFADD] = 0x58, [FP_VFSUB] = 0x5c,  [FP_VFMUL] = 0x59,
        [FP_VFDIV] = 0x5e, [FP_VFSQRT] = 0x51,
    };
    bool sum = i->aux == FP_VFADD || i->aux == FP_VFSUB || i->aux == FP_VFSQRT;
    int d = sum ? gen_vector_def_at_once(g, i, XMM0) : gen_vector_def(g, i, XMM0), a;

    if (i->aux == FP_VFMLA || i->aux == FP_VFMLS) {
        struct x86_rm b = second(g, i);

        d = gen_fma_begin(g, i, i->dst, i->w ? 16 : 8);
        a = in_register(g, gen_fp_operand(g, i, i->a, XMM3), XMM3);
        x86_vex(&g->a, 2, 1, i->size == 8, false, gen_fma_opcode(i->aux) - 1, d, a, b);
    } else if (i->aux == FP_VFSQRT) {
        vex(g, packed_pp(i->size), op[i->aux], d, 0, gen_fp_operand(g, i, i->a, XMM3));
    } else {
        struct x86_rm b = second(g, i);

        a = in_register(g, gen_fp_operand(g, i, i->a, XMM3), XMM3);
        vex(g, packed_pp(i->size), op[i->aux], d, a, b);
    }
    check(g, i, d);
    gen_vector_end(g, i->dst, d);
}

static void add_neighbours(struct gen *g, const struct ir *i)
{
    gen_vector_unzip(g, i, XMM0, false);
    gen_vector_unzip(g, i, XMM1, true);
    if (!i->w) {
        gen_vector_clear_above(g, XMM0, 8);
        gen_vector_clear_above(g, XMM1, 8);
    }
    vex(g, packed_pp(i->size), 0x58, XMM0, XMM0, x86_r(XMM1));
    check(g, i, XMM0);
    gen_vector_end(g, i->dst, XMM0);
}

static void from_int(struct gen *g, const struct ir *i)
{
    if (i->size == 4) {
        vex(g, 0, 0x5b, XMM0, 0, gen_fp_operand(g, i, i->a, XMM0)); /* vcvtdq2ps */
    } else {
        int a = gen_vector_use(g, i->a, 16, XMM2);

        vex(g, 0, 0x57, XMM0, XMM0, x86_r(XMM0));                         /* vxorps */
        x86_vex_imm(&g->a, 3, 1, true, false, 0x16, a, 0, x86_r(RAX), 1); /* vpextrq */
        x86_vex(&g->a, 1, 3, true, false, 0x2a, XMM1, XMM0, x86_r(RAX));  /* vcvtsi2sd */
        x86_vex(&g->a, 1, 1, true, false, 0x7e, a, 0, x86_r(RAX));        /* vmovq */
        x86_vex(&g->a, 1, 3, true, false, 0x2a, XMM0, XMM0, x86_r(RAX));
        vex(g, 1, 0x14, XMM0, XMM0, x86_r(XMM1)); /* vunpcklpd */
    }
    gen_vector_finish(g, i, XMM0);
}

static void to_double(struct gen *g, const struct ir *i)
{
    gen_vector_element(g, XMM0, i->a, i->w ? 8 : 0);
    vex(g, 0, 0x5a, XMM0, 0, x86_r(XMM0)); /* vcvtps2pd */
    if (!g->fast.on)
        gen_otherwise(g, i, if_bad(g, XMM0, true, true, true));
    gen_vector_end(g, i->dst, XMM0);
}

static void to_single(struct gen *g, const struct ir *i)
{
    vex(g, 1, 0x5a, XMM0, 0, gen_vector(g, i->a)); /* vcvtpd2ps */
    if (g->fast.on)
        gen_fault_if_small(g, i, XMM0, 4);
    else
        gen_otherwise(g, i, if_bad(g, XMM0, false, false, false));
    if (i->w)
        gen_vex(g, 0x16c, XMM0, gen_vector_use(g, i->dst, 16, XMM1), x86_r(XMM0)); /* vpunpcklqdq */
    gen_vector_end(g, i->dst, XMM0);
}

/* Signs cleared or flipped. */
static void signs(struct gen *g, const struct ir *i)
{
    bool neg = i->aux == FP_VFNEG;

    vex(g, 1, 0x76, XMM1, XMM1, x86_r(XMM1)); /* vpcmpeqd: ones */
    gen_vector_shift(g, XMM1, x86_r(XMM1), i->size, neg ? 6 : 2, neg ? 8u * i->size - 1 : 1);
    vex(g, 1, neg ? 0xef : 0xdb, XMM0, XMM1, gen_vector(g, i->a));
    gen_vector_finish(g, i, XMM0);
}

void gen_fp_vector(struct gen *g, const struct ir *i)
{
    if (i->aux == FP_VFABS || i->aux == FP_VFNEG) {
        signs(g, i);
        return;
    }
    gen_fp_plain(g, i);
    switch (i->aux) {
    case FP_VFADDP:
        add_neighbours(g, i);
        break;
    case FP_VFROM_INT:
        from_int(g, i);
        break;
    case FP_VTO_DOUBLE:
        to_double(g, i);
        break;
    case FP_VTO_SINGLE:
        to_single(g, i);
        break;
    default:
        arithmetic(g, i);
        break;
    }
}
