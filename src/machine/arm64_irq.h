/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 board's interrupt controller, a GICv3 with a GICv2m frame: the one that comes with the
 * CPUs where an accelerator brings one, otherwise our own (device/gic.h). */
#ifndef BERTH_MACHINE_ARM64_IRQ_H
#define BERTH_MACHINE_ARM64_IRQ_H

#include "accel/accel.h"
#include "base/err.h"
#include "bus/bus.h"
#include "bus/irq.h"
#include "device/gicv2m.h"
#include "machine/machine.h"

struct arm64_irq {
    const struct machine_host *host;
    struct bus *bus;
    struct gic *gic; /* NULL: `chip` is the CPUs' own */
    struct gicv2m v2m;
    struct irqchip chip;
    unsigned nr_cpus;
};

/* *irq is zeroed before; `host` and `bus` outlive it. 0, or -errno with the sentence; finish it
 * also then. vCPUs not made yet. */
NODISCARD int arm64_irq_init(struct arm64_irq *irq, unsigned nr_cpus,
                             const struct machine_host *host, struct bus *bus, struct err *err);
void arm64_irq_finish(struct arm64_irq *irq);
void arm64_irq_reset(struct arm64_irq *irq); /* vCPUs stopped */

/* The wire of shared interrupt `number`, counted as the device tree does. */
struct irq_line arm64_irq_line(const struct arm64_irq *irq, unsigned number);
struct msi_target arm64_irq_msi(struct arm64_irq *irq);

/* Where the redistributors are. vCPUs made. */
void arm64_irq_redistributors(const struct arm64_irq *irq, gpa_t *ret_base, uint64_t *ret_len);

/* What machine.h says of machine_sysreg and machine_timer. A CPU's own controller has no use for
 * them. */
NODISCARD int arm64_irq_sysreg(struct arm64_irq *irq, unsigned cpu, struct vcpu_exit *exit);
void arm64_irq_timer(struct arm64_irq *irq, unsigned cpu, bool virt, bool phys);

#endif
