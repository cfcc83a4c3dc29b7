/* SPDX-License-Identifier: Apache-2.0
 *
 * Host time. Any thread. */
#ifndef BERTH_HOST_CLOCK_H
#define BERTH_HOST_CLOCK_H

#include <stdint.h>

/* Nanoseconds of a clock that never jumps and does not count host sleep where the host can tell. */
uint64_t clock_monotonic_ns(void);

/* Nanoseconds since 1970-01-01 00:00 UTC. */
uint64_t clock_wall_ns(void);

#endif
