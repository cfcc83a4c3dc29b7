/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk (virtio 1.2 §5.2) over any block backend. */
#ifndef BERTH_VIRTIO_BLK_H
#define BERTH_VIRTIO_BLK_H

#include "backend/block/block.h"
#include "virtio/device.h"

enum { BLK_SERIAL_LEN = 20, BLK_MAX_QUEUES = 8 };

struct virtio_blk_params {
    struct virtio_params device;
    struct block *disk;
    const char *serial; /* vfkit's deviceId, cut to BLK_SERIAL_LEN bytes; NULL: "berth-" and the
                           device's name */
    unsigned nr_queues; /* the machine's CPUs is a good number; cut to [1, BLK_MAX_QUEUES] */
};

/* Takes ownership of the disk, also when it fails. */
NODISCARD int virtio_blk_create(const struct virtio_blk_params *params, struct virtio_device **ret);

#endif
