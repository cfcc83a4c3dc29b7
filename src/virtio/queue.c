/* SPDX-License-Identifier: Apache-2.0
 *
 * Split virtqueues: virtio 1.2 §2.7, with indirect descriptors (§2.7.5.3) and event index
 * (§2.7.10). Each ring is found once, when it is enabled; from then on it is read and written
 * through host pointers, one word at a time, and every word read is copied before it is checked.
 * Left out: packed rings, in-order use. */
#include "virtio/queue.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

enum { VRING_DESC_F_NEXT = 1, VRING_DESC_F_WRITE = 2, VRING_DESC_F_INDIRECT = 4 };
enum { VRING_AVAIL_F_NO_INTERRUPT = 1 };
enum { VRING_USED_F_NO_NOTIFY = 1 };

struct vring_desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

/* Offsets into the rings, in 16-bit words. */
enum { RING_FLAGS = 0, RING_IDX = 1, RING_ENTRIES = 2, USED_ENTRY_WORDS = 4 };

static uint16_t load_word(const uint16_t *p)
{
    return __atomic_load_n(p, __ATOMIC_RELAXED);
}

/* NOLINTNEXTLINE(readability-non-const-parameter): the builtin writes */
static void store_word(uint16_t *p, uint16_t value)
{
    __atomic_store_n(p, value, __ATOMIC_RELAXED);
}

static const uint16_t *vq_used_event(const struct virtqueue *vq)
{
    return vq->avail + RING_ENTRIES + vq->state.size;
}

static uint16_t *vq_avail_event(struct virtqueue *vq)
{
    return vq->used + RING_ENTRIES + (size_t)vq->state.size * USED_ENTRY_WORDS;
}

void vq_init(struct virtqueue *vq, struct guest_memory *mem, unsigned index, uint16_t max_size,
             const struct vq_owner_ops *ops, void *owner)
{
    assert(max_size && max_size <= VQ_MAX_SIZE && (max_size & (max_size - 1)) == 0);
    *vq = (struct virtqueue){
        .mem = mem, .ops = ops, .owner = owner, .index = (uint16_t)index, .max_size = max_size};
    vq->state.size = max_size;
}

void vq_reset(struct virtqueue *vq)
{
    vq_init(vq, vq->mem, vq->index, vq->max_size, vq->ops, vq->owner);
}

int vq_enable(struct virtqueue *vq)
{
    const struct vq_state *s = &vq->state;
    size_t desc_len = sizeof(struct vring_desc) * s->size;
    size_t avail_len = sizeof(uint16_t) * (RING_ENTRIES + s->size + 1u);
    size_t used_len = sizeof(uint16_t) * (RING_ENTRIES + (size_t)s->size * USED_ENTRY_WORDS + 1);
    struct span desc, avail, used;

    if (!s->size || s->size > vq->max_size || (s->size & (s->size - 1)) != 0)
        return -EINVAL;
    if (s->desc % 16 != 0 || s->driver % 2 != 0 || s->device % 4 != 0)
        return -EINVAL;
    if (mem_span(vq->mem, s->desc, desc_len, MEM_READ, &desc) != 0 ||
        mem_span(vq->mem, s->driver, avail_len, MEM_READ, &avail) != 0 ||
        mem_span(vq->mem, s->device, used_len, MEM_WRITE, &used) != 0)
        return -EINVAL;
    vq->desc = desc.p;
    vq->avail = avail.p;
    vq->used = used.p;
    vq->state.enabled = true;
    return 0;
}

static int vq_break(struct virtqueue *vq, const char *why)
{
    if (!vq->broken) {
        vq->broken = true;
        vq->ops->broken(vq->owner, vq->index, why);
    }
    return -EIO;
}

/* Tells the driver whether to notify of new chains. With an event index "no" needs no word: the
 * index stays behind where the driver already is (§2.7.10). */
static void vq_set_kicks(struct virtqueue *vq, bool on)
{
    if (vq->event_idx) {
        if (on)
            store_word(vq_avail_event(vq), vq->state.next_avail);
    } else if (vq->kicks_off == on) {
        store_word(vq->used + RING_FLAGS, on ? 0 : VRING_USED_F_NO_NOTIFY);
    }
    vq->kicks_off = !on;
}

/* How many chains are waiting, or -EIO when the driver's index is further ahead than the ring is
 * long. */
