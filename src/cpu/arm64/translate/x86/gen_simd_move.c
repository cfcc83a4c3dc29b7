/* SPDX-License-Identifier: Apache-2.0
 *
 * Moves of elements, their order, and narrowing. */
#include <assert.h>

#include "cpu/arm64/translate/x86/gen.h"

static unsigned log_of(const struct ir *i)
{
    return (unsigned)__builtin_ctz(i->size);
}

void gen_vex(struct gen *g, unsigned op, int dst, int x, struct x86_rm y)
{
    x86_vex(&g->a, op >> 8, 1, false, false, op & 0xff, dst, x, y);
}

static void vex_imm(struct gen *g, unsigned op, int dst, int x, struct x86_rm y, unsigned imm)
{
    x86_vex_imm(&g->a, op >> 8, 1, false, false, op & 0xff, dst, x, y, imm);
}

void gen_vector_finish(struct gen *g, const struct ir *i, int xmm)
{
    if (!i->w)
        gen_vector_clear_above(g, xmm, 8);
    gen_vector_end(g, i->dst, xmm);
}

void gen_vector_element(struct gen *g, int xmm, int v, unsigned byte)
{
    struct x86_rm src = gen_vector(g, v);

    if (byte)
        vex_imm(g, 0x173, 3, xmm, x86_r(gen_vector_use(g, v, 16, xmm)), byte); /* vpsrldq */
    else
        gen_vector_load(g, xmm, src, 16);
}

static void move_general(struct gen *g, const struct ir *i, int xmm)
{
    int r = gen_use(g, i->a, i->size == 8, RAX);

    x86_vex(&g->a, 1, 1, i->size == 8, false, 0x6e, xmm, 0, x86_r(r)); /* vmovd, vmovq */
}

static void duplicate(struct gen *g, const struct ir *i)
{
    static const uint16_t op[] = {0x278, 0x279, 0x258, 0x259}; /* vpbroadcast */

    if (i->aux == FP_VDUP)
        gen_vector_element(g, XMM0, i->a, (unsigned)i->imm * i->size);
    else
        move_general(g, i, XMM0);
    gen_vex(g, op[log_of(i)], XMM0, 0, x86_r(XMM0));
    gen_vector_finish(g, i, XMM0);
}

/* rax = element imm of a, zero-extended */
static void extract(struct gen *g, const struct ir *i)
{
    static const uint16_t op[] = {0x314, 0x315, 0x316, 0x316}; /* vpextr */
    int v = gen_vector_use(g, i->a, 16, XMM0);

    x86_vex_imm(&g->a, 3, 1, i->size == 8, false, op[log_of(i)] & 0xff, v, 0, x86_r(RAX),
                (unsigned)i->imm);
}

static void insert(struct gen *g, const struct ir *i)
{
    static const uint16_t op[] = {0x320, 0x1c4, 0x322, 0x322}; /* vpinsr */
    int r = RAX;

    if (i->aux == FP_VINS)
        extract(g, i);
    else
        r = gen_use(g, i->a, i->size == 8, RAX);
    x86_vex_imm(&g->a, op[log_of(i)] >> 8, 1, i->size == 8, false, op[log_of(i)] & 0xff, XMM0,
                gen_vector_use(g, i->dst, 16, XMM0), x86_r(r), i->shift);
    gen_vector_end(g, i->dst, XMM0);
}

static void move_to(struct gen *g, const struct ir *i)
{
    int d;

    if (i->dst == A64_DISCARD)
        return;
    extract(g, i);
    d = gen_def(g, i->dst, RAX);
    if (!i->sign)
        x86_mov_load(&g->a, true, d, x86_r(RAX));
    else if (i->size == 1)
        x86_movsx8(&g->a, i->w, d, x86_r(RAX));
    else if (i->size == 2)
        x86_movsx16(&g->a, i->w, d, x86_r(RAX));
    else
        x86_movsxd(&g->a, d, x86_r(RAX));
    gen_def_end(g, i->dst, d);
}

/* xmm1 = imm in each half */
static void constant(struct gen *g, const struct ir *i, int xmm)
{
    if (!i->imm) {
        gen_vex(g, 0x1ef, xmm, xmm, x86_r(xmm));
        return;
    }
    x86_mov_imm(&g->a, RAX, (uint64_t)i->imm);
    x86_vex(&g->a, 1, 1, true, false, 0x6e, xmm, 0, x86_r(RAX)); /* vmovq */
    if (i->w)
        gen_vex(g, 0x16c, xmm, xmm, x86_r(xmm)); /* vpunpcklqdq */
}

