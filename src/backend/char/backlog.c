/* SPDX-License-Identifier: Apache-2.0
 *
 * One piece of memory, filled from the left and moved down when its end is reached. */
#include "backend/char/backlog.h"

#include <stdlib.h>
#include <string.h>

enum { BACKLOG_MIN = 4096 };

/* Room for `len` more bytes behind the last one. False: there is no memory. */
static bool make_room(struct backlog *b, size_t len)
{
    size_t cap = b->cap ? b->cap : BACKLOG_MIN;
    uint8_t *p;

    if (b->cap - b->head - b->len >= len && b->p)
        return true;
    if (b->p && b->head) {
        memmove(b->p, b->p + b->head, b->len);
        b->head = 0;
    }
    while (cap < b->len + len)
        cap *= 2;
    if (cap == b->cap)
        return true;
    p = realloc(b->p, cap);
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

void backlog_add(struct backlog *b, const void *p, size_t len)
{
    const uint8_t *from = p;
    size_t keep = len < b->max ? len : b->max;

    if (b->drop_oldest) {
        from += len - keep;
        b->lost += len - keep;
        if (b->len > b->max - keep) {
            b->lost += b->len - (b->max - keep);
            backlog_consume(b, b->len - (b->max - keep));
        }
    } else {
        keep = keep < b->max - b->len ? keep : b->max - b->len;
        b->lost += len - keep;
    }
    if (keep == 0)
        return;
    if (!make_room(b, keep)) {
        b->lost += keep;
        return;
    }
    memcpy(b->p + b->head + b->len, from, keep);
    b->len += keep;
}

const uint8_t *backlog_front(const struct backlog *b, size_t *ret_len)
{
    *ret_len = b->len;
    return b->len ? b->p + b->head : NULL;
}

void backlog_consume(struct backlog *b, size_t len)
{
    b->head += len;
    b->len -= len;
    if (b->len > 0)
        return;
    b->head = 0;
    if (b->cap > BACKLOG_MIN)
        backlog_finish(b);
}

uint64_t backlog_take_lost(struct backlog *b)
{
    uint64_t lost = b->lost;

    b->lost = 0;
    return lost;
}

void backlog_finish(struct backlog *b)
{
    free(b->p);
    b->p = NULL;
    b->head = b->len = b->cap = 0;
}
