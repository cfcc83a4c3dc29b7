/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest-physical address space outside RAM: which device answers where. The bus splits or
 * widens accesses, so a device sees aligned accesses of min_size..max_size bytes inside its region
 * only. Regions come and go with vCPUs paused, so dispatch takes no lock (windows whose contents
 * move at run time, PCI BARs, do their own publishing). */
#ifndef BERTH_BUS_BUS_H
#define BERTH_BUS_BUS_H

#include <stdint.h>

#include "base/compiler.h"
#include "memory/memory.h"

struct bus;

struct mmio_ops {
    /* `off` from the region's start; `size` 1, 2, 4 or 8. vCPU thread; the device takes its own
     * lock. */
    uint64_t (*read)(void *dev, uint64_t off, unsigned size);
    void (*write)(void *dev, uint64_t off, unsigned size, uint64_t value);
    uint8_t min_size, max_size; /* bytes: 1, 2, 4 or 8 */
};

/* One access of `size` 1, 2, 4 or 8 bytes, any alignment, as a device of these ops can take it:
 * larger ones are split, lowest address first; a read smaller than min_size reads the whole word
 * and keeps its part, a write smaller than min_size writes a word whose other bytes are zero (a
 * register with side effects must not be read for a write). All of the access lies in the device;
 * its length is a multiple of min_size. */
uint64_t mmio_read(const struct mmio_ops *ops, void *dev, uint64_t off, unsigned size);
void mmio_write(const struct mmio_ops *ops, void *dev, uint64_t off, unsigned size, uint64_t value);

NODISCARD int bus_create(struct bus **ret);
void bus_destroy(struct bus *b);

/* `ops` must outlive the region; `base` is a multiple of max_size, `len` of min_size. -EEXIST on
 * overlap, -EINVAL on a bad range, -ENOMEM. vCPUs paused. */
NODISCARD int bus_add(struct bus *b, gpa_t base, uint64_t len, const char *name,
                      const struct mmio_ops *ops, void *dev);
void bus_remove(struct bus *b, gpa_t base); /* vCPUs paused */

/* One guest access of `size` 1, 2, 4 or 8 bytes, any alignment; it may touch several regions. 0;
 * -ENXIO when nobody answers for some byte of it (which then reads as ones; the caller chooses
 * whether that is an external abort). Any vCPU thread. */
int bus_read(struct bus *b, gpa_t addr, unsigned size, uint64_t *ret);
int bus_write(struct bus *b, gpa_t addr, unsigned size, uint64_t value);

#endif
