/* SPDX-License-Identifier: Apache-2.0
 *
 * One request against one descriptor: what to do next, whoever makes the system calls. */
#ifndef BERTH_BACKEND_BLOCK_TRANSFER_H
#define BERTH_BACKEND_BLOCK_TRANSFER_H

#include <sys/types.h>

#include "backend/block/block.h"

struct transfer_file {
    int fd;
    uint64_t real_size; /* bytes that were there when it was opened; reads between this and `size`
                           give zeros */
    const char *path;   /* for log lines */
};

/* Where a read or write continues: buffers not yet moved, and how many. */
const struct iovec *transfer_rest(const struct block_req *req, unsigned *ret_nr);

/* Takes the result of one preadv or pwritev of the rest: bytes or -errno. True when the request is
 * finished, with req->impl.status set; false: move the rest. */
bool transfer_moved(const struct transfer_file *f, struct block_req *req, ssize_t n);

/* Carries the whole request out, blocking. Any thread. Returns its status. */
int transfer_run(const struct transfer_file *f, struct block_req *req);

/* Frees what the functions above allocated for the request. Once, before done. */
void transfer_finish(struct block_req *req);

#endif
