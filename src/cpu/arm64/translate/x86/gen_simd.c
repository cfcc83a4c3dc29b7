/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic on vectors of integers and bits; moves and orders of elements are in gen_simd_move.c.
 */
#include <assert.h>

#include "cpu/arm64/translate/x86/gen.h"

static void vex(struct gen *g, unsigned op, int dst, int x, struct x86_rm y)
{
    gen_vex(g, op, dst, x, y);
}

static unsigned log_of(const struct ir *i)
{
    return (unsigned)__builtin_ctz(i->size);
}

static void ones(struct gen *g, int xmm)
{
    vex(g, 0x176, xmm, xmm, x86_r(xmm)); /* vpcmpeqd */
}

static void zero(struct gen *g, int xmm)
{
    vex(g, 0x1ef, xmm, xmm, x86_r(xmm)); /* vpxor */
}

/* Instructions with prefix 66: map << 8 | opcode, by the logarithm of the element's size; 0: there
 * is none. */
static const uint16_t and[] = {0x1db, 0x1db, 0x1db, 0x1db}, or [] = {0x1eb, 0x1eb, 0x1eb, 0x1eb},
                      xor[] =
                          {
                              0x1ef, 0x1ef, 0x1ef, 0x1ef},
                      add[] = {0x1fc, 0x1fd, 0x1fe, 0x1d4}, sub[] = {0x1f8, 0x1f9, 0x1fa, 0x1fb},
                      mul[] = {0, 0x1d5, 0x240, 0}, equal[] = {0x174, 0x175, 0x176, 0x229},
                      greater[] = {0x164, 0x165, 0x166, 0x237}, umin[] = {0x1da, 0x23a, 0x23b, 0},
                      umax[] = {0x1de, 0x23e, 0x23f, 0}, smin[] = {0x238, 0x1ea, 0x239, 0},
                      smax[] = {0x23c, 0x1ee, 0x23d, 0}, average[] = {0x1e0, 0x1e3, 0, 0},
                      absolute[] = {0x21c, 0x21d, 0x21e, 0};

enum { SIMPLE_FIRST = FP_VAND };
static const uint16_t *const simple[] = {
    [FP_VAND - SIMPLE_FIRST] = and,      [FP_VOR - SIMPLE_FIRST] = or,
    [FP_VXOR - SIMPLE_FIRST] = xor,      [FP_VADD - SIMPLE_FIRST] = add,
    [FP_VSUB - SIMPLE_FIRST] = sub,      [FP_VMUL - SIMPLE_FIRST] = mul,
    [FP_VCMEQ - SIMPLE_FIRST] = equal,   [FP_VCMGT - SIMPLE_FIRST] = greater,
    [FP_VUMIN - SIMPLE_FIRST] = umin,    [FP_VUMAX - SIMPLE_FIRST] = umax,
    [FP_VSMIN - SIMPLE_FIRST] = smin,    [FP_VSMAX - SIMPLE_FIRST] = smax,
    [FP_VUAVG - SIMPLE_FIRST] = average,
};

/* The second operand: xmm1 = its element imm everywhere, or where it is. */
static struct x86_rm second(struct gen *g, const struct ir *i)
{
    struct x86_rm b = gen_vector(g, i->b);

    if (!i->by_element)
        return b;
    gen_vector_element(g, XMM1, i->b, (unsigned)i->imm * i->size);
    vex(g, i->size == 2 ? 0x279 : 0x258, XMM1, 0, x86_r(XMM1)); /* vpbroadcast */
    return x86_r(XMM1);
}

static void two_operands(struct gen *g, const struct ir *i)
{
    unsigned op = simple[i->aux - SIMPLE_FIRST][log_of(i)];
    int d = gen_vector_def_at_once(g, i, XMM0);
    struct x86_rm b = second(g, i);

    assert(op);
    vex(g, op, d, gen_vector_use(g, i->a, 16, XMM2), b);
    gen_vector_finish(g, i, d);
}

