/* SPDX-License-Identifier: Apache-2.0
 *
 * General and vector registers by Apple's numbers (Hypervisor/hv_vcpu_types.h). */
#include <string.h>

#include "standin.h"

#define FPCR_BITS UINT64_C(0x07c00000)
#define FPSR_BITS UINT64_C(0x0800009f)

static hv_return_t get(struct standin_vcpu *v, hv_reg_t reg, uint64_t *value)
{
    if (reg <= HV_REG_X30)
        *value = a64_get_x(v->cpu, reg);
    else if (reg == HV_REG_PC)
        *value = a64_get_pc(v->cpu);
    else if (reg == HV_REG_FPCR)
        *value = v->cpu->fpcr;
    else if (reg == HV_REG_FPSR)
        *value = v->cpu->fpsr;
    else if (reg == HV_REG_CPSR)
        *value = a64_get_pstate(v->cpu);
    else
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

/* EL0t, EL1t, EL1h: what a guest without EL2 and AArch32 can be at. */
static bool is_legal_pstate(uint64_t value)
{
    unsigned mode = value & 0x1f;

    return mode == 0 || mode == 4 || mode == 5;
}

static hv_return_t set(struct standin_vcpu *v, hv_reg_t reg, uint64_t value)
{
    if (reg <= HV_REG_X30)
        a64_set_x(v->cpu, reg, value);
    else if (reg == HV_REG_PC)
        a64_set_pc(v->cpu, value);
    else if (reg == HV_REG_FPCR)
        v->cpu->fpcr = (uint32_t)(value & FPCR_BITS);
    else if (reg == HV_REG_FPSR)
        v->cpu->fpsr = (uint32_t)(value & FPSR_BITS);
    else if (reg == HV_REG_CPSR && is_legal_pstate(value))
        a64_set_pstate(v->cpu, value);
    else
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_reg");

    return v ? get(v, reg, value) : HV_NO_DEVICE;
}

hv_return_t hv_vcpu_set_reg(hv_vcpu_t vcpu, hv_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_reg");

    return v ? set(v, reg, value) : HV_NO_DEVICE;
}

hv_return_t hv_vcpu_get_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t *value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_simd_fp_reg");

    if (!v || reg > HV_SIMD_FP_REG_Q31)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    memcpy(value, &v->cpu->v[reg], sizeof(*value));
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_simd_fp_reg(hv_vcpu_t vcpu, hv_simd_fp_reg_t reg,
                                    hv_simd_fp_uchar16_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_simd_fp_reg");

    if (!v || reg > HV_SIMD_FP_REG_Q31)
        return v ? HV_BAD_ARGUMENT : HV_NO_DEVICE;
    memcpy(&v->cpu->v[reg], &value, sizeof(value));
    return HV_SUCCESS;
}
