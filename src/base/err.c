/* SPDX-License-Identifier: Apache-2.0
 *
 * The error sentence: formatted once, carried by value, never allocated. */
#include "base/err.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
    va_list ap;

    assert(code < 0);
    if (!err)
        return code;
    err->code = code;
    err->hint[0] = '\0';
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    return code;
}

int err_set_go(struct err *err, int code, const char *op, const char *path)
{
    const char *reason = strerror(-code);

    return err_set(err, code, "%s %s: %c%s", op, path, tolower((unsigned char)reason[0]),
                   reason + 1);
}

int err_prefix(struct err *err, const char *fmt, ...)
{
    char old[ERR_TEXT_MAX];
    va_list ap;
    size_t n;

    assert(err);
    memcpy(old, err->text, sizeof(old));
    va_start(ap, fmt);
    (void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
    va_end(ap);
    n = strlen(err->text);
    (void)snprintf(err->text + n, sizeof(err->text) - n, ": %s", old);
    return err->code;
}

int err_hint(struct err *err, const char *fmt, ...)
{
    va_list ap;

    assert(err);
    va_start(ap, fmt);
    (void)vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
    va_end(ap);
    return err->code;
}
