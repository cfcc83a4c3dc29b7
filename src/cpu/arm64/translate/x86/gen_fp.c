/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point as SSE and AVX instructions where the host provably does what Arm does. In the fast
 * form gen_fp_armed.c says when; in the slow form fp_fast.h does: round to nearest, nothing flushed,
 * IXC already set, and a result that is finite and no underflow. Everything else goes to the
 * interpreter's handler, whose operands are untouched until the result is stored. A whole register
 * is written, zeros above the result. Scalars here, vectors in gen_fp_vector.c. */
#include <assert.h>
#include <string.h>

#include "cpu/arm64/fp.h"
#include "cpu/arm64/translate/x86/gen_fp.h"

/* Twice the least magnitude that is no underflow: the least normal number may have been rounded up
 * to. */
#define SMALL32 UINT64_C(0x01000002)
#define SMALL64 UINT64_C(0x0020000000000002)
/* Twice infinity's encoding */
#define INFINITE32 UINT64_C(0xff000000)
#define INFINITE64 UINT64_C(0xffe0000000000000)

enum { MXCSR_IM = 1 << 7, MXCSR_ZM = 1 << 9, MXCSR_OM = 1 << 10, MXCSR_UM = 1 << 11 };

#define TWICE(x)                                                                                   \
    {                                                                                              \
        (x), (x)                                                                                   \
    }
#define BOTH(x)  TWICE((x) << 32 | (x))
#define TOP32    (UINT64_C(1) << 31)
#define TOP64    (UINT64_C(1) << 63)
#define LOW32(x) ((x)&UINT32_MAX)

static const struct gen_fp_constants constants = {
    .sign = {{TOP32, 0}, {TOP64, 0}},
    .magnitude = {{TOP32 - 1, 0}, {TOP64 - 1, 0}},
    .exponent = {BOTH(UINT64_C(0x7f800000)), TWICE(UINT64_C(0x7ff0000000000000))},
    .bias = {{BOTH(TOP32), TWICE(TOP64)}, {BOTH(TOP32 - SMALL32), TWICE(TOP64 - SMALL64)}},
    .limit = {{BOTH(LOW32(INFINITE32 - 1 + TOP32)), TWICE(INFINITE64 - 1 + TOP64)},
              {BOTH(LOW32(INFINITE32 - SMALL32 - 1 + TOP32)),
               TWICE(INFINITE64 - SMALL64 - 1 + TOP64)}},
    .small = SMALL64,
    .range = INFINITE64 - SMALL64,
    .infinite = INFINITE64,
    .half = {BOTH(UINT64_C(0x3f000000)), TWICE(UINT64_C(0x3fe0000000000000))},
    .one_above = {0, UINT64_C(0x3f8000003f800000)},
    .two32 = {UINT64_C(0x4f800000), UINT64_C(0x41f0000000000000)},
    .bits_of_nibble = {UINT64_C(0x0302020102010100), UINT64_C(0x0403030203020201)},
    .low_nibbles = TWICE(UINT64_C(0x0f0f0f0f0f0f0f0f)),
    .sorted = {{UINT64_C(0x0e0c0a0806040200), UINT64_C(0x0f0d0b0907050301)},
               {UINT64_C(0x0d0c090805040100), UINT64_C(0x0f0e0b0a07060302)}},
    .mxcsr_armed = 0x1f80 & ~(MXCSR_IM | MXCSR_ZM | MXCSR_OM | MXCSR_UM),
    .mxcsr_plain = 0x1f80,
};

const struct gen_fp_constants *gen_make_fp_constants(struct gen *g)
{
    uint8_t *at = (uint8_t *)(((uintptr_t)g->a.p + 15) & ~(uintptr_t)15);

    memcpy(at, &constants, sizeof(constants));
    g->a.p = at + sizeof(constants);
    return (const struct gen_fp_constants *)(void *)at;
}

