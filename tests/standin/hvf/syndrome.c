/* SPDX-License-Identifier: Apache-2.0
 *
 * ESR_EL2 as hardware makes it of an instruction (Arm ARM D19.2.38): the description of a data
 * access (ISV) is there for loads and stores of one general register without writeback. */
#include <setjmp.h>

#include "cpu/arm64/mem.h"
#include "standin.h"

enum { EC_SYSREG = 0x18, EC_DATA_ABORT = 0x24, EC_SHIFT = 26, FSC_TRANSLATION_3 = 7 };
#define IL  (UINT64_C(1) << 25)
#define ISV (UINT64_C(1) << 24)
#define WNR (UINT64_C(1) << 6)

/* The word that the CPU just executed: it is still in its TLB, or in the tables. */
uint32_t standin_fetch(struct standin_vcpu *v, uint64_t pc)
{
    struct a64_fetch from;

    if (_setjmp(v->cpu->unwind))
        standin_breach("the instruction at %#llx went away", (unsigned long long)pc);
    a64_fetch(v->cpu, pc, &from);
    return *(const uint32_t *)(const void *)(from.host + (pc & 4095));
}

/* LDR, STR and their kin by immediate without writeback or by register; LDAR, STLR. */
static bool is_described(uint32_t insn)
{
    bool single = (insn & 0x3f000000) == 0x39000000 || (insn & 0x3f200000) == 0x38000000 ||
                  (insn & 0x3f200c00) == 0x38200800;
    bool writeback = (insn & 0x3f200400) == 0x38000400;
    bool ordered = (insn & 0x3fa07c00) == 0x08807c00;

    return (single && !writeback) || ordered;
}

uint64_t standin_data_syndrome(uint32_t insn, bool write)
{
    uint64_t iss = FSC_TRANSLATION_3 | (write ? WNR : 0), size = insn >> 30, opc = insn >> 22 & 3;
    bool ordered = (insn & 0x3f000000) == 0x08000000;
    bool sign = !ordered && opc >= 2;
    bool wide = ordered || opc < 2 ? size == 3 : opc == 2;

    if (is_described(insn))
        iss |= ISV | size << 22 | (uint64_t)sign << 21 | (uint64_t)(insn & 31) << 16 |
               (uint64_t)wide << 15;
    return (uint64_t)EC_DATA_ABORT << EC_SHIFT | IL | iss;
}

uint64_t standin_sysreg_syndrome(uint32_t insn)
{
    uint64_t op0 = insn >> 19 & 3, op1 = insn >> 16 & 7, crn = insn >> 12 & 15,
             crm = insn >> 8 & 15;
    uint64_t op2 = insn >> 5 & 7, rt = insn & 31, read = insn >> 21 & 1;

    return (uint64_t)EC_SYSREG << EC_SHIFT | IL | op0 << 20 | op2 << 17 | op1 << 14 | crn << 10 |
           rt << 5 | crm << 1 | read;
}
