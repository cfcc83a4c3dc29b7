/* SPDX-License-Identifier: Apache-2.0
 *
 * An x86-64 assembler for the translator's back end: one function per instruction form, bytes appended to a buffer. Names
 * follow Intel's manual (SDM volume 2). Operands are registers or struct x86_rm, "register or memory". No checks at run time
 * beyond the buffer's end: running over it sets `full`, and the caller throws the piece away. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_X86_ASM_H
#define BERTH_CPU_ARM64_TRANSLATE_X86_ASM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

enum x86_reg {
    RAX, RCX, RDX, RBX, RSP, RBP, RSI, RDI, R8, R9, R10, R11, R12, R13, R14, R15,
    X86_NO_REG = -1,
};

enum x86_xmm { XMM0, XMM1, XMM2, XMM3, XMM4, XMM5, XMM6, XMM7 };

/* Condition codes as in Jcc, SETcc and CMOVcc. */
enum x86_cc {
    CC_O, CC_NO, CC_B, CC_AE, CC_E, CC_NE, CC_BE, CC_A, CC_S, CC_NS, CC_P, CC_NP, CC_L, CC_GE, CC_LE, CC_G,
};

/* Two-operand arithmetic by its /digit in opcode 81. */
enum x86_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR, ALU_CMP };

/* Shifts by their /digit in opcode C1. */
enum x86_shift { SHIFT_ROL, SHIFT_ROR, SHIFT_RCL, SHIFT_RCR, SHIFT_SHL, SHIFT_SHR, SHIFT_SAL, SHIFT_SAR };

/* A register, or memory at [base + index * 2^scale + disp], or memory at a fixed place of the code memory. */
struct x86_rm {
    bool is_mem;
    const uint8_t *at; /* write view; NULL: as above */
    int8_t reg;   /* the register, or the base */
    int8_t index; /* X86_NO_REG: none */
    uint8_t scale;
    int32_t disp;
};

struct x86_asm {
    uint8_t *p, *end; /* where the next byte is written */
    bool full;
    bool wide; /* VEX-coded instructions work on 256 bits, whatever `l` says */
};

static inline struct x86_rm x86_r(int reg)
{
    return (struct x86_rm){.reg = (int8_t)reg, .index = X86_NO_REG};
}

static inline struct x86_rm x86_m(int base, int32_t disp)
{
    return (struct x86_rm){.is_mem = true, .reg = (int8_t)base, .index = X86_NO_REG, .disp = disp};
}

/* For instructions without an immediate only. */
static inline struct x86_rm x86_at(const void *at)
{
    return (struct x86_rm){.is_mem = true, .index = X86_NO_REG, .at = at};
}

static inline struct x86_rm x86_mx(int base, int index, unsigned scale, int32_t disp)
{
    return (struct x86_rm){
        .is_mem = true, .reg = (int8_t)base, .index = (int8_t)index, .scale = (uint8_t)scale, .disp = disp};
}

