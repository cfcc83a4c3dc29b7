/* SPDX-License-Identifier: Apache-2.0
 *
 * Our version, and the versions of the programs whose contract we keep. */
#ifndef BERTH_CLI_VERSION_H
#define BERTH_CLI_VERSION_H

#include <stdio.h>

/* lima refuses a krunkit below 1.2.1; 0.6.4 and 1.3.1 are the releases that vfkit-compat.md
 * describes. BERTH_VERSION comes from the build. */
#define VFKIT_VERSION   "0.6.4"
#define KRUNKIT_VERSION "1.3.1"

/* One line a feature: accelerators, engines, libraries with their versions. */
void version_print_features(FILE *out);

#endif
