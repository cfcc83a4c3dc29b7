/* SPDX-License-Identifier: Apache-2.0
 *
 * Encoding: legacy prefix, REX, opcode, ModRM, SIB, displacement, immediate (Intel SDM volume 2, chapter 2). */
#include "cpu/arm64/translate/x86/asm.h"

#include <string.h>

enum { REX = 0x40, REX_W = 8, REX_R = 4, REX_X = 2, REX_B = 1 };

static void put8(struct x86_asm *a, unsigned byte)
{
    if (a->p == a->end) {
        a->full = true;
        return;
    }
    *a->p++ = (uint8_t)byte;
}

static void put32(struct x86_asm *a, uint32_t v)
{
    if (a->end - a->p < 4) {
        a->full = true;
        a->p = a->end;
        return;
    }
    memcpy(a->p, &v, sizeof(v));
    a->p += sizeof(v);
}

static void put64(struct x86_asm *a, uint64_t v)
{
    put32(a, (uint32_t)v);
    put32(a, (uint32_t)(v >> 32));
}

/* `force`: a REX is needed even if empty, to name SPL..DIL. */
static void put_rex(struct x86_asm *a, bool w, int reg, struct x86_rm rm, bool force)
{
    unsigned rex = (w ? REX_W : 0) | (reg & 8 ? REX_R : 0) | (rm.reg & 8 ? REX_B : 0);

    if (rm.is_mem && rm.index != X86_NO_REG && rm.index & 8)
        rex |= REX_X;
    if (rex || force)
        put8(a, REX | rex);
}

static void put_modrm(struct x86_asm *a, int reg, struct x86_rm rm)
{
    unsigned r = ((unsigned)reg & 7) << 3, base = (unsigned)rm.reg & 7, mod;

    if (!rm.is_mem) {
        put8(a, 0xc0 | r | base);
        return;
    }
    if (rm.at) {
        put8(a, r | 5);
        put32(a, (uint32_t)(rm.at - (a->p + 4)));
        return;
    }
    if (rm.disp == 0 && base != RBP)
        mod = 0x00;
    else if (rm.disp == (int8_t)rm.disp)
        mod = 0x40;
    else
        mod = 0x80;
    if (rm.index != X86_NO_REG) {
        put8(a, mod | r | 4);
        put8(a, (unsigned)rm.scale << 6 | ((unsigned)rm.index & 7) << 3 | base);
    } else if (base == RSP) {
        put8(a, mod | r | 4);
        put8(a, 0x24);
    } else {
        put8(a, mod | r | base);
    }
    if (mod == 0x40)
        put8(a, (uint8_t)rm.disp);
    else if (mod == 0x80)
        put32(a, (uint32_t)rm.disp);
}

/* opcode /r */
static void op_r(struct x86_asm *a, bool w, unsigned opcode, int reg, struct x86_rm rm)
{
    put_rex(a, w, reg, rm, false);
    put8(a, opcode);
    put_modrm(a, reg, rm);
}

/* 0F opcode /r */
static void op_0f(struct x86_asm *a, bool w, unsigned opcode, int reg, struct x86_rm rm)
{
    put_rex(a, w, reg, rm, false);
    put8(a, 0x0f);
    put8(a, opcode);
    put_modrm(a, reg, rm);
}

void x86_mov_load(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    op_r(a, w, 0x8b, dst, src);
}

void x86_mov_store(struct x86_asm *a, bool w, struct x86_rm dst, int src)
{
    op_r(a, w, 0x89, src, dst);
}

void x86_mov_imm(struct x86_asm *a, int dst, uint64_t imm)
{
    if (imm <= UINT32_MAX) {
        put_rex(a, false, 0, x86_r(dst), false);
        put8(a, 0xb8 | ((unsigned)dst & 7));
        put32(a, (uint32_t)imm);
    } else if ((int64_t)imm == (int32_t)imm) {
        op_r(a, true, 0xc7, 0, x86_r(dst));
        put32(a, (uint32_t)imm);
    } else {
        put_rex(a, true, 0, x86_r(dst), false);
        put8(a, 0xb8 | ((unsigned)dst & 7));
        put64(a, imm);
    }
}

void x86_mov_store_imm(struct x86_asm *a, bool w, struct x86_rm dst, int32_t imm)
{
    op_r(a, w, 0xc7, 0, dst);
    put32(a, (uint32_t)imm);
}

void x86_store8(struct x86_asm *a, struct x86_rm dst, int src)
{
    put_rex(a, false, src, dst, src >= RSP);
    put8(a, 0x88);
    put_modrm(a, src, dst);
}

void x86_store16(struct x86_asm *a, struct x86_rm dst, int src)
{
    put8(a, 0x66);
    op_r(a, false, 0x89, src, dst);
}

