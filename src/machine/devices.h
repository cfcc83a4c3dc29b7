/* SPDX-License-Identifier: Apache-2.0
 *
 * The devices that a configuration names, with their host sides, on a board's PCI bus. Loop thread,
 * vCPUs stopped. */
#ifndef BERTH_MACHINE_DEVICES_H
#define BERTH_MACHINE_DEVICES_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "bus/pci.h"
#include "config/config.h"
#include "host/loop.h"
#include "memory/memory.h"
#include "virtio/pci.h"

enum { DEVICES_MAX = 32 }; /* more than there are PCI slots */

struct devices {
    struct virtio_pci *device[DEVICES_MAX]; /* in slot order */
    size_t nr;
    struct virtio_device *console; /* the first serial device; NULL: none */
};

struct devices_params {
    struct vm_config *cfg;
    struct loop *loop;
    struct guest_memory *memory;
    struct pci_host *pci;
    void (*quit)(void *ctx); /* the user at the terminal ends the VM; loop thread */
    void *ctx;
};

/* Opens files and sockets and takes PCI slots in the order that guests expect. *d is zeroed before;
 * what was built stays in it also on failure: 0, or -errno with the sentence. */
NODISCARD int devices_create(const struct devices_params *params, struct devices *d,
                             struct err *err);
void devices_destroy(struct devices *d);

/* A byte of the board's UART: where the first serial device ends, until the guest opens that. Any
 * thread. */
void devices_uart_output(struct devices *d, uint8_t byte);

void devices_reset(struct devices *d);
void devices_quiesce(struct devices *d);
void devices_unquiesce(struct devices *d);

#endif
