/* SPDX-License-Identifier: Apache-2.0
 *
 * The translator's front end: one predecoded guest instruction becomes operations of the intermediate form. To add an
 * instruction, give its row in the table a case in front_int.c, front_mem.c, front_branch.c, front_system.c or front_fp.c; what has none
 * runs through the interpreter's handler (IR_CALL), which is always right. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_FRONT_H
#define BERTH_CPU_ARM64_TRANSLATE_FRONT_H

#include "cpu/arm64/translate/ir.h"

/* Appends the operations of `i`. false: nothing was appended, the group does not know the instruction. */
bool front_int(struct ir_block *b, const struct a64_insn *i);
bool front_mem(struct ir_block *b, const struct a64_insn *i);
bool front_branch(struct ir_block *b, const struct a64_insn *i);
bool front_system(struct ir_block *b, const struct a64_insn *i);
bool front_fp(struct ir_block *b, const struct a64_insn *i);
bool front_struct(struct ir_block *b, const struct a64_insn *i);
bool front_simd(struct ir_block *b, const struct a64_insn *i);
bool front_crypto(struct ir_block *b, const struct a64_insn *i);

/* Tries all of the above, else IR_CALL. */
void front_insn(struct ir_block *b, const struct a64_insn *i);

/* The most operations that one guest instruction makes. */
enum { FRONT_MAX_OPS = 8 };

/* A new operation at the end of the block, zeroed but for its operands (IR_NONE). */
struct ir *front_emit(struct ir_block *b, const struct a64_insn *guest, enum ir_op op, bool w, int dst, int x, int y);

static inline uint32_t front_bits(uint32_t raw, unsigned lo, unsigned width)
{
    return raw >> lo & ((UINT32_C(1) << width) - 1);
}

static inline int64_t front_sbits(uint32_t raw, unsigned lo, unsigned width)
{
    return (int64_t)((uint64_t)raw << (64 - lo - width)) >> (64 - width);
}

/* Register fields as IR values: 31 read as zero, written to nowhere, or the stack pointer. */
static inline int front_read(uint32_t n)
{
    return n == 31 ? A64_ZR : (int)n;
}

static inline int front_write(uint32_t n)
{
    return n == 31 ? A64_DISCARD : (int)n;
}

static inline int front_sp(uint32_t n)
{
    return n == 31 ? A64_SP : (int)n;
}

#endif
