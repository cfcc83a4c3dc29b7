/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit's checks of files. Operating-system errors are worded as Go words them ("open /x: no such
 * file or directory"), because clients' logs and tests know them so. */
#include "cli/validate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"

/* qcow2 specification: "magic" is QFI\xfb. */
static const unsigned char qcow2_magic[4] = {'Q', 'F', 'I', 0xfb};

/* Opens without waiting: a FIFO or a tty must not hang us. */
static int open_quickly(const char *path, int *ret)
{
    return file_open(path, O_RDONLY | O_NONBLOCK, 0, ret);
}

/* The first bytes of `path`. Returns how many there are, or -errno with vfkit's sentence. */
static ssize_t read_header(const char *path, unsigned char *header, size_t len, struct err *err)
{
    int fd, r = open_quickly(path, &fd);
    ssize_t n;

    if (r) {
        (void)err_set_go(err, r, "open", path);
        return err_prefix(err, "failed to open file %s", path);
    }
    n = pread(fd, header, len, 0);
    r = n < 0 ? err_set_go(err, -errno, "read", path) : 0;
    (void)close(fd);
    return r ? err_prefix(err, "failed to read the header of file %s", path) : n;
}

int validate_disk_header(const struct disk_config *disk, enum personality p, struct err *err)
{
    const char *path = disk->path ? disk->path : "";
    unsigned char header[sizeof(qcow2_magic)] = {0};
    ssize_t n = read_header(path, header, sizeof(header), err);

    if (n < 0)
        return (int)n;
    if (n == 0) {
        (void)err_set(err, -EINVAL, "failed to read the header of file %s: EOF", path);
        return err_hint(err, "the image is empty: give it a size, for example with truncate -s 8G");
    }
    if (disk->format != DISK_RAW || memcmp(header, qcow2_magic, sizeof(header)) != 0)
        return 0;
    if (p == PERSONALITY_VFKIT)
        (void)err_set(err, -EINVAL, "vfkit does not support qcow2 image format");
    else
        (void)err_set(err, -EINVAL, "disk %s is a qcow2 image, not a raw one", path);
    return err_hint(err, "convert it: qemu-img convert -O raw %s NEW", path);
}

/* `what`: "invalid linux kernel path" and its like. */
static int check_readable(const char *path, const char *what, struct err *err)
{
    int fd, r;
    struct stat st;

    if (!path)
        return err_set(err, -EINVAL, "%s: stat : no such file or directory", what);
    if (stat(path, &st)) {
        (void)err_set_go(err, -errno, "stat", path);
        return err_prefix(err, "%s", what);
    }
    if (S_ISDIR(st.st_mode))
        return err_set(err, -EISDIR, "%s: %s is a directory", what, path);
    r = open_quickly(path, &fd);
    if (r) {
        (void)err_set_go(err, r, "open", path);
        return err_prefix(err, "%s", what);
    }
    (void)close(fd);
    return 0;
}

int validate_bootloader(const struct bootloader_config *boot, enum personality p, struct err *err)
{
    int r;

    if (boot->kind != BOOT_LINUX)
        return 0;
    r = check_readable(boot->kernel, "invalid linux kernel path", err);
    if (r || (p == PERSONALITY_BERTH && !boot->initrd)) /* vfkit cannot do without one */
        return r;
    return check_readable(boot->initrd, "invalid initial RAM disk path", err);
}

/* §7.1: a symbolic link to a block device is refused, so lstat. */
static int validate_block_device(const char *path, struct err *err)
{
    struct stat st;

    if (lstat(path, &st)) {
        (void)err_set_go(err, -errno, "lstat", path);
        return err_prefix(err, "error stating file");
    }
    if (!S_ISBLK(st.st_mode))
        return err_set(err, -ENOTBLK, "file %s is not a block device", path);
    return 0;
}

static int validate_shared_dir(const char *path, struct err *err)
{
    struct stat st;

    if (stat(path, &st))
        return err_set_go(err, -errno, "stat", path);
    if (!S_ISDIR(st.st_mode))
        return err_set(err, -ENOTDIR, "shared directory %s is not a directory", path);
    return 0;
}

static int validate_device(const struct device_config *dev, struct err *err)
{
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        if (dev->disk.type && !strcmp(dev->disk.type, "dev"))
            return validate_block_device(dev->disk.path, err);
        return 0;
    case DEVICE_FS:
        return validate_shared_dir(dev->fs.shared_dir, err);
    default:
        return 0;
    }
}

int validate_devices(const struct vm_config *cfg, struct err *err)
{
    int r = 0;

    for (size_t i = 0; i < cfg->nr_devices && !r; i++)
        r = validate_device(&cfg->devices[i], err);
    return r;
}
