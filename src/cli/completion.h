/* SPDX-License-Identifier: Apache-2.0
 *
 * `berth completion SHELL`: completions for berth, vfkit and krunkit, written from the option and
 * device tables, so that they cannot be out of date. */
#ifndef BERTH_CLI_COMPLETION_H
#define BERTH_CLI_COMPLETION_H

#include <stdio.h>

#include "base/compiler.h"
#include "config/devices.h"
#include "config/option.h"

/* Prints the script for "bash", "zsh" or "fish". -EINVAL for any other shell. */
NODISCARD int completion_print(const char *shell, FILE *out);

/* A program to complete. */
struct completion_program {
    const char *name;
    const struct option_table *options;
    const struct device_table *devices;
    bool berth; /* knows the keys that only berth has, and verbs */
};

/* One file for each shell. */
void completion_bash(const struct completion_program *programs, size_t nr, FILE *out);
void completion_zsh(const struct completion_program *programs, size_t nr, FILE *out);
void completion_fish(const struct completion_program *programs, size_t nr, FILE *out);

/* Shared: "path= type= readonly" for a device type, and the names of all types. */
void completion_keys(const struct device_type *type, bool berth, FILE *out);
void completion_types(const struct device_table *devices, FILE *out);

#endif
