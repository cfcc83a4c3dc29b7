/* SPDX-License-Identifier: Apache-2.0
 *
 * Exception generation, hints, barriers, and the ways to system registers (Arm ARM C4.1.93). What
 * they mean is in exception.c and sysreg.c; here is where a block ends because of them. */
#include <sched.h>
#include <string.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"

enum { YIELDS_PER_TURN = 64 };

#define SYSTEM_OP(name)                                                                            \
    const struct a64_insn *a64_op_##name(struct a64_cpu *cpu, const struct a64_insn *i)

/* Handlers here may change what the next instruction means, and translated code calls them: they do
 * not go on by themselves but leave, with the next address in cpu->pc. */
#define END_BLOCK(cpu, i)                                                                          \
    do {                                                                                           \
        (cpu)->pc = a64_pc((cpu), (i)) + 4;                                                        \
        A64_LEAVE;                                                                                 \
    } while (0)

SYSTEM_OP(undefined)
{
    a64_raise_undefined(cpu, i);
}

/* Those that leave the next address in cpu->pc. */
SYSTEM_OP(svc)
{
    a64_svc(cpu, i, (uint16_t)a64_bits(i->raw, 5, 16));
    A64_LEAVE;
}

SYSTEM_OP(hvc)
{
    a64_hvc(cpu, i, (uint16_t)a64_bits(i->raw, 5, 16));
    A64_LEAVE;
}

SYSTEM_OP(smc)
{
    a64_smc(cpu, i, (uint16_t)a64_bits(i->raw, 5, 16));
    A64_LEAVE;
}

SYSTEM_OP(brk)
{
    a64_raise_brk(cpu, i, (uint16_t)a64_bits(i->raw, 5, 16));
}

SYSTEM_OP(eret)
{
    a64_eret(cpu, i);
    A64_LEAVE;
}

SYSTEM_OP(wfi)
{
    a64_wfi(cpu, i);
    A64_LEAVE;
}

/* The event register is always set: waiting for an event is a short pause. Someone who waits in a
 * loop gives the host's CPU to the one he waits for. */
SYSTEM_OP(wfe)
{
    a64_wfe(cpu, i);
    a64_remote_leave(cpu); /* nobody's DSB waits for the host's scheduler */
    sched_yield();
    a64_remote_enter(cpu);
    A64_LEAVE;
}

/* A hint of loops that look often; every look is too often for the host's scheduler. */
SYSTEM_OP(yield)
{
    if (++cpu->cache->yields % YIELDS_PER_TURN == 0)
        sched_yield();
    A64_NEXT(cpu, i);
}

A64_OP(hint)
{
}

A64_OP(sev)
{
}

A64_OP(sevl)
{
}

A64_OP(clrex)
{
    cpu->excl_valid = false;
}

/* --- Barriers. Loads and stores are relaxed atomics of the host. --- */

A64_OP(dmb)
{
    /* CRm 1:0: 1 orders loads before everything later, 2 stores before stores. */
    if ((i->raw >> 8 & 3) == 1)
        atomic_thread_fence(memory_order_acquire);
    else if ((i->raw >> 8 & 3) == 2)
        atomic_thread_fence(memory_order_release);
    else
        atomic_thread_fence(memory_order_seq_cst);
}

/* Also completes what this CPU asked of the others (TLBI, IC). */
SYSTEM_OP(dsb)
{
    atomic_thread_fence(memory_order_seq_cst);
    a64_remote_wait(cpu);
    A64_NEXT(cpu, i);
}

/* Instructions behind an ISB are fetched anew: code retired before it must not run on. */
SYSTEM_OP(isb)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (a64_attention(cpu)) {
        cpu->pc = a64_pc(cpu, i) + 4;
        A64_LEAVE;
    }
    A64_NEXT(cpu, i);
}

/* --- PSTATE and system registers --- */

#define MSR_IMMEDIATE(name, op1, op2)                                                              \
    SYSTEM_OP(name)                                                                                \
    {                                                                                              \
        a64_msr_imm(cpu, i, op1, op2, a64_bits(i->raw, 8, 4));                                     \
        END_BLOCK(cpu, i);                                                                         \
    }
