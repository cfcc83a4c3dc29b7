/* SPDX-License-Identifier: Apache-2.0
 *
 * A queue of bytes that grows to a bound and gives its memory back when empty. */
#ifndef BERTH_BACKEND_CHAR_BACKLOG_H
#define BERTH_BACKEND_CHAR_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct backlog {
    size_t max;       /* bytes; set before use */
    bool drop_oldest; /* when full: otherwise what comes newly is dropped */
    uint8_t *p;
    size_t head, len, cap; /* bytes [head, head + len) of cap */
    uint64_t lost;         /* bytes dropped since backlog_take_lost */
};

void backlog_add(struct backlog *b, const void *p, size_t len);
const uint8_t *backlog_front(const struct backlog *b, size_t *ret_len);
void backlog_consume(struct backlog *b, size_t len);
uint64_t backlog_take_lost(struct backlog *b);
void backlog_finish(struct backlog *b);

#endif
