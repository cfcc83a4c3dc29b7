/* SPDX-License-Identifier: Apache-2.0
 *
 * Traps to EL2 and stage 2 of translation: el2.h. Stage 2 has one level (its stretches), which faults call 3; addresses
 * beyond its input size fault at level 0 (Arm ARM D8.2.1). */
#include "cpu/arm64/el2.h"

#include <errno.h>
#include <stdlib.h>

#include "cpu/arm64/code.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/debug.h"
#include "cpu/arm64/mem.h"

enum {
    ESR_EC_SHIFT = 26,
    ESR_IL = 1 << 25,
    STAGE2_LEVEL = 3,
};

/* ISS of a data abort: what the access was. */
enum {
    ISS_ISV = 1 << 24,
    ISS_SAS_SHIFT = 22,
    ISS_SSE = 1 << 21,
    ISS_SRT_SHIFT = 16,
    ISS_SF = 1 << 15,
    ISS_AR = 1 << 14,
    ISS_S1PTW = 1 << 7,
};

void a64_el2_trap(struct a64_cpu *cpu, uint64_t pc, enum a64_ec ec, uint32_t iss, uint64_t far,
                  uint64_t ipa)
{
    cpu->exit->kind = A64_EXIT_TRAP;
    cpu->exit->trap.syndrome = (uint32_t)ec << ESR_EC_SHIFT | ESR_IL | iss;
    cpu->exit->trap.far = far;
    cpu->exit->trap.ipa = ipa;
    a64_leave(cpu, pc);
}

static uint32_t describe(unsigned size, uint32_t flags, uint32_t raw)
{
    return ISS_ISV | size << ISS_SAS_SHIFT | flags | (raw & 31) << ISS_SRT_SHIFT;
}

/* The part of the ISS that lets a hypervisor finish the access: for one general register, without writeback. 0: the
 * syndrome does not describe the instruction. */
static uint32_t describe_access(const struct a64_insn *i)
{
    uint32_t raw = i->raw, size = raw >> 30;
    uint32_t wide = size == 3 ? ISS_SF : 0;

    switch ((enum a64_opcode)i->op) {
    case A64_OP_STR_I9:
    case A64_OP_LDR_I9:
        return raw >> 10 & 3 ? 0 : describe(size, wide, raw);
    case A64_OP_LDRSX_I9:
        return raw >> 10 & 3 ? 0 : describe(size, ISS_SSE | ISS_SF, raw);
    case A64_OP_LDRSW_I9:
        return raw >> 10 & 3 ? 0 : describe(size, ISS_SSE, raw);
    case A64_OP_STR_U12:
    case A64_OP_LDR_U12:
    case A64_OP_STR_R:
    case A64_OP_LDR_R:
    case A64_OP_STTR:
    case A64_OP_LDTR:
        return describe(size, wide, raw);
    case A64_OP_LDRSX_U12:
    case A64_OP_LDRSX_R:
    case A64_OP_LDTRSX:
        return describe(size, ISS_SSE | ISS_SF, raw);
    case A64_OP_LDRSW_U12:
    case A64_OP_LDRSW_R:
    case A64_OP_LDTRSW:
        return describe(size, ISS_SSE, raw);
    case A64_OP_LDR_LIT:
        return describe(raw >> 30 & 1 ? 3 : 2, raw >> 30 & 1 ? ISS_SF : 0, raw);
    case A64_OP_LDRSW_LIT:
        return describe(2, ISS_SSE | ISS_SF, raw);
    case A64_OP_LDAR:
    case A64_OP_STLR:
        return describe(size, wide | ISS_AR, raw);
    default:
        return 0;
    }
}

/* Why stage 2 has no access to `ipa` to offer. */
static uint32_t stage2_fsc(const struct a64_cpu *cpu, uint64_t ipa)
{
    if (ipa >> cpu->vm->params.el2->ipa_bits)
        return A64_FSC_TRANSLATION;
    return (a64_ram_find(cpu->vm, ipa, 1) ? A64_FSC_PERMISSION : A64_FSC_TRANSLATION) + STAGE2_LEVEL;
}

void a64_el2_data_abort(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t ipa,
                        uint32_t iss)
{
    iss |= stage2_fsc(cpu, ipa) | (iss & A64_ISS_CM ? 0 : describe_access(i));
    a64_el2_trap(cpu, a64_pc(cpu, i), A64_EC_DATA_ABORT, iss, va, ipa);
}

void a64_el2_fetch_abort(struct a64_cpu *cpu, uint64_t pc, uint64_t ipa)
{
    a64_el2_trap(cpu, pc, A64_EC_INSN_ABORT, stage2_fsc(cpu, ipa), pc, ipa);
}

void a64_el2_walk_abort(struct a64_cpu *cpu, uint64_t pc, enum a64_ec ec, uint64_t va,
                        unsigned access)
{
    struct a64_translation t = {0};
    unsigned user = access & A64_ACCESS_USER || cpu->el == 0 ? A64_ACCESS_USER : 0;

    /* Again, for the descriptor's address; another CPU may have mended the tables, and then there is nothing to tell. */
    if (a64_translate(cpu, va, user | A64_ACCESS_NO_PAN, &t) || !a64_is_walk_abort(t.fsc)) {
        cpu->pc = pc;
        _longjmp(cpu->unwind, A64_UNWIND_RAISED);
    }
    a64_el2_trap(cpu, pc, ec, stage2_fsc(cpu, t.pa) | ISS_S1PTW, va, t.pa);
}

void a64_el2_enter(struct a64_cpu *cpu)
{
    uint64_t version = atomic_load(&cpu->vm->ram_version);

    if (cpu->ram_seen == version)
        return;
    cpu->ram_seen = version;
    a64_tlb_flush(cpu);
}

int a64_vm_set_stage2(struct a64_vm *vm, const struct a64_stage2 *stretches, size_t nr)
{
    struct a64_ram *ram = calloc(nr ? nr : 1, sizeof(ram[0]));

    if (!ram)
        return -ENOMEM;
    for (size_t r = 0; r < nr; r++)
        ram[r] = (struct a64_ram){stretches[r].ipa, stretches[r].len, stretches[r].host,
                                  (uint8_t)stretches[r].allowed};
    free(vm->ram);
    vm->ram = ram;
    vm->nr_ram = (unsigned)nr;
    atomic_fetch_add(&vm->ram_version, 1);
    a64_code_invalidate_all(vm);
    return 0;
}

void a64_trap_debug(struct a64_cpu *cpu, bool on)
{
    cpu->trap_debug = on;
    a64_debug_update(cpu);
}
