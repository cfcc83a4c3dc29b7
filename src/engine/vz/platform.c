/* SPDX-License-Identifier: Apache-2.0
 *
 * The machine around the boot loader. Linux guests get the framework's generic platform, by default
 * as upstream leaves it; a macOS guest brings the identity that was made at its installation
 * (vfkit-compat.md §6.3). */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/vz/build.h"
#include "engine/vz/foundation.h"
#include "host/file.h"

#define INSTALLED_HINT "name the file that the installation of macOS wrote"
enum { IDENTITY_MAX = 64 << 10 }; /* a property list of a few hundred bytes */

/* The whole of a small file as NSData. */
static int read_data(const char *path, id *ret, struct err *err)
{
    unsigned char bytes[IDENTITY_MAX];
    ssize_t n;
    int fd, rc;

    if (!path || !*path)
        return err_set(err, -EINVAL, "open : no such file or directory");
    rc = file_open(path, O_RDONLY, 0, &fd);
    if (rc < 0)
        return err_set(err, rc, "open %s: %s", path, strerror(-rc));
    n = read(fd, bytes, sizeof(bytes));
    rc = n < 0 ? -errno : 0;
    (void)close(fd);
    if (rc < 0)
        return err_set(err, rc, "read %s: %s", path, strerror(-rc));
    *ret = ns_data(VZ_CLASS(NSData), bytes, (NSUInteger)n);
    return 0;
}

static int hardware_model(const char *path, id *ret, struct err *err)
{
    id data = NULL, model;
    int rc = read_data(path, &data, err);

    if (rc < 0) {
        (void)err_prefix(err, "hardwareModel error");
        return err_hint(err, INSTALLED_HINT);
    }
    model = objc_autorelease(vz_mac_model_init(VZ_ALLOC(VZMacHardwareModel), data));
    if (!model)
        return err_set(err, -EINVAL,
                       "hardwareModel error: %s is not the description of a Mac; take "
                       "the file that the installation wrote",
                       path);
    if (!vz_mac_model_supported(model))
        return err_set(err, -ENOTSUP,
                       "hardwareModel error: this Mac cannot run the guest of %s; install a macOS "
                       "that is as old as the Mac's own, or update the Mac",
                       path);
    *ret = model;
    return 0;
}

static int machine_identifier(const char *path, id *ret, struct err *err)
{
    id data = NULL, identifier;
    int rc = read_data(path, &data, err);

    if (rc < 0) {
        (void)err_prefix(err, "machineIdentifier error");
        return err_hint(err, INSTALLED_HINT);
    }
    identifier = objc_autorelease(vz_mac_identifier_init(VZ_ALLOC(VZMacMachineIdentifier), data));
    if (!identifier)
        return err_set(err, -EINVAL,
                       "machineIdentifier error: %s is not one; take the file that the "
                       "installation wrote",
                       path);
    *ret = identifier;
    return 0;
}

static int auxiliary_storage(const char *path, id *ret, struct err *err)
{
    if (!path || access(path, R_OK | W_OK) < 0) {
        int rc = path ? -errno : -ENOENT;

        (void)err_set(err, rc, "macAuxiliaryStorage error: open %s: %s", path ? path : "",
                      strerror(-rc));
        return err_hint(err, INSTALLED_HINT);
    }
    *ret =
        objc_autorelease(vz_mac_storage_init(VZ_ALLOC(VZMacAuxiliaryStorage), vz_file_url(path)));
    return *ret
               ? 0
               : err_set(err, -EINVAL,
                         "macAuxiliaryStorage error: %s is not a Mac's auxiliary storage; take the "
                         "file that the installation wrote",
                         path);
}

static int mac_platform(struct vz_build *b, struct err *err)
{
    const struct bootloader_config *boot = &b->cfg->bootloader;
    id platform, model = NULL, identifier = NULL, storage = NULL;
    int rc = hardware_model(boot->hardware_model, &model, err);

    if (rc == 0)
        rc = auxiliary_storage(boot->aux_image, &storage, err);
    if (rc == 0)
        rc = machine_identifier(boot->machine_identifier, &identifier, err);
    if (rc < 0)
        return rc;
    platform = vz_new(VZ_CLASS(VZMacPlatformConfiguration));
    vz_mac_set_hardware_model(platform, model);
    vz_mac_set_storage(platform, storage);
    vz_mac_set_identifier(platform, identifier);
    vz_config_set_platform(b->config, platform);
    return 0;
}

int vz_build_platform(struct vz_build *b, struct err *err)
{
    id platform;
    int rc;

    if (b->cfg->bootloader.kind == BOOT_MACOS)
        return mac_platform(b, err);
    if (!b->cfg->nested)
        return 0;
    rc = vz_nested(b->cfg, err);
    if (rc < 0)
        return rc;
    platform = vz_new(VZ_CLASS(VZGenericPlatformConfiguration));
    vz_generic_set_nested(platform, 1);
    vz_config_set_platform(b->config, platform);
    return 0;
}
