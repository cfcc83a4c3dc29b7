/* SPDX-License-Identifier: Apache-2.0
 *
 * Access sizes of the GIC's register frames, and their lock. */
#include "device/gic_access.h"

#include "device/gic_state.h"

static uint64_t read_locked(struct gic *g, const struct gic_frame *f, uint64_t off, unsigned size)
{
    if (size == 8)
        return f->read32(g, off) | (uint64_t)f->read32(g, off + 4) << 32;
    return f->read32(g, off & ~UINT64_C(3)) >> ((off & 3) * 8);
}

uint64_t gic_frame_read(struct gic *g, const struct gic_frame *f, uint64_t off, unsigned size)
{
    uint64_t value;

    (void)pthread_mutex_lock(&g->lock);
    value = read_locked(g, f, off, size);
    (void)pthread_mutex_unlock(&g->lock);
    return value;
}

void gic_frame_write(struct gic *g, const struct gic_frame *f, uint64_t off, unsigned size,
                     uint64_t value)
{
    (void)pthread_mutex_lock(&g->lock);
    switch (size) {
    case 8:
        f->write32(g, off, (uint32_t)value);
        f->write32(g, off + 4, (uint32_t)(value >> 32));
        break;
    case 4:
        f->write32(g, off, (uint32_t)value);
        break;
    default:
        for (unsigned i = 0; i < size; i++)
            f->write8(g, off + i, (uint8_t)(value >> (i * 8)));
    }
    (void)pthread_mutex_unlock(&g->lock);
}
