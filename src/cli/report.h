/* SPDX-License-Identifier: Apache-2.0
 *
 * The last words of a failing run, in the form of the program we are: the contract's sentence first
 * and unchanged, our remedy behind it. */
#ifndef BERTH_CLI_REPORT_H
#define BERTH_CLI_REPORT_H

#include "base/err.h"
#include "cli/exit_status.h"
#include "config/config.h"

/* Prints the failure to standard error and returns the status to exit with. `code`: negative errno;
 * `err` may be empty, then the errno speaks. */
enum exit_status report_failure(enum personality p, enum stage stage, int code,
                                const struct err *err);

#endif