void gen_fp_on(struct gen *g, const struct ir *i)
{
    if (g->fp_on || g->fast.on)
        return;
    g->eflags = EFLAGS_NONE;
    x86_mov_load(&g->a, false, RAX, CPU_FIELD(sys.cpacr));
    x86_not(&g->a, false, x86_r(RAX));
    x86_test_imm(&g->a, false, x86_r(RAX), 3 << 20);
    gen_otherwise(g, i, x86_jcc(&g->a, CC_NE));
    g->fp_on = true;
}

void gen_fp_plain(struct gen *g, const struct ir *i)
{
    g->eflags = EFLAGS_NONE;
    if (g->fast.on)
        return;
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpcr), FPCR_FZ | FPCR_RMODE);
    gen_otherwise(g, i, x86_jcc(&g->a, CC_NE));
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpsr), FPSR_IXC);
    gen_otherwise(g, i, x86_jcc(&g->a, CC_E));
}

/* rax = twice the magnitude of the scalar in `xmm` */
static void twice(struct gen *g, int xmm, unsigned size)
{
    x86_vex(&g->a, 1, 1, size == 8, false, 0x7e, xmm, 0, x86_r(RAX)); /* vmovd, vmovq */
    x86_alu_load(&g->a, ALU_ADD, size == 8, RAX, x86_r(RAX));
    g->eflags = EFLAGS_NONE;
}

/* Jumps when that is infinity or a NaN. */
static uint8_t *if_infinite(struct gen *g, unsigned size)
{
    if (size == 8)
        x86_alu_load(&g->a, ALU_CMP, true, RAX, x86_at(&g->thunks->fp->infinite));
    else
        x86_alu_imm(&g->a, ALU_CMP, false, x86_r(RAX), (int32_t)INFINITE32);
    return x86_jcc(&g->a, CC_AE);
}

/* Sums: finite is enough, a small one is exact. */
static void check_finite(struct gen *g, const struct ir *i, int xmm, unsigned size)
{
    if (g->fast.on)
        return;
    twice(g, xmm, size);
    gen_otherwise(g, i, if_infinite(g, size));
}

static uint8_t *if_not_plain(struct gen *g, int xmm, unsigned size)
{
    twice(g, xmm, size);
    if (size == 8) {
        x86_alu_load(&g->a, ALU_SUB, true, RAX, x86_at(&g->thunks->fp->small));
        x86_alu_load(&g->a, ALU_CMP, true, RAX, x86_at(&g->thunks->fp->range));
    } else {
        x86_alu_imm(&g->a, ALU_SUB, false, x86_r(RAX), (int32_t)SMALL32);
        x86_alu_imm(&g->a, ALU_CMP, false, x86_r(RAX), (int32_t)(INFINITE32 - SMALL32));
    }
    return x86_jcc(&g->a, CC_AE);
}

void gen_fp_or_zero(struct gen *g, const struct ir *i, int xmm, uint8_t *from)
{
    struct gen_slow *s = gen_slow(g, SLOW_ZERO, from, i->guest);

    s->ir = i;
    s->xmm = (int8_t)xmm;
    s->resume = g->a.p;
}

/* A product, quotient or fused sum, or the single made of a double; small is right if a factor is zero. */
static void check_plain(struct gen *g, const struct ir *i, int xmm, unsigned size)
{
    if (g->fast.on)
        gen_fault_if_small(g, i, xmm, size);
    else
        gen_fp_or_zero(g, i, xmm, if_not_plain(g, xmm, size));
}

/* Jumps to s->resume if `v` is zero. */
static void resume_if_zero(struct gen *g, const struct gen_slow *s, int v)
{
    bool d = s->ir->size == 8;

    gen_vector_to_general(g, v, s->ir->size, RAX);
    x86_alu_load(&g->a, ALU_ADD, d, RAX, x86_r(RAX));
    x86_jcc_to(&g->a, CC_E, s->resume);
}

