/* SPDX-License-Identifier: Apache-2.0
 *
 * A Mac with macOS 15: hv_gic_* (Hypervisor/hv_gic.h) on our own GICv3, which the guest reaches
 * without an exit. Its size follows the vCPUs, so it is made when it is first used after them. */
#include "device/gic.h"

#include <stdlib.h>

#include "accel/hvf/hv_later.h"
#include "device/gicv2m.h"
#include "standin.h"

enum { FRAME = 65536, NR_SPIS = 960, PPI_VTIMER = 27, PPI_PTIMER = 30, GICM_SET_SPI = 0x40 };

const uint32_t standin_max_ipa_bits = 40;

struct hv_gic_config_s {
    hv_ipa_t dist, redist, msi;
    uint32_t first_msi, nr_msis;
    bool has_msi_base, has_msi_range;
};

static struct {
    bool exists;
    struct hv_gic_config_s config;
    pthread_mutex_t lock; /* making of `gic` */
    struct gic *gic;
    struct gicv2m v2m;
    unsigned nr_cpus;
    struct standin_vcpu *vcpu[STANDIN_MAX_VCPUS]; /* by place */
} chip = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* --- configuration --- */

hv_gic_config_t hv_gic_config_create(void)
{
    return calloc(1, sizeof(struct hv_gic_config_s));
}

static hv_return_t set_base(hv_ipa_t *field, hv_ipa_t base)
{
    if (base % FRAME)
        return HV_BAD_ARGUMENT;
    *field = base;
    return HV_SUCCESS;
}

hv_return_t hv_gic_config_set_distributor_base(hv_gic_config_t config, hv_ipa_t base)
{
    return set_base(&config->dist, base);
}

hv_return_t hv_gic_config_set_redistributor_base(hv_gic_config_t config, hv_ipa_t base)
{
    return set_base(&config->redist, base);
}

hv_return_t hv_gic_config_set_msi_region_base(hv_gic_config_t config, hv_ipa_t base)
{
    config->has_msi_base = true;
    return set_base(&config->msi, base);
}

hv_return_t hv_gic_config_set_msi_interrupt_range(hv_gic_config_t config, uint32_t first_intid,
                                                  uint32_t count)
{
    if (first_intid < GIC_FIRST_SPI || count > NR_SPIS ||
        first_intid - GIC_FIRST_SPI > NR_SPIS - count)
        return HV_BAD_ARGUMENT;
    config->has_msi_range = true;
    config->first_msi = first_intid;
    config->nr_msis = count;
    return HV_SUCCESS;
}

hv_return_t hv_gic_create(hv_gic_config_t config)
{
    if (!standin_vm.used)
        return HV_NO_DEVICE;
    if (standin_vm.nr_vcpus > 0)
        standin_breach("hv_gic_create after the first vCPU");
    if (chip.exists)
        return HV_BUSY;
    if (!config->dist || !config->redist || config->has_msi_base != config->has_msi_range)
        return HV_BAD_ARGUMENT;
    chip.config = *config;
    chip.exists = true;
    return HV_SUCCESS;
}

/* --- the device --- */

static uint64_t affinity_of(struct standin_vcpu *v)
{
    return standin_id_value(v, HV_SYS_REG_MPIDR_EL1) & UINT64_C(0xff00ffffff);
}

/* Redistributors stand in the usual order of affinities: sixteen to a cluster. */
static unsigned place_of(struct standin_vcpu *v)
{
    uint64_t affinity = affinity_of(v);

    return (unsigned)((affinity & 15) | (affinity >> 8 & 0xff) << 4);
}

static struct standin_vcpu *vcpu_at(unsigned place)
{
    for (unsigned i = 0; i < STANDIN_MAX_VCPUS; i++) {
        struct standin_vcpu *v = &standin_vm.vcpus[i];

        if (v->used && v->mpidr_written && place_of(v) == place)
            return v;
    }
    standin_breach("no vCPU has the redistributor %u: a MPIDR_EL1 was not written, or leaves a gap",
                   place);
}

