/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts that have no KVM, or none that we know how to try. */
#include <errno.h>

#include "accel/kvm/probe.h"

int kvm_probe(struct err *err)
{
    return err_set(err, -ENOENT, "KVM is part of Linux on x86-64 and arm64");
}