/* `w`: 64-bit operation; otherwise 32-bit, which clears the upper half of a destination register. */
void x86_mov_load(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_mov_store(struct x86_asm *a, bool w, struct x86_rm dst, int src);
void x86_mov_imm(struct x86_asm *a, int dst, uint64_t imm);                        /* shortest form; keeps flags */
void x86_mov_store_imm(struct x86_asm *a, bool w, struct x86_rm dst, int32_t imm); /* sign-extended when w */
void x86_store8(struct x86_asm *a, struct x86_rm dst, int src);
void x86_store16(struct x86_asm *a, struct x86_rm dst, int src);
void x86_store16_imm(struct x86_asm *a, struct x86_rm dst, uint16_t imm);
void x86_movzx8(struct x86_asm *a, int dst, struct x86_rm src);
void x86_movzx16(struct x86_asm *a, int dst, struct x86_rm src);
void x86_movsx8(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_movsx16(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_movsxd(struct x86_asm *a, int dst, struct x86_rm src);
void x86_lea(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_cmpxchg(struct x86_asm *a, bool w, struct x86_rm dst, int src); /* with rax; lock it */
void x86_cmpxchg8(struct x86_asm *a, struct x86_rm dst, int src);  /* with al */
void x86_cmpxchg16(struct x86_asm *a, struct x86_rm dst, int src); /* with ax */
void x86_cmpxchg16b(struct x86_asm *a, struct x86_rm dst);         /* rcx:rbx with rdx:rax */
void x86_xadd(struct x86_asm *a, bool w, struct x86_rm dst, int src);    /* lock it */
void x86_xchg(struct x86_asm *a, bool w, struct x86_rm dst, int src); /* locked when dst is memory */

void x86_alu_load(struct x86_asm *a, enum x86_alu op, bool w, int dst, struct x86_rm src);
void x86_alu_store(struct x86_asm *a, enum x86_alu op, bool w, struct x86_rm dst, int src);
void x86_alu_imm(struct x86_asm *a, enum x86_alu op, bool w, struct x86_rm dst, int32_t imm);
void x86_test(struct x86_asm *a, bool w, struct x86_rm x, int y);
void x86_test_imm(struct x86_asm *a, bool w, struct x86_rm x, int32_t imm);
void x86_cmp8_imm(struct x86_asm *a, struct x86_rm x, uint8_t imm);
void x86_sub8(struct x86_asm *a, int dst, int src);
void x86_not(struct x86_asm *a, bool w, struct x86_rm dst);
void x86_neg(struct x86_asm *a, bool w, struct x86_rm dst);
void x86_imul(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_mul_rdx_rax(struct x86_asm *a, bool is_signed, struct x86_rm src); /* rdx:rax = rax * src, 64-bit */
void x86_div_rdx_rax(struct x86_asm *a, bool w, bool is_signed, struct x86_rm src);
void x86_cdq_cqo(struct x86_asm *a, bool w);
void x86_shift_imm(struct x86_asm *a, enum x86_shift op, bool w, struct x86_rm dst, unsigned n);
void x86_shift_cl(struct x86_asm *a, enum x86_shift op, bool w, struct x86_rm dst);
void x86_shrd_imm(struct x86_asm *a, bool w, int dst, int high, unsigned n);
void x86_bt_imm(struct x86_asm *a, bool w, struct x86_rm x, unsigned bit);
void x86_bswap(struct x86_asm *a, bool w, int reg);
void x86_crc32(struct x86_asm *a, unsigned bytes, int dst, int src); /* goes on over the low bytes of src */
void x86_lzcnt(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_tzcnt(struct x86_asm *a, bool w, int dst, struct x86_rm src);
void x86_setcc(struct x86_asm *a, enum x86_cc cc, int dst); /* low byte; dst < RSP or with REX */
void x86_cmov(struct x86_asm *a, enum x86_cc cc, bool w, int dst, struct x86_rm src);
void x86_lahf(struct x86_asm *a);
void x86_sahf(struct x86_asm *a);
void x86_cmc(struct x86_asm *a);
void x86_lock(struct x86_asm *a); /* prefix of the next instruction */
void x86_push(struct x86_asm *a, int reg);
void x86_pop(struct x86_asm *a, int reg);
void x86_push_rm(struct x86_asm *a, struct x86_rm src);
void x86_ret(struct x86_asm *a);
void x86_ret_imm(struct x86_asm *a, uint8_t bytes); /* and that many more are popped */
void x86_ud2(struct x86_asm *a);

/* Control flow. A forward jump returns the place of its 32-bit displacement for x86_patch. Addresses are where code runs,
 * so the distance between write and exec views cancels out. */
uint8_t *x86_jmp(struct x86_asm *a);
uint8_t *x86_jcc(struct x86_asm *a, enum x86_cc cc);
/* The same with the displacement on a multiple of 4, so that it can be patched while other threads run through it. */
uint8_t *x86_jmp_aligned(struct x86_asm *a);
uint8_t *x86_jcc_aligned(struct x86_asm *a, enum x86_cc cc);
uint8_t *x86_call_aligned(struct x86_asm *a);
void x86_patch(uint8_t *place, const uint8_t *target); /* both in the write view */
void x86_jmp_to(struct x86_asm *a, const uint8_t *target);
void x86_jcc_to(struct x86_asm *a, enum x86_cc cc, const uint8_t *target);
void x86_call_to(struct x86_asm *a, const uint8_t *target);
void x86_jmp_rm(struct x86_asm *a, struct x86_rm target);
void x86_call_rm(struct x86_asm *a, struct x86_rm target);

/* VEX-coded three-operand forms. `map` 1 (0F), 2 (0F38), 3 (0F3A); `pp` 0, 1 (66), 2 (F3), 3 (F2); `l` 256-bit. */
void x86_vex(struct x86_asm *a, unsigned map, unsigned pp, bool w, bool l, unsigned op, int reg, int vvvv,
             struct x86_rm rm);
void x86_vex_imm(struct x86_asm *a, unsigned map, unsigned pp, bool w, bool l, unsigned op, int reg, int vvvv,
                 struct x86_rm rm, unsigned imm8);

void x86_vzeroupper(struct x86_asm *a);

/* BMI: no flags touched but by andn. Shift amounts in a register, modulo the width. */
void x86_shlx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount);
void x86_shrx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount);
void x86_sarx(struct x86_asm *a, bool w, int dst, struct x86_rm src, int amount);
void x86_rorx(struct x86_asm *a, bool w, int dst, struct x86_rm src, unsigned n);
void x86_andn(struct x86_asm *a, bool w, int dst, int inverted, struct x86_rm src); /* dst = ~inverted & src */
void x86_add_al_imm(struct x86_asm *a, uint8_t imm);

/* SSE: `op` is the last opcode byte, `prefix` 0, 0x66, 0xf2 or 0xf3; map 0F, or 0F38 for the three-byte form. */
void x86_sse(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src);
void x86_sse38(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src);
void x86_sse_imm(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src, uint8_t imm);
void x86_sha1rnds4(struct x86_asm *a, int xmm, int src, unsigned f);
void x86_sse_w(struct x86_asm *a, uint8_t prefix, uint8_t op, int xmm, struct x86_rm src); /* REX.W: 64-bit GPR forms */

#endif
