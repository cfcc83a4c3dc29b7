/* SPDX-License-Identifier: Apache-2.0
 *
 * --cloud-init: a NoCloud seed, the CD-ROM image that cloud-init looks for in the guest.
 * vfkit-compat.md §15; cloud-init's documentation, "NoCloud". */
#ifndef BERTH_SERVICE_CLOUD_INIT_H
#define BERTH_SERVICE_CLOUD_INIT_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* Makes the image from the files that cfg->cloud_init names: *ret_path is malloc'd, the file the
 * caller's to remove. -errno with vfkit's sentence in `err`. */
NODISCARD int cloud_init_create(const struct vm_config *cfg, char **ret_path, struct err *err);

/* Removes images whose process is gone without having done so. */
void cloud_init_remove_stale(void);

#endif
