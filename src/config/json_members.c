/* SPDX-License-Identifier: Apache-2.0
 *
 * jansson, wrapped so that each member takes one line and allocation is checked once. */
#include "config/json_members.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/strlist.h"
#include "config/text.h"

struct json_writer json_writer_begin(enum json_view view)
{
    json_t *o = json_object();

    return (struct json_writer){.o = o, .view = view, .failed = !o};
}

json_t *json_writer_end(struct json_writer *w)
{
    if (!w->failed)
        return w->o;
    json_decref(w->o);
    return NULL;
}

void put_json(struct json_writer *w, const char *name, json_t *value)
{
    if (json_object_set_new(w->o, name, value))
        w->failed = true;
}

static json_t *text_to_json(const char *text)
{
    struct strbuf b = {0};
    json_t *json = NULL;

    strbuf_add(&b, "");
    utf8_repair(&b, text);
    if (!b.failed)
        json = json_stringn_nocheck(b.s, b.len);
    strbuf_finish(&b);
    return json;
}

void put_text(struct json_writer *w, const char *name, const char *text)
{
    put_json(w, name, text_to_json(text ? text : ""));
}

void put_text_if(struct json_writer *w, const char *name, const char *text)
{
    if (text && *text)
        put_text(w, name, text);
}

void put_bool(struct json_writer *w, const char *name, bool value)
{
    put_json(w, name, json_boolean(value));
}

void put_true_if(struct json_writer *w, const char *name, bool value)
{
    if (value)
        put_bool(w, name, true);
}

void put_int(struct json_writer *w, const char *name, int64_t value)
{
    put_json(w, name, json_integer(value));
}

void put_texts_if(struct json_writer *w, const char *name, char *const *texts, size_t nr)
{
    json_t *array;

    if (!nr)
        return;
    array = json_array();
    for (size_t i = 0; i < nr; i++)
        if (json_array_append_new(array, text_to_json(texts[i])))
            w->failed = true;
    put_json(w, name, array);
}

void get_failed(struct json_reader *in, const char *fmt, ...)
{
    char text[ERR_TEXT_MAX / 2];
    va_list ap;

    if (in->r)
        return;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    in->r = err_set(in->err, -EINVAL, "%s: %s", in->where, text);
}

static const json_t *get(const struct json_reader *in, const char *name)
{
    return in->r ? NULL : json_object_get(in->o, name);
}

void get_text(struct json_reader *in, const char *name, char **ret)
{
    const json_t *v = get(in, name);
    char *copy;

    if (!v)
        return;
    if (!json_is_string(v)) {
        get_failed(in, "'%s' is not a string", name);
        return;
    }
    copy = json_string_length(v) ? strdup(json_string_value(v)) : NULL;
    if (json_string_length(v) && !copy)
        in->r = -ENOMEM;
    free(*ret);
    *ret = copy;
}

void get_bool(struct json_reader *in, const char *name, bool *ret)
{
    const json_t *v = get(in, name);

    if (v && !json_is_boolean(v))
        get_failed(in, "'%s' is neither true nor false", name);
    else if (v)
        *ret = json_is_true(v);
}

void get_int(struct json_reader *in, const char *name, int64_t min, int64_t max, int64_t *ret)
{
    const json_t *v = get(in, name);

    if (!v)
        return;
    if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max)
        get_failed(in, "'%s' is not a whole number from %lld to %lld", name, (long long)min,
                   (long long)max);
    else
        *ret = json_integer_value(v);
}

void get_texts(struct json_reader *in, const char *name, char ***ret, size_t *ret_nr)
{
    const json_t *v = get(in, name);
    struct strlist list = {0};

    if (v && !json_is_array(v))
        get_failed(in, "'%s' is not an array", name);
    for (size_t i = 0; !in->r && i < json_array_size(v); i++) {
        const char *text = json_string_value(json_array_get(v, i));

        if (!text)
            get_failed(in, "'%s' holds something that is not a string", name);
        else
            in->r = strlist_add(&list, text);
    }
    if (in->r || !v) {
        strlist_finish(&list);
        return;
    }
    *ret = list.items;
    *ret_nr = list.nr;
}

void get_word(struct json_reader *in, const char *name, const char *const *words, int *ret)
{
    const json_t *v = get(in, name);
    const char *text = json_string_value(v);

    if (!v)
        return;
    for (int i = 0; text && words[i]; i++) {
        if (!strcmp(words[i], text)) {
            *ret = i;
            return;
        }
    }
    get_failed(in, "'%s' has an unknown value", name);
}
