/* SPDX-License-Identifier: Apache-2.0
 *
 * MRS and MSR: finding the row, judging the access, doing it. ICC_* belong to the board's interrupt
 * controller and leave the CPU. */
#include "cpu/arm64/sysreg.h"

#include "cpu/arm64/debug.h"
#include "cpu/arm64/el2.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/sysreg_table.h"

/* Rows beyond the table: registers that exist only as a rule. */
enum { ROW_UNDEFINED, ROW_ID_ZERO, ROW_ICC };

static unsigned rule_row(unsigned rule)
{
    return (unsigned)a64_nr_sysregs + rule;
}

static unsigned field_op0(uint32_t reg)
{
    return reg >> 14 & 3;
}

static unsigned field_op1(uint32_t reg)
{
    return reg >> 11 & 7;
}

static unsigned field_crn(uint32_t reg)
{
    return reg >> 7 & 15;
}

static unsigned field_crm(uint32_t reg)
{
    return reg >> 3 & 15;
}

static uint32_t encoding(const struct a64_insn *i)
{
    return i->raw >> 5 & 0xffff;
}

/* The GIC's CPU interface: ICC_PMR_EL1 and CRn 12, CRm 8 to 12. */
static bool is_icc(uint32_t reg)
{
    return reg == A64_SYSREG(3, 0, 4, 6, 0) ||
           (field_op0(reg) == 3 && field_op1(reg) == 0 && field_crn(reg) == 12 &&
            field_crm(reg) >= 8 && field_crm(reg) <= 12);
}

static bool is_id_space(uint32_t reg)
{
    return field_op0(reg) == 3 && field_op1(reg) == 0 && field_crn(reg) == 0 &&
           field_crm(reg) >= 1 && field_crm(reg) <= 7;
}

unsigned a64_sysreg_row(uint32_t reg)
{
    size_t low = 0, high = a64_nr_sysregs;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (a64_sysregs[middle].reg == reg)
            return (unsigned)middle;
        if (a64_sysregs[middle].reg < reg)
            low = middle + 1;
        else
            high = middle;
    }
    return rule_row(is_icc(reg) ? ROW_ICC : is_id_space(reg) ? ROW_ID_ZERO : ROW_UNDEFINED);
}

const char *a64_sysreg_name(unsigned row)
{
    static const char *const rules[] = {"(undefined)", "(reserved id)", "ICC"};
    return row < a64_nr_sysregs ? a64_sysregs[row].name : rules[row - a64_nr_sysregs];
}

static uint32_t trap_iss(const struct a64_insn *i)
{
    /* Op0 Op2 Op1 CRn Rt CRm Direction, from the encoding's op0 op1 CRn CRm op2 and L. */
    uint32_t raw = i->raw;
    return (raw >> 19 & 3) << 20 | (raw >> 5 & 7) << 17 | (raw >> 16 & 7) << 14 |
           (raw >> 12 & 15) << 10 | (raw & 31) << 5 | (raw >> 8 & 15) << 1 | (raw >> 21 & 1);
}

void a64_raise_sysreg_trap(struct a64_cpu *cpu, const struct a64_insn *i)
{
    a64_raise(cpu, i, A64_EC_SYSREG, trap_iss(i));
}

/* Leaves for whoever has the register; cpu->pc stays at the instruction until a64_sysreg_complete.
 */
static NORETURN void leave_for_host(struct a64_cpu *cpu, const struct a64_insn *i, bool write,
                                   uint64_t value)
{
    cpu->sysreg_pending = true;
    cpu->sysreg_rd = write ? A64_DISCARD : i->rd;
    cpu->exit->kind = A64_EXIT_SYSREG;
    cpu->exit->sysreg.reg = encoding(i);
    cpu->exit->sysreg.write = write;
    cpu->exit->sysreg.value = value;
    a64_leave(cpu, a64_pc(cpu, i));
}

void a64_sysreg_complete(struct a64_cpu *cpu)
{
    if (!cpu->sysreg_pending)
        return;
    cpu->sysreg_pending = false;
    cpu->x[cpu->sysreg_rd] = cpu->exit->sysreg.value;
    cpu->pc += 4;
    if (cpu->debug_active)
        a64_debug_after_insn(cpu);
}

void a64_undefined(struct a64_cpu *cpu)
{
    if (!cpu->sysreg_pending)
        return;
    cpu->sysreg_pending = false;
    a64_take_sync(cpu, A64_EC_UNKNOWN, 0);
}

