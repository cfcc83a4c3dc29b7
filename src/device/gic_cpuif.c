/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv3 CPU interface, the ICC_*_EL1 registers (IHI 0069H §12.2): acknowledge, priority drop,
 * deactivate, software interrupts. Five priority bits: one active-priorities register a group. */
#include <errno.h>

#include "device/gic_state.h"

#define ICC(crm, op2) GIC_SYSREG(3u, 0u, 12u, crm, op2)

enum icc_register {
    ICC_PMR_EL1 = GIC_SYSREG(3u, 0u, 4u, 6u, 0u),
    ICC_IAR0_EL1 = ICC(8u, 0u),
    ICC_EOIR0_EL1 = ICC(8u, 1u),
    ICC_HPPIR0_EL1 = ICC(8u, 2u),
    ICC_BPR0_EL1 = ICC(8u, 3u),
    ICC_AP0R0_EL1 = ICC(8u, 4u),
    ICC_AP1R0_EL1 = ICC(9u, 0u),
    ICC_DIR_EL1 = ICC(11u, 1u),
    ICC_RPR_EL1 = ICC(11u, 3u),
    ICC_SGI1R_EL1 = ICC(11u, 5u),
    ICC_ASGI1R_EL1 = ICC(11u, 6u),
    ICC_SGI0R_EL1 = ICC(11u, 7u),
    ICC_IAR1_EL1 = ICC(12u, 0u),
    ICC_EOIR1_EL1 = ICC(12u, 1u),
    ICC_HPPIR1_EL1 = ICC(12u, 2u),
    ICC_BPR1_EL1 = ICC(12u, 3u),
    ICC_CTLR_EL1 = ICC(12u, 4u),
    ICC_SRE_EL1 = ICC(12u, 5u),
    ICC_IGRPEN0_EL1 = ICC(12u, 6u),
    ICC_IGRPEN1_EL1 = ICC(12u, 7u),
};

enum {
    CTLR_CBPR = 1 << 0,
    CTLR_EOIMODE = 1 << 1,
    CTLR_CONSTANT = 0x8c00, /* A3V, 24-bit INTIDs, 5 priority bits */
    SRE_ALL = 7,
    PRIORITY_BITS = 0xf8,
    BPR0_MIN = 2,
    BPR1_MIN = 3,
    INTID_BITS = 0xffffff,
};

static const struct gic_candidate *highest_pending(const struct gic_cpu *c, unsigned group)
{
    return c->best.intid != GIC_SPURIOUS && c->best.group == group ? &c->best : NULL;
}

/* ICC_IARn: takes the interrupt that the CPU was signalled. */
static unsigned acknowledge(struct gic *g, unsigned cpu, unsigned group)
{
    struct gic_cpu *c = &g->cpu[cpu];
    unsigned intid = c->best.intid;
    struct gic_block *b;
    uint8_t priority;

    if (!c->output[group == GIC_GROUP0 ? GIC_OUTPUT_FIQ : GIC_OUTPUT_IRQ])
        return GIC_SPURIOUS;
    priority = gic_group_priority(c, group, c->best.priority);
    c->apr[group] |= UINT32_C(1) << (priority >> 3);
    b = gic_block_of(g, cpu, intid);
    b->active |= gic_bit(intid);
    b->pending &= ~gic_bit(intid);
    gic_update_cpu(g, cpu);
    return intid;
}

static void deactivate(struct gic *g, unsigned cpu, unsigned intid)
{
    struct gic_block *b = gic_block_of(g, cpu, intid);

    if (!b || !(b->active & gic_bit(intid)))
        return;
    b->active &= ~gic_bit(intid);
    gic_update_irq(g, cpu, intid);
}

/* ICC_EOIRn: back to the priority before, if the highest active one belongs to this group. */
static void end_of_interrupt(struct gic *g, unsigned cpu, unsigned group, unsigned intid)
{
    struct gic_cpu *c = &g->cpu[cpu];
    uint32_t all = c->apr[GIC_GROUP0] | c->apr[GIC_GROUP1];
    uint32_t highest = all & -all;

    if (!gic_block_of(g, cpu, intid) || !(c->apr[group] & highest))
        return;
    c->apr[group] &= ~highest;
    if (!c->eoi_mode)
        deactivate(g, cpu, intid);
    gic_update_cpu(g, cpu);
}

/* Makes a software interrupt pending at one CPU, if its configuration there is of the group asked
 * for. */
static void raise_sgi(struct gic *g, unsigned target, unsigned intid, unsigned group)
{
    struct gic_block *b = &g->cpu[target].local;

    if ((b->group >> intid & 1) != group)
        return;
    b->pending |= gic_bit(intid);
    gic_update_cpu(g, target);
}

/* ICC_SGInR: target list 15:0, Aff1 23:16, INTID 27:24, Aff2 39:32, IRM 40, RS 47:44, Aff3 55:48.
 */
static void generate_sgi(struct gic *g, unsigned cpu, unsigned group, uint64_t value)
{
    unsigned intid = value >> 24 & 15;
    uint64_t cluster =
        (value >> 48 & 0xff) << 32 | (value >> 32 & 0xff) << 16 | (value >> 16 & 0xff) << 8;
    uint64_t first = cluster | (value >> 44 & 15) << 4;

    if (value & UINT64_C(1) << 40) {
        for (unsigned i = 0; i < g->params.nr_cpus; i++)
            if (i != cpu)
                raise_sgi(g, i, intid, group);
        return;
    }
    for (uint32_t list = value & 0xffff; list != 0; list &= list - 1) {
        unsigned target = gic_cpu_with_affinity(g, first | (unsigned)__builtin_ctz(list));

        if (target != GIC_NO_CPU)
            raise_sgi(g, target, intid, group);
    }
}

