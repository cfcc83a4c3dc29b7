/* SPDX-License-Identifier: Apache-2.0
 *
 * A run's moments: every message to Apple's objects, every call of a handler, every piece of work
 * on a queue, counted from 1. At one of them the run waits for a test: BERTH_STANDIN_MOMENT says at
 * which, and it goes on when the named pipe BERTH_STANDIN_MOMENT_PIPE has been opened for writing
 * and closed. */
#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "standin.h"

static _Atomic NSInteger nr_moments;
static NSInteger awaited;

__attribute__((constructor)) static void read_scenario(void)
{
    awaited = scenario_number("MOMENT", 0);
}

void moment(void)
{
    char byte;
    int fd;

    if (awaited == 0 || atomic_fetch_add(&nr_moments, 1) + 1 != awaited)
        return;
    fd = open(scenario("MOMENT_PIPE"), O_RDONLY | O_CLOEXEC); /* waits for the test to open it */
    if (fd < 0)
        standin_fail("MOMENT_PIPE: %m");
    while (read(fd, &byte, 1) > 0) /* and to close it */
        ;
    (void)close(fd);
}
