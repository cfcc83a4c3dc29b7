/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules, and the profile that macOS compiles: of its rules the last that matches decides.
 * Everything is allowed but what is taken away here, because what Apple's frameworks need besides
 * is not documented; the users' own files lie below /Users and /Volumes. */
#include "host/sandbox.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

static const char taken_away[] =
    "(version 1)\n"
    "(allow default)\n"
    "(deny process-exec)\n"
    "(deny file-write*)\n"
    "(deny file-read-data (subpath \"/Users\") (subpath \"/Volumes\"))\n"
    "(allow file-read-data file-write* (subpath \"/dev\"))\n";

/* FOLDER/NAME, the folder resolved: what a file that is made at `path` will be called. */
static int resolve_new(const char *path, char *ret)
{
    char folder_of[PATH_MAX], name_of[PATH_MAX], folder[PATH_MAX];
    size_t len = strlen(path);

    if (len >= PATH_MAX)
        return -ENAMETOOLONG;
    memcpy(folder_of, path, len + 1);
    memcpy(name_of, path, len + 1);
    if (!realpath(dirname(folder_of), folder))
        return -errno;
    if (snprintf(ret, PATH_MAX, "%s/%s", folder, basename(name_of)) >= PATH_MAX)
        return -ENAMETOOLONG;
    return 0;
}

int sandbox_allow(struct sandbox *s, const char *path, bool writes, bool below)
{
    char real[PATH_MAX];
    struct sandbox_rule *rules = realloc(s->rules, (s->nr + 1) * sizeof(*rules));
    int rc = 0;

    if (!rules)
        return -ENOMEM;
    s->rules = rules;
    if (!realpath(path, real))
        rc = errno == ENOENT ? resolve_new(path, real) : -errno;
    if (rc < 0)
        return rc;
    rules[s->nr] = (struct sandbox_rule){strdup(real), writes, below};
    if (!rules[s->nr].path)
        return -ENOMEM;
    s->nr++;
    return 0;
}

void sandbox_finish(struct sandbox *s)
{
    for (size_t i = 0; i < s->nr; i++)
        free(s->rules[i].path);
    free(s->rules);
    *s = (struct sandbox){0};
}

/* As a string of the profile's language, which is Scheme. */
static void add_string(struct strbuf *b, const char *text)
{
    strbuf_addc(b, '"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            strbuf_addc(b, '\\');
        strbuf_addc(b, *text);
    }
    strbuf_addc(b, '"');
}

char *sandbox_profile(const struct sandbox *s)
{
    struct strbuf b = {0};

    strbuf_add(&b, taken_away);
    for (size_t i = 0; i < s->nr; i++) {
        const struct sandbox_rule *r = &s->rules[i];

        strbuf_addf(&b, "(allow file-read-data%s (%s ", r->writes ? " file-write*" : "",
                    r->below ? "subpath" : "literal");
        add_string(&b, r->path);
        strbuf_add(&b, "))\n");
    }
    return strbuf_take(&b);
}
