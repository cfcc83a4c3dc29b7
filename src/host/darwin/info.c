/* SPDX-License-Identifier: Apache-2.0
 *
 * sysctl(3). What is available cannot be said in one number on macOS, so it stays unknown. */
#include "host/info.h"

#include <stddef.h>
#include <sys/sysctl.h>

void host_info_get_sizes(struct host_info *info)
{
    int cpus = 0;
    size_t len = sizeof(info->memory);

    if (sysctlbyname("hw.memsize", &info->memory, &len, NULL, 0))
        info->memory = 0;
    len = sizeof(cpus);
    if (sysctlbyname("hw.activecpu", &cpus, &len, NULL, 0) == 0 && cpus > 0)
        info->cpus = (unsigned)cpus;
}
