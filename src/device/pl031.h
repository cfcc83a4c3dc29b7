/* SPDX-License-Identifier: Apache-2.0
 *
 * PL031 real-time clock: the host's wall clock in seconds, moved by what the guest sets, with one
 * alarm. It goes on while the VM is paused. */
#ifndef BERTH_DEVICE_PL031_H
#define BERTH_DEVICE_PL031_H

#include <stdint.h>

#include "base/compiler.h"
#include "bus/bus.h"
#include "bus/irq.h"
#include "host/loop.h"

struct pl031;

struct pl031_params {
    struct irq_line irq;
    struct loop *loop;         /* for the alarm */
    uint64_t (*wall_ns)(void); /* clock_wall_ns, or a test's */
};

NODISCARD int pl031_create(const struct pl031_params *params,
                           struct pl031 **ret); /* 0 or -ENOMEM */
void pl031_destroy(struct pl031 *c);            /* loop thread, vCPUs gone */
void pl031_reset(struct pl031 *c);              /* the time stays */

extern const struct mmio_ops pl031_ops; /* `dev` is the clock; 4 KiB */

#endif
