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

static int add_share(struct vz_build *b, const char *tag, id share, struct err *err)
{
    id device, error = NULL, name = vz_string(tag);

    if (!vz_fs_validate_tag(VZ_CLASS(VZVirtioFileSystemDeviceConfiguration), name, &error))
        return vz_error(err, error, "mountTag '%s' (1 to 36 bytes)", tag);
    device = objc_autorelease(vz_fs_init(VZ_ALLOC(VZVirtioFileSystemDeviceConfiguration), name));
    vz_fs_set_share(device, share);
    ns_array_add(b->shares, device);
    return 0;
}

/* The last component of a path, as Go's filepath.Base has it for what a directory can be called. */
static id last_component(const char *path)
{
    char name[256];
    size_t end = strlen(path), begin;

    while (end > 1 && path[end - 1] == '/')
        end--;
    begin = end;
    while (begin > 0 && path[begin - 1] != '/')
        begin--;
    if (begin == end) /* "/" */
        begin = end - (end > 0);
    (void)snprintf(name, sizeof(name), "%.*s", (int)(end - begin), path + begin);
    return vz_string(name);
}

int vz_add_fs(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    const struct fs_config *fs = &dev->fs;
    bool tagged = fs->mount_tag && *fs->mount_tag;
    id dir = objc_autorelease(
        vz_shared_dir_init(VZ_ALLOC(VZSharedDirectory), vz_file_url(fs->shared_dir), 0));
    id share = objc_autorelease(vz_single_share_init(VZ_ALLOC(VZSingleDirectoryShare), dir));
    id tag = tagged ? vz_string(fs->mount_tag) : last_component(fs->shared_dir);

    return add_share(b, ns_string_utf8(tag), share, err);
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
