/* SPDX-License-Identifier: Apache-2.0
 *
 * Cryptography (Arm ARM C4.1.96: AES, SHA-1, SHA-256, the product of polynomials) as far as the host has instructions for it,
 * and checksums (C4.1.95). */
#include "a64_decode.h"
#include "cpu/arm64/translate/front.h"

static bool vectors(struct ir_block *b, const struct a64_insn *i, enum ir_fp kind)
{
    struct ir *o;

    if (!ir_host_has(kind))
        return false;
    o = front_emit(b, i, IR_FP, true, (int)front_bits(i->raw, 0, 5), (int)front_bits(i->raw, 5, 5),
                   (int)front_bits(i->raw, 16, 5));
    o->aux = (uint16_t)kind;
    o->size = 8;
    return true;
}

/* A step that follows another on the same register, as it does in all code that there is: both are one instruction of the host.
 * Nothing can happen between the two, for what the second may fault for, the first has faulted for. */
static bool follows(struct ir_block *b, const struct a64_insn *i, enum ir_fp first, enum ir_fp both, enum ir_fp alone)
{
    struct ir *last = b->nr ? &b->op[b->nr - 1] : NULL;
    int rd = (int)front_bits(i->raw, 0, 5), rn = (int)front_bits(i->raw, 5, 5);

    if (!last || last->op != IR_FP || last->aux != first || last->dst != rd || rn != rd)
        return vectors(b, i, alone);
    last->aux = (uint16_t)both;
    return true;
}

static bool product(struct ir_block *b, const struct a64_insn *i)
{
    if (!vectors(b, i, FP_PMULL))
        return false;
    b->op[b->nr - 1].w = i->raw >> 30 & 1;
    return true;
}

static bool checksum(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    unsigned size = front_bits(i->raw, 10, 2);

    if (op == IR_CRC32 && !ir_host_has_crc32())
        return false;
    front_emit(b, i, op, size == 3, front_write(front_bits(i->raw, 0, 5)), front_read(front_bits(i->raw, 5, 5)),
               front_read(front_bits(i->raw, 16, 5)))
        ->size = (uint8_t)(1u << size);
    return true;
}

bool front_crypto(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_CRC32B:
    case A64_OP_CRC32H:
    case A64_OP_CRC32W:
    case A64_OP_CRC32X:
        return checksum(b, i, IR_CRC32);
    case A64_OP_CRC32CB:
    case A64_OP_CRC32CH:
    case A64_OP_CRC32CW:
    case A64_OP_CRC32CX:
        return checksum(b, i, IR_CRC32C);
    case A64_OP_AESE:
        return vectors(b, i, FP_AESE);
    case A64_OP_AESD:
        return vectors(b, i, FP_AESD);
    case A64_OP_AESMC:
        return follows(b, i, FP_AESE, FP_AESEMC, FP_AESMC);
    case A64_OP_AESIMC:
        return follows(b, i, FP_AESD, FP_AESDIMC, FP_AESIMC);
    case A64_OP_PMULL_Q:
        return product(b, i);
    case A64_OP_SHA1C:
        return vectors(b, i, FP_SHA1C);
    case A64_OP_SHA1P:
        return vectors(b, i, FP_SHA1P);
    case A64_OP_SHA1M:
        return vectors(b, i, FP_SHA1M);
    case A64_OP_SHA1H:
        return vectors(b, i, FP_SHA1H);
    case A64_OP_SHA1SU0:
        return vectors(b, i, FP_SHA1SU0);
    case A64_OP_SHA1SU1:
        return vectors(b, i, FP_SHA1SU1);
    case A64_OP_SHA256H:
        return vectors(b, i, FP_SHA256H);
    case A64_OP_SHA256H2:
        return vectors(b, i, FP_SHA256H2);
    case A64_OP_SHA256SU0:
        return vectors(b, i, FP_SHA256SU0);
    case A64_OP_SHA256SU1:
        return vectors(b, i, FP_SHA256SU1);
    default:
        return false;
    }
}
