/* SPDX-License-Identifier: Apache-2.0
 *
 * What the Hypervisor framework gained with macOS 15: a GICv3. Berth starts on macOS 13, so nothing
 * of this may be linked (a strong reference keeps a program from starting there): the declarations
 * give the table below its types, and the stand-in its prototypes; calls go through the table.
 *
 * Order: hv_vm_create, hv_gic_create, vCPUs, each vCPU's MPIDR_EL1; only then is there a
 * redistributor. */
#ifndef BERTH_ACCEL_HVF_HV_LATER_H
#define BERTH_ACCEL_HVF_HV_LATER_H

#include "accel/hvf/hv.h"

typedef uint16_t hv_gic_distributor_reg_t;       /* offset of the register in GICD */
typedef uint32_t hv_gic_redistributor_reg_t;     /* in GICR; frame SGI_base from 0x10000 */
typedef uint16_t hv_gic_icc_reg_t;               /* as hv_sys_reg_t */
typedef struct hv_gic_config_s *hv_gic_config_t; /* os_release */

enum {
    HV_GIC_DISTRIBUTOR_REG_GICD_CTLR = 0x0000,
    HV_GIC_DISTRIBUTOR_REG_GICD_TYPER = 0x0004,
    HV_GIC_REDISTRIBUTOR_REG_GICR_TYPER = 0x0008,
};

hv_gic_config_t hv_gic_config_create(void);
hv_return_t hv_gic_config_set_distributor_base(hv_gic_config_t config, hv_ipa_t base);
hv_return_t hv_gic_config_set_redistributor_base(hv_gic_config_t config, hv_ipa_t base);
hv_return_t hv_gic_config_set_msi_region_base(hv_gic_config_t config, hv_ipa_t base);
hv_return_t hv_gic_config_set_msi_interrupt_range(hv_gic_config_t config, uint32_t first_intid,
                                                  uint32_t count);
hv_return_t hv_gic_create(hv_gic_config_t config);
hv_return_t hv_gic_reset(void);
/* Any thread. INTID 32 and up; `true` on an edge-triggered one is an edge, `false` nothing. */
hv_return_t hv_gic_set_spi(uint32_t intid, bool level);
hv_return_t hv_gic_send_msi(hv_ipa_t address, uint32_t intid);
hv_return_t hv_gic_get_distributor_reg(hv_gic_distributor_reg_t reg, uint64_t *value);
hv_return_t hv_gic_set_distributor_reg(hv_gic_distributor_reg_t reg, uint64_t value);
hv_return_t hv_gic_get_redistributor_base(hv_vcpu_t vcpu, hv_ipa_t *base);
hv_return_t hv_gic_get_redistributor_reg(hv_vcpu_t vcpu, hv_gic_redistributor_reg_t reg,
                                         uint64_t *value);
hv_return_t hv_gic_set_redistributor_reg(hv_vcpu_t vcpu, hv_gic_redistributor_reg_t reg,
                                         uint64_t value);
hv_return_t hv_gic_get_icc_reg(hv_vcpu_t vcpu, hv_gic_icc_reg_t reg, uint64_t *value);
hv_return_t hv_gic_set_icc_reg(hv_vcpu_t vcpu, hv_gic_icc_reg_t reg, uint64_t value);
hv_return_t hv_gic_get_distributor_size(size_t *size);
hv_return_t hv_gic_get_distributor_base_alignment(size_t *alignment);
hv_return_t hv_gic_get_redistributor_region_size(size_t *size);
hv_return_t hv_gic_get_redistributor_size(size_t *size);
hv_return_t hv_gic_get_redistributor_base_alignment(size_t *alignment);
hv_return_t hv_gic_get_msi_region_size(size_t *size);
hv_return_t hv_gic_get_msi_region_base_alignment(size_t *alignment);
hv_return_t hv_gic_get_spi_interrupt_range(uint32_t *first_intid, uint32_t *count);

/* The functions that accel/hvf calls, one member each: hv_gic_NAME is gic_NAME here. */
#define HV_LATER_FUNCTIONS(X)                                                                      \
    X(gic_config_create)                                                                           \
    X(gic_config_set_distributor_base)                                                             \
    X(gic_config_set_redistributor_base)                                                           \
    X(gic_config_set_msi_region_base)                                                              \
    X(gic_config_set_msi_interrupt_range)                                                          \
    X(gic_create)                                                                                  \
    X(gic_reset)                                                                                   \
    X(gic_set_spi)                                                                                 \
    X(gic_send_msi)                                                                                \
    X(gic_set_icc_reg)                                                                             \
    X(gic_get_redistributor_base)                                                                  \
    X(gic_get_distributor_size)                                                                    \
    X(gic_get_distributor_base_alignment)                                                          \
    X(gic_get_redistributor_size)                                                                  \
    X(gic_get_redistributor_base_alignment)                                                        \
    X(gic_get_msi_region_size)                                                                     \
    X(gic_get_msi_region_base_alignment)                                                           \
    X(gic_get_spi_interrupt_range)

struct hv_later {
#define X(name) __typeof__(hv_##name) *name;
    HV_LATER_FUNCTIONS(X)
#undef X
};

/* The table, or NULL when this macOS lacks any of them: all came with one release. Any thread; the
 * first call looks them up. */
const struct hv_later *hv_later(void);

#endif
