/* SPDX-License-Identifier: Apache-2.0
 *
 * proc(5), sched_getaffinity(2). */
#include "host/info.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The value of `name` in /proc/meminfo, in bytes; 0 when it is not there. */
static uint64_t meminfo(const char *name)
{
    char line[128];
    uint64_t kib = 0;
    size_t len = strlen(name);
    FILE *f = fopen("/proc/meminfo", "re");

    if (!f)
        return 0;
    while (!kib && fgets(line, sizeof(line), f))
        if (!strncmp(line, name, len) && line[len] == ':')
            kib = strtoull(line + len + 1, NULL, 10);
    (void)fclose(f);
    return kib * 1024;
}

void host_info_get_sizes(struct host_info *info)
{
    cpu_set_t set;

    info->memory = meminfo("MemTotal");
    info->available = meminfo("MemAvailable");
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        info->cpus = (unsigned)CPU_COUNT(&set);
}
