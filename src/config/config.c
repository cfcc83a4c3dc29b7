/* SPDX-License-Identifier: Apache-2.0
 *
 * Defaults, growth and disposal of a configuration; its meaning is in the parsers and in the
 * header. */
#include "config/config.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_CPUS = 1, DEFAULT_MEMORY_MIB = 512 };

void vm_config_init(struct vm_config *cfg, enum personality personality)
{
    *cfg = (struct vm_config){
        .personality = personality,
        .log_level = CONFIG_LOG_INFO,
        .on_panic = personality == PERSONALITY_BERTH ? PANIC_EXIT : PANIC_IGNORE,
    };
    if (personality ==
        PERSONALITY_KRUNKIT) { /* both are required on its command line, EFI is built in */
        cfg->bootloader.kind = BOOT_EFI;
        return;
    }
    cfg->cpus = DEFAULT_CPUS;
    cfg->memory_bytes = (uint64_t)DEFAULT_MEMORY_MIB << 20;
}

enum config_log_level config_log_level_of(uint64_t krun_level)
{
    static const enum config_log_level levels[] = {
        CONFIG_LOG_OFF, CONFIG_LOG_ERROR, CONFIG_LOG_WARN, CONFIG_LOG_INFO, CONFIG_LOG_DEBUG,
    };

    return krun_level < ARRAY_LEN(levels) ? levels[krun_level] : CONFIG_LOG_TRACE;
}

void device_config_finish(struct device_config *dev)
{
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        free(dev->disk.path);
        free(dev->disk.type);
        free(dev->disk.device_id);
        break;
    case DEVICE_NBD:
        free(dev->nbd.uri);
        free(dev->nbd.device_id);
        break;
    case DEVICE_NET:
        free(dev->net.path);
        break;
    case DEVICE_SERIAL:
        free(dev->serial.log_path);
        free(dev->serial.pty_name);
        break;
    case DEVICE_VSOCK:
        free(dev->vsock.socket_path);
        break;
    case DEVICE_FS:
        free(dev->fs.shared_dir);
        free(dev->fs.mount_tag);
        break;
    case DEVICE_ROSETTA:
        free(dev->rosetta.mount_tag);
        break;
    case DEVICE_RNG:
    case DEVICE_BALLOON:
    case DEVICE_GPU:
    case DEVICE_INPUT:
        break;
    }
}

static void free_strings(char **strings, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        free(strings[i]);
    free(strings);
}

void bootloader_config_finish(struct bootloader_config *b)
{
    free(b->kernel);
    free(b->initrd);
    free(b->cmdline);
    free(b->variable_store);
    free(b->machine_identifier);
    free(b->hardware_model);
    free(b->aux_image);
    *b = (struct bootloader_config){0};
}

void vm_config_finish(struct vm_config *cfg)
{
    bootloader_config_finish(&cfg->bootloader);
    for (size_t i = 0; i < cfg->nr_devices; i++)
        device_config_finish(&cfg->devices[i]);
    free(cfg->devices);
    free(cfg->rest.host);
    free(cfg->rest.path);
    free(cfg->ignition_path);
    free_strings(cfg->cloud_init, cfg->nr_cloud_init);
    free_strings(cfg->oem_strings, cfg->nr_oem_strings);
    free(cfg->pidfile);
    free(cfg->log_file);
    free(cfg->firmware_path);
    free(cfg->accel_options);
    *cfg = (struct vm_config){0};
}

struct device_config *vm_config_add_device(struct vm_config *cfg, enum device_kind kind)
{
    struct device_config *devices = realloc(cfg->devices, (cfg->nr_devices + 1) * sizeof(*devices));

    if (!devices)
        return NULL;
    cfg->devices = devices;
    devices[cfg->nr_devices] = (struct device_config){.kind = kind};
    return &devices[cfg->nr_devices++];
}

/* The last component of a path, as Go's filepath.Base has it for what a directory can be called. */
static size_t last_component(const char *path, const char **ret)
{
    size_t end = strlen(path), begin;

    while (end > 1 && path[end - 1] == '/')
        end--;
    begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    if (begin == end) /* "/" */
        begin = end - (end > 0);
    *ret = path + begin;
    return end - begin;
}

size_t fs_config_tag(const struct fs_config *fs, const char **ret)
{
    if (!fs->mount_tag || !*fs->mount_tag)
        return last_component(fs->shared_dir, ret);
    *ret = fs->mount_tag;
    return strlen(fs->mount_tag);
}
