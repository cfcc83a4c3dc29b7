/* SPDX-License-Identifier: Apache-2.0
 *
 * A CD-ROM image of a few files in its root directory: ISO 9660 (ECMA-119), no extensions. Pure. */
#ifndef BERTH_SERVICE_ISO9660_H
#define BERTH_SERVICE_ISO9660_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/compiler.h"

enum { ISO9660_FILES_MAX = 16, ISO9660_NAME_MAX = 28 };

struct iso9660_file {
    const char *name; /* stands in the directory as it is, with ";1" */
    const void *data;
    size_t len; /* bytes */
};

/* Makes the image: *ret is malloc'd, *ret_len a multiple of the sector. `label` has at most 32
 * characters; `files` are in the order of their names' bytes. 0; -EINVAL: too many files, or a name
 * or a sum of lengths beyond the format; -ENOMEM. */
NODISCARD int iso9660_create(const char *label, const struct iso9660_file *files, size_t nr,
                             time_t when, uint8_t **ret, size_t *ret_len);

#endif
