/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration space of one function: a type 0 header (PCI Local Bus 3.0 §6.1), BARs and their
 * sizing (§6.2.5.1), capabilities (§6.7). A byte of `writable` says which bits the guest may
 * change; sizing a BAR follows from that alone. Left out: I/O BARs, expansion ROM, the extended
 * space of PCI Express. */
#include <assert.h>
#include <string.h>

#include "bus/pci_host.h"

void pci_config_set_bar(struct pci_device *dev, unsigned bar)
{
    const struct pci_bar *b = &dev->bar[bar];
    unsigned off = PCI_BAR0 + bar * 4;
    uint64_t mask = ~(b->size - 1);

    if (b->size == 0)
        return;
    assert(b->size >= 16 && (b->size & (b->size - 1)) == 0);
    assert(!b->is_64bit || (bar + 1 < PCI_NR_BARS && dev->bar[bar + 1].size == 0));
    pci_put32(dev->config + off,
              (b->is_64bit ? PCI_BAR_64BIT : 0u) | (b->prefetchable ? PCI_BAR_PREFETCH : 0u));
    pci_put32(dev->writable + off, (uint32_t)mask);
    if (b->is_64bit)
        pci_put32(dev->writable + off + 4, (uint32_t)(mask >> 32));
}

gpa_t pci_config_bar_base(const struct pci_device *dev, unsigned bar)
{
    unsigned off = PCI_BAR0 + bar * 4;
    uint64_t base = pci_get32(dev, off) & ~UINT32_C(15);

    if (dev->bar[bar].is_64bit)
        base |= (uint64_t)pci_get32(dev, off + 4) << 32;
    return base;
}

void pci_config_init(struct pci_device *dev, const struct pci_ids *ids)
{
    uint8_t *c = dev->config;

    pci_put16(c + PCI_VENDOR_ID, ids->vendor);
    pci_put16(c + PCI_DEVICE_ID, ids->device);
    pci_put32(c + PCI_REVISION_ID, ids->class_code << 8 | ids->revision);
    pci_put16(c + PCI_SUBSYSTEM_VENDOR_ID, ids->subsystem_vendor);
    pci_put16(c + PCI_SUBSYSTEM_ID, ids->subsystem);
    c[PCI_INTERRUPT_PIN] = dev->no_intx ? 0 : 1;
    pci_put16(dev->writable + PCI_COMMAND, PCI_COMMAND_IO | PCI_COMMAND_MEMORY |
                                               PCI_COMMAND_MASTER | PCI_COMMAND_PARITY |
                                               PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE);
    dev->writable[PCI_CACHE_LINE_SIZE] = 0xff;
    dev->writable[PCI_INTERRUPT_LINE] = 0xff;
    for (unsigned i = 0; i < PCI_NR_BARS; i++)
        pci_config_set_bar(dev, i);
}

void pci_config_reset(struct pci_device *dev)
{
    for (unsigned i = 0; i < PCI_CONFIG_SIZE; i++)
        dev->config[i] &= (uint8_t)~dev->writable[i];
}

/* The byte that links to the next capability, at the end of the list. */
static uint8_t *last_link(struct pci_device *dev)
{
    uint8_t *link = &dev->config[PCI_CAPABILITIES];

    while (*link != 0)
        link = &dev->config[*link + 1];
    return link;
}

uint32_t pci_add_cap(struct pci_device *dev, uint8_t id, unsigned len)
{
    uint32_t off = dev->next_cap ? dev->next_cap : PCI_FIRST_CAP;

    assert(len >= 2 && len <= PCI_CONFIG_SIZE - off);
    *last_link(dev) = (uint8_t)off;
    dev->config[off] = id;
    dev->config[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    dev->next_cap = (off + len + 3) & ~3u;
    return off;
}

static bool touches(unsigned off, unsigned size, unsigned begin, unsigned end)
{
    return off < end && begin < off + size;
}

uint32_t pci_config_read(struct pci_device *dev, unsigned off, unsigned size)
{
    uint32_t value = 0;

    if (dev->config_reading)
        dev->config_reading(dev, off, size);
    memcpy(&value, dev->config + off, size);
    if (touches(off, size, PCI_STATUS, PCI_STATUS + 1) && pci_intx_level(dev))
        value |= (uint32_t)PCI_STATUS_INTERRUPT << (PCI_STATUS - off) * 8;
    return value;
}

void pci_config_write(struct pci_device *dev, unsigned off, unsigned size, uint32_t value)
{
    bool was_mapped = dev->config[PCI_COMMAND] & PCI_COMMAND_MEMORY;

    for (unsigned i = 0; i < size; i++) {
        uint8_t mask = dev->writable[off + i];
        uint8_t byte = (uint8_t)(value >> (i * 8));

        dev->config[off + i] = (uint8_t)((dev->config[off + i] & ~mask) | (byte & mask));
    }
    if (touches(off, size, PCI_COMMAND, PCI_BARS_END) &&
        (was_mapped || (dev->config[PCI_COMMAND] & PCI_COMMAND_MEMORY)))
        pci_host_remap(dev->host);
    pci_msix_update(dev);
    pci_intx_update(dev);
    if (dev->config_written)
        dev->config_written(dev, off, size);
}
