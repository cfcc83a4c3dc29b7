/* SPDX-License-Identifier: Apache-2.0
 *
 * The PCI host bridge: configuration space, BARs that move, MSI-X, INTx. First byte: bit 7 set, raw
 * accesses anywhere in the bridge's ranges; clear, steps of a sound guest and of devices with a
 * rare wrong one. Checked: a BAR sees only accesses that lie in it; wires change rather than
 * repeat; no message leaves a function that may not master the bus; after a reset nothing is mapped
 * and nothing is enabled. */
#include <string.h>

#include "bus/pci.h"
#include "bus/pci_regs.h"
#include "fuzz.h"

#define ECAM   UINT64_C(0x3f000000)
#define WINDOW UINT64_C(0x10000000)
#define HIGH   UINT64_C(0x8000000000)

enum {
    NR_DEVICES = 3,
    MAX_STEPS = 300,
    NR_VECTORS = 5,
    WINDOW_SIZE = 1 << 20,
    ECAM_SIZE = 2 << 20
};

struct machine {
    struct bus *bus;
    struct pci_host *host;
    struct pci_device dev[NR_DEVICES];
    bool wire[4];
};

/* A BAR knows its size through `dev`. */
static uint64_t bar_read(void *bar, uint64_t off, unsigned size)
{
    const struct pci_bar *b = bar;

    FUZZ_CHECK(off < b->size && size <= b->size - off && off % size == 0);
    return off;
}

static void bar_write(void *bar, uint64_t off, unsigned size, uint64_t value)
{
    (void)bar_read(bar, off, size);
}

static const struct mmio_ops bar_ops = {
    .read = bar_read, .write = bar_write, .min_size = 1, .max_size = 8};

static void on_wire(void *ctrl, unsigned n, bool level)
{
    struct machine *m = ctrl;

    FUZZ_CHECK(m->wire[n] != level);
    m->wire[n] = level;
}

static uint64_t rd(const struct machine *m, gpa_t addr, unsigned size)
{
    uint64_t value = 0;

    (void)bus_read(m->bus, addr, size, &value);
    return value;
}

static void wr(const struct machine *m, gpa_t addr, unsigned size, uint64_t value)
{
    (void)bus_write(m->bus, addr, size, value);
}

static gpa_t config(unsigned dev, unsigned off)
{
    return ECAM + ((dev + 1u) << 15) + off;
}

static void on_message(void *ctrl, uint64_t addr, uint32_t data)
{
    const struct machine *m = ctrl;
    bool anyone = false;

    for (unsigned i = 0; i < NR_DEVICES; i++)
        anyone |= m->dev[i].config[PCI_COMMAND] & PCI_COMMAND_MASTER;
    FUZZ_CHECK(anyone && addr % 4 == 0);
}

static void build(struct machine *m)
{
    static const struct pci_ids ids = {.vendor = 0x1af4, .device = 0x1042, .class_code = 0x010000};
    struct pci_host_params params = {.ecam_base = ECAM,
                                     .ecam_size = ECAM_SIZE,
                                     .mmio32_base = WINDOW,
                                     .mmio32_size = WINDOW_SIZE,
                                     .mmio64_base = HIGH,
                                     .mmio64_size = WINDOW_SIZE,
                                     .msi = {on_message, m}};

    memset(m, 0, sizeof(*m));
    for (unsigned i = 0; i < 4; i++)
        params.intx[i] = (struct irq_line){on_wire, m, i};
    FUZZ_CHECK(bus_create(&m->bus) == 0);
    FUZZ_CHECK(pci_host_create(m->bus, &params, &m->host, NULL) == 0);
    for (unsigned i = 0; i < NR_DEVICES; i++) {
        struct pci_device *d = &m->dev[i];

        d->bar[0] =
            (struct pci_bar){.size = 0x4000, .is_64bit = true, .ops = &bar_ops, .dev = &d->bar[0]};
        d->bar[4] = (struct pci_bar){.size = 16u << i, .ops = &bar_ops, .dev = &d->bar[4]};
        FUZZ_CHECK(pci_msix_init(d, 2, NR_VECTORS) == 0);
        FUZZ_CHECK(pci_add(m->host, d, &ids) == 0);
    }
}

