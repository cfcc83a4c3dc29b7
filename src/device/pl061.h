/* SPDX-License-Identifier: Apache-2.0
 *
 * PL061 GPIO: eight lines, of which the board drives some as inputs (the power key). */
#ifndef BERTH_DEVICE_PL061_H
#define BERTH_DEVICE_PL061_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "bus/bus.h"
#include "bus/irq.h"

struct pl061;

NODISCARD int pl061_create(const struct irq_line *irq, struct pl061 **ret); /* 0 or -ENOMEM */
void pl061_destroy(struct pl061 *g);
void pl061_reset(struct pl061 *g); /* inputs keep their level */

extern const struct mmio_ops pl061_ops; /* `dev` is the GPIO block; 4 KiB */

/* Level of input line 0..7. Any thread. */
void pl061_set_input(struct pl061 *g, unsigned line, bool level);

#endif
