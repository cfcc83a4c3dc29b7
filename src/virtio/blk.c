/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-blk: virtio 1.2 §5.2. Data moves between the guest's buffers and the backend without a
 * copy; requests finish in any order. Cache: writeback by default; when the driver turns that off
 * (CONFIG_WCE), or did not accept FLUSH, every write is flushed before it is reported done
 * (§5.2.6.2). Left out: zoned devices, secure erase, lifetime. */
#include "virtio/blk.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { /* feature bits, §5.2.3 */
       VIRTIO_BLK_F_SIZE_MAX = 1 << 1,
       VIRTIO_BLK_F_SEG_MAX = 1 << 2,
       VIRTIO_BLK_F_RO = 1 << 5,
       VIRTIO_BLK_F_BLK_SIZE = 1 << 6,
       VIRTIO_BLK_F_FLUSH = 1 << 9,
       VIRTIO_BLK_F_TOPOLOGY = 1 << 10,
       VIRTIO_BLK_F_CONFIG_WCE = 1 << 11,
       VIRTIO_BLK_F_MQ = 1 << 12,
       VIRTIO_BLK_F_DISCARD = 1 << 13,
       VIRTIO_BLK_F_WRITE_ZEROES = 1 << 14,
};

enum { /* request types, §5.2.6 */
       VIRTIO_BLK_T_IN = 0,
       VIRTIO_BLK_T_OUT = 1,
       VIRTIO_BLK_T_FLUSH = 4,
       VIRTIO_BLK_T_GET_ID = 8,
       VIRTIO_BLK_T_DISCARD = 11,
       VIRTIO_BLK_T_WRITE_ZEROES = 13,
};

enum { VIRTIO_BLK_S_OK = 0, VIRTIO_BLK_S_IOERR = 1, VIRTIO_BLK_S_UNSUPP = 2 };

enum { VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP = 1 };

enum {
    BLK_SECTOR = 512,
    BLK_QUEUE_SIZE = 256,
    BLK_MAX_SEGS = 126, /* data buffers of a request */
    BLK_MAX_SEG_BYTES = 4 << 20,
    BLK_MAX_IN_FLIGHT = 128,           /* requests at the backend, all queues together */
    BLK_MAX_BATCH = 256,               /* chains taken from a queue before others have their turn */
    BLK_MAX_DISCARD_SECTORS = 1 << 21, /* 1 GiB */
    BLK_MAX_ZERO_SECTORS = 1 << 18,    /* 128 MiB: may have to be written */
};

struct blk_config { /* struct virtio_blk_config, §5.2.4 */
    uint64_t capacity;
    uint32_t size_max, seg_max;
    uint8_t geometry[4];
    uint32_t blk_size;
    uint8_t physical_block_exp, alignment_offset;
    uint16_t min_io_size;
    uint32_t opt_io_size;
    uint8_t writeback, unused0;
    uint16_t num_queues;
    uint32_t max_discard_sectors, max_discard_seg, discard_sector_alignment;
    uint32_t max_write_zeroes_sectors, max_write_zeroes_seg;
    uint8_t write_zeroes_may_unmap, unused1[3];
};
static_assert(offsetof(struct blk_config, writeback) == 32, "layout of §5.2.4");
static_assert(offsetof(struct blk_config, write_zeroes_may_unmap) == 56, "layout of §5.2.4");

struct blk_header { /* struct virtio_blk_req */
    uint32_t type, reserved;
    uint64_t sector;
};

struct blk_range { /* struct virtio_blk_discard_write_zeroes */
    uint64_t sector;
    uint32_t num_sectors, flags;
};

struct blk;

struct blk_req {
    struct block_req io;
    struct blk *blk;
    struct blk_req *next_free;
    uint8_t *status;  /* in guest memory */
    uint32_t data_in; /* bytes that a successful request wrote before the status */
    uint16_t head, queue;
    bool then_flush; /* a write that has to be durable before it is done */
    struct iovec iov[BLK_MAX_SEGS];
};

struct blk {
    struct virtio_device dev;
    struct block *disk;
    char serial[BLK_SERIAL_LEN];
    bool writeback;   /* guest-visible: configuration field */
    uint64_t stalled; /* queues that wait for a free request, a bit each */
    struct vq_chain chain;
    struct blk_req *free;
    unsigned nr_touched; /* of reqs: the rest was never used, so its memory is not there yet */
    struct blk_req *reqs;
};

