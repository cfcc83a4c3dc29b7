/* SPDX-License-Identifier: Apache-2.0
 *
 * Loaded before qemu-ga by test_services.py: the clock that it sets is a line in the file
 * BERTH_AGENT_CLOCK, not the host's, and hwclock, which it runs then, does nothing. */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <unistd.h>

int settimeofday(const struct timeval *tv, const struct timezone *tz)
{
    const char *path = getenv("BERTH_AGENT_CLOCK");
    FILE *f = path ? fopen(path, "a") : NULL;

    (void)tz;
    if (!f)
        return -1;
    (void)fprintf(f, "%" PRId64 "\n", (int64_t)tv->tv_sec);
    return fclose(f);
}

/* Which of them is called depends on the agent's age. */
int execl(const char *path, const char *arg, ...)
{
    (void)path, (void)arg;
    _exit(0);
}

int execle(const char *path, const char *arg, ...)
{
    (void)path, (void)arg;
    _exit(0);
}

int execve(const char *path, char *const argv[], char *const envp[])
{
    (void)path, (void)argv, (void)envp;
    _exit(0);
}
