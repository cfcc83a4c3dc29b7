/* SPDX-License-Identifier: Apache-2.0
 *
 * From configuration to devices. Slots are taken class by class, and within a class in command-line
 * order: network cards first, because guests name them after their slot, then disks, consoles and
 * the rest. */
#include "machine/devices.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/block/file.h"
#include "backend/char/chr.h"
#include "base/log.h"
#include "virtio/blk.h"
#include "virtio/console.h"
#include "virtio/rng.h"

/* What is being built, and how many of each kind there are so far, for names. */
struct builder {
    const struct devices_params *params;
    struct devices *d;
    struct err *err;
    unsigned nr_disks, nr_consoles;
    bool ptys_added;
};

static struct virtio_params device_params(const struct builder *b, const char *name)
{
    return (struct virtio_params){.name = name, .mem = b->params->memory, .loop = b->params->loop};
}

/* Puts a device on the bus, which then owns it. */
static int plug(struct builder *b, struct virtio_device *dev)
{
    int r = virtio_pci_create(b->params->pci, dev, &b->d->device[b->d->nr]);

    if (r == -ENOSPC)
        return err_set(b->err, r, "too many devices: the machine has 31 PCI slots; leave some out");
    if (r)
        return err_set(b->err, r, "cannot build a device: %s", strerror(-r));
    b->d->nr++;
    return 0;
}

static int add_disk(struct builder *b, struct device_config *cfg)
{
    struct block_file_params file = {.path = cfg->disk.path,
                                     .read_only = cfg->disk.read_only,
                                     .must_be_device =
                                         cfg->disk.type && !strcmp(cfg->disk.type, "dev"),
                                     .loop = b->params->loop};
    struct virtio_blk_params blk = {.serial = cfg->disk.device_id,
                                    .nr_queues = b->params->cfg->cpus};
    struct virtio_device *dev;
    char name[16];
    int r = block_file_open(&file, &blk.disk, b->err);

    if (r)
        return r;
    (void)snprintf(name, sizeof(name), "disk%u", b->nr_disks++);
    blk.device = device_params(b, name);
    r = virtio_blk_create(&blk, &dev);
    if (r)
        return err_set(b->err, r, "disk '%s': %s", cfg->disk.path, strerror(-r));
    return plug(b, dev);
}

static int open_port(struct builder *b, struct serial_config *cfg, struct chr **ret)
{
    const struct devices_params *p = b->params;
    const struct chr_stdio_params stdio = {.loop = p->loop,
                                           .raw = p->cfg->personality == PERSONALITY_BERTH,
                                           .quit = p->quit,
                                           .ctx = p->ctx};
    int r;

    switch (cfg->kind) {
    case SERIAL_LOG:
        return chr_file_create(p->loop, cfg->log_path, ret, b->err);
    case SERIAL_STDIO:
        return chr_stdio_create(&stdio, ret, b->err);
    case SERIAL_PTY:
        break;
    }
    r = chr_pty_create(p->loop, ret, b->err);
    if (r)
        return r;
    free(cfg->pty_name);
    cfg->pty_name = strdup(chr_pty_name(*ret));
    return 0;
}

/* A device with these ports, which it then owns. */
static int add_console(struct builder *b, struct chr *const *ports, unsigned nr, bool multiport)
{
    struct virtio_console_params params = {.ports = ports, .nr_ports = nr, .multiport = multiport};
    struct virtio_device *dev;
    char name[16];
    int r;

    (void)snprintf(name, sizeof(name), "serial%u", b->nr_consoles++);
    params.device = device_params(b, name);
    r = virtio_console_create(&params, &dev);
    if (r)
        return err_set(b->err, r, "serial port: %s", strerror(-r));
    r = plug(b, dev);
    if (!r && !b->d->console)
        b->d->console = dev;
    return r;
}

/* All pseudo-terminals are ports of one device, in the place of the first. */
static int add_ptys(struct builder *b)
{
    struct vm_config *cfg = b->params->cfg;
    struct chr *ports[CONSOLE_MAX_PORTS];
    unsigned nr = 0;
    int r = 0;

    for (size_t i = 0; i < cfg->nr_devices && !r; i++) {
        struct device_config *d = &cfg->devices[i];

        if (d->kind != DEVICE_SERIAL || d->serial.kind != SERIAL_PTY)
            continue;
        if (nr == CONSOLE_MAX_PORTS)
            r = err_set(b->err, -E2BIG, "too many pseudo-terminals: at most %d", CONSOLE_MAX_PORTS);
        else
            r = open_port(b, &d->serial, &ports[nr]);
        nr += !r;
    }
    if (!r)
        return add_console(b, ports, nr, true);
    while (nr > 0)
        chr_destroy(ports[--nr]);
    return r;
}

static int add_serial(struct builder *b, struct device_config *cfg)
{
    struct chr *port;
    int r;

    if (cfg->serial.kind == SERIAL_PTY) {
        if (b->ptys_added)
            return 0;
        b->ptys_added = true;
        return add_ptys(b);
    }
    r = open_port(b, &cfg->serial, &port);
    return r ? r : add_console(b, &port, 1, false);
}

static int add_rng(struct builder *b, struct device_config *cfg)
{
    struct virtio_params params = device_params(b, "rng");
    struct virtio_device *dev;
    int r = virtio_rng_create(&params, &dev);

    (void)cfg;
    return r ? err_set(b->err, r, "entropy device: %s", strerror(-r)) : plug(b, dev);
}

struct device_class {
    enum device_kind kind;
    int (*add)(struct builder *b, struct device_config *cfg);
};

/* Only Apple's framework serves it; what may not be missing was refused long before. */
static int leave_rosetta_out(struct builder *b, struct device_config *cfg)
{
    log_warn("rosetta: not supported here; left out, as ignore-if-missing says");
    return 0;
}

/* In slot order. */
static const struct device_class classes[] = {
    {DEVICE_BLK, add_disk},
    {DEVICE_SERIAL, add_serial},
    {DEVICE_RNG, add_rng},
    {DEVICE_ROSETTA, leave_rosetta_out},
};

static int add_class(struct builder *b, const struct device_class *class)
{
    struct vm_config *cfg = b->params->cfg;

    for (size_t i = 0; i < cfg->nr_devices; i++) {
        int r = cfg->devices[i].kind == class->kind ? class->add(b, &cfg->devices[i]) : 0;

        if (r)
            return r;
    }
    return 0;
}

int devices_create(const struct devices_params *params, struct devices *d, struct err *err)
{
    struct builder b = {.params = params, .d = d, .err = err};

    for (size_t i = 0; i < ARRAY_LEN(classes); i++) {
        int r = add_class(&b, &classes[i]);

        if (r)
            return r;
    }
    return 0;
}

void devices_destroy(struct devices *d)
{
    while (d->nr > 0)
        virtio_pci_destroy(d->device[--d->nr]);
    *d = (struct devices){.nr = 0};
}

void devices_uart_output(struct devices *d, uint8_t byte)
{
    if (d->console)
        virtio_console_uart_output(d->console, &byte, 1);
}

void devices_reset(struct devices *d)
{
    for (size_t i = 0; i < d->nr; i++)
        virtio_reset(virtio_pci_device(d->device[i]));
}

void devices_quiesce(struct devices *d)
{
    for (size_t i = 0; i < d->nr; i++)
        virtio_quiesce(virtio_pci_device(d->device[i]));
}

void devices_unquiesce(struct devices *d)
{
    for (size_t i = 0; i < d->nr; i++)
        virtio_unquiesce(virtio_pci_device(d->device[i]));
}
