/* SPDX-License-Identifier: Apache-2.0
 *
 * sandbox_init(3), which Apple calls deprecated and every browser uses. */
#include "host/sandbox.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* sandbox.h, whose declarations are marked deprecated */
int sandbox_init(const char *profile, uint64_t flags, char **ret_error);
void sandbox_free_error(char *error);

int sandbox_enter(const struct sandbox *s, struct err *err)
{
    char *profile = sandbox_profile(s), *error = NULL;
    int rc = 0;

    if (!profile)
        return err_set(err, -ENOMEM, "out of memory");
    if (sandbox_init(profile, 0, &error) != 0) {
        rc = err_set(err, -EPERM, "the sandbox cannot be entered: %s; unset BERTH_SANDBOX",
                     error ? error : "macOS gives no reason");
        sandbox_free_error(error);
    }
    free(profile);
    return rc;
}
