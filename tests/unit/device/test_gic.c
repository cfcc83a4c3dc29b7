/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "device/gic.h"
#include "device/gicv2m.h"

#include <cmocka.h>

enum { NR_CPUS = 20, NR_SPIS = 960 };

/* Offsets in the frames */
enum {
    CTLR = 0,
    TYPER = 4,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    ICENABLER = 0x180,
    ISPENDR = 0x200,
    ICPENDR = 0x280,
    ISACTIVER = 0x300,
    ICACTIVER = 0x380,
    IPRIORITYR = 0x400,
    ICFGR = 0xc00,
    IROUTER = 0x6000,
    PIDR2 = 0xffe8,
    WAKER = 0x14,
    SGI = 0x10000
};

#define ICC(crm, op2) GIC_SYSREG(3u, 0u, 12u, crm, op2)
#define PMR           GIC_SYSREG(3u, 0u, 4u, 6u, 0u)
#define IAR0          ICC(8u, 0u)
#define EOIR0         ICC(8u, 1u)
#define BPR0          ICC(8u, 3u)
#define AP1R0         ICC(9u, 0u)
#define DIR           ICC(11u, 1u)
#define RPR           ICC(11u, 3u)
#define SGI1R         ICC(11u, 5u)
#define IAR1          ICC(12u, 0u)
#define EOIR1         ICC(12u, 1u)
#define HPPIR1        ICC(12u, 2u)
#define BPR1          ICC(12u, 3u)
#define ICTLR         ICC(12u, 4u)
#define SRE           ICC(12u, 5u)
#define IGRPEN0       ICC(12u, 6u)
#define IGRPEN1       ICC(12u, 7u)

struct fixture {
    struct gic *gic;
    bool pin[NR_CPUS][GIC_NR_OUTPUTS];
};

static uint64_t mpidr(unsigned cpu)
{
    return (cpu & 15) | (uint64_t)(cpu >> 4) << 8;
}

static void output(void *ctx, unsigned cpu, enum gic_output which, bool level)
{
    struct fixture *f = ctx;

    assert_true(f->pin[cpu][which] != level);
    f->pin[cpu][which] = level;
}

static uint64_t sysreg(struct fixture *f, unsigned cpu, uint32_t reg)
{
    uint64_t v;

    assert_int_equal(gic_read_sysreg(f->gic, cpu, reg, &v), 0);
    return v;
}

static void set_sysreg(struct fixture *f, unsigned cpu, uint32_t reg, uint64_t value)
{
    assert_int_equal(gic_write_sysreg(f->gic, cpu, reg, value), 0);
}

static uint32_t dist(struct fixture *f, unsigned off)
{
    return (uint32_t)gic_dist_ops.read(f->gic, off, 4);
}

static void set_dist(struct fixture *f, unsigned off, uint32_t value)
{
    gic_dist_ops.write(f->gic, off, 4, value);
}

static uint32_t redist(struct fixture *f, unsigned cpu, unsigned off)
{
    return (uint32_t)gic_redist_ops.read(f->gic, cpu * GIC_REDIST_SIZE + off, 4);
}

static void set_redist(struct fixture *f, unsigned cpu, unsigned off, uint32_t value)
{
    gic_redist_ops.write(f->gic, cpu * GIC_REDIST_SIZE + off, 4, value);
}

/* What an operating system does first: all in group 1, everything let through. */
static void boot(struct fixture *f)
{
    set_dist(f, CTLR, 3);
    for (unsigned i = 1; i <= NR_SPIS / 32; i++)
        set_dist(f, IGROUPR + 4 * i, UINT32_MAX);
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
        set_redist(f, cpu, SGI + IGROUPR, UINT32_MAX);
        set_redist(f, cpu, SGI + ISENABLER, UINT32_MAX);
        set_sysreg(f, cpu, PMR, 0xf0);
        set_sysreg(f, cpu, IGRPEN0, 1);
        set_sysreg(f, cpu, IGRPEN1, 1);
    }
}

