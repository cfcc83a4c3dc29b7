/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults of the host's floating point in generated code. The code runs with exceptions unmasked
 * (x86: MXCSR); an instruction that raises one has changed nothing, and its thread goes on at an
 * address that whoever generated the code names. One file for each host whose CPU can do that. */
#ifndef BERTH_HOST_FP_TRAP_H
#define BERTH_HOST_FP_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Where to go on behind a fault at `pc`; 0: that is no generated code. Runs in a signal handler on
 * the thread of the fault, with its registers as they were. */
typedef uintptr_t fp_trap_fn(uintptr_t pc);

/* Has `fn` asked about every such fault (SIGFPE) of the process. What is not its business goes on
 * to whoever had the signal before. 0 or -errno. Any thread; again with the same `fn` does nothing. */
NODISCARD int fp_trap_install(fp_trap_fn *fn);

/* Has the thread of a signal's `context` go on where `fn` says; false: it says nothing. The part that
 * differs between systems. */
bool fp_trap_redirect(void *context, fp_trap_fn *fn);

#endif
