/* SPDX-License-Identifier: Apache-2.0
 *
 * Either controller answers at the same addresses and takes the same interrupts, so nothing else on
 * the board knows which one it is. */
#include "machine/arm64_irq.h"

#include <errno.h>
#include <string.h>

#include "device/gic.h"
#include "machine/arm64_map.h"

enum { FIRST_MSI = GIC_FIRST_SPI + ARM64_MSI_FIRST_SPI };

static void gic_output(void *ctx, unsigned cpu, enum gic_output which, bool level)
{
    const struct arm64_irq *irq = ctx;

    irq->host->vcpu_pin(irq->host->ctx, cpu, which == GIC_OUTPUT_IRQ ? VCPU_PIN_IRQ : VCPU_PIN_FIQ,
                        level);
}

static int ask_for_chip(struct arm64_irq *irq, struct err *err)
{
    const struct irqchip_params params = {.dist_base = ARM64_GICD_BASE,
                                          .redist_base = ARM64_GICR_BASE,
                                          .msi_base = ARM64_V2M_BASE,
                                          .nr_spis = ARM64_NR_SPIS,
                                          .first_msi = FIRST_MSI,
                                          .last_msi = FIRST_MSI + ARM64_NR_MSIS - 1};

    return irq->host->irqchip ? irq->host->irqchip(irq->host->ctx, &params, &irq->chip, err)
                              : -ENOTSUP;
}

static int add_frame(const struct arm64_irq *irq, gpa_t base, uint64_t len, const char *name,
                     const struct mmio_ops *ops, void *dev)
{
    return bus_add(irq->bus, base, len, name, ops, dev);
}

static int create_gic(struct arm64_irq *irq)
{
    const struct gic_params params = {.nr_cpus = irq->nr_cpus,
                                      .nr_spis = ARM64_NR_SPIS,
                                      .mpidr = machine_mpidr,
                                      .output = gic_output,
                                      .ctx = irq};
    int r = gic_create(&params, &irq->gic);

    if (r)
        return r;
    irq->v2m = (struct gicv2m){.base = ARM64_V2M_BASE,
                               .first_intid = FIRST_MSI,
                               .nr = ARM64_NR_MSIS,
                               .pulse = gic_pulse_spi,
                               .ctrl = irq->gic};
    r = add_frame(irq, ARM64_GICD_BASE, GIC_DIST_SIZE, "gicd", &gic_dist_ops, irq->gic);
    if (!r)
        r = add_frame(irq, ARM64_V2M_BASE, GICV2M_SIZE, "gicv2m", &gicv2m_ops, &irq->v2m);
    if (!r)
        r = add_frame(irq, ARM64_GICR_BASE, irq->nr_cpus * GIC_REDIST_SIZE, "gicr", &gic_redist_ops,
                      irq->gic);
    return r;
}

int arm64_irq_init(struct arm64_irq *irq, unsigned nr_cpus, const struct machine_host *host,
                   struct bus *bus, struct err *err)
{
    int r;

    irq->host = host;
    irq->bus = bus;
    irq->nr_cpus = nr_cpus;
    r = ask_for_chip(irq, err);
    if (r != -ENOTSUP)
        return r;
    r = create_gic(irq);
    if (r)
        return err_set(err, r, "cannot build the interrupt controller: %s", strerror(-r));
    return 0;
}

void arm64_irq_finish(struct arm64_irq *irq)
{
    if (!irq->gic)
        return;
    bus_remove(irq->bus, ARM64_GICD_BASE);
    bus_remove(irq->bus, ARM64_V2M_BASE);
    bus_remove(irq->bus, ARM64_GICR_BASE);
    gic_destroy(irq->gic);
}

void arm64_irq_reset(struct arm64_irq *irq)
{
    if (irq->gic)
        gic_reset(irq->gic);
    else
        irq->chip.reset(irq->chip.chip);
}

struct irq_line arm64_irq_line(const struct arm64_irq *irq, unsigned number)
{
    unsigned intid = GIC_FIRST_SPI + number;

    if (irq->gic)
        return (struct irq_line){.set = gic_set_spi, .ctrl = irq->gic, .n = intid};
    return (struct irq_line){.set = irq->chip.set_spi, .ctrl = irq->chip.chip, .n = intid};
}

struct msi_target arm64_irq_msi(struct arm64_irq *irq)
{
    if (irq->gic)
        return (struct msi_target){.send = gicv2m_send, .ctrl = &irq->v2m};
    return (struct msi_target){.send = irq->chip.send_msi, .ctrl = irq->chip.chip};
}

void arm64_irq_redistributors(const struct arm64_irq *irq, gpa_t *ret_base, uint64_t *ret_len)
{
    *ret_base = ARM64_GICR_BASE;
    *ret_len = irq->nr_cpus * GIC_REDIST_SIZE;
    if (!irq->gic)
        irq->chip.redistributors(irq->chip.chip, ret_base, ret_len);
}

int arm64_irq_sysreg(struct arm64_irq *irq, unsigned cpu, struct vcpu_exit *exit)
{
    if (!irq->gic)
        return -ENOENT;
    if (exit->sysreg.write)
        return gic_write_sysreg(irq->gic, cpu, exit->sysreg.reg, exit->sysreg.value);
    return gic_read_sysreg(irq->gic, cpu, exit->sysreg.reg, &exit->sysreg.value);
}

void arm64_irq_timer(struct arm64_irq *irq, unsigned cpu, bool virt, bool phys)
{
    if (!irq->gic)
        return;
    gic_set_ppi(irq->gic, cpu, GIC_FIRST_PPI + ARM64_PPI_VIRT_TIMER, virt);
    gic_set_ppi(irq->gic, cpu, GIC_FIRST_PPI + ARM64_PPI_PHYS_TIMER, phys);
}