static void set_priority(struct fixture *f, unsigned intid, uint8_t priority)
{
    gic_dist_ops.write(f->gic, IPRIORITYR + intid, 1, priority);
}

static void set_edge(struct fixture *f, unsigned intid)
{
    unsigned off = ICFGR + intid / 16 * 4;

    set_dist(f, off, dist(f, off) | 2u << (intid % 16 * 2));
}

static void enable(struct fixture *f, unsigned intid)
{
    set_dist(f, ISENABLER + intid / 32 * 4, 1u << intid % 32);
}

static bool irq(const struct fixture *f, unsigned cpu)
{
    return f->pin[cpu][GIC_OUTPUT_IRQ];
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct gic_params params = {NR_CPUS, NR_SPIS, mpidr, output, f};

    assert_int_equal(gic_create(&params, &f->gic), 0);
    boot(f);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    gic_destroy(f->gic);
    free(f);
    return 0;
}

static void gic_identifies_itself(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(dist(f, CTLR), 0x53);
    assert_int_equal(dist(f, TYPER), 0x01780000 | NR_SPIS / 32);
    assert_int_equal(dist(f, 8), 0x43b);
    assert_int_equal(dist(f, 0xc), 0);
    assert_int_equal(dist(f, PIDR2), 0x3b);
    assert_int_equal(gic_dist_ops.read(f->gic, PIDR2, 1), 0x3b);
    assert_int_equal(redist(f, 3, PIDR2), 0x3b);
    assert_int_equal(sysreg(f, 0, ICTLR), 0x8c00);
    assert_int_equal(sysreg(f, 0, SRE), 7);
}

static void gicr_typer_names_the_cpu(void **state)
{
    struct fixture *f = *state;

    assert_true(gic_redist_ops.read(f->gic, 8, 8) == 0);
    assert_true(gic_redist_ops.read(f->gic, 17 * GIC_REDIST_SIZE + 8, 8) ==
                (UINT64_C(0x101) << 32 | 17 << 8));
    assert_int_equal(redist(f, 19, 8), 19 << 8 | 0x10);
    assert_int_equal(redist(f, 19, 12), 0x103);
}

static void gicr_waker_children_follow_the_processor(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(redist(f, 0, WAKER), 6);
    set_redist(f, 0, WAKER, 0);
    assert_int_equal(redist(f, 0, WAKER), 0);
    set_redist(f, 0, WAKER, 2);
    assert_int_equal(redist(f, 0, WAKER), 6);
}

static void gic_level_interrupt_follows_its_wire(void **state)
{
    struct fixture *f = *state;

    gic_set_spi(f->gic, 33, true);
    assert_false(irq(f, 0));
    enable(f, 33);
    assert_true(irq(f, 0));
    gic_set_spi(f->gic, 33, false);
    assert_false(irq(f, 0));
    assert_int_equal(sysreg(f, 0, IAR1), GIC_SPURIOUS);
    gic_set_spi(f->gic, 33, true);
    assert_int_equal(sysreg(f, 0, HPPIR1), 33);
    assert_int_equal(sysreg(f, 0, IAR1), 33);
    assert_false(irq(f, 0));
    assert_int_equal(dist(f, ISACTIVER + 4), 2);
    set_sysreg(f, 0, EOIR1, 33); /* still high */
    assert_true(irq(f, 0));
    assert_int_equal(sysreg(f, 0, IAR1), 33);
    gic_set_spi(f->gic, 33, false);
    set_sysreg(f, 0, EOIR1, 33);
    assert_false(irq(f, 0));
    assert_int_equal(dist(f, ISACTIVER + 4), 0);
}

static void gic_edge_interrupt_is_latched_once(void **state)
{
    struct fixture *f = *state;

    set_edge(f, 100);
    enable(f, 100);
    gic_set_spi(f->gic, 100, true);
    gic_set_spi(f->gic, 100, false);
    gic_set_spi(f->gic, 100, true);
    assert_int_equal(sysreg(f, 0, IAR1), 100);
    set_sysreg(f, 0, EOIR1, 100);
    assert_false(irq(f, 0));
}

