/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <string.h>

#include "../support/fake_driver.h"
#include "virtio/rng.h"

#include <cmocka.h>

static struct fake_driver d;

static int setup(void **state)
{
    fake_driver_init(&d);
    return 0;
}

static int teardown(void **state)
{
    fake_driver_finish(&d);
    return 0;
}

static void create(void)
{
    struct virtio_params params = fake_driver_params(&d, "rng0");
    struct virtio_device *dev;

    assert_int_equal(virtio_rng_create(&params, &dev), 0);
    d.dev = dev;
}

static uint32_t ask(uint32_t len, bool writable, gpa_t buf)
{
    struct fake_buf b = {buf, len, writable};
    struct fake_used used;

    (void)fake_ring_add(&d.ring[0], &b, 1);
    fake_driver_kick(&d, 0);
    assert_true(fake_ring_used(&d.ring[0], &used));
    return used.len;
}

static void gives_random_bytes(void **state)
{
    static const uint8_t zeros[64];
    gpa_t buf;

    create();
    fake_driver_start(&d, d.dev, 0, 16);
    buf = fake_alloc(&d.ram, 65536);
    assert_int_equal(ask(64, true, buf), 64);
    assert_memory_not_equal(fake_host(&d.ram, buf, 64), zeros, 64);
    assert_memory_equal(fake_host(&d.ram, buf + 64, 64), zeros, 64);
}

static void large_requests_are_cut(void **state)
{
    gpa_t buf;

    create();
    fake_driver_start(&d, d.dev, 0, 16);
    buf = fake_alloc(&d.ram, 65536);
    assert_int_equal(ask(65536, true, buf), 1024);
}

static void readable_buffers_get_nothing(void **state)
{
    gpa_t buf;

    create();
    fake_driver_start(&d, d.dev, 0, 16);
    buf = fake_alloc(&d.ram, 65536);
    assert_int_equal(ask(64, false, buf), 0);
}

static void thousand_devices_come_and_go(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        create();
        d.ram.next = FAKE_RAM_BASE;
        fake_driver_start(&d, d.dev, 0, 16);
        virtio_destroy(d.dev);
    }
    d.dev = NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(gives_random_bytes),
        T(large_requests_are_cut),
        T(readable_buffers_get_nothing),
        T(thousand_devices_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
