/* SPDX-License-Identifier: Apache-2.0
 *
 * vsock.h for every engine. */
#include "engine/vsock.h"

#include <errno.h>

#include "engine/engine_ops.h"

bool vm_has_vsock(const struct vm *vm)
{
    return vm->ops->vsock;
}

static int refuse(const struct vm *vm, uint32_t port, struct err *err)
{
    return err_set(err, -ENOTSUP, "vsock port %u: the %s engine has no vsock device", port,
                   vm->ops->name);
}

int vm_vsock_listen(struct vm *vm, uint32_t port, const struct vsock_listener *listener,
                    struct err *err)
{
    return vm_has_vsock(vm) ? vm->ops->vsock->listen(vm, port, listener, err)
                            : refuse(vm, port, err);
}

void vm_vsock_unlisten(struct vm *vm, uint32_t port)
{
    if (vm_has_vsock(vm))
        vm->ops->vsock->unlisten(vm, port);
}

int vm_vsock_connect(struct vm *vm, uint32_t port, struct vsock_connect *c, struct err *err)
{
    return vm_has_vsock(vm) ? vm->ops->vsock->connect(vm, port, c, err) : refuse(vm, port, err);
}

void vm_vsock_cancel(struct vm *vm, struct vsock_connect *c)
{
    if (vm_has_vsock(vm))
        vm->ops->vsock->cancel(vm, c);
}
