/* SPDX-License-Identifier: Apache-2.0
 *
 * --device virtio-vsock: each port of the guest's vsock device and its unix socket on the host, any
 * number of connections. Loop thread. What clients expect: vfkit-compat.md §12. */
#ifndef BERTH_SERVICE_BRIDGE_H
#define BERTH_SERVICE_BRIDGE_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine.h"
#include "host/loop.h"

struct bridges;

/* Opens every port of `cfg`, before the VM starts, so that the guest's first moment is not too
 * early. A port that cannot be opened: a warning, and the others go on; under krunkit the start is
 * refused, with the sentence in `err`. Of several entries for one port the last counts. */
NODISCARD int bridges_create(struct vm *vm, const struct vm_config *cfg, struct loop *loop,
                             struct bridges **ret, struct err *err);

/* Closes all connections, and removes the sockets that were made. Before vm_destroy. NULL is fine.
 */
void bridges_destroy(struct bridges *b);

#endif
