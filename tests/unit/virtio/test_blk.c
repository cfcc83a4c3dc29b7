/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <string.h>

#include "../support/fake_block.h"
#include "../support/fake_driver.h"
#include "virtio/blk.h"

#include <cmocka.h>

enum { T_IN = 0, T_OUT = 1, T_FLUSH = 4, T_GET_ID = 8, T_DISCARD = 11, T_ZEROES = 13 };
enum { OK = 0, IOERR = 1, UNSUPP = 2, NOT_YET = 0xee };
enum { F_RO = 1 << 5, F_FLUSH = 1 << 9, F_WCE = 1 << 11, F_DISCARD = 1 << 13, F_ZEROES = 1 << 14 };
enum { SECTORS = 1024, WRITEBACK_FIELD = 32 };

struct fixture {
    struct fake_driver d;
    struct fake_block *disk;
    struct virtio_device *dev;
    gpa_t header, data, status; /* of one request; reused */
};

static struct fixture fx;

static void create(bool read_only, const char *serial)
{
    struct virtio_blk_params params = {
        .device = fake_driver_params(&fx.d, "disk0"), .serial = serial, .nr_queues = 2};

    fx.disk = fake_block_create(SECTORS * 512);
    fx.disk->base.read_only = read_only;
    params.disk = &fx.disk->base;
    assert_int_equal(virtio_blk_create(&params, &fx.dev), 0);
    fx.d.dev = fx.dev;
}

static void start(uint64_t features)
{
    fake_driver_start(&fx.d, fx.dev, features | VIRTIO_F_RING_INDIRECT_DESC, 256);
    fx.header = fake_alloc(&fx.d.ram, 4096);
    fx.data = fake_alloc(&fx.d.ram, 65536);
    fx.status = fake_alloc(&fx.d.ram, 4096);
}

static int setup(void **state)
{
    memset(&fx, 0, sizeof(fx));
    fake_driver_init(&fx.d);
    return 0;
}

static int teardown(void **state)
{
    fake_driver_finish(&fx.d);
    return 0;
}

static uint8_t *status_byte(unsigned slot)
{
    return fake_host(&fx.d.ram, fx.status + slot, 1);
}

/* Puts a request on queue `q`; slot numbers keep requests in flight apart. */
static void request(unsigned q, unsigned slot, uint32_t type, uint64_t sector, uint32_t len,
                    bool in)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } h = {.type = type, .sector = sector};
    struct fake_buf bufs[3] = {
        {fx.header + slot * 16, 16, false}, {fx.data, len, in}, {fx.status + slot, 1, true}};

    memcpy(fake_host(&fx.d.ram, bufs[0].gpa, 16), &h, sizeof(h));
    *status_byte(slot) = NOT_YET;
    if (len == 0)
        bufs[1] = bufs[2];
    (void)fake_ring_add(&fx.d.ring[q], bufs, len ? 3 : 2);
    fake_driver_kick(&fx.d, q);
}

static uint8_t run(uint32_t type, uint64_t sector, uint32_t len, bool in)
{
    struct fake_used used;

    request(0, 0, type, sector, len, in);
    fake_block_complete_all(fx.disk);
    fake_driver_settle(&fx.d);
    assert_true(fake_ring_used(&fx.d.ring[0], &used));
    assert_false(fake_ring_used(&fx.d.ring[0], &used));
    return *status_byte(0);
}

static void writes_and_reads_back(void **state)
{
    uint8_t *data;

    create(false, NULL);
    start(F_FLUSH);
    data = fake_host(&fx.d.ram, fx.data, 4096);
    memset(data, 0x42, 4096);
    assert_int_equal(run(T_OUT, 8, 4096, false), OK);
    assert_int_equal(fx.disk->bytes[8 * 512 + 4095], 0x42);
    memset(data, 0, 4096);
    assert_int_equal(run(T_IN, 8, 4096, true), OK);
    assert_int_equal(data[4095], 0x42);
    assert_int_equal(fx.disk->nr_flushes, 0);
    assert_int_equal(run(T_FLUSH, 0, 0, false), OK);
    assert_int_equal(fx.disk->nr_flushes, 1);
}

static void used_length_counts_data_and_status(void **state)
{
    struct fake_used used;

    create(false, NULL);
    start(F_FLUSH);
    request(0, 0, T_IN, 0, 1024, true);
    fake_block_complete_all(fx.disk);
    assert_true(fake_ring_used(&fx.d.ring[0], &used));
    assert_int_equal(used.len, 1025);
}

static void sectors_past_the_end_are_refused(void **state)
{
    create(false, NULL);
    start(F_FLUSH);
    assert_int_equal(run(T_IN, SECTORS - 1, 512, true), OK);
    assert_int_equal(run(T_IN, SECTORS - 1, 1024, true), IOERR);
    assert_int_equal(run(T_OUT, SECTORS, 512, false), IOERR);
    assert_int_equal(run(T_OUT, UINT64_MAX, 512, false), IOERR);
    assert_int_equal(run(T_OUT, UINT64_MAX / 512, 512, false), IOERR);
    assert_int_equal(run(T_IN, 0, 511, true), IOERR);
    assert_int_equal(fx.disk->nr_submitted, 1);
}

