/* SPDX-License-Identifier: Apache-2.0
 *
 * Affinity routing (IHI 0069H §3): from GICD_IROUTER to a CPU. An interrupt that may go to any CPU
 * goes to the first one that takes interrupts of some group at all, so that the same guest is
 * interrupted in the same way every time. */
#include "device/gic_state.h"

#define IROUTER_ANY (UINT64_C(1) << 31)

unsigned gic_cpu_with_affinity(const struct gic *g, uint64_t affinity)
{
    for (unsigned i = 0; i < g->params.nr_cpus; i++)
        if (g->cpu[i].affinity == affinity)
            return i;
    return GIC_NO_CPU;
}

static unsigned any_cpu(const struct gic *g)
{
    for (unsigned i = 0; i < g->params.nr_cpus; i++)
        if (g->cpu[i].enabled[GIC_GROUP0] || g->cpu[i].enabled[GIC_GROUP1])
            return i;
    return GIC_NO_CPU;
}

void gic_route_spi(struct gic *g, unsigned spi)
{
    uint64_t router = g->router[spi];
    unsigned old = g->target[spi];
    unsigned new = router &IROUTER_ANY ? any_cpu(g) : gic_cpu_with_affinity(g, router);
    unsigned block = spi / GIC_BLOCK;

    if (new == old)
        return;
    g->target[spi] = (uint8_t) new;
    if (old != GIC_NO_CPU) {
        g->cpu[old].routed[block] &= ~gic_bit(spi);
        gic_update_cpu(g, old);
    }
    if (new != GIC_NO_CPU) {
        g->cpu[new].routed[block] |= gic_bit(spi);
        gic_update_cpu(g, new);
    }
}

void gic_route_any(struct gic *g)
{
    for (unsigned spi = 0; spi < g->params.nr_spis; spi++)
        if (g->router[spi] & IROUTER_ANY)
            gic_route_spi(g, spi);
}
