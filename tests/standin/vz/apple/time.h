/* SPDX-License-Identifier: Apache-2.0
 *
 * The clocks of macOS: CLOCK_UPTIME_RAW stands still while the host sleeps, CLOCK_MONOTONIC_RAW
 * does not. */
#ifndef BERTH_TESTS_STANDIN_VZ_TIME_H
#define BERTH_TESTS_STANDIN_VZ_TIME_H

#include_next <time.h>

#define CLOCK_UPTIME_RAW 8

unsigned long long clock_gettime_nsec_np(clockid_t clock);

#endif
