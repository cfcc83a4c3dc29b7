/* SPDX-License-Identifier: Apache-2.0
 *
 * The Hypervisor framework as an accelerator, where this build has it: on Apple silicon (vm.c), and
 * nowhere else (none.c). */
#ifndef BERTH_ACCEL_HVF_HVF_H
#define BERTH_ACCEL_HVF_HVF_H

#include "accel/accel.h"

extern const struct accel_ops *const accel_hvf; /* NULL: not in this build */

/* Can this host run VMs by it, entitlement included? Tried. 0, or -errno with the reason. Any
 * thread; no VM of this process runs. */
NODISCARD int hvf_probe(struct err *err);

#endif
