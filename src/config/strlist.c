/* SPDX-License-Identifier: Apache-2.0
 *
 * One allocation an entry and one for the array, grown by one: option lists are short. */
#include "config/strlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int strlist_addn(struct strlist *l, const char *s, size_t len)
{
    char **items = realloc(l->items, (l->nr + 1) * sizeof(*items));

    if (!items)
        return -ENOMEM;
    l->items = items;
    items[l->nr] = strndup(s, len);
    if (!items[l->nr])
        return -ENOMEM;
    l->nr++;
    return 0;
}

int strlist_add(struct strlist *l, const char *s)
{
    return strlist_addn(l, s, strlen(s));
}

void strlist_finish(struct strlist *l)
{
    for (size_t i = 0; i < l->nr; i++)
        free(l->items[i]);
    free(l->items);
    *l = (struct strlist){0};
}
