/* SPDX-License-Identifier: Apache-2.0
 *
 * Which interrupt a CPU would take, and whether it is interrupted (IHI 0069H §4.8): the pending,
 * enabled, inactive interrupt of an enabled group with the highest priority, lowest INTID first; it
 * is signalled if that is above the mask and its group priority above the running one. */
#include "device/gic_state.h"

unsigned gic_running_priority(const struct gic_cpu *c)
{
    uint32_t active = c->apr[GIC_GROUP0] | c->apr[GIC_GROUP1];

    return active ? (unsigned)__builtin_ctz(active) << 3 : GIC_IDLE_PRIORITY;
}

/* §4.8.5: a binary point of n leaves bits 7:n+1 to group 0 and 7:n to group 1. */
uint8_t gic_group_priority(const struct gic_cpu *c, unsigned group, uint8_t priority)
{
    unsigned shift =
        group == GIC_GROUP0 || c->common_bpr ? c->bpr[GIC_GROUP0] + 1u : c->bpr[GIC_GROUP1];

    return (uint8_t)(priority & (0xffu << shift));
}

/* Takes the best of those interrupts of a block that `mask` lets through, if it beats *best. */
static void consider(const struct gic_block *b, uint32_t mask, unsigned first_intid,
                     const bool enabled[GIC_NR_GROUPS], struct gic_candidate *best)
{
    uint32_t waiting = (b->pending | (b->level & ~b->edge)) & b->enabled & ~b->active & mask;

    if (!enabled[GIC_GROUP0])
        waiting &= b->group;
    if (!enabled[GIC_GROUP1])
        waiting &= ~b->group;
    for (; waiting != 0; waiting &= waiting - 1) {
        unsigned i = (unsigned)__builtin_ctz(waiting);

        if (best->intid == GIC_SPURIOUS || b->priority[i] < best->priority)
            *best = (struct gic_candidate){(uint16_t)(first_intid + i), b->priority[i],
                                           b->group >> i & 1};
    }
}

static bool is_signalled(const struct gic_cpu *c)
{
    const struct gic_candidate *best = &c->best;

    return best->intid != GIC_SPURIOUS && best->priority < c->pmr &&
           gic_group_priority(c, best->group, best->priority) < gic_running_priority(c);
}

static void drive(struct gic *g, unsigned cpu, enum gic_output which, bool level)
{
    struct gic_cpu *c = &g->cpu[cpu];

    if (c->output[which] == level)
        return;
    c->output[which] = level;
    g->params.output(g->params.ctx, cpu, which, level);
}

void gic_update_cpu(struct gic *g, unsigned cpu)
{
    struct gic_cpu *c = &g->cpu[cpu];
    const bool enabled[GIC_NR_GROUPS] = {g->enabled[GIC_GROUP0] && c->enabled[GIC_GROUP0],
                                         g->enabled[GIC_GROUP1] && c->enabled[GIC_GROUP1]};
    struct gic_candidate best = {.intid = GIC_SPURIOUS};
    bool signalled;

    if (enabled[GIC_GROUP0] || enabled[GIC_GROUP1]) {
        consider(&c->local, UINT32_MAX, 0, enabled, &best);
        for (unsigned i = 0; i < g->nr_spi_blocks; i++)
            consider(&g->spi[i], c->routed[i], GIC_FIRST_SPI + i * GIC_BLOCK, enabled, &best);
    }
    c->best = best;
    signalled = is_signalled(c);
    drive(g, cpu, GIC_OUTPUT_IRQ, signalled && best.group == GIC_GROUP1);
    drive(g, cpu, GIC_OUTPUT_FIQ, signalled && best.group == GIC_GROUP0);
}

void gic_update_all(struct gic *g)
{
    for (unsigned i = 0; i < g->params.nr_cpus; i++)
        gic_update_cpu(g, i);
}

void gic_update_block(struct gic *g, unsigned spi_block)
{
    for (unsigned i = 0; i < g->params.nr_cpus; i++)
        if (g->cpu[i].routed[spi_block] != 0)
            gic_update_cpu(g, i);
}

void gic_update_irq(struct gic *g, unsigned cpu, unsigned intid)
{
    unsigned target = intid < GIC_FIRST_SPI ? cpu : g->target[intid - GIC_FIRST_SPI];

    if (target != GIC_NO_CPU)
        gic_update_cpu(g, target);
}
