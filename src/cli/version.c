/* SPDX-License-Identifier: Apache-2.0
 *
 * What this is and what it contains. BERTH_VERSION and BERTH_LIBRARIES come from the build. */
#include "cli/version.h"

#include <string.h>

#include "config/support.h"

/* lima refuses a krunkit below 1.2.1; these are the releases that vfkit-compat.md describes. */
#define VFKIT_VERSION   "0.6.4"
#define KRUNKIT_VERSION "1.3.1"

const char *version_berth(void)
{
    return BERTH_VERSION;
}

void version_print(enum personality p, bool features, FILE *out)
{
    static const char *const lines[] = {
        [PERSONALITY_BERTH] = "berth " BERTH_VERSION,
        [PERSONALITY_VFKIT] = "vfkit version: v" VFKIT_VERSION,
        [PERSONALITY_KRUNKIT] = "krunkit " KRUNKIT_VERSION,
    };

    (void)fprintf(out, "%s\n", lines[p]);
    if (!features)
        return;
    (void)fprintf(out, "  stands in for vfkit %s and krunkit %s\n", VFKIT_VERSION, KRUNKIT_VERSION);
    (void)fprintf(out, "  compiled by %s\n", __VERSION__);
    version_print_libraries(out);
    support_print(out);
}

void version_print_libraries(FILE *out)
{
    const char *p = BERTH_LIBRARIES;

    while (*p) {
        size_t len = strcspn(p, ";");

        (void)fprintf(out, "  %.*s\n", (int)len, p);
        p += len + (p[len] == ';');
    }
}
