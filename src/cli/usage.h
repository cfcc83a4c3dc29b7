/* SPDX-License-Identifier: Apache-2.0
 *
 * --help and --version, written from the option and device tables. */
#ifndef BERTH_CLI_USAGE_H
#define BERTH_CLI_USAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"

void usage_print(enum personality p, FILE *out);

/* The one line that clients parse (vfkit-compat.md §3.4); `features`: and what this build contains
 * (berth only). */
void version_print(enum personality p, bool features, FILE *out);

#endif
