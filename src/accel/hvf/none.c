/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts without the framework. */
#include <errno.h>

#include "accel/hvf/hvf.h"

const struct accel_ops *const accel_hvf = NULL;

int hvf_probe(struct err *err)
{
    return err_set(err, -ENOENT,
                   "hvf, the Hypervisor framework, is part of macOS on Apple silicon");
}
