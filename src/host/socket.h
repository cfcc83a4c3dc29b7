/* SPDX-License-Identifier: Apache-2.0
 *
 * Listening and connected stream sockets, unix and TCP. Every descriptor made here is close-on-exec
 * and non-blocking, and the caller's to close. Any thread. */
#ifndef BERTH_HOST_SOCKET_H
#define BERTH_HOST_SOCKET_H

#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/compiler.h"
#include "base/err.h"

/* Fills in the address of the unix socket `path`. -ENAMETOOLONG when it does not fit this host's
 * sun_path. */
NODISCARD int socket_unix_address(const char *path, struct sockaddr_un *ret, socklen_t *ret_len);

/* Listens on the unix socket `path`, mode 0600 before anyone can connect. A socket file that nobody
 * listens on any more is removed first. -EADDRINUSE when somebody does, or when the path is
 * something other than a socket. The caller unlinks the path when done. `err` gets the sentence. */
NODISCARD int socket_listen_unix(const char *path, int *ret, struct err *err);

/* Listens on `host` (a name, or an address without brackets; "" is every address, both families)
 * and `port`. "localhost" is 127.0.0.1. -EADDRINUSE and so on, with the sentence in `err`. */
NODISCARD int socket_listen_tcp(const char *host, uint16_t port, int *ret, struct err *err);

/* Begins to connect. 0: connected. -EINPROGRESS with *ret set: watch for LOOP_WRITE, then ask
 * socket_error. Otherwise -errno. */
NODISCARD int socket_connect_unix(const char *path, int *ret);
NODISCARD int socket_error(int fd); /* the pending error of a socket, cleared: 0 or -errno */

/* One waiting connection. -EAGAIN: none. */
NODISCARD int socket_accept(int listener, int *ret);

#endif
