/* SPDX-License-Identifier: Apache-2.0
 *
 * Open-file-description locks, fallocate(2) and the block layer's ioctls. */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int file_lock(int fd, enum file_lock_kind kind)
{
    struct flock whole = {
        .l_type = kind == FILE_LOCK_EXCLUSIVE ? F_WRLCK : F_RDLCK,
        .l_whence = SEEK_SET,
    };

    if (fcntl(fd, F_OFD_SETLK, &whole) == 0)
        return 0;
    if (errno == EACCES)
        return -EAGAIN;
    return errno == ENOLCK || errno == EINVAL ? -ENOTSUP : -errno;
}

int file_size(int fd, uint64_t *ret)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode)) {
        *ret = (uint64_t)st.st_size;
        return 0;
    }
    if (!S_ISBLK(st.st_mode))
        return -EINVAL;
    return ioctl(fd, BLKGETSIZE64, ret) < 0 ? -errno : 0;
}

int file_block_size(int fd, unsigned *ret)
{
    int bytes = 512;

    if (file_is_block_device(fd) && ioctl(fd, BLKSSZGET, &bytes) < 0)
        return -errno;
    *ret = (unsigned)bytes;
    return 0;
}

int file_sync(int fd, bool full)
{
    (void)full;
    return fdatasync(fd) < 0 ? -errno : 0;
}

static int change_range(int fd, int mode, uint64_t off, uint64_t len)
{
    int rc;

    if (off > INT64_MAX || len > INT64_MAX - off)
        return -EINVAL;
    if (len == 0)
        return 0;
    do
        rc = fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, (off_t)off, (off_t)len);
    while (rc < 0 && errno == EINTR);
    return rc < 0 ? -errno : 0;
}

int file_punch_hole(int fd, uint64_t off, uint64_t len)
{
    return change_range(fd, FALLOC_FL_PUNCH_HOLE, off, len);
}

int file_zero_range(int fd, uint64_t off, uint64_t len)
{
    return change_range(fd, FALLOC_FL_ZERO_RANGE, off, len);
}
