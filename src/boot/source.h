/* SPDX-License-Identifier: Apache-2.0
 *
 * The bytes of a boot image, read at any offset: a file that stays open, so that a guest's reset
 * reads it again, or memory, for tests and fuzzers. Any one thread at a time. */
#ifndef BERTH_BOOT_SOURCE_H
#define BERTH_BOOT_SOURCE_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct boot_source {
    const char *what; /* "kernel", "initrd": for sentences; the caller's, outlives this */
    const char *path; /* likewise; a name if it is memory */
    uint64_t len;     /* bytes, at the time of opening */
    int fd;           /* -1: memory */
    const uint8_t *memory;
};

/* Opens `path` for reading. 0, or -errno with a sentence that names `what` and `path`. An empty
 * file, and anything but a regular file or a block device, is -EINVAL. */
NODISCARD int boot_source_open(struct boot_source *s, const char *what, const char *path,
                               struct err *err);
void boot_source_close(struct boot_source *s); /* a zeroed source, or one in memory, is fine */

/* `len` bytes at `p`, which outlive the source. */
struct boot_source boot_source_memory(const char *what, const void *p, size_t len);

/* Reads [off, off + len) into `dst`. 0; -ENODATA when the source ends before that (a file may have
 * shrunk since it was opened); otherwise -errno. `dst` is unspecified after a failure. */
NODISCARD int boot_source_read(const struct boot_source *s, uint64_t off, void *dst, size_t len);

/* "kernel 'PATH' cannot be read: REASON …" for a `code` that boot_source_read returned. Returns
 * `code`. */
int boot_source_error(const struct boot_source *s, int code, struct err *err);

#endif
