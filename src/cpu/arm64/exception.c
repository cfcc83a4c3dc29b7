/* SPDX-License-Identifier: Apache-2.0
 *
 * Exception entry to EL1 and return from it (Arm ARM D1.3 to D1.4, pseudocode AArch64.TakeException
 * and SetPSTATEFromSPSR). No code runs at EL2 or EL3: HVC is the way out to the VMM, SError is never
 * taken because nothing here makes one. */
#include "cpu/arm64/exception.h"

#include <setjmp.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/debug.h"
#include "cpu/arm64/el2.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/timer.h"

/* SPSR_EL1, without the condition flags and DAIF, which are where state.h says. */
enum {
    SPSR_SP = 1 << 0,
    SPSR_EL_SHIFT = 2,
    SPSR_AARCH32 = 1 << 4,
    SPSR_IL = 1 << 20,
    SPSR_SS = 1 << 21,
    SPSR_PAN = 1 << 22,
    SPSR_NZCV_SHIFT = 28,
};
#define DAIF_ALL (A64_DAIF_D | A64_DAIF_A | A64_DAIF_I | A64_DAIF_F)

#define SCTLR_NTWI (UINT64_C(1) << 16)
#define SCTLR_NTWE (UINT64_C(1) << 18)
#define SCTLR_SPAN (UINT64_C(1) << 23)

/* Offsets in the vector table: kind of exception, then where it comes from. */
enum vector {
    VECTOR_SYNC = 0x000,
    VECTOR_IRQ = 0x080,
    VECTOR_FIQ = 0x100,
    VECTOR_FROM_SP_EL1 = 0x200,
    VECTOR_FROM_EL0 = 0x400,
};

enum {
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,
    ISS_CONDITION_ALWAYS = 0x1e << 20, /* CV 1, COND 14 */
    ISS_WFE = 1,
};

/* --- PSTATE --- */

static unsigned sp_bank(const struct a64_cpu *cpu)
{
    return cpu->el && cpu->sp_sel;
}

static void move_to(struct a64_cpu *cpu, unsigned el, bool sp_sel)
{
    cpu->sp_el[sp_bank(cpu)] = cpu->x[A64_SP];
    cpu->el = (uint8_t)el;
    cpu->sp_sel = sp_sel;
    cpu->x[A64_SP] = cpu->sp_el[sp_bank(cpu)];
}

uint64_t a64_pstate(const struct a64_cpu *cpu)
{
    return (uint64_t)a64_nzcv_to_imm4(cpu->nzcv) << SPSR_NZCV_SHIFT | (cpu->pan ? SPSR_PAN : 0u) |
           (cpu->ss ? SPSR_SS : 0u) | (cpu->il ? SPSR_IL : 0u) | cpu->daif |
           (uint64_t)cpu->el << SPSR_EL_SHIFT | (cpu->el && cpu->sp_sel ? SPSR_SP : 0u);
}

/* Anything that depends on EL, PAN, DAIF, SS or IL follows. */
static void pstate_changed(struct a64_cpu *cpu)
{
    a64_mmu_select(cpu);
    if (UNLIKELY(cpu->debug_armed || cpu->debug_active || cpu->il))
        a64_debug_update(cpu);
    if (atomic_load_explicit(&cpu->pins, memory_order_relaxed))
        a64_attend(cpu, A64_ATTENTION_PIN);
}

void a64_pstate_set(struct a64_cpu *cpu, uint64_t spsr)
{
    cpu->nzcv = a64_nzcv_from_imm4((uint32_t)(spsr >> SPSR_NZCV_SHIFT) & 0xf);
    cpu->daif = spsr & DAIF_ALL;
    cpu->pan = spsr & SPSR_PAN;
    cpu->il = spsr & SPSR_IL;
    cpu->ss = spsr & SPSR_SS;
    unsigned el = spsr >> SPSR_EL_SHIFT & 3;
    move_to(cpu, el, el && (spsr & SPSR_SP));
    pstate_changed(cpu);
}

void a64_set_daif(struct a64_cpu *cpu, uint32_t daif)
{
    cpu->daif = daif & DAIF_ALL;
    if (UNLIKELY(cpu->debug_armed))
        a64_debug_update(cpu);
    if (atomic_load_explicit(&cpu->pins, memory_order_relaxed))
        a64_attend(cpu, A64_ATTENTION_PIN);
}

