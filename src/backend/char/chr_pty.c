/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-serial,pty: a pseudo-terminal whose both ends stay open for the life of the port, so that
 * a reader may come and go. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/char/chr_impl.h"
#include "backend/char/pty.h"
#include "host/file.h"

static const struct chr_kind pty_kind = {
    .name = "pty", .backlog = CHR_PTY_BACKLOG, .drop_oldest = true};

int chr_pty_create(struct loop *loop, struct chr **ret, struct err *err)
{
    struct pty pty;
    struct chr *c = NULL;
    int rc = pty_open(&pty, err);

    if (rc < 0)
        return rc;
    rc = file_set_nonblock(pty.master, true);
    if (rc < 0)
        (void)close(pty.master);
    else
        rc = chr_create(loop, &pty_kind, pty.name, fcntl(pty.master, F_DUPFD_CLOEXEC, 0),
                        pty.master, &c);
    if (rc < 0) {
        (void)close(pty.slave);
        free(pty.name);
        return err_set(err, rc, "serial port: no pseudo-terminal: %s", strerror(-rc));
    }
    c->pty_name = pty.name;
    c->keep_fd = pty.slave;
    *ret = c;
    return 0;
}
