/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>

#include "standin.h"

const char *scenario(const char *name)
{
    char variable[64];

    (void)snprintf(variable, sizeof(variable), "BERTH_STANDIN_%s", name);
    return getenv(variable);
}

NSInteger scenario_number(const char *name, NSInteger otherwise)
{
    const char *text = scenario(name);

    return text ? strtol(text, NULL, 0) : otherwise;
}

int scenario_macos(void)
{
    const char *text = scenario("MACOS");
    int major = 15, minor = 0;

    if (text)
        (void)sscanf(text, "%d.%d", &major, &minor);
    return major * 100 + minor;
}

void standin_fail(const char *fmt, ...)
{
    va_list ap;

    (void)fputs("vz stand-in: ", stderr);
    va_start(ap, fmt);
    (void)vfprintf(stderr, fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    abort();
}
