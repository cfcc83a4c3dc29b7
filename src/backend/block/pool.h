/* SPDX-License-Identifier: Apache-2.0
 *
 * A few threads that carry out block requests with blocking calls: where there is no io_uring, and
 * for what it does badly. Threads start when requests find all others busy and stay until the end.
 * Loop thread. */
#ifndef BERTH_BACKEND_BLOCK_POOL_H
#define BERTH_BACKEND_BLOCK_POOL_H

#include "backend/block/block.h"
#include "base/compiler.h"
#include "host/loop.h"

struct block_pool;

enum { BLOCK_POOL_THREADS = 4 };

struct block_pool_ops {
    int (*run)(void *ctx, struct block_req *req);               /* a worker; returns the status */
    void (*done)(void *ctx, struct block_req *req, int status); /* loop thread */
};

NODISCARD int block_pool_create(struct loop *loop, const struct block_pool_ops *ops, void *ctx,
                                struct block_pool **ret);
void block_pool_submit(struct block_pool *p, struct block_req *req);
/* `req` will be reported done with `status` from the loop, and nothing else happens. */
void block_pool_fail(struct block_pool *p, struct block_req *req, int status);
void block_pool_drain(struct block_pool *p);   /* returns with nothing under way; calls done */
void block_pool_destroy(struct block_pool *p); /* drained; NULL is fine */

#endif
