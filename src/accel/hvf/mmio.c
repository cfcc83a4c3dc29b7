/* SPDX-License-Identifier: Apache-2.0
 *
 * Accesses to addresses that no memory is mapped at. The syndrome describes the plain ones; for the
 * others (ISV 0) the instruction is read and decoded. A pair, or a vector register, takes several
 * turns on the bus. */
#include <string.h>

#include "accel/arm64/walk.h"
#include "accel/hvf/state.h"

enum {
    ISS_ISV = 1 << 24,
    ISS_SAS_SHIFT = 22,
    ISS_SSE = 1 << 21,
    ISS_SRT_SHIFT = 16,
    ISS_SF = 1 << 15,
    ISS_CACHE = 1 << 8,
    ISS_TABLE_WALK = 1 << 7,
    ISS_LEVEL = 3,
    BUS_WIDTH = 8,
    GUEST_PAGE = 4096, /* the smallest there is: accesses within one are contiguous */
};

static void refuse(struct vcpu *v, uint32_t fsc)
{
    hvf_inject_abort(v, ARM64_EC_DATA_ABORT, fsc | (v->mmio.insn.store ? ARM64_ISS_WNR : 0u),
                     v->mmio.va);
}

/* --- what the guest wants --- */

static struct arm64_ldst from_syndrome(uint32_t iss)
{
    return (struct arm64_ldst){.store = iss & ARM64_ISS_WNR,
                               .sign = iss & ISS_SSE,
                               .sign_to_64 = iss & ISS_SF,
                               .size = (uint8_t)(1u << (iss >> ISS_SAS_SHIFT & 3)),
                               .nr = 1,
                               .rt = {iss >> ISS_SRT_SHIFT & 31}};
}

/* SP or X`n`, as a base register is meant. */
static hv_sys_reg_t stack_pointer(struct vcpu *v)
{
    return (hvf_get_reg(v, HV_REG_CPSR) & 0xd) == 5 ? HV_SYS_REG_SP_EL1 : HV_SYS_REG_SP_EL0;
}

static uint64_t get_base(struct vcpu *v, unsigned n)
{
    return n == ARM64_REG_SP ? hvf_get_sys_reg(v, stack_pointer(v)) : hvf_get_reg(v, n);
}

static void set_base(struct vcpu *v, unsigned n, uint64_t value)
{
    if (n == ARM64_REG_SP)
        hvf_set_sys_reg(v, stack_pointer(v), value);
    else
        hvf_set_reg(v, n, value);
}

/* The word at the PC. */
static bool fetch(struct vcpu *v, uint32_t *ret)
{
    const struct arm64_regime regime = {.sctlr = hvf_get_sys_reg(v, HV_SYS_REG_SCTLR_EL1),
                                        .tcr = hvf_get_sys_reg(v, HV_SYS_REG_TCR_EL1),
                                        .ttbr0 = hvf_get_sys_reg(v, HV_SYS_REG_TTBR0_EL1),
                                        .ttbr1 = hvf_get_sys_reg(v, HV_SYS_REG_TTBR1_EL1)};
    gpa_t at;

    return arm64_walk(v->vm->memory, &regime, hvf_get_reg(v, HV_REG_PC), &at) == 0 &&
           mem_load32(v->vm->memory, at, ret) == 0;
}

/* The second half of a pair whose first half was memory is not followed. */
static bool begins_at_the_fault(struct vcpu *v, const struct arm64_ldst *i)
{
    return i->nr == 1 || get_base(v, i->rn) + (uint64_t)i->offset == v->mmio.va;
}

static bool from_instruction(struct vcpu *v, struct arm64_ldst *ret)
{
    uint32_t insn;

    return fetch(v, &insn) && arm64_ldst_decode(insn, ret) && begins_at_the_fault(v, ret) &&
           (v->mmio.gpa % GUEST_PAGE) + (uint64_t)ret->nr * ret->size <= GUEST_PAGE;
}

/* --- turns on the bus --- */

static unsigned turn_size(const struct hvf_mmio *m)
{
    return m->insn.size < BUS_WIDTH ? m->insn.size : BUS_WIDTH;
}

