/* SPDX-License-Identifier: Apache-2.0
 *
 * The portable part: names and limits. */
#include "host/info.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>

static uint64_t limit_value(rlim_t limit)
{
    return limit == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit;
}

void host_info_get(struct host_info *ret)
{
    struct utsname name;
    struct rlimit limit;

    *ret = (struct host_info){0};
    if (uname(&name) == 0) {
        (void)snprintf(ret->system, sizeof(ret->system), "%.40s %.50s", name.sysname, name.release);
        (void)snprintf(ret->machine, sizeof(ret->machine), "%.31s", name.machine);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        ret->files = limit_value(limit.rlim_cur);
        ret->files_max = limit_value(limit.rlim_max);
    }
    if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0)
        ret->memlock = limit_value(limit.rlim_cur);
    host_info_get_sizes(ret);
}
