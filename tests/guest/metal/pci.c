/* SPDX-License-Identifier: Apache-2.0
 *
 * As much of PCI as the tests need. */
#include "pci.h"

#include "metal.h"

enum { SLOTS = 32, BARS = 6, BAR_64 = 4, BAR_IO = 1 };

static uint64_t next_place = PCI_WINDOW;

uint64_t pci_config(unsigned slot, unsigned reg)
{
    return PCI_ECAM + (uint64_t)slot * 0x8000 + reg;
}

uint32_t pci_read(unsigned slot, unsigned reg)
{
    return *(volatile uint32_t *)pci_config(slot, reg);
}

void pci_write(unsigned slot, unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)pci_config(slot, reg) = value;
}

int pci_find(uint32_t id)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        if (pci_read(slot, PCI_ID) == id)
            return (int)slot;
    return -1;
}

uint64_t pci_bar(unsigned slot, unsigned bar)
{
    uint32_t low = pci_read(slot, PCI_BAR0 + bar * 4);
    uint64_t high = (low & 6) == BAR_64 ? pci_read(slot, PCI_BAR0 + bar * 4 + 4) : 0;
    return high << 32 | (low & ~15u);
}

void pci_place(unsigned slot)
{
    pci_write(slot, PCI_COMMAND, 0);
    for (unsigned bar = 0; bar < BARS; bar++) {
        unsigned reg = PCI_BAR0 + bar * 4;
        pci_write(slot, reg, UINT32_MAX);
        uint32_t answer = pci_read(slot, reg);
        uint32_t size = -(answer & ~15u);
        if (!size || (answer & BAR_IO))
            continue;
        next_place = (next_place + size - 1) & ~(uint64_t)(size - 1);
        pci_write(slot, reg, (uint32_t)next_place);
        next_place += size;
        if ((answer & 6) == BAR_64)
            pci_write(slot, PCI_BAR0 + ++bar * 4, 0);
    }
    pci_write(slot, PCI_COMMAND, 6);
}
