/* SPDX-License-Identifier: Apache-2.0
 *
 * The PCI transport (virtio 1.2 §4.1), modern only: one function a device, MSI-X with a vector for
 * the configuration and one for each queue, INTx otherwise. */
#ifndef BERTH_VIRTIO_PCI_H
#define BERTH_VIRTIO_PCI_H

#include "base/compiler.h"
#include "bus/pci.h"
#include "virtio/device.h"

struct virtio_pci;

/* Puts `dev` on the bus at the next free slot and takes ownership of it: also when this fails, it
 * is destroyed. Before the guest runs. 0, -ENOMEM, -ENOSPC. */
NODISCARD int virtio_pci_create(struct pci_host *host, struct virtio_device *dev,
                                struct virtio_pci **ret);
void virtio_pci_destroy(
    struct virtio_pci *vp); /* the device too; NULL is fine. Loop thread, vCPUs gone */

struct virtio_device *virtio_pci_device(struct virtio_pci *vp);

#endif
