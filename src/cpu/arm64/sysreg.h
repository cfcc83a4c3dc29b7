/* SPDX-License-Identifier: Apache-2.0
 *
 * MRS, MSR and SYS. One table says for each system register its name, who may touch it, where it
 * lives and what a write does; what is not in the table is UNDEFINED, but for the ID space op0 3,
 * op1 0, CRn 0, CRm 1-7, which reads as zero. */
#ifndef BERTH_CPU_ARM64_SYSREG_H
#define BERTH_CPU_ARM64_SYSREG_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/state.h"

/* Row of register `reg` (A64_SYSREG) in the table, for a64_mrs and a64_msr: look it up once, when
 * decoding. Never fails: what does not exist has a row that raises. */
unsigned a64_sysreg_row(uint32_t reg);
const char *a64_sysreg_name(unsigned row);

/* MRS and MSR by row. May raise; ICC_* leave the run loop with A64_EXIT_SYSREG, and the access is
 * completed by a64_sysreg_complete. After a64_msr the block must end: anything may have changed. */
uint64_t a64_mrs(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row);
void a64_msr(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row, uint64_t value);

/* Completes an A64_EXIT_SYSREG when the CPU runs again: the value read goes to its register. */
void a64_sysreg_complete(struct a64_cpu *cpu);

/* MSR (immediate): PSTATE fields by op1:op2; CRm is the value. Ends the block. */
void a64_msr_imm(struct a64_cpu *cpu, const struct a64_insn *i, unsigned op1, unsigned op2,
                 unsigned imm);

/* SYS: IC, DC, AT, TLBI; `op` is A64_SYSREG(1, op1, CRn, CRm, op2). The invalidation of decoded
 * code for IC is done by a64_code_invalidate… of code.h, called from here. Ends the block unless
 * it is a DC. */
void a64_sys(struct a64_cpu *cpu, const struct a64_insn *i, uint32_t op, uint64_t value);

/* Every register to its reset value. */
void a64_sysreg_reset(struct a64_cpu *cpu);

#endif
