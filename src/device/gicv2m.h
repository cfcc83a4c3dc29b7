/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv2m message frame: a write of an INTID to one register becomes an edge on that shared
 * interrupt. It sits beside any GIC without LPIs (arm64-board.md §10). No guest-visible state. */
#ifndef BERTH_DEVICE_GICV2M_H
#define BERTH_DEVICE_GICV2M_H

#include <stdint.h>

#include "bus/bus.h"

#define GICV2M_SIZE UINT64_C(0x1000)

struct gicv2m {
    gpa_t base;                                /* of the frame: where devices send their messages */
    unsigned first_intid, nr;                  /* the interrupts that it may raise */
    void (*pulse)(void *ctrl, unsigned intid); /* any thread */
    void *ctrl;
};

/* The frame as CPUs see it; `dev` is a struct gicv2m. */
extern const struct mmio_ops gicv2m_ops;

/* A device's message: fits struct msi_target. Addresses other than the doorbell's are ignored. Any
 * thread. */
void gicv2m_send(void *gicv2m, uint64_t addr, uint32_t data);

#endif