void x86_store16_imm(struct x86_asm *a, struct x86_rm dst, uint16_t imm)
{
    put8(a, 0x66);
    op_r(a, false, 0xc7, 0, dst);
    put8(a, imm & 0xff);
    put8(a, imm >> 8);
}

void x86_movzx8(struct x86_asm *a, int dst, struct x86_rm src)
{
    put_rex(a, false, dst, src, !src.is_mem && src.reg >= RSP);
    put8(a, 0x0f);
    put8(a, 0xb6);
    put_modrm(a, dst, src);
}

void x86_movzx16(struct x86_asm *a, int dst, struct x86_rm src)
{
    op_0f(a, false, 0xb7, dst, src);
}

void x86_movsx8(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    put_rex(a, w, dst, src, !src.is_mem && src.reg >= RSP);
    put8(a, 0x0f);
    put8(a, 0xbe);
    put_modrm(a, dst, src);
}

void x86_movsx16(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    op_0f(a, w, 0xbf, dst, src);
}

void x86_movsxd(struct x86_asm *a, int dst, struct x86_rm src)
{
    op_r(a, true, 0x63, dst, src);
}

void x86_lea(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    op_r(a, w, 0x8d, dst, src);
}

void x86_cmpxchg(struct x86_asm *a, bool w, struct x86_rm dst, int src)
{
    op_0f(a, w, 0xb1, src, dst);
}

void x86_cmpxchg8(struct x86_asm *a, struct x86_rm dst, int src)
{
    put_rex(a, false, src, dst, src >= RSP);
    put8(a, 0x0f);
    put8(a, 0xb0);
    put_modrm(a, src, dst);
}

void x86_cmpxchg16(struct x86_asm *a, struct x86_rm dst, int src)
{
    put8(a, 0x66);
    op_0f(a, false, 0xb1, src, dst);
}

void x86_cmpxchg16b(struct x86_asm *a, struct x86_rm dst)
{
    op_0f(a, true, 0xc7, 1, dst);
}

void x86_xadd(struct x86_asm *a, bool w, struct x86_rm dst, int src)
{
    op_0f(a, w, 0xc1, src, dst);
}

void x86_xchg(struct x86_asm *a, bool w, struct x86_rm dst, int src)
{
    op_r(a, w, 0x87, src, dst);
}

void x86_alu_load(struct x86_asm *a, enum x86_alu op, bool w, int dst, struct x86_rm src)
{
    op_r(a, w, (unsigned)op << 3 | 3, dst, src);
}

void x86_alu_store(struct x86_asm *a, enum x86_alu op, bool w, struct x86_rm dst, int src)
{
    op_r(a, w, (unsigned)op << 3 | 1, src, dst);
}

void x86_alu_imm(struct x86_asm *a, enum x86_alu op, bool w, struct x86_rm dst, int32_t imm)
{
    bool is8 = imm == (int8_t)imm;

    op_r(a, w, is8 ? 0x83 : 0x81, (int)op, dst);
    if (is8)
        put8(a, (uint8_t)imm);
    else
        put32(a, (uint32_t)imm);
}

void x86_test(struct x86_asm *a, bool w, struct x86_rm x, int y)
{
    op_r(a, w, 0x85, y, x);
}

void x86_test_imm(struct x86_asm *a, bool w, struct x86_rm x, int32_t imm)
{
    op_r(a, w, 0xf7, 0, x);
    put32(a, (uint32_t)imm);
}

void x86_cmp8_imm(struct x86_asm *a, struct x86_rm x, uint8_t imm)
{
    put_rex(a, false, 0, x, !x.is_mem && x.reg >= RSP);
    put8(a, 0x80);
    put_modrm(a, ALU_CMP, x);
    put8(a, imm);
}

void x86_sub8(struct x86_asm *a, int dst, int src)
{
    put_rex(a, false, src, x86_r(dst), dst >= RSP || src >= RSP);
    put8(a, 0x28);
    put_modrm(a, src, x86_r(dst));
}

void x86_not(struct x86_asm *a, bool w, struct x86_rm dst)
{
    op_r(a, w, 0xf7, 2, dst);
}

void x86_neg(struct x86_asm *a, bool w, struct x86_rm dst)
{
    op_r(a, w, 0xf7, 3, dst);
}

void x86_imul(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    op_0f(a, w, 0xaf, dst, src);
}

void x86_mul_rdx_rax(struct x86_asm *a, bool is_signed, struct x86_rm src)
{
    op_r(a, true, 0xf7, is_signed ? 5 : 4, src);
}

void x86_div_rdx_rax(struct x86_asm *a, bool w, bool is_signed, struct x86_rm src)
{
    op_r(a, w, 0xf7, is_signed ? 7 : 6, src);
}

