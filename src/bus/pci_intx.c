/* SPDX-License-Identifier: Apache-2.0
 *
 * INTx: four wires that all functions share, each the OR of those that pull it (PCI Local Bus 3.0
 * §2.2.6). A function uses INTA only; its slot decides which wire that is. */
#include "bus/pci_host.h"

static unsigned wire_of(const struct pci_device *dev)
{
    return (dev->devfn >> 3) % PCI_NR_INTX;
}

static bool pulls(const struct pci_device *dev)
{
    return dev->intx_level && !dev->intx_masked;
}

/* Changes the function's state, and the wire if that makes a difference. The controller is told
 * under the lock, so it hears of the changes in their order. */
static void change(struct pci_device *dev, bool level, bool masked)
{
    struct pci_host *h = dev->host;
    unsigned wire = wire_of(dev);
    bool before = pulls(dev);
    unsigned *asserted = &h->intx_asserted[wire];

    dev->intx_level = level;
    dev->intx_masked = masked;
    if (pulls(dev) == before)
        return;
    *asserted += before ? -1u : 1u;
    if (*asserted == (before ? 0 : 1))
        irq_set(&h->params.intx[wire], !before);
}

void pci_set_intx(struct pci_device *dev, bool level)
{
    if (!dev->host || dev->no_intx)
        return;
    (void)pthread_mutex_lock(&dev->host->intx_lock);
    change(dev, level, dev->intx_masked);
    (void)pthread_mutex_unlock(&dev->host->intx_lock);
}

void pci_intx_update(struct pci_device *dev)
{
    bool masked = (pci_get16(dev, PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) || pci_msix_enabled(dev);

    (void)pthread_mutex_lock(&dev->host->intx_lock);
    change(dev, dev->intx_level, masked);
    (void)pthread_mutex_unlock(&dev->host->intx_lock);
}

bool pci_intx_level(struct pci_device *dev)
{
    bool level;

    (void)pthread_mutex_lock(&dev->host->intx_lock);
    level = dev->intx_level;
    (void)pthread_mutex_unlock(&dev->host->intx_lock);
    return level;
}
