/* SPDX-License-Identifier: Apache-2.0
 *
 * PCI functions on one root bus: configuration space, BARs that the guest may move, INTx, MSI-X.
 * PCI Local Bus 3.0, PCI Express 4.0 §7 (ECAM). A device fills in a struct pci_device, adds it, and
 * from then on the host bridge owns the traffic: it calls the BARs' mmio_ops on the vCPU thread,
 * and the two configuration callbacks.
 *
 * The functions are conventional PCI (256 bytes of configuration space; the extended space reads as
 * ones). Power-on value of every bit that the guest may change is 0.
 *
 * Locks: configuration space has one, held over config_reading and config_written, which may take
 * the device's own. A device may therefore hold its own lock in pci_set_intx and pci_msix_…, and in
 * nothing else here. */
#ifndef BERTH_BUS_PCI_H
#define BERTH_BUS_PCI_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "bus/bus.h"
#include "bus/irq.h"

enum { PCI_NR_BARS = 6, PCI_CONFIG_SIZE = 256, PCI_MAX_MSIX = 64 };

struct pci_host;
struct pci_device;

struct pci_bar {
    uint64_t size;               /* bytes, a power of two >= 16; 0: no BAR here */
    bool is_64bit, prefetchable; /* a 64-bit BAR takes the next slot too */
    const struct mmio_ops *ops;
    void *dev;
};

struct pci_ids {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code; /* 24 bits: base, sub, interface */
    uint8_t revision;
};

struct pci_device {
    const char *name;                /* for logs */
    struct pci_bar bar[PCI_NR_BARS]; /* set before pci_add */
    bool no_intx;                    /* has no INTA wire; set before pci_add */
    /* Called after the guest changed configuration bytes [off, off + size); NULL: not wanted. vCPU
     * thread. */
    void (*config_written)(struct pci_device *dev, uint32_t off, unsigned size);
    /* Called before the guest reads bytes [off, off + size), so that a device can refresh them;
     * NULL: not wanted. */
    void (*config_reading)(struct pci_device *dev, uint32_t off, unsigned size);
    /* The rest is the host bridge's. */
    struct pci_host *host;
    uint8_t devfn;
    uint8_t config[PCI_CONFIG_SIZE];
    uint8_t writable[PCI_CONFIG_SIZE]; /* mask of bits that the guest may change */
    uint32_t next_cap;
    struct pci_msix *msix;
    bool intx_level, intx_masked; /* under the host's intx_lock */
};

struct pci_host_params {
    gpa_t ecam_base;
    uint64_t ecam_size;             /* 1 MiB a bus */
    gpa_t mmio32_base, mmio64_base; /* windows that BARs may be placed in */
    uint64_t mmio32_size, mmio64_size;
    gpa_t pio_base; /* where I/O port 0 is; no BAR of ours uses it, the window must exist */
    uint64_t pio_size;
    struct irq_line intx[4]; /* INTA..INTD of device 0; device d, pin p uses intx[(d + p) % 4] */
    struct msi_target msi;
};

NODISCARD int pci_host_create(struct bus *bus, const struct pci_host_params *params,
                              struct pci_host **ret, struct err *err);
void pci_host_destroy(struct pci_host *h); /* every device removed before */
void pci_host_reset(struct pci_host *h);   /* all functions to their power-on configuration */

/* Adds `dev` (owned by the caller, must stay) at the next free slot. Before the guest runs.
 * -ENOSPC: 31 devices. */
NODISCARD int pci_add(struct pci_host *h, struct pci_device *dev, const struct pci_ids *ids);
void pci_remove(struct pci_device *dev); /* vCPUs paused; not added: nothing happens */

/* Appends a capability of `len` bytes (with its 2-byte header) and returns its offset; body zeroed,
 * read-only. The capabilities of a function must fit (asserted). Before the guest runs, before or
 * after pci_add. */
uint32_t pci_add_cap(struct pci_device *dev, uint8_t id, unsigned len);

/* Level of the device's INTA wire. Suppressed while MSI-X is enabled or INTx disabled. Any thread.
 */
void pci_set_intx(struct pci_device *dev, bool level);

/* MSI-X table and PBA of `nr` vectors (1..PCI_MAX_MSIX) inside BAR `bar` (made by this call,
 * PCI_MSIX_BAR_SIZE bytes, 32 bits). Before the guest runs, before or after pci_add. -ENOMEM. */
enum { PCI_MSIX_BAR_SIZE = 0x2000 };
NODISCARD int pci_msix_init(struct pci_device *dev, unsigned bar, unsigned nr);
void pci_msix_finish(struct pci_device *dev);
bool pci_msix_enabled(const struct pci_device *dev);
/* Sends the message of `vector`, or sets its pending bit if it is masked or the function may not
 * master the bus; does nothing while MSI-X is off or for a vector that is not there. Any thread. */
void pci_msix_notify(struct pci_device *dev, unsigned vector);

#endif
