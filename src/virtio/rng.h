/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's random numbers for the guest (virtio 1.2 §5.4). */
#ifndef BERTH_VIRTIO_RNG_H
#define BERTH_VIRTIO_RNG_H

#include "virtio/device.h"

NODISCARD int virtio_rng_create(const struct virtio_params *params, struct virtio_device **ret);

#endif
