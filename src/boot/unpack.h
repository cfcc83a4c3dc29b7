/* SPDX-License-Identifier: Apache-2.0
 *
 * A stream of unpacked bytes out of a boot source: what a kernel image holds, read front to back
 * without ever keeping the whole in our own memory. */
#ifndef BERTH_BOOT_UNPACK_H
#define BERTH_BOOT_UNPACK_H

#include <sys/types.h>

#include "boot/source.h"

enum unpack_kind { UNPACK_NONE, UNPACK_GZIP, UNPACK_ZSTD };

struct unpack;

/* Starts at `off` of `src`, which outlives the stream; never reads past `off + len`. 0, -ENOMEM, or
 * -EINVAL when that range is not within the source. */
NODISCARD int unpack_create(const struct boot_source *src, uint64_t off, uint64_t len,
                            enum unpack_kind kind, struct unpack **ret);
void unpack_destroy(struct unpack *u); /* NULL is fine */

/* Fills `dst` with the next bytes. Returns how many: fewer than `len` only at the end of the
 * stream. -EBADMSG: the packed data is corrupt; -ENODATA: it stops before its own end; otherwise
 * -errno. */
NODISCARD ssize_t unpack_read(struct unpack *u, void *dst, size_t len);

#endif
