/* SPDX-License-Identifier: Apache-2.0
 *
 * An ELF kernel ("vmlinux"): its loadable segments, laid out by physical address, are the Image. */
#ifndef BERTH_BOOT_VMLINUX_H
#define BERTH_BOOT_VMLINUX_H

#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "boot/source.h"

enum { VMLINUX_SEGMENTS_MAX = 16 };

struct vmlinux_segment {
    uint64_t off, len; /* bytes in the file; within it */
    uint64_t at;       /* from the start of the Image */
};

struct vmlinux {
    unsigned nr;
    struct vmlinux_segment
        segment[VMLINUX_SEGMENTS_MAX]; /* by `at`, the first at 0, none overlapping */
    uint64_t len;                      /* end of the last one */
};

/* Reads the program headers of a 64-bit little-endian ELF file. 0, or -errno with the sentence. */
NODISCARD int vmlinux_parse(const struct boot_source *src, struct vmlinux *ret, struct err *err);

/* The next `len` bytes of the Image from `at`; gaps read as zeros. [at, at + len) lies within
 * v->len. 0 or -errno. */
NODISCARD int vmlinux_read(const struct boot_source *src, const struct vmlinux *v, uint64_t at,
                           uint8_t *dst, uint64_t len);

#endif
