/* SPDX-License-Identifier: Apache-2.0
 *
 * The walk of a split ring. First byte: bit 7 set, the rest is the raw content of the rings; clear,
 * a program that builds chains in which breaking something is rare. Checked: every buffer of a
 * chain lies in RAM, lengths add up, and pushing never fails. */
#include <string.h>

#include "../unit/support/fake_driver.h"
#include "fuzz.h"
#include "virtio/queue.h"

enum { RINGS = 0, BUFFERS = 0x10000, MAX_POPS = 600 };

static void on_interrupt(void *owner, unsigned index)
{
}

static void on_broken(void *owner, unsigned index, const char *why)
{
    FUZZ_CHECK(why);
}

static const struct vq_owner_ops owner_ops = {.interrupt = on_interrupt, .broken = on_broken};

static void check_chain(struct fake_ram *ram, const struct vq_chain *c)
{
    const uint8_t *base = fake_host(ram, FAKE_RAM_BASE, FAKE_RAM_SIZE);
    uint64_t readable = 0, writable = 0;

    FUZZ_CHECK(c->nr_readable + c->nr_writable <= VQ_MAX_SEGS);
    for (unsigned i = 0; i < (unsigned)c->nr_readable + c->nr_writable; i++) {
        const uint8_t *p = c->iov[i].iov_base;

        FUZZ_CHECK(c->iov[i].iov_len > 0 && p >= base);
        FUZZ_CHECK(c->iov[i].iov_len <= FAKE_RAM_SIZE - (uint64_t)(p - base));
        *(i < c->nr_readable ? &readable : &writable) += c->iov[i].iov_len;
    }
    FUZZ_CHECK(readable == c->readable && writable == c->writable);
}

static void consume(struct virtqueue *vq, struct vq_chain *c, uint8_t how)
{
    uint8_t buf[300] = {0};
    uint8_t *last = how & 1 ? vq_take_last_writable(c) : NULL;

    (void)vq_read(c, buf, how);
    (void)vq_write(c, buf, how);
    if (last)
        *last = how;
    if (how & 2)
        vq_unpop(vq);
    else
        vq_push(vq, c, how);
    if (how & 4)
        vq_notify(vq);
}

static void drain(struct fake_ram *ram, struct virtqueue *vq, struct cursor *in)
{
    static struct vq_chain chain;

    for (unsigned i = 0; i < MAX_POPS && vq_pop(vq, &chain) > 0; i++) {
        check_chain(ram, &chain);
        consume(vq, &chain, cursor_u8(in));
    }
    vq_notify(vq);
}

static gpa_t some_address(struct cursor *in)
{
    uint8_t kind = cursor_u8(in);

    if (kind == 0xff)
        return cursor_le64(in);
    return FAKE_RAM_BASE + BUFFERS + (uint64_t)kind * 512;
}

/* One chain of a few descriptors, direct or indirect, mostly sound. */
static void build_chain(struct fake_ram *ram, struct fake_ring *ring, struct cursor *in)
{
    uint8_t shape = cursor_u8(in);
    struct fake_buf bufs[16];
    unsigned nr = shape % 15 + 1u;

    for (unsigned i = 0; i < nr; i++) {
        uint8_t len = cursor_u8(in);

        bufs[i] =
            (struct fake_buf){some_address(in), len == 0xff ? cursor_le32(in) : len, i >= nr / 2};
    }
    nr = nr < ring->size ? nr : ring->size;
    if (shape & 0x80) {
        ram->next = FAKE_RAM_BASE + 0x8000;
        (void)fake_ring_add_indirect(ring, ram, bufs, nr);
    } else {
        (void)fake_ring_add(ring, bufs, nr);
    }
    if (shape == 0x7f) /* and now something is wrong with one of its descriptors */
        cursor_copy(in, &ring->desc[cursor_u8(in) % ring->size], sizeof(ring->desc[0]));
}

static void run(struct fake_ram *ram, struct cursor *in)
{
    uint8_t style = cursor_u8(in);
    uint16_t size = (uint16_t)(1u << (style & 7));
    struct fake_ring ring;
    struct virtqueue vq;

    vq_init(&vq, ram->mem, 0, VQ_MAX_SIZE, &owner_ops, NULL);
    vq.event_idx = (style & 8) != 0;
    vq.indirect = (style & 16) != 0;
    ram->next = FAKE_RAM_BASE + RINGS;
    fake_ring_init(&ring, ram, size);
    fake_ring_enable(&ring, &vq);
    if (style & 0x80) {
        uint16_t head_start = cursor_le16(in);

        vq.state.next_avail = head_start;
        cursor_copy(in, ring.avail, in->left < 64 ? in->left : 64);
        cursor_copy(in, ring.desc, in->left < size * 16u ? in->left : size * 16u);
        drain(ram, &vq, in);
        return;
    }
    while (in->left > 0 && !vq.broken) {
        build_chain(ram, &ring, in);
        drain(ram, &vq, in);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct fake_ram ram;
    struct cursor in = cursor_at(data, len);

    if (!ram.mem)
        fake_ram_init(&ram);
    memset(fake_host(&ram, FAKE_RAM_BASE, 0x20000), 0, 0x20000);
    run(&ram, &in);
    return 0;
}
