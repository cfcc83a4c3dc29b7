/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernels by their first bytes: the arm64 Image, gzip and Zstandard, EFI zboot (Linux
 * drivers/firmware/efi/libstub/zboot-header.S), ELF; and those that are no arm64 kernel, by name.
 */
#include "boot/kernel_file.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/cursor.h"
#include "boot/image_arm64.h"

enum {
    ELF_MACHINE_OFFSET = 18,
    EM_386 = 3,
    EM_ARM = 40,
    EM_X86_64 = 62,
    EM_AARCH64 = 183,
    EM_RISCV = 243,
    PE_MACHINE_AMD64 = 0x8664,
    PE_MACHINE_ARM64 = 0xaa64,
    ZBOOT_TYPE_LEN = 32, /* bytes of the compression's name, NUL-padded */
};

struct magic {
    uint16_t offset;
    uint8_t len;
    const char *bytes;
    const char *means;
};

/* Packed with something that we cannot undo: the name completes "is packed with …". */
static const struct magic packers[] = {
    {0, 6,
     "\xfd"
     "7zXZ",
     "xz; unpack it first (xz -d)"},
    {0, 4, "\x04\x22\x4d\x18", "lz4; unpack it first (lz4 -d)"},
    {0, 4, "\x02\x21\x4c\x18", "lz4; unpack it first (lz4 -d)"},
    {0, 3, "BZh", "bzip2; unpack it first (bzip2 -d)"},
    {0, 3, "\x5d\0\0", "lzma; unpack it first (unlzma)"},
    {0, 9, "\x89LZO\0\r\n\x1a\n", "lzop; unpack it first (lzop -d)"},
};

/* Something else altogether: the name completes "is …". */
static const struct magic strangers[] = {
    {0x202, 4, "HdrS", "an x86 kernel (bzImage)"},
    {0x38, 4, "RSC\x05", "a RISC-V kernel"},
    {0x24, 4, "\x18\x28\x6f\x01", "a 32-bit Arm kernel (zImage)"},
    {0, 4, "\x27\x05\x19\x56", "a U-Boot image (uImage)"},
    {0, 4, "\xd0\x0d\xfe\xed", "a device tree or FIT image"},
    {0, 6, "070701", "an initrd (cpio archive)"},
    {0, 4, "hsqs", "a squashfs file system"},
    {0, 4, "QFI\xfb", "a qcow2 disk image"},
};

static const char *find_magic(const struct magic *table, size_t n, const uint8_t *head, size_t len)
{
    for (size_t i = 0; i < n; i++) {
        const struct magic *m = &table[i];

        if (m->offset < len && m->len <= len - m->offset &&
            memcmp(head + m->offset, m->bytes, m->len) == 0)
            return m->means;
    }
    return NULL;
}

static bool starts_with(const uint8_t *head, size_t len, const char *bytes, size_t n)
{
    return len >= n && memcmp(head, bytes, n) == 0;
}

static uint16_t le16_at(const uint8_t *head, size_t len, size_t off)
{
    struct cursor c = cursor_at(head, len);

    (void)cursor_take(&c, off);
    return cursor_le16(&c);
}

static bool is_elf(const uint8_t *head, size_t len)
{
    return starts_with(head, len,
                       "\x7f"
                       "ELF",
                       4);
}

static const char *elf_name(uint16_t machine)
{
    switch (machine) {
    case EM_386:
        return "an ELF file for 32-bit x86";
    case EM_X86_64:
        return "an ELF file for x86-64";
    case EM_ARM:
        return "an ELF file for 32-bit Arm";
    case EM_RISCV:
        return "an ELF file for RISC-V";
    default:
        return "an ELF file for another processor";
    }
}

static uint16_t pe_machine(const uint8_t *head, size_t len)
{
    struct cursor c = cursor_at(head, len);
    uint32_t pe_offset;

    (void)cursor_take(&c, 0x3c);
    pe_offset = cursor_le32(&c);
    return pe_offset < len ? le16_at(head, len, (size_t)pe_offset + 4) : 0;
}