void x86_cdq_cqo(struct x86_asm *a, bool w)
{
    put_rex(a, w, 0, x86_r(0), false);
    put8(a, 0x99);
}

void x86_shift_imm(struct x86_asm *a, enum x86_shift op, bool w, struct x86_rm dst, unsigned n)
{
    op_r(a, w, 0xc1, (int)op, dst);
    put8(a, n);
}

void x86_shift_cl(struct x86_asm *a, enum x86_shift op, bool w, struct x86_rm dst)
{
    op_r(a, w, 0xd3, (int)op, dst);
}

void x86_shrd_imm(struct x86_asm *a, bool w, int dst, int high, unsigned n)
{
    op_0f(a, w, 0xac, high, x86_r(dst));
    put8(a, n);
}

void x86_bt_imm(struct x86_asm *a, bool w, struct x86_rm x, unsigned bit)
{
    op_0f(a, w, 0xba, 4, x);
    put8(a, bit);
}

void x86_bswap(struct x86_asm *a, bool w, int reg)
{
    put_rex(a, w, 0, x86_r(reg), false);
    put8(a, 0x0f);
    put8(a, 0xc8 | ((unsigned)reg & 7));
}

void x86_crc32(struct x86_asm *a, unsigned bytes, int dst, int src)
{
    if (bytes == 2)
        put8(a, 0x66);
    put8(a, 0xf2);
    put_rex(a, bytes == 8, dst, x86_r(src), bytes == 1 && src >= RSP);
    put8(a, 0x0f);
    put8(a, 0x38);
    put8(a, bytes == 1 ? 0xf0 : 0xf1);
    put_modrm(a, dst, x86_r(src));
}

void x86_lzcnt(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    put8(a, 0xf3);
    op_0f(a, w, 0xbd, dst, src);
}

void x86_tzcnt(struct x86_asm *a, bool w, int dst, struct x86_rm src)
{
    put8(a, 0xf3);
    op_0f(a, w, 0xbc, dst, src);
}

void x86_setcc(struct x86_asm *a, enum x86_cc cc, int dst)
{
    put_rex(a, false, 0, x86_r(dst), dst >= RSP);
    put8(a, 0x0f);
    put8(a, 0x90 | cc);
    put_modrm(a, 0, x86_r(dst));
}

void x86_cmov(struct x86_asm *a, enum x86_cc cc, bool w, int dst, struct x86_rm src)
{
    op_0f(a, w, 0x40 | cc, dst, src);
}

void x86_lahf(struct x86_asm *a)
{
    put8(a, 0x9f);
}

void x86_sahf(struct x86_asm *a)
{
    put8(a, 0x9e);
}

void x86_cmc(struct x86_asm *a)
{
    put8(a, 0xf5);
}

void x86_lock(struct x86_asm *a)
{
    put8(a, 0xf0);
}

void x86_push(struct x86_asm *a, int reg)
{
    put_rex(a, false, 0, x86_r(reg), false);
    put8(a, 0x50 | ((unsigned)reg & 7));
}

void x86_pop(struct x86_asm *a, int reg)
{
    put_rex(a, false, 0, x86_r(reg), false);
    put8(a, 0x58 | ((unsigned)reg & 7));
}

void x86_push_rm(struct x86_asm *a, struct x86_rm src)
{
    op_r(a, false, 0xff, 6, src);
}

void x86_ret(struct x86_asm *a)
{
    put8(a, 0xc3);
}

void x86_ret_imm(struct x86_asm *a, uint8_t bytes)
{
    put8(a, 0xc2);
    put8(a, bytes);
    put8(a, 0);
}

void x86_ud2(struct x86_asm *a)
{
    put8(a, 0x0f);
    put8(a, 0x0b);
}

uint8_t *x86_jmp(struct x86_asm *a)
{
    put8(a, 0xe9);
    put32(a, 0);
    return a->p - 4;
}

uint8_t *x86_jcc(struct x86_asm *a, enum x86_cc cc)
{
    put8(a, 0x0f);
    put8(a, 0x80 | cc);
    put32(a, 0);
    return a->p - 4;
}

/* Multi-byte NOPs until p + before is a multiple of 4. */
static void pad(struct x86_asm *a, unsigned before)
{
    static const uint8_t nop[4][3] = {{0}, {0x90}, {0x66, 0x90}, {0x0f, 0x1f, 0x00}};
    unsigned n = (unsigned)-((uintptr_t)a->p + before) & 3;

    for (unsigned k = 0; k < n; k++)
        put8(a, nop[n][k]);
}

uint8_t *x86_jmp_aligned(struct x86_asm *a)
{
    pad(a, 1);
    return x86_jmp(a);
}

