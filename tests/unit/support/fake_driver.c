/* SPDX-License-Identifier: Apache-2.0
 *
 * The driver's half of virtio 1.2 §2.7, as short as it can be: descriptors are handed out in a
 * circle and never checked for being in use, so a test keeps fewer chains in flight than the ring
 * has entries. */
#include "fake_driver.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "fake_loop.h"

void fake_ram_init(struct fake_ram *ram)
{
    int rc = mem_create(&ram->mem);

    assert(rc == 0);
    rc = mem_add_ram(ram->mem, FAKE_RAM_BASE, FAKE_RAM_SIZE, NULL);
    assert(rc == 0);
    (void)rc;
    ram->next = FAKE_RAM_BASE;
}

void fake_ram_finish(struct fake_ram *ram)
{
    mem_destroy(ram->mem);
    ram->mem = NULL;
}

gpa_t fake_alloc(struct fake_ram *ram, size_t len)
{
    gpa_t gpa = ram->next;

    ram->next += (len + 4095) & ~(size_t)4095;
    assert(ram->next <= FAKE_RAM_BASE + FAKE_RAM_SIZE);
    return gpa;
}

void *fake_host(struct fake_ram *ram, gpa_t gpa, size_t len)
{
    struct span span;
    int rc = mem_span(ram->mem, gpa, len, MEM_WRITE, &span);

    assert(rc == 0);
    (void)rc;
    return span.p;
}

void fake_ring_init(struct fake_ring *r, struct fake_ram *ram, uint16_t size)
{
    size_t desc_len = size * sizeof(struct fake_desc), avail_len = 2u * (3u + size);
    size_t used_len = 2u * 3u + size * sizeof(struct fake_used);

    memset(r, 0, sizeof(*r));
    r->size = size;
    r->desc_gpa = fake_alloc(ram, desc_len);
    r->avail_gpa = fake_alloc(ram, avail_len);
    r->used_gpa = fake_alloc(ram, used_len);
    r->desc = fake_host(ram, r->desc_gpa, desc_len);
    r->avail = fake_host(ram, r->avail_gpa, avail_len);
    r->used = fake_host(ram, r->used_gpa, used_len);
    memset(r->desc, 0, desc_len); /* a test may have gone back to memory that it used before */
    memset(r->avail, 0, avail_len);
    memset(r->used, 0, used_len);
}

void fake_ring_enable(const struct fake_ring *r, struct virtqueue *vq)
{
    int rc;

    vq->state.size = r->size;
    vq->state.desc = r->desc_gpa;
    vq->state.driver = r->avail_gpa;
    vq->state.device = r->used_gpa;
    rc = vq_enable(vq);
    assert(rc == 0);
    (void)rc;
}

void fake_ring_offer(struct fake_ring *r, uint16_t head)
{
    r->avail[2 + r->next_avail % r->size] = head;
    r->next_avail++;
    __atomic_store_n(&r->avail[1], r->next_avail, __ATOMIC_RELEASE);
}

static uint16_t next_desc(struct fake_ring *r)
{
    uint16_t i = r->next_free;

    r->next_free = (uint16_t)((r->next_free + 1) % r->size);
    return i;
}

static struct fake_desc desc_of(const struct fake_buf *b, bool last, uint16_t next)
{
    return (struct fake_desc){
        .addr = b->gpa,
        .len = b->len,
        .flags = (uint16_t)((b->writable ? FAKE_DESC_WRITE : 0) | (last ? 0 : FAKE_DESC_NEXT)),
        .next = last ? 0 : next,
    };
}

uint16_t fake_ring_add(struct fake_ring *r, const struct fake_buf *bufs, unsigned nr)
{
    uint16_t head = r->next_free;

    assert(nr && nr <= r->size);
    for (unsigned i = 0; i < nr; i++) {
        uint16_t at = next_desc(r);

        r->desc[at] = desc_of(&bufs[i], i + 1 == nr, r->next_free);
    }
    fake_ring_offer(r, head);
    return head;
}