static const char *pe_name(uint16_t machine)
{
    switch (machine) {
    case PE_MACHINE_ARM64:
        return "an EFI program for arm64 that is not a Linux kernel";
    case PE_MACHINE_AMD64:
        return "an EFI program for x86-64";
    default:
        return "an EFI program";
    }
}

static const char *stranger_name(const uint8_t *head, size_t len)
{
    const char *name = find_magic(strangers, ARRAY_LEN(strangers), head, len);

    if (name)
        return name;
    if (is_elf(head, len))
        return elf_name(le16_at(head, len, ELF_MACHINE_OFFSET));
    if (starts_with(head, len, "MZ", 2))
        return pe_name(pe_machine(head, len));
    return "not a kernel that is known here";
}

int kernel_file_refuse(const struct boot_source *src, const uint8_t *head, size_t len, bool inside,
                       struct err *err)
{
    const char *packer = find_magic(packers, ARRAY_LEN(packers), head, len);

    if (packer)
        return err_set(err, -EINVAL, "%s '%s' %sis packed with %s", src->what, src->path,
                       inside ? "unpacked " : "", packer);
    return err_set(
        err, -EINVAL,
        "%s '%s' %sis %s; give an arm64 Linux kernel: an Image, a gzip or zstd of one, an "
        "EFI zboot image or a vmlinux",
        src->what, src->path, inside ? "unpacked " : "", stranger_name(head, len));
}

/* "MZ", 2 bytes, "zimg", payload offset and length (u32), 8 bytes, name of the compression. */
static int zboot(const struct boot_source *src, const uint8_t *head, size_t len,
                 struct kernel_file *ret, struct err *err)
{
    struct cursor c = cursor_at(head, len);
    uint32_t payload, payload_len;
    char type[ZBOOT_TYPE_LEN + 1] = "";

    (void)cursor_take(&c, 8);
    payload = cursor_le32(&c);
    payload_len = cursor_le32(&c);
    (void)cursor_take(&c, 8);
    cursor_copy(&c, type, ZBOOT_TYPE_LEN);
    if (pe_machine(head, len) != PE_MACHINE_ARM64)
        return kernel_file_refuse(src, head, len, false, err);
    if (c.failed || payload > src->len || payload_len > src->len - payload)
        return boot_source_error(src, -ENODATA, err);
    if (strcmp(type, "gzip") == 0)
        ret->packing = UNPACK_GZIP;
    else if (strncmp(type, "zstd", 4) == 0) /* "zstd22" in some releases */
        ret->packing = UNPACK_ZSTD;
    else
        return err_set(
            err, -EINVAL,
            "%s '%s' is an EFI zboot image packed with '%s'; gzip and zstd are known, so "
            "unpack it, or build the kernel with one of those",
            src->what, src->path, type);
    ret->off = payload;
    ret->len = payload_len;
    return 0;
}

int kernel_file_identify(const struct boot_source *src, struct kernel_file *ret, struct err *err)
{
    uint8_t head[IMAGE_ARM64_HEAD];
    size_t len = src->len < sizeof(head) ? (size_t)src->len : sizeof(head);
    struct kernel_file file = {.len = src->len};
    struct image_arm64 image;
    int r = boot_source_read(src, 0, head, len);

    if (r)
        return boot_source_error(src, r, err);
    if (starts_with(head, len, "MZ", 2) && len >= 8 && memcmp(head + 4, "zimg", 4) == 0)
        r = zboot(src, head, len, &file, err);
    else if (starts_with(head, len, "\x1f\x8b", 2))
        file.packing = UNPACK_GZIP;
    else if (starts_with(head, len, "\x28\xb5\x2f\xfd", 4))
        file.packing = UNPACK_ZSTD;
    else if (is_elf(head, len) && le16_at(head, len, ELF_MACHINE_OFFSET) == EM_AARCH64)
        file.elf = true;
    else if (len < IMAGE_ARM64_HEADER)
        r = err_set(err, -EINVAL,
                    "%s '%s' has only %" PRIu64 " bytes: it is truncated or not a kernel; copy or "
                    "download it again",
                    src->what, src->path, src->len);
    else if (!image_arm64_parse(head, len, &image))
        r = kernel_file_refuse(src, head, len, false, err);
    if (r)
        return r;
    *ret = file;
    return 0;
}
