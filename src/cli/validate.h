/* SPDX-License-Identifier: Apache-2.0
 *
 * Looks at the files a configuration names, in the words of vfkit-compat.md §6 and §7, before
 * anything is built from them. These are early, readable answers: who opens the file later checks
 * again. */
#ifndef BERTH_CLI_VALIDATE_H
#define BERTH_CLI_VALIDATE_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* virtio-blk, right after parsing: can the image be opened and read, and is it not qcow2 unless it
 * is said to be? */
NODISCARD int validate_disk_header(const struct disk_config *disk, enum personality p,
                                   struct err *err);

/* Kernel and initrd exist and can be read; what is in them is boot/'s to judge. */
NODISCARD int validate_bootloader(const struct bootloader_config *boot, enum personality p,
                                  struct err *err);

/* type=dev is a block device, shared directories exist. */
NODISCARD int validate_devices(const struct vm_config *cfg, struct err *err);

#endif