/* dst += or -= a * b */
static void multiply_add(struct gen *g, const struct ir *i)
{
    struct x86_rm b = second(g, i);

    vex(g, mul[log_of(i)], XMM1, gen_vector_use(g, i->a, 16, XMM2), b);
    vex(g, (i->aux == FP_VMLA ? add : sub)[log_of(i)], XMM0, gen_vector_use(g, i->dst, 16, XMM0),
        x86_r(XMM1));
    gen_vector_finish(g, i, XMM0);
}

/* dst = (x & mask) | (y & ~mask): BSL's mask is dst, BIT's and BIF's is b. */
static void select_bits(struct gen *g, const struct ir *i)
{
    int mask = i->aux == FP_VBSL ? i->dst : i->b;
    int x = i->aux == FP_VBIF ? i->dst : i->a, y = i->aux == FP_VBSL   ? i->b
                                                   : i->aux == FP_VBIT ? i->dst
                                                                       : i->a;
    int m = gen_vector_use(g, mask, 16, XMM0);

    vex(g, 0x1df, XMM1, m, gen_vector(g, y)); /* vpandn */
    vex(g, 0x1db, XMM0, m, gen_vector(g, x)); /* vpand */
    vex(g, 0x1eb, XMM0, XMM0, x86_r(XMM1));   /* vpor */
    gen_vector_finish(g, i, XMM0);
}

/* a & ~b, a | ~b */
static void with_inverse(struct gen *g, const struct ir *i)
{
    int d = gen_vector_def_at_once(g, i, XMM0);

    if (i->aux == FP_VBIC) {
        vex(g, 0x1df, d, gen_vector_use(g, i->b, 16, XMM1), gen_vector(g, i->a));
    } else {
        ones(g, XMM1);
        vex(g, 0x1ef, XMM1, XMM1, gen_vector(g, i->b));
        vex(g, 0x1eb, d, XMM1, gen_vector(g, i->a));
    }
    gen_vector_finish(g, i, d);
}

/* The same order of elements, seen as signed: the top bit flipped. */
static void flip_top(struct gen *g, int xmm, struct x86_rm src)
{
    gen_vector_load(g, xmm, src, 16);
    vex(g, 0x1ef, xmm, xmm, x86_at(g->thunks->fp->bias[0][1]));
}

/* xmm0 = a >= b or a > b, unsigned, 64 bits; there is only a signed "greater". */
static void compare_unsigned_long(struct gen *g, const struct ir *i)
{
    bool inclusive = i->aux == FP_VCMHS;

    flip_top(g, XMM0, gen_vector(g, inclusive ? i->b : i->a));
    flip_top(g, XMM1, gen_vector(g, inclusive ? i->a : i->b));
    vex(g, 0x237, XMM0, XMM0, x86_r(XMM1)); /* vpcmpgtq */
}

static void invert(struct gen *g, int xmm)
{
    ones(g, XMM1);
    vex(g, 0x1ef, xmm, xmm, x86_r(XMM1));
}

/* Comparisons by those that the host has: equal, signed greater, minimum. */
static void compare(struct gen *g, const struct ir *i)
{
    unsigned log = log_of(i);
    int a = gen_vector_use(g, i->a, 16, XMM2);

    switch (i->aux) {
    case FP_VCMGE: /* not b > a */
        vex(g, greater[log], XMM0, gen_vector_use(g, i->b, 16, XMM0), x86_r(a));
        invert(g, XMM0);
        break;
    case FP_VCMTST:
        zero(g, XMM1);
        vex(g, 0x1db, XMM0, a, gen_vector(g, i->b));
        vex(g, equal[log], XMM0, XMM0, x86_r(XMM1));
        invert(g, XMM0);
        break;
    default:
        if (log == 3) {
            compare_unsigned_long(g, i);
        } else { /* a is the greater one; a is the lesser one: then not b */
            vex(g, (i->aux == FP_VCMHS ? umax : umin)[log], XMM0, a, gen_vector(g, i->b));
            vex(g, equal[log], XMM0, XMM0, x86_r(a));
        }
        if ((i->aux == FP_VCMHI) == (log < 3))
            invert(g, XMM0);
        break;
    }
    gen_vector_finish(g, i, XMM0);
}