static void with_constant(struct gen *g, const struct ir *i)
{
    int d = gen_vector_def(g, i, XMM1);

    if (i->aux == FP_VIMM) {
        constant(g, i, d);
        gen_vector_end(g, i->dst, d);
        return;
    }
    constant(g, i, XMM1);
    gen_vex(g, i->aux == FP_VORI ? 0x1eb : 0x1df, XMM0, XMM1,
            gen_vector(g, i->dst)); /* vpor, vpandn */
    gen_vector_finish(g, i, XMM0);
}

/* xmm = src with its elements of one parity at the bottom of elements twice as wide, zeros above.
 */
static void one_parity(struct gen *g, unsigned size, int xmm, struct x86_rm src, bool odd)
{
    if (!odd) {
        gen_vector_shift(g, xmm, src, 2 * size, 6, 8 * size);
        src = x86_r(xmm);
    }
    gen_vector_shift(g, xmm, src, 2 * size, 2, 8 * size);
}

void gen_unzip(struct gen *g, unsigned size, int xmm, struct x86_rm x, struct x86_rm y, bool odd)
{
    if (size < 4) {
        one_parity(g, size, XMM3, y, odd);
        one_parity(g, size, xmm, x, odd);
        gen_vex(g, size == 1 ? 0x167 : 0x22b, xmm, xmm, x86_r(XMM3)); /* vpackuswb, vpackusdw */
        return;
    }
    if (x.is_mem) {
        gen_vector_load(g, XMM3, x, 16);
        x = x86_r(XMM3);
    }
    if (size == 8)
        gen_vex(g, odd ? 0x16d : 0x16c, xmm, x.reg, y); /* vpunpckhqdq, vpunpcklqdq */
    else
        x86_vex_imm(&g->a, 1, 0, false, false, 0xc6, xmm, x.reg, y, odd ? 0xdd : 0x88); /* vshufps */
}

void gen_zip(struct gen *g, unsigned size, int xmm, int x, struct x86_rm y, bool high)
{
    static const uint16_t op[2][4] = {{0x160, 0x161, 0x162, 0x16c}, {0x168, 0x169, 0x16a, 0x16d}}; /* vpunpck */

    gen_vex(g, op[high][__builtin_ctz(size)], xmm, x, y);
}

void gen_vector_unzip(struct gen *g, const struct ir *i, int xmm, bool odd)
{
    struct x86_rm both = x86_r(XMM2);

    if (i->w) {
        gen_unzip(g, i->size, xmm, gen_vector(g, i->a), gen_vector(g, i->b), odd);
        return;
    }
    gen_vex(g, 0x16c, XMM2, gen_vector_use(g, i->a, 16, XMM2),
            gen_vector(g, i->b)); /* vpunpcklqdq: the two halves */
    gen_unzip(g, i->size, xmm, both, both, odd);
}

static void zip(struct gen *g, const struct ir *i)
{
    bool second = i->aux == FP_VZIP2;

    gen_zip(g, i->size, XMM0, gen_vector_use(g, i->a, 16, XMM0), gen_vector(g, i->b), second && i->w);
    if (second && !i->w)
        vex_imm(g, 0x173, 3, XMM0, x86_r(XMM0), 8); /* vpsrldq */
    gen_vector_finish(g, i, XMM0);
}

/* TRN1: even elements of a, each followed by b's; TRN2: odd ones. */
static void transpose(struct gen *g, const struct ir *i)
{
    bool odd = i->aux == FP_VTRN2;

    if (i->size == 8) {
        gen_vex(g, odd ? 0x16d : 0x16c, XMM0, gen_vector_use(g, i->a, 16, XMM0),
                gen_vector(g, i->b));
    } else {
        one_parity(g, i->size, XMM0, gen_vector(g, i->a), odd);
        one_parity(g, i->size, XMM1, gen_vector(g, i->b), odd);
        gen_vector_shift(g, XMM1, x86_r(XMM1), 2u * i->size, 6, 8u * i->size);
        gen_vex(g, 0x1eb, XMM0, XMM0, x86_r(XMM1));
    }
    gen_vector_finish(g, i, XMM0);
}

