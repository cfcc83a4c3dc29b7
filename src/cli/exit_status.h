/* SPDX-License-Identifier: Apache-2.0
 *
 * How the process ends. vfkit knows 0 and 1, krunkit 0, 1 and 2 (vfkit-compat.md §3.5); berth tells
 * more, as berth(1) documents under EXIT STATUS. */
#ifndef BERTH_CLI_EXIT_STATUS_H
#define BERTH_CLI_EXIT_STATUS_H

#include "config/config.h"

enum exit_status {
    STATUS_OK = 0,
    STATUS_FAILED = 1,      /* something went wrong while starting or running */
    STATUS_USAGE = 2,       /* a bad option or value */
    STATUS_NO_ACCESS = 3,   /* a file that was named is missing, unreadable, or of the wrong kind */
    STATUS_UNSUPPORTED = 4, /* this build or this host cannot do it */
    STATUS_IN_USE = 5,      /* another process holds the disk, the port or the socket */
    STATUS_PANIC = 6,       /* the guest's kernel panicked and --on-panic is exit */
};

/* When in the life of the process an error came up. */
enum stage {
    STAGE_FLAGS, /* while flags were read (krunkit: and their values) */
    STAGE_START, /* later */
};

/* The exit status for the failure `code` (negative errno). */
enum exit_status exit_status_of(enum personality p, enum stage stage, int code);

#endif
