/* SPDX-License-Identifier: Apache-2.0
 *
 * System registers that the framework leaves to us (Arm ARM D19): the interrupt controller's, which
 * the caller has; the physical timer's and the OS lock, which are here; some without effect. The
 * guest takes an Undefined exception for any other. */
#include "accel/hvf/state.h"

enum trapped {
    OSLAR_EL1 = HV_SYS_REG(2, 0, 1, 0, 4),
    OSLSR_EL1 = HV_SYS_REG(2, 0, 1, 1, 4),
    OSDLR_EL1 = HV_SYS_REG(2, 0, 1, 3, 4),
    DBGPRCR_EL1 = HV_SYS_REG(2, 0, 1, 4, 4),
    MDCCINT_EL1 = HV_SYS_REG(2, 0, 0, 2, 0),
    OSECCR_EL1 = HV_SYS_REG(2, 0, 0, 6, 2),
    DC_ISW = HV_SYS_REG(1, 0, 7, 6, 2),
    DC_CSW = HV_SYS_REG(1, 0, 7, 10, 2),
    DC_CISW = HV_SYS_REG(1, 0, 7, 14, 2),
    ACTLR_EL1 = HV_SYS_REG(3, 0, 1, 0, 1),
    ICC_PMR_EL1 = HV_SYS_REG(3, 0, 4, 6, 0),
    CNTPCT_EL0 = HV_SYS_REG(3, 3, 14, 0, 1),
    CNTPCTSS_EL0 = HV_SYS_REG(3, 3, 14, 0, 5),
};

enum { OSLSR_IMPLEMENTED = 8, OSLSR_LOCKED = 2 };

struct access {
    uint32_t reg; /* as HV_SYS_REG */
    unsigned rt;
    bool read;
};

/* The syndrome has the fields of a name in another order. */
static struct access decode(uint32_t iss)
{
    unsigned op0 = iss >> 20 & 3, op2 = iss >> 17 & 7, op1 = iss >> 14 & 7;
    unsigned crn = iss >> 10 & 15, crm = iss >> 1 & 15;

    return (struct access){
        .reg = HV_SYS_REG(op0, op1, crn, crm, op2), .rt = iss >> 5 & 31, .read = iss & 1};
}

/* Whether `reg` lies in op0, op1, CRn, CRm `first` to `last`, any op2. */
static bool in_space(uint32_t reg, uint32_t first, uint32_t last)
{
    return reg >= first && reg <= (last | 7);
}

static bool is_gic(uint32_t reg)
{
    return reg == ICC_PMR_EL1 ||
           in_space(reg, HV_SYS_REG(3, 0, 12, 8, 0), HV_SYS_REG(3, 0, 12, 15, 0));
}

/* Reads as zero, ignores writes. */
static bool is_without_effect(uint32_t reg)
{
    switch (reg) {
    case OSDLR_EL1:
    case DBGPRCR_EL1:
    case MDCCINT_EL1:
    case OSECCR_EL1:
    case DC_ISW: /* the host's caches are coherent */
    case DC_CSW:
    case DC_CISW:
    case ACTLR_EL1:
        return true;
    default: /* identification of what is not there; limited ordering regions */
        return in_space(reg, HV_SYS_REG(3, 0, 0, 1, 0), HV_SYS_REG(3, 0, 0, 7, 0)) ||
               in_space(reg, HV_SYS_REG(3, 0, 10, 4, 0), HV_SYS_REG(3, 0, 10, 4, 0));
    }
}

static bool read_reg(struct vcpu *v, uint32_t reg, uint64_t *ret)
{
    if (reg == OSLSR_EL1)
        *ret = OSLSR_IMPLEMENTED | (v->os_lock ? (uint64_t)OSLSR_LOCKED : 0);
    else if (reg == CNTPCT_EL0 || reg == CNTPCTSS_EL0)
        *ret = hvf_counter(v->vm);
    else if (hvf_is_ptimer(reg))
        *ret = hvf_ptimer_read(v, reg);
    else if (is_without_effect(reg))
        *ret = 0;
    else
        return false;
    return true;
}

static bool write_reg(struct vcpu *v, uint32_t reg, uint64_t value)
{
    if (reg == OSLAR_EL1)
        v->os_lock = value & 1;
    else if (hvf_is_ptimer(reg))
        hvf_ptimer_write(v, reg, value);
    else
        return is_without_effect(reg);
    return true;
}

static bool ask_gic(struct vcpu *v, const struct access *a, struct vcpu_exit *exit)
{
    *exit = (struct vcpu_exit){.kind = VCPU_EXIT_SYSREG};
    exit->sysreg.reg = a->reg;
    exit->sysreg.write = !a->read;
    exit->sysreg.value = a->read ? 0 : hvf_get_x(v, a->rt);
    v->sysreg_rt = a->rt;
    return true;
}

bool hvf_sysreg_trap(struct vcpu *v, struct vcpu_exit *exit)
{
    struct access a = decode((uint32_t)v->hv->exception.syndrome);
    uint64_t value = 0;
    bool known;

    if (is_gic(a.reg) && !v->vm->gic)
        return ask_gic(v, &a, exit);
    if (a.read)
        known = read_reg(v, a.reg, &value);
    else
        known = write_reg(v, a.reg, hvf_get_x(v, a.rt));
    if (!known) {
        hvf_inject(v, ARM64_EC_UNKNOWN, 0);
        return false;
    }
    if (a.read)
        hvf_set_x(v, a.rt, value);
    hvf_skip_insn(v);
    return false;
}

void hvf_sysreg_answered(struct vcpu *v, const struct vcpu_exit *exit)
{
    if (exit->sysreg.undefined) {
        hvf_inject(v, ARM64_EC_UNKNOWN, 0);
        return;
    }
    if (!exit->sysreg.write)
        hvf_set_x(v, v->sysreg_rt, exit->sysreg.value);
    hvf_skip_insn(v);
}
