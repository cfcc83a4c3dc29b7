/* SPDX-License-Identifier: Apache-2.0
 *
 * What Apple's headers declare besides accel/hvf/hv.h and hv_later.h, as far as the stand-in has
 * it: berth does without, a framework does not. Names and values are Apple's. */
#ifndef BERTH_STANDIN_HVF_REST_H
#define BERTH_STANDIN_HVF_REST_H

#include "accel/hvf/hv.h"

typedef uint64_t hv_allocate_flags_t;
typedef uint16_t hv_gic_msi_reg_t;
typedef uint16_t hv_gic_intid_t;

enum { HV_ALLOCATE_DEFAULT = 0 };
enum { HV_GIC_REG_GICM_TYPER = 0x008, HV_GIC_REG_GICM_SET_SPI_NSR = 0x040 };
enum {
    HV_GIC_INT_PERFORMANCE_MONITOR = 23,
    HV_GIC_INT_MAINTENANCE = 25,
    HV_GIC_INT_EL2_PHYSICAL_TIMER = 26,
    HV_GIC_INT_EL1_VIRTUAL_TIMER = 27,
    HV_GIC_INT_EL1_PHYSICAL_TIMER = 30,
};

#define HV_SYS_REG_ACTLR_EL1      HV_SYS_REG(3, 0, 1, 0, 1) /* 15.0 */
#define HV_SYS_REG_CNTP_TVAL_EL0  HV_SYS_REG(3, 3, 14, 2, 0) /* 15.0, with a GIC */
#define HV_SYS_REG_CNTP_CTL_EL0   HV_SYS_REG(3, 3, 14, 2, 1)
#define HV_SYS_REG_CNTP_CVAL_EL0  HV_SYS_REG(3, 3, 14, 2, 2)

/* 11.0, 12.1 */
hv_return_t hv_vcpu_get_exec_time(hv_vcpu_t vcpu, uint64_t *time);
hv_return_t hv_vm_allocate(void **uvap, size_t size, hv_allocate_flags_t flags);
hv_return_t hv_vm_deallocate(void *uva, size_t size);

/* 15.0 */
hv_return_t hv_vm_config_get_el2_supported(bool *supported);
hv_return_t hv_vm_config_get_el2_enabled(hv_vm_config_t config, bool *enabled);
hv_return_t hv_vm_config_set_el2_enabled(hv_vm_config_t config, bool enabled);
hv_return_t hv_gic_get_msi_reg(hv_gic_msi_reg_t reg, uint64_t *value);
hv_return_t hv_gic_set_msi_reg(hv_gic_msi_reg_t reg, uint64_t value);
hv_return_t hv_gic_get_intid(hv_gic_intid_t which, uint32_t *intid);

#endif