static void scalar_zero(struct gen *g, const struct gen_slow *s)
{
    uint8_t *infinite;

    twice(g, s->xmm, s->ir->size);
    infinite = if_infinite(g, s->ir->size);
    resume_if_zero(g, s, s->ir->a);
    if (s->ir->aux != FP_DIV && s->ir->aux != FP_TO_SINGLE && !s->ir->by_element)
        resume_if_zero(g, s, s->ir->b);
    if (!g->a.full)
        x86_patch(infinite, g->a.p);
}

void gen_fp_zero(struct gen *g, const struct gen_slow *s)
{
    if (s->ir->aux >= FP_VFADD)
        gen_fp_vector_zero(g, s);
    else
        scalar_zero(g, s);
}

/* Ends a scalar operation whose bits above the element came from register `like`. */
static void finish(struct gen *g, const struct ir *i, int like, int xmm)
{
    int d = gen_vector_def_at_once(g, i, xmm);

    if (!gen_vector_is_narrow(g, like, i->size)) {
        gen_vector_low_of(g, d, xmm, i->size);
        xmm = d;
    }
    gen_vector_end(g, i->dst, xmm);
}

/* The second operand: xmm3, or where it is. */
static struct x86_rm second(struct gen *g, const struct ir *i)
{
    if (!i->by_element)
        return gen_vector(g, i->b);
    gen_vector_element(g, XMM3, i->b, (unsigned)i->imm * i->size);
    return x86_r(XMM3);
}

static void scalar_arithmetic(struct gen *g, const struct ir *i)
{
    static const uint8_t op[] = {
        [FP_ADD] = 0x58, [FP_SUB] = 0x5c,  [FP_MUL] = 0x59,
        [FP_DIV] = 0x5e, [FP_NMUL] = 0x59, [FP_SQRT] = 0x51,
    };
    bool sum = i->aux <= FP_SUB || i->aux == FP_SQRT;
    int d = sum ? gen_vector_def_at_once(g, i, XMM0) : gen_vector_def(g, i, XMM0), a;

    gen_fp_plain(g, i);
    a = gen_vector_use(g, i->a, i->size, XMM1);
    vex(g, scalar_pp(i->size), op[i->aux], d, a,
        i->aux == FP_SQRT ? x86_r(a) : second(g, i));
    if (sum)
        check_finite(g, i, d, i->size);
    else
        check_plain(g, i, d, i->size);
    if (i->aux == FP_NMUL)
        vex(g, 1, 0xef, d, d, x86_at(g->thunks->fp->sign[i->size == 8])); /* vpxor */
    finish(g, i, i->a, d);
}

/* Opcodes of the 231 forms: scalar; the packed one is one less. */
unsigned gen_fma_opcode(unsigned kind)
{
    switch (kind) {
    case FP_MADD:
    case FP_VFMLA:
        return 0xb9;
    case FP_MSUB:
    case FP_VFMLS:
        return 0xbd; /* addend - product */
    case FP_NMADD:
        return 0xbf; /* -product - addend */
    default:
        return 0xbb; /* product - addend */
    }
}

int gen_fma_begin(struct gen *g, const struct ir *i, int addend, unsigned bytes)
{
    struct x86_rm src = gen_vector(g, addend);
    int d = gen_vector_def(g, i, XMM0);

    if (!src.is_mem && i->aux < FP_VFADD) /* of a scalar's register the rest does not matter */
        bytes = 16;
    if (src.is_mem || addend != i->dst) {
        gen_vector_load(g, d, src, bytes);
        return d;
    }
    gen_vector_load(g, XMM0, src, 16);
    g->fast.kept = src.reg;
    if (!gen_vector_is_narrow(g, addend, bytes))
        gen_vector_low_of(g, src.reg, src.reg, bytes);
    return src.reg;
}

