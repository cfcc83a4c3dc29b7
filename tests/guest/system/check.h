/* SPDX-License-Identifier: Apache-2.0
 *
 * Reporting, and the end of process 1. */
#ifndef SYSTEM_CHECK_H
#define SYSTEM_CHECK_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/reboot.h>
#include <unistd.h>

static inline void check(const char *name, bool good)
{
    printf("%s %s\n", good ? "ok" : "FAIL", name);
    fflush(stdout);
}

static inline void finish(void)
{
    printf("done\n");
    fflush(stdout);
    sync();
    reboot(RB_POWER_OFF);
    for (;;)
        pause();
}

#endif
