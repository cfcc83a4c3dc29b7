/* SPDX-License-Identifier: Apache-2.0
 *
 * Strings, URLs, arrays, versions and errors of Apple's, as this engine wants them. What these
 * return is autoreleased: an autorelease pool is in force. Any thread. */
#ifndef BERTH_ENGINE_VZ_FOUNDATION_H
#define BERTH_ENGINE_VZ_FOUNDATION_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "engine/vz/calls.h"

/* [[[class alloc] init] autorelease]; NULL where this macOS has no such class. */
id vz_new(id cls);
/* [[class alloc]: for the init… calls of calls.h, whose result goes to objc_autorelease. */
#define VZ_ALLOC(name) ns_alloc(VZ_CLASS(name))

/* Never nil: NULL counts as "", a byte that is not UTF-8 as U+FFFD. */
id vz_string(const char *text);
id vz_file_url(const char *path);
id vz_file_handle(int fd); /* takes over `fd`, which is closed with the last reference */

/* --- versions --- */

/* Whether this macOS is `since` (1203 for 12.3) or newer. */
bool macos_has(int since);

/* 0, or -ENOTSUP with a sentence: "WHAT needs macOS 14 or later, and this is …; REMEDY". */
NODISCARD int macos_require(int since, const char *what, const char *remedy, struct err *err);

/* --- errors --- */

/* Makes a sentence of an NSError (NULL: of an unknown one): what `fmt…` says was being done,
 * Apple's words, and the remedy, where one is known. Returns the matching -errno; ENGINE_DENIED
 * when this process lacks the entitlement. */
int vz_error(struct err *err, id error, const char *fmt, ...) PRINTF_LIKE(3, 4);

#endif
