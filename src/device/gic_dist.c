/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv3 distributor (IHI 0069H §12.9): shared interrupts. Registers of private interrupts read as
 * zero here, as affinity routing demands. */
#include "device/gic_access.h"
#include "device/gic_state.h"

enum {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_IROUTER = 0x6000,
    GICD_IROUTER_END = 0x8000,
    CTLR_ENABLE_GRP0 = 1 << 0,
    CTLR_ENABLE_GRP1 = 1 << 1,
    CTLR_ARE = 1 << 4,
    CTLR_DS = 1 << 6,
    TYPER_IDBITS = 15 << 19, /* 16 bits */
    TYPER_A3V = 1 << 24,
    IIDR = 0x43b,
};

#define IROUTER_BITS UINT64_C(0xff80ffffff) /* Aff3, any, Aff2..Aff0 */

/* Block of an SPI register, or NULL where there is none. */
static struct gic_block *spi_block(struct gic *g, const struct gic_block_reg *reg)
{
    return reg->block >= 1 && reg->block <= g->nr_spi_blocks ? &g->spi[reg->block - 1] : NULL;
}

/* Number of the SPI whose router is at `off`, or -1. */
static int router_spi(const struct gic *g, uint64_t off)
{
    unsigned intid = (unsigned)(off - GICD_IROUTER) / 8;

    if (off < GICD_IROUTER || off >= GICD_IROUTER_END || intid < GIC_FIRST_SPI ||
        intid >= GIC_FIRST_SPI + g->params.nr_spis)
        return -1;
    return (int)(intid - GIC_FIRST_SPI);
}

static uint32_t read_ctlr(const struct gic *g)
{
    return CTLR_DS | CTLR_ARE | (g->enabled[GIC_GROUP0] ? CTLR_ENABLE_GRP0 : 0u) |
           (g->enabled[GIC_GROUP1] ? CTLR_ENABLE_GRP1 : 0u);
}

static uint32_t dist_read32(struct gic *g, uint64_t off)
{
    struct gic_block_reg reg;
    int spi;

    if (gic_block_decode((unsigned)off, &reg)) {
        const struct gic_block *b = spi_block(g, &reg);

        return b ? gic_block_read(b, reg.off) : 0;
    }
    spi = router_spi(g, off);
    if (spi >= 0)
        return (uint32_t)(g->router[spi] >> (off & 4 ? 32 : 0));
    switch (off) {
    case GICD_CTLR:
        return read_ctlr(g);
    case GICD_TYPER:
        return g->nr_spi_blocks | TYPER_IDBITS | TYPER_A3V;
    case GICD_IIDR:
        return IIDR;
    default:
        return gic_id_register((unsigned)off, 0x92);
    }
}

static void write_ctlr(struct gic *g, uint32_t value)
{
    g->enabled[GIC_GROUP0] = value & CTLR_ENABLE_GRP0;
    g->enabled[GIC_GROUP1] = value & CTLR_ENABLE_GRP1;
    gic_update_all(g);
}

static void write_router(struct gic *g, unsigned spi, bool high, uint32_t value)
{
    uint64_t router = g->router[spi];

    router = high ? (uint32_t)router | (uint64_t)value << 32 : (router >> 32 << 32) | value;
    router &= IROUTER_BITS;
    if (router == g->router[spi])
        return;
    g->router[spi] = router;
    gic_route_spi(g, spi);
}

static void dist_write32(struct gic *g, uint64_t off, uint32_t value)
{
    struct gic_block_reg reg;
    int spi = router_spi(g, off);

    if (gic_block_decode((unsigned)off, &reg)) {
        struct gic_block *b = spi_block(g, &reg);

        if (!b)
            return;
        gic_block_write(b, reg.off, value, false);
        gic_update_block(g, reg.block - 1);
    } else if (spi >= 0) {
        write_router(g, (unsigned)spi, off & 4, value);
    } else if (off == GICD_CTLR) {
        write_ctlr(g, value);
    }
}

static void dist_write8(struct gic *g, uint64_t off, uint8_t value)
{
    struct gic_block_reg reg;
    struct gic_block *b;

    if (off < 0x400 || off >= 0x800 || !gic_block_decode((unsigned)off, &reg))
        return;
    b = spi_block(g, &reg);
    if (!b)
        return;
    gic_block_write_priority(b, reg.off, value);
    gic_update_block(g, reg.block - 1);
}

static const struct gic_frame dist_frame = {dist_read32, dist_write32, dist_write8};

static uint64_t dist_read(void *gic, uint64_t off, unsigned size)
{
    return gic_frame_read(gic, &dist_frame, off, size);
}

static void dist_write(void *gic, uint64_t off, unsigned size, uint64_t value)
{
    gic_frame_write(gic, &dist_frame, off, size, value);
}

const struct mmio_ops gic_dist_ops = {
    .read = dist_read, .write = dist_write, .min_size = 1, .max_size = 8};
