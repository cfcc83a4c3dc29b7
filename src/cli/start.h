/* SPDX-License-Identifier: Apache-2.0
 *
 * Contact with the host while a command line is being understood: log, pid file, cloud-init's image, disk headers, at
 * the places that vfkit-compat.md §8 gives them. */
#ifndef BERTH_CLI_START_H
#define BERTH_CLI_START_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/parse.h"

/* What main undoes at the end. Zero-initialise. */
struct start {
    bool dry;      /* check, but leave no trace */
    char *pidfile; /* written; owned */
    char *seed;    /* cloud-init's image; owned */
};

/* Builds `cfg` from `cl`, checks the files it names, and does what §8 does on the way. Whatever
 * the result, start_finish and vm_config_finish are due. */
NODISCARD int start_configure(struct start *s, const struct cmdline *cl, struct vm_config *cfg,
                              struct err *err);

/* Removes the pid file and cloud-init's image, if we wrote them. */
void start_finish(struct start *s);

#endif
