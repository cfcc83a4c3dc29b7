/* SPDX-License-Identifier: Apache-2.0
 *
 * Boot loaders: vfkit-compat.md §6. The framework hangs on a kernel that is not a plain arm64
 * Image, so the forms that distributions ship are unpacked first, into a file that lives as long as
 * the VM: a guest's reset reads it again. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "boot/kernel_file.h"
#include "boot/kernel_stream.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"
#include "host/file.h"

enum { EFI_STORE_ALLOW_OVERWRITE = 1 }; /* VZEFIVariableStoreInitializationOptionAllowOverwrite */

/* --- linux --- */

/* Whether `path` holds an arm64 Image inside something else. What is no arm64 kernel at all (an
 * Intel Mac's) is the framework's to judge. */
static int needs_unpacking(const char *path, bool *ret, struct err *err)
{
    struct boot_source src;
    struct kernel_file file;
    int rc = boot_source_open(&src, "kernel", path, err);

    if (rc < 0)
        return rc;
    rc = kernel_file_identify(&src, &file, err);
    *ret = rc == 0 && (file.elf || file.packing != UNPACK_NONE);
    boot_source_close(&src);
    return VZ_CLASS(VZMacPlatformConfiguration) ? rc : 0;
}

/* A new empty file in the temporary directory, to be removed with the VM. *ret_path: owned by
 * `left`. */
static int make_file(struct vz_leftovers *left, int *ret_fd, const char **ret_path)
{
    const char *dir = getenv("TMPDIR");
    char *path;
    int fd;

    if (asprintf(&path, "%s/berth-kernel-XXXXXX", dir && *dir ? dir : "/tmp") < 0)
        return -ENOMEM;
    fd = mkstemp(path);
    if (fd < 0) {
        int rc = -errno;

        free(path);
        return rc;
    }
    *ret_fd = fd;
    *ret_path = path;
    return vz_leave_path(left, path);
}

static int unpack(struct vz_build *b, const char *path, const char **ret, struct err *err)
{
    const char *copy = NULL;
    int fd = -1, rc = make_file(b->left, &fd, &copy);

    if (rc < 0)
        return err_set(
            err, rc,
            "kernel '%s': no temporary file to unpack it into: %s; set TMPDIR to a folder that "
            "has room for it",
            path, strerror(-rc));
    rc = kernel_stream_copy(path, fd, err);
    (void)close(fd);
    if (rc < 0)
        return rc;
    log_info("kernel %s: unpacked for the Virtualization framework, which takes plain Images only",
             path);
    *ret = copy;
    return 0;
}

static int linux_loader(struct vz_build *b, id *ret, struct err *err)
{
    const struct bootloader_config *boot = &b->cfg->bootloader;
    const char *kernel = boot->kernel;
    bool packed = false;
    int rc = needs_unpacking(kernel, &packed, err);
    id loader;

    if (rc == 0 && packed)
        rc = unpack(b, boot->kernel, &kernel, err);
    if (rc < 0)
        return rc;
    loader = objc_autorelease(vz_linux_init(VZ_ALLOC(VZLinuxBootLoader), vz_file_url(kernel)));
    vz_linux_set_command_line(loader, vz_string(boot->cmdline));
    if (boot->initrd)
        vz_linux_set_initrd(loader, vz_file_url(boot->initrd));
    *ret = loader;
    return 0;
}

/* --- EFI --- */

static int variable_store(const struct bootloader_config *boot, id *ret, struct err *err)
{
    id url = vz_file_url(boot->variable_store), error = NULL, store;

    if (boot->create_variable_store) {
        store = objc_autorelease(vz_efi_store_init_creating(VZ_ALLOC(VZEFIVariableStore), url,
                                                            EFI_STORE_ALLOW_OVERWRITE, &error));
        if (!store)
            return vz_error(err, error, "EFI variable store '%s' cannot be created",
                            boot->variable_store);
    } else {
        if (access(boot->variable_store, R_OK) < 0) {
            int rc = -errno;

            return err_set(err, rc, "stat %s: %s; add ,create to make a new variable store",
                           boot->variable_store, strerror(-rc));
        }
        store = objc_autorelease(vz_efi_store_init(VZ_ALLOC(VZEFIVariableStore), url));
    }
    *ret = store;
    return 0;
}

static int efi_loader(struct vz_build *b, id *ret, struct err *err)
{
    id store = NULL, loader;
    int rc;

    if (!b->cfg->bootloader.variable_store) {
        (void)err_set(err, -EINVAL, "stat : no such file or directory");
        return err_hint(err, "name a variable store: --bootloader efi,variable-store=PATH,create");
    }
    rc = variable_store(&b->cfg->bootloader, &store, err);
    if (rc < 0)
        return rc;
    loader = vz_new(VZ_CLASS(VZEFIBootLoader));
    vz_efi_set_variable_store(loader, store);
    *ret = loader;
    return 0;
}

int vz_build_boot_loader(struct vz_build *b, struct err *err)
{
    id loader = NULL;
    int rc = 0;

    switch (b->cfg->bootloader.kind) {
    case BOOT_LINUX:
        rc = linux_loader(b, &loader, err);
        break;
    case BOOT_EFI:
        rc = efi_loader(b, &loader, err);
        break;
    case BOOT_MACOS:
        loader = vz_new(VZ_CLASS(VZMacOSBootLoader));
        break;
    case BOOT_NONE:
        rc = err_set(err, -EINVAL, "no boot loader: add --bootloader efi,… or linux,…");
        break;
    }
    if (rc == 0)
        vz_config_set_boot_loader(b->config, loader);
    return rc;
}
