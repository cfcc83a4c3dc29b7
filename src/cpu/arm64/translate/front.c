/* SPDX-License-Identifier: Apache-2.0
 *
 * Tries the groups of instructions in turn. */
#include "cpu/arm64/translate/front.h"

#include <assert.h>

struct ir *front_emit(struct ir_block *b, const struct a64_insn *guest, enum ir_op op, bool w, int dst, int x, int y)
{
    struct ir *i = &b->op[b->nr++];

    assert(b->nr <= IR_MAX);
    *i = (struct ir){
        .op = (uint8_t)op,
        .w = w,
        .dst = (int8_t)dst,
        .a = (int8_t)x,
        .b = (int8_t)y,
        .c = IR_NONE,
        .guest = guest,
    };
    return i;
}

void front_insn(struct ir_block *b, const struct a64_insn *i)
{
    if (front_int(b, i) || front_mem(b, i) || front_branch(b, i) || front_system(b, i) || front_fp(b, i) || front_simd(b, i) ||
        front_struct(b, i) || front_crypto(b, i))
        return;
    (void)front_emit(b, i, IR_CALL, true, IR_NONE, IR_NONE, IR_NONE);
}
