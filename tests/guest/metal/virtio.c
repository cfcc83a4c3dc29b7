/* SPDX-License-Identifier: Apache-2.0
 *
 * A virtio driver that breaks the rules (virtio 1.2 §2.7): the device may stop, and must say so or
 * keep quiet; after a reset it serves again, and nothing but the buffers it was given has changed.
 * The device is virtio-rng. */
#include "metal.h"
#include "pci.h"

enum {
    RNG_ID = 0x10441af4,
    CAP_VENDOR = 0x09,
    CAP_COMMON = 1,
    CAP_NOTIFY = 2,
    /* struct virtio_pci_common_cfg */
    DRIVER_FEATURE_SELECT = 8,
    DRIVER_FEATURE = 12,
    DEVICE_STATUS = 20,
    QUEUE_SELECT = 22,
    QUEUE_SIZE = 24,
    QUEUE_ENABLE = 28,
    QUEUE_NOTIFY_OFF = 30,
    QUEUE_DESC = 32,
    QUEUE_DRIVER = 40,
    QUEUE_DEVICE = 48,
    STATUS_DRIVER = 1 | 2,
    STATUS_FEATURES_OK = 8,
    STATUS_DRIVER_OK = 4,
    DESC_NEXT = 1,
    DESC_WRITE = 2,
    DESC_INDIRECT = 4,
    ENTRIES = 8,
};

struct desc {
    uint64_t addr;
    uint32_t len;
    uint16_t flags, next;
};

struct ring { /* split queue of ENTRIES, where it likes to be */
    volatile struct desc desc[ENTRIES];
    volatile uint16_t avail_flags, avail_idx, avail[ENTRIES], used_event;
    uint8_t pad[102];
    volatile uint16_t used_flags, used_idx;
    volatile struct {
        uint32_t id, len;
    } used[ENTRIES];
};

#define RING        ((struct ring *)(FREE_RAM + 0x1000))
#define BUFFER      (FREE_RAM + 0x2000)
#define GUARD_BEGIN (FREE_RAM + 0x3000)
#define GUARD_END   (FREE_RAM + 0x8000)
#define RAM_END     (RAM + (UINT64_C(512) << 20))

static uint64_t common, notify;
static uint32_t notify_multiplier;
static unsigned slot;

static void w8(unsigned reg, uint8_t value)
{
    *(volatile uint8_t *)(common + reg) = value;
}

static void w16(unsigned reg, uint16_t value)
{
    *(volatile uint16_t *)(common + reg) = value;
}

static void w32(unsigned reg, uint32_t value)
{
    *(volatile uint32_t *)(common + reg) = value;
}

static void w64(unsigned reg, uint64_t value)
{
    w32(reg, (uint32_t)value);
    w32(reg + 4, (uint32_t)(value >> 32));
}

static void find_registers(void)
{
    for (unsigned at = pci_read(slot, PCI_CAPABILITIES) & 0xfc; at;
         at = pci_read(slot, at) >> 8 & 0xfc) {
        uint32_t head = pci_read(slot, at);
        unsigned type = head >> 24, bar = pci_read(slot, at + 4) & 0xff;
        if ((head & 0xff) != CAP_VENDOR || bar > 5)
            continue;
        uint64_t address = pci_bar(slot, bar) + pci_read(slot, at + 8);
        if (type == CAP_COMMON)
            common = address;
        if (type == CAP_NOTIFY) {
            notify = address;
            notify_multiplier = pci_read(slot, at + 16);
        }
    }
}

static void pause(unsigned milliseconds)
{
    uint64_t end = read_reg(cntvct_el0) + read_reg(cntfrq_el0) * milliseconds / 1000;
    while (read_reg(cntvct_el0) < end)
        __asm__ volatile("yield");
}

static void reset(void)
{
    w8(DEVICE_STATUS, 0);
    for (unsigned n = 0; n < 1000 && *(volatile uint8_t *)(common + DEVICE_STATUS); n++)
        pause(1);
}