static void gic_edge_while_active_comes_after_it(void **state)
{
    struct fixture *f = *state;

    set_edge(f, 100);
    enable(f, 100);
    gic_pulse_spi(f->gic, 100);
    assert_int_equal(sysreg(f, 0, IAR1), 100);
    gic_pulse_spi(f->gic, 100);
    assert_false(irq(f, 0));
    set_sysreg(f, 0, EOIR1, 100);
    assert_true(irq(f, 0));
    assert_int_equal(sysreg(f, 0, IAR1), 100);
}

static void gic_takes_the_highest_priority_first(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 40; i < 44; i++) {
        enable(f, i);
        set_priority(f, i, (uint8_t)(0xa0 - (i & 1) * 0x20));
        gic_set_spi(f->gic, i, true);
    }
    assert_int_equal(sysreg(f, 0, IAR1), 41); /* then the same priority waits, the lower ones too */
    assert_int_equal(sysreg(f, 0, IAR1), GIC_SPURIOUS);
    assert_int_equal(sysreg(f, 0, HPPIR1), 43);
    gic_set_spi(f->gic, 41, false);
    set_sysreg(f, 0, EOIR1, 41);
    assert_int_equal(sysreg(f, 0, IAR1), 43);
    gic_set_spi(f->gic, 43, false);
    set_sysreg(f, 0, EOIR1, 43);
    assert_int_equal(sysreg(f, 0, IAR1), 40);
}

static void gic_higher_priority_preempts(void **state)
{
    struct fixture *f = *state;

    enable(f, 50);
    enable(f, 51);
    set_priority(f, 50, 0xa0);
    set_priority(f, 51, 0x80);
    gic_set_spi(f->gic, 50, true);
    assert_int_equal(sysreg(f, 0, IAR1), 50);
    assert_int_equal(sysreg(f, 0, RPR), 0xa0);
    gic_set_spi(f->gic, 51, true);
    assert_true(irq(f, 0));
    assert_int_equal(sysreg(f, 0, IAR1), 51);
    assert_int_equal(sysreg(f, 0, RPR), 0x80);
    assert_int_equal(sysreg(f, 0, AP1R0), 1u << 20 | 1u << 16);
    gic_set_spi(f->gic, 51, false);
    set_sysreg(f, 0, EOIR1, 51);
    assert_int_equal(sysreg(f, 0, RPR), 0xa0);
    assert_false(irq(f, 0));
    gic_set_spi(f->gic, 50, false);
    set_sysreg(f, 0, EOIR1, 50);
    assert_int_equal(sysreg(f, 0, RPR), 0xff);
}

static void gic_binary_point_limits_preemption(void **state)
{
    struct fixture *f = *state;

    set_sysreg(f, 0, BPR1, 7); /* bit 7 alone decides */
    enable(f, 50);
    enable(f, 51);
    set_priority(f, 50, 0xa0);
    set_priority(f, 51, 0x80);
    gic_set_spi(f->gic, 50, true);
    assert_int_equal(sysreg(f, 0, IAR1), 50);
    gic_set_spi(f->gic, 51, true);
    assert_false(irq(f, 0));
    set_priority(f, 51, 0x40);
    assert_true(irq(f, 0));
    set_sysreg(f, 0, BPR1, 0);
    assert_int_equal(sysreg(f, 0, BPR1), 3);
    set_sysreg(f, 0, BPR0, 0);
    assert_int_equal(sysreg(f, 0, BPR0), 2);
    set_sysreg(f, 0, ICTLR, 1);
    assert_int_equal(sysreg(f, 0, BPR1), 3);
    assert_int_equal(sysreg(f, 0, ICTLR), 0x8c01);
}

