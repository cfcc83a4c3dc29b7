/* SPDX-License-Identifier: Apache-2.0
 *
 * Where an arm64 kernel and its initrd go, and getting them there (Linux
 * Documentation/arch/arm64/booting.rst). The kernel is unpacked straight into guest RAM; its head
 * is read first, because it says where that is. */
#include "boot/linux_arm64.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "boot/image_arm64.h"
#include "boot/kernel_file.h"
#include "boot/unpack.h"
#include "boot/vmlinux.h"

#define MIB      (UINT64_C(1) << 20)
#define GIB      (UINT64_C(1) << 30)
#define ALIGN    (2 * MIB)  /* of the kernel's base; we use it for everything */
#define WINDOW   (32 * GIB) /* kernel and initrd within this, from a 1 GiB boundary */
#define PART_MAX (2 * GIB)  /* text_offset and image_size of any real kernel are far below */

/* Before Linux 3.17 the header said neither (booting.rst): the offset was this, and the kernel
 * wants room. */
#define OLD_TEXT_OFFSET UINT64_C(0x80000)
#define OLD_ROOM        (128 * MIB)

/* A kernel while it is being loaded: the bytes of its Image, front to back. */
struct kernel_stream {
    const struct boot_source *src;
    struct kernel_file file;
    struct unpack *unpack;  /* unless file.elf */
    struct vmlinux vmlinux; /* if file.elf */
    uint64_t elf_at;        /* bytes of it already read */
    uint8_t head[IMAGE_ARM64_HEAD];
    size_t head_len;
    struct image_arm64 image;
};

int linux_arm64_open(struct linux_arm64 *l, const char *kernel, const char *initrd, struct err *err)
{
    struct linux_arm64 opened = {.has_initrd = initrd != NULL};
    struct kernel_file file;
    int r = boot_source_open(&opened.kernel, "kernel", kernel, err);

    if (r)
        return r;
    r = kernel_file_identify(&opened.kernel, &file, err);
    if (r == 0 && initrd)
        r = boot_source_open(&opened.initrd, "initrd", initrd, err);
    if (r) {
        boot_source_close(&opened.kernel);
        return r;
    }
    *l = opened;
    return 0;
}

void linux_arm64_close(struct linux_arm64 *l)
{
    boot_source_close(&l->kernel);
    boot_source_close(&l->initrd);
    l->has_initrd = false;
}

static int stream_error(const struct kernel_stream *k, int code, struct err *err)
{
    if (code == -EBADMSG)
        return err_set(
            err, code, "%s '%s' is damaged: its %s data does not unpack; copy or download it again",
            k->src->what, k->src->path, k->file.packing == UNPACK_GZIP ? "gzip" : "zstd");
    return boot_source_error(k->src, code, err);
}

/* Like unpack_read. */
static ssize_t stream_read(struct kernel_stream *k, uint8_t *dst, size_t len)
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

/* Opens the stream and reads the head. On failure, too, stream_finish. */
static int stream_start(struct kernel_stream *k, const struct boot_source *src, struct err *err)
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
            (void)stream_error(k, r, err);
    }
    if (r)
        return r;
    n = stream_read(k, k->head, sizeof(k->head));
    if (n < 0)
        return stream_error(k, (int)n, err);
    k->head_len = (size_t)n;
    return check_head(k, err);
}

static void stream_finish(struct kernel_stream *k)
{
    unpack_destroy(k->unpack);
}

static uint64_t align_up(uint64_t v)
{
    return (v + ALIGN - 1) & ~(ALIGN - 1);
}

static int too_small(const struct linux_arm64 *l, uint64_t kernel_len, uint64_t ram_len,
                     uint64_t needed, struct err *err)
{
    char initrd[ERR_TEXT_MAX / 2] = "";

    if (l->has_initrd)
        (void)snprintf(initrd, sizeof(initrd), " and initrd '%s' (%" PRIu64 " MiB)", l->initrd.path,
                       (l->initrd.len + MIB - 1) / MIB);
    return err_set(err, -ENOMEM,
                   "the guest's %" PRIu64 " MiB of memory cannot hold kernel '%s' (%" PRIu64
                   " MiB unpacked)%s; give it more than %" PRIu64 " MiB with --memory",
                   ram_len / MIB, l->kernel.path, (kernel_len + MIB - 1) / MIB, initrd,
                   (needed + MIB - 1) / MIB);
}

