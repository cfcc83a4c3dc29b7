/* SPDX-License-Identifier: Apache-2.0
 *
 * The head of an arm64 kernel: the 64 bytes that Linux defines
 * (Documentation/arch/arm64/booting.rst) and the PE header that its EFI stub adds, which alone says
 * how long the file should be. */
#ifndef BERTH_BOOT_IMAGE_ARM64_H
#define BERTH_BOOT_IMAGE_ARM64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"

enum {
    IMAGE_ARM64_HEADER = 64, /* bytes */
    IMAGE_ARM64_HEAD =
        0x400, /* bytes worth reading: the PE header and its section table lie in there too */
};

struct image_arm64 {
    uint64_t text_offset; /* from a 2 MiB boundary to the image */
    uint64_t image_size;  /* bytes in memory, including what the file leaves out; 0: the header does
                             not say */
    uint64_t file_size;   /* bytes in the file; 0: the header does not say */
    unsigned page_kib;    /* 4, 16 or 64; 0: the header does not say */
    bool big_endian;
};

/* Is this the head of an Image? `len` is at most IMAGE_ARM64_HEAD. Nothing in *ret is checked but
 * the magic. */
NODISCARD bool image_arm64_parse(const uint8_t *head, size_t len, struct image_arm64 *ret);

#endif
