/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm GICv3 (IHI 0069H): life, reset and input wires. gic_dist.c, gic_redist.c and gic_cpuif.c are
 * its three programming interfaces, gic_route.c and gic_deliver.c decide who is interrupted. One
 * lock guards it all: an interrupt costs three or four short critical sections, and a scan over
 * some thirty words. Left out: LPIs and the ITS, two security states, legacy operation,
 * virtualization. */
#include "device/gic.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "device/gic_state.h"

/* Back to reset, input levels kept. */
static void reset_block(struct gic_block *b, uint32_t edge)
{
    *b = (struct gic_block){.edge = edge, .level = b->level};
}

static void reset_cpu(struct gic_cpu *c)
{
    reset_block(&c->local, 0xffff);
    c->asleep = true;
    c->pmr = 0;
    c->bpr[GIC_GROUP0] = 2;
    c->bpr[GIC_GROUP1] = 3;
    c->common_bpr = c->eoi_mode = false;
    memset(c->enabled, 0, sizeof(c->enabled));
    memset(c->apr, 0, sizeof(c->apr));
}

void gic_reset(struct gic *g)
{
    (void)pthread_mutex_lock(&g->lock);
    memset(g->enabled, 0, sizeof(g->enabled));
    for (unsigned i = 0; i < g->params.nr_cpus; i++)
        reset_cpu(&g->cpu[i]);
    for (unsigned i = 0; i < g->nr_spi_blocks; i++)
        reset_block(&g->spi[i], 0);
    memset(g->router, 0, sizeof(g->router));
    for (unsigned i = 0; i < g->params.nr_spis; i++)
        gic_route_spi(g, i);
    gic_update_all(g);
    (void)pthread_mutex_unlock(&g->lock);
}

int gic_create(const struct gic_params *params, struct gic **ret)
{
    struct gic *g;

    if (params->nr_cpus < 1 || params->nr_cpus > GIC_MAX_CPUS || params->nr_spis < GIC_BLOCK ||
        params->nr_spis > GIC_MAX_SPIS || params->nr_spis % GIC_BLOCK)
        return -EINVAL;
    g = calloc(1, sizeof(*g) + params->nr_cpus * sizeof(g->cpu[0]));
    if (!g)
        return -ENOMEM;
    (void)pthread_mutex_init(&g->lock, NULL);
    g->params = *params;
    g->nr_spi_blocks = params->nr_spis / GIC_BLOCK;
    for (unsigned i = 0; i < params->nr_cpus; i++)
        g->cpu[i].affinity = params->mpidr(i);
    memset(g->target, GIC_NO_CPU, sizeof(g->target));
    gic_reset(g);
    *ret = g;
    return 0;
}

void gic_destroy(struct gic *g)
{
    if (!g)
        return;
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}

struct gic_block *gic_block_of(struct gic *g, unsigned cpu, unsigned intid)
{
    if (intid < GIC_FIRST_SPI)
        return &g->cpu[cpu].local;
    if (intid < GIC_FIRST_SPI + g->params.nr_spis)
        return &g->spi[(intid - GIC_FIRST_SPI) / GIC_BLOCK];
    return NULL;
}

/* A wire changes. Returns whether that can matter to a CPU. */
static bool change_level(struct gic_block *b, uint32_t bit, bool level)
{
    bool was = b->level & bit;

    if (was == level)
        return false;
    b->level ^= bit;
    if (!(b->edge & bit))
        return true;
    if (level)
        b->pending |= bit;
    return level;
}

void gic_set_spi(void *gic, unsigned intid, bool level)
{
    struct gic *g = gic;
    struct gic_block *b = intid < GIC_FIRST_SPI ? NULL : gic_block_of(g, 0, intid);

    if (!b)
        return;
    (void)pthread_mutex_lock(&g->lock);
    if (change_level(b, gic_bit(intid), level))
        gic_update_irq(g, 0, intid);
    (void)pthread_mutex_unlock(&g->lock);
}

void gic_pulse_spi(void *gic, unsigned intid)
{
    struct gic *g = gic;
    struct gic_block *b = intid < GIC_FIRST_SPI ? NULL : gic_block_of(g, 0, intid);

    if (!b)
        return;
    (void)pthread_mutex_lock(&g->lock);
    if (b->edge & gic_bit(intid)) {
        b->pending |= gic_bit(intid);
        gic_update_irq(g, 0, intid);
    }
    (void)pthread_mutex_unlock(&g->lock);
}

void gic_set_ppi(struct gic *g, unsigned cpu, unsigned intid, bool level)
{
    if (cpu >= g->params.nr_cpus || intid < GIC_FIRST_PPI || intid >= GIC_FIRST_SPI)
        return;
    (void)pthread_mutex_lock(&g->lock);
    if (change_level(&g->cpu[cpu].local, gic_bit(intid), level))
        gic_update_cpu(g, cpu);
    (void)pthread_mutex_unlock(&g->lock);
}
