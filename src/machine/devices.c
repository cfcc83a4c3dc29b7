/* SPDX-License-Identifier: Apache-2.0
 *
 * From configuration to devices. Slots are taken class by class, and within a class in command-line
 * order: network cards first, because guests name them after their slot, then disks, consoles and
 * the rest. */
#include "machine/devices.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/block/file.h"
#include "host/file.h"
#include "virtio/blk.h"

/* What is being built, and how many of each kind there are so far, for names. */
struct builder {
    const struct devices_params *params;
    struct devices *d;
    struct err *err;
    unsigned nr_disks;
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

static void show_on_stdout(void *ctx, const uint8_t *bytes, size_t len)
{
    (void)!file_write_all(STDOUT_FILENO, bytes, len);
}

static int add_serial(struct builder *b, struct device_config *cfg)
{
    if (b->d->early)
        return 0;
    return early_console_create(b->params->loop, show_on_stdout, NULL, &b->d->early);
}

struct device_class {
    enum device_kind kind;
    int (*add)(struct builder *b, struct device_config *cfg);
};

/* In slot order. */
static const struct device_class classes[] = {
    {DEVICE_BLK, add_disk},
    {DEVICE_SERIAL, add_serial},
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

    d->device = calloc(params->cfg->nr_devices + 1, sizeof(d->device[0]));
    if (!d->device)
        return err_set(err, -ENOMEM, "out of memory");
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
    free(d->device);
    early_console_destroy(d->early);
    *d = (struct devices){.nr = 0};
}

void devices_early_console(struct devices *d, uint8_t byte)
{
    if (d->early)
        early_console_put(d->early, byte);
}

void devices_open_early_console(struct devices *d)
{
    if (d->early)
        early_console_open(d->early);
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
