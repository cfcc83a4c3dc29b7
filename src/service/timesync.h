/* SPDX-License-Identifier: Apache-2.0
 *
 * --timesync: sets the guest's clock when its time has stood still, by asking the guest agent
 * (qemu-ga on a vsock port) for it. Loop thread. vfkit-compat.md §13; QEMU Guest Agent Protocol,
 * guest-set-time. */
#ifndef BERTH_SERVICE_TIMESYNC_H
#define BERTH_SERVICE_TIMESYNC_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "engine/engine.h"
#include "host/loop.h"

struct timesync;

/* Watches the host's sleep from now on. A host that does not tell of it is only warned about. */
NODISCARD int timesync_create(struct vm *vm, uint32_t port, struct loop *loop,
                              struct timesync **ret, struct err *err);
void timesync_destroy(struct timesync *t); /* NULL is fine */

/* Sets the clock now: the guest stood still for a while. Tries again for some seconds when nobody
 * answers; failing is logged. NULL is fine. */
void timesync_now(struct timesync *t);

/* Is this line, without its end, how an agent says that it has set the clock? Otherwise `err` gets
 * what it says instead. Pure. */
NODISCARD int timesync_check_reply(const char *line, size_t len, struct err *err);

#endif
