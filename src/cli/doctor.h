/* SPDX-License-Identifier: Apache-2.0
 *
 * `berth doctor`: what this host can run, and why not the rest. */
#ifndef BERTH_CLI_DOCTOR_H
#define BERTH_CLI_DOCTOR_H

#include "cli/exit_status.h"

/* Prints the report to standard output. STATUS_OK when something here can run a VM, otherwise
 * STATUS_UNSUPPORTED. */
enum exit_status doctor_run(void);

#endif
