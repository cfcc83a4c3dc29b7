/* SPDX-License-Identifier: Apache-2.0
 *
 * Where the framework is: framework_darwin.c on a Mac, tests/standin/framework.c on Linux. */
#ifndef BERTH_ACCEL_HVF_FRAMEWORK_H
#define BERTH_ACCEL_HVF_FRAMEWORK_H

#include <stdbool.h>

/* The address of a symbol of the framework, or NULL. Any thread. */
void *hv_symbol(const char *name);

/* What the kernel says of this host (sysctl kern.hv_support). */
bool hv_host_supports(void);

#endif
