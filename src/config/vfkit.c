/* SPDX-License-Identifier: Apache-2.0
 *
 * What vfkit's options mean, in the order of its start-up sequence (vfkit-compat.md §8, steps 1 to
 * 10). berth runs the same sequence with its additions switched on. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/bootloader.h"
#include "config/devices.h"
#include "config/number.h"
#include "config/optlist.h"
#include "config/parse.h"
#include "config/rest_uri.h"

/* One step of the sequence. */
struct build {
    const struct cmdline *cl;
    const struct config_hooks *hooks;
    struct vm_config *cfg;
    char *iso; /* made from --cloud-init */
};
typedef int build_step(struct build *b, struct err *err);

/* berth_build has read its own, richer levels by now. */
static int step_log(struct build *b, struct err *err)
{
    static const struct {
        const char *name;
        enum config_log_level level;
    } levels[] = {{"", CONFIG_LOG_INFO},
                  {"error", CONFIG_LOG_ERROR},
                  {"info", CONFIG_LOG_INFO},
                  {"debug", CONFIG_LOG_DEBUG}};
    const char *name = cmdline_text(b->cl, OPT_LOG_LEVEL);
    size_t i = 0;

    if (name && b->cfg->personality == PERSONALITY_VFKIT) {
        while (i < ARRAY_LEN(levels) && strcmp(levels[i].name, name) != 0)
            i++;
        if (i == ARRAY_LEN(levels))
            return err_set(err, -EINVAL, "unknown log level: %s", name);
        b->cfg->log_level = levels[i].level;
    }
    return b->hooks->log_ready ? b->hooks->log_ready(b->hooks->ctx, b->cfg, err) : 0;
}

static int step_size(struct build *b, struct err *err)
{
    const struct option_value *cpus = &b->cl->values[OPT_CPUS],
                              *memory = &b->cl->values[OPT_MEMORY];

    if (cpus->given && cpus->number > UINT32_MAX)
        return err_set(err, -EINVAL, "--cpus %s is out of range", cmdline_text(b->cl, OPT_CPUS));
    if (memory->given && memory->number > INT64_MAX >> 20)
        return err_set(err, -EINVAL, "--memory %s is out of range",
                       cmdline_text(b->cl, OPT_MEMORY));
    if (cpus->given)
        b->cfg->cpus = (unsigned)cpus->number;
    if (memory->given)
        b->cfg->memory_bytes = memory->number << 20;
    return 0;
}

static int legacy_bootloader(struct build *b)
{
    struct bootloader_config *boot = &b->cfg->bootloader;
    int r = build_text(b->cl, OPT_KERNEL, &boot->kernel);

    if (!r)
        r = build_text(b->cl, OPT_INITRD, &boot->initrd);
    if (!r)
        r = build_text(b->cl, OPT_KERNEL_CMDLINE, &boot->cmdline);
    if (boot->kernel || boot->initrd || boot->cmdline)
        boot->kind = BOOT_LINUX;
    return r;
}

static int step_bootloader(struct build *b, struct err *err)
{
    int r = legacy_bootloader(b);

    if (r || b->cfg->bootloader.kind != BOOT_NONE)
        return r;
    r = vfkit_parse_bootloader(&b->cl->values[OPT_BOOTLOADER].texts, &b->cfg->bootloader, err);
    return r == -EINVAL
               ? err_hint(
                     err,
                     "for example: --bootloader linux,kernel=PATH,initrd=PATH,cmdline=\"TEXT\"")
               : r;
}

static int step_nested(struct build *b, struct err *err)
{
    int r = 0;

    b->cfg->nested = b->cl->values[OPT_NESTED].on;
    if (b->cfg->nested && b->hooks->nested)
        r = b->hooks->nested(b->hooks->ctx, b->cfg, err);
    if (!r && b->cfg->nested && b->cfg->bootloader.kind == BOOT_MACOS)
        r = err_set(err, -EINVAL,
                    "nested virtualization is not supported with the macOS bootloader");
    return r;
}

/* vsockPort=N among comma-separated pieces; the port must come out as not zero. */
static int parse_timesync(const struct strlist *pieces, uint32_t *ret, struct err *err)
{
    uint64_t port = 0;

    for (size_t i = 0; i < pieces->nr; i++) {
        char *piece = pieces->items[i];
        const char *value = optlist_cut(piece);

        if (!*piece && !*value)
            continue;
        if (strcmp(piece, "vsockPort") != 0)
            return err_set(err, -EINVAL, "unknown option for timesync parameter: %s", piece);
        if (go_parse_uint(value, 10, 32, &port, err))
            return -EINVAL;
    }
    if (!port)
        return err_set(err, -EINVAL, "missing 'vsockPort' option for timesync parameter");
    *ret = (uint32_t)port;
    return 0;
}

