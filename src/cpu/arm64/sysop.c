/* SPDX-License-Identifier: Apache-2.0
 *
 * SYS: cache maintenance, address translation and TLB maintenance instructions (Arm ARM C5.3 to
 * C5.5). Data caches do not exist here, so DC by address only checks its address and DC by set/way
 * does nothing; DC ZVA is a store. IC drops decoded code. */
#include "cpu/arm64/code.h"
#include "cpu/arm64/el2.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/sysreg_table.h"
#include "cpu/arm64/vm.h"

#define SYS(op1, crn, crm, op2) A64_SYSREG(1, op1, crn, crm, op2)

enum { SCTLR_UCI = 1 << 26 };

/* --- Caches --- */

/* What stage 2 has to say to a maintenance instruction whose address stage 1 translated, or could not. Raises. */
static void check_el2(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                      const struct a64_translation *t, bool ok, unsigned access)
{
    if (!ok && a64_is_walk_abort(t->fsc))
        a64_el2_walk_abort(cpu, a64_pc(cpu, i), A64_EC_DATA_ABORT, va, access);
    if (ok && !a64_ram_find(cpu->vm, t->pa, 1))
        a64_el2_data_abort(cpu, i, va, t->pa, A64_ISS_CM | A64_ISS_WNR);
}

/* Translates the address of a maintenance instruction. At EL0 it needs read permission; DC IVAC
 * needs write. */
static uint64_t maintained_pa(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                              unsigned permission)
{
    struct a64_translation t;
    unsigned access = cpu->el ? permission : A64_ACCESS_USER | A64_ACCESS_READ | permission;
    bool ok = a64_translate(cpu, va, access | A64_ACCESS_NO_PAN, &t);
    if (a64_has_el2(cpu))
        check_el2(cpu, i, va, &t, ok, access);
    if (!ok)
        a64_raise_far(cpu, i, A64_EC_DATA_ABORT, (uint32_t)t.fsc | A64_ISS_CM | A64_ISS_WNR, va);
    return t.pa;
}

static void check_el0(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t enable)
{
    if (cpu->el == 0 && !(cpu->sys.sctlr & enable))
        a64_raise_sysreg_trap(cpu, i);
}

/* The others have left their old code when the initiator's DSB is through. */
static void rendezvous(struct a64_cpu *cpu)
{
    for (unsigned n = 0; n < cpu->vm->params.nr_cpus; n++) {
        struct a64_cpu *other = cpu->vm->cpu[n];
        if (other && other != cpu)
            a64_remote_send(cpu, other, NULL, 0, 0);
    }
}

static void ic_all(struct a64_cpu *cpu)
{
    a64_code_invalidate_all(cpu->vm);
    rendezvous(cpu);
}

static void ic_va(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va)
{
    uint64_t pa = maintained_pa(cpu, i, va, 0);
    a64_code_invalidate_page(cpu->vm, pa & A64_PAGE_MASK);
    rendezvous(cpu);
}

/* --- AT --- */

enum {
    PAR_F = 1 << 0,
    PAR_NS = 1 << 9,
    PAR_RES1 = 1 << 11,
};

static void address_translate(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                              unsigned access)
{
    struct a64_translation t;
    if (a64_translate(cpu, va, access | A64_ACCESS_NO_PAN, &t)) {
        bool device = (t.attr & 0xf0) == 0;
        unsigned sh = device || t.attr == 0x44 ? 2 : t.sh; /* outer shareable by definition */
        cpu->sys.par =
            (uint64_t)t.attr << 56 | (t.pa & ~(uint64_t)0xfff) | PAR_RES1 | PAR_NS | sh << 7;
    } else {
        if (a64_has_el2(cpu) && a64_is_walk_abort(t.fsc))
            a64_el2_walk_abort(cpu, a64_pc(cpu, i), A64_EC_DATA_ABORT, va, access);
        cpu->sys.par = PAR_RES1 | (uint64_t)t.fsc << 1 | PAR_F;
    }
}

/* --- TLBI --- */

/* Operand: ASID in 63:48, bits 55:12 of the address in 43:0. */
static uint64_t tlbi_va(uint64_t operand)
{
    return (uint64_t)((int64_t)(operand << 20) >> 8);
}

static uint32_t tlbi_asid(const struct a64_cpu *cpu, uint64_t operand)
{
    bool wide = cpu->sys.tcr >> 36 & 1;
    return (uint32_t)(operand >> 48) & (wide ? 0xffff : 0xff);
}

static void do_all(struct a64_cpu *cpu, uint64_t unused, uint64_t unused2)
{
    a64_tlb_flush(cpu);
}

static void do_asid(struct a64_cpu *cpu, uint64_t va, uint64_t asid)
{
    a64_tlb_flush_asid(cpu, (uint32_t)asid);
}

