/* SPDX-License-Identifier: Apache-2.0
 *
 * What a file given as a kernel is: which of the forms that hold an arm64 Image, or what else it
 * turned out to be, said so that its owner knows what to do. */
#ifndef BERTH_BOOT_KERNEL_FILE_H
#define BERTH_BOOT_KERNEL_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "boot/source.h"
#include "boot/unpack.h"

struct kernel_file {
    enum unpack_kind packing;
    uint64_t off, len; /* where in the file the (packed) Image lies */
    bool elf; /* a vmlinux: its segments make the Image (boot/vmlinux.h); the rest unused */
};

/* Looks at the first bytes only. 0, or -errno with the sentence. */
NODISCARD int kernel_file_identify(const struct boot_source *src, struct kernel_file *ret,
                                   struct err *err);

/* Says in `err` what these first bytes are instead of an arm64 Image; `inside` if they were
 * unpacked. -EINVAL. */
int kernel_file_refuse(const struct boot_source *src, const uint8_t *head, size_t len, bool inside,
                       struct err *err);

#endif
