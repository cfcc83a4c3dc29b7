/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest's view: everything through ECAM and BARs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <stdlib.h>
#include <string.h>

#include "../support/fake_driver.h"
#include "../support/fake_loop.h"
#include "virtio/pci.h"

#include <cmocka.h>

#define ECAM   UINT64_C(0x3f000000)
#define WINDOW UINT64_C(0x10000000)
#define DEVICE (ECAM + (1u << 15))
#define BAR0   WINDOW
#define BAR2   (WINDOW + 0x10000)

enum { COMMON_STATUS = 0x14 };

struct fixture {
    struct fake_ram ram;
    struct loop *loop;
    struct bus *bus;
    struct pci_host *host;
    struct virtio_pci *vp;
    struct fake_ring ring[2];
    unsigned nr_msi;
    uint32_t last_msi;
    bool intx;
    struct vq_chain chain;
};

static struct fixture fx;

static void on_intx(void *ctrl, unsigned n, bool level)
{
    fx.intx = level;
}

static void on_msi(void *ctrl, uint64_t addr, uint32_t data)
{
    fx.nr_msi++;
    fx.last_msi = data;
}

/* ---- a device that gives every buffer back ---- */

static void echo_ready(struct virtio_device *dev, unsigned q)
{
    while (vq_pop(&dev->vq[q], &fx.chain) > 0)
        vq_push(&dev->vq[q], &fx.chain, 7);
    vq_notify(&dev->vq[q]);
}

static void echo_config_read(struct virtio_device *dev, uint32_t off, void *dst, size_t len)
{
    static const char config[] = "berthcfg";

    memcpy(dst, &config[off], len);
}

static void echo_destroy(struct virtio_device *dev)
{
    virtio_finish(dev);
    free(dev);
}

static const struct virtio_device_ops echo_ops = {
    .name = "virtio-echo",
    .device_id = VIRTIO_ID_RNG,
    .queue_size = 64,
    .config_len = 8,
    .config_read = echo_config_read,
    .queue_ready = echo_ready,
    .destroy = echo_destroy,
};

static struct virtio_device *echo_create(void)
{
    struct virtio_params params = {.name = "echo0", .mem = fx.ram.mem, .loop = fx.loop};
    struct virtio_device *dev = calloc(1, sizeof(*dev));

    assert_non_null(dev);
    assert_int_equal(virtio_init(dev, &echo_ops, &params, 2), 0);
    return dev;
}

static int setup(void **state)
{
    struct pci_host_params params = {
        .ecam_base = ECAM,
        .ecam_size = 1 << 20,
        .mmio32_base = WINDOW,
        .mmio32_size = 1 << 20,
        .msi = {.send = on_msi},
    };

    memset(&fx, 0, sizeof(fx));
    for (unsigned i = 0; i < 4; i++)
        params.intx[i] = (struct irq_line){.set = on_intx};
    fake_ram_init(&fx.ram);
    assert_int_equal(loop_create(&fx.loop), 0);
    assert_int_equal(bus_create(&fx.bus), 0);
    assert_int_equal(pci_host_create(fx.bus, &params, &fx.host, NULL), 0);
    assert_int_equal(virtio_pci_create(fx.host, echo_create(), &fx.vp), 0);
    return 0;
}

static int teardown(void **state)
{
    virtio_pci_destroy(fx.vp);
    pci_host_destroy(fx.host);
    bus_destroy(fx.bus);
    fake_loop_settle(fx.loop);
    loop_destroy(fx.loop);
    fake_ram_finish(&fx.ram);
    return 0;
}

static uint64_t rd(gpa_t addr, unsigned size)
{
    uint64_t value = 0;

    assert_int_equal(bus_read(fx.bus, addr, size, &value), 0);
    return value;
}

static void wr(gpa_t addr, unsigned size, uint64_t value)
{
    assert_int_equal(bus_write(fx.bus, addr, size, value), 0);
}

static void map_bars(void)
{
    wr(DEVICE + 0x10, 4, BAR0);
    wr(DEVICE + 0x14, 4, 0);
    wr(DEVICE + 0x18, 4, BAR2);
    wr(DEVICE + 0x04, 2, 6);
}

