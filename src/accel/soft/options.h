/* SPDX-License-Identifier: Apache-2.0
 *
 * What follows the name in `--accel soft,…`. */
#ifndef BERTH_ACCEL_SOFT_OPTIONS_H
#define BERTH_ACCEL_SOFT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

enum { SOFT_PATH_MAX = 1024 };

struct soft_options {
    uint64_t code_cache_bytes; /* 0: the CPU's own default */
    bool interpret;            /* translator=off */
    bool perf;                 /* perf=on: name translated blocks in /tmp/perf-PID.map */
    char trace[SOFT_PATH_MAX];  /* every instruction executed goes to this file; "": no trace */
    char blocks[SOFT_PATH_MAX]; /* every block translated goes to this file; "": none */
};

/* Parses `text` ("code-cache=64,translator=off,trace=/tmp/t"; NULL or "" is all defaults). -EINVAL with the sentence in
 * `err`. */
NODISCARD int soft_options_parse(const char *text, struct soft_options *ret, struct err *err);

#endif
