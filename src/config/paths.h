/* SPDX-License-Identifier: Apache-2.0
 *
 * Every file and folder that a configuration names, and what the VM does with it: for whoever
 * limits what its process may touch. */
#ifndef BERTH_CONFIG_PATHS_H
#define BERTH_CONFIG_PATHS_H

#include "config/config.h"

enum path_use {
    PATH_READ,   /* a file that is read */
    PATH_WRITE,  /* a file or socket that is read, written, made and removed */
    PATH_SHARED, /* a folder: everything below it is read, written, made and removed */
};

/* visit(ctx, use, path) for each, in no particular order, until one returns other than 0: that is
 * the result. Paths are as given, and may be the same twice. Pure. */
NODISCARD int vm_config_each_path(const struct vm_config *cfg,
                                  int (*visit)(void *ctx, enum path_use use, const char *path),
                                  void *ctx);

#endif
