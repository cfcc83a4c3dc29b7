/* SPDX-License-Identifier: Apache-2.0
 *
 * What this build can do, in one table: everything that is understood but not built yet, and the
 * sizes we take. As parts are built, their lines go. Accelerators are in accel/select.c. */
#ifndef BERTH_CONFIG_SUPPORT_H
#define BERTH_CONFIG_SUPPORT_H

#include <stdio.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* vfkit's words; also said at its own place in the start-up order (vfkit-compat.md §8, step 4). */
#define SUPPORT_NESTED_SENTENCE "nested virtualization is not supported"

enum {
    SUPPORT_CPUS_MAX = 64,
    SUPPORT_MEMORY_MIN_MIB = 16,
    SUPPORT_MEMORY_MAX_MIB = 64 * 1024,
};

/* 0; -ENOTSUP with one plain sentence when `cfg` asks for something this build lacks; -EINVAL when
 * a size is out of range. Pure. */
NODISCARD int support_check(const struct vm_config *cfg, struct err *err);

/* The table, one line each, for --version -v. */
void support_print(FILE *out);

#endif
