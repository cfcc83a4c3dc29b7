/* SPDX-License-Identifier: Apache-2.0
 *
 * Boot images as files or memory. A file is read, not mapped: one that shrinks while the VM runs is
 * then an error at the next reset, not a SIGBUS, and its pages do not count as ours. */
#include "boot/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

int boot_source_open(struct boot_source *s, const char *what, const char *path, struct err *err)
{
    struct boot_source opened = {.what = what, .path = path, .fd = -1};
    int r = file_open(path, O_RDONLY, 0, &opened.fd);

    if (r == -EACCES)
        return err_set(err, r, "%s '%s' cannot be opened: %s; give yourself the right to read it",
                       what, path, strerror(-r));
    if (r)
        return err_set(err, r, "%s '%s' cannot be opened: %s; check the path", what, path,
                       strerror(-r));
    r = file_size(opened.fd, &opened.len);
    if (r || opened.len == 0) {
        (void)close(opened.fd);
        return err_set(err, -EINVAL, "%s '%s' is %s; check the path", what, path,
                       r ? "not a file" : "empty");
    }
    *s = opened;
    return 0;
}

void boot_source_close(struct boot_source *s)
{
    if (s->path && s->fd >= 0)
        (void)close(s->fd);
    *s = (struct boot_source){.fd = -1};
}

struct boot_source boot_source_memory(const char *what, const void *p, size_t len)
{
    return (struct boot_source){.what = what, .path = "memory", .len = len, .fd = -1, .memory = p};
}

static int read_file(int fd, uint64_t off, uint8_t *dst, size_t len)
{
    while (len > 0) {
        ssize_t n = pread(fd, dst, len, (off_t)off);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            return -ENODATA;
        dst += n;
        off += (uint64_t)n;
        len -= (size_t)n;
    }
    return 0;
}

int boot_source_read(const struct boot_source *s, uint64_t off, void *dst, size_t len)
{
    if (off > s->len || len > s->len - off)
        return -ENODATA;
    if (s->fd >= 0)
        return read_file(s->fd, off, dst, len);
    memcpy(dst, s->memory + off, len);
    return 0;
}

int boot_source_error(const struct boot_source *s, int code, struct err *err)
{
    if (code == -ENODATA)
        return err_set(err, code,
                       "%s '%s' ends too early: the file is truncated; copy or download it again",
                       s->what, s->path);
    return err_set(err, code, "%s '%s' cannot be read: %s", s->what, s->path, strerror(-code));
}
