/* SPDX-License-Identifier: Apache-2.0
 *
 * engine/vsock.h on VZVirtioSocketDevice. Loop thread. */
#ifndef BERTH_ENGINE_VZ_VSOCK_H
#define BERTH_ENGINE_VZ_VSOCK_H

#include "base/compiler.h"
#include "base/err.h"
#include "engine/vsock.h"
#include "engine/vz/machine.h"

struct vz_port;

/* The ports that the host listens on. Zero-initialise, then set the first two. */
struct vz_vsock {
    struct vz_machine *machine;
    bool has_device; /* the VM was configured with one */
    struct vz_port *ports;
};

NODISCARD int vz_vsock_listen(struct vz_vsock *v, uint32_t port,
                              const struct vsock_listener *listener, struct err *err);
void vz_vsock_unlisten(struct vz_vsock *v, uint32_t port);
NODISCARD int vz_vsock_connect(struct vz_vsock *v, uint32_t port, struct vsock_connect *c,
                               struct err *err);
void vz_vsock_cancel(struct vsock_connect *c);
void vz_vsock_finish(struct vz_vsock *v); /* before vz_machine_destroy */

#endif