static uint64_t affinity(unsigned place)
{
    return affinity_of(vcpu_at(place));
}

static void on_output(void *ctx, unsigned cpu, enum gic_output which, bool level)
{
    struct standin_vcpu *v = chip.vcpu[cpu];
    uint32_t bit = 1u << which;

    (void)ctx;
    if (!v->used)
        return;
    if (level)
        (void)atomic_fetch_or(&v->gic_pins, bit);
    else
        (void)atomic_fetch_and(&v->gic_pins, ~bit);
    a64_set_pin(v->cpu, which == GIC_OUTPUT_FIQ, level);
    standin_wake(v);
}

static void make_gic(void)
{
    const struct gic_params params = {
        .nr_cpus = standin_vm.nr_vcpus, .nr_spis = NR_SPIS, .mpidr = affinity, .output = on_output};

    for (unsigned i = 0; i < params.nr_cpus; i++)
        chip.vcpu[i] = vcpu_at(i);
    if (gic_create(&params, &chip.gic) < 0)
        standin_breach("a GIC for %u vCPUs cannot be made", params.nr_cpus);
    chip.nr_cpus = params.nr_cpus;
    chip.v2m = (struct gicv2m){.base = chip.config.msi,
                               .first_intid = chip.config.first_msi,
                               .nr = chip.config.nr_msis,
                               .pulse = gic_pulse_spi,
                               .ctrl = chip.gic};
}

static struct gic *gic(void)
{
    (void)pthread_mutex_lock(&chip.lock);
    if (!chip.gic)
        make_gic();
    else if (standin_vm.nr_vcpus > chip.nr_cpus)
        standin_breach("a vCPU was made after the GIC was used");
    (void)pthread_mutex_unlock(&chip.lock);
    return chip.gic;
}

/* Which of the frames holds `pa`, and where in it. */
static const struct mmio_ops *find_frame(uint64_t pa, unsigned size, void **ret_dev,
                                         uint64_t *ret_off)
{
    const struct {
        uint64_t base, len;
        const struct mmio_ops *ops;
        void *dev;
    } frames[] = {
        {chip.config.dist, GIC_DIST_SIZE, &gic_dist_ops, chip.gic},
        {chip.config.redist, chip.nr_cpus * GIC_REDIST_SIZE, &gic_redist_ops, chip.gic},
        {chip.config.msi, chip.config.has_msi_base ? FRAME : 0, &gicv2m_ops, &chip.v2m},
    };

    for (size_t i = 0; i < ARRAY_LEN(frames); i++) {
        *ret_off = pa - frames[i].base;
        *ret_dev = frames[i].dev;
        if (*ret_off < frames[i].len && size <= frames[i].len - *ret_off)
            return frames[i].ops;
    }
    return NULL;
}

static bool chip_read(uint64_t pa, unsigned size, uint64_t *ret)
{
    const struct mmio_ops *ops;
    uint64_t off;
    void *dev;

    (void)gic();
    ops = find_frame(pa, size, &dev, &off);
    if (ops)
        *ret = mmio_read(ops, dev, off, size);
    return ops;
}

static bool chip_write(uint64_t pa, unsigned size, uint64_t value)
{
    const struct mmio_ops *ops;
    uint64_t off;
    void *dev;

    (void)gic();
    ops = find_frame(pa, size, &dev, &off);
    if (ops)
        mmio_write(ops, dev, off, size, value);
    return ops;
}

static bool chip_sysreg(struct standin_vcpu *v, struct a64_exit *exit)
{
    unsigned cpu = place_of(v);

    if (exit->sysreg.write)
        return gic_write_sysreg(gic(), cpu, exit->sysreg.reg, exit->sysreg.value) == 0;
    return gic_read_sysreg(gic(), cpu, exit->sysreg.reg, &exit->sysreg.value) == 0;
}

