/* SPDX-License-Identifier: Apache-2.0 */
#include "config/paths.h"

struct visitor {
    int (*visit)(void *ctx, enum path_use use, const char *path);
    void *ctx;
    int rc;
};

static void visit(struct visitor *v, enum path_use use, const char *path)
{
    if (v->rc == 0 && path && *path)
        v->rc = v->visit(v->ctx, use, path);
}

static void visit_bootloader(struct visitor *v, const struct bootloader_config *b)
{
    visit(v, PATH_READ, b->kernel);
    visit(v, PATH_READ, b->initrd);
    visit(v, PATH_WRITE, b->variable_store);
    visit(v, PATH_READ, b->machine_identifier);
    visit(v, PATH_READ, b->hardware_model);
    visit(v, PATH_WRITE, b->aux_image);
}

static void visit_device(struct visitor *v, const struct device_config *dev)
{
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        visit(v, dev->disk.read_only ? PATH_READ : PATH_WRITE, dev->disk.path);
        break;
    case DEVICE_NET:
        visit(v, PATH_WRITE, dev->net.path);
        break;
    case DEVICE_SERIAL:
        visit(v, PATH_WRITE, dev->serial.log_path);
        break;
    case DEVICE_VSOCK:
        visit(v, PATH_WRITE, dev->vsock.socket_path);
        break;
    case DEVICE_FS:
        visit(v, PATH_SHARED, dev->fs.shared_dir);
        break;
    default:
        break;
    }
}

int vm_config_each_path(const struct vm_config *cfg,
                        int (*fn)(void *ctx, enum path_use use, const char *path), void *ctx)
{
    struct visitor v = {.visit = fn, .ctx = ctx};

    visit_bootloader(&v, &cfg->bootloader);
    for (size_t i = 0; i < cfg->nr_devices; i++)
        visit_device(&v, &cfg->devices[i]);
    for (size_t i = 0; i < cfg->nr_cloud_init; i++)
        visit(&v, PATH_READ, cfg->cloud_init[i]);
    visit(&v, PATH_READ, cfg->ignition_path);
    visit(&v, PATH_READ, cfg->firmware_path);
    visit(&v, PATH_WRITE, cfg->rest.path);
    visit(&v, PATH_WRITE, cfg->pidfile);
    visit(&v, PATH_WRITE, cfg->log_file);
    return v.rc;
}
