/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory for generated machine code under W^X: no page is ever writable and executable. Linux maps
 * one object twice, once to write and once to execute; Apple silicon has one MAP_JIT mapping whose
 * protection is switched per thread. Code written between code_write_begin and code_write_end is
 * fit to run on any thread once the end has returned and its address was published with release
 * order. */
#ifndef BERTH_HOST_CODE_MEMORY_H
#define BERTH_HOST_CODE_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

struct code_memory {
    uint8_t *write; /* where code is written */
    uint8_t *exec;  /* where the same bytes run */
    size_t len;     /* bytes, a multiple of the host's page */
    int fd;         /* the object behind both, -1 if none */
};

/* 0; -ENOMEM, -EPERM where the host forbids executable memory, -ENOTSUP where it has no way to keep
 * W^X. `len` is rounded up to host pages. */
NODISCARD int code_memory_create(size_t len, struct code_memory *ret);
void code_memory_destroy(struct code_memory *m);

/* The calling thread is about to change code / has changed [exec + off, + len). They do not nest.
 */
void code_write_begin(struct code_memory *m);
void code_write_end(struct code_memory *m, size_t off, size_t len);

#endif
