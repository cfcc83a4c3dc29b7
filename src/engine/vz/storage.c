/* SPDX-License-Identifier: Apache-2.0
 *
 * Disks: vfkit-compat.md §7.1 and §7.2. One storage list for all of them, in command-line order.
 * Caching and synchronization are upstream's: the host's page cache, fsync at a guest's flush. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"
#include "host/file.h"

enum {
    CACHING_CACHED = 2,   /* VZDiskImageCachingModeCached */
    IMAGE_SYNC_FSYNC = 2, /* VZDiskImageSynchronizationModeFsync */
    DISK_SYNC_FULL = 0,   /* VZDiskSynchronizationModeFull */
    DISK_SYNC_NONE = 1,
};

/* Clients attach ISO images without saying readonly. */
static bool must_be_read_only(const struct disk_config *disk)
{
    if (disk->read_only || access(disk->path, W_OK) == 0)
        return disk->read_only;
    if (errno != EACCES && errno != EROFS && errno != EPERM)
        return false;
    log_warn("disk %s: cannot be written, so it is attached read-only", disk->path);
    return true;
}

static int image_attachment(const struct disk_config *disk, id *ret, struct err *err)
{
    id error = NULL;

    *ret = objc_autorelease(vz_image_init(
        VZ_ALLOC(VZDiskImageStorageDeviceAttachment), vz_file_url(disk->path),
        (objc_bool)must_be_read_only(disk), CACHING_CACHED, IMAGE_SYNC_FSYNC, &error));
    return *ret ? 0 : vz_error(err, error, "disk '%s'", disk->path);
}

static int device_attachment(const struct disk_config *disk, id *ret, struct err *err)
{
    id error = NULL;
    int fd, rc = macos_require(1400, "a block device as a disk (type=dev)",
                               "attach a disk image, or update macOS", err);

    if (rc < 0)
        return rc;
    rc = file_open(disk->path, disk->read_only ? O_RDONLY : O_RDWR, 0, &fd);
    if (rc < 0)
        return err_set(err, rc, "error opening file: open %s: %s", disk->path, strerror(-rc));
    *ret = objc_autorelease(vz_block_device_init(VZ_ALLOC(VZDiskBlockDeviceStorageDeviceAttachment),
                                                 vz_file_handle(fd), (objc_bool)disk->read_only,
                                                 DISK_SYNC_FULL, &error));
    return *ret ? 0 : vz_error(err, error, "error creating disk attachment: '%s'", disk->path);
}

static int attach(const struct disk_config *disk, id *ret, struct err *err)
{
    bool is_device = disk->type && !strcmp(disk->type, "dev");

    return is_device ? device_attachment(disk, ret, err) : image_attachment(disk, ret, err);
}

static int set_identifier(id blk, const char *text, struct err *err)
{
    id identifier = vz_string(text), error = NULL;

    if (!vz_blk_validate_identifier(VZ_CLASS(VZVirtioBlockDeviceConfiguration), identifier, &error))
        return vz_error(err, error, "deviceId '%s' (at most 20 ASCII characters)", text);
    vz_blk_set_identifier(blk, identifier);
    return 0;
}

static int make_disk(enum device_kind kind, id attachment, id *ret, struct err *err)
{
    int rc = 0;

    switch (kind) {
    case DEVICE_NVME:
        rc = macos_require(1400, "--device nvme",
                           "attach the image with --device virtio-blk, or update macOS", err);
        if (rc == 0)
            *ret = vz_nvme_init(VZ_ALLOC(VZNVMExpressControllerDeviceConfiguration), attachment);
        break;
    case DEVICE_USB_MASS_STORAGE:
        *ret = vz_usb_storage_init(VZ_ALLOC(VZUSBMassStorageDeviceConfiguration), attachment);
        break;
    default:
        *ret = vz_blk_init(VZ_ALLOC(VZVirtioBlockDeviceConfiguration), attachment);
        break;
    }
    if (rc == 0)
        (void)objc_autorelease(*ret);
    return rc;
}

int vz_add_disk(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    id attachment = NULL, disk = NULL;
    int rc = attach(&dev->disk, &attachment, err);

    if (rc == 0)
        rc = make_disk(dev->kind, attachment, &disk, err);
    if (rc == 0 && dev->kind == DEVICE_BLK && dev->disk.device_id && *dev->disk.device_id)
        rc = set_identifier(disk, dev->disk.device_id, err);
    if (rc == 0)
        ns_array_add(b->storage, disk);
    return rc;
}

/* --- NBD --- */

static void on_connected(id self, SEL cmd, id attachment)
{
    log_info("nbd disk: connected");
}

/* The framework connects again by itself. */
static void on_error(id self, SEL cmd, id attachment, id error)
{
    void *pool = objc_autoreleasePoolPush();
    struct err err = {0};

    (void)vz_error(&err, error, "nbd disk");
    log_warn("%s", err.text);
    objc_autoreleasePoolPop(pool);
}

static const struct objc_method nbd_methods[] = {
    {"attachmentWasConnected:", (void (*)(void))on_connected, "v@:@"},
    {"attachment:didEncounterError:", (void (*)(void))on_error, "v@:@@"},
};
static const struct objc_class_spec nbd_delegate = {
    .name = "BerthNBDDelegate",
    .protocol = "VZNetworkBlockDeviceStorageDeviceAttachmentDelegate",
    .methods = nbd_methods,
    .nr_methods = ARRAY_LEN(nbd_methods),
};

/* The framework refers to its delegate weakly: ours lives as long as the VM. */
static int watch_nbd(struct vz_build *b, id attachment, struct err *err)
{
    id delegate = objc_delegate_create(&nbd_delegate, NULL);

    if (!delegate || vz_leave_object(b->left, delegate) < 0)
        return err_set(err, -ENOMEM, "out of memory");
    vz_nbd_set_delegate(attachment, delegate);
    return 0;
}

int vz_add_nbd(struct vz_build *b, const struct device_config *dev, struct err *err)
{
    const struct nbd_config *nbd = &dev->nbd;
    id url = ns_url(VZ_CLASS(NSURL), vz_string(nbd->uri)), attachment, disk, error = NULL;
    int rc = macos_require(1400, "--device nbd",
                           "use a local image with --device virtio-blk, or update macOS", err);

    if (rc < 0)
        return rc;
    if (!url)
        return err_set(err, -EINVAL, "nbd disk '%s': this is no URL; write a blank as %%20",
                       nbd->uri);
    attachment = objc_autorelease(vz_nbd_init(
        VZ_ALLOC(VZNetworkBlockDeviceStorageDeviceAttachment), url, nbd->timeout_ms / 1000.0,
        (objc_bool)nbd->read_only, nbd->sync_full ? DISK_SYNC_FULL : DISK_SYNC_NONE, &error));
    if (!attachment)
        return vz_error(err, error, "nbd disk '%s'", nbd->uri);
    rc = watch_nbd(b, attachment, err);
    if (rc < 0)
        return rc;
    disk = objc_autorelease(vz_blk_init(VZ_ALLOC(VZVirtioBlockDeviceConfiguration), attachment));
    rc = set_identifier(disk, nbd->device_id, err);
    if (rc == 0)
        ns_array_add(b->storage, disk);
    return rc;
}
