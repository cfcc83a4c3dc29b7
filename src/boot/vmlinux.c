/* SPDX-License-Identifier: Apache-2.0
 *
 * ELF-64 program headers (System V ABI, "Program Header"). Only what a kernel needs: PT_LOAD
 * segments with bytes in the file. Sections, relocations and the entry point do not matter: an
 * arm64 kernel starts at its first byte. */
#include "boot/vmlinux.h"

#include <errno.h>
#include <string.h>

#include "base/cursor.h"

enum {
    EHDR_LEN = 64,
    PHDR_LEN = 56,
    PHDRS_MAX = 64, /* of all kinds; a kernel has about five */
    CLASS_OFFSET = 4,
    CLASS_64 = 2,
    DATA_LSB = 1,
    PT_LOAD = 1,
};

struct program_header {
    uint32_t type;
    uint64_t off, paddr, file_len;
};

static struct program_header next_header(struct cursor *c)
{
    struct program_header ph = {.type = cursor_le32(c)};

    (void)cursor_le32(c); /* flags */
    ph.off = cursor_le64(c);
    (void)cursor_le64(c); /* virtual address */
    ph.paddr = cursor_le64(c);
    ph.file_len = cursor_le64(c);
    (void)cursor_take(c, 16); /* length in memory, alignment */
    return ph;
}

static int bad(const struct boot_source *src, const char *why, struct err *err)
{
    return err_set(
        err, -EINVAL,
        "%s '%s' is an ELF file that cannot be a kernel: %s; give a vmlinux, or an Image",
        src->what, src->path, why);
}

/* Turns physical addresses into offsets from the first one, and checks the order. */
static int lay_out(const struct boot_source *src, struct vmlinux *v, struct err *err)
{
    uint64_t base = v->segment[0].at, end = 0;

    for (unsigned i = 0; i < v->nr; i++) {
        struct vmlinux_segment *s = &v->segment[i];

        if (s->at < base || s->at - base < end)
            return bad(src, "its segments are not in ascending order", err);
        s->at -= base;
        if (s->len > UINT64_MAX - s->at)
            return bad(src, "a segment is too long", err);
        end = s->at + s->len;
    }
    v->len = end;
    return 0;
}

static int add_segment(const struct boot_source *src, const struct program_header *ph,
                       struct vmlinux *v, struct err *err)
{
    if (ph->type != PT_LOAD || ph->file_len == 0)
        return 0;
    if (v->nr == VMLINUX_SEGMENTS_MAX)
        return bad(src, "it has too many segments", err);
    if (ph->off > src->len || ph->file_len > src->len - ph->off)
        return boot_source_error(src, -ENODATA, err);
    v->segment[v->nr++] =
        (struct vmlinux_segment){.off = ph->off, .len = ph->file_len, .at = ph->paddr};
    return 0;
}

int vmlinux_parse(const struct boot_source *src, struct vmlinux *ret, struct err *err)
{
    uint8_t ehdr[EHDR_LEN], phdrs[PHDRS_MAX * PHDR_LEN];
    struct cursor c = cursor_at(ehdr, sizeof(ehdr));
    struct vmlinux v = {0};
    uint64_t phoff;
    uint16_t entry_len, nr;
    int r = boot_source_read(src, 0, ehdr, sizeof(ehdr));

    if (r)
        return boot_source_error(src, r, err);
    if (ehdr[CLASS_OFFSET] != CLASS_64 || ehdr[CLASS_OFFSET + 1] != DATA_LSB)
        return bad(src, "it is not 64-bit little-endian", err);
    (void)cursor_take(&c, 32); /* identification, type, machine, version, entry */
    phoff = cursor_le64(&c);
    (void)cursor_take(&c, 14); /* section headers' offset, flags, this header's length */
    entry_len = cursor_le16(&c);
    nr = cursor_le16(&c);
    if (entry_len != PHDR_LEN || nr > PHDRS_MAX)
        return bad(src, "its program headers make no sense", err);
    r = boot_source_read(src, phoff, phdrs, (size_t)nr * PHDR_LEN);
    if (r)
        return boot_source_error(src, r, err);
    c = cursor_at(phdrs, (size_t)nr * PHDR_LEN);
    for (unsigned i = 0; i < nr && r == 0; i++) {
        struct program_header ph = next_header(&c);

        r = add_segment(src, &ph, &v, err);
    }
    if (r)
        return r;
    if (v.nr == 0)
        return bad(src, "nothing in it is to be loaded", err);
    r = lay_out(src, &v, err);
    if (r)
        return r;
    *ret = v;
    return 0;
}

int vmlinux_read(const struct boot_source *src, const struct vmlinux *v, uint64_t at, uint8_t *dst,
                 uint64_t len)
{
    memset(dst, 0, len);
    for (unsigned i = 0; i < v->nr; i++) {
        const struct vmlinux_segment *s = &v->segment[i];
        uint64_t from = s->at > at ? s->at : at;
        uint64_t to = s->at + s->len < at + len ? s->at + s->len : at + len;
        int r = from < to
                    ? boot_source_read(src, s->off + (from - s->at), dst + (from - at), to - from)
                    : 0;

        if (r)
            return r;
    }
    return 0;
}
