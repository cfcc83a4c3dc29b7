/* SPDX-License-Identifier: Apache-2.0
 *
 * What krunkit's options mean: vfkit-compat.md §16. Their values were checked while flags were
 * parsed; what fails here is krunkit's second kind of error (exit status 1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/devices.h"
#include "config/parse.h"
#include "config/rest_uri.h"

enum { MEMORY_MAX_MIB = 61440, OEM_STRINGS_MAX = 255 };

static int check_sizes(const struct cmdline *cl, struct err *err)
{
    if (!cl->values[OPT_CPUS].number)
        return err_set(err, -EINVAL, "vcpus must be a minimum of 1 (0 is invalid)");
    if (!cl->values[OPT_MEMORY].number)
        return err_set(err, -EINVAL, "zero MiB RAM inputted (invalid)");
    if (cl->values[OPT_MEMORY].number > MEMORY_MAX_MIB)
        return err_set(err, -EINVAL, "requested RAM larger than upper limit of %d MiB",
                       MEMORY_MAX_MIB);
    if (cl->values[OPT_OEM_STRING].texts.nr > OEM_STRINGS_MAX)
        return err_set(err, -EINVAL, "%zu OEM strings given, SMBIOS holds at most %d",
                       cl->values[OPT_OEM_STRING].texts.nr, OEM_STRINGS_MAX);
    return 0;
}

static int build_texts(const struct cmdline *cl, struct vm_config *cfg)
{
    const struct {
        enum option_id id;
        char **slot;
    } texts[] = {
        {OPT_PIDFILE, &cfg->pidfile},
        {OPT_LOG_FILE, &cfg->log_file},
        {OPT_FIRMWARE_PATH, &cfg->firmware_path},
    };
    int r = build_list(cl, OPT_OEM_STRING, &cfg->oem_strings, &cfg->nr_oem_strings);

    for (size_t i = 0; i < ARRAY_LEN(texts) && !r; i++)
        r = build_text(cl, texts[i].id, texts[i].slot);
    return r;
}

static int add_device(const char *text, const struct config_hooks *hooks, struct vm_config *cfg,
                      struct err *err)
{
    struct device_config parsed, *dev;
    int r = krunkit_parse_device(text, &parsed, err);

    if (r)
        return r;
    dev = vm_config_add_device(cfg, parsed.kind);
    if (!dev) {
        device_config_finish(&parsed);
        return -ENOMEM;
    }
    *dev = parsed;
    return hooks->device ? hooks->device(hooks->ctx, dev, err) : 0;
}

static int build_devices(const struct cmdline *cl, const struct config_hooks *hooks,
                         struct vm_config *cfg, struct err *err)
{
    const struct strlist *texts = &cl->values[OPT_DEVICE].texts;
    unsigned nr_serial = 0;
    int r = 0;

    for (size_t i = 0; i < texts->nr && !r; i++) {
        r = add_device(texts->items[i], hooks, cfg, err);
        if (!r && cfg->devices[cfg->nr_devices - 1].kind == DEVICE_SERIAL && nr_serial++)
            r = err_set(err, -EINVAL,
                        "unable to set krun console output redirection to virtio-serial log file");
    }
    return r;
}

int krunkit_build(const struct cmdline *cl, const struct config_hooks *hooks, struct vm_config *cfg,
                  struct err *err)
{
    const char *uri = cmdline_text(cl, OPT_RESTFUL_URI);
    const struct option_value *level = &cl->values[OPT_KRUN_LOG_LEVEL];
    int r = build_texts(cl, cfg);

    if (r)
        return r;
    if (level->given)
        cfg->log_level = config_log_level_of(level->number);
    cfg->cpus = (unsigned)cl->values[OPT_CPUS].number;
    cfg->memory_bytes = cl->values[OPT_MEMORY].number << 20;
    cfg->nested = cl->values[OPT_NESTED].on;
    cfg->gui = cl->values[OPT_GUI].on;
    cfg->timesync_port = (uint32_t)cl->values[OPT_TIMESYNC].number;
    r = hooks->log_ready ? hooks->log_ready(hooks->ctx, cfg, err) : 0;
    if (!r)
        r = check_sizes(cl, err);
    if (!r)
        r = build_devices(cl, hooks, cfg, err);
    if (!r && uri)
        r = krunkit_parse_rest_uri(uri, &cfg->rest, err);
    if (!r && cfg->pidfile && hooks->pidfile)
        r = hooks->pidfile(hooks->ctx, cfg, err);
    return r;
}