static int step_timesync(struct build *b, struct err *err)
{
    const char *text = cmdline_text(b->cl, OPT_TIMESYNC);
    struct strlist pieces = {0};
    int r;

    if (!text || !*text)
        return 0;
    r = optlist_split(text, &pieces);
    if (!r)
        r = parse_timesync(&pieces, &b->cfg->timesync_port, err);
    strlist_finish(&pieces);
    return r;
}

static int step_cloud_init(struct build *b, struct err *err)
{
    struct vm_config *cfg = b->cfg;
    int r = build_list(b->cl, OPT_CLOUD_INIT, &cfg->cloud_init, &cfg->nr_cloud_init);

    if (!r && cfg->nr_cloud_init && b->hooks->cloud_init)
        r = b->hooks->cloud_init(b->hooks->ctx, cfg, &b->iso, err);
    return r;
}

static int step_pidfile(struct build *b, struct err *err)
{
    int r = build_text(b->cl, OPT_PIDFILE, &b->cfg->pidfile);

    if (!r && b->cfg->pidfile && b->hooks->pidfile)
        r = b->hooks->pidfile(b->hooks->ctx, b->cfg, err);
    return r;
}

static int add_device(struct build *b, const char *text, struct err *err)
{
    struct device_config parsed, *dev;
    int r = vfkit_parse_device(text, b->cfg->personality, &parsed, err);

    if (r)
        return r == -EINVAL ? err_hint(err, "in: --device %s", text) : r;
    dev = vm_config_add_device(b->cfg, parsed.kind);
    if (!dev) {
        device_config_finish(&parsed);
        return -ENOMEM;
    }
    *dev = parsed;
    return b->hooks->device ? b->hooks->device(b->hooks->ctx, dev, err) : 0;
}

static int step_devices(struct build *b, struct err *err)
{
    const struct strlist *texts = &b->cl->values[OPT_DEVICE].texts;
    struct device_config *disk;
    int r = 0;

    for (size_t i = 0; i < texts->nr && !r; i++)
        r = add_device(b, texts->items[i], err);
    if (r || !b->iso)
        return r;
    disk = vm_config_add_device(b->cfg, DEVICE_BLK);
    if (!disk)
        return -ENOMEM;
    disk->disk.path = b->iso;
    disk->disk.cloud_init = true;
    b->iso = NULL;
    return 0;
}

static struct device_config *first_of(const struct vm_config *cfg, enum device_kind kind)
{
    for (size_t i = 0; i < cfg->nr_devices; i++)
        if (cfg->devices[i].kind == kind)
            return &cfg->devices[i];
    return NULL;
}

/* §7.11: a window needs a display to show and a keyboard to type on. */
static int step_gui(struct build *b, struct err *err)
{
    struct vm_config *cfg = b->cfg;
    struct device_config *gpu = first_of(cfg, DEVICE_GPU), *input = first_of(cfg, DEVICE_INPUT);

    cfg->gui = b->cl->values[OPT_GUI].on;
    if (!cfg->gui)
        return 0;
    if (!gpu) {
        gpu = vm_config_add_device(cfg, DEVICE_GPU);
        if (!gpu)
            return -ENOMEM;
        gpu->gpu = (struct gpu_config){.width = GPU_DEFAULT_WIDTH, .height = GPU_DEFAULT_HEIGHT};
    }
    gpu->gpu.use_gui = true;
    if (!input) {
        input = vm_config_add_device(cfg, DEVICE_INPUT);
        if (!input)
            return -ENOMEM;
        input->input = INPUT_KEYBOARD;
    }
    return 0;
}

static int step_ignition(struct build *b, struct err *err)
{
    int r = build_text(b->cl, OPT_IGNITION, &b->cfg->ignition_path);

    if (!r && b->cfg->ignition_path && strchr(b->cfg->ignition_path, ','))
        r = err_set(err, -EINVAL,
                    "failed to add ignition file: ignition only accepts one option in command line "
                    "argument");
    return r;
}

static int step_rest(struct build *b, struct err *err)
{
    const char *uri = cmdline_text(b->cl, OPT_RESTFUL_URI);
    int r = uri ? vfkit_parse_rest_uri(uri, &b->cfg->rest, err) : 0;

    return r == -EINVAL && !err->hint[0]
               ? err_hint(err, "--restful-uri takes none://, tcp://HOST:PORT or unix:///PATH")
               : r;
}

int vfkit_build(const struct cmdline *cl, const struct config_hooks *hooks, struct vm_config *cfg,
                struct err *err)
{
    static build_step *const steps[] = {
        step_log,     step_size,    step_bootloader, step_nested,   step_timesync, step_cloud_init,
        step_pidfile, step_devices, step_gui,        step_ignition, step_rest,
    };
    struct build b = {.cl = cl, .hooks = hooks, .cfg = cfg};
    int r = 0;

    for (size_t i = 0; i < ARRAY_LEN(steps) && !r; i++)
        r = steps[i](&b, err);
    free(b.iso);
    return r;
}
