/* SPDX-License-Identifier: Apache-2.0
 *
 * Raw images and block devices of the host as disks.
 *
 * Durability: the host's page cache is used. A completed BLOCK_FLUSH means that everything
 * acknowledged before it is on the medium; after one flush has failed all further ones fail,
 * because the host may have dropped the data. Errors, a full host disk among them, reach the
 * request that met them.
 *
 * An image whose length is no multiple of 512 shows its last sector in full: the missing bytes read
 * as zeros, and writing them makes the image longer. An image that became shorter than it was when
 * opened gives -EIO where it is missing. */
#ifndef BERTH_BACKEND_BLOCK_FILE_H
#define BERTH_BACKEND_BLOCK_FILE_H

#include "backend/block/block.h"
#include "base/compiler.h"
#include "base/err.h"
#include "host/loop.h"

struct block_file_params {
    const char *path;
    bool read_only;
    bool must_be_device; /* vfkit's type=dev: a block device itself, not a link to one */
    bool no_ring;        /* use threads even where io_uring works: tests, measurements */
    struct loop *loop;
};

/* Opens and locks the image: writable ones exclusively, read-only ones shared, so that two VMs
 * never write one disk. An image that may not be written is attached read-only with a warning. 0 or
 * -errno, and the sentence. */
NODISCARD int block_file_open(const struct block_file_params *params, struct block **ret,
                              struct err *err);

#endif
