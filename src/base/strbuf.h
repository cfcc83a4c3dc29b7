/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing string. Zero-initialise; any failure to allocate is remembered and reported once, at the end. */
#ifndef BERTH_BASE_STRBUF_H
#define BERTH_BASE_STRBUF_H

#include <stdbool.h>

#include "base/compiler.h"

struct strbuf {
    char *s;      /* NUL-terminated once anything was added; NULL before */
    size_t len;   /* bytes, without the NUL */
    size_t cap;
    bool failed;  /* out of memory somewhere on the way */
};

void strbuf_add(struct strbuf *b, const char *s);
void strbuf_addn(struct strbuf *b, const char *s, size_t n);
void strbuf_addc(struct strbuf *b, char c);
void strbuf_addf(struct strbuf *b, const char *fmt, ...) PRINTF_LIKE(2, 3);

/* Hands the string to the caller, who frees it, and empties the buffer. NULL when memory ran out. */
NODISCARD char *strbuf_take(struct strbuf *b);
void strbuf_finish(struct strbuf *b);

#endif
