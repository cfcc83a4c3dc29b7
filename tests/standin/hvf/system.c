/* SPDX-License-Identifier: Apache-2.0
 *
 * libSystem and the kernel: mach time at 24 MHz as on every Mac so far, objects, caches, and
 * kern.hv_support, which is 0 with HV_STANDIN=no-hardware. */
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "accel/hvf/framework.h"
#include "accel/hvf/hv.h"
#include "cpu/arm64/code.h"
#include "host/clock.h"
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

void os_release(void *object)
{
    free(object);
}

/* What the software CPU has decoded is its instruction cache. No vCPU runs. */
void sys_icache_invalidate(void *start, size_t len)
{
    (void)start, (void)len;
    if (standin_vm.used)
        a64_code_invalidate_all(standin_vm.a64);
}

void sys_dcache_flush(void *start, size_t len)
{
    (void)start, (void)len;
}

void *hv_symbol(const char *name)
{
    return dlsym(RTLD_DEFAULT, name);
}

bool hv_host_supports(void)
{
    const char *pretend = getenv("HV_STANDIN");

    return !pretend || strcmp(pretend, "no-hardware") != 0;
}
