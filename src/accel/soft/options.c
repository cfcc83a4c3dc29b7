/* SPDX-License-Identifier: Apache-2.0
 *
 * A comma-separated list of key=value. */
#include "accel/soft/options.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CODE_CACHE_MAX_MIB = 4096 };

/* Whether `text`, up to `len`, begins with `key` and '='; then *value is the rest. */
static bool has_key(const char *text, size_t len, const char *key, const char **value)
{
    size_t n = strlen(key);

    if (len <= n || text[n] != '=' || strncmp(text, key, n) != 0)
        return false;
    *value = text + n + 1;
    return true;
}

static int parse_code_cache(const char *value, const char *end, struct soft_options *o,
                            struct err *err)
{
    unsigned long mib = 0;
    char *stop = NULL;

    if (*value >= '0' && *value <= '9') {
        errno = 0;
        mib = strtoul(value, &stop, 10);
    }
    if (stop != end || errno || mib < 1 || mib > CODE_CACHE_MAX_MIB)
        return err_set(err, -EINVAL,
                       "--accel soft: code-cache=%.*s: a number of MiB from 1 to %d is wanted",
                       (int)(end - value), value, CODE_CACHE_MAX_MIB);
    o->code_cache_bytes = (uint64_t)mib << 20;
    return 0;
}

static int parse_switch(const char *key, const char *value, const char *end, bool *ret, struct err *err)
{
    size_t len = (size_t)(end - value);

    *ret = len == 2 && strncmp(value, "on", len) == 0;
    if (!*ret && (len != 3 || strncmp(value, "off", len) != 0))
        return err_set(err, -EINVAL, "--accel soft: %s=%.*s: 'on' or 'off' is wanted", key, (int)len, value);
    return 0;
}

static int parse_translator(const char *value, const char *end, struct soft_options *o, struct err *err)
{
    bool on = false;
    int rc = parse_switch("translator", value, end, &on, err);

    o->interpret = !on;
    return rc;
}

static int parse_path(const char *key, const char *value, const char *end, char ret[SOFT_PATH_MAX],
                      struct err *err)
{
    size_t len = (size_t)(end - value);

    if (len == 0 || len >= SOFT_PATH_MAX)
        return err_set(err, -EINVAL, "--accel soft: %s=%.*s: the path of a file is wanted", key, (int)len,
                       value);
    memcpy(ret, value, len);
    ret[len] = '\0';
    return 0;
}

static int parse_one(const char *text, size_t len, struct soft_options *o, struct err *err)
{
    const char *value;

    if (has_key(text, len, "code-cache", &value))
        return parse_code_cache(value, text + len, o, err);
    if (has_key(text, len, "translator", &value))
        return parse_translator(value, text + len, o, err);
    if (has_key(text, len, "trace", &value))
        return parse_path("trace", value, text + len, o->trace, err);
    if (has_key(text, len, "blocks", &value))
        return parse_path("blocks", value, text + len, o->blocks, err);
    if (has_key(text, len, "perf", &value))
        return parse_switch("perf", value, text + len, &o->perf, err);
    return err_set(err, -EINVAL,
                   "--accel soft: unknown option '%.*s'; known: code-cache=MIB, translator=on|off, "
                   "trace=FILE, blocks=FILE, perf=on|off",
                   (int)len, text);
}

int soft_options_parse(const char *text, struct soft_options *ret, struct err *err)
{
    struct soft_options o = {0};

    while (text && *text) {
        size_t len = strcspn(text, ",");
        int rc = len ? parse_one(text, len, &o, err) : 0;

        if (rc < 0)
            return rc;
        text += len + (text[len] == ',');
    }
    *ret = o;
    return 0;
}
