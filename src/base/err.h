/* SPDX-License-Identifier: Apache-2.0
 *
 * One sentence about why start-up failed, carried from where it is known to where it is printed.
 * Run-time paths return negative errno alone. */
#ifndef BERTH_BASE_ERR_H
#define BERTH_BASE_ERR_H

#include "base/compiler.h"

enum { ERR_TEXT_MAX = 1024, ERR_HINT_MAX = 1024 };

struct err {
    int code;                /* negative errno; 0: no error recorded */
    char text[ERR_TEXT_MAX]; /* names the thing, the value and the remedy; no newline */
    char hint[ERR_HINT_MAX]; /* remedy, where `text` is fixed by a contract; often empty */
};

/* Records `code` (negative errno) and the sentence; a longer one is cut. Returns `code`, so a
 * caller writes `return err_set(err, -EINVAL, …)`. `err` may be NULL: the sentence is dropped. */
int err_set(struct err *err, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Records `code` with the sentence that Go's library makes of a failed call on a file, which
 * vfkit's users know: "open /x: no such file or directory". Returns `code`. */
int err_set_go(struct err *err, int code, const char *op, const char *path);

/* Puts `fmt…` and ": " before the sentence already recorded. Returns err->code. */
int err_prefix(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Adds a remedy to a sentence whose wording is not ours to choose; printed on a line of its own.
 * Returns err->code. */
int err_hint(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#endif