static void scalar_multiply_add(struct gen *g, const struct ir *i)
{
    int d, a;

    gen_fp_plain(g, i);
    d = gen_fma_begin(g, i, i->c, i->size);
    a = gen_vector_use(g, i->a, i->size, XMM1);
    x86_vex(&g->a, 2, 1, i->size == 8, false, gen_fma_opcode(i->aux), d, a, second(g, i));
    if (g->fast.on)
        gen_fault_if_nan(g, i, d);
    check_plain(g, i, d, i->size);
    finish(g, i, i->c, d);
}

/* Bits only: sign cleared, flipped or kept. */
static void scalar_bits(struct gen *g, const struct ir *i)
{
    int d = gen_vector_def_at_once(g, i, XMM0);

    gen_vector_low(g, i->a, i->size, d);
    if (i->aux == FP_ABS)
        vex(g, 1, 0xdb, d, d, x86_at(g->thunks->fp->magnitude[i->size == 8])); /* vpand */
    else if (i->aux == FP_NEG)
        vex(g, 1, 0xef, d, d, x86_at(g->thunks->fp->sign[i->size == 8])); /* vpxor */
    gen_vector_end(g, i->dst, d);
}

/* UCOMIS gives CF and ZF; one subtraction of "below" from "above" gives all four as a subtraction
 * of the operands would. */
static void scalar_compare(struct gen *g, const struct ir *i)
{
    int a;

    g->eflags = EFLAGS_NONE;
    if (!g->fast.on) {
        x86_test_imm(&g->a, false, CPU_FIELD(fp.fpcr), FPCR_FZ);
        gen_otherwise(g, i, x86_jcc(&g->a, CC_NE));
    }
    a = gen_vector_use(g, i->a, i->size, XMM0);
    if (i->aux == FP_CMP0)
        zero(g, XMM1);
    vex(g, packed_pp(i->size), 0x2e, a, 0,
        i->aux == FP_CMP0 ? x86_r(XMM1) : gen_vector(g, i->b)); /* vucomis */
    gen_otherwise(g, i, x86_jcc(&g->a, CC_P));
    x86_setcc(&g->a, CC_A, RAX);
    x86_setcc(&g->a, CC_B, RCX);
    x86_sub8(&g->a, RAX, RCX);
    gen_set_flags(g, i, EFLAGS_SUB);
}

static void scalar_select(struct gen *g, const struct ir *i)
{
    enum x86_cc cc = gen_cond(g, i->cond);
    int d = gen_vector_def(g, i, XMM0);

    gen_vector_to_general(g, i->b, i->size, RCX);
    gen_vector_to_general(g, i->a, i->size, RDX);
    x86_cmov(&g->a, cc, i->size == 8, RCX, x86_r(RDX));
    x86_vex(&g->a, 1, 1, true, false, 0x6e, d, 0, x86_r(RCX)); /* vmovq */
    gen_vector_end(g, i->dst, d);
}

static void scalar_resize(struct gen *g, const struct ir *i)
{
    gen_fp_plain(g, i);
    zero(g, XMM0);
    vex(g, scalar_pp(i->size), 0x5a, XMM0, XMM0, gen_vector(g, i->a)); /* vcvtsd2ss, vcvtss2sd */
    if (i->aux == FP_TO_DOUBLE)
        check_finite(g, i, XMM0, 8);
    else
        check_plain(g, i, XMM0, 4);
    gen_vector_end(g, i->dst, XMM0);
}

/* The greater or lesser of two numbers; of zeros, the signs together. */
static void scalar_extreme(struct gen *g, const struct ir *i)
{
    bool max = i->aux == FP_MAX;
    int d = gen_vector_def(g, i, XMM0), a, b;
    uint8_t *differ;

    gen_fp_plain(g, i);
    a = gen_vector_use(g, i->a, i->size, XMM1);
    b = gen_vector_use(g, i->b, i->size, XMM2);
    vex(g, packed_pp(i->size), 0x2e, a, 0, x86_r(b)); /* vucomis */
    gen_otherwise(g, i, x86_jcc(&g->a, CC_P));
    vex(g, scalar_pp(i->size), max ? 0x5f : 0x5d, d, a, x86_r(b)); /* vmaxs, vmins */
    differ = x86_jcc(&g->a, CC_NE);
    vex(g, 0, max ? 0x54 : 0x56, d, a, x86_r(b)); /* vandps, vorps */
    if (!g->a.full)
        x86_patch(differ, g->a.p);
    finish(g, i, gen_vector_is_narrow(g, i->a, i->size) ? i->b : i->a, d);
}

