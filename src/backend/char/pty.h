/* SPDX-License-Identifier: Apache-2.0
 *
 * A pseudo-terminal set up as vfkit does it. */
#ifndef BERTH_BACKEND_CHAR_PTY_H
#define BERTH_BACKEND_CHAR_PTY_H

#include "base/compiler.h"
#include "base/err.h"

struct pty {
    int master, slave; /* close-on-exec; the slave stays open so that readers may come and go */
    char *name;        /* the slave's path, malloc'd */
};

/* Bytes pass as they are typed, nothing is echoed; the path is logged. 0, or -errno with the
 * sentence. Everything in *ret becomes the caller's. Loop thread. */
NODISCARD int pty_open(struct pty *ret, struct err *err);

#endif
