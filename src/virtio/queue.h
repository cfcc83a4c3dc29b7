/* SPDX-License-Identifier: Apache-2.0
 *
 * Split virtqueues (virtio 1.2 §2.7), device side: the rings in guest memory on one side, checked
 * chains of host buffers on the other. Everything the driver wrote is hostile; a chain is copied
 * and checked completely before a device sees it, and a ring that makes no sense stops for good
 * (until the driver resets the device).
 *
 *      driver writes                              device writes
 *      desc[size]   { addr len flags next }       used { flags idx { id len }[size] avail_event }
 *      avail { flags idx head[size] used_event }
 *
 * All functions are called under the lock of the device that owns the queue. */
#ifndef BERTH_VIRTIO_QUEUE_H
#define BERTH_VIRTIO_QUEUE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/compiler.h"
#include "memory/memory.h"

enum {
    VQ_MAX_SIZE = 256, /* entries of a ring: the largest that any device of ours offers */
    VQ_MAX_SEGS = 256, /* descriptors of a chain, through an indirect table or not */
};

struct virtqueue;

/* What the queue tells its device. Called under the device's lock. */
struct vq_owner_ops {
    void (*interrupt)(void *owner, unsigned index); /* the driver wants to hear of used buffers */
    void (*broken)(void *owner, unsigned index,
                   const char *why); /* once, when the ring first fails a check */
};

/* Everything a saved VM needs to go on with the queue, and nothing else. */
struct vq_state {
    uint16_t size; /* entries, a power of two */
    bool enabled;
    gpa_t desc, driver, device; /* descriptor table, available ring, used ring */
    uint16_t next_avail;        /* the next entry of the available ring to look at */
    uint16_t next_used;         /* the next entry of the used ring to fill */
    uint16_t published; /* what used.idx says: entries from here to next_used await vq_notify */
};

struct virtqueue {
    struct vq_state state;
    struct guest_memory *mem;
    const struct vq_owner_ops *ops;
    void *owner;
    uint16_t index;
    uint16_t max_size;
    uint16_t in_flight;       /* chains popped and not yet pushed */
    bool event_idx, indirect; /* negotiated features */
    bool broken;
    bool kicks_off; /* the driver has been told not to notify */
    /* The rings in host memory, valid while enabled. */
    const uint8_t *desc;
    const uint16_t *avail;
    uint16_t *used;
};

/* A chain whose buffers are all in RAM. `readable` and `writable` shrink as vq_read and vq_write
 * consume it. */
struct vq_chain {
    uint16_t head;
    uint16_t nr_readable, nr_writable; /* buffers; by the device, as the spec says it */
    uint16_t next_readable;            /* first buffer not yet consumed, in [0, nr_readable] */
    uint16_t next_writable;            /* likewise, in [0, nr_writable] */
    uint32_t readable, writable;       /* bytes left in each part */
    struct iovec iov[VQ_MAX_SEGS]; /* readable first, then writable; none is empty when popped */
};

void vq_init(struct virtqueue *vq, struct guest_memory *mem, unsigned index, uint16_t max_size,
             const struct vq_owner_ops *ops, void *owner);

/* Back to the state after vq_init: disabled, of the largest size. Nothing may be in flight. */
void vq_reset(struct virtqueue *vq);

/* Begins to use the rings at the addresses and of the size in `state`, which the driver set.
 * -EINVAL: the size is no power of two in [1, max_size], an address is misaligned (§2.7: 16, 2, 4),
 * or a ring is not wholly in RAM. */
NODISCARD int vq_enable(struct virtqueue *vq);

/* The next chain the driver made available. 1: `ret` is filled in; 0: none, or the queue is not
 * enabled; -EIO: the ring is broken (now or before) and nothing more will come. While chains come
 * the driver is told not to notify; once 0 was returned it notifies again, so a device that stops
 * early must call again by itself. */
NODISCARD int vq_pop(struct virtqueue *vq, struct vq_chain *ret);

/* Moves up to `len` bytes between the chain and host memory; returns the bytes moved, less when the
 * part ends. */
size_t vq_read(struct vq_chain *c, void *dst, size_t len);
size_t vq_write(struct vq_chain *c, const void *src, size_t len);

/* What is left of each part, for backends that fill and drain buffers themselves. */
static inline struct iovec *vq_readable(struct vq_chain *c, unsigned *ret_nr)
{
    *ret_nr = (unsigned)(c->nr_readable - c->next_readable);
    return c->iov + c->next_readable;
}

static inline struct iovec *vq_writable(struct vq_chain *c, unsigned *ret_nr)
{
    *ret_nr = (unsigned)(c->nr_writable - c->next_writable);
    return c->iov + c->nr_readable + c->next_writable;
}

/* Cuts the last byte off the writable part and returns where it is, or NULL when there is none
 * left. */
uint8_t *vq_take_last_writable(struct vq_chain *c);

/* Returns the buffers of a chain to the driver, `written` bytes of the writable part filled,
 * counted from its start. Exactly once for each pop. The driver sees it with the next vq_notify. */
void vq_push(struct virtqueue *vq, const struct vq_chain *c, uint32_t written);
void vq_push_head(struct virtqueue *vq, uint16_t head,
                  uint32_t written); /* for requests that outlive the chain */

/* Gives the chain popped last back untouched; the next vq_pop returns it again. */
void vq_unpop(struct virtqueue *vq);

/* Publishes what was pushed and interrupts if the driver wants that. Nothing pushed: does nothing.
 */
void vq_notify(struct virtqueue *vq);

#endif
