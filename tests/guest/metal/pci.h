/* SPDX-License-Identifier: Apache-2.0
 *
 * PCI configuration space through the board's low ECAM window; BARs in its 32-bit window. */
#ifndef METAL_PCI_H
#define METAL_PCI_H

#include <stdbool.h>
#include <stdint.h>

#define PCI_ECAM   UINT64_C(0x3f000000)
#define PCI_WINDOW UINT64_C(0x10000000)

enum {
    PCI_ID = 0x00,
    PCI_COMMAND = 0x04, /* 2: memory, 4: bus master */
    PCI_BAR0 = 0x10,
    PCI_CAPABILITIES = 0x34,
};

/* Address of register `reg` of function 0 of device `slot` on bus 0. */
uint64_t pci_config(unsigned slot, unsigned reg);
uint32_t pci_read(unsigned slot, unsigned reg);
void pci_write(unsigned slot, unsigned reg, uint32_t value);
/* The slot of the device with this vendor (low half) and device id, or -1. */
int pci_find(uint32_t id);
/* Gives every BAR of the device its own address in the window and turns memory decoding on. */
void pci_place(unsigned slot);
/* Where a BAR is now. */
uint64_t pci_bar(unsigned slot, unsigned bar);

#endif
