/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point and vectors as SSE and AVX instructions where the host provably does what Arm does, which fp_fast.h
 * explains: round to nearest, nothing flushed, IXC already set, and a result that is finite and no underflow. Everything
 * else, a zero product included, goes to the interpreter's handler, whose operands are untouched until the result is
 * stored. Vector registers live in memory; a whole register is written, zeros above the result. */
#include "cpu/arm64/fp.h"
#include "cpu/arm64/translate/x86/gen.h"

#include <assert.h>
#include <string.h>

/* By element size: [0] single, [1] double. */
struct gen_fp_constants {
    uint32_t exponent[2][4]; /* its field */
    uint32_t two[2][4];      /* subtracted from an exponent moved to the bottom, */
    uint32_t limit[2][4];    /* an unsigned difference of up to this is a plain number */
} __attribute__((aligned(16)));

static const struct gen_fp_constants constants = {
    .exponent = {{0x7f800000, 0x7f800000, 0x7f800000, 0x7f800000}, {0, 0x7ff00000, 0, 0x7ff00000}},
    .two = {{2, 2, 2, 2}, {2, 0, 2, 0}},
    .limit = {{0xfc, 0xfc, 0xfc, 0xfc}, {0x7fc, 0, 0x7fc, 0}},
};

const struct gen_fp_constants *gen_make_fp_constants(struct gen *g)
{
    uint8_t *at = (uint8_t *)(((uintptr_t)g->a.p + 15) & ~(uintptr_t)15);

    memcpy(at, &constants, sizeof(constants));
    g->a.p = at + sizeof(constants);
    return (const struct gen_fp_constants *)(void *)at;
}

struct x86_rm gen_vector(int v)
{
    return gen_field(offsetof(struct a64_cpu, v) + 16 * (size_t)v);
}

static void slow_if(struct gen *g, const struct ir *i, enum x86_cc cc)
{
    (void)gen_slow(g, SLOW_INTERPRET, x86_jcc(&g->a, cc), i->guest);
}

void gen_fp_on(struct gen *g, const struct ir *i)
{
    if (g->fp_on)
        return;
    g->eflags = EFLAGS_NONE;
    x86_mov_load(&g->a, false, RAX, CPU_FIELD(sys.cpacr));
    x86_not(&g->a, false, x86_r(RAX));
    x86_test_imm(&g->a, false, x86_r(RAX), 3 << 20);
    slow_if(g, i, CC_NE);
    g->fp_on = true;
}

/* Before arithmetic that rounds. */
static void fp_plain(struct gen *g, const struct ir *i)
{
    if (g->fp_plain)
        return;
    g->eflags = EFLAGS_NONE;
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpcr), FPCR_FZ | FPCR_RMODE);
    slow_if(g, i, CC_NE);
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpsr), FPSR_IXC);
    slow_if(g, i, CC_E);
    g->fp_plain = true;
}

static uint8_t scalar_prefix(unsigned size)
{
    return size == 8 ? 0xf2 : 0xf3;
}

/* PS and PD */
static uint8_t packed_prefix(unsigned size)
{
    return size == 8 ? 0x66 : 0;
}

static void load_scalar(struct gen *g, int xmm, int v, unsigned size)
{
    x86_sse(&g->a, scalar_prefix(size), 0x10, xmm, gen_vector(v)); /* movsd, movss: zero the rest */
}

static void store_vector(struct gen *g, int v, int xmm)
{
    x86_sse(&g->a, 0x66, 0x7f, xmm, gen_vector(v)); /* movdqa */
}

/* Moves the bits of xmm0's lowest element to rax and its exponent to ecx. */
static void exponent_of_result(struct gen *g, unsigned size)
{
    if (size == 8) {
        x86_sse_w(&g->a, 0x66, 0x7e, XMM0, x86_r(RAX));
        x86_rorx(&g->a, true, RCX, x86_r(RAX), 52);
    } else {
        x86_sse(&g->a, 0x66, 0x7e, XMM0, x86_r(RAX));
        x86_rorx(&g->a, false, RCX, x86_r(RAX), 23);
    }
    g->eflags = EFLAGS_NONE;
}

