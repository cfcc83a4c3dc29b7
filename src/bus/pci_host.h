/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the PCI host bridge share; private to them. Lock order: config_lock, then (a
 * device's own lock,) then one of the leaves: a function's MSI-X lock, intx_lock, the map's lock.
 */
#ifndef BERTH_BUS_PCI_HOST_H
#define BERTH_BUS_PCI_HOST_H

#include <pthread.h>
#include <stdbool.h>

#include "bus/pci.h"
#include "bus/pci_map.h"
#include "bus/pci_regs.h"

enum { PCI_NR_SLOTS = 32, PCI_NR_INTX = 4, PCI_MAX_RANGES = 4 };

/* A range of addresses in which BARs may be placed. */
struct pci_window {
    struct pci_map *map;
    gpa_t base;
    uint64_t size; /* bytes; 0: no such window */
};

struct pci_host {
    struct bus *bus;
    struct pci_host_params params;
    struct pci_device bridge; /* slot 0 */
    struct pci_window window[2];
    gpa_t claimed[PCI_MAX_RANGES]; /* what is ours on the bus */
    unsigned nr_claimed;
    struct pci_map map;

    pthread_mutex_t config_lock; /* guards slot, and every function's configuration bytes */
    struct pci_device *slot[PCI_NR_SLOTS];

    pthread_mutex_t intx_lock;
    unsigned intx_asserted[PCI_NR_INTX]; /* functions that pull each wire */
};

static inline uint16_t pci_get16(const struct pci_device *dev, unsigned off)
{
    return (uint16_t)(dev->config[off] | dev->config[off + 1] << 8);
}

static inline uint32_t pci_get32(const struct pci_device *dev, unsigned off)
{
    return pci_get16(dev, off) | (uint32_t)pci_get16(dev, off + 2) << 16;
}

static inline void pci_put16(uint8_t *p, uint32_t value)
{
    p[0] = (uint8_t)value;
    p[1] = (uint8_t)(value >> 8);
}

static inline void pci_put32(uint8_t *p, uint32_t value)
{
    pci_put16(p, value);
    pci_put16(p + 2, value >> 16);
}

/* pci_config.c: the bytes of one function. Under config_lock once the guest runs. */
void pci_config_init(struct pci_device *dev, const struct pci_ids *ids);
void pci_config_reset(struct pci_device *dev);
void pci_config_set_bar(struct pci_device *dev, unsigned bar);
uint32_t pci_config_read(struct pci_device *dev, unsigned off, unsigned size);
void pci_config_write(struct pci_device *dev, unsigned off, unsigned size, uint32_t value);
/* Where BAR `bar` lies now. */
gpa_t pci_config_bar_base(const struct pci_device *dev, unsigned bar);

/* pci.c: publishes where all BARs are. Under config_lock. */
void pci_host_remap(struct pci_host *h);

/* pci_msix.c: follows a change of the control word or of the command register; back to power-on.
 * Under config_lock. */
void pci_msix_update(struct pci_device *dev);
void pci_msix_reset(struct pci_device *dev);

/* pci_intx.c: follows the command register and MSI-X. Under config_lock. */
void pci_intx_update(struct pci_device *dev);
bool pci_intx_level(struct pci_device *dev);

#endif
