/* SPDX-License-Identifier: Apache-2.0
 *
 * LSE's atomics of 32 and 64 bits, exclusives (Arm ARM C4.1.94), and the system registers that kernels read at every turn, and their
 * masking of interrupts (C5.2). Smaller
 * atomics and everything else of the system run in the interpreter's handlers. */
#include "a64_decode.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/translate/front.h"

static bool atomic(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    unsigned size = i->raw >> 30;
    struct ir *o;

    if (size < 2)
        return false;
    o = front_emit(b, i, op, size == 3, front_write(front_bits(i->raw, 0, 5)), front_sp(front_bits(i->raw, 5, 5)),
                   front_read(front_bits(i->raw, 16, 5)));
    o->size = (uint8_t)(1u << size);
    o->aligned = true;
    return true;
}

/* What is compared with is where the old value goes. */
static bool compare_and_swap(struct ir_block *b, const struct a64_insn *i)
{
    unsigned expected = front_bits(i->raw, 16, 5);

    if (!atomic(b, i, IR_CAS))
        return false;
    b->op[b->nr - 1].dst = (int8_t)front_write(expected);
    b->op[b->nr - 1].c = (int8_t)front_read(front_bits(i->raw, 0, 5));
    return true;
}

/* Acquiring and releasing forms are like the plain ones: the load is as strong anyway, and the store is a locked instruction. */
static void exclusive(struct ir_block *b, const struct a64_insn *i, bool load, bool pair)
{
    unsigned bytes = pair ? 8u << (i->raw >> 30 & 1) : 1u << (i->raw >> 30);
    unsigned rt = front_bits(i->raw, 0, 5), rt2 = front_bits(i->raw, 10, 5);
    int status = front_write(front_bits(i->raw, 16, 5));
    struct ir *o = front_emit(b, i, load ? IR_LDX : IR_STX, bytes >= 8, load ? front_write(rt) : status,
                              front_sp(front_bits(i->raw, 5, 5)), load ? IR_NONE : front_read(rt));

    if (pair)
        o->c = (int8_t)(load ? front_write(rt2) : front_read(rt2));
    o->size = (uint8_t)bytes;
    o->aligned = true;
}

/* DC ZVA; what else is written like it is for the handlers. */
static bool zero(struct ir_block *b, const struct a64_insn *i)
{
    if (front_bits(i->raw, 5, 16) != A64_SYSREG(1, 3, 7, 4, 1))
        return false;
    front_emit(b, i, IR_ZERO, true, IR_NONE, front_read(front_bits(i->raw, 0, 5)), IR_NONE)->size = A64_ZVA_BYTES;
    return true;
}

static bool read_register(struct ir_block *b, const struct a64_insn *i)
{
    enum ir_system which;

    switch (front_bits(i->raw, 5, 16)) {
    case A64_SYSREG(3, 0, 4, 1, 0):
        which = SYSTEM_SP_EL0;
        break;
    case A64_SYSREG(3, 0, 13, 0, 4):
        which = SYSTEM_TPIDR_EL1;
        break;
    case A64_SYSREG(3, 3, 13, 0, 2):
        which = SYSTEM_TPIDR_EL0;
        break;
    case A64_SYSREG(3, 3, 4, 2, 1):
        which = SYSTEM_DAIF;
        break;
    case A64_SYSREG(3, 3, 0, 0, 7):
        which = SYSTEM_DCZID;
        break;
    default:
        return false;
    }
    front_emit(b, i, IR_MRS, true, front_write(front_bits(i->raw, 0, 5)), IR_NONE, IR_NONE)->aux = (uint16_t)which;
    return true;
}

static bool mask(struct ir_block *b, const struct a64_insn *i, enum ir_op op)
{
    front_emit(b, i, op, false, IR_NONE, IR_NONE, IR_NONE)->imm = (int64_t)front_bits(i->raw, 8, 4) << 6;
    return true;
}

static bool write_register(struct ir_block *b, const struct a64_insn *i)
{
    if (front_bits(i->raw, 5, 16) != A64_SYSREG(3, 3, 4, 2, 1))
        return false;
    (void)front_emit(b, i, IR_MSR_DAIF, false, IR_NONE, front_read(front_bits(i->raw, 0, 5)), IR_NONE);
    return true;
}

bool front_system(struct ir_block *b, const struct a64_insn *i)
{
    switch (i->op) {
    case A64_OP_CAS:
        return compare_and_swap(b, i);
    case A64_OP_LDXR:
    case A64_OP_LDXP:
        exclusive(b, i, true, i->op == A64_OP_LDXP);
        return true;
    case A64_OP_STXR:
    case A64_OP_STXP:
        exclusive(b, i, false, i->op == A64_OP_STXP);
        return true;
    case A64_OP_CLREX:
        (void)front_emit(b, i, IR_CLREX, false, IR_NONE, IR_NONE, IR_NONE);
        return true;
    case A64_OP_SYS:
        return zero(b, i);
    case A64_OP_SWP:
        return atomic(b, i, IR_SWAP);
    case A64_OP_LDADD:
        return atomic(b, i, IR_FETCH_ADD);
    case A64_OP_LDCLR:
        return atomic(b, i, IR_FETCH_ANDN);
    case A64_OP_LDEOR:
        return atomic(b, i, IR_FETCH_XOR);
    case A64_OP_LDSET:
        return atomic(b, i, IR_FETCH_OR);
    case A64_OP_MSR:
        return write_register(b, i);
    case A64_OP_MSR_DAIFSET:
        return mask(b, i, IR_MASK);
    case A64_OP_MSR_DAIFCLR:
        return mask(b, i, IR_UNMASK);
    case A64_OP_MRS:
        return read_register(b, i);
    default:
        return false;
    }
}