void a64_set_pan(struct a64_cpu *cpu, bool pan)
{
    cpu->pan = pan;
    a64_mmu_select(cpu);
}

void a64_set_spsel(struct a64_cpu *cpu, bool sp_sel)
{
    move_to(cpu, cpu->el, sp_sel);
}

/* --- Entry --- */

static uint64_t vector_base(const struct a64_cpu *cpu)
{
    return cpu->sys.vbar + (cpu->el == 0 ? VECTOR_FROM_EL0 : cpu->sp_sel ? VECTOR_FROM_SP_EL1 : 0);
}

bool a64_vector_is(const struct a64_cpu *cpu, uint64_t pc)
{
    return pc == vector_base(cpu) + VECTOR_SYNC;
}

static void enter(struct a64_cpu *cpu, enum vector vector, uint64_t return_pc)
{
    uint64_t target = vector_base(cpu) + vector;
    cpu->sys.spsr = a64_pstate(cpu);
    cpu->sys.elr = return_pc;
    cpu->pc = target;
    cpu->daif = DAIF_ALL;
    cpu->il = cpu->ss = false;
    if (!(cpu->sys.sctlr & SCTLR_SPAN))
        cpu->pan = true;
    move_to(cpu, 1, true);
    pstate_changed(cpu);
}

/* Classes with one number for EL0 and the next for EL1. */
static bool has_same_el_form(enum a64_ec ec)
{
    switch (ec) {
    case A64_EC_INSN_ABORT:
    case A64_EC_DATA_ABORT:
    case A64_EC_BREAKPOINT:
    case A64_EC_STEP:
    case A64_EC_WATCHPOINT:
        return true;
    default:
        return false;
    }
}

static bool is_debug_exception(enum a64_ec ec)
{
    return ec == A64_EC_BREAKPOINT || ec == A64_EC_STEP || ec == A64_EC_WATCHPOINT ||
           ec == A64_EC_BRK;
}

static void take(struct a64_cpu *cpu, enum a64_ec ec, uint32_t iss, uint64_t return_pc)
{
    if (UNLIKELY(cpu->trap_debug) && is_debug_exception(ec))
        a64_el2_trap(cpu, return_pc, ec, iss, 0, 0);
    uint32_t class = (uint32_t)ec + (has_same_el_form(ec) ? cpu->el : 0u);
    cpu->sys.esr = class << ESR_EC_SHIFT | ESR_IL | iss;
    enter(cpu, VECTOR_SYNC, return_pc);
}

void a64_take_sync(struct a64_cpu *cpu, enum a64_ec ec, uint32_t iss)
{
    take(cpu, ec, iss, cpu->pc);
}

void a64_take_sync_far(struct a64_cpu *cpu, enum a64_ec ec, uint32_t iss, uint64_t far)
{
    cpu->sys.far = far;
    take(cpu, ec, iss, cpu->pc);
}

void a64_raise(struct a64_cpu *cpu, const struct a64_insn *i, enum a64_ec ec, uint32_t iss)
{
    take(cpu, ec, iss, a64_pc(cpu, i));
    _longjmp(cpu->unwind, A64_UNWIND_RAISED);
}

void a64_raise_far(struct a64_cpu *cpu, const struct a64_insn *i, enum a64_ec ec, uint32_t iss,
                   uint64_t far)
{
    if (UNLIKELY(cpu->trap_debug) && is_debug_exception(ec))
        a64_el2_trap(cpu, a64_pc(cpu, i), ec, iss, far, 0);
    cpu->sys.far = far;
    a64_raise(cpu, i, ec, iss);
}

void a64_raise_undefined(struct a64_cpu *cpu, const struct a64_insn *i)
{
    a64_raise(cpu, i, A64_EC_UNKNOWN, 0);
}

void a64_raise_brk(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm)
{
    a64_raise(cpu, i, A64_EC_BRK, imm);
}

void a64_raise_sp_alignment(struct a64_cpu *cpu, const struct a64_insn *i)
{
    a64_raise(cpu, i, A64_EC_SP_ALIGNMENT, 0);
}

void a64_raise_fp_access(struct a64_cpu *cpu, const struct a64_insn *i)
{
    a64_raise(cpu, i, A64_EC_FP_ACCESS, ISS_CONDITION_ALWAYS);
}

