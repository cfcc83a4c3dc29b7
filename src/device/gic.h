/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm GICv3 in user space: distributor, redistributors and the CPU interfaces behind the ICC_*_EL1
 * registers. One security state, affinity routing always on, no LPIs (arm64-board.md §7; Arm IHI
 * 0069H). */
#ifndef BERTH_DEVICE_GIC_H
#define BERTH_DEVICE_GIC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "bus/bus.h"

struct gic;

enum { GIC_MAX_CPUS = 64, GIC_MAX_SPIS = 960 };
enum { GIC_FIRST_PPI = 16, GIC_FIRST_SPI = 32, GIC_SPURIOUS = 1023 };
#define GIC_DIST_SIZE   UINT64_C(0x10000)
#define GIC_REDIST_SIZE UINT64_C(0x20000) /* for each CPU */

/* A system register's name: bits [20:5] of MRS and MSR, as in cpu/arm64 and accel/. */
#define GIC_SYSREG(op0, op1, crn, crm, op2)                                                        \
    ((uint32_t)(((op0) << 14) | ((op1) << 11) | ((crn) << 7) | ((crm) << 3) | (op2)))

enum gic_output { GIC_OUTPUT_IRQ, GIC_OUTPUT_FIQ, GIC_NR_OUTPUTS };

struct gic_params {
    unsigned nr_cpus;                /* 1..GIC_MAX_CPUS */
    unsigned nr_spis;                /* a multiple of 32, 32..GIC_MAX_SPIS; INTIDs 32 and up */
    uint64_t (*mpidr)(unsigned cpu); /* affinity, bits 39:0 as in MPIDR_EL1 */
    /* The wire to a CPU changed. Called with the GIC's lock held, so in order: it must not call
     * back. Any thread. */
    void (*output)(void *ctx, unsigned cpu, enum gic_output which, bool level);
    void *ctx;
};

NODISCARD int gic_create(const struct gic_params *params,
                         struct gic **ret); /* 0, -EINVAL, -ENOMEM */
void gic_destroy(struct gic *g);
void gic_reset(struct gic *g); /* vCPUs stopped; input lines keep their level */

/* Register frames; `dev` is the GIC. The redistributors' frames of all CPUs adjoin, GIC_REDIST_SIZE
 * each. */
extern const struct mmio_ops gic_dist_ops;
extern const struct mmio_ops gic_redist_ops;

/* Level of a shared interrupt's wire: fits struct irq_line. INTIDs that are not SPIs do nothing.
 * Any thread. */
void gic_set_spi(void *gic, unsigned intid, bool level);

/* One edge on a shared interrupt, whatever else its wire does: a message. Any thread. */
void gic_pulse_spi(void *gic, unsigned intid);

/* Level of a private interrupt's wire (INTID 16..31) to `cpu`. Any thread. */
void gic_set_ppi(struct gic *g, unsigned cpu, unsigned intid, bool level);

/* An access by `cpu` to the interrupt-controller register `reg` (GIC_SYSREG). 0, or -ENOENT: no
 * such register, or not in that direction. The CPU's thread. */
NODISCARD int gic_read_sysreg(struct gic *g, unsigned cpu, uint32_t reg, uint64_t *ret);
NODISCARD int gic_write_sysreg(struct gic *g, unsigned cpu, uint32_t reg, uint64_t value);

#endif
