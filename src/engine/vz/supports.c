/* SPDX-License-Identifier: Apache-2.0
 *
 * What the framework can do here: by its classes, its limits, and the version of macOS. Only what
 * berth's own option words ask for beyond vfkit's is unknown to it. */
#include <errno.h>
#include <inttypes.h>

#include "config/support.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"

static int check_sizes(const struct vm_config *cfg, struct err *err)
{
    id class = VZ_CLASS(VZVirtualMachineConfiguration);
    NSUInteger min_cpus = vz_config_min_cpus(class), max_cpus = vz_config_max_cpus(class);
    uint64_t min_mib = vz_config_min_memory(class) >> 20, mib = cfg->memory_bytes >> 20,
             max_mib = vz_config_max_memory(class) >> 20;

    if (cfg->cpus < min_cpus || cfg->cpus > max_cpus)
        return err_set(err, -EINVAL, "--cpus %u is out of range: this Mac allows %lu to %lu",
                       cfg->cpus, min_cpus, max_cpus);
    if (mib < min_mib || mib > max_mib)
        return err_set(err, -EINVAL,
                       "--memory %" PRIu64 " MiB is out of range: this Mac allows %" PRIu64
                       " to %" PRIu64 " MiB",
                       mib, min_mib, max_mib);
    return 0;
}

static int check_device(const struct device_config *dev, struct err *err)
{
    const struct net_config *net = &dev->net;

    if (dev->kind == DEVICE_BLK && dev->disk.format == DISK_QCOW2)
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework has no qcow2 disks; convert %s: qemu-img "
                       "convert -O raw OLD NEW",
                       dev->disk.path);
    if (dev->kind == DEVICE_NET &&
        (net->kind == NET_UNIXSTREAM || (net->kind == NET_FD && net->fd_stream)))
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework has no stream sockets for "
                       "virtio-net; use type=unixgram");
    return 0;
}

static int check_options(const struct vm_config *cfg, struct err *err)
{
    if (cfg->accel_options)
        return err_set(err, -EINVAL, "--accel vz takes no options, but got '%s'",
                       cfg->accel_options);
    if (cfg->nr_oem_strings)
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework takes no --oem-string; leave it "
                       "out, or use --accel auto");
    if (cfg->firmware_path)
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework brings its own firmware; leave "
                       "--firmware-path out");
    if (cfg->on_panic == PANIC_RESET || cfg->on_panic == PANIC_PAUSE)
        return err_set(err, -ENOTSUP,
                       "the Virtualization framework does not tell when a guest's kernel panics; "
                       "leave --on-panic out, and give the kernel panic=SECONDS to start again");
    if (cfg->bootloader.kind == BOOT_MACOS && !VZ_CLASS(VZMacPlatformConfiguration))
        return err_set(err, -ENOTSUP, "running macOS guests is only supported on ARM devices");
    return 0;
}

int vz_supports(const struct vm_config *cfg, struct err *err)
{
    void *pool = objc_autoreleasePoolPush();
    int rc = check_options(cfg, err);

    for (size_t i = 0; i < cfg->nr_devices && rc == 0; i++)
        rc = check_device(&cfg->devices[i], err);
    if (rc == 0)
        rc = check_sizes(cfg, err);
    objc_autoreleasePoolPop(pool);
    return rc;
}

static int nested_here(struct err *err)
{
    (void)err_set(err, -ENOTSUP, SUPPORT_NESTED_SENTENCE);
    if (!macos_has(1500))
        return err_hint(err, "it needs macOS 15 on an M3 or newer: leave out --nested");
    if (!vz_generic_nested_supported(VZ_CLASS(VZGenericPlatformConfiguration)))
        return err_hint(err, "it needs an M3 or newer: leave out --nested");
    *err = (struct err){0};
    return 0;
}

int vz_nested(const struct vm_config *cfg, struct err *err)
{
    void *pool = objc_autoreleasePoolPush();
    int rc = nested_here(err);

    objc_autoreleasePoolPop(pool);
    return rc;
}
