/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-rng: virtio 1.2 §5.4. A request gets at most RNG_MAX_BYTES, whatever it asks for, and the
 * queue a few requests at a time, so that a guest that never stops asking leaves the loop to
 * others. */
#include "virtio/rng.h"

#include <errno.h>
#include <stdlib.h>

#include "host/entropy.h"

enum { RNG_QUEUE_SIZE = 16, RNG_MAX_BYTES = 1024, RNG_MAX_BATCH = 16 };

struct rng {
    struct virtio_device dev;
    struct vq_chain chain;
};

static void rng_queue_ready(struct virtio_device *dev, unsigned q)
{
    struct rng *rng = container_of(dev, struct rng, dev);
    struct virtqueue *vq = &dev->vq[q];
    unsigned i;

    for (i = 0; i < RNG_MAX_BATCH && vq_pop(vq, &rng->chain) > 0; i++) {
        uint8_t bytes[RNG_MAX_BYTES];
        uint32_t len =
            rng->chain.writable < sizeof(bytes) ? rng->chain.writable : (uint32_t)sizeof(bytes);

        if (entropy_get(bytes, len) != 0)
            len = 0;
        vq_push(vq, &rng->chain, (uint32_t)vq_write(&rng->chain, bytes, len));
    }
    if (i == RNG_MAX_BATCH)
        virtio_kick(dev, q);
    vq_notify(vq);
}

static void rng_destroy(struct virtio_device *dev)
{
    virtio_finish(dev);
    free(container_of(dev, struct rng, dev));
}

static const struct virtio_device_ops rng_ops = {
    .name = "virtio-rng",
    .device_id = VIRTIO_ID_RNG,
    .queue_size = RNG_QUEUE_SIZE,
    .queue_ready = rng_queue_ready,
    .destroy = rng_destroy,
};

int virtio_rng_create(const struct virtio_params *params, struct virtio_device **ret)
{
    struct rng *rng = calloc(1, sizeof(*rng));
    int rc;

    if (!rng)
        return -ENOMEM;
    rc = virtio_init(&rng->dev, &rng_ops, params, 1);
    if (rc < 0) {
        rng_destroy(&rng->dev);
        return rc;
    }
    *ret = &rng->dev;
    return 0;
}
