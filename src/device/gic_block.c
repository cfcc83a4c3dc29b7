/* SPDX-License-Identifier: Apache-2.0
 *
 * The registers that distributor and redistributor have in common (IHI 0069H §12.9, §12.11), for 32
 * interrupts at a time. Priorities have five bits. */
#include "device/gic_state.h"

enum {
    IGROUPR = 0x080,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    IPRIORITYR_END = 0x800,
    ICFGR = 0xc00,
    ICFGR_END = 0xd00,
    PRIORITY_BITS = 0xf8,
};

bool gic_block_decode(unsigned off, struct gic_block_reg *ret)
{
    if (off >= IGROUPR && off < IPRIORITYR)
        *ret = (struct gic_block_reg){(off & 0x7f) / 4, off & ~0x7fu};
    else if (off >= IPRIORITYR && off < IPRIORITYR_END)
        *ret = (struct gic_block_reg){(off - IPRIORITYR) / GIC_BLOCK, IPRIORITYR + off % GIC_BLOCK};
    else if (off >= ICFGR && off < ICFGR_END)
        *ret = (struct gic_block_reg){(off - ICFGR) / 8, ICFGR + off % 8};
    else
        return false;
    return true;
}

/* Two bits for each of 16 interrupts, the upper one of which says edge. */
static uint32_t spread_edges(uint32_t edges)
{
    uint32_t v = 0;

    for (unsigned i = 0; i < 16; i++)
        v |= (edges >> i & 1) << (2 * i + 1);
    return v;
}

static uint32_t gather_edges(uint32_t icfgr)
{
    uint32_t edges = 0;

    for (unsigned i = 0; i < 16; i++)
        edges |= (icfgr >> (2 * i + 1) & 1) << i;
    return edges;
}

static uint32_t read_priorities(const struct gic_block *b, unsigned first)
{
    return b->priority[first] | (uint32_t)b->priority[first + 1] << 8 |
           (uint32_t)b->priority[first + 2] << 16 | (uint32_t)b->priority[first + 3] << 24;
}

uint32_t gic_block_read(const struct gic_block *b, unsigned off)
{
    switch (off) {
    case IGROUPR:
        return b->group;
    case ISENABLER:
    case ICENABLER:
        return b->enabled;
    case ISPENDR:
    case ICPENDR:
        return b->pending | (b->level & ~b->edge);
    case ISACTIVER:
    case ICACTIVER:
        return b->active;
    case ICFGR:
        return spread_edges(b->edge);
    case ICFGR + 4:
        return spread_edges(b->edge >> 16);
    default:
        return read_priorities(b, (off - IPRIORITYR) & ~3u);
    }
}

void gic_block_write_priority(struct gic_block *b, unsigned off, uint8_t value)
{
    b->priority[off - IPRIORITYR] = value & PRIORITY_BITS;
}

/* SGIs are always edge-triggered. */
static void write_config(struct gic_block *b, unsigned half, uint32_t value, bool sgi)
{
    uint32_t edges = gather_edges(value) << (16 * half);

    if (half == 0 && sgi)
        return;
    b->edge = (b->edge & ~(UINT32_C(0xffff) << (16 * half))) | edges;
}

void gic_block_write(struct gic_block *b, unsigned off, uint32_t value, bool sgi)
{
    switch (off) {
    case IGROUPR:
        b->group = value;
        break;
    case ISENABLER:
        b->enabled |= value;
        break;
    case ICENABLER:
        b->enabled &= ~value;
        break;
    case ISPENDR:
        b->pending |= value;
        break;
    case ICPENDR:
        b->pending &= ~value;
        break;
    case ISACTIVER:
        b->active |= value;
        break;
    case ICACTIVER:
        b->active &= ~value;
        break;
    case ICFGR:
    case ICFGR + 4:
        write_config(b, (off - ICFGR) / 4, value, sgi);
        break;
    default:
        for (unsigned i = 0; i < 4; i++)
            gic_block_write_priority(b, (off & ~3u) + i, (uint8_t)(value >> (i * 8)));
    }
}

uint32_t gic_id_register(unsigned off, uint8_t part)
{
    /* PIDR4..7, PIDR0..3, CIDR0..3: designer Arm, architecture revision 3 */
    const uint8_t id[] = {0x44, 0, 0, 0, part, 0xb4, 0x3b, 0, 0x0d, 0xf0, 0x05, 0xb1};
    unsigned i = (off - 0xffd0) / 4;

    return off >= 0xffd0 && i < sizeof(id) ? id[i] : 0;
}
