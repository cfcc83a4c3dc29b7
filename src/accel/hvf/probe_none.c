/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts without the framework. */
#include <errno.h>

#include "accel/hvf/probe.h"

int hvf_probe(struct err *err)
{
    return err_set(err, -ENOENT, "the Hypervisor framework is part of macOS");
}
