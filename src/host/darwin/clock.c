/* SPDX-License-Identifier: Apache-2.0
 *
 * CLOCK_UPTIME_RAW stands still while the host sleeps; macOS's CLOCK_MONOTONIC does not. */
#include "host/clock.h"

#include <time.h>

uint64_t clock_monotonic_ns(void)
{
    return clock_gettime_nsec_np(CLOCK_UPTIME_RAW);
}

uint64_t clock_wall_ns(void)
{
    return clock_gettime_nsec_np(CLOCK_REALTIME);
}
