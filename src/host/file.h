/* SPDX-License-Identifier: Apache-2.0
 *
 * Files and block devices as disks and logs need them: opened for us alone, locked against a second
 * VM, sized, flushed to the medium, and with ranges given back. Any thread. Every descriptor made
 * here is close-on-exec. */
#ifndef BERTH_HOST_FILE_H
#define BERTH_HOST_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

/* open(2) with O_CLOEXEC added, retried after EINTR. *ret is the caller's to close. 0 or -errno. */
NODISCARD int file_open(const char *path, int flags, unsigned mode, int *ret);

/* The whole of a file of at most `max` bytes: *ret is malloc'd, with a NUL behind. Never waits.
 * -EFBIG when it is larger, or another -errno. */
NODISCARD int file_load(const char *path, size_t max, char **ret, size_t *ret_len);

/* All of `len` bytes, at the descriptor's position, waiting for room where needed. 0 or -errno. */
NODISCARD int file_write_all(int fd, const void *data, size_t len);

/* Sets or clears O_NONBLOCK. This belongs to the open file, which others (the shell) may share. */
NODISCARD int file_set_nonblock(int fd, bool on);

/* Takes a lock that lives as long as the open file, so SIGKILL leaves none behind: many may hold it
 * shared, one exclusive. Never waits. 0, -EAGAIN when another open file holds it against us,
 * -ENOTSUP where the file system has no locks. */
enum file_lock_kind { FILE_LOCK_SHARED, FILE_LOCK_EXCLUSIVE };
NODISCARD int file_lock(int fd, enum file_lock_kind kind);

/* Bytes, for a regular file or a block device. -EINVAL for anything else. */
NODISCARD int file_size(int fd, uint64_t *ret);
bool file_is_block_device(int fd);

/* The unit, in bytes, in which a block device accepts writes without reading first; 512 for a
 * regular file. */
NODISCARD int file_block_size(int fd, unsigned *ret);

/* Returns when everything written so far survives a crash of the host. `full`: also of the drive's
 * own cache, where the host distinguishes the two (macOS); elsewhere it is always so. */
NODISCARD int file_sync(int fd, bool full);

/* Give [off, off + len) back to the host / make it zeros; both read as zeros after. Regular files
 * and block devices, size kept. -ENOTSUP: the file system cannot (write zeros yourself). */
NODISCARD int file_punch_hole(int fd, uint64_t off, uint64_t len);
NODISCARD int file_zero_range(int fd, uint64_t off, uint64_t len);

#endif
