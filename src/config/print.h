/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration back to a command line. */
#ifndef BERTH_CONFIG_PRINT_H
#define BERTH_CONFIG_PRINT_H

#include "base/compiler.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "config/config.h"
#include "config/strlist.h"

/* Appends the arguments (without argv[0]) that make `cfg` under its own personality. Proved by
 * parsing them again: -EINVAL when that command line has no way to say it (a
 * path with a comma, a vfkit disk in qcow2, …), -ENOMEM. */
NODISCARD int vm_config_to_args(const struct vm_config *cfg, struct strlist *args, struct err *err);

/* print_device.c: the value of one --device. */
void print_device(struct strbuf *b, const struct device_config *dev, enum personality p);

#endif