static void compare_zero(struct gen *g, const struct ir *i)
{
    unsigned log = log_of(i);
    struct x86_rm a = gen_vector(g, i->a);

    zero(g, XMM0);
    if (i->aux == FP_VCMEQ0)
        vex(g, equal[log], XMM0, XMM0, a);
    else if (i->aux == FP_VCMGE0 || i->aux == FP_VCMLT0)
        vex(g, greater[log], XMM0, XMM0, a); /* 0 > a */
    else
        vex(g, greater[log], XMM0, gen_vector_use(g, i->a, 16, XMM1), x86_r(XMM0)); /* a > 0 */
    if (i->aux == FP_VCMGE0 || i->aux == FP_VCMLE0)
        invert(g, XMM0);
    gen_vector_finish(g, i, XMM0);
}

static void one_operand(struct gen *g, const struct ir *i)
{
    switch (i->aux) {
    case FP_VNOT:
        ones(g, XMM0);
        vex(g, 0x1ef, XMM0, XMM0, gen_vector(g, i->a));
        break;
    case FP_VNEG:
        zero(g, XMM0);
        vex(g, sub[log_of(i)], XMM0, XMM0, gen_vector(g, i->a));
        break;
    default:
        vex(g, absolute[log_of(i)], XMM0, 0, gen_vector(g, i->a));
        break;
    }
    gen_vector_finish(g, i, XMM0);
}

/* xmm = the elements of register `from` with even numbers, then the others. */
static void sort(struct gen *g, const struct ir *i, int xmm, int from)
{
    if (i->size <= 2)
        vex(g, 0x200, xmm, from, x86_at(g->thunks->fp->sorted[i->size - 1])); /* vpshufb */
    else if (i->size == 4)
        x86_vex_imm(&g->a, 1, 1, false, false, 0x70, xmm, 0, x86_r(from), 0xd8); /* vpshufd */
    else
        gen_vector_load(g, xmm, x86_r(from), 16);
}

static void pairwise(struct gen *g, const struct ir *i)
{
    static const uint16_t *const ops[] = {add, umax, umin, smax, smin};
    int first = XMM2, second = XMM2;

    if (i->w) {
        sort(g, i, first, gen_vector_use(g, i->a, 16, XMM0));
        if (i->a != i->b)
            sort(g, i, second = XMM3, gen_vector_use(g, i->b, 16, XMM0));
    } else {
        vex(g, 0x16c, XMM2, gen_vector_use(g, i->a, 16, XMM2), gen_vector(g, i->b)); /* vpunpcklqdq */
        sort(g, i, XMM2, XMM2);
    }
    vex(g, 0x16c, XMM0, first, x86_r(second));
    vex(g, 0x16d, XMM1, first, x86_r(second)); /* vpunpckhqdq */
    vex(g, ops[i->aux - FP_VADDP][log_of(i)], XMM0, XMM0, x86_r(XMM1));
    gen_vector_finish(g, i, XMM0);
}

/* xmm = src shifted by n: /digit 2 right, 4 right with sign, 6 left. */
void gen_vector_shift(struct gen *g, int xmm, struct x86_rm src, unsigned size, unsigned digit,
                      unsigned n)
{
    unsigned op = size == 8 ? 0x73 : size == 4 ? 0x72 : 0x71;

    if (src.is_mem) {
        gen_vector_load(g, xmm, src, 16);
        src = x86_r(xmm);
    }
    x86_vex_imm(&g->a, 1, 1, false, false, op, (int)digit, xmm, src, n);
}

/* Bytes: as 16 bits, less what came over from the neighbour. */
static void shift_bytes(struct gen *g, const struct ir *i, unsigned digit)
{
    unsigned n = (unsigned)i->imm, keep = digit == 6 ? 0xffu << n : 0xffu >> n;

    gen_vector_shift(g, XMM0, gen_vector(g, i->a), 2, digit, n);
    x86_mov_imm(&g->a, RAX, keep & 0xff);
    x86_vex(&g->a, 1, 1, false, false, 0x6e, XMM1, 0, x86_r(RAX)); /* vmovd */
    vex(g, 0x278, XMM1, 0, x86_r(XMM1));                           /* vpbroadcastb */
    vex(g, 0x1db, XMM0, XMM0, x86_r(XMM1));
}

