/* SPDX-License-Identifier: Apache-2.0
 *
 * The host's wall clock for a guest that asks: KVM's hypervisor call for it (Linux
 * Documentation/virt/kvm/arm/ptp_kvm.rst), behind which stock Linux has /dev/ptp0. A guest's own
 * time stands still while the VM is paused or the host sleeps; a chrony that follows this clock
 * puts it right again. Pure. */
#ifndef BERTH_ACCEL_ARM64_WALL_CLOCK_H
#define BERTH_ACCEL_ARM64_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Answers the call arg[0..3] if it is one of these: result[0..3] are what x0 to x3 get. It was made
 * when CNTVCT_EL0 read `counter` and the wall clock `wall_ns`. false: it is another call. */
NODISCARD bool wall_clock_call(const uint64_t arg[4], uint64_t wall_ns, uint64_t counter,
                               uint64_t result[4]);

#endif
