/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules that only breaking shows. */
#ifndef BERTH_TESTS_STANDIN_ABORTS_H
#define BERTH_TESTS_STANDIN_ABORTS_H

#include <stdbool.h>

/* Whether `fn`, in a process of its own, ends in SIGABRT with `says` on standard error. It inherits what
 * this process has made: a VM, of which there can be one. */
bool aborts(void (*fn)(void), const char *says);

#endif
