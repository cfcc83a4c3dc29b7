/* SPDX-License-Identifier: Apache-2.0
 *
 * Makes any guest access fit a device: splits what is too large or unaligned, widens what is too
 * small. */
#include "bus/bus.h"

/* All bits of `size` bytes, 1..8. */
static uint64_t bytes_mask(unsigned size)
{
    return UINT64_MAX >> (64 - size * 8);
}

/* One access that the device takes, and the bytes of it that were asked for. */
struct part {
    uint64_t off;  /* aligned to `size` */
    unsigned size; /* min_size..max_size */
    unsigned lane; /* first byte asked for */
    unsigned used; /* bytes asked for, at least one */
};

/* The first part of an access to [off, off + left). */
static struct part first_part(const struct mmio_ops *ops, uint64_t off, unsigned left)
{
    unsigned lane = (unsigned)(off & (ops->min_size - 1u));
    unsigned size = ops->max_size;

    if (lane > 0 || left < ops->min_size) {
        unsigned used = ops->min_size - lane;

        return (struct part){off - lane, ops->min_size, lane, used < left ? used : left};
    }
    while (size > left || (off & (size - 1)))
        size /= 2;
    return (struct part){off, size, 0, size};
}

uint64_t mmio_read(const struct mmio_ops *ops, void *dev, uint64_t off, unsigned size)
{
    uint64_t value = 0;

    for (unsigned done = 0; done < size;) {
        struct part p = first_part(ops, off + done, size - done);
        uint64_t word = ops->read(dev, p.off, p.size);

        value |= (word >> (p.lane * 8) & bytes_mask(p.used)) << (done * 8);
        done += p.used;
    }
    return value;
}

void mmio_write(const struct mmio_ops *ops, void *dev, uint64_t off, unsigned size, uint64_t value)
{
    for (unsigned done = 0; done < size;) {
        struct part p = first_part(ops, off + done, size - done);
        uint64_t bytes = value >> (done * 8) & bytes_mask(p.used);

        ops->write(dev, p.off, p.size, bytes << (p.lane * 8));
        done += p.used;
    }
}
