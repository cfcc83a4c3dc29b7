/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest that kvm_probe runs, one for each architecture. It passes through phases (CPU modes);
 * each begins with a mark, runs PROBE_LOOPS rounds of three instructions, and ends with a mark.
 * Marks count up from 0, so even ones begin a phase. */
#ifndef BERTH_ACCEL_KVM_PROBE_GUEST_H
#define BERTH_ACCEL_KVM_PROBE_GUEST_H

/* Also read by the assembler. */
#define PROBE_LOOPS 10000

#ifndef __ASSEMBLER__

#include <stddef.h>
#include <stdint.h>

struct kvm_run;

enum { PROBE_MEMORY = 65536, PROBE_LOOP_INSTRUCTIONS = 3 };

/* What each phase is called in a message; ends with NULL. */
extern const char *const kvm_probe_phases[];

/* Writes program and tables into PROBE_MEMORY zeroed bytes at guest-physical 0. */
void kvm_probe_load(uint8_t *memory);

/* Makes the fresh vCPU ready to run the program. 0 or -errno. */
int kvm_probe_init_vcpu(int kvm, int vm, int vcpu);

/* The mark that the last exit was, or -1 for any other exit. */
int kvm_probe_mark(const struct kvm_run *run);

#endif
#endif
