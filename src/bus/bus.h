/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest-physical address space outside RAM: which device answers where. The bus splits or widens accesses,
 * so a device sees aligned accesses of min_size..max_size bytes inside its region only. Regions come and go with vCPUs
 * paused, so dispatch takes no lock (windows whose contents move at run time, PCI BARs, do their own publishing). */
#ifndef BERTH_BUS_BUS_H
#define BERTH_BUS_BUS_H

#include <stdint.h>

#include "base/compiler.h"
#include "memory/memory.h"

struct bus;

struct mmio_ops {
    /* `off` from the region's start; `size` 1, 2, 4 or 8. vCPU thread; the device takes its own lock. */
    uint64_t (*read)(void *dev, uint64_t off, unsigned size);
    void (*write)(void *dev, uint64_t off, unsigned size, uint64_t value);
    uint8_t min_size, max_size; /* bytes: 1, 2, 4 or 8 */
};

NODISCARD int bus_create(struct bus **ret);
void bus_destroy(struct bus *b);

/* `name` (for traces) and `ops` must outlive the region. -EEXIST on overlap, -EINVAL on a bad range, -ENOMEM. */
NODISCARD int bus_add(struct bus *b, gpa_t base, uint64_t len, const char *name,
                      const struct mmio_ops *ops, void *dev);
void bus_remove(struct bus *b, gpa_t base);

/* One guest access of `size` 1, 2, 4 or 8 bytes, any alignment. 0; -ENXIO when nobody answers there (a read then
 * gives all ones; the caller chooses whether that is an external abort). */
int bus_read(struct bus *b, gpa_t addr, unsigned size, uint64_t *ret);
int bus_write(struct bus *b, gpa_t addr, unsigned size, uint64_t value);

#endif