static uint64_t read_bpr1(const struct gic_cpu *c)
{
    if (!c->common_bpr)
        return c->bpr[GIC_GROUP1];
    return c->bpr[GIC_GROUP0] < 7 ? c->bpr[GIC_GROUP0] + 1u : 7;
}

static int read_locked(struct gic *g, unsigned cpu, uint32_t reg, uint64_t *ret)
{
    struct gic_cpu *c = &g->cpu[cpu];
    const struct gic_candidate *hppi;

    switch (reg) {
    case ICC_IAR0_EL1:
    case ICC_IAR1_EL1:
        *ret = acknowledge(g, cpu, reg == ICC_IAR1_EL1);
        return 0;
    case ICC_HPPIR0_EL1:
    case ICC_HPPIR1_EL1:
        hppi = highest_pending(c, reg == ICC_HPPIR1_EL1);
        *ret = hppi ? hppi->intid : GIC_SPURIOUS;
        return 0;
    case ICC_PMR_EL1:
        *ret = c->pmr;
        return 0;
    case ICC_BPR0_EL1:
        *ret = c->bpr[GIC_GROUP0];
        return 0;
    case ICC_BPR1_EL1:
        *ret = read_bpr1(c);
        return 0;
    case ICC_AP0R0_EL1:
    case ICC_AP1R0_EL1:
        *ret = c->apr[reg == ICC_AP1R0_EL1];
        return 0;
    case ICC_RPR_EL1:
        *ret = gic_running_priority(c);
        return 0;
    case ICC_CTLR_EL1:
        *ret = CTLR_CONSTANT | (c->common_bpr ? CTLR_CBPR : 0u) | (c->eoi_mode ? CTLR_EOIMODE : 0u);
        return 0;
    case ICC_SRE_EL1:
        *ret = SRE_ALL;
        return 0;
    case ICC_IGRPEN0_EL1:
    case ICC_IGRPEN1_EL1:
        *ret = c->enabled[reg == ICC_IGRPEN1_EL1];
        return 0;
    default:
        return -ENOENT;
    }
}

static void write_bpr(struct gic_cpu *c, unsigned group, uint64_t value)
{
    uint8_t min = group == GIC_GROUP0 ? BPR0_MIN : BPR1_MIN;
    uint8_t bpr = value & 7;

    if (group == GIC_GROUP1 && c->common_bpr)
        return;
    c->bpr[group] = bpr < min ? min : bpr;
}

/* Registers that act rather than hold state. */
static int write_action(struct gic *g, unsigned cpu, uint32_t reg, uint64_t value)
{
    unsigned intid = value & INTID_BITS;

    switch (reg) {
    case ICC_EOIR0_EL1:
    case ICC_EOIR1_EL1:
        end_of_interrupt(g, cpu, reg == ICC_EOIR1_EL1, intid);
        return 0;
    case ICC_DIR_EL1:
        if (g->cpu[cpu].eoi_mode)
            deactivate(g, cpu, intid);
        return 0;
    case ICC_SGI0R_EL1:
    case ICC_SGI1R_EL1:
        generate_sgi(g, cpu, reg == ICC_SGI1R_EL1, value);
        return 0;
    case ICC_ASGI1R_EL1: /* the other security state's: there is none */
    case ICC_SRE_EL1:
        return 0;
    default:
        return -ENOENT;
    }
}

static int write_state(struct gic *g, struct gic_cpu *c, uint32_t reg, uint64_t value)
{
    switch (reg) {
    case ICC_PMR_EL1:
        c->pmr = value & PRIORITY_BITS;
        return 0;
    case ICC_BPR0_EL1:
    case ICC_BPR1_EL1:
        write_bpr(c, reg == ICC_BPR1_EL1, value);
        return 0;
    case ICC_AP0R0_EL1:
    case ICC_AP1R0_EL1:
        c->apr[reg == ICC_AP1R0_EL1] = (uint32_t)value;
        return 0;
    case ICC_CTLR_EL1:
        c->common_bpr = value & CTLR_CBPR;
        c->eoi_mode = value & CTLR_EOIMODE;
        return 0;
    case ICC_IGRPEN0_EL1:
    case ICC_IGRPEN1_EL1:
        c->enabled[reg == ICC_IGRPEN1_EL1] = value & 1;
        gic_route_any(g);
        return 0;
    default:
        return -ENOENT;
    }
}

int gic_read_sysreg(struct gic *g, unsigned cpu, uint32_t reg, uint64_t *ret)
{
    int r;

    (void)pthread_mutex_lock(&g->lock);
    r = read_locked(g, cpu, reg, ret);
    (void)pthread_mutex_unlock(&g->lock);
    return r;
}

int gic_write_sysreg(struct gic *g, unsigned cpu, uint32_t reg, uint64_t value)
{
    int r;

    (void)pthread_mutex_lock(&g->lock);
    r = write_action(g, cpu, reg, value);
    if (r == -ENOENT) {
        r = write_state(g, &g->cpu[cpu], reg, value);
        if (!r)
            gic_update_cpu(g, cpu);
    }
    (void)pthread_mutex_unlock(&g->lock);
    return r;
}
