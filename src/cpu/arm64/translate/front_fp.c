/* SPDX-License-Identifier: Apache-2.0
 *
 * Floating point and Advanced SIMD: all by the interpreter's handlers. */
#include "cpu/arm64/translate/front.h"

bool front_fp(struct ir_block *b, const struct a64_insn *i)
{
    (void)b;
    (void)i;
    return false;
}
