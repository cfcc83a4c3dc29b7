/* SPDX-License-Identifier: Apache-2.0
 *
 * sandbox_init(3): writes the profile into the file that the scenario SANDBOX names, and fails
 * where it names none. */
#include <stdlib.h>
#include <string.h>

#include "standin.h"

int sandbox_init(const char *profile, uint64_t flags, char **ret_error);
void sandbox_free_error(char *error);

static bool entered;

int sandbox_init(const char *profile, uint64_t flags, char **ret_error)
{
    const char *path = scenario("SANDBOX");
    FILE *out = path ? fopen(path, "we") : NULL;

    if (flags || entered)
        standin_fail("sandbox_init: flags %llu, %s", (unsigned long long)flags,
                     entered ? "again" : "");
    if (!out) {
        *ret_error = strdup("a profile that a test refuses");
        return -1;
    }
    (void)fputs(profile, out);
    (void)fclose(out);
    entered = true;
    return 0;
}

void sandbox_free_error(char *error)
{
    free(error);
}
