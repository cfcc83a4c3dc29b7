/* SPDX-License-Identifier: Apache-2.0
 *
 * flock(2), F_FULLFSYNC, F_BARRIERFSYNC and F_PUNCHHOLE; disks' sizes through <sys/disk.h>. */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/disk.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

int file_lock(int fd, enum file_lock_kind kind)
{
    if (flock(fd, (kind == FILE_LOCK_EXCLUSIVE ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
        return 0;
    if (errno == EWOULDBLOCK)
        return -EAGAIN;
    return errno == EOPNOTSUPP || errno == EINVAL ? -ENOTSUP : -errno;
}

int file_size(int fd, uint64_t *ret)
{
    struct stat st;
    uint64_t blocks;
    uint32_t bytes;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (S_ISREG(st.st_mode)) {
        *ret = (uint64_t)st.st_size;
        return 0;
    }
    if (!S_ISBLK(st.st_mode) && !S_ISCHR(st.st_mode))
        return -EINVAL;
    if (ioctl(fd, DKIOCGETBLOCKCOUNT, &blocks) < 0 || ioctl(fd, DKIOCGETBLOCKSIZE, &bytes) < 0)
        return -EINVAL;
    *ret = blocks * bytes;
    return 0;
}

int file_block_size(int fd, unsigned *ret)
{
    uint32_t bytes = 512;

    if (file_is_block_device(fd) && ioctl(fd, DKIOCGETBLOCKSIZE, &bytes) < 0)
        return -errno;
    *ret = bytes;
    return 0;
}

int file_sync(int fd, bool full)
{
    /* A barrier is fsync that also keeps the drive from writing what follows first: what a guest's
     * file system needs to be whole after a power cut, at a fraction of the price. */
    if (fcntl(fd, full ? F_FULLFSYNC : F_BARRIERFSYNC) == 0)
        return 0;
    /* Some file systems have neither; fsync is all that they offer. */
    return fsync(fd) < 0 ? -errno : 0;
}

int file_punch_hole(int fd, uint64_t off, uint64_t len)
{
    struct fpunchhole hole = {.fp_offset = (off_t)off, .fp_length = (off_t)len};

    if (off > INT64_MAX || len > INT64_MAX - off)
        return -EINVAL;
    if (len == 0)
        return 0;
    if (fcntl(fd, F_PUNCHHOLE, &hole) == 0)
        return 0;
    /* Also the answer to a range that is no multiple of the file system's block. */
    return errno == EINVAL ? -ENOTSUP : -errno;
}

int file_zero_range(int fd, uint64_t off, uint64_t len)
{
    return file_punch_hole(fd, off, len);
}
