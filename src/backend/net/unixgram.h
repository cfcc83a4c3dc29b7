/* SPDX-License-Identifier: Apache-2.0
 *
 * The datagram socket to a user-mode network (gvproxy, vmnet-helper, CRC's daemon), opened as they
 * expect it: bound to a name of its own, connected, and made known by vfkit's magic
 * (vfkit-compat.md §11.2). One Ethernet frame a datagram, nothing before or after it. */
#ifndef BERTH_BACKEND_NET_UNIXGRAM_H
#define BERTH_BACKEND_NET_UNIXGRAM_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"

struct unixgram {
    int fd;           /* close-on-exec, blocking */
    char *local_path; /* our name: the peer answers to it, so it stays until the end; malloc'd */
};

/* Connects to the socket `path`, sending the four bytes of the magic first if `magic`. 0, or -errno
 * with the sentence. Both members of *ret become the caller's. Any thread. */
NODISCARD int unixgram_open(const char *path, bool magic, struct unixgram *ret, struct err *err);

/* A socket that was inherited (fd=): is it a datagram socket? 0, or -errno with vfkit's sentence.
 */
NODISCARD int unixgram_check(int fd, struct err *err);

#endif
