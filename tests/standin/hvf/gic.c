/* SPDX-License-Identifier: Apache-2.0
 *
 * hv_gic_* (Hypervisor/hv_gic.h, macOS 15): order and ranges as documented, the work in
 * gic_chip.c. Left out: hv_gic_state_*, and what only VMs with EL2 have. */
#include "gic.h"

#include "accel/hvf/hv_later.h"
#include "object.h"
#include "rest.h"

enum { MAX_REDISTRIBUTORS = 256, GICD_IROUTER = 0x6000, GICD_IROUTER_END = 0x8000 };

struct hv_gic_config_s {
    struct standin_object object;
    struct standin_gic_places at;
};

/* --- configuration --- */

hv_gic_config_t hv_gic_config_create(void)
{
    return standin_object_create(sizeof(struct hv_gic_config_s));
}

static bool is_frame(hv_gic_config_t config, hv_ipa_t base)
{
    return config && base && base % STANDIN_GIC_FRAME == 0;
}

hv_return_t hv_gic_config_set_distributor_base(hv_gic_config_t config, hv_ipa_t base)
{
    if (!is_frame(config, base))
        return HV_BAD_ARGUMENT;
    config->at.dist = base;
    return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_redistributor_base(hv_gic_config_t config, hv_ipa_t base)
{
    if (!is_frame(config, base))
        return HV_BAD_ARGUMENT;
    config->at.redist = base;
    return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_msi_region_base(hv_gic_config_t config, hv_ipa_t base)
{
    if (!is_frame(config, base))
        return HV_BAD_ARGUMENT;
    config->at.msi = base;
    return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_msi_interrupt_range(hv_gic_config_t config, uint32_t first_intid,
                                                  uint32_t count)
{
    if (!config || count == 0 || first_intid < GIC_FIRST_SPI || count > STANDIN_NR_SPIS ||
        first_intid - GIC_FIRST_SPI > STANDIN_NR_SPIS - count)
        return HV_BAD_ARGUMENT;
    config->at.first_msi = first_intid;
    config->at.nr_msis = count;
    return HV_SUCCESS;
}

static bool overlap(hv_ipa_t a, uint64_t a_len, hv_ipa_t b, uint64_t b_len)
{
    return a < b + b_len && b < a + a_len;
}

/* Distributor and redistributors, and of the messages' frame and interrupts both or neither. */
static bool is_complete(const struct standin_gic_places *p)
{
    uint64_t redist_len = GIC_REDIST_SIZE; /* what stands behind the last one is free for others */

    if (!p->dist || !p->redist || !p->msi != !p->nr_msis)
        return false;
    return !overlap(p->dist, GIC_DIST_SIZE, p->redist, redist_len) &&
           !(p->msi && (overlap(p->msi, STANDIN_GIC_FRAME, p->dist, GIC_DIST_SIZE) ||
                        overlap(p->msi, STANDIN_GIC_FRAME, p->redist, redist_len)));
}

hv_return_t hv_gic_create(hv_gic_config_t config)
{
    hv_return_t status = standin_forced("hv_gic_create");

    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (status != HV_SUCCESS)
        return status;
    if (standin_vm.nr_vcpus > 0)
        standin_breach("hv_gic_create after the first vCPU");
    if (standin_gic())
        return HV_BUSY;
    if (!config || !is_complete(&config->at))
        return HV_BAD_ARGUMENT;
    return standin_gic_make(&config->at);
}

/* --- from any thread --- */

hv_return_t hv_gic_reset(void)
{
    if (!standin_gic())
        return HV_NO_DEVICE;
    gic_reset(standin_gic());
    return HV_SUCCESS;
}

static bool is_spi(uint32_t intid)
{
    return intid >= GIC_FIRST_SPI && intid < GIC_FIRST_SPI + STANDIN_NR_SPIS;
}

hv_return_t hv_gic_set_spi(uint32_t intid, bool level)
{
    if (!standin_gic())
        return HV_NO_DEVICE;
    if (!is_spi(intid))
        return HV_BAD_ARGUMENT;
    gic_set_spi(standin_gic(), intid, level);
    return HV_SUCCESS;
}

hv_return_t hv_gic_send_msi(hv_ipa_t address, uint32_t intid)
{
    const struct standin_gic_places *at = standin_gic_places();

    if (!standin_gic())
        return HV_NO_DEVICE;
    if (!at->msi || address != at->msi + STANDIN_GICM_SET_SPI ||
        intid - at->first_msi >= at->nr_msis)
        return HV_BAD_ARGUMENT;
    gic_pulse_spi(standin_gic(), intid);
    return HV_SUCCESS;
}

/* --- registers --- */

static unsigned dist_reg_size(hv_gic_distributor_reg_t reg)
{
    return reg >= GICD_IROUTER && reg < GICD_IROUTER_END ? 8 : 4;
}

hv_return_t hv_gic_get_distributor_reg(hv_gic_distributor_reg_t reg, uint64_t *value)
{
    if (!standin_gic())
        return HV_NO_DEVICE;
    if (reg % dist_reg_size(reg))
        return HV_BAD_ARGUMENT;
    *value = mmio_read(&gic_dist_ops, standin_gic(), reg, dist_reg_size(reg));
    return HV_SUCCESS;
}

hv_return_t hv_gic_set_distributor_reg(hv_gic_distributor_reg_t reg, uint64_t value)
{
    if (!standin_gic())
        return HV_NO_DEVICE;
    if (reg % dist_reg_size(reg))
        return HV_BAD_ARGUMENT;
    mmio_write(&gic_dist_ops, standin_gic(), reg, dist_reg_size(reg), value);
    return HV_SUCCESS;
}

/* The vCPU as far as the GIC knows it: HV_BAD_ARGUMENT while its MPIDR_EL1 was not written. */
static hv_return_t find(hv_vcpu_t vcpu, const char *function, struct standin_vcpu **ret)
{
    *ret = standin_own(vcpu, function);
    if (!*ret || !standin_gic())
        return HV_NO_DEVICE;
    return (*ret)->place == STANDIN_MAX_VCPUS ? HV_BAD_ARGUMENT : HV_SUCCESS;
}

hv_return_t hv_gic_get_redistributor_base(hv_vcpu_t vcpu, hv_ipa_t *base)
{
    struct standin_vcpu *v;
    hv_return_t status = find(vcpu, "hv_gic_get_redistributor_base", &v);

    if (status == HV_SUCCESS)
        *base = standin_gic_places()->redist + v->place * GIC_REDIST_SIZE;
    return status;
}

static unsigned redist_reg_size(hv_gic_redistributor_reg_t reg)
{
    return reg == HV_GIC_REDISTRIBUTOR_REG_GICR_TYPER ? 8 : 4;
}

static bool is_redist_reg(hv_gic_redistributor_reg_t reg)
{
    return reg < GIC_REDIST_SIZE && reg % redist_reg_size(reg) == 0;
}

hv_return_t hv_gic_get_redistributor_reg(hv_vcpu_t vcpu, hv_gic_redistributor_reg_t reg,
                                         uint64_t *value)
{
    struct standin_vcpu *v;
    hv_return_t status = find(vcpu, "hv_gic_get_redistributor_reg", &v);

    if (status == HV_SUCCESS && !is_redist_reg(reg))
        return HV_BAD_ARGUMENT;
    if (status == HV_SUCCESS)
        *value = standin_redist_read(v->place, reg, redist_reg_size(reg));
    return status;
}

hv_return_t hv_gic_set_redistributor_reg(hv_vcpu_t vcpu, hv_gic_redistributor_reg_t reg,
                                         uint64_t value)
{
    struct standin_vcpu *v;
    hv_return_t status = find(vcpu, "hv_gic_set_redistributor_reg", &v);

    if (status == HV_SUCCESS && !is_redist_reg(reg))
        return HV_BAD_ARGUMENT;
    if (status == HV_SUCCESS)
        mmio_write(&gic_redist_ops, standin_gic(), v->place * GIC_REDIST_SIZE + reg,
                   redist_reg_size(reg), value);
    return status;
}

/* State only: reading IAR or writing EOIR by the host would be an event. */
static bool is_icc_state(hv_gic_icc_reg_t reg)
{
    switch (reg) {
    case HV_SYS_REG(3, 0, 4, 6, 0):   /* PMR */
    case HV_SYS_REG(3, 0, 12, 8, 3):  /* BPR0 */
    case HV_SYS_REG(3, 0, 12, 8, 4):  /* AP0R0 */
    case HV_SYS_REG(3, 0, 12, 9, 0):  /* AP1R0 */
    case HV_SYS_REG(3, 0, 12, 11, 3): /* RPR */
    case HV_SYS_REG(3, 0, 12, 12, 3): /* BPR1 */
    case HV_SYS_REG(3, 0, 12, 12, 4): /* CTLR */
    case HV_SYS_REG(3, 0, 12, 12, 5): /* SRE */
    case HV_SYS_REG(3, 0, 12, 12, 6): /* IGRPEN0 */
    case HV_SYS_REG(3, 0, 12, 12, 7): /* IGRPEN1 */
        return true;
    default:
        return false;
    }
}

hv_return_t hv_gic_get_icc_reg(hv_vcpu_t vcpu, hv_gic_icc_reg_t reg, uint64_t *value)
{
    struct standin_vcpu *v;
    hv_return_t status = find(vcpu, "hv_gic_get_icc_reg", &v);

    if (status != HV_SUCCESS)
        return status;
    if (!is_icc_state(reg) || gic_read_sysreg(standin_gic(), v->place, reg, value) < 0)
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_gic_set_icc_reg(hv_vcpu_t vcpu, hv_gic_icc_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v;
    hv_return_t status = find(vcpu, "hv_gic_set_icc_reg", &v);

    if (status != HV_SUCCESS)
        return status;
    if (!is_icc_state(reg) || gic_write_sysreg(standin_gic(), v->place, reg, value) < 0)
        return HV_BAD_ARGUMENT;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_msi_reg(hv_gic_msi_reg_t reg, uint64_t *value)
{
    const struct standin_gic_places *at = standin_gic_places();

    if (!standin_gic() || !at->msi)
        return HV_NO_DEVICE;
    if (reg != HV_GIC_REG_GICM_TYPER)
        return HV_BAD_ARGUMENT;
    *value = (uint64_t)at->first_msi << 16 | at->nr_msis;
    return HV_SUCCESS;
}

hv_return_t hv_gic_set_msi_reg(hv_gic_msi_reg_t reg, uint64_t value)
{
    if (!standin_gic() || !standin_gic_places()->msi)
        return HV_NO_DEVICE;
    if (reg != HV_GIC_REG_GICM_SET_SPI_NSR || value > UINT32_MAX)
        return HV_BAD_ARGUMENT;
    return hv_gic_send_msi(standin_gic_places()->msi + STANDIN_GICM_SET_SPI, (uint32_t)value);
}

/* --- sizes --- */

hv_return_t hv_gic_get_distributor_size(size_t *size)
{
    *size = GIC_DIST_SIZE;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_distributor_base_alignment(size_t *alignment)
{
    *alignment = STANDIN_GIC_FRAME;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_redistributor_region_size(size_t *size)
{
    *size = MAX_REDISTRIBUTORS * GIC_REDIST_SIZE;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_redistributor_size(size_t *size)
{
    *size = GIC_REDIST_SIZE;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_redistributor_base_alignment(size_t *alignment)
{
    *alignment = STANDIN_GIC_FRAME;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_msi_region_size(size_t *size)
{
    *size = STANDIN_GIC_FRAME;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_msi_region_base_alignment(size_t *alignment)
{
    *alignment = STANDIN_GIC_FRAME;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_spi_interrupt_range(uint32_t *first_intid, uint32_t *count)
{
    *first_intid = GIC_FIRST_SPI;
    *count = STANDIN_NR_SPIS;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_intid(hv_gic_intid_t which, uint32_t *intid)
{
    switch (which) {
    case HV_GIC_INT_PERFORMANCE_MONITOR:
    case HV_GIC_INT_MAINTENANCE:
    case HV_GIC_INT_EL2_PHYSICAL_TIMER:
    case HV_GIC_INT_EL1_VIRTUAL_TIMER:
    case HV_GIC_INT_EL1_PHYSICAL_TIMER:
        *intid = which;
        return HV_SUCCESS;
    default:
        return HV_BAD_ARGUMENT;
    }
}