/* Sums: finite is enough, a small one is exact. */
static void check_finite(struct gen *g, const struct ir *i, unsigned size)
{
    exponent_of_result(g, size);
    x86_not(&g->a, false, x86_r(RCX));
    x86_test_imm(&g->a, false, x86_r(RCX), size == 8 ? 0x7ff : 0xff);
    slow_if(g, i, CC_E);
}

static void check_plain(struct gen *g, const struct ir *i, unsigned size)
{
    exponent_of_result(g, size);
    x86_alu_imm(&g->a, ALU_AND, false, x86_r(RCX), size == 8 ? 0x7ff : 0xff);
    x86_alu_imm(&g->a, ALU_SUB, false, x86_r(RCX), 2);
    x86_alu_imm(&g->a, ALU_CMP, false, x86_r(RCX), size == 8 ? 0x7fc : 0xfc);
    slow_if(g, i, CC_A);
}

static void scalar_arithmetic(struct gen *g, const struct ir *i)
{
    static const uint8_t op[] = {[FP_ADD] = 0x58, [FP_SUB] = 0x5c, [FP_MUL] = 0x59, [FP_DIV] = 0x5e, [FP_NMUL] = 0x59};

    fp_plain(g, i);
    load_scalar(g, XMM0, i->a, i->size);
    if (i->aux == FP_SQRT)
        x86_sse(&g->a, scalar_prefix(i->size), 0x51, XMM0, x86_r(XMM0));
    else
        x86_sse(&g->a, scalar_prefix(i->size), op[i->aux], XMM0, gen_vector(i->b));
    if (i->aux <= FP_SUB)
        check_finite(g, i, i->size);
    else
        check_plain(g, i, i->size);
    if (i->aux == FP_NMUL) {
        x86_mov_imm(&g->a, RCX, i->size == 8 ? UINT64_C(1) << 63 : UINT64_C(1) << 31);
        x86_alu_load(&g->a, ALU_XOR, true, RAX, x86_r(RCX));
        x86_sse_w(&g->a, 0x66, 0x6e, XMM0, x86_r(RAX));
    }
    store_vector(g, i->dst, XMM0);
}

/* VEX opcodes of the 231 forms: scalar; the packed one is one less. */
static unsigned fma_opcode(unsigned kind)
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

static void scalar_multiply_add(struct gen *g, const struct ir *i)
{
    fp_plain(g, i);
    load_scalar(g, XMM0, i->c, i->size);
    load_scalar(g, XMM1, i->a, i->size);
    x86_vex(&g->a, 2, 1, i->size == 8, false, fma_opcode(i->aux), XMM0, XMM1, gen_vector(i->b));
    check_plain(g, i, i->size);
    store_vector(g, i->dst, XMM0);
}

/* Bits only: sign cleared, flipped or kept. */
static void scalar_bits(struct gen *g, const struct ir *i)
{
    bool d = i->size == 8;
    uint64_t sign = d ? UINT64_C(1) << 63 : UINT64_C(1) << 31;

    x86_mov_load(&g->a, d, RAX, gen_vector(i->a));
    if (i->aux == FP_ABS) {
        x86_mov_imm(&g->a, RCX, ~sign);
        x86_alu_load(&g->a, ALU_AND, d, RAX, x86_r(RCX));
        g->eflags = EFLAGS_NONE;
    } else if (i->aux == FP_NEG) {
        x86_mov_imm(&g->a, RCX, sign);
        x86_alu_load(&g->a, ALU_XOR, d, RAX, x86_r(RCX));
        g->eflags = EFLAGS_NONE;
    }
    x86_sse_w(&g->a, 0x66, 0x6e, XMM0, x86_r(RAX));
    store_vector(g, i->dst, XMM0);
}

