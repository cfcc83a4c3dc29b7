/* SPDX-License-Identifier: Apache-2.0
 *
 * From a checked configuration to the end of the VM's life: vfkit-compat.md §8, steps 11 to 20, and
 * §10. */
#ifndef BERTH_CLI_RUN_H
#define BERTH_CLI_RUN_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* Builds the VM, serves REST, handles signals, runs until the guest has stopped, and cleans up
 * everything but the pid file, which is main's. Returns 0 after an orderly end, a positive exit
 * status (enum exit_status) whose reason was already logged, or -errno with the sentence in `err`.
 * Main thread. */
NODISCARD int run_vm(struct vm_config *cfg, struct err *err);

#endif