static void extract_bytes(struct gen *g, const struct ir *i)
{
    if (i->w) {
        int b = gen_vector_use(g, i->b, 16, XMM0);

        vex_imm(g, 0x30f, XMM0, b, x86_r(gen_vector_use(g, i->a, 16, XMM1)),
                (unsigned)i->imm); /* vpalignr */
    } else {
        gen_vex(g, 0x16c, XMM0, gen_vector_use(g, i->a, 16, XMM0), gen_vector(g, i->b));
        vex_imm(g, 0x173, 3, XMM0, x86_r(XMM0), (unsigned)i->imm);
    }
    gen_vector_finish(g, i, XMM0);
}

/* PSHUFB gives zero for numbers from 0x80 on; 0x70 more, saturated, are those from 16. */
static void table(struct gen *g, const struct ir *i)
{
    x86_mov_imm(&g->a, RAX, 0x70707070);
    x86_vex(&g->a, 1, 1, false, false, 0x6e, XMM1, 0, x86_r(RAX));           /* vmovd */
    gen_vex(g, 0x258, XMM1, 0, x86_r(XMM1));                                 /* vpbroadcastd */
    gen_vex(g, 0x1dc, XMM1, XMM1, gen_vector(g, i->b));                      /* vpaddusb */
    gen_vex(g, 0x200, XMM0, gen_vector_use(g, i->a, 16, XMM0), x86_r(XMM1)); /* vpshufb */
    gen_vector_finish(g, i, XMM0);
}

static void reverse(struct gen *g, const struct ir *i)
{
    uint64_t order = 0;

    for (unsigned k = 0; k < 8; k++) {
        unsigned unit = k / (unsigned)i->imm * (unsigned)i->imm,
                 last = (unsigned)i->imm / i->size - 1;
        unsigned element = (k - unit) / i->size;

        order |= (uint64_t)(unit + (last - element) * i->size + k % i->size) << 8 * k;
    }
    x86_mov_imm(&g->a, RAX, order);
    x86_vex(&g->a, 1, 1, true, false, 0x6e, XMM1, 0, x86_r(RAX)); /* vmovq */
    x86_mov_imm(&g->a, RAX, order + UINT64_C(0x0808080808080808));
    x86_vex_imm(&g->a, 3, 1, true, false, 0x22, XMM1, XMM1, x86_r(RAX), 1); /* vpinsrq */
    gen_vex(g, 0x200, XMM0, gen_vector_use(g, i->a, 16, XMM0), x86_r(XMM1));
    gen_vector_finish(g, i, XMM0);
}

static void narrow(struct gen *g, const struct ir *i)
{
    unsigned half = 4u * i->size; /* bits */

    gen_vector_shift(g, XMM0, gen_vector(g, i->a), i->size, 2, (unsigned)i->imm);
    if (i->size == 8) {
        vex_imm(g, 0x170, XMM0, 0, x86_r(XMM0), 0x08); /* vpshufd: the even ones */
    } else {
        gen_vector_shift(g, XMM0, x86_r(XMM0), i->size, 6, half);
        gen_vector_shift(g, XMM0, x86_r(XMM0), i->size, 2, half);
        gen_vex(g, i->size == 2 ? 0x167 : 0x22b, XMM0, XMM0,
                x86_r(XMM0)); /* vpackuswb, vpackusdw */
    }
    if (i->w)
        gen_vex(g, 0x16c, XMM0, gen_vector_use(g, i->dst, 16, XMM1), x86_r(XMM0));
    gen_vector_finish(g, i, XMM0);
}

void gen_simd_move(struct gen *g, const struct ir *i)
{
    switch (i->aux) {
    case FP_VDUP:
    case FP_VDUP_FROM:
        duplicate(g, i);
        break;
    case FP_VINS:
    case FP_VINS_FROM:
        insert(g, i);
        break;
    case FP_VMOV_TO:
        move_to(g, i);
        break;
    case FP_VIMM:
    case FP_VORI:
    case FP_VBICI:
        with_constant(g, i);
        break;
    case FP_VZIP1:
    case FP_VZIP2:
        zip(g, i);
        break;
    case FP_VUZP1:
    case FP_VUZP2:
        gen_vector_unzip(g, i, XMM0, i->aux == FP_VUZP2);
        gen_vector_finish(g, i, XMM0);
        break;
    case FP_VTRN1:
    case FP_VTRN2:
        transpose(g, i);
        break;
    case FP_VEXT:
        extract_bytes(g, i);
        break;
    case FP_VTBL:
        table(g, i);
        break;
    case FP_VREV:
        reverse(g, i);
        break;
    default:
        assert(i->aux == FP_VSHRN);
        narrow(g, i);
        break;
    }
}