/* Configuration offset of the virtio capability of `type`. */
static uint32_t find_cap(uint8_t id, uint8_t type)
{
    for (uint64_t at = rd(DEVICE + 0x34, 1); at; at = rd(DEVICE + at + 1, 1)) {
        if (rd(DEVICE + at, 1) == id && (id != 9 || rd(DEVICE + at + 3, 1) == type))
            return (uint32_t)at;
    }
    return 0;
}

static void start(bool msix)
{
    map_bars();
    if (msix) {
        wr(DEVICE + find_cap(0x11, 0) + 2, 2, 0x8000);
        for (unsigned v = 0; v < 3; v++) {
            wr(BAR2 + v * 16, 4, 0x8020040);
            wr(BAR2 + v * 16 + 8, 4, 80 + v);
            wr(BAR2 + v * 16 + 12, 4, 0);
        }
    }
    wr(BAR0 + COMMON_STATUS, 1, 3);
    wr(BAR0 + 0x08, 4, 1);
    wr(BAR0 + 0x0c, 4, 1); /* VERSION_1 */
    wr(BAR0 + COMMON_STATUS, 1, 11);
    assert_int_equal(rd(BAR0 + COMMON_STATUS, 1), 11);
    wr(BAR0 + 0x10, 2, 0);
    for (unsigned q = 0; q < 2; q++) {
        fake_ring_init(&fx.ring[q], &fx.ram, 16);
        wr(BAR0 + 0x16, 2, q);
        wr(BAR0 + 0x18, 2, 16);
        wr(BAR0 + 0x1a, 2, q + 1);
        wr(BAR0 + 0x20, 8, fx.ring[q].desc_gpa);
        wr(BAR0 + 0x28, 4, (uint32_t)fx.ring[q].avail_gpa);
        wr(BAR0 + 0x2c, 4, 0);
        wr(BAR0 + 0x30, 8, fx.ring[q].used_gpa);
        wr(BAR0 + 0x1c, 2, 1);
        assert_int_equal(rd(BAR0 + 0x1c, 2), 1);
        assert_int_equal(rd(BAR0 + 0x1e, 2), q);
    }
    wr(BAR0 + COMMON_STATUS, 1, 15);
    fake_loop_settle(fx.loop);
}

static void send_one(unsigned q)
{
    struct fake_buf buf = {FAKE_RAM_BASE, 16, true};
    struct fake_used used;

    (void)fake_ring_add(&fx.ring[q], &buf, 1);
    wr(BAR0 + 0x3000 + q * 4, 2, q);
    fake_loop_settle(fx.loop);
    assert_true(fake_ring_used(&fx.ring[q], &used));
    assert_int_equal(used.len, 7);
}

static void identifies_itself(void **state)
{
    assert_int_equal(rd(DEVICE, 4), 0x10441af4);
    assert_int_equal(rd(DEVICE + 8, 1), 1);
    for (uint8_t type = 1; type <= 5; type++)
        assert_int_not_equal(find_cap(9, type), 0);
    assert_int_equal(rd(DEVICE + find_cap(0x11, 0) + 2, 2), 2); /* three vectors */
}

static void msix_tells_queues_apart(void **state)
{
    start(true);
    send_one(0);
    assert_int_equal(fx.last_msi, 81);
    send_one(1);
    assert_int_equal(fx.last_msi, 82);
    assert_int_equal(fx.nr_msi, 2);
    assert_false(fx.intx);
}

static void intx_falls_when_isr_is_read(void **state)
{
    start(false);
    send_one(0);
    assert_true(fx.intx);
    assert_int_equal(rd(BAR0 + 0x1000, 1), 1);
    assert_false(fx.intx);
    assert_int_equal(rd(BAR0 + 0x1000, 1), 0);
}

static void broken_ring_raises_a_config_interrupt(void **state)
{
    start(true);
    fx.ring[0].avail[1] = 999;
    wr(BAR0 + 0x3000, 2, 0);
    fake_loop_settle(fx.loop);
    assert_int_equal(fx.last_msi, 80);
    assert_int_equal(rd(BAR0 + COMMON_STATUS, 1), 0x4f);
}

static void vector_out_of_range_reads_back_none(void **state)
{
    map_bars();
    wr(BAR0 + 0x10, 2, 3);
    assert_int_equal(rd(BAR0 + 0x10, 2), 0xffff);
    wr(BAR0 + 0x1a, 2, 2);
    assert_int_equal(rd(BAR0 + 0x1a, 2), 2);
    wr(BAR0 + 0x1a, 2, 0xfffe);
    assert_int_equal(rd(BAR0 + 0x1a, 2), 0xffff);
}

