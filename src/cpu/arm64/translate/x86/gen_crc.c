/* SPDX-License-Identifier: Apache-2.0
 *
 * CRC-32 in steps of 1 to 8 bytes. Of Castagnoli's polynomial the host has the very instruction. For the other (IEEE 802.3)
 * 32 bits at a time are reduced by two carry-less products (Barrett's method, in reflected order): with x the bits to reduce,
 * P the polynomial and U the quotient of x^64 by it, the remainder is the upper half of ((x * U) mod 2^32) * P. Fewer
 * bits stand at the upper end of x. */
#include "cpu/arm64/translate/x86/gen.h"

#define POLYNOMIAL UINT64_C(0x1db710641)
#define QUOTIENT   UINT64_C(0x1f7011641)

static void load(struct gen *g, int v, bool w, int reg)
{
    int r = gen_use(g, v, w, reg);

    if (r != reg || !w)
        x86_mov_load(&g->a, w, reg, x86_r(r));
}

static void move_to_xmm(struct gen *g, bool w, int xmm, int reg)
{
    x86_vex(&g->a, 1, 1, w, false, 0x6e, xmm, 0, x86_r(reg)); /* vmovd, vmovq */
}

static void product(struct gen *g, int xmm, int other)
{
    x86_vex_imm(&g->a, 3, 1, false, false, 0x44, xmm, xmm, x86_r(other), 0); /* vpclmulqdq */
}

/* Constants to xmm1 and xmm2. */
static void load_constants(struct gen *g)
{
    x86_mov_imm(&g->a, RDX, QUOTIENT);
    move_to_xmm(g, true, XMM1, RDX);
    x86_mov_imm(&g->a, RDX, POLYNOMIAL);
    move_to_xmm(g, true, XMM2, RDX);
}

/* edx = remainder of the 32 bits in edx */
static void reduce(struct gen *g)
{
    move_to_xmm(g, false, XMM0, RDX);
    product(g, XMM0, XMM1);
    x86_vex(&g->a, 1, 1, false, false, 0x7e, XMM0, 0, x86_r(RDX)); /* vmovd */
    move_to_xmm(g, false, XMM0, RDX);
    product(g, XMM0, XMM2);
    x86_vex(&g->a, 1, 1, true, false, 0x7e, XMM0, 0, x86_r(RDX)); /* vmovq */
    x86_shift_imm(&g->a, SHIFT_SHR, true, x86_r(RDX), 32);
}

/* eax goes on over rcx. */
static void ieee(struct gen *g, unsigned bits)
{
    struct x86_asm *a = &g->a;

    load_constants(g);
    x86_mov_load(a, false, RDX, x86_r(RAX));
    x86_alu_load(a, ALU_XOR, false, RDX, x86_r(RCX));
    if (bits < 32)
        x86_shift_imm(a, SHIFT_SHL, false, x86_r(RDX), 32 - bits);
    reduce(g);
    if (bits == 64) {
        x86_shift_imm(a, SHIFT_SHR, true, x86_r(RCX), 32);
        x86_alu_load(a, ALU_XOR, false, RDX, x86_r(RCX));
        reduce(g);
    }
    if (bits < 32) {
        x86_shift_imm(a, SHIFT_SHR, false, x86_r(RAX), bits);
        x86_alu_load(a, ALU_XOR, false, RAX, x86_r(RDX));
    } else {
        x86_mov_load(a, false, RAX, x86_r(RDX));
    }
}

void gen_crc(struct gen *g, const struct ir *i)
{
    int d = gen_def(g, i->dst, RAX);

    g->eflags = EFLAGS_NONE;
    load(g, i->a, false, RAX);
    load(g, i->b, i->size == 8, RCX);
    if (i->op == IR_CRC32C)
        x86_crc32(&g->a, i->size, RAX, RCX);
    else
        ieee(g, i->size * 8u);
    if (d != RAX)
        x86_mov_load(&g->a, true, d, x86_r(RAX));
    gen_def_end(g, i->dst, d);
}
