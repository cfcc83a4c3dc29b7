/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework's GIC: gic.c is what the host calls, gic_chip.c the device. macOS 15. */
#ifndef BERTH_STANDIN_HVF_GIC_H
#define BERTH_STANDIN_HVF_GIC_H

#include "device/gic.h"
#include "standin.h"

enum { STANDIN_GIC_FRAME = 65536, STANDIN_NR_SPIS = 960, STANDIN_GICM_SET_SPI = 0x40 };

struct standin_gic_places {
    hv_ipa_t dist, redist, msi; /* 0: not set */
    uint32_t first_msi, nr_msis;
};

extern const struct standin_gic_ops standin_gic_ops;

/* The chip of this VM, or NULL. */
struct gic *standin_gic(void);
const struct standin_gic_places *standin_gic_places(void);
hv_return_t standin_gic_make(const struct standin_gic_places *places);

/* Registers as a CPU would access them, at `off` of the frames of `place`. */
uint64_t standin_redist_read(unsigned place, uint64_t off, unsigned size);

#endif