static void chip_timer(struct standin_vcpu *v, bool virt, bool phys)
{
    gic_set_ppi(gic(), place_of(v), PPI_VTIMER, virt);
    gic_set_ppi(gic(), place_of(v), PPI_PTIMER, phys);
}

static bool chip_exists(void)
{
    return chip.exists;
}

static void vm_gone(void)
{
    gic_destroy(chip.gic);
    chip.gic = NULL;
    chip.exists = false;
}

static const struct standin_gic_ops ops = {.exists = chip_exists,
                                           .read = chip_read,
                                           .write = chip_write,
                                           .sysreg = chip_sysreg,
                                           .timer = chip_timer,
                                           .vm_gone = vm_gone};
const struct standin_gic_ops *const standin_gic = &ops;

/* --- from the host --- */

hv_return_t hv_gic_reset(void)
{
    if (!chip.exists)
        return HV_NO_DEVICE;
    gic_reset(gic());
    return HV_SUCCESS;
}

hv_return_t hv_gic_set_spi(uint32_t intid, bool level)
{
    if (!chip.exists)
        return HV_NO_DEVICE;
    if (intid < GIC_FIRST_SPI || intid >= GIC_FIRST_SPI + NR_SPIS)
        return HV_BAD_ARGUMENT;
    gic_set_spi(gic(), intid, level);
    return HV_SUCCESS;
}

hv_return_t hv_gic_send_msi(hv_ipa_t address, uint32_t intid)
{
    if (!chip.exists)
        return HV_NO_DEVICE;
    if (address != chip.config.msi + GICM_SET_SPI ||
        intid - chip.config.first_msi >= chip.config.nr_msis)
        return HV_BAD_ARGUMENT;
    gic_pulse_spi(gic(), intid);
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_redistributor_base(hv_vcpu_t vcpu, hv_ipa_t *base)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_gic_get_redistributor_base");

    if (!v || !chip.exists)
        return HV_NO_DEVICE;
    if (!v->mpidr_written)
        return HV_BAD_ARGUMENT;
    *base = chip.config.redist + place_of(v) * GIC_REDIST_SIZE;
    return HV_SUCCESS;
}

hv_return_t hv_gic_set_icc_reg(hv_vcpu_t vcpu, hv_gic_icc_reg_t reg, uint64_t value)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_gic_set_icc_reg");

    if (!v || !chip.exists)
        return HV_NO_DEVICE;
    if (!v->mpidr_written)
        return HV_BAD_ARGUMENT;
    if (!chip.gic) /* fresh: as reset left it */
        return HV_SUCCESS;
    return gic_write_sysreg(chip.gic, place_of(v), reg, value) == 0 ? HV_SUCCESS : HV_BAD_ARGUMENT;
}

static hv_return_t give(size_t *ret, size_t value)
{
    *ret = value;
    return HV_SUCCESS;
}

hv_return_t hv_gic_get_distributor_size(size_t *size)
{
    return give(size, GIC_DIST_SIZE);
}

hv_return_t hv_gic_get_distributor_base_alignment(size_t *alignment)
{
    return give(alignment, FRAME);
}

hv_return_t hv_gic_get_redistributor_region_size(size_t *size)
{
    return give(size, 256 * GIC_REDIST_SIZE);
}

hv_return_t hv_gic_get_redistributor_size(size_t *size)
{
    return give(size, GIC_REDIST_SIZE);
}

hv_return_t hv_gic_get_redistributor_base_alignment(size_t *alignment)
{
    return give(alignment, FRAME);
}

hv_return_t hv_gic_get_msi_region_size(size_t *size)
{
    return give(size, FRAME);
}

hv_return_t hv_gic_get_msi_region_base_alignment(size_t *alignment)
{
    return give(alignment, FRAME);
}

hv_return_t hv_gic_get_spi_interrupt_range(uint32_t *first_intid, uint32_t *count)
{
    *first_intid = GIC_FIRST_SPI;
    *count = NR_SPIS;
    return HV_SUCCESS;
}
