/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of POST /vm/state. */
#ifndef BERTH_API_VERB_H
#define BERTH_API_VERB_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

/* Finds the string member "state" (in any case of letters; the last one counts) of the JSON object
 * in body[0..len). *ret is the caller's to free, NULL when the member is missing or null. Other
 * members, and what follows the first JSON value, are ignored. -EINVAL with the parser's words in
 * `err`, -ENOMEM. */
NODISCARD int verb_parse(const char *body, size_t len, char **ret, struct err *err);

/* {"error":"…"} with `text` quoted as vfkit quotes it; the caller frees. NULL: out of memory. */
NODISCARD char *error_body(const char *text);

#endif