static void negotiate(void)
{
    reset();
    memset(RING, 0, sizeof(*RING));
    w8(DEVICE_STATUS, STATUS_DRIVER);
    w32(DRIVER_FEATURE_SELECT, 0);
    w32(DRIVER_FEATURE, 0);
    w32(DRIVER_FEATURE_SELECT, 1);
    w32(DRIVER_FEATURE, 1); /* VERSION_1 */
    w8(DEVICE_STATUS, STATUS_DRIVER | STATUS_FEATURES_OK);
}

static void set_queue(uint64_t desc, uint64_t driver, uint64_t device)
{
    w16(QUEUE_SELECT, 0);
    w16(QUEUE_SIZE, ENTRIES);
    w64(QUEUE_DESC, desc);
    w64(QUEUE_DRIVER, driver);
    w64(QUEUE_DEVICE, device);
    w16(QUEUE_ENABLE, 1);
}

static void go(void)
{
    w8(DEVICE_STATUS, STATUS_DRIVER | STATUS_FEATURES_OK | STATUS_DRIVER_OK);
}

static void start(void)
{
    negotiate();
    set_queue((uint64_t)RING->desc, (uint64_t)&RING->avail_flags, (uint64_t)&RING->used_flags);
    go();
}

static void kick(uint16_t queue)
{
    uint16_t off = *(volatile uint16_t *)(common + QUEUE_NOTIFY_OFF);
    dsb();
    *(volatile uint16_t *)(notify + (uint64_t)off * notify_multiplier) = queue;
}

static void give(uint16_t head)
{
    RING->avail[RING->avail_idx % ENTRIES] = head;
    dsb();
    RING->avail_idx++;
    kick(0);
}

/* One honest request. */
static bool serves(void)
{
    start();
    memset((void *)BUFFER, 0, 64);
    RING->desc[0].addr = BUFFER;
    RING->desc[0].len = 64;
    RING->desc[0].flags = DESC_WRITE;
    give(0);
    for (unsigned n = 0; n < 3000 && RING->used_idx != 1; n++)
        pause(1);
    uint64_t bits = 0;
    for (unsigned n = 0; n < 8; n++)
        bits |= ((volatile uint64_t *)BUFFER)[n];
    return RING->used_idx == 1 && RING->used[0].len > 0 && RING->used[0].len <= 64 && bits;
}

static void guard_fill(void)
{
    for (uint64_t at = GUARD_BEGIN; at < GUARD_END; at += 8)
        *(volatile uint64_t *)at = at;
}

static bool guard_holds(void)
{
    for (uint64_t at = GUARD_BEGIN; at < GUARD_END; at += 8)
        if (*(volatile uint64_t *)at != at)
            return false;
    return true;
}

static void survived(const char *name)
{
    pause(5);
    check(name, serves() && guard_holds());
}

static void set_desc(unsigned n, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
    RING->desc[n].addr = addr;
    RING->desc[n].len = len;
    RING->desc[n].flags = flags;
    RING->desc[n].next = next;
}

/* A chain whose first descriptor is this, given to a started device. */
static void bad_desc(const char *name, uint64_t addr, uint32_t len, uint16_t flags, uint16_t next)
{
    start();
    set_desc(0, addr, len, flags, next);
    set_desc(1, BUFFER, 16, DESC_WRITE | DESC_NEXT, 0);
    give(0);
    survived(name);
}

static void descriptors(void)
{
    bad_desc("chain that ends where it began", BUFFER, 16, DESC_WRITE | DESC_NEXT, 0);
    bad_desc("chain of two in a circle", BUFFER, 16, DESC_WRITE | DESC_NEXT, 1);
    bad_desc("next past the table", BUFFER, 16, DESC_WRITE | DESC_NEXT, 0xffff);
    bad_desc("buffer outside RAM", 0x08f00000, 64, DESC_WRITE, 0);
    bad_desc("buffer on a device", 0x09010000, 64, DESC_WRITE, 0);
    bad_desc("buffer past the end of RAM", RAM_END - 16, 4096, DESC_WRITE, 0);
    bad_desc("buffer that wraps", UINT64_MAX - 8, 64, DESC_WRITE, 0);
    bad_desc("buffer of 4 GiB", BUFFER, UINT32_MAX, 0, 0);
    bad_desc("empty buffer", BUFFER, 0, DESC_WRITE, 0);
    bad_desc("buffer to read only", BUFFER, 64, 0, 0);
    bad_desc("writable before readable", BUFFER, 16, DESC_WRITE | DESC_NEXT, 2);
    bad_desc("indirect without having been offered", BUFFER, 64, DESC_INDIRECT, 0);
    bad_desc("indirect of a crooked length", BUFFER, 17, DESC_INDIRECT, 0);
}

