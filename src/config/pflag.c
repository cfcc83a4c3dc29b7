/* SPDX-License-Identifier: Apache-2.0
 *
 * Command lines as Go's pflag parses them, for vfkit and berth: vfkit-compat.md §4.2 and §4.4. The
 * messages are pflag's; hints are ours. */
#include <errno.h>
#include <string.h>

#include "config/number.h"
#include "config/option.h"
#include "config/text.h"
#include "config/words.h"

/* "invalid argument "abc" for "-c, --cpus" flag: …", around the reason already in `err`. */
static int invalid_argument(const struct option_spec *spec, const char *text, struct err *err)
{
    struct err reason = *err;
    struct strbuf quoted = {0};

    go_quote(&quoted, text);
    if (spec->letter)
        (void)err_set(err, -EINVAL, "invalid argument %s for \"-%c, --%s\" flag: %s",
                      quoted.s ? quoted.s : "", spec->letter, spec->name, reason.text);
    else
        (void)err_set(err, -EINVAL, "invalid argument %s for \"--%s\" flag: %s",
                      quoted.s ? quoted.s : "", spec->name, reason.text);
    strbuf_finish(&quoted);
    return -EINVAL;
}

static int store(const struct option_spec *spec, const char *text, struct cmdline *cl,
                 struct err *err)
{
    struct option_value *v = &cl->values[spec->id];
    int r;

    if (spec->kind == OPTION_SWITCH) {
        r = go_parse_bool(text, &v->on, err);
        v->given = true;
    } else {
        r = option_store(spec, text, v, err);
    }
    return r == -EINVAL ? invalid_argument(spec, text, err) : r;
}

/* `body` is what follows the two dashes. */
static int parse_long(const char *body, struct words *w, struct cmdline *cl, struct err *err)
{
    size_t len = strcspn(body, "=");
    const struct option_spec *spec = option_by_name(cl->table, body, len);

    if (!len || body[0] == '-')
        return err_set(err, -EINVAL, "bad flag syntax: --%s", body);
    if (!spec) {
        const struct option_spec *similar = option_similar(cl->table, body, len);

        (void)err_set(err, -EINVAL, "unknown flag: --%.*s", (int)len, body);
        return similar ? err_hint(err, "did you mean --%s?", similar->name) : -EINVAL;
    }
    if (body[len])
        return store(spec, body + len + 1, cl, err);
    if (spec->kind == OPTION_SWITCH)
        return store(spec, "true", cl, err);
    if (!w->left)
        return err_set(err, -EINVAL, "flag needs an argument: --%s", spec->name);
    return store(spec, words_take(w), cl, err);
}

/* `body` is what follows the dash: letters, of which the first that wants a value takes the rest.
 */
static int parse_short(const char *body, struct words *w, struct cmdline *cl, struct err *err)
{
    while (*body) {
        const struct option_spec *spec = option_by_letter(cl->table, *body);
        int r;

        if (!spec)
            return err_set(err, -EINVAL, "unknown shorthand flag: '%c' in -%s", *body, body);
        if (body[1] == '=' && body[2])
            return store(spec, body + 2, cl, err);
        if (spec->kind == OPTION_SWITCH) {
            r = store(spec, "true", cl, err);
            if (r)
                return r;
            body++;
            continue;
        }
        if (body[1])
            return store(spec, body + 1, cl, err);
        if (!w->left)
            return err_set(err, -EINVAL, "flag needs an argument: '%c' in -%s", *body, body);
        return store(spec, words_take(w), cl, err);
    }
    return 0;
}

static int parse_word(const char *word, struct words *w, struct cmdline *cl, struct err *err)
{
    if (word[0] != '-' || !word[1])
        return strlist_add(&cl->positionals, word);
    if (word[1] == '-')
        return parse_long(word + 2, w, cl, err);
    return parse_short(word + 1, w, cl, err);
}

int pflag_parse(const struct option_table *t, int argc, char *const *argv, struct cmdline *ret,
                struct err *err)
{
    struct words w = words_of(argc, argv);
    struct cmdline cl = {.table = t};
    bool options = true;
    int r = 0;

    while (!r && w.left) {
        const char *word = words_take(&w);

        if (options && !strcmp(word, "--"))
            options = false;
        else if (options)
            r = parse_word(word, &w, &cl, err);
        else
            r = strlist_add(&cl.positionals, word);
    }
    if (r)
        cmdline_finish(&cl);
    else
        *ret = cl;
    return r;
}
