/* SPDX-License-Identifier: Apache-2.0
 *
 * Process 1 of a guest that says ten times a second how far the host's clock (/dev/ptp0) is ahead
 * of its own. */
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Linux's clock of a descriptor (clock_getres(2), "Dynamic clocks"). */
static clockid_t clock_of(int fd)
{
    return (clockid_t)((~(unsigned)fd << 3) | 3);
}

static long long ms(const struct timespec *t)
{
    return (long long)t->tv_sec * 1000 + t->tv_nsec / 1000000;
}

int main(void)
{
    struct timespec host, guest, pause = {.tv_nsec = 100000000};
    FILE *console;
    int fd;

    (void)mkdir("/dev", 0755);
    (void)mount("dev", "/dev", "devtmpfs", 0, NULL);
    console = fopen("/dev/ttyAMA0", "w"); /* hvc0 would need modules */
    fd = open("/dev/ptp0", O_RDONLY);
    if (!console || fd < 0) {
        if (console)
            (void)fprintf(console, "no /dev/ptp0\n");
        return 1;
    }
    for (;;) {
        if (clock_gettime(clock_of(fd), &host) < 0 || clock_gettime(CLOCK_REALTIME, &guest) < 0)
            (void)fprintf(console, "the clock cannot be read\n");
        else
            (void)fprintf(console, "ahead %lld ms, at %lld\n", ms(&host) - ms(&guest),
                          (long long)host.tv_sec);
        (void)fflush(console);
        (void)nanosleep(&pause, NULL);
    }
}
