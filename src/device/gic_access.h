/* SPDX-License-Identifier: Apache-2.0
 *
 * Both register frames are made of 32-bit registers. A 64-bit access is two of them; narrower ones
 * are for the priority bytes, and elsewhere read their part and write nothing (IHI 0069H §12.1.3).
 */
#ifndef BERTH_DEVICE_GIC_ACCESS_H
#define BERTH_DEVICE_GIC_ACCESS_H

#include <stdint.h>

struct gic;

struct gic_frame {
    uint32_t (*read32)(struct gic *g, uint64_t off);
    void (*write32)(struct gic *g, uint64_t off, uint32_t value);
    void (*write8)(struct gic *g, uint64_t off, uint8_t value);
};

uint64_t gic_frame_read(struct gic *g, const struct gic_frame *f, uint64_t off, unsigned size);
void gic_frame_write(struct gic *g, const struct gic_frame *f, uint64_t off, unsigned size,
                     uint64_t value);

#endif
