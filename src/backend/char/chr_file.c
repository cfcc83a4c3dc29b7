/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-serial,logFilePath=…: output to a file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "backend/char/chr_impl.h"
#include "host/file.h"

static const struct chr_kind file_kind = {
    .name = "file", .backlog = CHR_FILE_BACKLOG, .retry = true};

int chr_file_create(struct loop *loop, const char *path, struct chr **ret, struct err *err)
{
    const int flags = O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK;
    int fd, rc;

    rc = file_open(path, flags | O_WRONLY, 0644, &fd);
    if (rc == -ENXIO) /* a FIFO that nobody reads yet: being a reader too makes it open and keeps it
                         open */
        rc = file_open(path, flags | O_RDWR, 0644, &fd);
    if (rc < 0)
        return err_set(err, rc, "serial log '%s': %s; check the directory and its permissions",
                       path, strerror(-rc));
    rc = chr_create(loop, &file_kind, path, -1, fd, ret);
    return rc < 0 ? err_set(err, rc, "serial log '%s': %s", path, strerror(-rc)) : 0;
}