static void gic_priority_mask_is_exclusive(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    set_priority(f, 40, 0xa0);
    gic_set_spi(f->gic, 40, true);
    set_sysreg(f, 0, PMR, 0xa0);
    assert_false(irq(f, 0));
    set_sysreg(f, 0, PMR, 0xa8);
    assert_true(irq(f, 0));
    set_sysreg(f, 0, PMR, 0x0f);
    assert_int_equal(sysreg(f, 0, PMR), 8);
}

static void gic_group0_is_fiq(void **state)
{
    struct fixture *f = *state;

    set_dist(f, IGROUPR + 4, ~(1u << 8));
    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    assert_false(irq(f, 0));
    assert_true(f->pin[0][GIC_OUTPUT_FIQ]);
    assert_int_equal(sysreg(f, 0, IAR1), GIC_SPURIOUS);
    assert_int_equal(sysreg(f, 0, IAR0), 40);
    gic_set_spi(f->gic, 40, false);
    set_sysreg(f, 0, EOIR1, 40); /* the wrong group's: ignored */
    assert_int_equal(dist(f, ISACTIVER + 4), 1u << 8);
    set_sysreg(f, 0, EOIR0, 40);
    assert_int_equal(dist(f, ISACTIVER + 4), 0);
}

static void gic_disabled_groups_are_silent(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    set_dist(f, CTLR, 1);
    assert_false(irq(f, 0));
    assert_int_equal(dist(f, CTLR), 0x51);
    set_dist(f, CTLR, 2);
    assert_true(irq(f, 0));
    set_sysreg(f, 0, IGRPEN1, 0);
    assert_false(irq(f, 0));
    set_sysreg(f, 0, IGRPEN1, 1);
    set_dist(f, ICENABLER + 4, 1u << 8);
    assert_false(irq(f, 0));
}

static void gic_eoi_mode_splits_drop_and_deactivation(void **state)
{
    struct fixture *f = *state;

    set_sysreg(f, 0, ICTLR, 2);
    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    assert_int_equal(sysreg(f, 0, IAR1), 40);
    set_sysreg(f, 0, EOIR1, 40);
    assert_int_equal(sysreg(f, 0, RPR), 0xff);
    assert_false(irq(f, 0));
    set_sysreg(f, 0, DIR, 40);
    assert_true(irq(f, 0));
}

static void gic_routes_by_affinity(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    assert_true(irq(f, 0));
    gic_dist_ops.write(f->gic, IROUTER + 8 * 40, 8, mpidr(18));
    assert_false(irq(f, 0));
    assert_true(irq(f, 18));
    assert_true(gic_dist_ops.read(f->gic, IROUTER + 8 * 40, 8) == mpidr(18));
    set_dist(f, IROUTER + 8 * 40 + 4, 1); /* Aff3 1: nobody */
    assert_false(irq(f, 18));
    assert_int_equal(sysreg(f, 18, IAR1), GIC_SPURIOUS);
    set_dist(f, IROUTER + 8 * 40 + 4, 0);
    assert_int_equal(sysreg(f, 18, IAR1), 40);
    gic_dist_ops.write(f->gic, IROUTER + 8 * 40, 8, 0); /* moves while active */
    set_sysreg(f, 18, EOIR1, 40);
    assert_true(irq(f, 0));
}

static void gic_routes_to_any_cpu_that_listens(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    gic_dist_ops.write(f->gic, IROUTER + 8 * 40, 8, UINT32_C(1) << 31);
    gic_set_spi(f->gic, 40, true);
    assert_true(irq(f, 0));
    set_sysreg(f, 0, IGRPEN1, 0);
    set_sysreg(f, 0, IGRPEN0, 0);
    assert_false(irq(f, 0));
    assert_true(irq(f, 1));
}

