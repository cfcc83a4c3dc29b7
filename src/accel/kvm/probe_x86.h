/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest-physical addresses and the port that probe_x86.c and probe_x86.S agree on. */
#ifndef BERTH_ACCEL_KVM_PROBE_X86_H
#define BERTH_ACCEL_KVM_PROBE_X86_H

#define PROBE_CODE 0x1000
#define PROBE_PML4 0x2000 /* then the PDPT and the page directory, a page each */
#define PROBE_PORT 0x10

#endif
