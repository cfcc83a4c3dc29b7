/* SPDX-License-Identifier: Apache-2.0
 *
 * Kernel files made by hand, small but with every field that the loader reads. */
#ifndef BERTH_TESTS_UNIT_BOOT_IMAGES_H
#define BERTH_TESTS_UNIT_BOOT_IMAGES_H

#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_FILE_LEN = 0x3000, /* bytes of an Image from image_make */
    IMAGE_SIZE = 0x8000,     /* what its header claims in memory */
};

struct blob {
    uint8_t *p;
    size_t len;
};

void blob_free(struct blob *b);
void put16(struct blob *b, size_t off, uint16_t v);
void put32(struct blob *b, size_t off, uint32_t v);
void put64(struct blob *b, size_t off, uint64_t v);

/* An arm64 Image with a PE header whose one section ends at IMAGE_FILE_LEN; text_offset 0, 4 KiB
 * pages. What follows the headers is a pattern that does not repeat within a page. */
struct blob image_make(void);
struct blob image_gzip(const struct blob *b);
struct blob image_zstd(const struct blob *b);
struct blob image_zboot(const struct blob *payload, const char *type);
/* An ELF vmlinux of two segments that lie as far apart in the file as in memory, plus a gap. */
struct blob image_elf(const struct blob *b);

#endif
