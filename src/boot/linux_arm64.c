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

#include "boot/kernel_file.h"
#include "boot/kernel_stream.h"

#define MIB    (UINT64_C(1) << 20)
#define GIB    (UINT64_C(1) << 30)
#define ALIGN  (2 * MIB)  /* of the kernel's base; we use it for everything */
#define WINDOW (32 * GIB) /* kernel and initrd within this, from a 1 GiB boundary */

/* Before Linux 3.17 the header did not say (booting.rst) how much room the kernel wants. */
#define OLD_ROOM (128 * MIB)

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
    int r;

    if (k->head_len > room)
        return kernel_stream_error(k, -EBADMSG, err);
    r = mem_span(m, at, (size_t)room, MEM_WRITE, &ram);
    if (r)
        return err_set(err, r, "kernel '%s' does not fit into one region of guest memory",
                       k->src->path);
    memcpy(ram.p, k->head, k->head_len);
    n = kernel_stream_read(k, (uint8_t *)ram.p + k->head_len, ram.len - k->head_len);
    if (n < 0)
        return kernel_stream_error(k, (int)n, err);
    return kernel_stream_check_end(k, k->head_len + (uint64_t)n, err);
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
    int r = kernel_stream_start(&k, &l->kernel, err);

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
    kernel_stream_finish(&k);
    return r;
}
