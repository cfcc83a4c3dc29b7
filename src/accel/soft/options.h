/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows the name in `--accel soft,…`. */
#ifndef BERTH_ACCEL_SOFT_OPTIONS_H
#define BERTH_ACCEL_SOFT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

struct soft_options {
    uint64_t code_cache_bytes; /* 0: the CPU's own default */
    bool interpret;            /* translator=off */
};

/* Parses `text` ("code-cache=64,translator=off"; NULL or "" is all defaults). -EINVAL with the sentence in
 * `err`. */
NODISCARD int soft_options_parse(const char *text, struct soft_options *ret, struct err *err);

#endif
