/* SPDX-License-Identifier: Apache-2.0
 *
 * The intermediate form as text, for traces and tests. */
#include "cpu/arm64/translate/ir.h"

#include <inttypes.h>

static const char *const names[] = {
    [IR_NOP] = "nop",     [IR_MOV] = "mov",     [IR_ADD] = "add",     [IR_SUB] = "sub",     [IR_AND] = "and",
    [IR_OR] = "or",       [IR_XOR] = "xor",     [IR_ANDN] = "andn",   [IR_ORN] = "orn",     [IR_XORN] = "xorn",
    [IR_SHL] = "shl",     [IR_SHR] = "shr",     [IR_SAR] = "sar",     [IR_ROR] = "ror",     [IR_MUL] = "mul",
    [IR_UMULH] = "umulh", [IR_SMULH] = "smulh", [IR_UDIV] = "udiv",   [IR_SDIV] = "sdiv",   [IR_ADC] = "adc",
    [IR_SBC] = "sbc",     [IR_ADDS] = "adds",   [IR_SUBS] = "subs",   [IR_ANDS] = "ands",   [IR_ANDNS] = "andns",
    [IR_ADCS] = "adcs",   [IR_SBCS] = "sbcs",   [IR_CCMP] = "ccmp",   [IR_CCMN] = "ccmn",   [IR_CSEL] = "csel",
    [IR_CSINC] = "csinc", [IR_CSINV] = "csinv", [IR_CSNEG] = "csneg", [IR_SXTB] = "sxtb",   [IR_SXTH] = "sxth",
    [IR_SXTW] = "sxtw",   [IR_UXTB] = "uxtb",   [IR_UXTH] = "uxth",   [IR_UXTW] = "uxtw",   [IR_CLZ] = "clz",
    [IR_CLS] = "cls",     [IR_RBIT] = "rbit",   [IR_REV16] = "rev16", [IR_REV32] = "rev32", [IR_REV64] = "rev64",
    [IR_UBFX] = "ubfx",   [IR_SBFX] = "sbfx",   [IR_UBFIZ] = "ubfiz", [IR_SBFIZ] = "sbfiz", [IR_BFI] = "bfi",
    [IR_BFXIL] = "bfxil", [IR_EXTR] = "extr",   [IR_CRC32] = "crc32", [IR_CRC32C] = "crc32c", [IR_PC] = "pc",       [IR_LD] = "ld",       [IR_ST] = "st",
    [IR_LDP] = "ldp",     [IR_STP] = "stp",     [IR_VLD] = "vld",     [IR_VST] = "vst",     [IR_VLDP] = "vldp",
    [IR_VSTP] = "vstp",   [IR_CAS] = "cas",     [IR_SWAP] = "swap",   [IR_FETCH_ADD] = "fetch.add",
    [IR_FETCH_ANDN] = "fetch.andn", [IR_FETCH_XOR] = "fetch.xor", [IR_FETCH_OR] = "fetch.or", [IR_LDX] = "ldx", [IR_STX] = "stx",
    [IR_CLREX] = "clrex", [IR_ZERO] = "zero", [IR_MRS] = "mrs",     [IR_MASK] = "mask",
    [IR_UNMASK] = "unmask", [IR_MSR_DAIF] = "msr.daif",
    [IR_FENCE] = "fence", [IR_B] = "b",         [IR_BCOND] = "bcond",    [IR_CBZ] = "cbz",
    [IR_CBNZ] = "cbnz",   [IR_TBZ] = "tbz",     [IR_TBNZ] = "tbnz",   [IR_BR] = "br",       [IR_RET] = "ret",
    [IR_FP] = "fp",       [IR_CALL] = "call",  
};

static const char *const conds[] = {
    "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le", "al", "nv",
};

static void print_value(int v, const struct ir *i, struct strbuf *out)
{
    if (v == IR_IMM)
        strbuf_addf(out, "#%" PRId64, i->imm);
    else if (v >= IR_T0)
        strbuf_addf(out, "t%d", v - IR_T0);
    else if (v == A64_SP)
        strbuf_add(out, "sp");
    else if (v == A64_ZR)
        strbuf_add(out, "zr");
    else if (v == A64_DISCARD)
        strbuf_add(out, "_");
    else
        strbuf_addf(out, "x%d", v);
}

/* Operations of IR_FP whose dst is a general register. */
static bool writes_general(unsigned kind)
{
    switch (kind) {
    case FP_TO_INT:
    case FP_TO_UINT:
    case FP_ROUND_INT:
    case FP_ROUND_UINT:
    case FP_MOV_TO:
    case FP_VMOV_TO:
        return true;
    default:
        return false;
    }
}

bool ir_changes(const struct ir *i, int v)
{
    if (i->op == IR_LDP || i->op == IR_LDX)
        return i->dst == v || i->c == v;
    if (i->op == IR_STP || (i->op >= IR_VLD && i->op <= IR_VSTP))
        return false; /* dst is read, or a vector register */
    if (i->op == IR_FP)
        return i->dst == v && writes_general(i->aux);
    return i->op == IR_CALL || i->dst == v;
}

void ir_print(const struct ir *i, struct strbuf *out)
{
    const int8_t values[] = {i->dst, i->a, i->b, i->c};
    const char *sep = " ";

    strbuf_addf(out, "%s.%d", names[i->op], i->w ? 64 : 32);
    if (i->op == IR_BCOND || (i->op >= IR_CCMP && i->op <= IR_CSNEG))
        strbuf_addf(out, ".%s", conds[i->cond & 15]);
    if (i->size)
        strbuf_addf(out, ".%s%d", i->sign ? "s" : "m", i->size);
    for (unsigned k = 0; k < ARRAY_LEN(values); k++) {
        if (values[k] == IR_NONE)
            continue;
        strbuf_add(out, sep);
        print_value(values[k], i, out);
        sep = ", ";
    }
    if (i->imm && i->b != IR_IMM)
        strbuf_addf(out, "%s#%" PRId64, sep, i->imm);
    if (i->op == IR_ADD && i->shift)
        strbuf_addf(out, " << %d", i->shift);
    if (i->aux)
        strbuf_addf(out, " {%#x}", i->aux);
    if (i->group)
        strbuf_addf(out, " (group %d)", i->group);
    if (i->run)
        strbuf_addf(out, " (run %d)", i->run);
    if (i->again)
        strbuf_add(out, " again");
    if (i->flags_live)
        strbuf_add(out, " !nzcv");
}
