/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework's GIC as guests see it: our own GICv3, reached without an exit. It has a place for
 * each vCPU there could be, sixteen to a cluster in order of affinity; a place is there once a vCPU
 * with that MPIDR_EL1 is. */
#include <stddef.h>

#include "bus/bus.h"
#include "device/gicv2m.h"
#include "gic.h"

enum { PPI_VTIMER = 27, PPI_PTIMER = 30, CLUSTER = 16, GICR_TYPER = 0x8, TYPER_LAST = 1 << 4 };

static struct {
    struct gic *gic; /* NULL: not in this VM */
    struct standin_gic_places at;
    struct gicv2m v2m;
    struct standin_vcpu *_Atomic vcpu[STANDIN_MAX_VCPUS]; /* by place */
} chip;

struct gic *standin_gic(void)
{
    return chip.gic;
}

const struct standin_gic_places *standin_gic_places(void)
{
    return &chip.at;
}

static uint64_t affinity(unsigned place)
{
    return place % CLUSTER | (uint64_t)(place / CLUSTER) << 8;
}

/* With the GIC's lock held. */
static void on_output(void *ctx, unsigned place, enum gic_output which, bool level)
{
    struct standin_vcpu *v = atomic_load(&chip.vcpu[place]);
    uint32_t bit = 1u << which;

    (void)ctx;
    if (!v)
        return;
    (void)pthread_mutex_lock(&v->lock);
    if (level)
        (void)atomic_fetch_or(&v->gic_pins, bit);
    else
        (void)atomic_fetch_and(&v->gic_pins, ~bit);
    if (v->cpu)
        a64_set_pin(v->cpu, which == GIC_OUTPUT_FIQ, level);
    (void)pthread_cond_signal(&v->wake);
    (void)pthread_mutex_unlock(&v->lock);
}

hv_return_t standin_gic_make(const struct standin_gic_places *places)
{
    const struct gic_params params = {.nr_cpus = STANDIN_MAX_VCPUS,
                                      .nr_spis = STANDIN_NR_SPIS,
                                      .mpidr = affinity,
                                      .output = on_output};

    if (gic_create(&params, &chip.gic) < 0)
        return HV_NO_RESOURCES;
    chip.at = *places;
    chip.v2m = (struct gicv2m){.base = places->msi,
                               .first_intid = places->first_msi,
                               .nr = places->nr_msis,
                               .pulse = gic_pulse_spi,
                               .ctrl = chip.gic};
    return HV_SUCCESS;
}

/* --- who is there --- */

static void join(struct standin_vcpu *v)
{
    uint64_t aff = standin_id_value(v, HV_SYS_REG_MPIDR_EL1) & UINT64_C(0xff00ffffff);
    uint64_t place = (aff & 0xff) + (aff >> 8) * CLUSTER;
    struct standin_vcpu *expected = NULL;

    if (v->place == place)
        return;
    if ((aff & 0xff) >= CLUSTER || place >= STANDIN_MAX_VCPUS)
        standin_breach("vCPU %llu: affinity %#llx has no place in the stand-in's GIC",
                       (unsigned long long)v->id, (unsigned long long)aff);
    if (!atomic_compare_exchange_strong(&chip.vcpu[place], &expected, v))
        standin_breach("vCPU %llu: MPIDR_EL1 is another one's", (unsigned long long)v->id);
    if (v->place < STANDIN_MAX_VCPUS)
        atomic_store(&chip.vcpu[v->place], NULL);
    v->place = (unsigned)place;
}

static void leave(struct standin_vcpu *v)
{
    if (v->place < STANDIN_MAX_VCPUS)
        atomic_store(&chip.vcpu[v->place], NULL);
    v->place = STANDIN_MAX_VCPUS;
}

static bool is_there(uint64_t place)
{
    return place < STANDIN_MAX_VCPUS && atomic_load(&chip.vcpu[place]);
}

/* --- frames --- */

uint64_t standin_redist_read(unsigned place, uint64_t off, unsigned size)
{
    uint64_t value = mmio_read(&gic_redist_ops, chip.gic, place * GIC_REDIST_SIZE + off, size);

    if (off == GICR_TYPER && !is_there(place + 1))
        value |= TYPER_LAST;
    return value;
}

/* Whether [pa, pa + size) is in the `len` bytes at `base`; *ret is how far. */
static bool within(uint64_t pa, unsigned size, uint64_t base, uint64_t len, uint64_t *ret)
{
    *ret = pa - base;
    return *ret < len && size <= len - *ret;
}

static bool redist_at(uint64_t pa, unsigned size, uint64_t *ret)
{
    return within(pa, size, chip.at.redist, STANDIN_MAX_VCPUS * GIC_REDIST_SIZE, ret) &&
           is_there(*ret / GIC_REDIST_SIZE);
}

static bool msi_at(uint64_t pa, unsigned size, uint64_t *ret)
{
    return chip.at.msi && within(pa, size, chip.at.msi, STANDIN_GIC_FRAME, ret);
}

static bool chip_read(uint64_t pa, unsigned size, uint64_t *ret)
{
    uint64_t off;

    if (within(pa, size, chip.at.dist, GIC_DIST_SIZE, &off))
        *ret = mmio_read(&gic_dist_ops, chip.gic, off, size);
    else if (redist_at(pa, size, &off))
        *ret = standin_redist_read((unsigned)(off / GIC_REDIST_SIZE), off % GIC_REDIST_SIZE, size);
    else if (msi_at(pa, size, &off))
        *ret = mmio_read(&gicv2m_ops, &chip.v2m, off, size);
    else
        return false;
    return true;
}

static bool chip_write(uint64_t pa, unsigned size, uint64_t value)
{
    uint64_t off;

    if (within(pa, size, chip.at.dist, GIC_DIST_SIZE, &off))
        mmio_write(&gic_dist_ops, chip.gic, off, size, value);
    else if (redist_at(pa, size, &off))
        mmio_write(&gic_redist_ops, chip.gic, off, size, value);
    else if (msi_at(pa, size, &off))
        mmio_write(&gicv2m_ops, &chip.v2m, off, size, value);
    else
        return false;
    return true;
}

/* --- CPU interfaces and timers --- */

static bool chip_sysreg(struct standin_vcpu *v, struct a64_exit *exit)
{
    if (v->place == STANDIN_MAX_VCPUS)
        return false;
    if (exit->sysreg.write)
        return gic_write_sysreg(chip.gic, v->place, exit->sysreg.reg, exit->sysreg.value) == 0;
    return gic_read_sysreg(chip.gic, v->place, exit->sysreg.reg, &exit->sysreg.value) == 0;
}

static void chip_timer(struct standin_vcpu *v, bool virt, bool phys)
{
    if (v->place == STANDIN_MAX_VCPUS)
        return;
    gic_set_ppi(chip.gic, v->place, PPI_VTIMER, virt);
    gic_set_ppi(chip.gic, v->place, PPI_PTIMER, phys);
}

static bool chip_exists(void)
{
    return chip.gic;
}

static void vm_gone(void)
{
    gic_destroy(chip.gic);
    chip.gic = NULL;
}

const struct standin_gic_ops standin_gic_ops = {.exists = chip_exists,
                                                .read = chip_read,
                                                .write = chip_write,
                                                .sysreg = chip_sysreg,
                                                .timer = chip_timer,
                                                .join = join,
                                                .leave = leave,
                                                .vm_gone = vm_gone};
