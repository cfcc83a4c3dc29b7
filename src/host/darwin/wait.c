/* SPDX-License-Identifier: Apache-2.0
 *
 * macOS cannot give a condition variable another clock, but it can wait for a span of time. */
#include "host/wait.h"

#include <errno.h>
#include <time.h>

#include "host/clock.h"

void wait_cond_init(pthread_cond_t *cond)
{
    (void)pthread_cond_init(cond, NULL);
}

bool wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns)
{
    uint64_t now, left;
    struct timespec ts;

    if (deadline_ns == UINT64_MAX)
        return pthread_cond_wait(cond, lock) == 0;
    now = clock_monotonic_ns();
    left = deadline_ns > now ? deadline_ns - now : 0;
    ts = (struct timespec){.tv_sec = (time_t)(left / 1000000000u),
                           .tv_nsec = (long)(left % 1000000000u)};
    return pthread_cond_timedwait_relative_np(cond, lock, &ts) != ETIMEDOUT;
}
