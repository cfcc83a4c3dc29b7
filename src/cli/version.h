/* SPDX-License-Identifier: Apache-2.0
 *
 * Our version, and the versions of the programs whose contract we keep. */
#ifndef BERTH_CLI_VERSION_H
#define BERTH_CLI_VERSION_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"

/* Without a leading v. */
const char *version_berth(void);

/* The one line that clients parse (vfkit-compat.md §3.4); `features` (berth only): and what this
 * build contains. */
void version_print(enum personality p, bool features, FILE *out);

/* One line for each library: the version it was built against, or what happens without it. */
void version_print_libraries(FILE *out);

#endif