static void do_va(struct a64_cpu *cpu, uint64_t va, uint64_t asid)
{
    a64_tlb_flush_va(cpu, va, (uint32_t)asid);
}

static void do_va_all(struct a64_cpu *cpu, uint64_t va, uint64_t unused)
{
    a64_tlb_flush_va_all(cpu, va);
}

/* Does `fn` here, and on the other CPUs when `broadcast`; those that cannot hold such a translation
 * are left alone. */
static void tlbi(struct a64_cpu *cpu, bool broadcast, a64_remote_fn *fn, uint64_t va, uint64_t asid)
{
    bool by_asid = fn == do_va || fn == do_asid;
    fn(cpu, va, asid);
    for (unsigned n = 0; broadcast && n < cpu->vm->params.nr_cpus; n++) {
        struct a64_cpu *other = cpu->vm->cpu[n];
        if (other && other != cpu && (!by_asid || a64_tlb_may_hold(other, va, (uint32_t)asid)))
            a64_remote_send(cpu, other, fn, va, asid);
    }
}

/* CRm 7: this CPU; CRm 3: the inner shareable domain, that is all. */
static void tlb_maintenance(struct a64_cpu *cpu, const struct a64_insn *i, uint32_t op,
                            uint64_t value)
{
    bool broadcast = (op >> 3 & 15) == 3;
    uint64_t va = tlbi_va(value);
    uint32_t asid = tlbi_asid(cpu, value);
    if (cpu->el == 0)
        a64_raise_undefined(cpu, i);
    switch (op & 7) {
    case 0: /* VMALLE1 */
        tlbi(cpu, broadcast, do_all, 0, 0);
        break;
    case 1: /* VAE1 */
    case 5: /* VALE1 */
        tlbi(cpu, broadcast, do_va, va, asid);
        break;
    case 2: /* ASIDE1 */
        tlbi(cpu, broadcast, do_asid, 0, asid);
        break;
    case 3: /* VAAE1 */
    case 7: /* VAALE1 */
        tlbi(cpu, broadcast, do_va_all, va, 0);
        break;
    default:
        a64_raise_undefined(cpu, i);
    }
}

/* --- Dispatch --- */

static void at_el1(struct a64_cpu *cpu, const struct a64_insn *i, unsigned op2, uint64_t va)
{
    static const uint8_t access[4] = {
        A64_ACCESS_READ,
        A64_ACCESS_WRITE,
        A64_ACCESS_READ | A64_ACCESS_USER,
        A64_ACCESS_WRITE | A64_ACCESS_USER,
    };
    if (op2 > 3)
        a64_raise_undefined(cpu, i);
    address_translate(cpu, i, va, access[op2]);
}

/* Instructions that EL0 may use when SCTLR_EL1 says so. true: it was one. */
static bool sys_el0(struct a64_cpu *cpu, const struct a64_insn *i, uint32_t op, uint64_t value)
{
    switch (op) {
    case SYS(3, 7, 4, 1): /* DC ZVA */
        check_el0(cpu, i, A64_SCTLR_DZE);
        a64_zero_block(cpu, i, value, A64_ZVA_BYTES);
        return true;
    case SYS(3, 7, 5, 1): /* IC IVAU */
        check_el0(cpu, i, SCTLR_UCI);
        ic_va(cpu, i, value);
        return true;
    case SYS(3, 7, 10, 1): /* DC CVAC */
    case SYS(3, 7, 11, 1): /* DC CVAU */
    case SYS(3, 7, 14, 1): /* DC CIVAC */
        check_el0(cpu, i, SCTLR_UCI);
        (void)maintained_pa(cpu, i, value, 0);
        return true;
    default:
        return false;
    }
}

void a64_sys(struct a64_cpu *cpu, const struct a64_insn *i, uint32_t op, uint64_t value)
{
    if (sys_el0(cpu, i, op, value))
        return;
    if (cpu->el == 0)
        a64_raise_undefined(cpu, i);
    switch (op & ~7u) {
    case SYS(0, 8, 3, 0):
    case SYS(0, 8, 7, 0):
        tlb_maintenance(cpu, i, op, value);
        return;
    case SYS(0, 7, 8, 0):
        at_el1(cpu, i, op & 7, value);
        return;
    default:
        break;
    }
    switch (op) {
    case SYS(0, 7, 1, 0): /* IC IALLUIS */
    case SYS(0, 7, 5, 0): /* IC IALLU */
        ic_all(cpu);
        break;
    case SYS(0, 7, 6, 1): /* DC IVAC */
        (void)maintained_pa(cpu, i, value, A64_ACCESS_WRITE);
        break;
    case SYS(0, 7, 6, 2):  /* DC ISW */
    case SYS(0, 7, 10, 2): /* DC CSW */
    case SYS(0, 7, 14, 2): /* DC CISW */
        break;
    default:
        a64_raise_undefined(cpu, i);
    }
}
