/* SPDX-License-Identifier: Apache-2.0
 *
 * Which accelerator runs this VM. */
#ifndef BERTH_ACCEL_SELECT_H
#define BERTH_ACCEL_SELECT_H

#include "accel/accel.h"
#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* The accelerator that was asked for, or for ACCEL_AUTO the best one that this host can really run
 * a guest of `arch` on: each is tried. Logs one line that says which and why. -ENOTSUP with the
 * sentence in `err` when it is not built, not usable here, or does not run such guests. ARCH_AUTO
 * counts as arm64. */
NODISCARD int accel_select(enum accel_kind kind, enum guest_arch arch, const struct accel_ops **ret,
                           struct err *err);

/* What `berth doctor` shows of one accelerator. */
struct accel_report {
    const char *name;
    enum guest_arch arch; /* what it runs; ARCH_AUTO: guests of the host's own architecture */
    bool built;           /* part of this build */
    int status;           /* 0: this host can; otherwise -errno, and `why` says it */
    struct err why;
};

/* Tries every accelerator, those missing from this build included, best first. Returns how many
 * reports were filled. */
size_t accel_survey(struct accel_report *reports, size_t max);

#endif
