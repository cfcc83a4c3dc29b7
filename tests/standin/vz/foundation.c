/* SPDX-License-Identifier: Apache-2.0
 *
 * Strings, URLs, arrays, data, file handles, errors. */
#include <ctype.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config/text.h"
#include "methods.h"
#include "table.h"

id ns_object_alloc(id cls, SEL cmd)
{
    id obj = class_createInstance((Class)(void *)cls, 0);

    obj->is_init = false;
    return obj;
}

id ns_object_init(id self, SEL cmd)
{
    if (self->isa->apple && self->isa->apple->flags & NO_INIT)
        standin_fail("-[%s init] is unavailable", class_name(self));
    return self;
}

static void free_impl(id self)
{
    free(self->impl);
}

/* --- strings --- */

id string_of(const char *utf8)
{
    id s = new_object("NSString");

    s->impl = strdup(utf8);
    s->finish = free_impl;
    return objc_autorelease(s);
}

const char *utf8_of(id string)
{
    return string ? string->impl : NULL;
}

id ns_string_with(id cls, SEL cmd, const char *text)
{
    for (const char *s = text; *s; s += utf8_len(s))
        if (!utf8_len(s))
            return NULL;
    return string_of(text);
}

const char *ns_string_text(id self, SEL cmd)
{
    return utf8_of(self);
}

/* --- URLs --- */

id ns_url_with_path(id cls, SEL cmd, id path)
{
    id url = new_object("NSURL");

    if (!*utf8_of(path))
        standin_fail("+[NSURL fileURLWithPath:] of an empty path raises");
    put_object(url, "path", path);
    return objc_autorelease(url);
}

/* RFC 2396, as macOS holds programs to it that are linked for 13. */
static bool is_url(const char *text)
{
    for (const char *s = text; *s; s++)
        if (*s == '%' ? !isxdigit((unsigned char)s[1]) || !isxdigit((unsigned char)s[2])
                      : !isgraph((unsigned char)*s) || strchr("<>\"{}|\\^`", *s))
            return false;
    return *text;
}

id ns_url_with(id cls, SEL cmd, id text)
{
    id url;

    if (!is_url(utf8_of(text)))
        return NULL;
    url = new_object("NSURL");
    put_object(url, "absoluteString", text);
    return objc_autorelease(url);
}

const char *path_of(id url)
{
    return utf8_of(get_object(url, "path"));
}

/* --- arrays --- */

struct elements {
    size_t nr;
    id obj[];
};

static void release_elements(id self)
{
    struct elements *e = self->impl;

    for (size_t i = 0; e && i < e->nr; i++)
        objc_release(e->obj[i]);
    free(e);
}

id ns_array_new(id cls, SEL cmd)
{
    id array = class_createInstance((Class)(void *)cls, 0);

    array->finish = release_elements;
    return objc_autorelease(array);
}

void array_add(id array, id obj)
{
    size_t nr = count_of(array);
    struct elements *e = realloc(array->impl, sizeof(*e) + (nr + 1) * sizeof(id));

    if (!e)
        abort();
    e->obj[nr] = objc_retain(obj);
    e->nr = nr + 1;
    array->impl = e;
}

id array_of(id other)
{
    id array = new_object("NSArray");

    array->finish = release_elements;
    for (size_t i = 0; i < count_of(other); i++)
        array_add(array, element(other, i));
    return objc_autorelease(array);
}

void ns_array_append(id self, SEL cmd, id obj)
{
    note_change(self);
    array_add(self, obj);
}

size_t count_of(id array)
{
    const struct elements *e = array ? array->impl : NULL;

    return e ? e->nr : 0;
}

id element(id array, size_t i)
{
    const struct elements *e = array->impl;

    if (i >= count_of(array))
        standin_fail("-[NSArray objectAtIndex:] beyond the end raises");
    return e->obj[i];
}

NSUInteger ns_array_length(id self, SEL cmd)
{
    return count_of(self);
}

id ns_array_element(id self, SEL cmd, NSUInteger i)
{
    return element(self, i);
}

NSUInteger ns_array_find(id self, SEL cmd, id obj)
{
    for (size_t i = 0; i < count_of(self); i++)
        if (element(self, i) == obj)
            return i;
    return INT64_MAX; /* NSNotFound */
}

/* --- data, handles --- */

id ns_data_with(id cls, SEL cmd, const void *bytes, NSUInteger len)
{
    id data = new_object("NSData");

    data->impl = malloc(len ? len : 1);
    memcpy(data->impl, bytes, len);
    data->finish = free_impl;
    put_number(data, "length", len);
    return objc_autorelease(data);
}

static void close_handle(id self)
{
    if (get_number(self, "closeOnDealloc"))
        (void)close((int)get_number(self, "fileDescriptor"));
}

id ns_handle_init(id self, SEL cmd, int fd, objc_bool close_it)
{
    if (fcntl(fd, F_GETFD) < 0)
        standin_fail("a file handle of descriptor %d, which is not open", fd);
    put_number(self, "fileDescriptor", (uint64_t)fd);
    put_number(self, "closeOnDealloc", close_it != 0);
    self->finish = close_handle;
    return self;
}

int fd_of(id handle)
{
    return (int)get_number(handle, "fileDescriptor");
}

/* --- errors --- */

id error_of(const char *domain, NSInteger code, const char *description, const char *reason)
{
    id error = new_object("NSError");

    put_number(error, "code", (uint64_t)code);
    put_object(error, "domain", string_of(domain));
    put_object(error, "localizedDescription", string_of(description));
    put_object(error, "underlyingErrors", array_of(NULL));
    if (reason)
        put_object(error, "localizedFailureReason", string_of(reason));
    return objc_autorelease(error);
}

void give_error(id *ret, id error)
{
    if (ret)
        *ret = error;
}

/* --- the rest --- */

id ns_info(id cls, SEL cmd)
{
    return objc_autorelease(new_object("NSProcessInfo"));
}

objc_bool ns_info_at_least(id self, SEL cmd, struct ns_version v)
{
    return scenario_macos() >= v.major * 100 + v.minor;
}

id ns_info_text(id self, SEL cmd)
{
    char text[48];

    (void)snprintf(text, sizeof(text), "Version %d.%d (Build 0)", scenario_macos() / 100,
                   scenario_macos() % 100);
    return string_of(text);
}
