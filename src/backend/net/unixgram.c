/* SPDX-License-Identifier: Apache-2.0
 *
 * The order matters to the peers: bind, connect, buffers, magic. A connected socket keeps talking
 * to the socket it met, whatever happens to the path. */
#include "backend/net/unixgram.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/entropy.h"
#include "host/file.h"
#include "host/socket.h"

enum {
    PATH_MAX_MACOS = 104, /* vfkit's limit everywhere, the final NUL included */
    SEND_BUFFER = 1 << 20,
    RECEIVE_BUFFER = 4 << 20,
    ATTEMPTS = 16, /* names to try */
};

static const char magic_bytes[4] = {'V', 'F', 'K', 'T'};

/* "DIR/vfkit-PID-RANDOM.sock" that was not there yet. malloc'd; NULL and *rc. */
static char *choose_name(const char *dir, size_t dir_len, int *rc)
{
    char name[PATH_MAX_MACOS];
    uint16_t random;
    int fd, n;

    for (unsigned i = 0; i < ATTEMPTS; i++) {
        *rc = entropy_get(&random, sizeof(random));
        if (*rc < 0)
            return NULL;
        n = snprintf(name, sizeof(name), "%.*s/vfkit-%lx-%x.sock", (int)dir_len, dir,
                     (unsigned long)getpid(), random);
        if (n < 0 || (size_t)n >= sizeof(name)) {
            *rc = -ENAMETOOLONG;
            return NULL;
        }
        *rc = file_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, &fd);
        if (*rc == -EEXIST)
            continue;
        if (*rc < 0)
            return NULL;
        (void)close(fd);
        (void)unlink(name);
        return strdup(name);
    }
    return NULL;
}

/* In the peer's directory, as vfkit does it; in the temporary one where that cannot be. */
static int bind_name(int fd, const char *peer, char **ret)
{
    const char *slash = strrchr(peer, '/'), *tmp = getenv("TMPDIR");
    struct sockaddr_un addr;
    socklen_t len;
    int rc = 0;
    char *name = slash ? choose_name(peer, (size_t)(slash - peer), &rc) : choose_name(".", 1, &rc);

    if (!name && tmp && *tmp)
        name = choose_name(tmp, strlen(tmp), &rc);
    if (!name)
        name = choose_name("/tmp", strlen("/tmp"), &rc);
    if (!name)
        return rc < 0 ? rc : -ENOMEM;
    rc = socket_unix_address(name, &addr, &len);
    if (rc == 0 && bind(fd, (struct sockaddr *)&addr, len) < 0)
        rc = -errno;
    if (rc < 0) {
        free(name);
        return rc;
    }
    *ret = name;
    return 0;
}

static int connect_to(int fd, const char *peer)
{
    struct sockaddr_un addr;
    socklen_t len;
    int rc = socket_unix_address(peer, &addr, &len);

    if (rc == 0 && connect(fd, (struct sockaddr *)&addr, len) < 0)
        rc = -errno;
    return rc;
}

static void set_buffers(int fd)
{
    const int send_len = SEND_BUFFER, receive_len = RECEIVE_BUFFER;

    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_len, sizeof(send_len));
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_len, sizeof(receive_len));
}

/* A peer whose queue is full before it has met us has stopped reading: no VM waits for it. */
static int send_magic(int fd)
{
    if (send(fd, magic_bytes, sizeof(magic_bytes), MSG_DONTWAIT) == sizeof(magic_bytes))
        return 0;
    return errno == EAGAIN || errno == ENOBUFS ? -ETIMEDOUT : -errno;
}

static int open_socket(int *ret)
{
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    if (fd < 0)
        return -errno;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0) {
        int rc = -errno;

        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

static int open_steps(struct unixgram *u, const char *path, bool magic)
{
    int rc = open_socket(&u->fd);

    if (rc == 0)
        rc = bind_name(u->fd, path, &u->local_path);
    if (rc == 0)
        rc = connect_to(u->fd, path);
    if (rc < 0)
        return rc;
    set_buffers(u->fd);
    return magic ? send_magic(u->fd) : 0;
}

int unixgram_open(const char *path, bool magic, struct unixgram *ret, struct err *err)
{
    struct unixgram u = {.fd = -1};
    int rc;

    if (strlen(path) >= PATH_MAX_MACOS)
        return err_set(err, -ENAMETOOLONG, "unixgram path '%s' is too long: %zu >= %d bytes", path,
                       strlen(path), PATH_MAX_MACOS);
    rc = open_steps(&u, path, magic);
    if (rc == 0) {
        *ret = u;
        return 0;
    }
    if (u.fd >= 0)
        (void)close(u.fd);
    if (u.local_path)
        (void)unlink(u.local_path);
    free(u.local_path);
    if (rc == -ETIMEDOUT)
        return err_set(err, rc,
                       "virtio-net: network socket '%s': the program that serves it reads nothing; "
                       "restart it",
                       path);
    return err_set(err, rc,
                   "virtio-net: network socket '%s': %s; start the program that serves it first",
                   path, strerror(-rc));
}

int unixgram_check(int fd, struct err *err)
{
    int type = 0;
    socklen_t len = sizeof(type);

    if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0) {
        int rc = -errno;

        return err_set(err, rc, "virtio-net: fd=%d: %s; pass it a connected datagram socket", fd,
                       strerror(-rc));
    }
    if (type == SOCK_DGRAM)
        return 0;
    (void)err_set(err, -EINVAL, "the fileHandle must be a datagram socket");
    return err_hint(err, "virtio-net: fd=%d is another kind of socket", fd);
}
