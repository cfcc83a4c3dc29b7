/* SPDX-License-Identifier: Apache-2.0
 *
 * Which engine runs this VM. */
#ifndef BERTH_ENGINE_SELECT_H
#define BERTH_ENGINE_SELECT_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine_ops.h"

/* The engine that --accel asks for. Otherwise Apple's, where it is there and its clients expect it
 * (vfkit's, and x86-64 guests); the reason why not, if there is one worth knowing, is logged once.
 * -ENOTSUP with the sentence in `err` when --accel asks for one that is not here. */
NODISCARD int engine_select(const struct vm_config *cfg, const struct engine_ops **ret,
                            struct err *err);

#endif