static void missing_queue_has_size_zero(void **state)
{
    map_bars();
    assert_int_equal(rd(BAR0 + 0x18, 2), 64);
    wr(BAR0 + 0x16, 2, 2);
    assert_int_equal(rd(BAR0 + 0x18, 2), 0);
    wr(BAR0 + 0x16, 2, 0xffff);
    wr(BAR0 + 0x18, 2, 8);
    wr(BAR0 + 0x1a, 2, 1);
    wr(BAR0 + 0x1c, 2, 1);
    assert_int_equal(rd(BAR0 + 0x18, 2), 0);
}

static void enabled_queue_keeps_its_addresses(void **state)
{
    start(true);
    wr(BAR0 + 0x16, 2, 0);
    wr(BAR0 + 0x20, 4, 0xdead0000);
    wr(BAR0 + 0x18, 2, 1);
    assert_int_equal(rd(BAR0 + 0x20, 8), fx.ring[0].desc_gpa);
    assert_int_equal(rd(BAR0 + 0x18, 2), 16);
    send_one(0);
}

static void reset_clears_the_registers(void **state)
{
    start(true);
    wr(BAR0 + COMMON_STATUS, 1, 0);
    fake_loop_settle(fx.loop);
    assert_int_equal(rd(BAR0 + COMMON_STATUS, 1), 0);
    assert_int_equal(rd(BAR0 + 0x10, 2), 0xffff);
    assert_int_equal(rd(BAR0 + 0x1c, 2), 0);
    assert_int_equal(rd(BAR0 + 0x20, 8), 0);
}

static void window_reaches_the_registers(void **state)
{
    uint32_t cap = find_cap(9, 5);

    wr(DEVICE + cap + 8, 4, COMMON_STATUS);
    wr(DEVICE + cap + 12, 4, 1);
    wr(DEVICE + cap + 16, 1, 3);
    assert_int_equal(rd(DEVICE + cap + 16, 1), 3);
    wr(DEVICE + cap + 8, 4, 0x2000);
    wr(DEVICE + cap + 12, 4, 4);
    assert_int_equal(rd(DEVICE + cap + 16, 4), 0x74726562); /* "bert" */
}

static void window_ignores_nonsense(void **state)
{
    uint32_t cap = find_cap(9, 5);
    const struct {
        uint32_t bar, off, len;
    } bad[] = {{2, 0, 4}, {0, 0x4000, 4}, {0, 0xfffffffc, 4}, {0, 0, 3},
               {0, 0, 8}, {0, 1, 2},      {0, 0, 0}};

    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        wr(DEVICE + cap + 4, 1, bad[i].bar);
        wr(DEVICE + cap + 8, 4, bad[i].off);
        wr(DEVICE + cap + 12, 4, bad[i].len);
        wr(DEVICE + cap + 16, 4, 0xffffffff);
        (void)rd(DEVICE + cap + 16, 4);
    }
    map_bars();
    assert_int_equal(rd(BAR0 + COMMON_STATUS, 1), 0);
}

static void every_access_is_harmless(void **state)
{
    start(true);
    for (unsigned size = 1; size <= 8; size *= 2) {
        for (uint64_t off = 0; off < 0x4000; off += off % 0x1000 < 0x60 ? 1 : 0x3a7) {
            (void)rd(BAR0 + off, size);
            wr(BAR0 + off, size, UINT64_MAX);
        }
        fake_loop_settle(fx.loop);
    }
    wr(BAR0 + COMMON_STATUS, 1, 0);
    fake_loop_settle(fx.loop);
    fx.ram.next = FAKE_RAM_BASE;
    start(true);
    send_one(1);
}

static void thousand_functions_come_and_go(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        struct virtio_pci *vp;

        assert_int_equal(virtio_pci_create(fx.host, echo_create(), &vp), 0);
        virtio_pci_destroy(vp);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(identifies_itself),
        T(msix_tells_queues_apart),
        T(intx_falls_when_isr_is_read),
        T(broken_ring_raises_a_config_interrupt),
        T(vector_out_of_range_reads_back_none),
        T(missing_queue_has_size_zero),
        T(enabled_queue_keeps_its_addresses),
        T(reset_clears_the_registers),
        T(window_reaches_the_registers),
        T(window_ignores_nonsense),
        T(every_access_is_harmless),
        T(thousand_functions_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
