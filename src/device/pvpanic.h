/* SPDX-License-Identifier: Apache-2.0
 *
 * pvpanic-pci: a guest kernel that panics says so here. */
#ifndef BERTH_DEVICE_PVPANIC_H
#define BERTH_DEVICE_PVPANIC_H

#include "base/compiler.h"
#include "bus/pci.h"

struct pvpanic;

struct pvpanic_params {
    void (*panicked)(void *ctx); /* vCPU thread; perhaps more than once */
    void *ctx;
};

/* Adds the function to the root bus. 0, -ENOMEM, -ENOSPC. */
NODISCARD int pvpanic_create(struct pci_host *host, const struct pvpanic_params *params,
                             struct pvpanic **ret);
void pvpanic_destroy(struct pvpanic *p);

#endif
