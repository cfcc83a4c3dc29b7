/* SPDX-License-Identifier: Apache-2.0
 *
 * The host bridge of a board without bridges behind it: ECAM (PCI Express 4.0 §7.2.2), one root bus
 * of 32 slots with one function each, and windows in which BARs answer. An address in a window
 * where no BAR lies reads as ones, like every function that is not there. BARs outside the windows
 * never answer, so a guest cannot lay one over its RAM. */
#include "bus/pci.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bus/pci_host.h"

static const struct pci_ids bridge_ids = {.vendor = 0x1b36,
                                          .device = 0x0008,
                                          .subsystem_vendor = 0x1af4,
                                          .subsystem = 0x1100,
                                          .class_code = 0x060000};

/* ECAM: bus 27:20, device 19:15, function 14:12, register 11:0. NULL: nothing there. */
static struct pci_device *function_at(const struct pci_host *h, uint64_t off)
{
    bool exists = (off >> 20) == 0 && ((off >> 12) & 7) == 0 && (off & 0xfff) < PCI_CONFIG_SIZE;

    return exists ? h->slot[(off >> 15) & 31] : NULL;
}

static uint64_t ecam_read(void *host, uint64_t off, unsigned size)
{
    struct pci_host *h = host;
    struct pci_device *dev;
    uint64_t value = UINT64_MAX;

    (void)pthread_mutex_lock(&h->config_lock);
    dev = function_at(h, off);
    if (dev)
        value = pci_config_read(dev, off & 0xfff, size);
    (void)pthread_mutex_unlock(&h->config_lock);
    return value;
}

static void ecam_write(void *host, uint64_t off, unsigned size, uint64_t value)
{
    struct pci_host *h = host;
    struct pci_device *dev;

    (void)pthread_mutex_lock(&h->config_lock);
    dev = function_at(h, off);
    if (dev)
        pci_config_write(dev, off & 0xfff, size, (uint32_t)value);
    (void)pthread_mutex_unlock(&h->config_lock);
}

static const struct mmio_ops ecam_ops = {
    .read = ecam_read, .write = ecam_write, .min_size = 1, .max_size = 4};

static uint64_t window_read(void *window, uint64_t off, unsigned size)
{
    const struct pci_window *w = window;
    struct pci_mapping m;

    if (!pci_map_find(w->map, w->base + off, &m))
        return UINT64_MAX;
    return mmio_read(m.bar->ops, m.bar->dev, w->base + off - m.base, size);
}

static void window_write(void *window, uint64_t off, unsigned size, uint64_t value)
{
    const struct pci_window *w = window;
    struct pci_mapping m;

    if (pci_map_find(w->map, w->base + off, &m))
        mmio_write(m.bar->ops, m.bar->dev, w->base + off - m.base, size, value);
}

static const struct mmio_ops window_ops = {
    .read = window_read, .write = window_write, .min_size = 1, .max_size = 8};

static uint64_t pio_read(void *host, uint64_t off, unsigned size)
{
    (void)host, (void)off, (void)size;
    return UINT64_MAX;
}

static void pio_write(void *host, uint64_t off, unsigned size, uint64_t value)
{
    (void)host, (void)off, (void)size, (void)value;
}

static const struct mmio_ops pio_ops = {
    .read = pio_read, .write = pio_write, .min_size = 1, .max_size = 8};

static bool window_holds(const struct pci_window *w, gpa_t base, uint64_t size)
{
    return base >= w->base && size <= w->size && base - w->base <= w->size - size;
}

/* Adds the BARs of one function that lie in a window. */
static unsigned collect(const struct pci_host *h, const struct pci_device *dev,
                        struct pci_mapping *ret)
{
    unsigned nr = 0;

    for (unsigned i = 0; i < PCI_NR_BARS; i++) {
        const struct pci_bar *bar = &dev->bar[i];
        gpa_t base = pci_config_bar_base(dev, i);

        if (bar->size > 0 && (window_holds(&h->window[0], base, bar->size) ||
                              window_holds(&h->window[1], base, bar->size)))
            ret[nr++] = (struct pci_mapping){.base = base, .bar = bar};
    }
    return nr;
}

void pci_host_remap(struct pci_host *h)
{
    struct pci_mapping mappings[PCI_MAP_MAX];
    unsigned nr = 0;

    for (unsigned i = 0; i < PCI_NR_SLOTS; i++) {
        const struct pci_device *dev = h->slot[i];

        if (dev && (pci_get16(dev, PCI_COMMAND) & PCI_COMMAND_MEMORY))
            nr += collect(h, dev, mappings + nr);
    }
    pci_map_publish(&h->map, mappings, nr);
}

