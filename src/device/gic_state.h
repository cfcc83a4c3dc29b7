/* SPDX-License-Identifier: Apache-2.0
 *
 * What a GIC is, for the files that model its parts. Everything under gic.lock. */
#ifndef BERTH_DEVICE_GIC_STATE_H
#define BERTH_DEVICE_GIC_STATE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "device/gic.h"

enum {
    GIC_BLOCK = 32, /* interrupts in a register of one bit each */
    GIC_MAX_SPI_BLOCKS = GIC_MAX_SPIS / GIC_BLOCK,
    GIC_NO_CPU = 0xff,
    GIC_IDLE_PRIORITY = 0xff,
};

enum gic_group { GIC_GROUP0, GIC_GROUP1, GIC_NR_GROUPS };

/* 32 interrupts: one bit each, lowest INTID in bit 0. */
struct gic_block {
    uint32_t group; /* 1: group 1 */
    uint32_t enabled;
    uint32_t pending; /* latched: an edge, or software; the level of a wire is not in here */
    uint32_t active;
    uint32_t edge;  /* configured edge-triggered */
    uint32_t level; /* of the input wires */
    uint8_t priority[GIC_BLOCK];
};

/* The interrupt a CPU would take, if its priority is high enough. */
struct gic_candidate {
    uint16_t intid; /* GIC_SPURIOUS: none */
    uint8_t priority;
    uint8_t group;
};

struct gic_cpu {
    /* Redistributor */
    struct gic_block local; /* SGIs 0..15, PPIs 16..31 */
    bool asleep;            /* GICR_WAKER.ProcessorSleep */
    /* CPU interface */
    uint8_t pmr;
    uint8_t bpr[GIC_NR_GROUPS];
    bool enabled[GIC_NR_GROUPS];
    bool common_bpr, eoi_mode;   /* ICC_CTLR.CBPR, EOImode */
    uint32_t apr[GIC_NR_GROUPS]; /* active priorities, bit n for priority n * 8 */
    /* Constant */
    uint64_t affinity;
    /* Derived */
    uint32_t routed[GIC_MAX_SPI_BLOCKS]; /* SPIs whose target is this CPU */
    struct gic_candidate best;
    bool output[GIC_NR_OUTPUTS]; /* as last told */
};

struct gic {
    pthread_mutex_t lock;
    struct gic_params params;
    unsigned nr_spi_blocks;
    /* Distributor */
    bool enabled[GIC_NR_GROUPS]; /* GICD_CTLR.EnableGrp0, 1 */
    struct gic_block spi[GIC_MAX_SPI_BLOCKS];
    uint64_t router[GIC_MAX_SPIS];
    uint8_t target[GIC_MAX_SPIS]; /* derived from router: a CPU, or GIC_NO_CPU */
    struct gic_cpu cpu[];
};

/* gic_route.c: takes GICD_IROUTER into `target` and `routed`. */
void gic_route_spi(struct gic *g, unsigned spi); /* `spi` is INTID - 32 */
void gic_route_any(struct gic *g);               /* anew for all that may go to any CPU */
unsigned gic_cpu_with_affinity(const struct gic *g, uint64_t affinity); /* GIC_NO_CPU: nobody */

/* gic_deliver.c: who must hear of what. Called after every change of the state it names. */
void gic_update_cpu(struct gic *g, unsigned cpu);
void gic_update_all(struct gic *g);
void gic_update_block(struct gic *g, unsigned spi_block);         /* SPIs of one block */
void gic_update_irq(struct gic *g, unsigned cpu, unsigned intid); /* cpu: whose, if private */

/* The block of `intid` as `cpu` sees it, or NULL. */
struct gic_block *gic_block_of(struct gic *g, unsigned cpu, unsigned intid);
static inline uint32_t gic_bit(unsigned intid)
{
    return UINT32_C(1) << (intid % GIC_BLOCK);
}

/* The priority at which `cpu` runs now, and the part of a priority that decides on preemption in
 * `group`. */
unsigned gic_running_priority(const struct gic_cpu *c);
uint8_t gic_group_priority(const struct gic_cpu *c, unsigned group, uint8_t priority);

/* gic_block.c: the registers that distributor and redistributor share. `off` is GICD_* numbering.
 */
struct gic_block_reg {
    unsigned block; /* 0: private interrupts */
    unsigned off;   /* as it would be in block 0 */
};
bool gic_block_decode(unsigned off, struct gic_block_reg *ret);
uint32_t gic_block_read(const struct gic_block *b, unsigned off);
void gic_block_write(struct gic_block *b, unsigned off, uint32_t value, bool sgi);
void gic_block_write_priority(struct gic_block *b, unsigned off, uint8_t value);

/* Identification registers at the end of each 64 KiB frame; 0 elsewhere. */
uint32_t gic_id_register(unsigned off, uint8_t part);

#endif
