/* SPDX-License-Identifier: Apache-2.0
 *
 * A virtio driver without a CPU: it lays real rings out in guest RAM, negotiates with a device
 * through the calls that a transport makes, hands over buffers and collects what comes back. Also
 * usable on a bare virtqueue. */
#ifndef BERTH_TESTS_FAKE_DRIVER_H
#define BERTH_TESTS_FAKE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#include "memory/memory.h"
#include "virtio/device.h"

#define FAKE_RAM_BASE UINT64_C(0x40000000)
#define FAKE_RAM_SIZE UINT64_C(0x400000)

enum { FAKE_DESC_NEXT = 1, FAKE_DESC_WRITE = 2, FAKE_DESC_INDIRECT = 4 };

struct fake_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct fake_used {
    uint32_t id, len;
};

/* One ring as the driver sees it, through host pointers. */
struct fake_ring {
    uint16_t size;
    gpa_t desc_gpa, avail_gpa, used_gpa;
    struct fake_desc *desc;
    uint16_t *avail; /* flags, idx, heads, used_event */
    uint16_t *used;  /* flags, idx, entries, avail_event */
    uint16_t next_avail, last_used;
    uint16_t next_free; /* descriptors are handed out round and round */
};

struct fake_ram {
    struct guest_memory *mem;
    gpa_t next; /* bump allocator */
};

void fake_ram_init(struct fake_ram *ram);
void fake_ram_finish(struct fake_ram *ram);
gpa_t fake_alloc(struct fake_ram *ram, size_t len); /* zeroed, 4096-aligned */
void *fake_host(struct fake_ram *ram, gpa_t gpa, size_t len);

void fake_ring_init(struct fake_ring *r, struct fake_ram *ram, uint16_t size);
/* Fills in where the ring is and enables it. */
void fake_ring_enable(const struct fake_ring *r, struct virtqueue *vq);

struct fake_buf {
    gpa_t gpa;
    uint32_t len;
    bool writable;
};
/* Makes one chain of direct descriptors available; returns its head. */
uint16_t fake_ring_add(struct fake_ring *r, const struct fake_buf *bufs, unsigned nr);
/* The same through an indirect table. */
uint16_t fake_ring_add_indirect(struct fake_ring *r, struct fake_ram *ram,
                                const struct fake_buf *bufs, unsigned nr);
void fake_ring_offer(struct fake_ring *r, uint16_t head); /* puts a head on the available ring */
bool fake_ring_used(struct fake_ring *r, struct fake_used *ret); /* the next used entry, if any */
void fake_ring_want_interrupt_at(struct fake_ring *r, uint16_t used_idx);
uint16_t fake_ring_avail_event(const struct fake_ring *r);

/* A driver of one device. */
struct fake_driver {
    struct fake_ram ram;
    struct loop *loop; /* fake_loop */
    struct virtio_device *dev;
    struct fake_ring ring[VIRTIO_MAX_QUEUES];
    unsigned queue_irqs[VIRTIO_MAX_QUEUES], config_irqs, resets;
};

void fake_driver_init(struct fake_driver *d);
void fake_driver_finish(struct fake_driver *d); /* destroys the device too */
struct virtio_params fake_driver_params(struct fake_driver *d, const char *name);

/* From reset to DRIVER_OK with `features` (and VERSION_1), every queue of `size` entries; then
 * settles the loop. */
void fake_driver_start(struct fake_driver *d, struct virtio_device *dev, uint64_t features,
                       uint16_t size);
void fake_driver_status(struct fake_driver *d, uint8_t value);
void fake_driver_reset(struct fake_driver *d); /* writes 0 and settles */

/* Rings the doorbell of queue `q` and lets everything run. */
void fake_driver_kick(struct fake_driver *d, unsigned q);
void fake_driver_settle(struct fake_driver *d);

#endif