/* Puts the bridge's address ranges on the bus, as many as fit. */
static int claim_addresses(struct pci_host *h)
{
    const struct pci_host_params *p = &h->params;
    const struct {
        gpa_t base;
        uint64_t size;
        const char *name;
        const struct mmio_ops *ops;
        void *dev;
    } ranges[PCI_MAX_RANGES] = {
        {p->ecam_base, p->ecam_size, "pci-ecam", &ecam_ops, h},
        {p->pio_base, p->pio_size, "pci-io", &pio_ops, h},
        {p->mmio32_base, p->mmio32_size, "pci-mmio32", &window_ops, &h->window[0]},
        {p->mmio64_base, p->mmio64_size, "pci-mmio64", &window_ops, &h->window[1]},
    };

    for (unsigned i = 0; i < ARRAY_LEN(ranges); i++) {
        int r;

        if (ranges[i].size == 0)
            continue;
        r = bus_add(h->bus, ranges[i].base, ranges[i].size, ranges[i].name, ranges[i].ops,
                    ranges[i].dev);
        if (r)
            return r;
        h->claimed[h->nr_claimed++] = ranges[i].base;
    }
    return 0;
}

int pci_host_create(struct bus *bus, const struct pci_host_params *params, struct pci_host **ret,
                    struct err *err)
{
    struct pci_host *h = calloc(1, sizeof(*h));
    int r;

    if (!h)
        return err_set(err, -ENOMEM, "PCI host bridge: out of memory");
    h->bus = bus;
    h->params = *params;
    h->window[0] = (struct pci_window){&h->map, params->mmio32_base, params->mmio32_size};
    h->window[1] = (struct pci_window){&h->map, params->mmio64_base, params->mmio64_size};
    pci_map_init(&h->map);
    (void)pthread_mutex_init(&h->config_lock, NULL);
    (void)pthread_mutex_init(&h->intx_lock, NULL);
    h->bridge = (struct pci_device){.name = "pci-host", .no_intx = true, .host = h};
    pci_config_init(&h->bridge, &bridge_ids);
    h->slot[0] = &h->bridge;
    r = claim_addresses(h);
    if (r) {
        pci_host_destroy(h);
        return err_set(err, r, "PCI host bridge: its address ranges overlap other devices");
    }
    *ret = h;
    return 0;
}

void pci_host_destroy(struct pci_host *h)
{
    if (!h)
        return;
    while (h->nr_claimed > 0)
        bus_remove(h->bus, h->claimed[--h->nr_claimed]);
    (void)pthread_mutex_destroy(&h->intx_lock);
    (void)pthread_mutex_destroy(&h->config_lock);
    pci_map_finish(&h->map);
    free(h);
}

void pci_host_reset(struct pci_host *h)
{
    (void)pthread_mutex_lock(&h->config_lock);
    for (unsigned i = 0; i < PCI_NR_SLOTS; i++) {
        if (!h->slot[i])
            continue;
        pci_config_reset(h->slot[i]);
        pci_msix_reset(h->slot[i]);
        pci_intx_update(h->slot[i]);
    }
    pci_host_remap(h);
    (void)pthread_mutex_unlock(&h->config_lock);
}

int pci_add(struct pci_host *h, struct pci_device *dev, const struct pci_ids *ids)
{
    int r = -ENOSPC;

    (void)pthread_mutex_lock(&h->config_lock);
    for (unsigned i = 1; i < PCI_NR_SLOTS; i++) {
        if (h->slot[i])
            continue;
        dev->host = h;
        dev->devfn = (uint8_t)(i << 3);
        pci_config_init(dev, ids);
        h->slot[i] = dev;
        r = 0;
        break;
    }
    (void)pthread_mutex_unlock(&h->config_lock);
    return r;
}

void pci_remove(struct pci_device *dev)
{
    struct pci_host *h = dev->host;

    if (!h)
        return;
    pci_set_intx(dev, false);
    (void)pthread_mutex_lock(&h->config_lock);
    h->slot[dev->devfn >> 3] = NULL;
    pci_host_remap(h);
    (void)pthread_mutex_unlock(&h->config_lock);
    dev->host = NULL;
}
