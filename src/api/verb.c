/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON as Go's decoder takes it: vfkit-compat.md §9.2. */
#include "api/verb.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"

static bool is_blank(const char *body, size_t len)
{
    while (len && strchr(" \t\r\n", *body)) {
        body++;
        len--;
    }
    return len == 0;
}

static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_ARRAY:
        return "array";
    case JSON_STRING:
        return "string";
    case JSON_INTEGER:
    case JSON_REAL:
        return "number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "bool";
    default:
        return "object";
    }
}

static int find_verb(json_t *root, const char **ret, struct err *err)
{
    const char *key;
    json_t *value;

    *ret = NULL;
    if (json_is_null(root))
        return 0;
    if (!json_is_object(root))
        return err_set(err, -EINVAL, "json: cannot unmarshal %s into an object", type_name(root));
    json_object_foreach(root, key, value)
    {
        if (strcasecmp(key, "state") != 0 || json_is_null(value))
            continue;
        if (!json_is_string(value))
            return err_set(err, -EINVAL,
                           "json: cannot unmarshal %s into field state of type string",
                           type_name(value));
        *ret = json_string_value(value);
    }
    return 0;
}

int verb_parse(const char *body, size_t len, char **ret, struct err *err)
{
    const char *verb = NULL;
    json_error_t why;
    json_t *root;
    int rc;

    if (is_blank(body, len))
        return err_set(err, -EINVAL, "EOF");
    root = json_loadb(body, len, JSON_DECODE_ANY | JSON_DISABLE_EOF_CHECK, &why);
    if (!root)
        return err_set(err, -EINVAL, "%s", why.text);
    rc = find_verb(root, &verb, err);
    if (rc == 0) {
        char *copy = verb ? strdup(verb) : NULL;

        if (verb && !copy)
            rc = err_set(err, -ENOMEM, "out of memory");
        else
            *ret = copy;
    }
    json_decref(root);
    return rc;
}

/* Outside strings JSON has none of these characters, so they are replaced wherever they stand. */
static void add_escaped(struct strbuf *b, const char *json)
{
    for (; *json; json++) {
        if (strchr("<>&", *json))
            strbuf_addf(b, "\\u%04x", (unsigned)*json);
        else
            strbuf_addc(b, *json);
    }
}

char *error_body(const char *text)
{
    json_t *quoted = json_pack("{s:s}", "error", text);
    struct strbuf b = {0};
    char *plain;

    if (!quoted) /* not UTF-8 */
        return strdup("{\"error\":\"invalid text\"}");
    plain = json_dumps(quoted, JSON_COMPACT);
    json_decref(quoted);
    if (!plain)
        return NULL;
    add_escaped(&b, plain);
    free(plain);
    return strbuf_take(&b);
}
