/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects as JSON, for the tests of what is built from a command line. Properties come in the order
 * in which they were set; an NSURL is its text; a file handle says what kind of thing it is. */
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "standin.h"

static void dump_text(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            (void)fputc('\\', out);
        (void)fputc(*text, out);
    }
    (void)fputc('"', out);
}

static const char *kind_of(int fd)
{
    struct stat st;
    int type = 0;
    socklen_t len = sizeof(type);

    if (fstat(fd, &st) < 0)
        return "closed";
    if (S_ISSOCK(st.st_mode))
        return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_DGRAM
                   ? "datagram socket"
                   : "socket";
    if (S_ISBLK(st.st_mode))
        return "block device";
    if (S_ISCHR(st.st_mode))
        return "character device";
    return S_ISFIFO(st.st_mode) ? "pipe" : "file";
}

static void dump_properties(FILE *out, id obj)
{
    (void)fprintf(out, "{\"class\": \"%s\"", class_name(obj));
    for (const struct property *p = obj->properties; p; p = p->next) {
        if (p->key[0] == '.' || p->type == 'w')
            continue;
        (void)fprintf(out, ", \"%s\": ", p->key);
        if (p->type == '@')
            dump_object(out, p->obj);
        else if (p->type == 'd')
            (void)fprintf(out, "%g", p->real);
        else
            (void)fprintf(out, "%llu", (unsigned long long)p->number);
    }
    (void)fputc('}', out);
}

static void dump_array(FILE *out, id array)
{
    (void)fputc('[', out);
    for (size_t i = 0; i < count_of(array); i++) {
        if (i)
            (void)fputs(", ", out);
        dump_object(out, element(array, i));
    }
    (void)fputc(']', out);
}

void dump_object(FILE *out, id obj)
{
    if (!obj)
        (void)fputs("null", out);
    else if (is_kind_of(obj, "NSString"))
        dump_text(out, utf8_of(obj));
    else if (is_kind_of(obj, "NSURL") && path_of(obj))
        dump_text(out, path_of(obj));
    else if (is_kind_of(obj, "NSURL"))
        dump_text(out, utf8_of(get_object(obj, "absoluteString")));
    else if (is_kind_of(obj, "NSFileHandle"))
        dump_text(out, kind_of(fd_of(obj)));
    else if (is_kind_of(obj, "VZMACAddress"))
        dump_text(out, utf8_of(get_object(obj, "string")));
    else if (is_kind_of(obj, "VZVirtioConsolePortConfigurationArray"))
        dump_array(out, get_object(obj, "list"));
    else if (is_kind_of(obj, "NSArray"))
        dump_array(out, obj);
    else
        dump_properties(out, obj);
}
