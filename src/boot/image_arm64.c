/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 Image header and, behind it, the PE/COFF section table (Microsoft PE format, "Section
 * Table"). All numbers come from a file that anyone may have made. */
#include "boot/image_arm64.h"

#include "base/cursor.h"

enum {
    IMAGE_MAGIC = 0x644d5241, /* "ARMd" */
    FLAG_BIG_ENDIAN = 1 << 0,
    FLAG_PAGE_SHIFT = 1, /* two bits */

    PE_MAGIC = 0x4550, /* "PE\0\0" */
    PE_SECTIONS_MAX = 16,
};

/* The end of the last section's bytes in the file; 0 when there is no PE header; more than `len`
 * when the header itself is cut off. */
static uint64_t pe_file_size(const uint8_t *head, size_t len, uint32_t pe_offset)
{
    struct cursor c = cursor_at(head, len);
    uint16_t nr_sections, optional_len;
    uint64_t end = 0;

    if (pe_offset == 0)
        return 0;
    (void)cursor_take(&c, pe_offset);
    if (cursor_le32(&c) != PE_MAGIC && !c.failed)
        return 0;
    (void)cursor_le16(&c); /* machine */
    nr_sections = cursor_le16(&c);
    (void)cursor_take(&c, 12); /* time stamp, symbol table */
    optional_len = cursor_le16(&c);
    (void)cursor_le16(&c); /* characteristics */
    (void)cursor_take(&c, optional_len);
    if (nr_sections > PE_SECTIONS_MAX)
        return 0;
    for (unsigned i = 0; i < nr_sections; i++) {
        uint32_t raw_len, raw_offset;

        (void)cursor_take(&c, 16); /* name, virtual size and address */
        raw_len = cursor_le32(&c);
        raw_offset = cursor_le32(&c);
        (void)cursor_take(&c, 16); /* relocations, line numbers, characteristics */
        if (raw_len && end < (uint64_t)raw_offset + raw_len)
            end = (uint64_t)raw_offset + raw_len;
    }
    return c.failed ? len + 1 : end;
}

static unsigned page_kib(uint64_t flags)
{
    static const unsigned kib[] = {0, 4, 16, 64};

    return kib[(flags >> FLAG_PAGE_SHIFT) & 3];
}

bool image_arm64_parse(const uint8_t *head, size_t len, struct image_arm64 *ret)
{
    struct cursor c = cursor_at(head, len);
    struct image_arm64 image;
    uint64_t flags;
    uint32_t magic, pe_offset;

    (void)cursor_le64(&c); /* code */
    image.text_offset = cursor_le64(&c);
    image.image_size = cursor_le64(&c);
    flags = cursor_le64(&c);
    (void)cursor_take(&c, 24); /* reserved */
    magic = cursor_le32(&c);
    pe_offset = cursor_le32(&c);
    if (c.failed || magic != IMAGE_MAGIC)
        return false;
    image.big_endian = flags & FLAG_BIG_ENDIAN;
    image.page_kib = page_kib(flags);
    image.file_size = pe_file_size(head, len, pe_offset);
    *ret = image;
    return true;
}