MSR_IMMEDIATE(msr_spsel, 0, 5)
MSR_IMMEDIATE(msr_pan, 0, 4)
MSR_IMMEDIATE(msr_daifset, 3, 6)
MSR_IMMEDIATE(msr_daifclr, 3, 7)

/* i->aux: row of the system register's table. */
A64_OP_COLD(mrs)
{
    cpu->x[i->rd] = a64_mrs(cpu, i, i->aux);
}

SYSTEM_OP(msr)
{
    a64_msr(cpu, i, i->aux, cpu->x[i->rd]);
    END_BLOCK(cpu, i);
}

/* Registers that kernels read at every entry and exit, without the detour where nothing traps. */
#define MRS_FAST(name, allowed, value)                                                             \
    static const struct a64_insn *op_mrs_##name(struct a64_cpu *cpu, const struct a64_insn *i)     \
    {                                                                                              \
        if (UNLIKELY(!(allowed)))                                                                  \
            return a64_op_mrs(cpu, i);                                                             \
        cpu->x[i->rd] = (value);                                                                   \
        A64_NEXT(cpu, i);                                                                          \
    }
MRS_FAST(sp_el0, cpu->el == 1 && cpu->sp_sel, cpu->sp_el[0])
MRS_FAST(tpidr_el1, cpu->el == 1, cpu->sys.tpidr_el1)
MRS_FAST(tpidr_el0, true, cpu->sys.tpidr_el0)
MRS_FAST(daif, cpu->el == 1, cpu->daif)

static const struct a64_insn *op_msr_daif(struct a64_cpu *cpu, const struct a64_insn *i)
{
    if (UNLIKELY(cpu->el == 0))
        return a64_op_msr(cpu, i);
    a64_set_daif(cpu, (uint32_t)cpu->x[i->rd]);
    if (a64_attention(cpu)) {
        cpu->pc = a64_pc(cpu, i) + 4;
        A64_LEAVE;
    }
    A64_NEXT(cpu, i);
}

void a64_pre_sysreg(struct a64_insn *i, uint32_t raw)
{
    uint32_t reg = a64_bits(raw, 5, 16);
    bool read = a64_bits(raw, 21, 1);

    i->aux = (uint16_t)a64_sysreg_row(reg);
    switch (reg) {
    case A64_SYSREG(3, 0, 4, 1, 0):
        i->fn = read ? op_mrs_sp_el0 : a64_op_msr;
        break;
    case A64_SYSREG(3, 0, 13, 0, 4):
        i->fn = read ? op_mrs_tpidr_el1 : a64_op_msr;
        break;
    case A64_SYSREG(3, 3, 13, 0, 2):
        i->fn = read ? op_mrs_tpidr_el0 : a64_op_msr;
        break;
    case A64_SYSREG(3, 3, 4, 2, 1):
        i->fn = read ? op_mrs_daif : op_msr_daif;
        break;
    default:
        break;
    }
}

static const struct a64_insn *op_dc_zva(struct a64_cpu *cpu, const struct a64_insn *i)
{
    void *p = a64_fast_write(cpu->tlb, cpu->x[i->rd] & ~(uint64_t)(A64_ZVA_BYTES - 1), 1);

    if (UNLIKELY(!p || cpu->align_strict || (cpu->el == 0 && !(cpu->sys.sctlr & A64_SCTLR_DZE))))
        return a64_op_sys(cpu, i);
    memset(p, 0, A64_ZVA_BYTES);
    A64_NEXT(cpu, i);
}

void a64_pre_sys(struct a64_insn *i, uint32_t raw)
{
    if (a64_bits(raw, 5, 16) == A64_SYSREG(1, 3, 7, 4, 1))
        i->fn = op_dc_zva;
}

SYSTEM_OP(sys)
{
    a64_sys(cpu, i, a64_bits(i->raw, 5, 16), cpu->x[i->rd]);
    END_BLOCK(cpu, i);
}
