/* SPDX-License-Identifier: Apache-2.0
 *
 * --ignition: the file that a guest configures itself with on its first boot, over HTTP on vsock
 * port 1024. vfkit-compat.md §14; Ignition's provider `applehv`. Loop thread. */
#ifndef BERTH_API_IGNITION_H
#define BERTH_API_IGNITION_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "engine/engine.h"
#include "host/loop.h"

struct ignition;

/* Serves the file at `path` from before the VM starts. 0 with *ret NULL when the file cannot be
 * read, which is logged; -errno with the sentence in `err` when the service cannot be set up. */
NODISCARD int ignition_create(struct vm *vm, const char *path, struct loop *loop,
                              struct ignition **ret, struct err *err);
void ignition_destroy(struct ignition *g); /* before vm_destroy; NULL is fine */

/* The part of a body of `len` bytes that a Range header asks for: one range of bytes (RFC 9110,
 * 14.1.2). 0 with [*ret_first, *ret_last]; -ENOENT: all of it is meant (no header, or one to be
 * ignored); -ERANGE: none of it. Pure. */
NODISCARD int ignition_range(const char *header, size_t len, size_t *ret_first, size_t *ret_last);

#endif
