/* SPDX-License-Identifier: Apache-2.0
 *
 * Address and interrupt map of the arm64 board, that of QEMU's `virt` (arm64-board.md §1, §2), so
 * that firmware built for one runs on the other:
 *
 *     0x0000_0000  flash (firmware, its variables)      0x0900_0000  PL011, PL031, PL061
 *     0x0800_0000  GIC distributor                      0x1000_0000  PCI memory window
 *     0x0802_0000  GICv2m                               0x3eff_0000  PCI I/O window
 *     0x080a_0000  GIC redistributors                   0x3f00_0000  PCI configuration (ECAM)
 *     0x4000_0000  RAM                               0x80_0000_0000  PCI memory window, 64 bits
 */
#ifndef BERTH_MACHINE_ARM64_MAP_H
#define BERTH_MACHINE_ARM64_MAP_H

#include <stdint.h>

#define ARM64_GICD_BASE   UINT64_C(0x08000000)
#define ARM64_V2M_BASE    UINT64_C(0x08020000)
#define ARM64_GICR_BASE   UINT64_C(0x080a0000)
#define ARM64_PL011_BASE  UINT64_C(0x09000000)
#define ARM64_PL031_BASE  UINT64_C(0x09010000)
#define ARM64_PL061_BASE  UINT64_C(0x09030000)
#define ARM64_MMIO32_BASE UINT64_C(0x10000000)
#define ARM64_MMIO32_SIZE UINT64_C(0x2eff0000)
#define ARM64_PIO_BASE    UINT64_C(0x3eff0000)
#define ARM64_PIO_SIZE    UINT64_C(0x10000)
#define ARM64_ECAM_BASE   UINT64_C(0x3f000000)
#define ARM64_ECAM_SIZE   UINT64_C(0x01000000) /* 16 buses */
#define ARM64_RAM_BASE    UINT64_C(0x40000000)
#define ARM64_MMIO64_BASE UINT64_C(0x8000000000)
#define ARM64_MMIO64_SIZE                                                                          \
    UINT64_C(0x80000000) /* Linux warns of a non-prefetchable one >= 4 GiB                         \
                          */

enum { /* as the device tree counts them: SPIs from INTID 32, PPIs from INTID 16 */
       ARM64_SPI_PL011 = 1,
       ARM64_SPI_PL031 = 2,
       ARM64_SPI_INTX = 3, /* INTA of PCI slot 0; four of them */
       ARM64_SPI_PL061 = 7,
       ARM64_PPI_VIRT_TIMER = 11,
       ARM64_PPI_PHYS_TIMER = 14,
       ARM64_PPI_HYP_TIMER = 10,
       ARM64_PPI_SECURE_TIMER = 13,

       ARM64_NR_SPIS = 960,
       ARM64_MSI_FIRST_SPI = 48, /* messages take the rest */
       ARM64_NR_MSIS = ARM64_NR_SPIS - ARM64_MSI_FIRST_SPI,

       ARM64_POWER_KEY_LINE = 3, /* of the PL061 */
};

#endif
