/* SPDX-License-Identifier: Apache-2.0
 *
 * Apple's engine where there is none. */
#include <errno.h>

#include "engine/engine_ops.h"

static int probe(enum guest_arch arch, struct err *err)
{
    return err_set(err, -ENOSYS, "the Virtualization framework (vz) is not part of this build; use --accel auto");
}

const struct engine_ops engine_vz = {.name = "vz", .probe = probe};
