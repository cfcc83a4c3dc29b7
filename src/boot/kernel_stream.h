/* SPDX-License-Identifier: Apache-2.0
 *
 * The Image in a kernel file, whatever that wraps it in (kernel_file.h), as one stream of bytes
 * from front to back. Any one thread at a time. */
#ifndef BERTH_BOOT_KERNEL_STREAM_H
#define BERTH_BOOT_KERNEL_STREAM_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/compiler.h"
#include "base/err.h"
#include "boot/image_arm64.h"
#include "boot/kernel_file.h"
#include "boot/unpack.h"
#include "boot/vmlinux.h"

struct kernel_stream {
    const struct boot_source *src;
    struct kernel_file file;
    struct image_arm64 image;       /* checked */
    uint8_t head[IMAGE_ARM64_HEAD]; /* the first bytes, already read */
    size_t head_len;
    struct unpack *unpack;  /* unless file.elf */
    struct vmlinux vmlinux; /* if file.elf */
    uint64_t elf_at;        /* bytes of it already read */
};

/* Opens the stream of `src`, which outlives it, into zeroed memory and reads the head. 0, or -errno
 * with the sentence: not a kernel, for another machine, damaged. kernel_stream_finish is due either
 * way. */
NODISCARD int kernel_stream_start(struct kernel_stream *k, const struct boot_source *src,
                                  struct err *err);
void kernel_stream_finish(struct kernel_stream *k);

/* The bytes after the head. Like unpack_read; kernel_stream_error makes the sentence of a failure.
 */
NODISCARD ssize_t kernel_stream_read(struct kernel_stream *k, uint8_t *dst, size_t len);
int kernel_stream_error(const struct kernel_stream *k, int code, struct err *err);

/* Whether the Image ended as it says it does after `len` bytes, head included, the decoder's
 * checksum too. 0, or -errno with the sentence. */
NODISCARD int kernel_stream_check_end(struct kernel_stream *k, uint64_t len, struct err *err);

/* Writes the Image in the kernel file `path` to `fd`. 0, or -errno with the sentence. */
NODISCARD int kernel_stream_copy(const char *path, int fd, struct err *err);

#endif