static struct blk *to_blk(struct virtio_device *dev)
{
    return container_of(dev, struct blk, dev);
}

/* ---- configuration ---- */

static uint64_t blk_features(const struct virtio_device *dev)
{
    const struct blk *b = (const void *)dev; /* it is embedded first */
    uint64_t f = VIRTIO_BLK_F_SIZE_MAX | VIRTIO_BLK_F_SEG_MAX | VIRTIO_BLK_F_BLK_SIZE |
                 VIRTIO_BLK_F_FLUSH | VIRTIO_BLK_F_TOPOLOGY | VIRTIO_BLK_F_CONFIG_WCE;

    if (dev->nr_queues > 1)
        f |= VIRTIO_BLK_F_MQ;
    if (b->disk->read_only)
        f |= VIRTIO_BLK_F_RO;
    else
        f |= VIRTIO_BLK_F_WRITE_ZEROES;
    if (b->disk->can_discard)
        f |= VIRTIO_BLK_F_DISCARD;
    return f;
}

static void blk_config_read(struct virtio_device *dev, uint32_t off, void *dst, size_t len)
{
    const struct blk *b = to_blk(dev);
    uint32_t physical = b->disk->physical_block / BLK_SECTOR;
    struct blk_config c = {
        .capacity = b->disk->size / BLK_SECTOR,
        .size_max = BLK_MAX_SEG_BYTES,
        .seg_max = BLK_MAX_SEGS,
        .blk_size = BLK_SECTOR,
        .physical_block_exp = (uint8_t)__builtin_ctz(physical),
        .min_io_size = (uint16_t)physical,
        .writeback = b->writeback,
        .num_queues = (uint16_t)dev->nr_queues,
        .max_discard_sectors = BLK_MAX_DISCARD_SECTORS,
        .max_discard_seg = 1,
        .discard_sector_alignment = physical,
        .max_write_zeroes_sectors = BLK_MAX_ZERO_SECTORS,
        .max_write_zeroes_seg = 1,
        .write_zeroes_may_unmap = b->disk->can_discard,
    };

    memcpy(dst, (const char *)&c + off, len);
}

static void blk_config_write(struct virtio_device *dev, uint32_t off, const void *src, size_t len)
{
    uint8_t value;

    if (off != offsetof(struct blk_config, writeback) || len != 1 ||
        !virtio_has(dev, VIRTIO_BLK_F_CONFIG_WCE))
        return;
    memcpy(&value, src, 1);
    to_blk(dev)->writeback = value & 1;
}

static bool blk_writes_through(const struct blk *b)
{
    if (virtio_has(&b->dev, VIRTIO_BLK_F_CONFIG_WCE))
        return !b->writeback;
    return !virtio_has(&b->dev, VIRTIO_BLK_F_FLUSH);
}

/* ---- the pool of requests ---- */

static struct blk_req *blk_req_get(struct blk *b)
{
    struct blk_req *r = b->free;

    if (r)
        b->free = r->next_free;
    else if (b->nr_touched < BLK_MAX_IN_FLIGHT)
        r = &b->reqs[b->nr_touched++];
    return r;
}

static void blk_req_put(struct blk *b, struct blk_req *r)
{
    r->next_free = b->free;
    b->free = r;
}

static void blk_wake_stalled(struct blk *b)
{
    for (uint64_t left = b->stalled; left; left &= left - 1)
        virtio_kick(&b->dev, (unsigned)__builtin_ctzll(left));
    b->stalled = 0;
}

/* ---- one request ---- */

/* Gives the chain back with its status. The caller notifies. */
static void blk_finish(struct blk *b, struct blk_req *r, uint8_t status)
{
    bool all = status == VIRTIO_BLK_S_OK || r->data_in == 0;

    *r->status = status;
    vq_push_head(&b->dev.vq[r->queue], r->head, all ? r->data_in + 1 : 0);
    blk_req_put(b, r);
}

static void blk_submit(struct blk *b, struct blk_req *r)
{
    b->disk->ops->submit(b->disk, &r->io);
}

