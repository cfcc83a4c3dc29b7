/* SPDX-License-Identifier: Apache-2.0
 *
 * posix_openpt(3), with vfkit-compat.md §7.4's settings and words. */
#include "backend/char/pty.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/log.h"
#include "host/file.h"

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

/* The master, and a copy of its slave's path. */
static int open_master(int *ret_fd, char **ret_name)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    char *name = NULL;
    int rc = 0;

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0 || grantpt(fd) < 0 || unlockpt(fd) < 0)
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

int pty_open(struct pty *ret, struct err *err)
{
    int master = -1, slave = -1, rc;
    char *name = NULL;

    rc = open_master(&master, &name);

    if (rc < 0)
        return err_set(err, rc, "serial port: no pseudo-terminal: %s", strerror(-rc));
    rc = file_open(name, O_RDWR | O_NOCTTY, 0, &slave);
    if (rc == 0)
        rc = set_up_terminal(slave);
    if (rc < 0) {
        (void)err_set(err, rc, "serial port: pseudo-terminal %s: %s", name, strerror(-rc));
        (void)close(master);
        if (slave >= 0)
            (void)close(slave);
        free(name);
        return rc;
    }
    log_info("Using PTY (pty path: %s)", name);
    *ret = (struct pty){.master = master, .slave = slave, .name = name};
    return 0;
}
