/* SPDX-License-Identifier: Apache-2.0
 *
 * A feature that is missing refuses to start: a VM without the disk or the network it was given is
 * worse than none. */
#include "config/support.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "config/devices.h"

struct missing {
    const char *what;   /* "EFI boot (--bootloader efi)" */
    const char *remedy; /* what to do instead */
    bool (*wanted)(const struct vm_config *cfg);
    const char *contract; /* vfkit's own sentence for it, where it has one */
};

static bool has_device(const struct vm_config *cfg, enum device_kind kind)
{
    for (size_t i = 0; i < cfg->nr_devices; i++)
        if (cfg->devices[i].kind == kind)
            return true;
    return false;
}

/* Under krunkit some devices and options are accepted without effect, by contract (vfkit-compat.md
 * §16). */
static bool is_krunkit(const struct vm_config *cfg)
{
    return cfg->personality == PERSONALITY_KRUNKIT;
}

static bool wants_efi(const struct vm_config *cfg)
{
    return cfg->bootloader.kind == BOOT_EFI;
}

static bool wants_macos(const struct vm_config *cfg)
{
    return cfg->bootloader.kind == BOOT_MACOS;
}

static bool wants_nvme(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_NVME);
}

static bool wants_usb(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_USB_MASS_STORAGE);
}

static bool wants_nbd(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_NBD);
}

static bool wants_net(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_NET);
}

static bool wants_vsock(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_VSOCK);
}

static bool wants_fs(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_FS);
}

/* A share that may be missing is left out. */
static bool wants_rosetta(const struct vm_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_devices; i++)
        if (cfg->devices[i].kind == DEVICE_ROSETTA && !cfg->devices[i].rosetta.ignore_if_missing)
            return true;
    return false;
}

static bool wants_balloon(const struct vm_config *cfg)
{
    return has_device(cfg, DEVICE_BALLOON);
}

static bool wants_gpu(const struct vm_config *cfg)
{
    return !is_krunkit(cfg) && has_device(cfg, DEVICE_GPU);
}

static bool wants_input(const struct vm_config *cfg)
{
    return !is_krunkit(cfg) && has_device(cfg, DEVICE_INPUT);
}

static bool wants_qcow2(const struct vm_config *cfg)
{
    for (size_t i = 0; i < cfg->nr_devices; i++)
        if (cfg->devices[i].kind == DEVICE_BLK && cfg->devices[i].disk.format == DISK_QCOW2)
            return true;
    return false;
}

static bool wants_nested(const struct vm_config *cfg)
{
    return cfg->nested && !is_krunkit(cfg);
}

static bool wants_timesync(const struct vm_config *cfg)
{
    return cfg->timesync_port;
}

static bool wants_ignition(const struct vm_config *cfg)
{
    return cfg->ignition_path;
}

static bool wants_oem_strings(const struct vm_config *cfg)
{
    return cfg->nr_oem_strings;
}

static const struct missing missing[] = {
    {"EFI boot (--bootloader efi)",
     "boot a kernel, as berth or vfkit, with --bootloader linux,kernel=PATH,…", wants_efi, NULL},
    {"macOS guests (--bootloader macos)", "boot a Linux kernel", wants_macos, NULL},
    {"nvme disks", "attach the image with --device virtio-blk,path=…", wants_nvme, NULL},
    {"usb-mass-storage disks", "attach the image with --device virtio-blk,path=…", wants_usb, NULL},
    {"nbd disks", "use a local image with --device virtio-blk,path=…", wants_nbd, NULL},
    {"qcow2 disks", "convert the image: qemu-img convert -O raw OLD NEW", wants_qcow2, NULL},
    {"virtio-net", "leave the device out", wants_net, NULL},
    {"virtio-vsock", "leave the device out", wants_vsock, NULL},
    {"virtio-fs", "copy the files onto a disk", wants_fs, NULL},
    {"rosetta", "leave the device out, or add ignore-if-missing to it", wants_rosetta,
     "rosetta is not supported"},
    {"virtio-balloon", "leave the device out", wants_balloon, NULL},
    {"virtio-gpu and --gui", "use --device virtio-serial,stdio as the console", wants_gpu, NULL},
    {"virtio-input", "use --device virtio-serial,stdio as the console", wants_input, NULL},
    {"nested virtualization (--nested)", "leave the option out", wants_nested,
     SUPPORT_NESTED_SENTENCE},
    {"--timesync",
     "leave the option out; when the host has slept, hwclock --hctosys in the guest sets its clock",
     wants_timesync, NULL},
    {"--ignition", "leave the option out", wants_ignition, NULL},
    {"--oem-string", "leave the option out", wants_oem_strings, NULL},
};

static int refuse(const struct missing *m, const struct vm_config *cfg, struct err *err)
{
    if (!m->contract || cfg->personality == PERSONALITY_BERTH)
        return err_set(err, -ENOTSUP, "this version of berth does not have %s yet: %s", m->what,
                       m->remedy);
    (void)err_set(err, -ENOTSUP, "%s", m->contract);
    return err_hint(err, "%s", m->remedy);
}

static int check_sizes(const struct vm_config *cfg, struct err *err)
{
    if (!cfg->cpus || cfg->cpus > SUPPORT_CPUS_MAX)
        return err_set(err, -EINVAL, "--cpus %u is out of range: 1 to %d", cfg->cpus,
                       SUPPORT_CPUS_MAX);
    if (cfg->memory_bytes >> 20 < SUPPORT_MEMORY_MIN_MIB ||
        cfg->memory_bytes >> 20 > SUPPORT_MEMORY_MAX_MIB)
        return err_set(err, -EINVAL, "--memory %llu MiB is out of range: %d to %d MiB",
                       (unsigned long long)(cfg->memory_bytes >> 20), SUPPORT_MEMORY_MIN_MIB,
                       SUPPORT_MEMORY_MAX_MIB);
    return 0;
}

int support_check(const struct vm_config *cfg, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        if (missing[i].wanted(cfg))
            return refuse(&missing[i], cfg, err);
    return check_sizes(cfg, err);
}

void support_print(FILE *out)
{
    (void)fputs("  the native engine lacks:\n", out);
    for (size_t i = 0; i < ARRAY_LEN(missing); i++)
        (void)fprintf(out, "    %s\n", missing[i].what);
}
