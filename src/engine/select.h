/* SPDX-License-Identifier: Apache-2.0
 *
 * Which engine runs this VM. */
#ifndef BERTH_ENGINE_SELECT_H
#define BERTH_ENGINE_SELECT_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine_ops.h"

/* The engine that --accel asks for. -ENOTSUP with the sentence in `err` when this build or this
 * host has none such. */
NODISCARD int engine_select(const struct vm_config *cfg, const struct engine_ops **ret,
                            struct err *err);

#endif
