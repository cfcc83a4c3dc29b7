/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk as a device sees it: requests of any alignment within [0, size), completed in any order on
 * the loop thread. All functions are called on the loop thread. */
#ifndef BERTH_BACKEND_BLOCK_BLOCK_H
#define BERTH_BACKEND_BLOCK_BLOCK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/compiler.h"

enum block_op {
    BLOCK_READ,
    BLOCK_WRITE,
    BLOCK_FLUSH,   /* what was written by requests completed before this one is submitted becomes
                      durable */
    BLOCK_DISCARD, /* the range's contents may be lost */
    BLOCK_WRITE_ZEROES, /* the range reads as zeros afterwards */
};

struct block_req {
    enum block_op op;
    uint64_t offset, len;    /* bytes; not for BLOCK_FLUSH */
    const struct iovec *iov; /* of `len` bytes in all, for reads and writes; stays until done */
    unsigned nr_iov;
    bool may_unmap; /* BLOCK_WRITE_ZEROES: the range may be given back to the host */
    /* Exactly once for each submit, on the loop thread, never from inside submit or kick. 0 or
     * -errno. */
    void (*done)(struct block_req *req, int status);
    void *ctx;
    struct { /* the backend's while the request is under way */
        struct block_req *next;
        uint64_t moved;
        struct iovec *rest;
        int status;
    } impl;
};

struct block;

struct block_ops {
    void (*submit)(struct block *b, struct block_req *req); /* the range lies within the size */
    void (*kick)(struct block *b);    /* begins what submit may have held back: call after a batch.
                                         NULL: nothing */
    void (*drain)(struct block *b);   /* returns when no request is left; calls their done */
    void (*destroy)(struct block *b); /* drained */
};

/* The part of every backend that devices see; embedded first. */
struct block {
    const struct block_ops *ops;
    uint64_t size; /* bytes, a multiple of 512 */
    uint32_t
        physical_block; /* bytes in which the host likes to be written, a power of two >= 512 */
    bool read_only;
    bool can_discard;
};

static inline void block_kick(struct block *b)
{
    if (b->ops->kick)
        b->ops->kick(b);
}

static inline void block_destroy(struct block *b)
{
    if (b)
        b->ops->destroy(b);
}

#endif