uint8_t *x86_call_aligned(struct x86_asm *a)
{
    pad(a, 1);
    put8(a, 0xe8);
    put32(a, 0);
    return a->p - 4;
}

uint8_t *x86_jcc_aligned(struct x86_asm *a, enum x86_cc cc)
{
    pad(a, 2);
    return x86_jcc(a, cc);
}

void x86_patch(uint8_t *place, const uint8_t *target)
{
    int32_t rel = (int32_t)(target - (place + 4));

    memcpy(place, &rel, sizeof(rel)); /* one store when aligned */
}

void x86_call_to(struct x86_asm *a, const uint8_t *target)
{
    put8(a, 0xe8);
    put32(a, 0);
    if (!a->full)
        x86_patch(a->p - 4, target);
}

void x86_jmp_to(struct x86_asm *a, const uint8_t *target)
{
    uint8_t *place = x86_jmp(a);

    if (!a->full)
        x86_patch(place, target);
}

void x86_jcc_to(struct x86_asm *a, enum x86_cc cc, const uint8_t *target)
{
    uint8_t *place = x86_jcc(a, cc);

    if (!a->full)
        x86_patch(place, target);
}

void x86_jmp_rm(struct x86_asm *a, struct x86_rm target)
{
    op_r(a, false, 0xff, 4, target);
}

void x86_call_rm(struct x86_asm *a, struct x86_rm target)
{
    op_r(a, false, 0xff, 2, target);
}

static void sse(struct x86_asm *a, bool w, uint8_t prefix, bool map38, uint8_t op, int xmm, struct x86_rm src)
{
    if (prefix)
        put8(a, prefix);
    put_rex(a, w, xmm, src, false);
    put8(a, 0x0f);
    if (map38)
        put8(a, 0x38);
    put8(a, op);
    put_modrm(a, xmm, src);
}

void x86_sse(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src)
{
    sse(a, false, prefix, false, op, xmm, src);
}

void x86_sse38(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src)
{
    sse(a, false, prefix, true, op, xmm, src);
}

void x86_sse_imm(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src, uint8_t imm)
{
    sse(a, false, prefix, false, op, xmm, src);
    put8(a, imm);
}

void x86_sha1rnds4(struct x86_asm *a, int xmm, int src, unsigned f)
{
    put_rex(a, false, xmm, x86_r(src), false);
    put8(a, 0x0f);
    put8(a, 0x3a);
    put8(a, 0xcc);
    put_modrm(a, xmm, x86_r(src));
    put8(a, f);
}

void x86_sse_w(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src)
{
    sse(a, true, prefix, false, op, xmm, src);
}

void x86_vex(struct x86_asm *a, unsigned map, unsigned pp, bool w, bool l, unsigned op, int reg, int vvvv,
             struct x86_rm rm)
{
    unsigned x = rm.is_mem && rm.index != X86_NO_REG && rm.index & 8 ? 0 : 0x40;

    put8(a, 0xc4);
    put8(a, (reg & 8 ? 0u : 0x80u) | x | (rm.reg & 8 ? 0u : 0x20u) | map);
    put8(a, (w ? 0x80u : 0u) | (~(unsigned)vvvv & 15) << 3 | (l || a->wide ? 4u : 0u) | pp);
    put8(a, op);
    put_modrm(a, reg, rm);
}

void x86_vex_imm(struct x86_asm *a, unsigned map, unsigned pp, bool w, bool l, unsigned op, int reg, int vvvv,
                 struct x86_rm rm, unsigned imm8)
{
    x86_vex(a, map, pp, w, l, op, reg, vvvv, rm);
    put8(a, imm8);
}

void x86_vzeroupper(struct x86_asm *a)
{
    put8(a, 0xc5);
    put8(a, 0xf8);
    put8(a, 0x77);
}

void x86_shlx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount)
{
    x86_vex(a, 2, 1, w, false, 0xf7, dst, amount, src);
}

void x86_shrx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount)
{
    x86_vex(a, 2, 3, w, false, 0xf7, dst, amount, src);
}

void x86_sarx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount)
{
    x86_vex(a, 2, 2, w, false, 0xf7, dst, amount, src);
}

void x86_rorx(struct x86_asm *a, bool w, int dst, struct x86_rm src, unsigned n)
{
    x86_vex_imm(a, 3, 3, w, false, 0xf0, dst, 0, src, n);
}

void x86_andn(struct x86_asm *a, bool w, int dst, int inverted, struct x86_rm src)
{
    x86_vex(a, 2, 0, w, false, 0xf2, dst, inverted, src);
}

void x86_add_al_imm(struct x86_asm *a, uint8_t imm)
{
    put8(a, 0x04);
    put8(a, imm);
}
