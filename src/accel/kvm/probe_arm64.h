/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest-physical addresses that probe_arm64.c and probe_arm64.S agree on. */
#ifndef BERTH_ACCEL_KVM_PROBE_ARM64_H
#define BERTH_ACCEL_KVM_PROBE_ARM64_H

#define PROBE_CODE  0x1000
#define PROBE_TABLE 0x2000     /* level 1, one block of 1 GiB: memory and mark */
#define PROBE_MARK  0x10000000 /* no memory here: a store is an exit */

#endif
