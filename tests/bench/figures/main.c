/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs figures: named by arguments, or, as a guest's first process, by the variable `figures` of the kernel's command line.
 *
 *     begin NAME               the timed run begins: who measures the emulator's CPU time looks now
 *     end NAME UNITS SECONDS   and now
 *
 * `milliseconds` (200) is how long a timed run takes about. */
#include "figures.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

volatile uint64_t figures_sink;

/* Idle moments in which somebody on a busy machine reads a line and looks at the clock. */
enum { LOOK_US = 30000 };

static const struct figure *const groups[] = {
    integer_figures, lua_figures, floating_figures, string_figures, system_figures, threads_figures,
};

void figures_fail(const char *what)
{
    printf("fail %s: %s\n", what, strerror(errno));
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    exit(1);
}

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double timed(const struct figure *f, uint64_t n)
{
    double began = now();

    f->run(n);
    return now() - began;
}

/* Doubles the work until it takes a tenth of the time wanted, and takes that twice: once may be the host's doing. The caches,
 * the translator's too, are warm then. */
static uint64_t calibrate(const struct figure *f, double wanted)
{
    uint64_t n = 1;
    double took, again;

    for (;; n *= 2) {
        took = timed(f, n);
        if (took < wanted / 10)
            continue;
        again = timed(f, n);
        took = again < took ? again : took;
        if (took >= wanted / 10)
            break;
    }
    n = (uint64_t)((double)n * wanted / took);
    return n ? n : 1;
}

static void run(const struct figure *f, double wanted)
{
    uint64_t n = calibrate(f, wanted);
    double seconds;

    printf("begin %s\n", f->name);
    fflush(stdout);
    usleep(LOOK_US);
    seconds = timed(f, n);
    printf("end %s %.6g %.6f\n", f->name, (double)n * f->per_unit, seconds);
    fflush(stdout);
    usleep(LOOK_US);
}

static void run_named(const char *name, double wanted)
{
    for (size_t g = 0; g < sizeof(groups) / sizeof(groups[0]); g++)
        for (const struct figure *f = groups[g]; f->name; f++)
            if (!strcmp(f->name, name))
                run(f, wanted);
}

/* The first process of a guest: what figures need of a system. */
static void become_init(void)
{
    if (mount("dev", "/dev", "devtmpfs", 0, NULL) || mount("proc", "/proc", "proc", 0, NULL))
        figures_fail("mount");
    if (dup2(open("/dev/ttyAMA0", O_RDWR), 1) < 0)
        figures_fail("/dev/ttyAMA0");
}

int main(int argc, char **argv)
{
    const char *names = getenv("figures"), *milliseconds = getenv("milliseconds");
    double wanted = (milliseconds ? atof(milliseconds) : 200) / 1000;
    char *list, *name;

    if (argc > 1 && !strcmp(argv[1], "nothing")) /* what the fork+exec figure executes */
        return 0;
    if (getpid() == 1)
        become_init();
    list = strdup(names ? names : "");
    for (name = strtok(list, ","); name; name = strtok(NULL, ","))
        run_named(name, wanted);
    free(list);
    for (int n = 1; n < argc; n++)
        run_named(argv[n], wanted);
    puts("done");
    fflush(stdout);
    if (getpid() == 1)
        reboot(RB_POWER_OFF);
    return 0;
}