static void unknown_requests_are_unsupported(void **state)
{
    create(false, NULL);
    start(F_FLUSH);
    assert_int_equal(run(77, 0, 0, false), UNSUPP);
    assert_int_equal(run(2, 0, 512, true), UNSUPP);
}

static void errors_reach_the_guest(void **state)
{
    create(false, NULL);
    start(F_FLUSH);
    fx.disk->fail_next[BLOCK_WRITE] = -ENOSPC;
    assert_int_equal(run(T_OUT, 0, 512, false), IOERR);
    fx.disk->fail_next[BLOCK_READ] = -EIO;
    assert_int_equal(run(T_IN, 0, 512, true), IOERR);
    fx.disk->fail_next[BLOCK_FLUSH] = -EIO;
    assert_int_equal(run(T_FLUSH, 0, 0, false), IOERR);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
}

static void identifies_itself(void **state)
{
    create(false, "a-serial-number-that-is-too-long");
    start(F_FLUSH);
    assert_int_equal(run(T_GET_ID, 0, 20, true), OK);
    assert_memory_equal(fake_host(&fx.d.ram, fx.data, 20), "a-serial-number-that", 20);
}

static void default_serial_is_the_name(void **state)
{
    create(false, NULL);
    start(F_FLUSH);
    assert_int_equal(run(T_GET_ID, 0, 20, true), OK);
    assert_string_equal(fake_host(&fx.d.ram, fx.data, 20), "berth-disk0");
}

static void read_only_disk_refuses_writes(void **state)
{
    create(true, NULL);
    start(F_RO | F_FLUSH);
    assert_int_equal(run(T_OUT, 0, 512, false), IOERR);
    assert_int_equal(run(T_IN, 0, 512, true), OK);
    assert_int_equal(fx.disk->nr_submitted, 1);
}

static uint8_t run_range(uint32_t type, uint64_t sector, uint32_t nr, uint32_t flags, uint32_t len)
{
    struct {
        uint64_t sector;
        uint32_t nr, flags;
    } range = {sector, nr, flags};

    memcpy(fake_host(&fx.d.ram, fx.data, sizeof(range)), &range, sizeof(range));
    return run(type, 0, len, false);
}

static void discard_and_zeroes_check_their_range(void **state)
{
    create(false, NULL);
    start(F_FLUSH | F_DISCARD | F_ZEROES);
    memset(fx.disk->bytes, 1, 8192);
    assert_int_equal(run_range(T_ZEROES, 1, 2, 1, 16), OK);
    assert_int_equal(fx.disk->bytes[511], 1);
    assert_int_equal(fx.disk->bytes[512], 0);
    assert_int_equal(fx.disk->bytes[1535], 0);
    assert_int_equal(fx.disk->bytes[1536], 1);
    assert_int_equal(run_range(T_DISCARD, 0, 8, 0, 16), OK);
    assert_int_equal(run_range(T_DISCARD, 0, 8, 1, 16), UNSUPP);
    assert_int_equal(run_range(T_ZEROES, 0, 8, 2, 16), UNSUPP);
    assert_int_equal(run_range(T_ZEROES, SECTORS - 1, 2, 0, 16), IOERR);
    assert_int_equal(run_range(T_DISCARD, UINT64_MAX, 1, 0, 16), IOERR);
    assert_int_equal(run_range(T_DISCARD, 0, UINT32_MAX, 0, 16), IOERR);
    assert_int_equal(run_range(T_DISCARD, 0, 1, 0, 15), IOERR);
    assert_int_equal(run_range(T_DISCARD, 0, 1, 0, 32), IOERR);
}

static void write_through_flushes_each_write(void **state)
{
    uint8_t off = 0;

    create(false, NULL);
    start(F_FLUSH | F_WCE);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
    assert_int_equal(fx.disk->nr_flushes, 0);
    virtio_config_write(fx.dev, WRITEBACK_FIELD, &off, 1);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
    assert_int_equal(fx.disk->nr_flushes, 1);
    fx.disk->fail_next[BLOCK_FLUSH] = -EIO;
    assert_int_equal(run(T_OUT, 0, 512, false), IOERR);
    fake_driver_reset(&fx.d);
    virtio_config_read(fx.dev, WRITEBACK_FIELD, &off, 1);
    assert_int_equal(off, 1);
}

static void driver_without_flush_gets_write_through(void **state)
{
    create(false, NULL);
    start(0);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
    assert_int_equal(fx.disk->nr_flushes, 1);
}

static void requests_finish_in_any_order_on_any_queue(void **state)
{
    struct fake_used used;

    create(false, NULL);
    start(F_FLUSH);
    request(0, 0, T_OUT, 0, 512, false);
    request(1, 1, T_OUT, 1, 512, false);
    request(0, 2, T_OUT, 2, 512, false);
    assert_int_equal(fx.disk->nr_pending, 3);
    fake_block_complete(fx.disk, 2);
    assert_int_equal(*status_byte(0), NOT_YET);
    assert_int_equal(*status_byte(2), OK);
    fake_block_complete(fx.disk, 1);
    assert_int_equal(*status_byte(1), OK);
    assert_true(fake_ring_used(&fx.d.ring[1], &used));
    fake_block_complete(fx.disk, 0);
    assert_int_equal(*status_byte(0), OK);
}