static void gic_sgi_reaches_its_targets(void **state)
{
    struct fixture *f = *state;

    set_sysreg(f, 0, SGI1R, UINT64_C(5) << 24 | 0x8006); /* CPUs 1, 2, 15 */
    for (unsigned i = 0; i < NR_CPUS; i++)
        assert_int_equal(irq(f, i), i == 1 || i == 2 || i == 15);
    assert_int_equal(sysreg(f, 15, IAR1), 5);
    set_sysreg(f, 15, EOIR1, 5);
    assert_false(irq(f, 15));
    set_sysreg(f, 3, SGI1R, UINT64_C(7) << 24 | 1 << 16 | 0x2); /* Aff1 1: CPU 17 */
    assert_int_equal(sysreg(f, 17, IAR1), 7);
    set_sysreg(f, 3, SGI1R, UINT64_C(1) << 44 | 1); /* Aff0 16: nobody */
}

static void gic_sgi_to_all_others(void **state)
{
    struct fixture *f = *state;

    set_sysreg(f, 4, SGI1R, UINT64_C(1) << 40);
    for (unsigned i = 0; i < NR_CPUS; i++)
        assert_int_equal(irq(f, i), i != 4);
}

static void gic_ppi_is_private(void **state)
{
    struct fixture *f = *state;

    gic_set_ppi(f->gic, 2, 27, true);
    assert_true(irq(f, 2));
    assert_false(irq(f, 0));
    assert_int_equal(redist(f, 2, SGI + ISPENDR), 1u << 27);
    assert_int_equal(sysreg(f, 2, IAR1), 27);
    gic_set_ppi(f->gic, 2, 27, false);
    set_sysreg(f, 2, EOIR1, 27);
    assert_false(irq(f, 2));
    gic_set_ppi(f->gic, 2, 15, true); /* an SGI has no wire */
    gic_set_ppi(f->gic, NR_CPUS, 27, true);
    assert_false(irq(f, 2));
}

static void gic_software_sets_and_clears_pending(void **state)
{
    struct fixture *f = *state;

    enable(f, 200);
    set_dist(f, ISPENDR + 24, 1u << 8);
    assert_true(irq(f, 0));
    set_dist(f, ICPENDR + 24, 1u << 8);
    assert_false(irq(f, 0));
    set_dist(f, ISPENDR + 24, 1u << 8);
    assert_int_equal(sysreg(f, 0, IAR1), 200);
    set_sysreg(f, 0, EOIR1, 200);
    assert_false(irq(f, 0));
}

static void gic_active_bits_are_writable(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    set_dist(f, ISACTIVER + 4, 1u << 8);
    assert_false(irq(f, 0));
    set_dist(f, ICACTIVER + 4, UINT32_MAX);
    assert_true(irq(f, 0));
}

static void gic_registers_take_their_sizes(void **state)
{
    struct fixture *f = *state;

    set_dist(f, IPRIORITYR + 40, 0xffa09f07);
    assert_int_equal(dist(f, IPRIORITYR + 40), 0xf8a09800);
    assert_int_equal((uint8_t)gic_dist_ops.read(f->gic, IPRIORITYR + 42, 1), 0xa0);
    gic_dist_ops.write(f->gic, IPRIORITYR + 40, 2, 0x1020);
    assert_int_equal(dist(f, IPRIORITYR + 40), 0xf8a01020);
    gic_dist_ops.write(f->gic, ISENABLER + 4, 1, 0xff); /* too narrow */
    assert_int_equal(dist(f, ISENABLER + 4), 0);
    gic_dist_ops.write(f->gic, ISENABLER + 8, 8, UINT64_C(0x0000000200000001));
    assert_int_equal(dist(f, ISENABLER + 8), 1);
    assert_int_equal(dist(f, ISENABLER + 12), 2);
    gic_redist_ops.write(f->gic, SGI + IPRIORITYR + 27, 1, 0x88);
    assert_int_equal(redist(f, 0, SGI + IPRIORITYR + 24), 0x88000000);
}

