/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv3 redistributors (IHI 0069H §12.10, §12.11): for each CPU a frame of its own registers and
 * one of its private interrupts. A sleeping redistributor still delivers: EDK2 never wakes it. */
#include "device/gic_access.h"
#include "device/gic_state.h"

enum {
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    SGI_FRAME = 0x10000,
    TYPER_LAST = 1 << 4,
    WAKER_PROCESSOR_SLEEP = 1 << 1,
    WAKER_CHILDREN_ASLEEP = 1 << 2,
    IIDR = 0x43b,
};

/* Affinity 63:32, processor number 23:8. */
static uint64_t typer(const struct gic *g, unsigned cpu)
{
    uint64_t aff = g->cpu[cpu].affinity;
    uint64_t aff32 = (aff >> 32 & 0xff) << 24 | (aff & 0xffffff);

    return aff32 << 32 | cpu << 8 | (cpu + 1 == g->params.nr_cpus ? TYPER_LAST : 0u);
}

static uint32_t read_rd_frame(const struct gic *g, unsigned cpu, unsigned off)
{
    switch (off) {
    case GICR_IIDR:
        return IIDR;
    case GICR_TYPER:
        return (uint32_t)typer(g, cpu);
    case GICR_TYPER + 4:
        return (uint32_t)(typer(g, cpu) >> 32);
    case GICR_WAKER:
        return g->cpu[cpu].asleep ? WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP : 0;
    default:
        return gic_id_register(off, 0x93);
    }
}

static unsigned cpu_of(uint64_t off)
{
    return (unsigned)(off / GIC_REDIST_SIZE);
}

/* The private register at `off` of a CPU's two frames. */
static bool private_register(unsigned off, struct gic_block_reg *ret)
{
    return off >= SGI_FRAME && gic_block_decode(off - SGI_FRAME, ret) && ret->block == 0;
}

static uint32_t redist_read32(struct gic *g, uint64_t off)
{
    unsigned cpu = cpu_of(off), in = (unsigned)(off % GIC_REDIST_SIZE);
    struct gic_block_reg reg;

    if (cpu >= g->params.nr_cpus)
        return 0;
    if (in < SGI_FRAME)
        return read_rd_frame(g, cpu, in);
    return private_register(in, &reg) ? gic_block_read(&g->cpu[cpu].local, reg.off) : 0;
}

static void redist_write32(struct gic *g, uint64_t off, uint32_t value)
{
    unsigned cpu = cpu_of(off), in = (unsigned)(off % GIC_REDIST_SIZE);
    struct gic_block_reg reg;

    if (cpu >= g->params.nr_cpus)
        return;
    if (in == GICR_WAKER) {
        g->cpu[cpu].asleep = value & WAKER_PROCESSOR_SLEEP;
    } else if (private_register(in, &reg)) {
        gic_block_write(&g->cpu[cpu].local, reg.off, value, true);
        gic_update_cpu(g, cpu);
    }
}

static void redist_write8(struct gic *g, uint64_t off, uint8_t value)
{
    unsigned cpu = cpu_of(off), in = (unsigned)(off % GIC_REDIST_SIZE);
    struct gic_block_reg reg;

    if (cpu >= g->params.nr_cpus || in < SGI_FRAME + 0x400 || in >= SGI_FRAME + 0x800 ||
        !private_register(in, &reg))
        return;
    gic_block_write_priority(&g->cpu[cpu].local, reg.off, value);
    gic_update_cpu(g, cpu);
}

static const struct gic_frame redist_frame = {redist_read32, redist_write32, redist_write8};

static uint64_t redist_read(void *gic, uint64_t off, unsigned size)
{
    return gic_frame_read(gic, &redist_frame, off, size);
}

static void redist_write(void *gic, uint64_t off, unsigned size, uint64_t value)
{
    gic_frame_write(gic, &redist_frame, off, size, value);
}

const struct mmio_ops gic_redist_ops = {
    .read = redist_read, .write = redist_write, .min_size = 1, .max_size = 8};
