/* SPDX-License-Identifier: Apache-2.0
 *
 * What one CPU asks of the others: broadcast TLB maintenance, and anything else that they must do
 * before their next block.
 *
 * A CPU inside a64_run serves requests between blocks; one outside (stopped, paused, in WFI) serves
 * them before it executes again. So the initiator waits, at its DSB, only for CPUs that are inside;
 * while it waits it counts as outside itself, and two CPUs waiting for each other both go on. */
#ifndef BERTH_CPU_ARM64_REMOTE_H
#define BERTH_CPU_ARM64_REMOTE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/state.h"

/* Runs on the target's thread, between blocks, in order of sending. It may not raise. When more are
 * waiting than there is room for, the target drops its whole TLB instead, so this is for TLB
 * maintenance, or NULL: only to know that the target has come past the end of a block
 * (a64_remote_wait). */
typedef void a64_remote_fn(struct a64_cpu *cpu, uint64_t a, uint64_t b);

NODISCARD int a64_remote_create(struct a64_cpu *cpu);
void a64_remote_destroy(struct a64_cpu *cpu);

/* Asks `target` and does not wait. */
void a64_remote_send(struct a64_cpu *cpu, struct a64_cpu *target, a64_remote_fn *fn, uint64_t a,
                     uint64_t b);

/* Waits until everything that `cpu` sent has been served or its target is outside. DSB, from the
 * run loop's thread with no lock held. Cheap when nothing was sent. */
void a64_remote_wait_slow(struct a64_cpu *cpu);
static inline void a64_remote_wait(struct a64_cpu *cpu)
{
    if (UNLIKELY(cpu->remote_waiting))
        a64_remote_wait_slow(cpu);
}

/* The run loop: on entry, on leaving, and between blocks when A64_ATTENTION_REMOTE is set. */
void a64_remote_enter(struct a64_cpu *cpu);
void a64_remote_leave(struct a64_cpu *cpu);
void a64_remote_serve(struct a64_cpu *cpu);

#endif