static void gic_config_registers_hold_edges(void **state)
{
    struct fixture *f = *state;

    set_dist(f, ICFGR + 8, 0xffffffff);
    assert_int_equal(dist(f, ICFGR + 8), 0xaaaaaaaa);
    assert_int_equal(dist(f, ICFGR + 12), 0);
    set_redist(f, 0, SGI + ICFGR, 0);
    assert_int_equal(redist(f, 0, SGI + ICFGR), 0xaaaaaaaa);
    set_redist(f, 0, SGI + ICFGR + 4, 0x80000000);
    assert_int_equal(redist(f, 0, SGI + ICFGR + 4), 0x80000000);
}

static void gic_private_registers_are_zero_in_the_distributor(void **state)
{
    struct fixture *f = *state;

    set_dist(f, ISENABLER, 0xff);
    set_dist(f, IPRIORITYR, 0xff);
    gic_dist_ops.write(f->gic, IROUTER + 8 * 31, 8, 1);
    assert_int_equal(dist(f, ISENABLER), 0);
    assert_int_equal(dist(f, IPRIORITYR), 0);
    assert_int_equal(dist(f, IROUTER + 8 * 31), 0);
    assert_int_equal(dist(f, ISENABLER + 4 * 31), 0); /* past the last SPI */
    set_dist(f, ISENABLER + 4 * 31, 1);
}

static void gic_sysreg_refuses_unknown_registers(void **state)
{
    struct fixture *f = *state;
    uint64_t v;

    assert_int_equal(gic_read_sysreg(f->gic, 0, ICC(8u, 5u), &v),
                     -ENOENT); /* AP0R1: only with more bits */
    assert_int_equal(gic_write_sysreg(f->gic, 0, ICC(9u, 1u), 0), -ENOENT);
    assert_int_equal(gic_read_sysreg(f->gic, 0, EOIR1, &v), -ENOENT);
    assert_int_equal(gic_write_sysreg(f->gic, 0, IAR1, 0), -ENOENT);
    assert_int_equal(gic_write_sysreg(f->gic, 0, RPR, 0), -ENOENT);
    assert_int_equal(gic_read_sysreg(f->gic, 0, 0, &v), -ENOENT);
}

static void gic_ignores_wild_ends_of_interrupt(void **state)
{
    struct fixture *f = *state;

    set_sysreg(f, 0, EOIR1, 40);
    set_sysreg(f, 0, EOIR1, UINT64_MAX);
    set_sysreg(f, 0, DIR, 1023);
    gic_set_spi(f->gic, 31, true);
    gic_set_spi(f->gic, 32 + NR_SPIS, true);
    gic_pulse_spi(f->gic, 5000);
    assert_int_equal(sysreg(f, 0, RPR), 0xff);
}

static void gic_reset_keeps_the_wires(void **state)
{
    struct fixture *f = *state;

    enable(f, 40);
    gic_set_spi(f->gic, 40, true);
    gic_reset(f->gic);
    assert_false(irq(f, 0));
    assert_int_equal(dist(f, CTLR), 0x50);
    assert_int_equal(dist(f, ISENABLER + 4), 0);
    boot(f);
    enable(f, 40);
    assert_true(irq(f, 0));
}

static void gicv2m_turns_messages_into_edges(void **state)
{
    struct fixture *f = *state;
    struct gicv2m m = {
        .base = 0x8020000, .first_intid = 80, .nr = 912, .pulse = gic_pulse_spi, .ctrl = f->gic};

    set_edge(f, 80);
    set_edge(f, 991);
    enable(f, 80);
    enable(f, 991);
    assert_int_equal(gicv2m_ops.read(&m, 8, 4), 80 << 16 | 912);
    gicv2m_send(&m, 0x8020040, 991);
    assert_int_equal(sysreg(f, 0, IAR1), 991);
    gicv2m_ops.write(&m, 0x40, 4, 80);
    set_sysreg(f, 0, EOIR1, 991);
    assert_int_equal(sysreg(f, 0, IAR1), 80);
    set_sysreg(f, 0, EOIR1, 80);
    gicv2m_send(&m, 0x8020040, 79);
    gicv2m_send(&m, 0x8020040, 992);
    gicv2m_send(&m, 0x8020044, 80);
    gicv2m_send(&m, 0x40000000, 80);
    assert_false(irq(f, 0));
}

