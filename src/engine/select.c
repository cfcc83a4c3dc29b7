/* SPDX-License-Identifier: Apache-2.0
 *
 * One engine so far; `vz` will be asked here first where a client expects Apple's devices. */
#include "engine/select.h"

#include <errno.h>

int engine_select(const struct vm_config *cfg, const struct engine_ops **ret, struct err *err)
{
    if (cfg->accel == ACCEL_VZ)
        return err_set(
            err, -ENOTSUP,
            "the Virtualization framework (vz) is not part of this build; use --accel auto");
    *ret = &engine_native;
    return 0;
}