/* UCOMIS gives CF and ZF; one subtraction of "below" from "above" gives all four as a subtraction of the operands would. */
static void scalar_compare(struct gen *g, const struct ir *i)
{
    g->eflags = EFLAGS_NONE;
    x86_test_imm(&g->a, false, CPU_FIELD(fp.fpcr), FPCR_FZ);
    slow_if(g, i, CC_NE);
    load_scalar(g, XMM0, i->a, i->size);
    if (i->aux == FP_CMP0) {
        x86_sse(&g->a, 0, 0x57, XMM1, x86_r(XMM1)); /* xorps */
        x86_sse(&g->a, packed_prefix(i->size), 0x2e, XMM0, x86_r(XMM1));
    } else {
        x86_sse(&g->a, packed_prefix(i->size), 0x2e, XMM0, gen_vector(i->b));
    }
    slow_if(g, i, CC_P);
    x86_setcc(&g->a, CC_A, RAX);
    x86_setcc(&g->a, CC_B, RCX);
    x86_sub8(&g->a, RAX, RCX);
    gen_set_flags(g, i, EFLAGS_SUB);
}

static void scalar_select(struct gen *g, const struct ir *i)
{
    enum x86_cc cc = gen_cond(g, i->cond);

    x86_mov_load(&g->a, i->size == 8, RCX, gen_vector(i->b));
    x86_cmov(&g->a, cc, i->size == 8, RCX, gen_vector(i->a));
    x86_sse_w(&g->a, 0x66, 0x6e, XMM0, x86_r(RCX));
    store_vector(g, i->dst, XMM0);
}

static void scalar_resize(struct gen *g, const struct ir *i)
{
    unsigned to = i->size == 8 ? 4 : 8;

    fp_plain(g, i);
    load_scalar(g, XMM1, i->a, i->size);
    x86_sse(&g->a, 0, 0x57, XMM0, x86_r(XMM0));
    x86_sse(&g->a, scalar_prefix(i->size), 0x5a, XMM0, x86_r(XMM1)); /* cvtsd2ss, cvtss2sd */
    check_plain(g, i, to);
    store_vector(g, i->dst, XMM0);
}

static void from_int(struct gen *g, const struct ir *i)
{
    int r;

    fp_plain(g, i);
    r = gen_use(g, i->a, i->w, RAX);
    x86_sse(&g->a, 0, 0x57, XMM0, x86_r(XMM0));
    if (i->w)
        x86_sse_w(&g->a, scalar_prefix(i->size), 0x2a, XMM0, x86_r(r)); /* cvtsi2sd, cvtsi2ss */
    else
        x86_sse(&g->a, scalar_prefix(i->size), 0x2a, XMM0, x86_r(r));
    store_vector(g, i->dst, XMM0);
}

/* Truncation; the host's answer for what does not fit is its most negative number. */
static void to_int(struct gen *g, const struct ir *i)
{
    int d;

    fp_plain(g, i);
    load_scalar(g, XMM0, i->a, i->size);
    if (i->w)
        x86_sse_w(&g->a, scalar_prefix(i->size), 0x2c, RAX, x86_r(XMM0)); /* cvttsd2si */
    else
        x86_sse(&g->a, scalar_prefix(i->size), 0x2c, RAX, x86_r(XMM0));
    x86_alu_imm(&g->a, ALU_CMP, i->w, x86_r(RAX), 1);
    slow_if(g, i, CC_O);
    g->eflags = EFLAGS_NONE;
    if (i->dst == A64_DISCARD)
        return;
    d = gen_def(i->dst, RAX);
    if (d != RAX)
        x86_mov_load(&g->a, true, d, x86_r(RAX));
    gen_def_end(g, i->dst, d);
}