/* Loop thread, no lock: the backend is done with a request. */
static void blk_done(struct block_req *io, int status)
{
    struct blk_req *r = io->ctx;
    struct blk *b = r->blk;

    virtio_lock(&b->dev);
    if (!virtio_live(&b->dev)) {
        blk_req_put(b, r); /* the driver has reset the device: its memory is its own again */
    } else if (status == 0 && r->then_flush) {
        r->then_flush = false;
        r->io.op = BLOCK_FLUSH;
        blk_submit(b, r);
        block_kick(b->disk);
    } else {
        blk_finish(b, r, status == 0 ? VIRTIO_BLK_S_OK : VIRTIO_BLK_S_IOERR);
        vq_notify(&b->dev.vq[r->queue]);
        blk_wake_stalled(b);
    }
    virtio_unlock(&b->dev);
}

/* The one check of a range: whole sectors, all of them on the disk. */
static bool blk_range_ok(const struct blk *b, uint64_t sector, uint64_t len, uint64_t *ret_offset)
{
    uint64_t capacity = b->disk->size / BLK_SECTOR;

    if (len % BLK_SECTOR != 0 || sector > capacity || len / BLK_SECTOR > capacity - sector)
        return false;
    *ret_offset = sector * BLK_SECTOR;
    return true;
}

/* IN and OUT. Negative: submitted; otherwise the status to finish with, here and in the functions
 * below. */
static int blk_start_rw(struct blk *b, struct blk_req *r, uint64_t sector, bool write)
{
    struct vq_chain *c = &b->chain;
    unsigned nr;
    const struct iovec *iov = write ? vq_readable(c, &nr) : vq_writable(c, &nr);
    uint32_t len = write ? c->readable : c->writable;

    if (nr > BLK_MAX_SEGS || !blk_range_ok(b, sector, len, &r->io.offset))
        return VIRTIO_BLK_S_IOERR;
    if (write && b->disk->read_only)
        return VIRTIO_BLK_S_IOERR;
    if (len == 0)
        return VIRTIO_BLK_S_OK;
    memcpy(r->iov, iov, nr * sizeof(*iov));
    r->io.op = write ? BLOCK_WRITE : BLOCK_READ;
    r->io.len = len;
    r->io.iov = r->iov;
    r->io.nr_iov = nr;
    r->data_in = write ? 0 : len;
    r->then_flush = write && blk_writes_through(b);
    blk_submit(b, r);
    return -1;
}

static int blk_start_flush(struct blk *b, struct blk_req *r)
{
    r->io.op = BLOCK_FLUSH;
    blk_submit(b, r);
    return -1;
}

static int blk_start_range(struct blk *b, struct blk_req *r, bool zeroes)
{
    uint32_t max = zeroes ? BLK_MAX_ZERO_SECTORS : BLK_MAX_DISCARD_SECTORS;
    uint32_t flags = zeroes ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
    struct blk_range range;

    if (b->chain.readable != sizeof(range) ||
        vq_read(&b->chain, &range, sizeof(range)) != sizeof(range))
        return VIRTIO_BLK_S_IOERR;
    if (range.flags & ~flags)
        return VIRTIO_BLK_S_UNSUPP;
    r->io.len = (uint64_t)range.num_sectors * BLK_SECTOR;
    if (range.num_sectors > max || !blk_range_ok(b, range.sector, r->io.len, &r->io.offset))
        return VIRTIO_BLK_S_IOERR;
    if (b->disk->read_only)
        return VIRTIO_BLK_S_IOERR;
    r->io.op = zeroes ? BLOCK_WRITE_ZEROES : BLOCK_DISCARD;
    r->io.may_unmap = range.flags & VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP;
    r->then_flush = zeroes && blk_writes_through(b);
    blk_submit(b, r);
    return -1;
}

static int blk_get_id(struct blk *b, struct blk_req *r)
{
    r->data_in = (uint32_t)vq_write(&b->chain, b->serial, sizeof(b->serial));
    return VIRTIO_BLK_S_OK;
}

static int blk_start(struct blk *b, struct blk_req *r)
{
    struct blk_header h;

    if (vq_read(&b->chain, &h, sizeof(h)) != sizeof(h))
        return VIRTIO_BLK_S_IOERR;
    switch (h.type) {
    case VIRTIO_BLK_T_IN:
        return blk_start_rw(b, r, h.sector, false);
    case VIRTIO_BLK_T_OUT:
        return blk_start_rw(b, r, h.sector, true);
    case VIRTIO_BLK_T_FLUSH:
        return blk_start_flush(b, r);
    case VIRTIO_BLK_T_GET_ID:
        return blk_get_id(b, r);
    case VIRTIO_BLK_T_DISCARD:
        return blk_start_range(b, r, false);
    case VIRTIO_BLK_T_WRITE_ZEROES:
        return blk_start_range(b, r, true);
    default:
        return VIRTIO_BLK_S_UNSUPP;
    }
}