static void tear_down(struct machine *m)
{
    for (unsigned i = 0; i < NR_DEVICES; i++) {
        pci_remove(&m->dev[i]);
        pci_msix_finish(&m->dev[i]);
    }
    for (unsigned i = 0; i < 4; i++)
        FUZZ_CHECK(!m->wire[i]);
    pci_host_destroy(m->host);
    bus_destroy(m->bus);
}

static void check_reset(struct machine *m)
{
    pci_host_reset(m->host);
    for (unsigned i = 0; i < NR_DEVICES; i++) {
        FUZZ_CHECK(rd(m, config(i, PCI_COMMAND), 2) == 0);
        FUZZ_CHECK(rd(m, config(i, PCI_BAR0), 4) == PCI_BAR_64BIT);
        FUZZ_CHECK(!pci_msix_enabled(&m->dev[i]));
    }
    FUZZ_CHECK(rd(m, WINDOW, 8) == UINT64_MAX);
}

static void raw_access(const struct machine *m, struct cursor *c)
{
    static const gpa_t bases[] = {ECAM, WINDOW, HIGH, ECAM + (1 << 15)};
    uint8_t op = cursor_u8(c);
    gpa_t addr = bases[op & 3] + cursor_le32(c) % ECAM_SIZE - (op >> 7);
    unsigned size = 1u << (op >> 2 & 3);

    if (op & 0x10)
        wr(m, addr, size, cursor_le64(c));
    else
        (void)rd(m, addr, size);
}

/* One step of a guest that knows what it does, or of a device. */
static void sound_step(struct machine *m, struct cursor *c)
{
    uint8_t op = cursor_u8(c), arg = cursor_u8(c);
    unsigned dev = op >> 4 & 3, bar = (arg & 1) * 4;

    if (dev == NR_DEVICES)
        dev = 0;
    switch (op & 15) {
    case 0:
        wr(m, config(dev, PCI_COMMAND), 2, cursor_le16(c));
        break;
    case 1: /* somewhere in the window, perhaps over another */
        wr(m, config(dev, PCI_BAR0 + bar * 4), 4, WINDOW + arg * 0x1000u);
        break;
    case 2:
        wr(m, config(dev, PCI_BAR0), 4, arg * 0x4000u);
        wr(m, config(dev, PCI_BAR0 + 4), 4, HIGH >> 32);
        break;
    case 3: /* the MSI-X table */
        wr(m, config(dev, PCI_BAR0 + 8), 4, WINDOW + 0x80000 + dev * 0x2000);
        break;
    case 4:
        wr(m, config(dev, PCI_FIRST_CAP + PCI_MSIX_CONTROL), 2, (uint64_t)arg << 8);
        break;
    case 5:
        wr(m, WINDOW + 0x80000 + dev * 0x2000 + arg * 4u, 4, cursor_le32(c));
        break;
    case 6:
        pci_msix_notify(&m->dev[dev], arg % (NR_VECTORS + 2));
        break;
    case 7:
        pci_set_intx(&m->dev[dev], arg & 1);
        break;
    case 8:
        (void)rd(m, WINDOW + arg * 0x1000u + (op >> 6), 8);
        break;
    case 9:
        (void)rd(m, config(dev, arg), 4);
        break;
    case 10:
        if (arg == 0)
            check_reset(m);
        break;
    default:
        if (arg == 0)
            raw_access(m, c);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor c = cursor_at(data, len);
    bool raw = cursor_u8(&c) & 0x80;
    struct machine m;

    build(&m);
    for (unsigned i = 0; i < MAX_STEPS && c.left > 0; i++) {
        if (raw)
            raw_access(&m, &c);
        else
            sound_step(&m, &c);
    }
    check_reset(&m);
    tear_down(&m);
    return 0;
}
