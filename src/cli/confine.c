/* SPDX-License-Identifier: Apache-2.0
 *
 * What is made and removed beside the named files lies in two kinds of folder: that for temporary
 * files, and those of sockets that a network program serves, where ours is bound beside (service
 * and backend/net/unixgram). */
#include "cli/confine.h"

#include <errno.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "config/paths.h"
#include "host/sandbox.h"

static int allow(void *ctx, enum path_use use, const char *path)
{
    return sandbox_allow(ctx, path, use != PATH_READ, use == PATH_SHARED);
}

static int allow_folder_of(struct sandbox *s, const char *path)
{
    char *copy = strdup(path);
    int rc = copy ? sandbox_allow(s, dirname(copy), true, true) : -ENOMEM;

    free(copy);
    return rc;
}

static int collect(const struct vm_config *cfg, struct sandbox *s)
{
    const char *tmp = getenv("TMPDIR");
    int rc = vm_config_each_path(cfg, allow, s);

    if (rc == 0)
        rc = sandbox_allow(s, tmp && *tmp ? tmp : "/tmp", true, true);
    for (size_t i = 0; i < cfg->nr_devices && rc == 0; i++)
        if (cfg->devices[i].kind == DEVICE_NET && cfg->devices[i].net.path)
            rc = allow_folder_of(s, cfg->devices[i].net.path);
    return rc;
}

int confine(const struct vm_config *cfg, struct err *err)
{
    const char *wish = getenv("BERTH_SANDBOX");
    struct sandbox s = {0};
    int rc;

    if (!wish || !*wish)
        return 0;
    if (strcmp(wish, "on") != 0)
        return err_set(err, -EINVAL, "BERTH_SANDBOX is '%s'; set it to on, or unset it", wish);
    rc = collect(cfg, &s);
    rc = rc < 0 ? err_set(err, rc, "the sandbox's rules cannot be made: %s", strerror(-rc))
                : sandbox_enter(&s, err);
    if (rc == 0)
        log_info("sandbox: on, around %zu paths", s.nr);
    sandbox_finish(&s);
    return rc;
}