static int vq_nr_waiting(struct virtqueue *vq)
{
    uint16_t idx = __atomic_load_n(vq->avail + RING_IDX, __ATOMIC_ACQUIRE);
    uint16_t nr = (uint16_t)(idx - vq->state.next_avail);

    if (nr > vq->state.size)
        return vq_break(vq, "the available index jumped");
    return nr;
}

/* Adds one buffer to the chain. NULL, or what is wrong with it. Empty buffers are legal and carry
 * nothing. */
static const char *chain_add(struct virtqueue *vq, struct vq_chain *c, const struct vring_desc *d)
{
    bool write = (d->flags & VRING_DESC_F_WRITE) != 0;
    uint32_t *total = write ? &c->writable : &c->readable;
    struct span span;

    if (!write && c->nr_writable)
        return "a readable buffer follows a writable one";
    if (d->len == 0)
        return NULL;
    if (c->nr_readable + c->nr_writable == VQ_MAX_SEGS)
        return "a chain has too many buffers";
    if (d->len > UINT32_MAX - *total)
        return "a chain is longer than 4 GiB";
    if (mem_span(vq->mem, d->addr, d->len, write ? MEM_WRITE : MEM_READ, &span) != 0)
        return "a buffer lies outside RAM";
    *total += d->len;
    c->iov[c->nr_readable + c->nr_writable] = (struct iovec){.iov_base = span.p, .iov_len = d->len};
    if (write)
        c->nr_writable++;
    else
        c->nr_readable++;
    return NULL;
}

/* A table of descriptors: the queue's own, or an indirect one. */
struct desc_table {
    const uint8_t *p;
    uint32_t nr; /* entries; also the bound on the walk, so that a cycle ends */
};

static struct vring_desc table_copy(const struct desc_table *t, uint32_t i)
{
    struct vring_desc d;

    memcpy(&d, t->p + (size_t)i * sizeof(d), sizeof(d));
    return d;
}

static const char *table_indirect(struct virtqueue *vq, const struct vring_desc *d,
                                  struct desc_table *ret)
{
    struct span span;

    if (!vq->indirect)
        return "an indirect descriptor was not negotiated";
    if (d->flags & VRING_DESC_F_NEXT)
        return "an indirect descriptor has a successor";
    if (d->len == 0 || d->len % sizeof(struct vring_desc) != 0)
        return "an indirect table has a broken length";
    if (d->len / sizeof(struct vring_desc) > UINT16_MAX + 1u)
        return "an indirect table is too long";
    if (mem_span(vq->mem, d->addr, d->len, MEM_READ, &span) != 0)
        return "an indirect table lies outside RAM";
    *ret = (struct desc_table){.p = span.p, .nr = d->len / (uint32_t)sizeof(struct vring_desc)};
    return NULL;
}

/* Follows the chain from `head`. Bounded: each step uses up one of `left`, which is the length of
 * the table. */
static const char *chain_walk(struct virtqueue *vq, struct vq_chain *c, uint16_t head)
{
    struct desc_table table = {.p = vq->desc, .nr = vq->state.size};
    uint32_t left = table.nr;
    uint32_t i = head;
    bool inside = false;

    for (;;) {
        struct vring_desc d = table_copy(&table, i);
        const char *why;

        if (left-- == 0)
            return "a chain is cyclic or too long";
        if (d.flags & VRING_DESC_F_INDIRECT) {
            if (inside)
                return "an indirect table holds an indirect descriptor";
            why = table_indirect(vq, &d, &table);
            if (why)
                return why;
            inside = true;
            left = table.nr < VQ_MAX_SEGS ? table.nr : VQ_MAX_SEGS;
            i = 0;
            continue;
        }
        why = chain_add(vq, c, &d);
        if (why)
            return why;
        if (!(d.flags & VRING_DESC_F_NEXT))
            return NULL;
        if (d.next >= table.nr)
            return "a descriptor's successor lies outside its table";
        i = d.next;
    }
}

