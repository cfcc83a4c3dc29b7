/* SPDX-License-Identifier: Apache-2.0
 *
 * The part of host/file.h that POSIX covers. */
#include "host/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

int file_open(const char *path, int flags, unsigned mode, int *ret)
{
    int fd;

    do
        fd = open(path, flags | O_CLOEXEC, (mode_t)mode);
    while (fd < 0 && errno == EINTR);
    if (fd < 0)
        return -errno;
    *ret = fd;
    return 0;
}

static int read_all(int fd, char *data, size_t len)
{
    size_t sum = 0;

    while (sum < len) {
        ssize_t n = read(fd, data + sum, len - sum);

        if (n > 0)
            sum += (size_t)n;
        else if (n == 0)
            return -EIO; /* it has become shorter */
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static int load(int fd, size_t max, char **ret, size_t *ret_len)
{
    uint64_t size;
    char *data;
    int rc = file_size(fd, &size);

    if (rc < 0)
        return rc;
    if (size > max)
        return -EFBIG;
    data = malloc(size + 1);
    if (!data)
        return -ENOMEM;
    rc = read_all(fd, data, size);
    if (rc < 0) {
        free(data);
        return rc;
    }
    data[size] = '\0';
    *ret = data;
    *ret_len = size;
    return 0;
}

int file_load(const char *path, size_t max, char **ret, size_t *ret_len)
{
    int fd = -1, rc = file_open(path, O_RDONLY | O_NONBLOCK, 0, &fd);

    if (rc < 0)
        return rc;
    rc = load(fd, max, ret, ret_len);
    (void)close(fd);
    return rc;
}

int file_write_all(int fd, const void *data, size_t len)
{
    const char *p = data;

    while (len) {
        ssize_t n = write(fd, p, len);

        if (n >= 0) {
            p += n;
            len -= (size_t)n;
        } else if (errno == EAGAIN) {
            struct pollfd pfd = {.fd = fd, .events = POLLOUT};

            (void)poll(&pfd, 1, -1);
        } else if (errno != EINTR) {
            return -errno;
        }
    }
    return 0;
}

int file_set_nonblock(int fd, bool on)
{
    int flags = fcntl(fd, F_GETFL);

    if (flags < 0)
        return -errno;
    flags = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return fcntl(fd, F_SETFL, flags) < 0 ? -errno : 0;
}

bool file_is_block_device(int fd)
{
    struct stat st;

    return fstat(fd, &st) == 0 && S_ISBLK(st.st_mode);
}
