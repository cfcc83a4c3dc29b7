/* SPDX-License-Identifier: Apache-2.0
 *
 * BERTH_SANDBOX: the process gives up what its VM does not need. */
#ifndef BERTH_CLI_CONFINE_H
#define BERTH_CLI_CONFINE_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* With BERTH_SANDBOX=on, enters a sandbox around the paths of `cfg`; unset or empty, does nothing.
 * To be called when everything is open, and before the guest runs. 0, or -errno with the sentence.
 */
NODISCARD int confine(const struct vm_config *cfg, struct err *err);

#endif
