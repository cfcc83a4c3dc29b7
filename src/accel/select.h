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

#endif