static void scalar_round(struct gen *g, const struct ir *i)
{
    int d = gen_vector_def(g, i, XMM0), a;

    gen_fp_plain(g, i);
    a = gen_vector_use(g, i->a, i->size, XMM1);
    x86_vex_imm(&g->a, 3, 1, false, false, i->size == 8 ? 0x0b : 0x0a, d, a, x86_r(a),
                (unsigned)i->imm); /* vrounds */
    check_finite(g, i, d, i->size);
    finish(g, i, i->a, d);
}

static void move_bits(struct gen *g, const struct ir *i)
{
    int r = RAX, d;

    if (i->aux == FP_MOV_TO) {
        if (i->dst == A64_DISCARD)
            return;
        r = gen_def(g, i->dst, RAX);
        gen_vector_to_general(g, i->a, i->size, r);
        gen_def_end(g, i->dst, r);
        return;
    }
    if (i->aux == FP_IMM)
        x86_mov_imm(&g->a, RAX, (uint64_t)i->imm);
    else
        r = gen_use(g, i->a, i->size == 8, RAX);
    d = g->fast.on ? gen_vector_def(g, i, XMM0) : XMM0;
    x86_vex(&g->a, 1, 1, i->size == 8, false, 0x6e, d, 0, x86_r(r)); /* vmovd, vmovq */
    gen_vector_end(g, i->dst, d);
}

void gen_fp(struct gen *g, const struct ir *i)
{
    if (gen_fp_is_fast_only(i)) {
        if (g->fast.on)
            gen_fp_lanes(g, i);
        else
            gen_handler(g, i->guest);
        return;
    }
    gen_fp_on(g, i);
    switch (i->aux) {
    case FP_ADD:
    case FP_SUB:
    case FP_MUL:
    case FP_DIV:
    case FP_SQRT:
    case FP_NMUL:
        scalar_arithmetic(g, i);
        break;
    case FP_MADD:
    case FP_MSUB:
    case FP_NMADD:
    case FP_NMSUB:
        scalar_multiply_add(g, i);
        break;
    case FP_ABS:
    case FP_NEG:
    case FP_MOV:
        scalar_bits(g, i);
        break;
    case FP_CMP:
    case FP_CMP0:
        scalar_compare(g, i);
        break;
    case FP_CSEL:
        scalar_select(g, i);
        break;
    case FP_TO_DOUBLE:
    case FP_TO_SINGLE:
        scalar_resize(g, i);
        break;
    case FP_MAX:
    case FP_MIN:
        scalar_extreme(g, i);
        break;
    case FP_ROUND:
        scalar_round(g, i);
        break;
    case FP_FROM_INT:
    case FP_FROM_UINT:
    case FP_FROM_INT_V:
    case FP_FROM_UINT_V:
    case FP_TO_INT:
    case FP_TO_UINT:
        gen_fp_int(g, i);
        break;
    case FP_MOV_FROM:
    case FP_MOV_TO:
    case FP_IMM:
        move_bits(g, i);
        break;
    default:
        if (i->aux <= FP_VFNEG)
            gen_fp_vector(g, i);
        else if (i->aux >= FP_VACROSS_ADD && i->aux <= FP_VSRI)
            gen_simd_across(g, i);
        else if (i->aux < FP_AESE)
            gen_simd(g, i);
        else
            gen_crypto(g, i);
        break;
    }
}
