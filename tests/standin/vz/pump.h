/* SPDX-License-Identifier: Apache-2.0
 *
 * Carries bytes between a pseudo-terminal and a pair of descriptors, on a thread of its own. */
#ifndef BERTH_TESTS_STANDIN_VZ_PUMP_H
#define BERTH_TESTS_STANDIN_VZ_PUMP_H

struct pump;

struct pump *pump_create(const char *pty, int in, int out); /* the descriptors stay the caller's */
void pump_destroy(struct pump *p); /* what has arrived still leaves; NULL is fine */

#endif
