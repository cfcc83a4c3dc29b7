/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit-compat.md §5: the splitters. Quirks that clients rely on (quotes inside a piece stay, a
 * backslash is an ordinary character) are the contract's, not ours to mend. */
#include "config/optlist.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

int optlist_split(const char *text, struct strlist *ret)
{
    for (;;) {
        size_t len = strcspn(text, ",");
        int r = strlist_addn(ret, text, len);

        if (r)
            return r;
        if (!text[len])
            return 0;
        text += len + 1;
    }
}

static int add_unquoted(struct strlist *list, const char *piece, size_t len)
{
    if (len && piece[0] == '"' && piece[len - 1] == '"') {
        while (len && piece[0] == '"')
            piece++, len--;
        while (len && piece[len - 1] == '"')
            len--;
    }
    return strlist_addn(list, piece, len);
}

int optlist_split_quoted(const char *text, struct strlist *list, struct err *reason)
{
    const char *start = text, *p;
    bool quoted = false;
    int r;

    if (!*text)
        return 0;
    for (p = text; *p; p++) {
        if (*p == '"')
            quoted = !quoted;
        if (*p != ',' || quoted)
            continue;
        r = add_unquoted(list, start, (size_t)(p - start));
        if (r)
            return r;
        start = p + 1;
    }
    if (quoted)
        return err_set(reason, -EINVAL, "mismatched \"");
    return add_unquoted(list, start, (size_t)(p - start));
}

void optlist_unquote(char *text)
{
    size_t len = strlen(text), lead;

    if (!len || text[0] != '"' || text[len - 1] != '"')
        return;
    lead = strspn(text, "\"");
    while (len > lead && text[len - 1] == '"')
        len--;
    memmove(text, text + lead, len - lead);
    text[len - lead] = '\0';
}

char *optlist_cut(char *piece)
{
    char *eq = strchr(piece, '=');

    if (!eq)
        return piece + strlen(piece);
    *eq = '\0';
    return eq + 1;
}

static const struct krun_arg *find(const struct krun_args *a, const char *key)
{
    for (size_t i = 0; i < a->nr; i++)
        if (!strcmp(a->args[i].key, key))
            return &a->args[i];
    return NULL;
}

/* Fills the next argument from `piece`, which it takes over on success. */
static int add_arg(struct krun_args *a, char *piece, struct err *reason)
{
    const char *eq = strchr(piece, '=');
    struct krun_arg arg = {.piece = piece};

    if (eq && strchr(eq + 1, '='))
        return err_set(reason, -EINVAL, "invalid argument format: %s", piece);
    arg.key = strdup(piece);
    if (!arg.key)
        return -ENOMEM;
    arg.value = optlist_cut(arg.key);
    if (find(a, arg.key)) {
        free(arg.key);
        return err_set(reason, -EINVAL, "argument %s is only expected once", piece);
    }
    a->args[a->nr++] = arg;
    return 0;
}

int krun_args_parse(const char *text, struct krun_args *ret, struct err *reason)
{
    struct krun_args a = {0};
    struct strlist pieces = {0};
    int r = optlist_split(text, &pieces);

    if (r)
        goto out;
    a.args = calloc(pieces.nr, sizeof(*a.args));
    if (!a.args) {
        r = -ENOMEM;
        goto out;
    }
    for (size_t i = 0; i < pieces.nr && !r; i++) {
        r = add_arg(&a, pieces.items[i], reason);
        if (!r)
            pieces.items[i] = NULL;
    }
    if (r)
        krun_args_finish(&a);
    else
        *ret = a;
out:
    strlist_finish(&pieces);
    return r;
}

void krun_args_finish(struct krun_args *a)
{
    for (size_t i = 0; i < a->nr; i++) {
        free(a->args[i].key);
        free(a->args[i].piece);
    }
    free(a->args);
    *a = (struct krun_args){0};
}

const struct krun_arg *krun_args_take(struct krun_args *a, const char *key)
{
    for (size_t i = 0; i < a->nr; i++) {
        if (!strcmp(a->args[i].key, key)) {
            a->args[i].taken = true;
            return &a->args[i];
        }
    }
    return NULL;
}

int krun_args_done(const struct krun_args *a, const char *what, struct err *reason)
{
    struct strbuf list = {0};
    char *text;

    for (size_t i = 0; i < a->nr; i++)
        if (!a->args[i].taken)
            strbuf_addf(&list, "%s\"%s\"", list.len ? ", " : "", a->args[i].piece);
    if (!list.len && !list.failed)
        return 0;
    text = strbuf_take(&list);
    if (!text)
        return -ENOMEM;
    (void)err_set(reason, -EINVAL, "unknown %s arguments: [%s]", what, text);
    free(text);
    return -EINVAL;
}
