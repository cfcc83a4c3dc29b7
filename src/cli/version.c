/* SPDX-License-Identifier: Apache-2.0
 *
 * What this build contains, for --version -v and bug reports. */
#include "cli/version.h"

#include <jansson.h>

#include "config/support.h"

void version_print_features(FILE *out)
{
    fprintf(out, "stands in for: vfkit %s, krunkit %s\n", VFKIT_VERSION, KRUNKIT_VERSION);
    fprintf(out, "compiler: %s\n", __VERSION__);
    fprintf(out, "jansson: %s\n", JANSSON_VERSION);
    support_print(out);
}
