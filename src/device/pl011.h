/* SPDX-License-Identifier: Apache-2.0
 *
 * PL011 UART. What the guest sends goes to a callback at once; what it receives waits in a FIFO of
 * 16 bytes. */
#ifndef BERTH_DEVICE_PL011_H
#define BERTH_DEVICE_PL011_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "bus/bus.h"
#include "bus/irq.h"

struct pl011;

struct pl011_params {
    struct irq_line irq;
    /* The guest sent `byte`. vCPU thread, under the device's lock: must not call back. NULL:
     * dropped. */
    void (*output)(void *ctx, uint8_t byte);
    void *ctx;
};

NODISCARD int pl011_create(const struct pl011_params *params,
                           struct pl011 **ret); /* 0 or -ENOMEM */
void pl011_destroy(struct pl011 *u);
void pl011_reset(struct pl011 *u);

extern const struct mmio_ops pl011_ops; /* `dev` is the UART; 4 KiB */

/* Bytes from outside: as many as the FIFO takes. Returns their number. Any thread. */
size_t pl011_receive(struct pl011 *u, const uint8_t *bytes, size_t len);

#endif