static void move_bits(struct gen *g, const struct ir *i)
{
    int r;

    if (i->aux == FP_MOV_TO) {
        if (i->dst == A64_DISCARD)
            return;
        r = gen_def(i->dst, RAX);
        x86_mov_load(&g->a, i->size == 8, r, gen_vector(i->a));
        gen_def_end(g, i->dst, r);
        return;
    }
    if (i->aux == FP_IMM) {
        x86_mov_imm(&g->a, RAX, (uint64_t)i->imm);
        r = RAX;
    } else {
        r = gen_use(g, i->a, i->size == 8, RAX);
    }
    if (i->size == 8)
        x86_sse_w(&g->a, 0x66, 0x6e, XMM0, x86_r(r));
    else
        x86_sse(&g->a, 0x66, 0x6e, XMM0, x86_r(r));
    store_vector(g, i->dst, XMM0);
}

/* A 64-bit vector's upper half reads as zero. */
static void load_vector(struct gen *g, int xmm, int v, bool q)
{
    if (q)
        x86_sse(&g->a, 0x66, 0x6f, xmm, gen_vector(v)); /* movdqa */
    else
        x86_sse(&g->a, 0xf3, 0x7e, xmm, gen_vector(v)); /* movq */
}

/* The second operand in xmm1. */
static void load_second(struct gen *g, const struct ir *i)
{
    struct x86_rm element;

    if (!i->by_element) {
        load_vector(g, XMM1, i->b, i->w);
        return;
    }
    element = gen_vector(i->b);
    element.disp += (int32_t)i->imm * i->size;
    if (i->size == 8)
        x86_sse(&g->a, 0xf2, 0x12, XMM1, element); /* movddup */
    else
        x86_vex(&g->a, 2, 1, false, false, 0x18, XMM1, 0, element); /* vbroadcastss */
}

static void vector_check_finite(struct gen *g, const struct ir *i)
{
    bool d = i->size == 8;

    x86_sse(&g->a, 0x66, 0x6f, XMM2, x86_at(g->thunks->fp->exponent[d]));
    x86_sse(&g->a, 0x66, 0x6f, XMM1, x86_r(XMM2));
    x86_sse(&g->a, 0x66, 0xdb, XMM1, x86_r(XMM0)); /* pand */
    if (d)
        x86_sse38(&g->a, 0x66, 0x29, XMM1, x86_r(XMM2)); /* pcmpeqq */
    else
        x86_sse(&g->a, 0x66, 0x76, XMM1, x86_r(XMM2)); /* pcmpeqd */
    x86_sse38(&g->a, 0x66, 0x17, XMM1, x86_r(XMM1)); /* ptest */
    slow_if(g, i, CC_NE);
    g->eflags = EFLAGS_NONE;
}

/* xmm1 = exponents - 2, as 32-bit numbers with zeros between those of doubles */
static void vector_check_plain(struct gen *g, const struct ir *i)
{
    bool d = i->size == 8;
    uint8_t shift = d ? 0x73 : 0x72;

    x86_sse(&g->a, 0x66, 0x6f, XMM1, x86_r(XMM0));
    x86_sse_imm(&g->a, 0x66, shift, 6, x86_r(XMM1), 1);           /* psll: off with the sign */
    x86_sse_imm(&g->a, 0x66, shift, 2, x86_r(XMM1), d ? 53 : 24); /* psrl */
    x86_sse(&g->a, 0x66, 0xfa, XMM1, x86_at(g->thunks->fp->two[d]));      /* psubd */
    x86_sse(&g->a, 0x66, 0x6f, XMM2, x86_r(XMM1));
    x86_sse38(&g->a, 0x66, 0x3b, XMM2, x86_at(g->thunks->fp->limit[d])); /* pminud */
    x86_sse(&g->a, 0x66, 0x76, XMM2, x86_r(XMM1));                /* pcmpeqd */
    x86_sse(&g->a, 0, 0x50, RAX, x86_r(XMM2));                    /* movmskps */
    x86_alu_imm(&g->a, ALU_CMP, false, x86_r(RAX), 0xf);
    slow_if(g, i, CC_NE);
    g->eflags = EFLAGS_NONE;
}

