/* SPDX-License-Identifier: Apache-2.0
 *
 * The hooks of config/parse.h as a program has them. */
#include "cli/start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/validate.h"
#include "engine/engine.h"
#include "host/file.h"
#include "service/cloud_init.h"

enum { PIDFILE_MODE_VFKIT = 0600, PIDFILE_MODE_KRUNKIT = 0666, LOG_FILE_MODE = 0666 };

/* RUST_LOG, which krunkit's users know, speaks when the option is silent (§16.1). */
static enum config_log_level level_of(const struct vm_config *cfg, bool given)
{
    static const struct {
        const char *name;
        enum config_log_level level;
    } words[] = {
        {"off", CONFIG_LOG_OFF},   {"error", CONFIG_LOG_ERROR}, {"warn", CONFIG_LOG_WARN},
        {"info", CONFIG_LOG_INFO}, {"debug", CONFIG_LOG_DEBUG}, {"trace", CONFIG_LOG_TRACE},
    };
    const char *env = getenv("RUST_LOG");

    if (cfg->personality != PERSONALITY_KRUNKIT || given || !env)
        return cfg->log_level;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (!strcasecmp(env, words[i].name))
            return words[i].level;
    return cfg->log_level;
}

struct context {
    struct start *start;
    const struct cmdline *cl;
    enum personality personality;
};

static int on_log_ready(void *ctx, const struct vm_config *cfg, struct err *err)
{
    static const enum log_level levels[] = {
        [CONFIG_LOG_ERROR] = LOG_ERROR, [CONFIG_LOG_WARN] = LOG_WARN,
        [CONFIG_LOG_INFO] = LOG_INFO,   [CONFIG_LOG_DEBUG] = LOG_DEBUG,
        [CONFIG_LOG_TRACE] = LOG_TRACE, [CONFIG_LOG_OFF] = LOG_ERROR,
    };
    const struct context *c = ctx;
    enum config_log_level level = level_of(cfg, c->cl->values[OPT_KRUN_LOG_LEVEL].given);
    const char *path = level == CONFIG_LOG_OFF ? "/dev/null" : cfg->log_file;
    int fd, r;

    log_set_level(levels[level]);
    if (!path || c->start->dry)
        return 0;
    r = file_open(path, O_WRONLY | O_APPEND | O_CREAT, LOG_FILE_MODE, &fd);
    if (r)
        return err_set(err, r, "log file %s: %s", path, strerror(-r));
    log_set_fd(fd); /* open until the process ends */
    return 0;
}

static int on_nested(void *ctx, const struct vm_config *cfg, struct err *err)
{
    return ((const struct context *)ctx)->start->dry ? 0 : vm_check_nested(cfg, err);
}

static int write_pid(int fd)
{
    char text[24];
    int len = snprintf(text, sizeof(text), "%ld", (long)getpid());

    return file_write_all(fd, text, (size_t)len);
}

static int on_pidfile(void *ctx, const struct vm_config *cfg, struct err *err)
{
    struct start *s = ((const struct context *)ctx)->start;
    unsigned mode =
        cfg->personality == PERSONALITY_KRUNKIT ? PIDFILE_MODE_KRUNKIT : PIDFILE_MODE_VFKIT;
    int fd, r;

    if (s->dry)
        return 0;
    r = file_open(cfg->pidfile, O_WRONLY | O_CREAT | O_TRUNC, mode, &fd);
    if (r)
        return err_set(err, r, "pid file %s: %s", cfg->pidfile, strerror(-r));
    r = write_pid(fd);
    (void)close(fd);
    s->pidfile = strdup(cfg->pidfile);
    if (!s->pidfile)
        return -ENOMEM;
    return r ? err_set(err, r, "pid file %s cannot be written: %s", cfg->pidfile, strerror(-r)) : 0;
}

static int on_cloud_init(void *ctx, const struct vm_config *cfg, char **ret_iso, struct err *err)
{
    struct start *s = ((const struct context *)ctx)->start;
    int r;

    if (s->dry)
        return 0;
    r = cloud_init_create(cfg, ret_iso, err);
    if (r)
        return r;
    s->seed = strdup(*ret_iso);
    if (s->seed)
        return 0;
    (void)unlink(*ret_iso);
    return -ENOMEM;
}

static int on_device(void *ctx, const struct device_config *dev, struct err *err)
{
    const struct context *c = ctx;

    /* krunkit looks at no image while it parses (§16.3); vfkit only at virtio-blk's (§7.1) */
    if (c->personality == PERSONALITY_KRUNKIT || dev->kind != DEVICE_BLK)
        return 0;
    return validate_disk_header(&dev->disk, c->personality, err);
}

int start_configure(struct start *s, const struct cmdline *cl, struct vm_config *cfg,
                    struct err *err)
{
    struct context c = {.start = s, .cl = cl, .personality = cfg->personality};
    const struct config_hooks hooks = {
        .ctx = &c,
        .log_ready = on_log_ready,
        .nested = on_nested,
        .cloud_init = on_cloud_init,
        .pidfile = on_pidfile,
        .device = on_device,
    };
    int r;

    if (!s->dry && cfg->personality != PERSONALITY_KRUNKIT)
        cloud_init_remove_stale();
    r = cmdline_build(cl, &hooks, cfg, err);
    if (!r)
        r = validate_bootloader(&cfg->bootloader, cfg->personality, err);
    if (!r)
        r = vm_config_check(cfg, err);
    return r ? r : validate_devices(cfg, err);
}

void start_finish(struct start *s)
{
    if (s->pidfile)
        (void)unlink(s->pidfile);
    if (s->seed)
        (void)unlink(s->seed);
    free(s->pidfile);
    free(s->seed);
    *s = (struct start){0};
}
