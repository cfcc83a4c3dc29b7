/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines as Rust's clap parses them, for krunkit: vfkit-compat.md §16.1. A message here
 * begins after the "error: " that the command line's owner prints. */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/option.h"
#include "config/words.h"

static bool repeatable(const struct option_spec *spec)
{
    return spec->kind == OPTION_LIST || spec->kind == OPTION_QUOTED;
}

static int unexpected(const char *what, size_t len, const struct option_table *t, struct err *err)
{
    const struct option_spec *similar = NULL;

    (void)err_set(err, -EINVAL, "unexpected argument '%.*s' found", (int)len, what);
    if (len > 2 && what[0] == '-' && what[1] == '-')
        similar = option_similar(t, what + 2, len - 2);
    return similar ? err_hint(err, "a similar argument exists: '--%s'", similar->name) : -EINVAL;
}

static int twice(const struct option_spec *spec, struct err *err)
{
    return err_set(err, -EINVAL, "the argument '--%s%s%s%s' cannot be used multiple times",
                   spec->name, spec->metavar ? " <" : "", spec->metavar ? spec->metavar : "",
                   spec->metavar ? ">" : "");
}

static int set_switch(const struct option_spec *spec, struct cmdline *cl, struct err *err)
{
    struct option_value *v = &cl->values[spec->id];

    if (v->given)
        return twice(spec, err);
    v->given = v->on = true;
    return 0;
}

static int set_value(const struct option_spec *spec, const char *text, struct cmdline *cl,
                     struct err *err)
{
    struct option_value *v = &cl->values[spec->id];
    struct err reason = {0};
    int r;

    if (v->given && !repeatable(spec))
        return twice(spec, err);
    r = option_store(spec, text, v, &reason);
    if (r != -EINVAL)
        return r;
    return err_set(err, r, "invalid value '%s' for '--%s <%s>': %s", text, spec->name,
                   spec->metavar, reason.text);
}

/* The value of `spec` is the next word, which must not look like an option. */
static int set_from_next(const struct option_spec *spec, struct words *w, struct cmdline *cl,
                         struct err *err)
{
    if (!w->left || (w->next[0][0] == '-' && w->next[0][1]))
        return err_set(err, -EINVAL, "a value is required for '--%s <%s>' but none was supplied",
                       spec->name, spec->metavar);
    return set_value(spec, words_take(w), cl, err);
}

static int parse_long(const char *word, struct words *w, struct cmdline *cl, struct err *err)
{
    const char *body = word + 2;
    size_t len = strcspn(body, "=");
    const struct option_spec *spec = option_by_name(cl->table, body, len);

    if (!spec)
        return unexpected(word, len + 2, cl->table, err);
    if (spec->kind == OPTION_SWITCH) {
        if (body[len])
            return err_set(err, -EINVAL,
                           "unexpected value '%s' for '--%s' found; no more were expected",
                           body + len + 1, spec->name);
        return set_switch(spec, cl, err);
    }
    if (body[len])
        return set_value(spec, body + len + 1, cl, err);
    return set_from_next(spec, w, cl, err);
}

static int parse_short(const char *word, struct words *w, struct cmdline *cl, struct err *err)
{
    for (const char *p = word + 1; *p; p++) {
        const struct option_spec *spec = option_by_letter(cl->table, *p);
        int r;

        if (!spec) {
            const char letter[] = {'-', *p, '\0'};

            return unexpected(letter, 2, cl->table, err);
        }
        if (spec->kind != OPTION_SWITCH)
            return p[1] ? set_value(spec, p + 1 + (p[1] == '='), cl, err)
                        : set_from_next(spec, w, cl, err);
        r = set_switch(spec, cl, err);
        if (r)
            return r;
    }
    return 0;
}

static int parse_word(const char *word, struct words *w, struct cmdline *cl, struct err *err)
{
    if (word[0] != '-' || !word[1])
        return unexpected(word, strlen(word), cl->table, err);
    if (word[1] == '-')
        return parse_long(word, w, cl, err);
    return parse_short(word, w, cl, err);
}

static bool ends_parsing(const struct cmdline *cl)
{
    return cl->values[OPT_HELP].on || cl->values[OPT_VERSION].on;
}

int clap_parse(const struct option_table *t, int argc, char *const *argv, struct cmdline *ret,
               struct err *err)
{
    struct words w = words_of(argc, argv);
    struct cmdline cl = {.table = t};
    int r = 0;

    while (!r && w.left && !ends_parsing(&cl)) {
        const char *word = words_take(&w);

        if (strcmp(word, "--") != 0)
            r = parse_word(word, &w, &cl, err);
        else if (w.left)
            r = unexpected(w.next[0], strlen(w.next[0]), t, err);
    }
    if (r)
        cmdline_finish(&cl);
    else
        *ret = cl;
    return r;
}
