/* SPDX-License-Identifier: Apache-2.0
 *
 * What both flag engines share: finding an option in its table, and keeping its values. */
#include "config/option.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/optlist.h"

enum { NAME_MAX_LEN = 32, SIMILAR_DISTANCE = 2 };

void cmdline_finish(struct cmdline *cl)
{
    for (size_t i = 0; i < NR_OPTIONS; i++)
        strlist_finish(&cl->values[i].texts);
    strlist_finish(&cl->positionals);
    *cl = (struct cmdline){0};
}

const char *cmdline_text(const struct cmdline *cl, enum option_id id)
{
    const struct option_value *v = &cl->values[id];

    return v->texts.nr ? v->texts.items[v->texts.nr - 1] : NULL;
}

const struct option_spec *option_by_name(const struct option_table *t, const char *name, size_t len)
{
    for (size_t i = 0; i < t->nr; i++)
        if (strlen(t->options[i]->name) == len && !memcmp(t->options[i]->name, name, len))
            return t->options[i];
    return NULL;
}

const struct option_spec *option_by_letter(const struct option_table *t, char letter)
{
    for (size_t i = 0; i < t->nr; i++)
        if (letter && t->options[i]->letter == letter)
            return t->options[i];
    return NULL;
}

int option_store(const struct option_spec *spec, const char *text, struct option_value *v,
                 struct err *reason)
{
    int r = 0;

    if (spec->read)
        r = spec->read(text, &v->number, reason);
    if (r)
        return r;
    if (spec->kind == OPTION_QUOTED)
        r = optlist_split_quoted(text, &v->texts, reason);
    else {
        if (spec->kind != OPTION_LIST)
            strlist_finish(&v->texts);
        r = strlist_add(&v->texts, text);
    }
    v->given = true;
    return r;
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* Levenshtein distance of `a` (`len` bytes) and `b`; both shorter than NAME_MAX_LEN. */
static size_t distance(const char *a, size_t len, const char *b)
{
    size_t row[NAME_MAX_LEN + 1], width = strlen(b);

    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= len; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t above = row[j];

            row[j] = min3(above + 1, row[j - 1] + 1, diagonal + (a[i - 1] != b[j - 1]));
            diagonal = above;
        }
    }
    return row[width];
}

const struct option_spec *option_similar(const struct option_table *t, const char *name, size_t len)
{
    const struct option_spec *best = NULL;
    size_t least = SIMILAR_DISTANCE + 1;

    if (len > NAME_MAX_LEN)
        return NULL;
    for (size_t i = 0; i < t->nr; i++) {
        size_t d = distance(name, len, t->options[i]->name);

        if (d < least && d < len) {
            best = t->options[i];
            least = d;
        }
    }
    return best;
}
