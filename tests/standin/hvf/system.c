/* SPDX-License-Identifier: Apache-2.0
 *
 * libSystem and the kernel: objects, mach time (24 MHz as on every Mac so far), and
 * kern.hv_support. The instruction cache is in memory.c. */
#include <dlfcn.h>
#include <stdlib.h>

#include "accel/hvf/framework.h"
#include "host/clock.h"
#include "object.h"
#include "standin.h"

enum { NS_NUMER = 125, NS_DENOM = 3 };

uint64_t mach_absolute_time(void)
{
    return (uint64_t)((__uint128_t)clock_monotonic_ns() * NS_DENOM / NS_NUMER);
}

int mach_timebase_info(struct mach_timebase_info *info)
{
    *info = (struct mach_timebase_info){NS_NUMER, NS_DENOM};
    return 0;
}

void *standin_object_create(size_t size)
{
    struct standin_object *o = calloc(1, size);

    if (o)
        o->magic = STANDIN_OBJECT;
    return o;
}

void os_release(void *object)
{
    struct standin_object *o = object;

    if (!o || o->magic != STANDIN_OBJECT)
        standin_breach("os_release: not an object");
    o->magic = 0;
    free(o);
}

void *hv_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

bool hv_host_supports(void)
{
    return !standin_setting("no-hardware");
}
