/* SPDX-License-Identifier: Apache-2.0
 *
 * What all virtio devices share (virtio 1.2 §2, §3): status, feature negotiation, configuration
 * space, queues, and when a device runs. A device type is a const struct of functions; a transport
 * (pci.c) turns registers into the calls below and interrupts into messages.
 *
 * Registers are touched on vCPU threads, under the device's lock. Everything a device does happens
 * on the loop thread:
 *
 *      driver writes DRIVER_OK ──► activate ──► queue_ready … queue_ready ──► reset ──► (driver may
 * start again)
 *
 * A reset of a running device is handed to the loop too; the status register reads back non-zero
 * until it is done (§2.4.2), and what the driver programs meanwhile takes effect afterwards. No
 * vCPU ever waits for the loop. */
#ifndef BERTH_VIRTIO_DEVICE_H
#define BERTH_VIRTIO_DEVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/log.h"
#include "host/loop.h"
#include "memory/memory.h"
#include "virtio/queue.h"

enum { /* device ids, virtio 1.2 §5 */
       VIRTIO_ID_NET = 1,
       VIRTIO_ID_BLOCK = 2,
       VIRTIO_ID_CONSOLE = 3,
       VIRTIO_ID_RNG = 4,
       VIRTIO_ID_BALLOON = 5,
       VIRTIO_ID_GPU = 16,
       VIRTIO_ID_INPUT = 18,
       VIRTIO_ID_VSOCK = 19,
       VIRTIO_ID_FS = 26,
};

enum { /* device status, §2.1 */
       VIRTIO_S_ACKNOWLEDGE = 1,
       VIRTIO_S_DRIVER = 2,
       VIRTIO_S_DRIVER_OK = 4,
       VIRTIO_S_FEATURES_OK = 8,
       VIRTIO_S_NEEDS_RESET = 64,
       VIRTIO_S_FAILED = 128,
};

#define VIRTIO_F_RING_INDIRECT_DESC (1ull << 28)
#define VIRTIO_F_RING_EVENT_IDX     (1ull << 29)
#define VIRTIO_F_VERSION_1          (1ull << 32)

enum { VIRTIO_MAX_QUEUES = 64, VIRTIO_NAME_MAX = 48 };

struct virtio_device;

/* One const struct a device type. What runs on the loop runs under the device's lock, but for
 * `reset` and `quiesce`, which may have to let completions run that take it. */
struct virtio_device_ops {
    const char *name;               /* "virtio-blk": logs, errors */
    uint16_t device_id, queue_size; /* queue_size a power of two <= VQ_MAX_SIZE */
    uint16_t config_len; /* bytes of device configuration; the core cuts accesses to it */

    /* Offered features of this type, bits 0–23 and 50 up; the core adds the ring's own. */
    uint64_t (*features)(const struct virtio_device *dev);
    /* [off, off + len) lies in [0, config_len). vCPU thread, lock held. NULL: reads zeros, writes
     * ignored. */
    void (*config_read)(struct virtio_device *dev, uint32_t off, void *dst, size_t len);
    void (*config_write)(struct virtio_device *dev, uint32_t off, const void *src, size_t len);

    int (*activate)(struct virtio_device
                        *dev); /* NULL: nothing to do. An error makes the device need a reset */
    void (*reset)(
        struct virtio_device *dev); /* returns with nothing in flight. NULL: nothing ever is */
    void (*queue_ready)(struct virtio_device *dev,
                        unsigned q); /* the driver may have added chains */
    void (*quiesce)(
        struct virtio_device *dev); /* returns with nothing in flight; may be NULL likewise */
    void (*destroy)(struct virtio_device *dev); /* calls virtio_finish, frees the rest */
};

/* What a transport does for its device. Any thread, device's lock held. */
struct virtio_transport_ops {
    void (*queue_irq)(void *transport, unsigned q);
    void (*config_irq)(void *transport);
    void (*reset)(
        void *transport); /* registers of the transport's own back to their power-on values */
};

struct virtio_state { /* guest-visible; queues have a vq_state each besides */
    uint8_t status;
    uint8_t generation;       /* of the configuration space */
    uint64_t driver_features; /* accepted so far; fixed by FEATURES_OK */
};

