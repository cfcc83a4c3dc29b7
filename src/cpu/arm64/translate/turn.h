/* SPDX-License-Identifier: Apache-2.0
 *
 * One turn of a loop of one block, followed operation by operation: each general register is "what register r held when the
 * turn began, plus a constant", or unknown. A register that ends the turn as itself plus a constant is steady. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_TURN_H
#define BERTH_CPU_ARM64_TRANSLATE_TURN_H

#include "cpu/arm64/translate/ir.h"

enum { TURN_VALUES = A64_SP + 1 };

/* What `root` held when the turn began, plus `add`. */
struct turn_value {
    int8_t root; /* IR_NONE: something else */
    int64_t add;
};

struct turn {
    struct turn_value now[TURN_VALUES];
    struct turn_value end[TURN_VALUES]; /* when the turn is over */
};

/* Follows the whole turn for `end`, and stands before its first operation. */
void turn_begin(struct turn *t, const struct ir_block *b);

/* Behind the operation `i`. */
void turn_step(struct turn *t, const struct ir *i);

/* What a turn adds to the register that `v` comes from; false: that is not steady. */
bool turn_stride(const struct turn *t, struct turn_value v, int64_t *ret);

/* Of operand `v`, a register or not. */
struct turn_value turn_value(const struct turn *t, int v);

/* Registers as sets of bits, the vector registers above the general ones. */
#define TURN_VECTOR(v) (UINT64_C(1) << (32 + (v)))
#define TURN_GENERAL(v) (UINT64_C(1) << (v))

/* What `i` reads and writes; temporaries do not count. For the operations that end up in bulk.c. */
uint64_t turn_reads(const struct ir *i);
uint64_t turn_writes(const struct ir *i);

#endif
