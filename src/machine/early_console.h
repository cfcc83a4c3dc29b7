/* SPDX-License-Identifier: Apache-2.0
 *
 * What a guest writes to its UART before it has opened a better console, so that a boot that fails
 * early is not silent. Bytes are taken on any thread and handed on from the loop; the guest never
 * waits for whoever reads them. */
#ifndef BERTH_MACHINE_EARLY_CONSOLE_H
#define BERTH_MACHINE_EARLY_CONSOLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "host/loop.h"

struct early_console;

/* Where bytes go; loop thread. */
typedef void early_console_sink(void *ctx, const uint8_t *bytes, size_t len);

NODISCARD int early_console_create(struct loop *loop, early_console_sink *sink, void *ctx,
                                   struct early_console **ret);
void early_console_destroy(struct early_console *e); /* loop thread */

/* One more byte, dropped while too many wait. Any thread. */
void early_console_put(struct early_console *e, uint8_t byte);

/* The guest has a better console (what came before still goes out), or lost it to a reset. Any
 * thread. */
void early_console_close(struct early_console *e);
void early_console_open(struct early_console *e);

#endif
