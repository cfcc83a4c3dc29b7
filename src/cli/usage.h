/* SPDX-License-Identifier: Apache-2.0
 *
 * --help, written from the option and device tables. */
#ifndef BERTH_CLI_USAGE_H
#define BERTH_CLI_USAGE_H

#include <stdbool.h>
#include <stdio.h>

#include "config/config.h"

void usage_print(enum personality p, FILE *out);

#endif
