/* SPDX-License-Identifier: Apache-2.0
 *
 * Asynchronous reads, writes and flushes through the host's own queue: io_uring on Linux
 * (ring_uring.c), elsewhere nothing (ring_none.c). Loop thread. */
#ifndef BERTH_BACKEND_BLOCK_RING_H
#define BERTH_BACKEND_BLOCK_RING_H

#include "backend/block/transfer.h"
#include "base/compiler.h"
#include "host/loop.h"

struct block_ring;

/* `file` must stay. `done` is told on the loop thread, never from inside submit or kick. -ENOTSUP:
 * not here; any other -errno: the host refuses. Use threads then. */
NODISCARD int block_ring_create(struct loop *loop, const struct transfer_file *file,
                                void (*done)(void *ctx, struct block_req *req, int status),
                                void *ctx, struct block_ring **ret);
void block_ring_submit(struct block_ring *r,
                       struct block_req *req); /* READ, WRITE (len > 0) or FLUSH */
void block_ring_kick(struct block_ring *r);
void block_ring_drain(struct block_ring *r);
void block_ring_destroy(struct block_ring *r); /* drained; NULL is fine */

#endif
