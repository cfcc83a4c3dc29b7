/* SPDX-License-Identifier: Apache-2.0
 *
 * No queue of the host's own: everything goes to the threads. */
#include <errno.h>

#include "backend/block/ring.h"

int block_ring_create(struct loop *loop, const struct transfer_file *file,
                      void (*done)(void *ctx, struct block_req *req, int status), void *ctx,
                      struct block_ring **ret)
{
    return -ENOTSUP;
}

void block_ring_submit(struct block_ring *r, struct block_req *req)
{
}

void block_ring_kick(struct block_ring *r)
{
}

void block_ring_drain(struct block_ring *r)
{
}

void block_ring_destroy(struct block_ring *r)
{
}
