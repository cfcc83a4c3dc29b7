/* SPDX-License-Identifier: Apache-2.0
 *
 * The virtio core: virtio 1.2 §2.1 (status), §2.2 (features), §2.4 (reset), §2.5 (configuration
 * space), §3.1 (initialisation). Not offered: ACCESS_PLATFORM (guests address RAM directly),
 * RING_PACKED, RING_RESET. */
#include "virtio/device.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CORE_FEATURES (VIRTIO_F_VERSION_1 | VIRTIO_F_RING_EVENT_IDX | VIRTIO_F_RING_INDIRECT_DESC)

enum {
    STATUS_DRIVER_BITS = VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_DRIVER_OK |
                         VIRTIO_S_FEATURES_OK | VIRTIO_S_FAILED
};

static void virtio_queue_interrupt(void *owner, unsigned index)
{
    struct virtio_device *dev = owner;

    if (dev->transport)
        dev->transport->queue_irq(dev->transport_ctx, index);
}

static void virtio_queue_broken(void *owner, unsigned index, const char *why)
{
    virtio_fail(owner, why);
}

static const struct vq_owner_ops virtio_queue_owner = {
    .interrupt = virtio_queue_interrupt,
    .broken = virtio_queue_broken,
};

static void virtio_kick_all(struct virtio_device *dev)
{
    for (unsigned q = 0; q < dev->nr_queues; q++)
        loop_post(dev->loop, &dev->doorbell[q].task);
}

/* Loop thread: a doorbell rang. */
static void virtio_doorbell_run(struct task *t)
{
    struct virtio_doorbell *bell = container_of(t, struct virtio_doorbell, task);
    struct virtio_device *dev = bell->dev;

    virtio_lock(dev);
    if (virtio_running(dev) && dev->vq[bell->q].state.enabled)
        dev->ops->queue_ready(dev, bell->q);
    virtio_unlock(dev);
}

static void virtio_activate(struct virtio_device *dev)
{
    int rc = dev->ops->activate ? dev->ops->activate(dev) : 0;

    dev->active = true; /* even if it failed: reset undoes what was begun */
    if (rc < 0)
        virtio_fail(dev, strerror(-rc));
    else
        virtio_kick_all(dev);
}

/* Loop thread: finishes what virtio_set_status began. */
static void virtio_lifecycle_run(struct task *t)
{
    struct virtio_device *dev = container_of(t, struct virtio_device, lifecycle);

    virtio_lock(dev);
    if (dev->resetting) {
        virtio_unlock(dev);
        if (dev->ops->reset)
            dev->ops->reset(dev);
        virtio_lock(dev);
        dev->resetting = false;
    }
    if (!dev->active && (dev->state.status & VIRTIO_S_DRIVER_OK))
        virtio_activate(dev);
    virtio_unlock(dev);
}

int virtio_init(struct virtio_device *dev, const struct virtio_device_ops *ops,
                const struct virtio_params *params, unsigned nr_queues)
{
    int rc;

    dev->ops = ops;
    dev->mem = params->mem;
    dev->loop = params->loop;
    (void)snprintf(dev->name, sizeof(dev->name), "%s %s", ops->name, params->name);
    if (!nr_queues || nr_queues > VIRTIO_MAX_QUEUES)
        return -EINVAL;
    dev->vq = calloc(nr_queues, sizeof(*dev->vq));
    dev->doorbell = calloc(nr_queues, sizeof(*dev->doorbell));
    if (!dev->vq || !dev->doorbell)
        return -ENOMEM;
    rc = pthread_mutex_init(&dev->lock, NULL);
    if (rc)
        return -rc;
    dev->nr_queues = nr_queues;
    dev->lifecycle.fn = virtio_lifecycle_run;
    for (unsigned q = 0; q < nr_queues; q++) {
        vq_init(&dev->vq[q], params->mem, q, ops->queue_size, &virtio_queue_owner, dev);
        dev->doorbell[q].dev = dev;
        dev->doorbell[q].q = q;
        dev->doorbell[q].task.fn = virtio_doorbell_run;
    }
    return 0;
}

void virtio_finish(struct virtio_device *dev)
{
    if (dev->nr_queues) { /* virtio_init succeeded */
        loop_cancel(dev->loop, &dev->lifecycle);
        for (unsigned q = 0; q < dev->nr_queues; q++)
            loop_cancel(dev->loop, &dev->doorbell[q].task);
        (void)pthread_mutex_destroy(&dev->lock);
    }
    free(dev->doorbell);
    free(dev->vq);
    dev->doorbell = NULL;
    dev->vq = NULL;
    dev->nr_queues = 0;
}

bool virtio_has(const struct virtio_device *dev, uint64_t features)
{
    return (dev->state.driver_features & features) == features;
}

bool virtio_live(const struct virtio_device *dev)
{
    return dev->active && !dev->resetting && !(dev->state.status & VIRTIO_S_NEEDS_RESET);
}

bool virtio_running(const struct virtio_device *dev)
{
    return virtio_live(dev) && !dev->paused;
}

void virtio_fail(struct virtio_device *dev, const char *why)
{
    log_rated(&dev->log_rate, LOG_WARN, "%s: %s; stopped until the guest resets it", dev->name,
              why);
    if (dev->state.status & VIRTIO_S_NEEDS_RESET)
        return;
    dev->state.status |= VIRTIO_S_NEEDS_RESET;
    if ((dev->state.status & VIRTIO_S_DRIVER_OK) && dev->transport)
        dev->transport->config_irq(dev->transport_ctx);
}

void virtio_config_changed(struct virtio_device *dev)
{
    dev->state.generation++;
    if ((dev->state.status & VIRTIO_S_DRIVER_OK) && dev->transport)
        dev->transport->config_irq(dev->transport_ctx);
}