uint16_t fake_ring_add_indirect(struct fake_ring *r, struct fake_ram *ram,
                                const struct fake_buf *bufs, unsigned nr)
{
    size_t len = nr * sizeof(struct fake_desc);
    gpa_t gpa = fake_alloc(ram, len);
    struct fake_desc *table = fake_host(ram, gpa, len);
    uint16_t head = next_desc(r);

    for (unsigned i = 0; i < nr; i++)
        table[i] = desc_of(&bufs[i], i + 1 == nr, (uint16_t)(i + 1));
    r->desc[head] =
        (struct fake_desc){.addr = gpa, .len = (uint32_t)len, .flags = FAKE_DESC_INDIRECT};
    fake_ring_offer(r, head);
    return head;
}

bool fake_ring_used(struct fake_ring *r, struct fake_used *ret)
{
    if (__atomic_load_n(&r->used[1], __ATOMIC_ACQUIRE) == r->last_used)
        return false;
    memcpy(ret, r->used + 2 + (size_t)(r->last_used % r->size) * 4, sizeof(*ret));
    r->last_used++;
    return true;
}

void fake_ring_want_interrupt_at(struct fake_ring *r, uint16_t used_idx)
{
    r->avail[2 + r->size] = used_idx;
}

uint16_t fake_ring_avail_event(const struct fake_ring *r)
{
    return r->used[2 + (size_t)r->size * 4];
}

/* ---- a device ---- */

static void fake_queue_irq(void *transport, unsigned q)
{
    struct fake_driver *d = transport;

    d->queue_irqs[q]++;
}

static void fake_config_irq(void *transport)
{
    struct fake_driver *d = transport;

    d->config_irqs++;
}

static void fake_transport_reset(void *transport)
{
    struct fake_driver *d = transport;

    d->resets++;
}

static const struct virtio_transport_ops fake_transport = {
    .queue_irq = fake_queue_irq,
    .config_irq = fake_config_irq,
    .reset = fake_transport_reset,
};

void fake_driver_init(struct fake_driver *d)
{
    int rc;

    memset(d, 0, sizeof(*d));
    fake_ram_init(&d->ram);
    rc = loop_create(&d->loop);
    assert(rc == 0);
    (void)rc;
}

void fake_driver_finish(struct fake_driver *d)
{
    virtio_destroy(d->dev);
    fake_loop_settle(d->loop);
    loop_destroy(d->loop);
    fake_ram_finish(&d->ram);
}

struct virtio_params fake_driver_params(struct fake_driver *d, const char *name)
{
    return (struct virtio_params){.name = name, .mem = d->ram.mem, .loop = d->loop};
}

void fake_driver_status(struct fake_driver *d, uint8_t value)
{
    virtio_lock(d->dev);
    virtio_set_status(d->dev, value);
    virtio_unlock(d->dev);
}

static void fake_driver_queue(struct fake_driver *d, unsigned q, uint16_t size)
{
    struct fake_ring *r = &d->ring[q];
    struct vq_state *s;

    fake_ring_init(r, &d->ram, size);
    virtio_lock(d->dev);
    s = virtio_queue_setup(d->dev, q);
    assert(s);
    s->size = size;
    s->desc = r->desc_gpa;
    s->driver = r->avail_gpa;
    s->device = r->used_gpa;
    virtio_queue_enable(d->dev, q);
    virtio_unlock(d->dev);
}

void fake_driver_start(struct fake_driver *d, struct virtio_device *dev, uint64_t features,
                       uint16_t size)
{
    uint8_t status = VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER;

    features |= VIRTIO_F_VERSION_1;
    d->dev = dev;
    virtio_attach(dev, &fake_transport, d);
    fake_driver_status(d, status);
    virtio_lock(dev);
    virtio_accept_features(dev, 0, (uint32_t)features);
    virtio_accept_features(dev, 1, (uint32_t)(features >> 32));
    virtio_unlock(dev);
    fake_driver_status(d, status |= VIRTIO_S_FEATURES_OK);
    for (unsigned q = 0; q < dev->nr_queues; q++)
        fake_driver_queue(d, q, size);
    fake_driver_status(d, status | VIRTIO_S_DRIVER_OK);
    fake_driver_settle(d);
}

void fake_driver_reset(struct fake_driver *d)
{
    fake_driver_status(d, 0);
    fake_driver_settle(d);
}

void fake_driver_kick(struct fake_driver *d, unsigned q)
{
    virtio_kick(d->dev, q);
    fake_driver_settle(d);
}

void fake_driver_settle(struct fake_driver *d)
{
    fake_loop_settle(d->loop);
}
