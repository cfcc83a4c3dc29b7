/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing list of owned strings. Zero-initialise. */
#ifndef BERTH_CONFIG_STRLIST_H
#define BERTH_CONFIG_STRLIST_H

#include <stddef.h>

#include "base/compiler.h"

struct strlist {
    char **items; /* each owned */
    size_t nr;
};

/* Copies the first `len` bytes of `s` to the end. 0 or -ENOMEM. */
NODISCARD int strlist_addn(struct strlist *l, const char *s, size_t len);
NODISCARD int strlist_add(struct strlist *l, const char *s);
void strlist_finish(struct strlist *l);

#endif
