/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from the command line may be any bytes; messages and JSON may not. */
#ifndef BERTH_CONFIG_TEXT_H
#define BERTH_CONFIG_TEXT_H

#include <stddef.h>

#include "base/strbuf.h"

/* Length of the well-formed UTF-8 sequence at the start of `text`; 0 when there is none, 1 at the
 * terminating NUL. */
size_t utf8_len(const char *text);

/* `text` as Go's %q writes it. */
void go_quote(struct strbuf *b, const char *text);

/* `text` with every stray byte replaced by U+FFFD, as Go's JSON encoder does. */
void utf8_repair(struct strbuf *b, const char *text);

#endif
