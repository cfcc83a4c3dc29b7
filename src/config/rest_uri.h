/* SPDX-License-Identifier: Apache-2.0
 *
 * --restful-uri in its two grammars: vfkit-compat.md §9.1 (vfkit, berth) and §16.4 (krunkit). */
#ifndef BERTH_CONFIG_REST_URI_H
#define BERTH_CONFIG_REST_URI_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"

/* On success `ret` owns its strings; rest_config_finish frees them. 0, -ENOMEM, or -EINVAL with the
 * tool's sentence. */
NODISCARD int vfkit_parse_rest_uri(const char *text, struct rest_config *ret, struct err *reason);
NODISCARD int krunkit_parse_rest_uri(const char *text, struct rest_config *ret, struct err *reason);

/* The address as vfkit's grammar writes it; the caller frees it. NULL: out of memory. */
NODISCARD char *rest_uri_text(const struct rest_config *rest);
void rest_config_finish(struct rest_config *rest);

#endif