/* Raises unless the access is allowed. Rows by rule exist at EL1 only. */
static void check(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row, bool write)
{
    if (row >= a64_nr_sysregs) {
        bool ok = cpu->el && (row == rule_row(ROW_ICC) || (row == rule_row(ROW_ID_ZERO) && !write));
        if (!ok)
            a64_raise_undefined(cpu, i);
        return;
    }
    const struct sysreg *r = &a64_sysregs[row];
    unsigned right = cpu->el ? (write ? SYSREG_W1 : SYSREG_R1) : (write ? SYSREG_W0 : SYSREG_R0);
    if (!(r->rights & right))
        a64_raise_undefined(cpu, i);
    switch (r->judge ? r->judge(cpu, write) : SYSREG_ALLOW) {
    case SYSREG_ALLOW:
        break;
    case SYSREG_FP:
        a64_check_fp(cpu, i);
        break;
    case SYSREG_TRAP:
        a64_raise_sysreg_trap(cpu, i);
    case SYSREG_UNDEFINED:
        a64_raise_undefined(cpu, i);
    }
}

/* EL2 comes after EL1's own checks, but before an encoding that EL1 has no register for is Undefined. */
static void judge(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row, bool write,
                  uint64_t value)
{
    const struct a64_vm_params *params = &cpu->vm->params;
    bool unknown = row >= a64_nr_sysregs && cpu->el;
    enum a64_el2_verdict verdict = A64_EL2_ALLOW;

    if (!unknown)
        check(cpu, i, row, write);
    if (a64_has_el2(cpu))
        verdict = params->el2->sysreg(params->host->ctx, encoding(i), write);
    if (verdict == A64_EL2_TRAP)
        a64_el2_trap(cpu, a64_pc(cpu, i), A64_EC_SYSREG, trap_iss(i), 0, 0);
    if (verdict == A64_EL2_EMULATE)
        leave_for_host(cpu, i, write, value);
    if (unknown)
        check(cpu, i, row, write);
}

uint64_t a64_mrs(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row)
{
    judge(cpu, i, row, false, 0);
    if (row == rule_row(ROW_ICC))
        leave_for_host(cpu, i, false, 0);
    if (row >= a64_nr_sysregs)
        return 0;
    const struct sysreg *r = &a64_sysregs[row];
    if (r->read)
        return r->read(cpu, r);
    return r->offset ? *sysreg_word(cpu, r) : r->reset;
}

void a64_msr(struct a64_cpu *cpu, const struct a64_insn *i, unsigned row, uint64_t value)
{
    judge(cpu, i, row, true, value);
    if (row == rule_row(ROW_ICC))
        leave_for_host(cpu, i, true, value);
    const struct sysreg *r = &a64_sysregs[row];
    uint64_t old = r->offset ? *sysreg_word(cpu, r) : 0;
    uint64_t new = (old & ~r->mask) | (value & r->mask);
    if (r->write)
        r->write(cpu, r, new);
    else
        *sysreg_word(cpu, r) = new;
}

void a64_msr_imm(struct a64_cpu *cpu, const struct a64_insn *i, unsigned op1, unsigned op2,
                 unsigned imm)
{
    enum { SPSEL = 0 << 3 | 5, PAN = 0 << 3 | 4, DAIF_SET = 3 << 3 | 6, DAIF_CLR = 3 << 3 | 7 };
    enum { SCTLR_UMA = 1 << 9 };
    unsigned which = op1 << 3 | op2;
    bool daif = which == DAIF_SET || which == DAIF_CLR;
    if (cpu->el == 0 && daif && !(cpu->sys.sctlr & SCTLR_UMA))
        a64_raise_sysreg_trap(cpu, i);
    if (cpu->el == 0 && !daif)
        a64_raise_undefined(cpu, i);
    switch (which) {
    case SPSEL:
        a64_set_spsel(cpu, imm & 1);
        break;
    case PAN:
        a64_set_pan(cpu, imm & 1);
        break;
    case DAIF_SET:
        a64_set_daif(cpu, cpu->daif | imm << 6);
        break;
    case DAIF_CLR:
        a64_set_daif(cpu, cpu->daif & ~(imm << 6));
        break;
    default:
        a64_raise_undefined(cpu, i);
    }
}

void a64_sysreg_reset(struct a64_cpu *cpu)
{
    for (size_t row = 0; row < a64_nr_sysregs; row++)
        if (a64_sysregs[row].offset)
            *sysreg_word(cpu, &a64_sysregs[row]) = a64_sysregs[row].reset;
    cpu->sys.virt = cpu->sys.phys = (struct a64_timer){0};
    cpu->fpcr = cpu->fpsr = 0;
    cpu->sysreg_pending = false;
    a64_debug_update(cpu);
    a64_tlb_flush(cpu);
    a64_mmu_select(cpu);
    a64_attend(cpu, A64_ATTENTION_TIMER); /* their outputs fell */
}
