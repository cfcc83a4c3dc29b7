/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's end (CID 2) of a VM's vsock device. A connection is a descriptor: a connected stream
 * socket, non-blocking and close-on-exec, whose shutdown(2) reaches the other end, and which
 * belongs to whoever is given it. Loop thread. Virtio 1.2, 5.10. */
#ifndef BERTH_ENGINE_VSOCK_H
#define BERTH_ENGINE_VSOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct vm;

/* Told of each connection that the guest makes to the port. */
struct vsock_listener {
    void (*accepted)(void *ctx, int fd);
    void *ctx;
};

/* A connection that the host makes. Lives inside its owner until `done` was called or it was
 * cancelled. */
struct vsock_connect {
    void (*done)(void *ctx, int fd, const struct err *err); /* once; fd -1: err says why */
    void *ctx;
    void *impl; /* the engine's */
};

/* What an engine supplies; each as the function below that calls it. */
struct vsock_ops {
    int (*listen)(struct vm *vm, uint32_t port, const struct vsock_listener *listener,
                  struct err *err);
    void (*unlisten)(struct vm *vm, uint32_t port);
    int (*connect)(struct vm *vm, uint32_t port, struct vsock_connect *c, struct err *err);
    void (*cancel)(struct vm *vm, struct vsock_connect *c);
};

/* Does this VM have a vsock device that the host can use? */
bool vm_has_vsock(const struct vm *vm);

/* From now on connections to `port` are accepted, also those that the guest makes in its first
 * moment: may be called before vm_start. A second listener of a port takes the place of the first.
 * `listener` is copied. -ENOTSUP without such a device, or another -errno, with the sentence in
 * `err`. Ports that nobody listens on are reset. */
NODISCARD int vm_vsock_listen(struct vm *vm, uint32_t port, const struct vsock_listener *listener,
                              struct err *err);
void vm_vsock_unlisten(struct vm *vm, uint32_t port); /* nobody listening is fine */

/* Begins to connect to `port` of the guest. 0: c->done will be called, never from inside this
 * call. */
NODISCARD int vm_vsock_connect(struct vm *vm, uint32_t port, struct vsock_connect *c,
                               struct err *err);
void vm_vsock_cancel(struct vm *vm, struct vsock_connect *c); /* done is not called any more */

#endif
