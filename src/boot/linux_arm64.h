/* SPDX-License-Identifier: Apache-2.0
 *
 * Direct boot of Linux on arm64: takes a kernel in any of the forms that distributions ship (Image,
 * gzip or zstd of it, EFI zboot, ELF vmlinux) and an initrd, and puts both into guest RAM where the
 * kernel's boot protocol wants them (Linux Documentation/arch/arm64/booting.rst):
 *
 *     ram                   2 MiB aligned up            next 2 MiB       next 2 MiB
 *     |                     | + text_offset             |                |
 *     |  (nothing)          | Image ... image_size      | device tree    | initrd ...
 *
 * The device tree is the board's: it needs to know where the initrd went, so it is built after this
 * and written to the place that is kept for it. Any one thread at a time. */
#ifndef BERTH_BOOT_LINUX_ARM64_H
#define BERTH_BOOT_LINUX_ARM64_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "boot/source.h"
#include "memory/memory.h"

enum { LINUX_ARM64_DTB_MAX = 0x200000 }; /* bytes kept for the device tree */

/* The files of a direct boot, open for as long as the VM lives. Zeroed: nothing open. */
struct linux_arm64 {
    struct boot_source kernel;
    struct boot_source initrd;
    bool has_initrd;
};

struct linux_arm64_layout {
    gpa_t entry; /* PC of the boot CPU; x0 = dtb, x1 = x2 = x3 = 0, MMU off, DAIF masked */
    gpa_t dtb;   /* 8-byte aligned, LINUX_ARM64_DTB_MAX bytes of RAM free for it */
    gpa_t initrd_start, initrd_end; /* equal: none */
    unsigned page_kib; /* the kernel's page size: 4, 16, 64; 0 when its header does not say */
};

/* Opens both files (`initrd` may be NULL; the strings outlive `l`) and checks that `kernel` looks
 * like one, so that a mistake is known before the VM is built. 0, or -errno with the sentence. */
NODISCARD int linux_arm64_open(struct linux_arm64 *l, const char *kernel, const char *initrd,
                               struct err *err);
void linux_arm64_close(struct linux_arm64 *l);

/* Loads kernel and initrd into [ram, ram + ram_len), which is one region of `m` and zeroed. 0, or
 * -errno with the sentence: -ENOMEM when they do not fit, -EINVAL, -ENODATA, -EBADMSG when the
 * kernel is wrong, cut short, corrupt. vCPUs stopped. At start and again at each reset of the
 * machine. */
NODISCARD int linux_arm64_load(const struct linux_arm64 *l, struct guest_memory *m, gpa_t ram,
                               uint64_t ram_len, struct linux_arm64_layout *ret, struct err *err);

#endif
