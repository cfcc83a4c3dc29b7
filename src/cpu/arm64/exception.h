/* SPDX-License-Identifier: Apache-2.0
 *
 * Exceptions to EL1 and the return from them (Arm ARM D1.3). "raise" functions abandon the current
 * instruction: they put the CPU at its vector and jump to the run loop. "take" functions do the
 * same to the state and return: for the run loop itself and for handlers of instructions that end a
 * block. */
#ifndef BERTH_CPU_ARM64_EXCEPTION_H
#define BERTH_CPU_ARM64_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/state.h"

/* Exception classes (ESR_EL1.EC). */
enum a64_ec {
    A64_EC_UNKNOWN = 0x00,
    A64_EC_WFX = 0x01,
    A64_EC_FP_ACCESS = 0x07,
    A64_EC_ILLEGAL_STATE = 0x0e,
    A64_EC_SVC = 0x15,
    A64_EC_HVC = 0x16,
    A64_EC_SMC = 0x17,
    A64_EC_SYSREG = 0x18,
    A64_EC_INSN_ABORT = 0x20, /* from EL0; 0x21 from EL1 */
    A64_EC_PC_ALIGNMENT = 0x22,
    A64_EC_DATA_ABORT = 0x24, /* from EL0; 0x25 from EL1 */
    A64_EC_SP_ALIGNMENT = 0x26,
    A64_EC_FP_EXCEPTION = 0x2c,
    A64_EC_BREAKPOINT = 0x30, /* from EL0; 0x31 from EL1 */
    A64_EC_STEP = 0x32,       /* likewise */
    A64_EC_WATCHPOINT = 0x34, /* likewise */
    A64_EC_BRK = 0x3c,
};

/* Bits of the ISS of a data abort. */
enum {
    A64_ISS_WNR = 1 << 6,
    A64_ISS_CM = 1 << 8,
};

/* How a jump to cpu->unwind ended the instruction. */
enum a64_unwind {
    A64_UNWIND_RAISED = 1, /* an exception was taken: go on at cpu->pc */
    A64_UNWIND_EXIT = 2, /* *cpu->exit is filled: return from a64_run; cpu->pc is where to go on */
};

/* Address of instruction `i` of the block at work. */
static inline uint64_t a64_pc(const struct a64_cpu *cpu, const struct a64_insn *i)
{
    return cpu->page_va + i->page_off;
}

/* A synchronous exception at instruction `i`: ELR is its address. `ec` as from EL0: the classes
 * that depend on where it came from are adjusted. IL is set. */
void a64_raise(struct a64_cpu *cpu, const struct a64_insn *i, enum a64_ec ec,
               uint32_t iss) NORETURN;
void a64_raise_far(struct a64_cpu *cpu, const struct a64_insn *i, enum a64_ec ec, uint32_t iss,
                   uint64_t far) NORETURN;
/* The instruction is not allocated, or not allowed here without a trap of its own: EC 0. */
void a64_raise_undefined(struct a64_cpu *cpu, const struct a64_insn *i) NORETURN;
void a64_raise_brk(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm) NORETURN;
/* The current SP is not a multiple of 16 and SCTLR_EL1.SA/SA0 asks for it. */
void a64_raise_sp_alignment(struct a64_cpu *cpu, const struct a64_insn *i) NORETURN;

/* Called before an access whose base register is SP. */
static ALWAYS_INLINE void a64_check_sp(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (UNLIKELY(cpu->x[A64_SP] & 15) && (cpu->sys.sctlr & (cpu->el ? 1u << 3 : 1u << 4)))
        a64_raise_sp_alignment(cpu, i);
}

/* Called before an instruction that uses FP or SIMD registers: CPACR_EL1.FPEN. */
void a64_raise_fp_access(struct a64_cpu *cpu, const struct a64_insn *i) NORETURN;
static ALWAYS_INLINE void a64_check_fp(struct a64_cpu *cpu, const struct a64_insn *i)
{
    unsigned fpen = cpu->sys.cpacr >> 20 & 3;
    if (UNLIKELY(fpen != 3) && (fpen != 1 || cpu->el == 0))
        a64_raise_fp_access(cpu, i);
}

/* Instructions that end a block; each leaves the next address in cpu->pc. HVC, SMC and WFI may leave
 * the run loop. */
void a64_svc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm);
void a64_hvc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm);
void a64_smc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm);
void a64_eret(struct a64_cpu *cpu, const struct a64_insn *i);
void a64_wfi(struct a64_cpu *cpu, const struct a64_insn *i);
void a64_wfe(struct a64_cpu *cpu, const struct a64_insn *i);

/* For the run loop, between blocks, cpu->pc exact. */
/* A synchronous exception with ELR = cpu->pc. */
void a64_take_sync(struct a64_cpu *cpu, enum a64_ec ec, uint32_t iss);
void a64_take_sync_far(struct a64_cpu *cpu, enum a64_ec ec, uint32_t iss, uint64_t far);
/* An asserted and unmasked pin, if there is one: true when its exception was taken. */
bool a64_take_interrupt(struct a64_cpu *cpu);

/* Whether `pc` is where an exception taken now would go: one that a fetch from there causes has no
 * end. */
bool a64_vector_is(const struct a64_cpu *cpu, uint64_t pc);

/* Leaves the run loop with *cpu->exit filled in; execution goes on at `pc`. */
void a64_leave(struct a64_cpu *cpu, uint64_t pc) NORETURN;

/* PSTATE as SPSR_EL1 holds it. Setting it moves to that EL and stack pointer; `spsr` must be legal
 * (a64_eret checks what the guest gives). */
uint64_t a64_pstate(const struct a64_cpu *cpu);
void a64_pstate_set(struct a64_cpu *cpu, uint64_t spsr);

/* PSTATE.DAIF, PAN and SPSel, with what follows from them. */
void a64_set_daif(struct a64_cpu *cpu, uint32_t daif);
void a64_set_pan(struct a64_cpu *cpu, bool pan);
void a64_set_spsel(struct a64_cpu *cpu, bool sp_sel);

#endif
