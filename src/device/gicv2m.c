/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv2m (Arm Server Base System Architecture, appendix E). */
#include "device/gicv2m.h"

enum { MSI_TYPER = 0x008, MSI_SETSPI_NS = 0x040 }; /* MSI_IIDR, 0xfcc, reads as zero */

static void raise(const struct gicv2m *m, uint32_t intid)
{
    if (intid - m->first_intid < m->nr)
        m->pulse(m->ctrl, intid);
}

static uint64_t gicv2m_read(void *dev, uint64_t off, unsigned size)
{
    const struct gicv2m *m = dev;

    (void)size;
    return off == MSI_TYPER ? m->first_intid << 16 | m->nr : 0;
}

static void gicv2m_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    (void)size;
    if (off == MSI_SETSPI_NS)
        raise(dev, (uint32_t)value);
}

const struct mmio_ops gicv2m_ops = {
    .read = gicv2m_read, .write = gicv2m_write, .min_size = 4, .max_size = 4};

void gicv2m_send(void *gicv2m, uint64_t addr, uint32_t data)
{
    const struct gicv2m *m = gicv2m;

    if (addr == m->base + MSI_SETSPI_NS)
        raise(m, data);
}
