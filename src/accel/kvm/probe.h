/* SPDX-License-Identifier: Apache-2.0
 *
 * Can this host's KVM run an unmodified kernel? Tried, not assumed: a /dev/kvm that opens may
 * belong to a paravirtual hypervisor that interprets privileged code a thousand times too slowly.
 */
#ifndef BERTH_ACCEL_KVM_PROBE_H
#define BERTH_ACCEL_KVM_PROBE_H

#include "base/compiler.h"
#include "base/err.h"

/* Runs short loops in every mode a kernel boots through, in a throw-away VM, and times them; well
 * under a second even where the answer is no. 0, or -errno with the reason: -ENOENT no KVM,
 * -EACCES no permission, -ENOTSUP there but unusable. Any thread. */
NODISCARD int kvm_probe(struct err *err);

#endif