static void call_instead(struct gen *g, const struct ir *i)
{
    (void)gen_slow(g, SLOW_INTERPRET, x86_jmp(&g->a), i->guest);
    g->eflags = EFLAGS_NONE;
}

static void vector_arithmetic(struct gen *g, const struct ir *i)
{
    static const uint8_t op[] = {
        [FP_VFADD] = 0x58, [FP_VFSUB] = 0x5c, [FP_VFMUL] = 0x59, [FP_VFDIV] = 0x5e, [FP_VFSQRT] = 0x51,
    };
    bool sum = i->aux == FP_VFADD || i->aux == FP_VFSUB;

    if (!i->w && !sum) { /* the zeros above a 64-bit vector are not plain */
        call_instead(g, i);
        return;
    }
    fp_plain(g, i);
    if (i->aux != FP_VFSQRT)
        load_second(g, i);
    if (i->aux == FP_VFMLA || i->aux == FP_VFMLS) {
        load_vector(g, XMM0, i->dst, true);
        x86_vex(&g->a, 2, 1, i->size == 8, false, fma_opcode(i->aux) - 1, XMM0, XMM1, gen_vector(i->a));
    } else {
        load_vector(g, XMM0, i->a, i->w);
        x86_sse(&g->a, packed_prefix(i->size), op[i->aux], XMM0, x86_r(i->aux == FP_VFSQRT ? XMM0 : XMM1));
    }
    if (sum)
        vector_check_finite(g, i);
    else
        vector_check_plain(g, i);
    store_vector(g, i->dst, XMM0);
}

/* dst = (x & mask) | (y & ~mask): BSL's mask is dst, BIT's and BIF's is b. */
static void vector_select(struct gen *g, const struct ir *i)
{
    int mask = i->aux == FP_VBSL ? i->dst : i->b;
    int x = i->aux == FP_VBIF ? i->dst : i->a, y = i->aux == FP_VBSL ? i->b : i->aux == FP_VBIT ? i->dst : i->a;

    load_vector(g, XMM0, mask, i->w);
    x86_sse(&g->a, 0x66, 0x6f, XMM1, x86_r(XMM0));
    x86_sse(&g->a, 0x66, 0xdb, XMM0, gen_vector(x)); /* pand */
    x86_sse(&g->a, 0x66, 0xdf, XMM1, gen_vector(y)); /* pandn */
    x86_sse(&g->a, 0x66, 0xeb, XMM0, x86_r(XMM1));   /* por */
    if (!i->w)
        x86_sse(&g->a, 0xf3, 0x7e, XMM0, x86_r(XMM0)); /* movq */
    store_vector(g, i->dst, XMM0);
}

