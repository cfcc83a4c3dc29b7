/* SPDX-License-Identifier: Apache-2.0
 *
 * Dispatch of guest accesses outside RAM: a sorted array of regions and a binary search. A board
 * has some ten regions, so the search is three or four steps in one or two cache lines; a hint
 * shared by all vCPUs would cost more than it saves. The array changes only with vCPUs paused. */
#include "bus/bus.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

struct region {
    const struct mmio_ops *ops;
    void *dev;
};

struct range {
    gpa_t base;
    uint64_t len;
};

enum { BUS_MAX_REGIONS = 64 };

struct bus {
    unsigned nr;
    struct range range[BUS_MAX_REGIONS]; /* ascending, disjoint */
    struct region region[BUS_MAX_REGIONS];
};

int bus_create(struct bus **ret)
{
    struct bus *b = calloc(1, sizeof(*b));

    if (!b)
        return -ENOMEM;
    *ret = b;
    return 0;
}

void bus_destroy(struct bus *b)
{
    free(b);
}

/* Index of the first region whose base is above `addr`. */
static unsigned upper_bound(const struct bus *b, gpa_t addr)
{
    unsigned lo = 0, hi = b->nr;

    while (lo < hi) {
        unsigned mid = (lo + hi) / 2;

        if (b->range[mid].base <= addr)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Index of the region that holds `addr`, or -1. */
static int find(const struct bus *b, gpa_t addr)
{
    unsigned i = upper_bound(b, addr);

    if (i == 0 || addr - b->range[i - 1].base >= b->range[i - 1].len)
        return -1;
    return (int)i - 1;
}

static bool size_is_valid(unsigned size)
{
    return size == 1 || size == 2 || size == 4 || size == 8;
}

static bool ops_are_valid(const struct mmio_ops *ops)
{
    return ops->read && ops->write && size_is_valid(ops->min_size) &&
           size_is_valid(ops->max_size) && ops->min_size <= ops->max_size;
}

int bus_add(struct bus *b, gpa_t base, uint64_t len, const char *name, const struct mmio_ops *ops,
            void *dev)
{
    unsigned i;

    if (len == 0 || len - 1 > UINT64_MAX - base || !ops_are_valid(ops) || base % ops->max_size ||
        len % ops->min_size)
        return -EINVAL;
    if (b->nr == BUS_MAX_REGIONS)
        return -ENOMEM;
    i = upper_bound(b, base);
    if (i > 0 && base - b->range[i - 1].base < b->range[i - 1].len)
        return -EEXIST;
    if (i < b->nr && b->range[i].base - base < len)
        return -EEXIST;
    memmove(&b->range[i + 1], &b->range[i], (b->nr - i) * sizeof(b->range[0]));
    memmove(&b->region[i + 1], &b->region[i], (b->nr - i) * sizeof(b->region[0]));
    b->range[i] = (struct range){.base = base, .len = len};
    b->region[i] = (struct region){.ops = ops, .dev = dev};
    b->nr++;
    log_debug("bus: %s at [%#llx, %#llx)", name, (unsigned long long)base,
              (unsigned long long)(base + len));
    return 0;
}

void bus_remove(struct bus *b, gpa_t base)
{
    int found = find(b, base);
    unsigned i = (unsigned)found;

    if (found < 0 || b->range[i].base != base)
        return;
    b->nr--;
    memmove(&b->range[i], &b->range[i + 1], (b->nr - i) * sizeof(b->range[0]));
    memmove(&b->region[i], &b->region[i + 1], (b->nr - i) * sizeof(b->region[0]));
}

/* Accesses that leave a region, one byte at a time: only a confused guest makes them. */
static int read_bytes(struct bus *b, gpa_t addr, unsigned size, uint64_t *ret)
{
    uint64_t value = 0;
    int r = 0;

    for (unsigned i = 0; i < size; i++) {
        int n = find(b, addr + i);
        uint64_t byte = 0xff;

        if (n < 0)
            r = -ENXIO;
        else
            byte = mmio_read(b->region[n].ops, b->region[n].dev, addr + i - b->range[n].base, 1);
        value |= byte << (i * 8);
    }
    *ret = value;
    return r;
}

static int write_bytes(struct bus *b, gpa_t addr, unsigned size, uint64_t value)
{
    int r = 0;

    for (unsigned i = 0; i < size; i++) {
        int n = find(b, addr + i);

        if (n < 0)
            r = -ENXIO;
        else
            mmio_write(b->region[n].ops, b->region[n].dev, addr + i - b->range[n].base, 1,
                       value >> (i * 8));
    }
    return r;
}

int bus_read(struct bus *b, gpa_t addr, unsigned size, uint64_t *ret)
{
    int n = find(b, addr);
    uint64_t off;

    if (n < 0)
        return read_bytes(b, addr, size, ret);
    off = addr - b->range[n].base;
    if (UNLIKELY(size > b->range[n].len - off))
        return read_bytes(b, addr, size, ret);
    *ret = mmio_read(b->region[n].ops, b->region[n].dev, off, size);
    return 0;
}

int bus_write(struct bus *b, gpa_t addr, unsigned size, uint64_t value)
{
    int n = find(b, addr);
    uint64_t off;

    if (n < 0)
        return write_bytes(b, addr, size, value);
    off = addr - b->range[n].base;
    if (UNLIKELY(size > b->range[n].len - off))
        return write_bytes(b, addr, size, value);
    mmio_write(b->region[n].ops, b->region[n].dev, off, size, value);
    return 0;
}
