/* SPDX-License-Identifier: Apache-2.0
 *
 * What this process may touch from some moment on: the files and folders that are named, for
 * writing; of the users' own files, for reading. Programs cannot be started any more. The network
 * stays open, and so do files that are open. macOS enforces it; there is no way back. */
#ifndef BERTH_HOST_SANDBOX_H
#define BERTH_HOST_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>

#include "base/compiler.h"
#include "base/err.h"

struct sandbox_rule {
    char *path;  /* absolute, without symbolic links */
    bool writes; /* may be written, made and removed, too */
    bool below;  /* and everything below it */
};

struct sandbox {
    struct sandbox_rule *rules; /* zeroed: none yet */
    size_t nr;
};

/* Allows `path`, which may not be there yet; its folder is. Where it is a symbolic link, what that
 * leads to. 0 or -errno. */
NODISCARD int sandbox_allow(struct sandbox *s, const char *path, bool writes, bool below);
void sandbox_finish(struct sandbox *s);

/* The rules in the language of macOS's sandbox: malloc'd text, NULL when out of memory. Pure. */
char *sandbox_profile(const struct sandbox *s);

/* From now on, for every thread. 0, or -errno with the sentence. */
NODISCARD int sandbox_enter(const struct sandbox *s, struct err *err);

#endif