enum { NR_ROUNDS = 20000 };

static void *device_thread(void *fixture)
{
    struct fixture *f = fixture;

    for (unsigned i = 0; i < NR_ROUNDS; i++)
        gic_pulse_spi(f->gic, 100);
    return NULL;
}

/* Edges that come while others are handled may merge, but the last one is never lost. */
static void gic_serves_threads(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    set_edge(f, 100);
    enable(f, 100);
    assert_int_equal(pthread_create(&thread, NULL, device_thread, f), 0);
    for (unsigned i = 0; i < NR_ROUNDS; i++)
        if (sysreg(f, 0, IAR1) == 100)
            set_sysreg(f, 0, EOIR1, 100);
    assert_int_equal(pthread_join(thread, NULL), 0);
    while (sysreg(f, 0, IAR1) == 100)
        set_sysreg(f, 0, EOIR1, 100);
    gic_pulse_spi(f->gic, 100);
    assert_true(irq(f, 0));
}

static void gic_rejects_impossible_sizes(void **state)
{
    struct gic_params params = {0, 32, mpidr, output, NULL};
    struct gic *g;

    assert_int_equal(gic_create(&params, &g), -EINVAL);
    params.nr_cpus = 65;
    assert_int_equal(gic_create(&params, &g), -EINVAL);
    params = (struct gic_params){1, 33, mpidr, output, NULL};
    assert_int_equal(gic_create(&params, &g), -EINVAL);
    params.nr_spis = 992;
    assert_int_equal(gic_create(&params, &g), -EINVAL);
}

static void gic_lives_and_dies_a_thousand_times(void **state)
{
    const struct gic_params params = {64, 960, mpidr, output, NULL};

    for (unsigned i = 0; i < 1000; i++) {
        struct gic *g;

        assert_int_equal(gic_create(&params, &g), 0);
        gic_destroy(g);
    }
    gic_destroy(NULL);
}

#define GIC_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        GIC_TEST(gic_identifies_itself),
        GIC_TEST(gicr_typer_names_the_cpu),
        GIC_TEST(gicr_waker_children_follow_the_processor),
        GIC_TEST(gic_level_interrupt_follows_its_wire),
        GIC_TEST(gic_edge_interrupt_is_latched_once),
        GIC_TEST(gic_edge_while_active_comes_after_it),
        GIC_TEST(gic_takes_the_highest_priority_first),
        GIC_TEST(gic_higher_priority_preempts),
        GIC_TEST(gic_binary_point_limits_preemption),
        GIC_TEST(gic_priority_mask_is_exclusive),
        GIC_TEST(gic_group0_is_fiq),
        GIC_TEST(gic_disabled_groups_are_silent),
        GIC_TEST(gic_eoi_mode_splits_drop_and_deactivation),
        GIC_TEST(gic_routes_by_affinity),
        GIC_TEST(gic_routes_to_any_cpu_that_listens),
        GIC_TEST(gic_sgi_reaches_its_targets),
        GIC_TEST(gic_sgi_to_all_others),
        GIC_TEST(gic_ppi_is_private),
        GIC_TEST(gic_software_sets_and_clears_pending),
        GIC_TEST(gic_active_bits_are_writable),
        GIC_TEST(gic_registers_take_their_sizes),
        GIC_TEST(gic_config_registers_hold_edges),
        GIC_TEST(gic_private_registers_are_zero_in_the_distributor),
        GIC_TEST(gic_sysreg_refuses_unknown_registers),
        GIC_TEST(gic_ignores_wild_ends_of_interrupt),
        GIC_TEST(gic_reset_keeps_the_wires),
        GIC_TEST(gicv2m_turns_messages_into_edges),
        GIC_TEST(gic_serves_threads),
        cmocka_unit_test(gic_rejects_impossible_sizes),
        cmocka_unit_test(gic_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
