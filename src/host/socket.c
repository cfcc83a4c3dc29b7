/* SPDX-License-Identifier: Apache-2.0
 *
 * BSD sockets, without the calls that only one system has (SOCK_CLOEXEC, accept4): nothing here
 * races with a fork. */
#include "host/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/file.h"

enum { BACKLOG = 64 };

static int prepare(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    if (flags < 0 || fcntl(fd, F_SETFD, flags | FD_CLOEXEC) < 0)
        return -errno;
    return file_set_nonblock(fd, true);
}

static int new_socket(int family, int *ret)
{
    int fd = socket(family, SOCK_STREAM, 0);
    int rc;

    if (fd < 0)
        return -errno;
    rc = prepare(fd);
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

int socket_unix_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len)
{
    size_t len = strlen(path);

    if (len >= sizeof(ret->sun_path))
        return -ENAMETOOLONG;
    memset(ret, 0, sizeof(*ret));
    ret->sun_family = AF_UNIX;
    memcpy(ret->sun_path, path, len + 1);
    *ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
    return 0;
}

int socket_error(int fd)
{
    int code = 0;
    socklen_t len = sizeof(code);

    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
        return -errno;
    return -code;
}

int socket_connect_unix(const char *path, int *ret)
{
    struct sockaddr_un addr;
    socklen_t len;
    int fd = -1, rc;

    rc = socket_unix_address(path, &addr, &len);
    if (rc < 0)
        return rc;
    rc = new_socket(AF_UNIX, &fd);
    if (rc < 0)
        return rc;
    do
        rc = connect(fd, (struct sockaddr *)&addr, len);
    while (rc < 0 && errno == EINTR);
    if (rc < 0 && errno != EINPROGRESS) {
        rc = -errno;
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return rc < 0 ? -EINPROGRESS : 0;
}

int socket_accept(int listener, int *ret)
{
    int fd = -1, rc;

    do
        fd = accept(listener, NULL, NULL);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0)
        return errno == EWOULDBLOCK ? -EAGAIN : -errno;
    rc = prepare(fd);
    if (rc < 0) {
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

/* --- listening --- */

/* Removes a socket that a killed process left behind. 0 when the path is free now. */
static int remove_stale(const char *path, struct err *err)
{
    struct stat st;
    int fd = -1, rc;

    if (lstat(path, &st) < 0)
        return 0; /* bind says what is wrong, if anything is */
    if (!S_ISSOCK(st.st_mode))
        return err_set(err, -EADDRINUSE,
                       "socket '%s': a file that is no socket is in the way; remove it", path);
    rc = socket_connect_unix(path, &fd);
    if (rc == 0 || rc == -EINPROGRESS)
        (void)close(fd);
    if (rc != -ECONNREFUSED && rc != -ENOENT)
        return err_set(err, -EADDRINUSE,
                       "socket '%s': another process listens there; stop it or choose another path",
                       path);
    if (unlink(path) < 0 && errno != ENOENT)
        return err_set(err, -errno, "socket '%s': cannot remove the old socket: %s", path,
                       strerror(errno));
    return 0;
}

int socket_listen_unix(const char *path, int *ret, struct err *err)
{
    struct sockaddr_un addr;
    bool bound = false;
    socklen_t len;
    int fd = -1, rc;

    rc = socket_unix_address(path, &addr, &len);
    if (rc < 0)
        return err_set(err, rc, "socket '%s': the path is longer than %zu bytes; use a shorter one",
                       path, sizeof(addr.sun_path) - 1);
    rc = remove_stale(path, err);
    if (rc < 0)
        return rc;
    rc = new_socket(AF_UNIX, &fd);
    if (rc < 0)
        return err_set(err, rc, "socket '%s': %s", path, strerror(-rc));
    /* Connecting is refused until listen(), so nobody gets in before the mode is right. */
    bound = bind(fd, (struct sockaddr *)&addr, len) == 0;
    if (!bound || chmod(path, S_IRUSR | S_IWUSR) < 0 || listen(fd, BACKLOG) < 0) {
        rc = err_set(err, -errno, "socket '%s': cannot listen: %s", path, strerror(errno));
        if (bound)
            (void)unlink(path);
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

static int listen_on(const struct addrinfo *ai, bool both_families, int *ret)
{
    int on = 1, off = 0;
    int fd = -1, rc;

    rc = new_socket(ai->ai_family, &fd);
    if (rc < 0)
        return rc;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (ai->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, both_families ? &off : &on, sizeof(on));
    if (bind(fd, ai->ai_addr, ai->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0) {
        rc = -errno;
        (void)close(fd);
        return rc;
    }
    *ret = fd;
    return 0;
}

/* Every address: one IPv6 socket that takes IPv4 too, or IPv4 alone on a host without IPv6. */
static int listen_everywhere(uint16_t port, int *ret)
{
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct addrinfo ai = {
        .ai_family = AF_INET6, .ai_addr = (struct sockaddr *)&six, .ai_addrlen = sizeof(six)};
    int rc = listen_on(&ai, true, ret);

    if (rc != -EAFNOSUPPORT && rc != -EADDRNOTAVAIL)
        return rc;
    ai = (struct addrinfo){
        .ai_family = AF_INET, .ai_addr = (struct sockaddr *)&four, .ai_addrlen = sizeof(four)};
    return listen_on(&ai, false, ret);
}

static int listen_at(const char *host, uint16_t port, int *ret, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    char service[8];
    int rc;

    (void)snprintf(service, sizeof(service), "%u", port);
    rc = getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, service, &hints, &list);
    if (rc != 0)
        return err_set(err, -EADDRNOTAVAIL, "address '%s': %s", host, gai_strerror(rc));
    rc = listen_on(list, false, ret);
    freeaddrinfo(list);
    return rc;
}

int socket_listen_tcp(const char *host, uint16_t port, int *ret, struct err *err)
{
    int rc;

    *err = (struct err){0};
    rc = *host ? listen_at(host, port, ret, err) : listen_everywhere(port, ret);
    if (rc < 0 && err->code == 0) {
        const char *remedy = rc == -EADDRINUSE ? "; choose another port, or stop what uses it" : "";

        return err_set(err, rc, "address '%s' port %u: cannot listen: %s%s", host, port,
                       strerror(-rc), remedy);
    }
    return rc;
}
