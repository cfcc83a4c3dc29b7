/* SPDX-License-Identifier: Apache-2.0
 *
 * The body of POST /vm/memory: berth's own, for the balloon. */
#ifndef BERTH_API_MEMORY_H
#define BERTH_API_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"

/* The integer member "targetBytes" of the JSON object in body[0..len). -EINVAL with the sentence in
 * `err`. */
NODISCARD int memory_parse(const char *body, size_t len, uint64_t *ret, struct err *err);

#endif