struct virtio_doorbell {
    struct task task;
    struct virtio_device *dev;
    unsigned q;
};

/* The part of every device that the core owns; embedded first in the device's own struct. */
struct virtio_device {
    const struct virtio_device_ops *ops;
    char name[VIRTIO_NAME_MAX]; /* "virtio-blk disk0" */
    struct guest_memory *mem;
    struct loop *loop;
    const struct virtio_transport_ops *transport;
    void *transport_ctx;
    unsigned nr_queues;
    struct virtio_doorbell *doorbell; /* nr_queues */
    struct task lifecycle;
    struct log_rate log_rate;

    pthread_mutex_t lock; /* guards what follows, and what the device type says */
    struct virtio_state state;
    struct virtqueue *vq; /* nr_queues */
    bool active;          /* activate has run, reset has not */
    bool resetting;       /* the driver asked for a reset that the loop has not finished */
    bool paused;          /* quiesced */
    uint8_t status_shown; /* while resetting and the driver has not begun anew */
};

struct virtio_params {
    const char *name; /* of this one: "disk0" */
    struct guest_memory *mem;
    struct loop *loop;
};

/* ---- for device types ---- */

/* `dev` is zeroed memory of the caller's. -ENOMEM, or -EINVAL for more queues than
 * VIRTIO_MAX_QUEUES. */
NODISCARD int virtio_init(struct virtio_device *dev, const struct virtio_device_ops *ops,
                          const struct virtio_params *params, unsigned nr_queues);
void virtio_finish(struct virtio_device *dev); /* also after a failed virtio_init */

/* Whether the driver accepted all of `features`. Lock held. */
bool virtio_has(const struct virtio_device *dev, uint64_t features);

/* Whether queues may be worked on now: activated, not being reset, not broken, not paused. Lock
 * held. */
bool virtio_running(const struct virtio_device *dev);

/* Whether a completion may still touch the queues: as above, but paused is fine. Lock held. */
bool virtio_live(const struct virtio_device *dev);

/* Stops the device until the driver resets it, and tells it so: NEEDS_RESET (§2.1.2). Lock held. */
void virtio_fail(struct virtio_device *dev, const char *why);

/* The configuration space changed: new generation, and an interrupt once the driver is up. Lock
 * held. */
void virtio_config_changed(struct virtio_device *dev);

/* ---- for transports ---- */

void virtio_attach(struct virtio_device *dev, const struct virtio_transport_ops *ops,
                   void *transport);
static inline void virtio_lock(struct virtio_device *dev)
{
    (void)pthread_mutex_lock(&dev->lock);
}
static inline void virtio_unlock(struct virtio_device *dev)
{
    (void)pthread_mutex_unlock(&dev->lock);
}

/* Lock held: */
uint64_t virtio_features(const struct virtio_device *dev); /* offered */
void virtio_accept_features(struct virtio_device *dev, unsigned word,
                            uint32_t bits); /* word 0: bits 31..0 */
uint8_t virtio_get_status(const struct virtio_device *dev);
void virtio_set_status(struct virtio_device *dev, uint8_t value);
void virtio_config_read(struct virtio_device *dev, uint32_t off, void *dst,
                        size_t len); /* any off, len */
void virtio_config_write(struct virtio_device *dev, uint32_t off, const void *src, size_t len);
/* The state of queue `q` for the driver to program, or NULL when there is no such queue or it is
 * enabled already. */
struct vq_state *virtio_queue_setup(struct virtio_device *dev, unsigned q);
void virtio_queue_enable(struct virtio_device *dev, unsigned q);

/* A doorbell: queue_ready(q) will run on the loop soon. Any thread, no lock; `q` may be any number.
 */
void virtio_kick(struct virtio_device *dev, unsigned q);

/* ---- for boards; loop thread, vCPUs stopped, no lock ---- */

void virtio_reset(struct virtio_device *dev);   /* as power-on; nothing in flight afterwards */
void virtio_quiesce(struct virtio_device *dev); /* nothing in flight, nothing begins, until: */
void virtio_unquiesce(struct virtio_device *dev);
void virtio_destroy(struct virtio_device *dev); /* NULL is fine */

#endif
