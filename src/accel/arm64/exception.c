/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm ARM D1.3.5 for a CPU without EL2 in use, and with neither SVE nor MTE. */
#include "accel/arm64/exception.h"

#define PSTATE_SP   UINT64_C(0x1)
#define PSTATE_EL   UINT64_C(0xc)
#define PSTATE_EL1H UINT64_C(0x5)
#define PSTATE_DAIF UINT64_C(0x3c0)
#define PSTATE_SSBS (UINT64_C(1) << 12)
#define PSTATE_PAN  (UINT64_C(1) << 22)
#define PSTATE_DIT  (UINT64_C(1) << 24)
#define PSTATE_NZCV (UINT64_C(15) << 28)
#define SCTLR_SPAN  (UINT64_C(1) << 23)
#define SCTLR_DSSBS (UINT64_C(1) << 44)
#define ESR_IL      (UINT64_C(1) << 25)

enum { ESR_EC_SHIFT = 26, VECTOR_FROM_SPX = 0x200, VECTOR_FROM_EL0 = 0x400 };

static bool has_same_el_form(enum arm64_ec ec)
{
    return ec == ARM64_EC_INSN_ABORT || ec == ARM64_EC_DATA_ABORT;
}

void arm64_enter_exception(struct arm64_exception *e, enum arm64_ec ec, uint32_t iss)
{
    bool from_el0 = !(e->pstate & PSTATE_EL);
    uint64_t class = (uint64_t)ec + (has_same_el_form(ec) && !from_el0);
    uint64_t kept = e->pstate & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN);

    e->esr = class << ESR_EC_SHIFT | ESR_IL | iss;
    e->elr = e->pc;
    e->spsr = e->pstate;
    e->pc = e->vbar + (from_el0 ? VECTOR_FROM_EL0 : (e->pstate & PSTATE_SP) ? VECTOR_FROM_SPX : 0);
    e->pstate = kept | PSTATE_DAIF | PSTATE_EL1H | (e->sctlr & SCTLR_SPAN ? 0 : PSTATE_PAN) |
                (e->sctlr & SCTLR_DSSBS ? PSTATE_SSBS : 0);
}
