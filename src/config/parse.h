/* SPDX-License-Identifier: Apache-2.0
 *
 * From argv to a configuration, in two steps: flags, then their meaning. Contact with the host that
 * a program makes in between (log level, pid file, disk headers, …) is the caller's, through hooks,
 * so that the order of side effects is the one clients know (vfkit-compat.md §8) and this folder
 * stays pure. */
#ifndef BERTH_CONFIG_PARSE_H
#define BERTH_CONFIG_PARSE_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "config/option.h"

/* From the last component of argv[0]: krunkit… and berth… are themselves, everything else is vfkit.
 */
enum personality personality_of(const char *argv0);
const struct option_table *personality_options(enum personality p);

/* Flags and the rules between them; the rules are left out when --help or --version was given. In
 * krunkit's case every value is checked as well. 0, -ENOMEM or -EINVAL; `ret` needs cmdline_finish
 * only on success. */
NODISCARD int cmdline_parse(enum personality p, int argc, char *const *argv, struct cmdline *ret,
                            struct err *err);

/* Any member may be NULL. Each is called at its place in §8 and returns 0, or -errno with the
 * sentence. */
struct config_hooks {
    void *ctx;
    int (*log_ready)(void *ctx, const struct vm_config *cfg,
                     struct err *err); /* log_level, log_file are known */
    /* can the host nest? vfkit, berth; the devices are not known yet */
    int (*nested)(void *ctx, const struct vm_config *cfg, struct err *err);
    /* Makes the ISO of cfg->cloud_init; *ret_iso is malloc'd and becomes the last disk's path. */
    int (*cloud_init)(void *ctx, const struct vm_config *cfg, char **ret_iso, struct err *err);
    int (*pidfile)(void *ctx, const struct vm_config *cfg, struct err *err);
    int (*device)(void *ctx, const struct device_config *dev,
                  struct err *err); /* right after it was parsed */
};

/* Fills `cfg`, which vm_config_init has prepared for its personality. On failure `cfg` holds what
 * was understood so far; vm_config_finish is due either way. */
NODISCARD int cmdline_build(const struct cmdline *cl, const struct config_hooks *hooks,
                            struct vm_config *cfg, struct err *err);

/* The three builders behind cmdline_build. */
NODISCARD int vfkit_build(const struct cmdline *cl, const struct config_hooks *hooks,
                          struct vm_config *cfg, struct err *err);
NODISCARD int krunkit_build(const struct cmdline *cl, const struct config_hooks *hooks,
                            struct vm_config *cfg, struct err *err);
NODISCARD int berth_build(const struct cmdline *cl, const struct config_hooks *hooks,
                          struct vm_config *cfg, struct err *err);

/* Shared by them. */
NODISCARD int build_text(const struct cmdline *cl, enum option_id id,
                         char **ret); /* NULL when empty or absent */
NODISCARD int build_list(const struct cmdline *cl, enum option_id id, char ***ret, size_t *ret_nr);

/* Rules that vfkit checks only when it builds the VM: mandatory members of devices and so on. Pure.
 */
NODISCARD int vm_config_check(const struct vm_config *cfg, struct err *err);

#endif
