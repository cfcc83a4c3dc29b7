/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of the PCI transport, through configuration space and BARs, over a real device
 * (virtio-rng). First byte: bit 7 set, raw accesses anywhere; clear, steps of a driver with a rare
 * wrong one. Checked: the process lives, and after a reset the device can be started again. */
#include "../unit/support/fake_driver.h"
#include "../unit/support/fake_loop.h"
#include "fuzz.h"
#include "virtio/pci.h"
#include "virtio/rng.h"

#define ECAM   UINT64_C(0x3f000000)
#define WINDOW UINT64_C(0x10000000)
#define DEVICE (ECAM + (1u << 15))
#define BAR0   WINDOW
#define BAR2   (WINDOW + 0x10000)

enum { MAX_STEPS = 400, COMMON_STATUS = 0x14, NOTIFY = 0x3000 };

struct machine {
    struct fake_ram ram;
    struct loop *loop;
    struct bus *bus;
    struct pci_host *host;
    struct virtio_pci *vp;
    struct fake_ring ring;
};

static void wr(struct machine *m, gpa_t addr, unsigned size, uint64_t value)
{
    (void)bus_write(m->bus, addr, size, value);
}

static uint64_t rd(struct machine *m, gpa_t addr, unsigned size)
{
    uint64_t value = 0;

    (void)bus_read(m->bus, addr, size, &value);
    return value;
}

static void build(struct machine *m)
{
    struct pci_host_params params = {
        .ecam_base = ECAM, .ecam_size = 1 << 20, .mmio32_base = WINDOW, .mmio32_size = 1 << 20};
    struct virtio_params device = {.name = "fuzz"};
    struct virtio_device *dev;

    fake_ram_init(&m->ram);
    FUZZ_CHECK(loop_create(&m->loop) == 0);
    FUZZ_CHECK(bus_create(&m->bus) == 0);
    FUZZ_CHECK(pci_host_create(m->bus, &params, &m->host, NULL) == 0);
    device.mem = m->ram.mem;
    device.loop = m->loop;
    FUZZ_CHECK(virtio_rng_create(&device, &dev) == 0);
    FUZZ_CHECK(virtio_pci_create(m->host, dev, &m->vp) == 0);
}

static void tear_down(struct machine *m)
{
    virtio_pci_destroy(m->vp);
    pci_host_destroy(m->host);
    bus_destroy(m->bus);
    fake_loop_settle(m->loop);
    loop_destroy(m->loop);
    fake_ram_finish(&m->ram);
}

static void map_bars(struct machine *m)
{
    wr(m, DEVICE + 0x10, 4, BAR0);
    wr(m, DEVICE + 0x14, 4, 0);
    wr(m, DEVICE + 0x18, 4, BAR2);
    wr(m, DEVICE + 0x04, 2, 6);
}

static void start(struct machine *m)
{
    map_bars(m);
    wr(m, BAR0 + COMMON_STATUS, 1, 0);
    fake_loop_settle(m->loop);
    m->ram.next = FAKE_RAM_BASE;
    fake_ring_init(&m->ring, &m->ram, 16);
    wr(m, BAR0 + COMMON_STATUS, 1, 3);
    wr(m, BAR0 + 0x08, 4, 1);
    wr(m, BAR0 + 0x0c, 4, 1);
    wr(m, BAR0 + COMMON_STATUS, 1, 11);
    wr(m, BAR0 + 0x16, 2, 0);
    wr(m, BAR0 + 0x18, 2, 16);
    wr(m, BAR0 + 0x20, 8, m->ring.desc_gpa);
    wr(m, BAR0 + 0x28, 8, m->ring.avail_gpa);
    wr(m, BAR0 + 0x30, 8, m->ring.used_gpa);
    wr(m, BAR0 + 0x1c, 2, 1);
    wr(m, BAR0 + COMMON_STATUS, 1, 15);
    fake_loop_settle(m->loop);
}

static void ask_once(struct machine *m)
{
    struct fake_buf buf = {FAKE_RAM_BASE + 0x10000, 16, true};

    (void)fake_ring_add(&m->ring, &buf, 1);
    wr(m, BAR0 + NOTIFY, 2, 0);
    fake_loop_settle(m->loop);
}

/* The spaces a step may touch, each with its length. */
static gpa_t some_place(struct cursor *in)
{
    static const struct {
        gpa_t base;
        uint32_t len;
    } spaces[] = {{BAR0, 0x40},   {DEVICE, 0x100},     {BAR0, 0x4000},
                  {BAR2, 0x2000}, {BAR0 + 0x3000, 16}, {ECAM, 1 << 20}};
    unsigned i = cursor_u8(in) % ARRAY_LEN(spaces);

    return spaces[i].base + cursor_le32(in) % spaces[i].len;
}

static void raw_step(struct machine *m, struct cursor *in)
{
    uint8_t op = cursor_u8(in);
    gpa_t at = some_place(in);
    unsigned size = 1u << (op & 3);

    if (op & 4)
        (void)rd(m, at, size);
    else
        wr(m, at, size, op & 8 ? FAKE_RAM_BASE + cursor_le16(in) : cursor_le64(in));
    if (op & 16)
        fake_loop_settle(m->loop);
}

static void driver_step(struct machine *m, struct cursor *in)
{
    switch (cursor_u8(in) % 8) {
    case 0:
        start(m);
        break;
    case 1:
        wr(m, BAR0 + COMMON_STATUS, 1, 0);
        break;
    case 2:
        wr(m, BAR0 + COMMON_STATUS, 1, cursor_u8(in));
        break;
    case 3:
        raw_step(m, in);
        break;
    case 4:
        wr(m, BAR0 + 0x1a, 2, cursor_le16(in) & 0x8003);
        break;
    default:
        if (m->ring.size)
            ask_once(m);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor in = cursor_at(data, len);
    struct machine m = {.loop = NULL};
    bool raw = cursor_u8(&in) & 0x80;
    struct fake_used used;

    build(&m);
    map_bars(&m);
    for (unsigned i = 0; i < MAX_STEPS && in.left > 0; i++) {
        if (raw)
            raw_step(&m, &in);
        else
            driver_step(&m, &in);
    }
    start(&m);
    ask_once(&m);
    FUZZ_CHECK(fake_ring_used(&m.ring, &used) && used.len == 16);
    tear_down(&m);
    return 0;
}