/* Decides where everything goes; the map is in the header file. *ret_room: bytes for the Image. All
 * quantities are below 2^63, so sums do not wrap: `ram` is a board's, the kernel's numbers passed
 * check_head, a file's length is an off_t. */
static int place(const struct linux_arm64 *l, const struct image_arm64 *image, gpa_t ram,
                 uint64_t ram_len, struct linux_arm64_layout *ret, uint64_t *ret_room,
                 struct err *err)
{
    uint64_t room = image->image_size, end, usable = ram_len < WINDOW ? ram_len : WINDOW;
    struct linux_arm64_layout at = {.page_kib = image->page_kib};

    if (room == 0)
        room = usable / 2 < OLD_ROOM ? usable / 2 : OLD_ROOM;
    at.entry = align_up(ram) + image->text_offset;
    at.dtb = align_up(at.entry + room);
    at.initrd_start = at.dtb + LINUX_ARM64_DTB_MAX;
    at.initrd_end = at.initrd_start + (l->has_initrd ? l->initrd.len : 0);
    end = at.initrd_end;
    if (end - ram > usable)
        return too_small(l, room, ram_len, end - ram, err);
    *ret = at;
    *ret_room = room;
    return 0;
}

/* Head and rest of the Image into [at, at + room). */
static int load_kernel(struct kernel_stream *k, struct guest_memory *m, gpa_t at, uint64_t room,
                       struct err *err)
{
    struct span ram;
    ssize_t n;
    uint8_t extra;
    int r;

    if (k->head_len > room)
        return stream_error(k, -EBADMSG, err);
    r = mem_span(m, at, (size_t)room, MEM_WRITE, &ram);
    if (r)
        return err_set(err, r, "kernel '%s' does not fit into one region of guest memory",
                       k->src->path);
    memcpy(ram.p, k->head, k->head_len);
    n = stream_read(k, (uint8_t *)ram.p + k->head_len, ram.len - k->head_len);
    if (n < 0)
        return stream_error(k, (int)n, err);
    if ((uint64_t)n + k->head_len < k->image.file_size)
        return boot_source_error(k->src, -ENODATA, err);
    if (k->file.packing == UNPACK_NONE) /* a signature may follow the Image in the file */
        return 0;
    n = stream_read(k, &extra,
                    1); /* reaching the end is what makes a decoder verify its checksum */
    if (n < 0)
        return stream_error(k, (int)n, err);
    return n == 0 ? 0 : stream_error(k, -EBADMSG, err);
}

static int load_initrd(const struct boot_source *initrd, struct guest_memory *m, gpa_t at,
                       struct err *err)
{
    struct span ram;
    int r = mem_span(m, at, (size_t)initrd->len, MEM_WRITE, &ram);

    if (r)
        return err_set(err, r, "initrd '%s' does not fit into one region of guest memory",
                       initrd->path);
    r = boot_source_read(initrd, 0, ram.p, ram.len);
    return r ? boot_source_error(initrd, r, err) : 0;
}

int linux_arm64_load(const struct linux_arm64 *l, struct guest_memory *m, gpa_t ram,
                     uint64_t ram_len, struct linux_arm64_layout *ret, struct err *err)
{
    struct kernel_stream k = {0};
    struct linux_arm64_layout at = {0};
    uint64_t room = 0;
    int r = stream_start(&k, &l->kernel, err);

    if (r)
        goto out_stream;
    r = place(l, &k.image, ram, ram_len, &at, &room, err);
    if (r)
        goto out_stream;
    r = load_kernel(&k, m, at.entry, room, err);
    if (r == 0 && l->has_initrd)
        r = load_initrd(&l->initrd, m, at.initrd_start, err);
    if (r == 0)
        *ret = at;
out_stream:
    stream_finish(&k);
    return r;
}
