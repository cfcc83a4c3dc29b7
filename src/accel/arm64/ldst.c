/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm ARM C4.1.94, "Loads and stores". Where the access goes is known (the exception says it), so
 * of the addressing modes only the writeback matters. */
#include "accel/arm64/ldst.h"

/* Bits [first, first + len) of an instruction. */
static uint32_t field(uint32_t insn, unsigned first, unsigned len)
{
    return insn >> first & ((UINT32_C(1) << len) - 1);
}

static int64_t sign_extend(uint64_t value, unsigned bits)
{
    uint64_t sign = UINT64_C(1) << (bits - 1);

    return (int64_t)((value ^ sign) - sign);
}

/* Bits 24:23 of a pair, 11:10 of a single register with imm9. */
enum pair_mode { PAIR_NON_TEMPORAL, PAIR_POST, PAIR_OFFSET, PAIR_PRE };
enum imm9_mode { IMM9_UNSCALED, IMM9_POST, IMM9_UNPRIVILEGED, IMM9_PRE };

static bool decode_pair(uint32_t insn, struct arm64_ldst *i)
{
    unsigned opc = field(insn, 30, 2), mode = field(insn, 23, 2);

    if (opc == 3 || field(insn, 25, 1))
        return false;
    i->nr = 2;
    i->rt[1] = (uint8_t)field(insn, 10, 5);
    i->store = !field(insn, 22, 1);
    if (i->vector) {
        i->size = (uint8_t)(4u << opc);
    } else {
        i->size = opc == 2 ? 8 : 4;
        i->sign = i->sign_to_64 = opc == 1;
        if (opc == 1 && (i->store || mode == PAIR_NON_TEMPORAL)) /* STGP; nothing */
            return false;
    }
    i->writeback = mode == PAIR_POST || mode == PAIR_PRE;
    i->change = sign_extend(field(insn, 15, 7), 7) * i->size;
    i->offset = mode == PAIR_POST ? 0 : i->change;
    return true;
}

/* What `size` and `opc` of a single register mean. */
static bool decode_single_kind(uint32_t insn, struct arm64_ldst *i)
{
    unsigned size = field(insn, 30, 2), opc = field(insn, 22, 2);

    i->nr = 1;
    i->size = (uint8_t)(1u << size);
    if (i->vector) {
        i->store = !(opc & 1);
        if (opc & 2)
            i->size = 16;
        return !(opc & 2) || size == 0;
    }
    i->store = opc == 0;
    i->sign = opc >= 2;
    i->sign_to_64 = opc == 2;
    return !(size == 3 && opc >= 2) && !(size == 2 && opc == 3); /* prefetch; nothing */
}

static bool decode_single(uint32_t insn, struct arm64_ldst *i)
{
    unsigned mode = field(insn, 10, 2);

    if (!decode_single_kind(insn, i) || field(insn, 25, 1))
        return false;
    if (field(insn, 24, 1)) /* unsigned offset */
        return true;
    if (field(insn, 21, 1)) /* register offset; the others are atomics */
        return mode == 2;
    i->writeback = mode == IMM9_POST || mode == IMM9_PRE;
    i->change = sign_extend(field(insn, 12, 9), 9);
    return true;
}

bool arm64_ldst_decode(uint32_t insn, struct arm64_ldst *ret)
{
    struct arm64_ldst i = {.vector = field(insn, 26, 1),
                           .rn = (uint8_t)field(insn, 5, 5),
                           .rt = {(uint8_t)field(insn, 0, 5)}};
    bool known = false;

    if (field(insn, 27, 3) == 5)
        known = decode_pair(insn, &i);
    else if (field(insn, 27, 3) == 7)
        known = decode_single(insn, &i);
    if (known)
        *ret = i;
    return known;
}

uint64_t arm64_ldst_extend(const struct arm64_ldst *i, uint64_t value)
{
    unsigned bits = i->size * 8u;

    if (bits < 64)
        value &= (UINT64_C(1) << bits) - 1;
    if (!i->sign)
        return value;
    value = (uint64_t)sign_extend(value, bits);
    return i->sign_to_64 ? value : (uint32_t)value;
}
