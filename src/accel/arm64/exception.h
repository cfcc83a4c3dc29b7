/* SPDX-License-Identifier: Apache-2.0
 *
 * Taking a synchronous exception to EL1 on a guest's behalf (Arm ARM D1.3.5,
 * AArch64.TakeException): for accelerators whose hypervisor hands an instruction back that nobody
 * can finish. */
#ifndef BERTH_ACCEL_ARM64_EXCEPTION_H
#define BERTH_ACCEL_ARM64_EXCEPTION_H

#include <stdbool.h>
#include <stdint.h>

/* Exception classes, ESR_ELx.EC. From a lower EL; from the same one an abort's is one more. */
enum arm64_ec {
    ARM64_EC_UNKNOWN = 0x00,
    ARM64_EC_WFX = 0x01,
    ARM64_EC_FP = 0x07,
    ARM64_EC_PAUTH = 0x09,
    ARM64_EC_LS64 = 0x0a,
    ARM64_EC_HVC = 0x16,
    ARM64_EC_SMC = 0x17,
    ARM64_EC_SYSREG = 0x18,
    ARM64_EC_SVE = 0x19,
    ARM64_EC_SME = 0x1d,
    ARM64_EC_INSN_ABORT = 0x20,
    ARM64_EC_DATA_ABORT = 0x24,
};

enum {
    ARM64_FSC_EXTERNAL = 0x10,      /* synchronous external abort */
    ARM64_FSC_EXTERNAL_WALK = 0x14, /* the same during a table walk; + level */
    ARM64_ISS_WNR = 1 << 6,
};

/* What entering an exception reads and writes; PSTATE in the layout of SPSR_EL1. */
struct arm64_exception {
    uint64_t pc, pstate;     /* in: of the instruction; out: of the handler */
    uint64_t vbar, sctlr;    /* in: _EL1 */
    uint64_t elr, spsr, esr; /* out: _EL1 */
};

/* Enters the handler of class `ec` with `iss`. FAR_EL1, where it matters, is the caller's. */
void arm64_enter_exception(struct arm64_exception *e, enum arm64_ec ec, uint32_t iss);

#endif
