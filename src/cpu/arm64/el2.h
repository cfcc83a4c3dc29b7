/* SPDX-License-Identifier: Apache-2.0
 *
 * Traps to EL2: what a hypervisor on hardware is told when its guest does what it may not do alone (Arm ARM D1.3, D8.4,
 * D24.2.40 ESR_EL2). There is no EL2 that executes: each trap leaves a64_run as an A64_EXIT_TRAP. Only with
 * a64_vm_params.el2, and only where the CPU would have faulted or left anyway, so others do not pay for it. */
#ifndef BERTH_CPU_ARM64_EL2_H
#define BERTH_CPU_ARM64_EL2_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/state.h"
#include "cpu/arm64/vm.h"

static inline bool a64_has_el2(const struct a64_cpu *cpu)
{
    return UNLIKELY(cpu->vm->params.el2 != NULL);
}

/* A fault status that says: a descriptor could not be read. */
static inline bool a64_is_walk_abort(unsigned fsc)
{
    return fsc >= A64_FSC_EXTERNAL_WALK && fsc < A64_FSC_EXTERNAL_WALK + 4;
}

/* Leaves with `ec` and `iss` in the syndrome; execution goes on at `pc`. */
void a64_el2_trap(struct a64_cpu *cpu, uint64_t pc, enum a64_ec ec, uint32_t iss, uint64_t far,
                  uint64_t ipa) NORETURN;

/* Stage 2 refuses the access of instruction `i` to `ipa`, or has nothing there. `iss` is A64_ISS_WNR and A64_ISS_CM as
 * they apply; the rest follows from the instruction. */
void a64_el2_data_abort(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t ipa,
                        uint32_t iss) NORETURN;

/* The same for the fetch of an instruction. */
void a64_el2_fetch_abort(struct a64_cpu *cpu, uint64_t pc, uint64_t ipa) NORETURN;

/* The walk for `va`, with A64_ACCESS_USER in `access` if it was on EL0's behalf, met a descriptor that cannot be read.
 * `ec` is A64_EC_DATA_ABORT or A64_EC_INSN_ABORT. */
void a64_el2_walk_abort(struct a64_cpu *cpu, uint64_t pc, enum a64_ec ec, uint64_t va,
                        unsigned access) NORETURN;

/* a64_run begins: forgets what stage 2 no longer says. */
void a64_el2_enter(struct a64_cpu *cpu);

#endif