int vq_pop(struct virtqueue *vq, struct vq_chain *ret)
{
    uint16_t slot = vq->state.next_avail & (uint16_t)(vq->state.size - 1);
    const char *why;
    uint16_t head;
    int nr;

    if (vq->broken)
        return -EIO;
    if (!vq->state.enabled)
        return 0;
    nr = vq_nr_waiting(vq);
    if (nr == 0) {
        vq_set_kicks(vq, true);
        __atomic_thread_fence(
            __ATOMIC_SEQ_CST); /* pairs with the driver's, between index and event (§2.7.13) */
        nr = vq_nr_waiting(vq);
    }
    if (nr <= 0)
        return nr;
    vq_set_kicks(vq, false);
    head = load_word(vq->avail + RING_ENTRIES + slot);
    if (head >= vq->state.size)
        return vq_break(vq, "a head lies outside the descriptor table");
    if (vq->in_flight == vq->state.size)
        return vq_break(vq, "more chains are in flight than the ring has entries");
    ret->head = head;
    ret->nr_readable = ret->nr_writable = 0;
    ret->next_readable = ret->next_writable = 0;
    ret->readable = ret->writable = 0;
    why = chain_walk(vq, ret, head);
    if (why)
        return vq_break(vq, why);
    vq->state.next_avail++;
    vq->in_flight++;
    return 1;
}

/* Takes `n` bytes, which it has, off the front of a buffer. */
static void *iov_advance(struct iovec *v, size_t n)
{
    char *p = v->iov_base;

    v->iov_base = p + n;
    v->iov_len -= n;
    return p;
}

size_t vq_read(struct vq_chain *c, void *dst, size_t len)
{
    size_t done = 0;

    while (done < len && c->next_readable < c->nr_readable) {
        struct iovec *v = &c->iov[c->next_readable];
        size_t n = len - done < v->iov_len ? len - done : v->iov_len;

        memcpy((char *)dst + done, iov_advance(v, n), n);
        if (v->iov_len == 0)
            c->next_readable++;
        done += n;
    }
    c->readable -= (uint32_t)done;
    return done;
}

size_t vq_write(struct vq_chain *c, const void *src, size_t len)
{
    size_t done = 0;

    while (done < len && c->next_writable < c->nr_writable) {
        struct iovec *v = &c->iov[c->nr_readable + c->next_writable];
        size_t n = len - done < v->iov_len ? len - done : v->iov_len;

        memcpy(iov_advance(v, n), (const char *)src + done, n);
        if (v->iov_len == 0)
            c->next_writable++;
        done += n;
    }
    c->writable -= (uint32_t)done;
    return done;
}

uint8_t *vq_take_last_writable(struct vq_chain *c)
{
    struct iovec *v;

    if (c->writable == 0)
        return NULL;
    v = &c->iov[c->nr_readable + c->nr_writable - 1];
    v->iov_len--;
    c->writable--;
    if (v->iov_len == 0)
        c->nr_writable--;
    return (uint8_t *)v->iov_base + v->iov_len;
}

void vq_push(struct virtqueue *vq, const struct vq_chain *c, uint32_t written)
{
    vq_push_head(vq, c->head, written);
}

void vq_push_head(struct virtqueue *vq, uint16_t head, uint32_t written)
{
    uint16_t slot = vq->state.next_used & (uint16_t)(vq->state.size - 1);
    uint32_t entry[2] = {head, written};

    assert(vq->in_flight > 0);
    vq->in_flight--;
    if (vq->broken)
        return;
    memcpy(vq->used + RING_ENTRIES + (size_t)slot * USED_ENTRY_WORDS, entry, sizeof(entry));
    vq->state.next_used++;
}

void vq_unpop(struct virtqueue *vq)
{
    assert(vq->in_flight > 0);
    vq->in_flight--;
    vq->state.next_avail--;
}

void vq_notify(struct virtqueue *vq)
{
    uint16_t old = vq->state.published, new = vq->state.next_used;
    bool wanted;

    if (old == new || vq->broken)
        return;
    __atomic_store_n(vq->used + RING_IDX, new, __ATOMIC_RELEASE);
    vq->state.published = new;
    __atomic_thread_fence(
        __ATOMIC_SEQ_CST); /* index before the driver's wish, pairs with the driver's (§2.7.7.1) */
    if (vq->event_idx)
        wanted = (uint16_t)(new - load_word(vq_used_event(vq)) - 1) < (uint16_t)(new - old);
    else
        wanted = !(load_word(vq->avail + RING_FLAGS) & VRING_AVAIL_F_NO_INTERRUPT);
    if (wanted)
        vq->ops->interrupt(vq->owner, vq->index);
}