/* xmm0 = xmm0 op xmm1 on elements of i->size bytes. */
static void integer_op(struct gen *g, const struct ir *i)
{
    unsigned log = (unsigned)__builtin_ctz(i->size);
    static const uint8_t add[] = {0xfc, 0xfd, 0xfe, 0xd4}, sub[] = {0xf8, 0xf9, 0xfa, 0xfb};

    switch (i->aux) {
    case FP_VAND:
        x86_sse(&g->a, 0x66, 0xdb, XMM0, x86_r(XMM1));
        break;
    case FP_VOR:
        x86_sse(&g->a, 0x66, 0xeb, XMM0, x86_r(XMM1));
        break;
    case FP_VXOR:
        x86_sse(&g->a, 0x66, 0xef, XMM0, x86_r(XMM1));
        break;
    case FP_VBIC:
        x86_vex(&g->a, 1, 1, false, false, 0xdf, XMM0, XMM1, x86_r(XMM0)); /* vpandn: ~xmm1 & xmm0 */
        break;
    case FP_VADD:
        x86_sse(&g->a, 0x66, add[log], XMM0, x86_r(XMM1));
        break;
    case FP_VSUB:
        x86_sse(&g->a, 0x66, sub[log], XMM0, x86_r(XMM1));
        break;
    case FP_VMUL:
        if (log == 1)
            x86_sse(&g->a, 0x66, 0xd5, XMM0, x86_r(XMM1));
        else
            x86_sse38(&g->a, 0x66, 0x40, XMM0, x86_r(XMM1));
        break;
    case FP_VCMEQ:
        if (log == 3)
            x86_sse38(&g->a, 0x66, 0x29, XMM0, x86_r(XMM1));
        else
            x86_sse(&g->a, 0x66, (uint8_t)(0x74 + log), XMM0, x86_r(XMM1));
        break;
    case FP_VCMGT:
        if (log == 3)
            x86_sse38(&g->a, 0x66, 0x37, XMM0, x86_r(XMM1));
        else
            x86_sse(&g->a, 0x66, (uint8_t)(0x64 + log), XMM0, x86_r(XMM1));
        break;
    case FP_VUMIN:
        if (log == 0)
            x86_sse(&g->a, 0x66, 0xda, XMM0, x86_r(XMM1));
        else
            x86_sse38(&g->a, 0x66, log == 1 ? 0x3a : 0x3b, XMM0, x86_r(XMM1));
        break;
    default:
        assert(i->aux == FP_VUMAX);
        if (log == 0)
            x86_sse(&g->a, 0x66, 0xde, XMM0, x86_r(XMM1));
        else
            x86_sse38(&g->a, 0x66, log == 1 ? 0x3e : 0x3f, XMM0, x86_r(XMM1));
        break;
    }
}

static void vector_integer(struct gen *g, const struct ir *i)
{
    load_vector(g, XMM0, i->a, i->w);
    load_vector(g, XMM1, i->b, i->w);
    integer_op(g, i);
    if (!i->w)
        x86_sse(&g->a, 0xf3, 0x7e, XMM0, x86_r(XMM0)); /* movq */
    store_vector(g, i->dst, XMM0);
}

static void vector_duplicate(struct gen *g, const struct ir *i)
{
    struct x86_rm element;
    int r;

    if (i->aux == FP_VDUP) {
        element = gen_vector(i->a);
        element.disp += (int32_t)i->imm * i->size;
        x86_vex(&g->a, 2, 1, false, false, i->size == 8 ? 0x59 : 0x58, XMM0, 0, element); /* vpbroadcast */
    } else {
        r = gen_use(g, i->a, i->size == 8, RAX);
        if (i->size == 8)
            x86_sse_w(&g->a, 0x66, 0x6e, XMM0, x86_r(r));
        else
            x86_sse(&g->a, 0x66, 0x6e, XMM0, x86_r(r));
        x86_vex(&g->a, 2, 1, false, false, i->size == 8 ? 0x59 : 0x58, XMM0, 0, x86_r(XMM0));
    }
    store_vector(g, i->dst, XMM0);
}

void gen_fp(struct gen *g, const struct ir *i)
{
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
    case FP_FROM_INT:
        from_int(g, i);
        break;
    case FP_TO_INT:
        to_int(g, i);
        break;
    case FP_MOV_FROM:
    case FP_MOV_TO:
    case FP_IMM:
        move_bits(g, i);
        break;
    case FP_VBSL:
    case FP_VBIT:
    case FP_VBIF:
        vector_select(g, i);
        break;
    case FP_VDUP:
    case FP_VDUP_FROM:
        vector_duplicate(g, i);
        break;
    default:
        if (i->aux <= FP_VFMLS)
            vector_arithmetic(g, i);
        else
            vector_integer(g, i);
        break;
    }
}
