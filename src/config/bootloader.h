/* SPDX-License-Identifier: Apache-2.0
 *
 * --bootloader in its two grammars: vfkit-compat.md §6 and §16.2. */
#ifndef BERTH_CONFIG_BOOTLOADER_H
#define BERTH_CONFIG_BOOTLOADER_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "config/strlist.h"

/* `items`: the quote-aware list of every --bootloader together; it may be empty, which is vfkit's
 * error. The result becomes the caller's, with bootloader_config_finish. 0, -ENOMEM, or -EINVAL
 * with the contract's sentence. */
NODISCARD int vfkit_parse_bootloader(const struct strlist *items, struct bootloader_config *ret,
                                     struct err *reason);

/* krunkit checks the text and then ignores it. */
NODISCARD int krunkit_check_bootloader(const char *text, struct err *reason);

#endif