/* Where the turn's bytes are kept. */
static uint8_t *turn_data(struct hvf_mmio *m)
{
    unsigned at = m->turn * turn_size(m);

    return &m->data[at / m->insn.size][at % m->insn.size];
}

static void ask_for_turn(struct hvf_mmio *m, struct vcpu_exit *exit)
{
    *exit = (struct vcpu_exit){.kind = VCPU_EXIT_MMIO};
    exit->io.addr = m->gpa + (uint64_t)m->turn * turn_size(m);
    exit->io.size = (uint8_t)turn_size(m);
    exit->io.write = m->insn.store;
    if (m->insn.store)
        memcpy(&exit->io.value, turn_data(m), turn_size(m));
}

static void read_registers(struct vcpu *v)
{
    struct hvf_mmio *m = &v->mmio;

    for (unsigned i = 0; i < m->insn.nr; i++) {
        uint64_t x;
        hv_simd_fp_uchar16_t q = {0};

        if (m->insn.vector) {
            hvf_check(v, hv_vcpu_get_simd_fp_reg(v->id, HV_SIMD_FP_REG_Q0 + m->insn.rt[i], &q),
                      "hv_vcpu_get_simd_fp_reg");
            memcpy(m->data[i], &q, sizeof(q));
        } else {
            x = hvf_get_x(v, m->insn.rt[i]);
            memcpy(m->data[i], &x, sizeof(x));
        }
    }
}

static void write_registers(struct vcpu *v)
{
    const struct hvf_mmio *m = &v->mmio;

    for (unsigned i = 0; i < m->insn.nr; i++) {
        uint64_t x;
        hv_simd_fp_uchar16_t q;

        if (m->insn.vector) {
            memcpy(&q, m->data[i], sizeof(q));
            hvf_check(v, hv_vcpu_set_simd_fp_reg(v->id, HV_SIMD_FP_REG_Q0 + m->insn.rt[i], q),
                      "hv_vcpu_set_simd_fp_reg");
        } else {
            memcpy(&x, m->data[i], sizeof(x));
            hvf_set_x(v, m->insn.rt[i], arm64_ldst_extend(&m->insn, x));
        }
    }
}

static void complete(struct vcpu *v)
{
    const struct arm64_ldst *i = &v->mmio.insn;

    if (i->writeback)
        set_base(v, i->rn, get_base(v, i->rn) + (uint64_t)i->change);
    if (!i->store)
        write_registers(v);
    hvf_skip_insn(v);
}

bool hvf_mmio_answered(struct vcpu *v, struct vcpu_exit *exit)
{
    struct hvf_mmio *m = &v->mmio;

    if (exit->io.failed) {
        refuse(v, ARM64_FSC_EXTERNAL);
        return false;
    }
    if (!m->insn.store)
        memcpy(turn_data(m), &exit->io.value, turn_size(m));
    if (++m->turn < m->nr_turns) {
        ask_for_turn(m, exit);
        return true;
    }
    complete(v);
    return false;
}

bool hvf_data_abort(struct vcpu *v, struct vcpu_exit *exit)
{
    uint32_t iss = (uint32_t)v->hv->exception.syndrome;
    struct hvf_mmio *m = &v->mmio;

    *m = (struct hvf_mmio){.insn = from_syndrome(iss),
                           .va = v->hv->exception.virtual_address,
                           .gpa = v->hv->exception.physical_address};
    if (iss & ISS_CACHE) { /* nothing of a device is in a cache */
        hvf_skip_insn(v);
        return false;
    }
    if (iss & ISS_TABLE_WALK) {
        refuse(v, ARM64_FSC_EXTERNAL_WALK | (iss & ISS_LEVEL));
        return false;
    }
    if (!(iss & ISS_ISV) && !from_instruction(v, &m->insn)) {
        refuse(v, ARM64_FSC_EXTERNAL);
        return false;
    }
    m->nr_turns = m->insn.nr * m->insn.size / turn_size(m);
    if (m->insn.store)
        read_registers(v);
    ask_for_turn(m, exit);
    return true;
}
