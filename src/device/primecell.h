/* SPDX-License-Identifier: Apache-2.0
 *
 * What Arm's PrimeCell peripherals have in common: eight identification bytes at the end of a 4 KiB
 * frame, and registers that are 32 bits wide but are read and written at any width. */
#ifndef BERTH_DEVICE_PRIMECELL_H
#define BERTH_DEVICE_PRIMECELL_H

#include <stdbool.h>
#include <stdint.h>

enum { PRIMECELL_SIZE = 0x1000, PRIMECELL_ID = 0xfe0 };

/* The identification register at `off`: `periph` is PeriphID0..3, the cell's own ids follow. */
static inline uint32_t primecell_id(const uint8_t periph[4], uint64_t off)
{
    static const uint8_t cell[4] = {0x0d, 0xf0, 0x05, 0xb1};
    unsigned i = (unsigned)(off - PRIMECELL_ID) / 4;

    return i < 4 ? periph[i] : cell[i & 3];
}

#endif
