/* SPDX-License-Identifier: Apache-2.0 */
#include "host/sandbox.h"

#include <errno.h>

int sandbox_enter(const struct sandbox *s, struct err *err)
{
    (void)s;
    return err_set(err, -ENOTSUP, "there is no sandbox on Linux yet; unset BERTH_SANDBOX");
}
