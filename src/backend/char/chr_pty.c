/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-serial,pty: a pseudo-terminal whose both ends stay open for the life of the port, so that
 * a reader may come and go. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "backend/char/chr_impl.h"
#include "host/file.h"

static const struct chr_kind pty_kind = {
    .name = "pty", .backlog = CHR_PTY_BACKLOG, .drop_oldest = true};

/* vfkit's settings: bytes pass as they are typed, and nothing is echoed. */
static int set_up_terminal(int fd)
{
    struct termios t;

    if (tcgetattr(fd, &t) < 0)
        return -errno;
    t.c_iflag &= ~(tcflag_t)ICRNL;
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    return tcsetattr(fd, TCSANOW, &t) < 0 ? -errno : 0;
}

/* The master, ready for use, and a copy of its slave's path. */
static int open_master(int *ret_fd, char **ret_name)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    char *name = NULL;
    int rc;

    if (fd < 0)
        return -errno;
    rc = file_set_nonblock(fd, true);
    if (rc == 0 && (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0))
        rc = -errno;
    if (rc == 0) {
        name = ptsname(fd); /* the loop thread is its only caller */
        name = name ? strdup(name) : NULL;
        rc = name ? 0 : -ENOMEM;
    }
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    *ret_fd = fd;
    *ret_name = name;
    return 0;
}

int chr_pty_create(struct loop *loop, struct chr **ret, struct err *err)
{
    struct chr *c;
    char *name = NULL;
    int master = -1, rc;

    rc = open_master(&master, &name);
    if (rc < 0)
        return err_set(err, rc, "serial port: no pseudo-terminal: %s", strerror(-rc));
    rc = chr_create(loop, &pty_kind, name, fcntl(master, F_DUPFD_CLOEXEC, 0), master, &c);
    if (rc < 0) {
        free(name);
        return err_set(err, rc, "serial port: no pseudo-terminal: %s", strerror(-rc));
    }
    c->pty_name = name;
    rc = file_open(name, O_RDWR | O_NOCTTY, 0, &c->keep_fd);
    if (rc == 0)
        rc = set_up_terminal(c->keep_fd);
    if (rc < 0) {
        err_set(err, rc, "serial port: pseudo-terminal %s: %s", name, strerror(-rc));
        chr_destroy(c);
        return rc;
    }
    log_info("Using PTY (pty path: %s)", name);
    *ret = c;
    return 0;
}