static void rings(void)
{
    start();
    RING->avail[0] = 0x4321;
    RING->avail_idx = 1;
    kick(0);
    survived("head past the table");
    start();
    set_desc(0, BUFFER, 16, DESC_WRITE, 0);
    RING->avail_idx = 0x7000;
    kick(0);
    survived("index that jumps");
    start();
    kick(77);
    survived("notification of a queue that is not there");
    negotiate();
    kick(0);
    survived("notification before the queue is set up");

    static const uint64_t places[] = {0x08f00000, 0x09010000, UINT64_MAX & ~UINT64_C(0xfff),
                                      RAM_END - 16};
    static const char *const names[] = {"rings outside RAM", "rings on a device", "rings that wrap",
                                        "rings past the end of RAM"};
    for (unsigned n = 0; n < 4; n++) {
        negotiate();
        set_queue(places[n], places[n], places[n]);
        go();
        kick(0);
        survived(names[n]);
    }
    static const uint16_t sizes[] = {0, 3, 0x8000, 0xffff};
    for (unsigned n = 0; n < 4; n++) {
        negotiate();
        w16(QUEUE_SELECT, 0);
        w16(QUEUE_SIZE, sizes[n]);
        w16(QUEUE_ENABLE, 1);
        go();
        kick(0);
    }
    survived("crooked queue sizes");
}

static void registers(void)
{
    for (unsigned n = 0; n < 300; n++) {
        start();
        set_desc(0, BUFFER, 64, DESC_WRITE, 0);
        give(0);
    }
    survived("resets in the middle of requests");
    for (unsigned n = 0; n < 256; n++) {
        w8(DEVICE_STATUS, (uint8_t)n);
        w16(QUEUE_SELECT, (uint16_t)(n * 257));
        w16(QUEUE_ENABLE, (uint16_t)n);
        w64(QUEUE_DESC, UINT64_C(0x0123456789abcdef) * n);
    }
    survived("nonsense in every register");
}

/* Where RAM is, RAM answers. */
static void base_addresses(void)
{
    static const uint32_t places[] = {(uint32_t)GUARD_BEGIN & ~0xfffu, 0x08000000, 0x09000000, 0,
                                      0xfffff000};
    for (unsigned bar = 0; bar < 6; bar++) {
        uint32_t before = pci_read(slot, PCI_BAR0 + bar * 4);
        for (unsigned n = 0; n < sizeof(places) / sizeof(*places); n++)
            pci_write(slot, PCI_BAR0 + bar * 4, places[n]);
        pci_write(slot, PCI_BAR0 + bar * 4, before);
    }
    for (unsigned bar = 0; bar < 6; bar++)
        pci_write(slot, PCI_BAR0 + bar * 4, (uint32_t)GUARD_BEGIN);
    check("BARs moved onto RAM", guard_holds());
    for (unsigned reg = 4; reg < 0x100; reg += 4)
        pci_write(slot, reg, UINT32_MAX);
    pci_write(slot, PCI_COMMAND, 0);
    check("nonsense in configuration space", guard_holds());
    pci_place(slot);
    find_registers();
    survived("BARs moved back");
}

void metal_main(void)
{
    int found = pci_find(RNG_ID);
    if (found < 0) {
        check("there is a virtio-rng", false);
        return;
    }
    slot = (unsigned)found;
    pci_place(slot);
    find_registers();
    guard_fill();
    check("an honest request", serves());
    descriptors();
    rings();
    registers();
    base_addresses();
}
