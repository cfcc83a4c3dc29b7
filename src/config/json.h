/* SPDX-License-Identifier: Apache-2.0
 *
 * A configuration as JSON, and back: what GET /vm/inspect answers (vfkit-compat.md §9.5) and, with
 * more members, what --dry-run prints. */
#ifndef BERTH_CONFIG_JSON_H
#define BERTH_CONFIG_JSON_H

#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

enum json_view {
    JSON_VIEW_INSPECT, /* the contract's members and order, one line; sockets are shown connected */
    JSON_VIEW_FULL,    /* everything, indented: what the contract lacks is in the member "berth" and
                          in extra members of devices */
};

/* The text, without a newline at the end; the caller frees it. Strings that are not UTF-8 are
 * repaired. NULL: out of memory. */
NODISCARD char *vm_config_to_json(const struct vm_config *cfg, enum json_view view);

/* Reads either view into `cfg`, whose old content is not freed. Unknown members are ignored,
 * unknown kinds are errors. On success the caller owes vm_config_finish; on failure (-EINVAL with a
 * sentence, -ENOMEM) nothing. What the inspect view does not say stays at its default. */
NODISCARD int vm_config_from_json(const char *text, size_t len, struct vm_config *cfg,
                                  struct err *err);

#endif