static void in_flight_requests_are_bounded_and_all_served(void **state)
{
    struct fake_used used;
    unsigned served = 0;

    create(false, NULL);
    start(F_FLUSH | VIRTIO_F_RING_INDIRECT_DESC);
    for (unsigned i = 0; i < 250; i++) {
        struct fake_buf bufs[2] = {{fx.header, 16, false}, {fx.status, 1, true}};

        memset(fake_host(&fx.d.ram, fx.header, 16), 0, 16);
        *(uint32_t *)fake_host(&fx.d.ram, fx.header, 4) = T_FLUSH;
        fx.d.ram.next = FAKE_RAM_BASE + 0x200000 + i * 4096;
        (void)fake_ring_add_indirect(&fx.d.ring[i % 2], &fx.d.ram, bufs, 2);
    }
    fake_driver_kick(&fx.d, 0);
    fake_driver_kick(&fx.d, 1);
    assert_int_equal(fx.disk->nr_pending, 128);
    while (fx.disk->nr_pending) {
        fake_block_complete_all(fx.disk);
        fake_driver_settle(&fx.d);
    }
    for (unsigned q = 0; q < 2; q++) {
        while (fake_ring_used(&fx.d.ring[q], &used))
            served++;
    }
    assert_int_equal(served, 250);
}

static void reset_drops_what_is_in_flight(void **state)
{
    struct fake_used used;

    create(false, NULL);
    start(F_FLUSH);
    request(0, 0, T_IN, 0, 512, true);
    fake_driver_status(&fx.d, 0);
    fake_driver_settle(&fx.d);
    assert_int_equal(fx.disk->nr_pending, 0);
    assert_int_equal(*status_byte(0), NOT_YET);
    assert_false(fake_ring_used(&fx.d.ring[0], &used));
    start(F_FLUSH);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
}

static void quiesce_completes_what_is_in_flight(void **state)
{
    create(false, NULL);
    start(F_FLUSH);
    request(0, 0, T_OUT, 0, 512, false);
    virtio_quiesce(fx.dev);
    assert_int_equal(*status_byte(0), OK);
    request(0, 1, T_OUT, 0, 512, false);
    assert_int_equal(fx.disk->nr_pending, 0);
    virtio_unquiesce(fx.dev);
    fake_driver_settle(&fx.d);
    assert_int_equal(fx.disk->nr_pending, 1);
}

static void request_without_status_stops_the_device(void **state)
{
    struct fake_buf buf = {0, 16, false};

    create(false, NULL);
    start(F_FLUSH);
    buf.gpa = fx.header;
    (void)fake_ring_add(&fx.d.ring[0], &buf, 1);
    fake_driver_kick(&fx.d, 0);
    assert_int_not_equal(fx.dev->state.status & VIRTIO_S_NEEDS_RESET, 0);
    fake_driver_reset(&fx.d);
    start(F_FLUSH);
    assert_int_equal(run(T_OUT, 0, 512, false), OK);
}

static void short_header_is_an_error(void **state)
{
    struct fake_buf bufs[2] = {{0, 8, false}, {0, 1, true}};

    create(false, NULL);
    start(F_FLUSH);
    bufs[0].gpa = fx.header;
    bufs[1].gpa = fx.status;
    *status_byte(0) = NOT_YET;
    (void)fake_ring_add(&fx.d.ring[0], bufs, 2);
    fake_driver_kick(&fx.d, 0);
    assert_int_equal(*status_byte(0), IOERR);
}

static void thousand_devices_come_and_go(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        bool destroyed = false;

        create(false, NULL);
        fx.disk->destroyed = &destroyed;
        fx.d.ram.next = FAKE_RAM_BASE;
        if (i % 10 == 0) {
            start(F_FLUSH);
            request(0, 0, T_OUT, 0, 512, false);
        }
        virtio_destroy(fx.dev);
        assert_true(destroyed);
    }
    fx.d.dev = NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(writes_and_reads_back),
        T(used_length_counts_data_and_status),
        T(sectors_past_the_end_are_refused),
        T(unknown_requests_are_unsupported),
        T(errors_reach_the_guest),
        T(identifies_itself),
        T(default_serial_is_the_name),
        T(read_only_disk_refuses_writes),
        T(discard_and_zeroes_check_their_range),
        T(write_through_flushes_each_write),
        T(driver_without_flush_gets_write_through),
        T(requests_finish_in_any_order_on_any_queue),
        T(in_flight_requests_are_bounded_and_all_served),
        T(reset_drops_what_is_in_flight),
        T(quiesce_completes_what_is_in_flight),
        T(request_without_status_stops_the_device),
        T(short_header_is_an_error),
        T(thousand_devices_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
