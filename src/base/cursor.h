/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading foreign bytes: a cursor never runs past its end. A read that does not fit returns zeros, sets
 * `failed` and leaves nothing to read, so a parser checks once, after its last field. */
#ifndef BERTH_BASE_CURSOR_H
#define BERTH_BASE_CURSOR_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"

struct cursor {
    const uint8_t *p;
    size_t left; /* bytes */
    bool failed;
};

static inline struct cursor cursor_at(const void *p, size_t len)
{
    return (struct cursor){.p = p, .left = len};
}

/* The next `len` bytes, or NULL (and failed) when fewer are left. */
static inline const uint8_t *cursor_take(struct cursor *c, size_t len)
{
    const uint8_t *p = c->p;

    if (c->failed || len > c->left) {
        c->failed = true;
        c->left = 0;
        return NULL;
    }
    c->p += len;
    c->left -= len;
    return p;
}

static inline void cursor_copy(struct cursor *c, void *dst, size_t len)
{
    const uint8_t *p = cursor_take(c, len);

    if (p)
        memcpy(dst, p, len);
    else
        memset(dst, 0, len);
}

static inline uint8_t cursor_u8(struct cursor *c)
{
    uint8_t v;

    cursor_copy(c, &v, sizeof(v));
    return v;
}

/* Little endian, like everything a modern guest gives us; every supported host is little endian too. */
static inline uint16_t cursor_le16(struct cursor *c)
{
    uint16_t v;

    cursor_copy(c, &v, sizeof(v));
    return v;
}

static inline uint32_t cursor_le32(struct cursor *c)
{
    uint32_t v;

    cursor_copy(c, &v, sizeof(v));
    return v;
}

static inline uint64_t cursor_le64(struct cursor *c)
{
    uint64_t v;

    cursor_copy(c, &v, sizeof(v));
    return v;
}

#endif