void virtio_attach(struct virtio_device *dev, const struct virtio_transport_ops *ops,
                   void *transport)
{
    dev->transport = ops;
    dev->transport_ctx = transport;
}

uint64_t virtio_features(const struct virtio_device *dev)
{
    return CORE_FEATURES | (dev->ops->features ? dev->ops->features(dev) : 0);
}

void virtio_accept_features(struct virtio_device *dev, unsigned word, uint32_t bits)
{
    unsigned shift = word * 32;

    if (word > 1 || (dev->state.status & VIRTIO_S_FEATURES_OK))
        return;
    dev->state.driver_features &= ~((uint64_t)UINT32_MAX << shift);
    dev->state.driver_features |= (uint64_t)bits << shift;
}

static bool virtio_features_acceptable(const struct virtio_device *dev)
{
    return (dev->state.driver_features & ~virtio_features(dev)) == 0 &&
           virtio_has(dev, VIRTIO_F_VERSION_1);
}

uint8_t virtio_get_status(const struct virtio_device *dev)
{
    return dev->resetting && dev->state.status == 0 ? dev->status_shown : dev->state.status;
}

/* Registers as after power-on. What is in flight belongs to nobody now: virtio_live is false until
 * it is gone. */
static void virtio_clear(struct virtio_device *dev)
{
    dev->state.status = 0;
    dev->state.driver_features = 0;
    for (unsigned q = 0; q < dev->nr_queues; q++)
        vq_reset(&dev->vq[q]);
    if (dev->transport)
        dev->transport->reset(dev->transport_ctx);
}

static void virtio_begin_reset(struct virtio_device *dev)
{
    if (dev->active) {
        dev->status_shown = dev->state.status;
        dev->active = false;
        dev->resetting = true;
        loop_post(dev->loop, &dev->lifecycle);
    }
    virtio_clear(dev);
}

/* The driver's features become the queues'. */
static void virtio_fix_features(struct virtio_device *dev)
{
    for (unsigned q = 0; q < dev->nr_queues; q++) {
        dev->vq[q].event_idx = virtio_has(dev, VIRTIO_F_RING_EVENT_IDX);
        dev->vq[q].indirect = virtio_has(dev, VIRTIO_F_RING_INDIRECT_DESC);
    }
}

void virtio_set_status(struct virtio_device *dev, uint8_t value)
{
    unsigned added = value & ~dev->state.status & STATUS_DRIVER_BITS;

    if (value == 0) {
        virtio_begin_reset(dev);
        return;
    }
    if (added & VIRTIO_S_FEATURES_OK) {
        if (virtio_features_acceptable(dev))
            virtio_fix_features(dev);
        else
            added &= ~(unsigned)VIRTIO_S_FEATURES_OK;
    }
    if (!((dev->state.status | added) & VIRTIO_S_FEATURES_OK))
        added &= ~(unsigned)VIRTIO_S_DRIVER_OK;
    dev->state.status |= (uint8_t)added;
    if (added & VIRTIO_S_DRIVER_OK)
        loop_post(dev->loop, &dev->lifecycle);
}

/* How many of [off, off + len) lie in the configuration space. */
static size_t virtio_config_part(const struct virtio_device *dev, uint32_t off, size_t len)
{
    size_t room = off < dev->ops->config_len ? dev->ops->config_len - off : 0;

    return len < room ? len : room;
}

void virtio_config_read(struct virtio_device *dev, uint32_t off, void *dst, size_t len)
{
    size_t n = virtio_config_part(dev, off, len);

    memset(dst, 0, len);
    if (n && dev->ops->config_read)
        dev->ops->config_read(dev, off, dst, n);
}

void virtio_config_write(struct virtio_device *dev, uint32_t off, const void *src, size_t len)
{
    size_t n = virtio_config_part(dev, off, len);

    if (n == len && n && dev->ops->config_write)
        dev->ops->config_write(dev, off, src, n);
}

struct vq_state *virtio_queue_setup(struct virtio_device *dev, unsigned q)
{
    return q < dev->nr_queues && !dev->vq[q].state.enabled ? &dev->vq[q].state : NULL;
}

void virtio_queue_enable(struct virtio_device *dev, unsigned q)
{
    if (!virtio_queue_setup(dev, q) || !(dev->state.status & VIRTIO_S_FEATURES_OK))
        return;
    if (vq_enable(&dev->vq[q]) != 0)
        virtio_fail(dev, "the driver enabled a queue that lies outside RAM or has a broken size");
    else
        virtio_kick(dev, q);
}

void virtio_kick(struct virtio_device *dev, unsigned q)
{
    if (q < dev->nr_queues)
        loop_post(dev->loop, &dev->doorbell[q].task);
}

void virtio_reset(struct virtio_device *dev)
{
    bool was_active;

    virtio_lock(dev);
    was_active = dev->active || dev->resetting;
    dev->active = false;
    dev->resetting = was_active; /* completions see a device that is not live */
    virtio_unlock(dev);
    if (was_active && dev->ops->reset)
        dev->ops->reset(dev);
    virtio_lock(dev);
    dev->resetting = false;
    virtio_clear(dev);
    virtio_unlock(dev);
}

void virtio_quiesce(struct virtio_device *dev)
{
    virtio_lock(dev);
    dev->paused = true;
    virtio_unlock(dev);
    if (dev->ops->quiesce)
        dev->ops->quiesce(dev);
}

void virtio_unquiesce(struct virtio_device *dev)
{
    virtio_lock(dev);
    dev->paused = false;
    virtio_unlock(dev);
    virtio_kick_all(dev);
}

void virtio_destroy(struct virtio_device *dev)
{
    if (!dev)
        return;
    virtio_reset(dev);
    dev->ops->destroy(dev);
}
