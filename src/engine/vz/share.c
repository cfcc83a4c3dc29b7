/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared folders and Rosetta: vfkit-compat.md §7.6 and §7.7; the flow of an installation is that of
 * Apple's VZLinuxRosettaDirectoryShare. */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"

/* VZLinuxRosettaAvailability */
enum { ROSETTA_NOT_SUPPORTED, ROSETTA_NOT_INSTALLED, ROSETTA_INSTALLED };

/* Whether a tag of FS_TAG_MAX bytes is valid is the framework's to say: its documents and its
 * behaviour differ there. */
static int add_share(struct vz_build *b, const char *tag, id share, struct err *err)
{
    id device, error = NULL, name = vz_string(tag);

    if (!vz_fs_validate_tag(VZ_CLASS(VZVirtioFileSystemDeviceConfiguration), name, &error))
        return vz_error(err, error, "mountTag '%s' (%zu bytes, where 1 to %d are sure to do)", tag,
                        strlen(tag), FS_TAG_MAX - 1);
    device = objc_autorelease(vz_fs_init(VZ_ALLOC(VZVirtioFileSystemDeviceConfiguration), name));
    vz_fs_set_share(device, share);
    ns_array_add(b->shares, device);
    return 0;
}

int vz_add_fs(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    const struct fs_config *fs = &dev->fs;
    char tag[FS_TAG_MAX + 1];
    const char *name;
    size_t len = fs_config_tag(fs, &name); /* checked with the command line */
    id dir = objc_autorelease(
        vz_shared_dir_init(VZ_ALLOC(VZSharedDirectory), vz_file_url(fs->shared_dir), 0));
    id share = objc_autorelease(vz_single_share_init(VZ_ALLOC(VZSingleDirectoryShare), dir));

    (void)snprintf(tag, sizeof(tag), "%.*s", (int)len, name);
    return add_share(b, tag, share, err);
}

/* --- Rosetta --- */

/* The installation while it runs: the framework asks the user, on a thread of its own. */
struct installation {
    pthread_mutex_t lock;
    pthread_cond_t done_cond;
    bool done;      /* under the lock, with the rest */
    struct err err; /* code 0: installed */
};

static void on_installed(struct objc_block *block, id error)
{
    struct installation *i = block->ctx;
    void *pool = objc_autoreleasePoolPush();

    (void)pthread_mutex_lock(&i->lock);
    if (error)
        (void)vz_error(&i->err, error, "failed to install rosetta");
    i->done = true;
    (void)pthread_cond_signal(&i->done_cond);
    (void)pthread_mutex_unlock(&i->lock);
    objc_autoreleasePoolPop(pool);
}

static int install_rosetta(id class, struct err *err)
{
    struct installation i = {.lock = PTHREAD_MUTEX_INITIALIZER,
                             .done_cond = PTHREAD_COND_INITIALIZER};
    struct objc_block block = objc_block_1(on_installed, &i);

    log_info("rosetta: asking macOS to install it; answer its dialog");
    vz_rosetta_install(class, &block);
    (void)pthread_mutex_lock(&i.lock);
    while (!i.done)
        (void)pthread_cond_wait(&i.done_cond, &i.lock);
    (void)pthread_mutex_unlock(&i.lock);
    if (i.err.code == 0)
        return 0;
    *err = i.err;
    return err->code;
}

static int make_available(id class, bool install, struct err *err)
{
    switch (vz_rosetta_availability(class)) {
    case ROSETTA_INSTALLED:
        return 0;
    case ROSETTA_NOT_INSTALLED:
        if (install)
            return install_rosetta(class, err);
        (void)err_set(err, -ENOENT, "rosetta is not installed");
        return err_hint(err, "add install to --device rosetta, or run softwareupdate "
                             "--install-rosetta");
    default:
        (void)err_set(err, -ENOTSUP, "rosetta is not supported");
        return err_hint(err, "leave the device out, or add ignore-if-missing to it");
    }
}

static int rosetta_share(const struct rosetta_config *rosetta, id *ret, struct err *err)
{
    id class = VZ_CLASS(VZLinuxRosettaDirectoryShare), error = NULL;
    int rc;

    if (!class) /* Intel's half of the framework has no such class */
        return err_set(err, -ENOTSUP, "rosetta is unsupported on non-arm64 platforms");
    rc = make_available(class, rosetta->install, err);
    if (rc < 0)
        return rc;
    *ret = objc_autorelease(vz_rosetta_init(ns_alloc(class), &error));
    return *ret ? 0 : vz_error(err, error, "rosetta");
}

int vz_add_rosetta(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    const struct rosetta_config *rosetta = &dev->rosetta;
    id share = NULL;
    int rc = rosetta_share(rosetta, &share, err);

    if (rc < 0 && rosetta->ignore_if_missing) {
        log_warn("%s; left out, as ignore-if-missing says", err->text);
        *err = (struct err){0};
        return 0;
    }
    return rc < 0 ? rc : add_share(b, rosetta->mount_tag, share, err);
}