bool a64_take_interrupt(struct a64_cpu *cpu)
{
    uint32_t pins = atomic_load(&cpu->pins);
    if ((pins & A64_PIN_FIQ) && !(cpu->daif & A64_DAIF_F))
        enter(cpu, VECTOR_FIQ, cpu->pc);
    else if ((pins & A64_PIN_IRQ) && !(cpu->daif & A64_DAIF_I))
        enter(cpu, VECTOR_IRQ, cpu->pc);
    else
        return false;
    return true;
}

/* --- Instructions --- */

void a64_svc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm)
{
    cpu->ss = false; /* the instruction completes: a step over it is done */
    take(cpu, A64_EC_SVC, imm, a64_pc(cpu, i) + 4);
}

void a64_leave(struct a64_cpu *cpu, uint64_t pc)
{
    cpu->pc = pc;
    _longjmp(cpu->unwind, A64_UNWIND_EXIT);
}

void a64_hvc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm)
{
    if (cpu->el == 0)
        a64_raise_undefined(cpu, i);
    if (cpu->debug_active)
        a64_debug_after_insn(cpu);
    if (a64_has_el2(cpu))
        a64_el2_trap(cpu, a64_pc(cpu, i) + 4, A64_EC_HVC, imm, 0, 0);
    cpu->exit->kind = A64_EXIT_HVC;
    a64_leave(cpu, a64_pc(cpu, i) + 4);
}

void a64_smc(struct a64_cpu *cpu, const struct a64_insn *i, uint16_t imm)
{
    if (cpu->el == 0 || !a64_has_el2(cpu))
        a64_raise_undefined(cpu, i);
    a64_el2_trap(cpu, a64_pc(cpu, i), A64_EC_SMC, imm, 0, 0);
}

/* Arm ARM D1.4: the PSTATE that a return may not restore. */
static bool return_is_illegal(uint64_t spsr)
{
    unsigned el = spsr >> SPSR_EL_SHIFT & 3;
    return (spsr & SPSR_AARCH32) || el > 1 || (spsr & 2) || (el == 0 && (spsr & SPSR_SP));
}

void a64_eret(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (cpu->el == 0)
        a64_raise_undefined(cpu, i);
    uint64_t spsr = cpu->sys.spsr, pc = cpu->sys.elr;
    bool illegal = return_is_illegal(spsr);
    unsigned el = illegal ? cpu->el : spsr >> SPSR_EL_SHIFT & 3;
    bool ss = (spsr & SPSR_SS) && a64_debug_step_on_return(cpu, el, spsr & A64_DAIF_D);
    if (illegal) {
        uint64_t keep = a64_pstate(cpu) & (3u << SPSR_EL_SHIFT | SPSR_SP);
        spsr = (spsr & ~UINT64_C(0x1f)) | keep | SPSR_IL;
    }
    a64_pstate_set(cpu, (spsr & ~(uint64_t)SPSR_SS) | (ss ? SPSR_SS : 0u));
    cpu->pc = a64_branch_target(cpu, pc);
    cpu->excl_valid = false;
}

static void check_wfx(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t enable, uint32_t iss)
{
    if (cpu->el == 0 && !(cpu->sys.sctlr & enable))
        a64_raise(cpu, i, A64_EC_WFX, ISS_CONDITION_ALWAYS | iss);
}

void a64_wfi(struct a64_cpu *cpu, const struct a64_insn *i)
{
    uint64_t next = a64_pc(cpu, i) + 4;
    cpu->pc = next;
    /* A64_ATTENTION_STEP is there because this instruction is executed alone. */
    if (atomic_load(&cpu->pins) || (atomic_load(&cpu->attention) & ~(uint32_t)A64_ATTENTION_STEP))
        return;
    if (a64_timer_changed(cpu)) {
        a64_attend(cpu, A64_ATTENTION_TIMER);
        return;
    }
    check_wfx(cpu, i, SCTLR_NTWI, 0);
    if (cpu->debug_active)
        return; /* a step must see the next instruction */
    cpu->exit->kind = A64_EXIT_WFI;
    cpu->exit->deadline = a64_timer_deadline(cpu);
    a64_leave(cpu, next);
}

void a64_wfe(struct a64_cpu *cpu, const struct a64_insn *i)
{
    check_wfx(cpu, i, SCTLR_NTWE, ISS_WFE);
    cpu->pc = a64_pc(cpu, i) + 4;
}
