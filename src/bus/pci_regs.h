/* SPDX-License-Identifier: Apache-2.0
 *
 * Configuration space of a PCI function: PCI Local Bus 3.0 §6.1, §6.8.2 (MSI-X). Offsets in bytes.
 */
#ifndef BERTH_BUS_PCI_REGS_H
#define BERTH_BUS_PCI_REGS_H

enum {
    PCI_VENDOR_ID = 0x00,
    PCI_DEVICE_ID = 0x02,
    PCI_COMMAND = 0x04,
    PCI_STATUS = 0x06,
    PCI_REVISION_ID = 0x08,
    PCI_CLASS_CODE = 0x09, /* three bytes */
    PCI_CACHE_LINE_SIZE = 0x0c,
    PCI_LATENCY_TIMER = 0x0d,
    PCI_BAR0 = 0x10,
    PCI_BARS_END = 0x28,
    PCI_SUBSYSTEM_VENDOR_ID = 0x2c,
    PCI_SUBSYSTEM_ID = 0x2e,
    PCI_CAPABILITIES = 0x34,
    PCI_INTERRUPT_LINE = 0x3c,
    PCI_INTERRUPT_PIN = 0x3d,
    PCI_FIRST_CAP = 0x40,

    PCI_COMMAND_IO = 1 << 0,
    PCI_COMMAND_MEMORY = 1 << 1,
    PCI_COMMAND_MASTER = 1 << 2,
    PCI_COMMAND_PARITY = 1 << 6,
    PCI_COMMAND_SERR = 1 << 8,
    PCI_COMMAND_INTX_DISABLE = 1 << 10,

    PCI_STATUS_INTERRUPT = 1 << 3,
    PCI_STATUS_CAP_LIST = 1 << 4,

    PCI_BAR_64BIT = 0x4,
    PCI_BAR_PREFETCH = 0x8,

    PCI_CAP_ID_VENDOR = 0x09,
    PCI_CAP_ID_MSIX = 0x11,
};

enum { /* offsets from the MSI-X capability, and its control bits */
       PCI_MSIX_CONTROL = 2,
       PCI_MSIX_TABLE = 4,
       PCI_MSIX_PBA = 8,
       PCI_MSIX_CAP_SIZE = 12,
       PCI_MSIX_ENABLE = 1 << 15,
       PCI_MSIX_FUNCTION_MASK = 1 << 14,
       PCI_MSIX_ENTRY_MASKED = 1,
};

#endif