/* Begins the request in b->chain. Without a byte for its status nobody could be told how it went.
 */
static void blk_handle(struct blk *b, struct blk_req *r, unsigned q)
{
    int status;

    r->status = vq_take_last_writable(&b->chain);
    if (!r->status) {
        vq_push(&b->dev.vq[q], &b->chain, 0);
        blk_req_put(b, r);
        virtio_fail(&b->dev, "a request has no room for its status");
        return;
    }
    r->blk = b;
    r->io.done = blk_done;
    r->io.ctx = r;
    r->io.may_unmap = false;
    r->then_flush = false;
    r->data_in = 0;
    r->head = b->chain.head;
    r->queue = (uint16_t)q;
    status = blk_start(b, r);
    if (status >= 0)
        blk_finish(b, r, (uint8_t)status);
}

static void blk_queue_ready(struct virtio_device *dev, unsigned q)
{
    struct blk *b = to_blk(dev);

    for (unsigned i = 0; virtio_running(dev); i++) {
        struct blk_req *r = blk_req_get(b);

        if (!r) {
            b->stalled |= UINT64_C(1) << q;
            break;
        }
        if (i == BLK_MAX_BATCH)
            virtio_kick(dev, q);
        if (i == BLK_MAX_BATCH || vq_pop(&dev->vq[q], &b->chain) <= 0) {
            blk_req_put(b, r);
            break;
        }
        blk_handle(b, r, q);
    }
    block_kick(b->disk);
    vq_notify(&dev->vq[q]);
}

/* ---- life ---- */

static void blk_quiesce(struct virtio_device *dev)
{
    struct blk *b = to_blk(dev);

    b->disk->ops->drain(b->disk);
}

static void blk_reset(struct virtio_device *dev)
{
    struct blk *b = to_blk(dev);

    b->disk->ops->drain(b->disk);
    virtio_lock(dev);
    b->writeback = true;
    b->stalled = 0;
    virtio_unlock(dev);
}

static void blk_destroy(struct virtio_device *dev)
{
    struct blk *b = to_blk(dev);

    virtio_finish(dev);
    block_destroy(b->disk);
    free(b->reqs);
    free(b);
}

static const struct virtio_device_ops blk_ops = {
    .name = "virtio-blk",
    .device_id = VIRTIO_ID_BLOCK,
    .queue_size = BLK_QUEUE_SIZE,
    .config_len = 60,
    .features = blk_features,
    .config_read = blk_config_read,
    .config_write = blk_config_write,
    .reset = blk_reset,
    .queue_ready = blk_queue_ready,
    .quiesce = blk_quiesce,
    .destroy = blk_destroy,
};

static void blk_set_serial(struct blk *b, const struct virtio_blk_params *params)
{
    char text[VIRTIO_NAME_MAX];
    const char *serial = params->serial;

    if (!serial) {
        (void)snprintf(text, sizeof(text), "berth-%s", params->device.name);
        serial = text;
    }
    memcpy(b->serial, serial, strnlen(serial, sizeof(b->serial)));
}

int virtio_blk_create(const struct virtio_blk_params *params, struct virtio_device **ret)
{
    struct blk *b = calloc(1, sizeof(*b));
    unsigned nr = params->nr_queues;
    int rc;

    if (!b) {
        block_destroy(params->disk);
        return -ENOMEM;
    }
    b->disk = params->disk;
    b->writeback = true;
    blk_set_serial(b, params);
    nr = nr < 1 ? 1 : nr > BLK_MAX_QUEUES ? BLK_MAX_QUEUES : nr;
    rc = virtio_init(&b->dev, &blk_ops, &params->device, nr);
    if (rc == 0) {
        b->reqs = calloc(BLK_MAX_IN_FLIGHT, sizeof(*b->reqs));
        rc = b->reqs ? 0 : -ENOMEM;
    }
    if (rc < 0) {
        blk_destroy(&b->dev);
        return rc;
    }
    *ret = &b->dev;
    return 0;
}