static void shift(struct gen *g, const struct ir *i)
{
    bool adds = i->aux == FP_VUSRA || i->aux == FP_VSSRA;
    unsigned digit = i->aux == FP_VSHL ? 6 : i->aux == FP_VUSHR || i->aux == FP_VUSRA ? 2 : 4;

    if (i->size == 1)
        shift_bytes(g, i, digit);
    else
        gen_vector_shift(g, XMM0, gen_vector(g, i->a), i->size, digit, (unsigned)i->imm);
    if (adds)
        vex(g, add[log_of(i)], XMM0, XMM0, gen_vector(g, i->dst));
    gen_vector_finish(g, i, XMM0);
}

/* xmm = the half of `v` that Q names, each element as wide as two. */
static void widen(struct gen *g, const struct ir *i, int xmm, int v)
{
    struct x86_rm src = gen_vector(g, v);
    unsigned op = (i->sign ? 0x220u : 0x230u) + (i->size == 1   ? 0
                                                 : i->size == 2 ? 3
                                                                : 5); /* vpmovsx, vpmovzx */

    if (i->w && src.is_mem) {
        src.disp += 8;
    } else if (i->w) {
        x86_vex_imm(&g->a, 1, 1, false, false, 0x73, 3, xmm, src, 8); /* vpsrldq */
        src = x86_r(xmm);
    }
    vex(g, op, xmm, 0, src);
}

static void shift_long(struct gen *g, const struct ir *i)
{
    widen(g, i, XMM0, i->a);
    if (i->imm)
        gen_vector_shift(g, XMM0, x86_r(XMM0), 2u * i->size, 6, (unsigned)i->imm);
    gen_vector_end(g, i->dst, XMM0);
}

/* Operations whose result has elements twice as wide. */
static void arithmetic_long(struct gen *g, const struct ir *i)
{
    unsigned log = log_of(i) + 1;
    bool subtracts = i->aux == FP_VSUBL || i->aux == FP_VSUBW || i->aux == FP_VMLSL;

    widen(g, i, XMM1, i->b);
    if (i->aux == FP_VADDW || i->aux == FP_VSUBW)
        gen_vector_load(g, XMM0, gen_vector(g, i->a), 16);
    else
        widen(g, i, XMM0, i->a);
    if (i->aux == FP_VMULL || i->aux == FP_VMLAL || i->aux == FP_VMLSL) {
        vex(g,
            log < 3   ? mul[log]
            : i->sign ? 0x228
                      : 0x1f4,
            XMM1, XMM0, x86_r(XMM1)); /* vpmuldq, vpmuludq */
        if (i->aux == FP_VMULL) {
            gen_vector_end(g, i->dst, XMM1);
            return;
        }
        gen_vector_load(g, XMM0, gen_vector(g, i->dst), 16);
    }
    vex(g, (subtracts ? sub : add)[log], XMM0, XMM0, x86_r(XMM1));
    gen_vector_end(g, i->dst, XMM0);
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
    case FP_VORN:
        with_inverse(g, i);
        break;
    case FP_VCMGE:
    case FP_VCMHI:
    case FP_VCMHS:
    case FP_VCMTST:
        compare(g, i);
        break;
    case FP_VMLA:
    case FP_VMLS:
        multiply_add(g, i);
        break;
    case FP_VSHLL:
        shift_long(g, i);
        break;
    default:
        if (i->aux < FP_VBIC)
            two_operands(g, i);
        else if (i->aux <= FP_VCMLT0)
            compare_zero(g, i);
        else if (i->aux <= FP_VABS)
            one_operand(g, i);
        else if (i->aux <= FP_VSMINP)
            pairwise(g, i);
        else if (i->aux <= FP_VSSRA)
            shift(g, i);
        else if (i->aux >= FP_VADDL && i->aux <= FP_VSUBW)
            arithmetic_long(g, i);
        else
            gen_simd_move(g, i);
        break;
    }
}
