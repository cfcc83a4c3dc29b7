/* SPDX-License-Identifier: Apache-2.0
 *
 * The three comma grammars of option values (vfkit-compat.md §5). They cut text into pieces and
 * know no option. */
#ifndef BERTH_CONFIG_OPTLIST_H
#define BERTH_CONFIG_OPTLIST_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/strlist.h"

/* §5.1: cuts at every comma, no quoting. There is at least one piece; pieces may be empty. 0 or
 * -ENOMEM. */
NODISCARD int optlist_split(const char *text, struct strlist *ret);

/* §5.2: cuts at commas outside double quotes and appends the pieces to `list`; a piece that begins
 * and ends with a quote loses all its outer quotes. Empty text has no piece. 0, -ENOMEM, or -EINVAL
 * with `mismatched "` (then the list may have grown). */
NODISCARD int optlist_split_quoted(const char *text, struct strlist *list, struct err *reason);

/* The second stripping that only cmdline= gets (§5.2): outer quotes off, in place, when both ends
 * have one. */
void optlist_unquote(char *text);

/* Cuts `piece` in place at its first '='. Returns the value; "" when there is none. */
char *optlist_cut(char *piece);

/* §5.3: krunkit's arguments of a device or boot loader, each of which must be asked for by name. */
struct krun_arg {
    char *key, *value; /* value "" when there is no '=' */
    char *piece;       /* as written, for messages */
    bool taken;
};
struct krun_args {
    struct krun_arg *args;
    size_t nr;
};
/* 0, -ENOMEM, or -EINVAL with the contract's sentence. `ret` needs krun_args_finish only on
 * success. */
NODISCARD int krun_args_parse(const char *text, struct krun_args *ret, struct err *reason);
void krun_args_finish(struct krun_args *a);
/* The argument `key`, marked as understood, or NULL. */
const struct krun_arg *krun_args_take(struct krun_args *a, const char *key);
/* -EINVAL with `unknown <what> arguments: ["k=v", …]` when an argument was not taken. */
NODISCARD int krun_args_done(const struct krun_args *a, const char *what, struct err *reason);

#endif
