/* SPDX-License-Identifier: Apache-2.0
 *
 * Requests to virtio-blk over a disk that completes out of order and fails on demand. First byte:
 * bit 7 set, chains of raw buffers; clear, sound requests with rare faults. The disk itself asserts
 * that every range lies inside it. Checked: each request is answered once, unless a reset came
 * between. */
#include <string.h>

#include "../unit/support/fake_block.h"
#include "../unit/support/fake_driver.h"
#include "fuzz.h"
#include "virtio/blk.h"

enum { DISK_SECTORS = 64, RING_SIZE = 64, MAX_STEPS = 300 };
enum { HEADERS = 0x100000, DATA = 0x110000, STATUS = 0x140000 };

struct machine {
    struct fake_driver d;
    struct fake_block *disk;
    struct virtio_device *dev;
    unsigned slot;
};

static void build(struct machine *m, bool read_only)
{
    struct virtio_blk_params params = {.nr_queues = 2};

    fake_driver_init(&m->d);
    m->disk = fake_block_create(DISK_SECTORS * 512);
    m->disk->base.read_only = read_only;
    params.device = fake_driver_params(&m->d, "fuzz");
    params.disk = &m->disk->base;
    FUZZ_CHECK(virtio_blk_create(&params, &m->dev) == 0);
}

static void start(struct machine *m, struct cursor *in)
{
    m->d.ram.next = FAKE_RAM_BASE;
    fake_driver_start(
        &m->d, m->dev,
        VIRTIO_F_RING_INDIRECT_DESC | (cursor_u8(in) & 1 ? VIRTIO_F_RING_EVENT_IDX : 0), RING_SIZE);
}

static void reap(struct machine *m)
{
    struct fake_used used;

    for (unsigned q = 0; q < 2; q++) {
        while (fake_ring_used(&m->d.ring[q], &used))
            ;
    }
}

static void sound_request(struct machine *m, struct cursor *in)
{
    static const uint8_t types[] = {0, 1, 4, 8, 11, 13, 0, 1};
    uint8_t shape = cursor_u8(in), size = cursor_u8(in);
    unsigned slot = m->slot++ % 32;
    gpa_t header = FAKE_RAM_BASE + HEADERS + slot * 64;
    uint32_t type = types[shape & 7];
    uint64_t sector = cursor_u8(in);
    bool in_data = type == 0 || type == 8;
    uint32_t len = type == 11 || type == 13 ? 16 : type == 8 ? 20 : (size % 16) * 512u;
    struct fake_buf bufs[3] = {{header, 16, false},
                               {FAKE_RAM_BASE + DATA + slot * 4096, len, in_data},
                               {FAKE_RAM_BASE + STATUS + slot, 1, true}};
    uint32_t range[4] = {cursor_u8(in), 0, size, shape >> 6};

    if (shape == 0xff)
        sector = cursor_le64(in);
    if (shape == 0xfe)
        bufs[1].len = cursor_le32(in) % 0x10000;
    memcpy(fake_host(&m->d.ram, header, 16), &type, 4);
    memcpy(fake_host(&m->d.ram, header + 8, 8), &sector, 8);
    if (type == 11 || type == 13)
        memcpy(fake_host(&m->d.ram, bufs[1].gpa, 16), range, 16);
    (void)fake_ring_add(&m->d.ring[shape >> 3 & 1], bufs, 3);
}

static void raw_request(struct machine *m, struct cursor *in)
{
    struct fake_buf bufs[6];
    unsigned nr = cursor_u8(in) % 6 + 1u;
    unsigned split = cursor_u8(in) % (nr + 1);

    for (unsigned i = 0; i < nr; i++)
        bufs[i] = (struct fake_buf){FAKE_RAM_BASE + DATA + cursor_u8(in) * 64u,
                                    cursor_le16(in) % 8192u, i >= split};
    cursor_copy(in, fake_host(&m->d.ram, bufs[0].gpa, 32), 32);
    (void)fake_ring_add(&m->d.ring[0], bufs, nr);
}

static void step(struct machine *m, struct cursor *in, bool raw)
{
    uint8_t op = cursor_u8(in), one;

    switch (op % 12) {
    case 0:
        fake_driver_reset(&m->d);
        start(m, in);
        break;
    case 1:
        one = cursor_u8(in);
        virtio_lock(m->dev);
        virtio_config_write(m->dev, op & 0x80 ? one : 32, &one, 1);
        virtio_unlock(m->dev);
        break;
    case 2:
        m->disk->fail_next[cursor_u8(in) % 5] = -5;
        break;
    case 3:
    case 4:
        if (m->disk->nr_pending)
            fake_block_complete(m->disk, cursor_u8(in) % m->disk->nr_pending);
        fake_driver_settle(&m->d);
        reap(m);
        break;
    case 5:
        fake_driver_kick(&m->d, op >> 4 & 1);
        break;
    default:
        if (raw)
            raw_request(m, in);
        else
            sound_request(m, in);
    }
}

/* Whatever happened, a fresh start works. */
static void check_alive(struct machine *m)
{
    static const uint8_t zeros[1];
    struct cursor none = cursor_at(zeros, 0);
    struct fake_used used;

    m->disk->fail_next[BLOCK_READ] = 0;
    fake_driver_reset(&m->d);
    start(m, &none);
    sound_request(m, &none); /* IN of no sectors */
    fake_driver_kick(&m->d, 0);
    fake_block_complete_all(m->disk);
    fake_driver_settle(&m->d);
    FUZZ_CHECK(fake_ring_used(&m->d.ring[0], &used) && used.len == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct machine m;
    struct cursor in = cursor_at(data, len);
    uint8_t style = cursor_u8(&in);

    memset(&m, 0, sizeof(m));
    build(&m, style & 1);
    start(&m, &in);
    for (unsigned i = 0; i < MAX_STEPS && in.left > 0; i++)
        step(&m, &in, style & 0x80);
    fake_driver_kick(&m.d, 0);
    fake_driver_kick(&m.d, 1);
    fake_block_complete_all(m.disk);
    check_alive(&m);
    fake_driver_finish(&m.d);
    return 0;
}
