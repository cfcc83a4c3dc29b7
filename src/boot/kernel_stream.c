/* SPDX-License-Identifier: Apache-2.0
 *
 * Packed kernels through unpack.h, ELF ones by their segments; the head of either is an arm64 Image
 * (Linux Documentation/arch/arm64/booting.rst). */
#include "boot/kernel_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "host/file.h"

#define MIB (UINT64_C(1) << 20)
#define PART_MAX                                                                                   \
    (UINT64_C(2) << 30) /* text_offset and image_size of any real kernel are far below */

/* Before Linux 3.17 the header did not say this (booting.rst). */
#define OLD_TEXT_OFFSET UINT64_C(0x80000)

enum { COPY_CHUNK = 64 << 10 };

int kernel_stream_error(const struct kernel_stream *k, int code, struct err *err)
{
    if (code == -EBADMSG)
        return err_set(
            err, code, "%s '%s' is damaged: its %s data does not unpack; copy or download it again",
            k->src->what, k->src->path, k->file.packing == UNPACK_GZIP ? "gzip" : "zstd");
    return boot_source_error(k->src, code, err);
}

ssize_t kernel_stream_read(struct kernel_stream *k, uint8_t *dst, size_t len)
{
    int r;

    if (!k->file.elf)
        return unpack_read(k->unpack, dst, len);
    if (len > k->vmlinux.len - k->elf_at)
        len = (size_t)(k->vmlinux.len - k->elf_at);
    r = vmlinux_read(k->src, &k->vmlinux, k->elf_at, dst, len);
    if (r)
        return r;
    k->elf_at += len;
    return (ssize_t)len;
}

static int check_head(struct kernel_stream *k, struct err *err)
{
    struct image_arm64 *image = &k->image;

    if (!image_arm64_parse(k->head, k->head_len, image))
        return kernel_file_refuse(k->src, k->head, k->head_len, true, err);
    if (image->big_endian)
        return err_set(err, -EINVAL,
                       "kernel '%s' is built big-endian; only little-endian kernels run here",
                       k->src->path);
    if (image->image_size == 0)
        image->text_offset = OLD_TEXT_OFFSET;
    if (image->text_offset > PART_MAX || image->image_size > PART_MAX ||
        image->file_size > PART_MAX)
        return err_set(err, -EINVAL,
                       "kernel '%s' has a damaged header (%" PRIu64 " MiB of code at %" PRIu64
                       " MiB); copy or download it again",
                       k->src->path, image->image_size / MIB, image->text_offset / MIB);
    return 0;
}

int kernel_stream_start(struct kernel_stream *k, const struct boot_source *src, struct err *err)
{
    ssize_t n;
    int r;

    k->src = src;
    r = kernel_file_identify(src, &k->file, err);
    if (r)
        return r;
    if (k->file.elf) {
        r = vmlinux_parse(src, &k->vmlinux, err);
    } else {
        r = unpack_create(src, k->file.off, k->file.len, k->file.packing, &k->unpack);
        if (r)
            (void)kernel_stream_error(k, r, err);
    }
    if (r)
        return r;
    n = kernel_stream_read(k, k->head, sizeof(k->head));
    if (n < 0)
        return kernel_stream_error(k, (int)n, err);
    k->head_len = (size_t)n;
    return check_head(k, err);
}

void kernel_stream_finish(struct kernel_stream *k)
{
    unpack_destroy(k->unpack);
}

int kernel_stream_check_end(struct kernel_stream *k, uint64_t len, struct err *err)
{
    uint8_t extra;
    ssize_t n;

    if (len < k->image.file_size)
        return boot_source_error(k->src, -ENODATA, err);
    if (k->file.packing == UNPACK_NONE) /* a signature may follow the Image in the file */
        return 0;
    n = kernel_stream_read(k, &extra,
                           1); /* reaching the end is what makes a decoder verify its checksum */
    if (n < 0)
        return kernel_stream_error(k, (int)n, err);
    return n == 0 ? 0 : kernel_stream_error(k, -EBADMSG, err);
}

/* Everything after the head; *len grows by it. */
static int copy_rest(struct kernel_stream *k, int fd, uint64_t *len, struct err *err)
{
    uint8_t chunk[COPY_CHUNK];
    ssize_t n;
    int r = file_write_all(fd, k->head, k->head_len);

    while (r == 0 && (n = kernel_stream_read(k, chunk, sizeof(chunk))) != 0) {
        if (n < 0)
            return kernel_stream_error(k, (int)n, err);
        *len += (uint64_t)n;
        if (*len > PART_MAX)
            return kernel_stream_error(k, -EBADMSG, err);
        r = file_write_all(fd, chunk, (size_t)n);
    }
    return r ? err_set(err, r, "kernel '%s' cannot be unpacked into a temporary file: %s",
                       k->src->path, strerror(-r))
             : 0;
}

int kernel_stream_copy(const char *path, int fd, struct err *err)
{
    struct boot_source src;
    struct kernel_stream k = {0};
    uint64_t len;
    int r = boot_source_open(&src, "kernel", path, err);

    if (r)
        return r;
    r = kernel_stream_start(&k, &src, err);
    len = k.head_len;
    if (r == 0)
        r = copy_rest(&k, fd, &len, err);
    if (r == 0)
        r = kernel_stream_check_end(&k, len, err);
    kernel_stream_finish(&k);
    boot_source_close(&src);
    return r;
}
