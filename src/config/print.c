/* SPDX-License-Identifier: Apache-2.0
 *
 * The configuration as arguments. The grammars have corners in which some values cannot be said
 * (vfkit-compat.md §5), and no rule here tries to know them all: what was printed is parsed again
 * and compared. */
#include "config/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/json.h"
#include "config/parse.h"
#include "config/rest_uri.h"

/* Arguments being collected; the first failure is kept. */
struct printer {
    const struct vm_config *cfg;
    const struct option_table *table;
    struct strlist *args;
    int r;
};

static const struct option_spec *spec_of(const struct option_table *t, enum option_id id)
{
    for (size_t i = 0; i < t->nr; i++)
        if (t->options[i]->id == id)
            return t->options[i];
    return NULL;
}

/* `--option value` or `--option`. An option this command line lacks is left out. */
static void add(struct printer *p, enum option_id id, const char *value)
{
    const struct option_spec *spec = spec_of(p->table, id);
    struct strbuf name = {0};

    if (p->r || !spec)
        return;
    strbuf_addf(&name, "--%s", spec->name);
    p->r = name.failed ? -ENOMEM : strlist_add(p->args, name.s);
    if (!p->r && value)
        p->r = strlist_add(p->args, value);
    strbuf_finish(&name);
}

static void add_if(struct printer *p, enum option_id id, const char *value)
{
    if (value)
        add(p, id, value);
}

static void add_switch(struct printer *p, enum option_id id, bool on)
{
    if (on)
        add(p, id, NULL);
}

static void add_taken(struct printer *p, enum option_id id, struct strbuf *value)
{
    if (value->failed || !value->s)
        p->r = -ENOMEM;
    else
        add(p, id, value->s);
    strbuf_finish(value);
}

static void add_number(struct printer *p, enum option_id id, uint64_t value)
{
    struct strbuf b = {0};

    strbuf_addf(&b, "%llu", (unsigned long long)value);
    add_taken(p, id, &b);
}

/* A piece of a quote-aware list: in quotes as a whole when it holds a comma (§5.2). */
static void add_piece(struct strbuf *b, const char *key, const char *value)
{
    const char *quote = value && strchr(value, ',') ? "\"" : "";

    if (value)
        strbuf_addf(b, ",%s%s=%s%s", quote, key, value, quote);
}

/* Linux boots by the three options whose text is taken verbatim, so that any path can be said. */
static void print_linux(struct printer *p)
{
    const struct bootloader_config *boot = &p->cfg->bootloader;
    bool all = p->cfg->personality == PERSONALITY_VFKIT; /* together or not at all (§4.3) */

    if (!boot->kernel && !boot->initrd && !boot->cmdline) {
        add(p, OPT_BOOTLOADER, "linux");
        return;
    }
    add(p, OPT_KERNEL, boot->kernel ? boot->kernel : "");
    add_if(p, OPT_INITRD, boot->initrd || !all ? boot->initrd : "");
    add_if(p, OPT_KERNEL_CMDLINE, boot->cmdline || !all ? boot->cmdline : "");
}

static void print_bootloader(struct printer *p)
{
    const struct bootloader_config *boot = &p->cfg->bootloader;
    struct strbuf b = {0};

    if (p->cfg->personality == PERSONALITY_KRUNKIT) /* built in, its flag inert (§16.2) */
        return;
    switch (boot->kind) {
    case BOOT_NONE:
        return;
    case BOOT_LINUX:
        print_linux(p);
        return;
    case BOOT_EFI:
        strbuf_add(&b, "efi");
        add_piece(&b, "variable-store", boot->variable_store);
        strbuf_add(&b, boot->create_variable_store ? ",create" : "");
        break;
    case BOOT_MACOS:
        strbuf_add(&b, "macos");
        add_piece(&b, "machineIdentifierPath", boot->machine_identifier);
        add_piece(&b, "hardwareModelPath", boot->hardware_model);
        add_piece(&b, "auxImagePath", boot->aux_image);
        break;
    }
    add_taken(p, OPT_BOOTLOADER, &b);
}

static void print_devices(struct printer *p)
{
    for (size_t i = 0; i < p->cfg->nr_devices; i++) {
        const struct device_config *dev = &p->cfg->devices[i];
        struct strbuf b = {0};

        if (dev->kind == DEVICE_BLK && dev->disk.cloud_init) /* made again from --cloud-init */
            continue;
        print_device(&b, dev, p->cfg->personality);
        add_taken(p, OPT_DEVICE, &b);
    }
}

static void print_cloud_init(struct printer *p)
{
    for (size_t i = 0; i < p->cfg->nr_cloud_init; i++) {
        const char *path = p->cfg->cloud_init[i], *quote = strchr(path, ',') ? "\"" : "";
        struct strbuf b = {0};

        strbuf_addf(&b, "%s%s%s", quote, path, quote);
        add_taken(p, OPT_CLOUD_INIT, &b);
    }
}

static void print_rest(struct printer *p)
{
    const struct rest_config *rest = &p->cfg->rest;
    struct strbuf b = {0};
    char *uri;

    if (rest->kind == REST_NONE)
        return;
    if (rest->kind == REST_UNIX && p->cfg->personality == PERSONALITY_KRUNKIT) { /* verbatim */
        strbuf_addf(&b, "unix://%s", rest->path);
        add_taken(p, OPT_RESTFUL_URI, &b);
        return;
    }
    uri = rest_uri_text(rest);
    if (uri)
        add(p, OPT_RESTFUL_URI, uri);
    else
        p->r = -ENOMEM;
    free(uri);
}

static void print_logs(struct printer *p)
{
    static const struct {
        const char *word, *number;
    } levels[] = {
        [CONFIG_LOG_ERROR] = {"error", "1"}, [CONFIG_LOG_WARN] = {"warn", "2"},
        [CONFIG_LOG_INFO] = {NULL, NULL},    [CONFIG_LOG_DEBUG] = {"debug", "4"},
        [CONFIG_LOG_TRACE] = {"trace", "5"}, [CONFIG_LOG_OFF] = {"off", "0"},
    };
    bool krunkit = p->cfg->personality == PERSONALITY_KRUNKIT;

    add_if(p, OPT_LOG_LEVEL, krunkit ? NULL : levels[p->cfg->log_level].word);
    add_if(p, OPT_KRUN_LOG_LEVEL, krunkit ? levels[p->cfg->log_level].number : NULL);
    add_if(p, OPT_LOG_FILE, p->cfg->log_file);
}

static void print_accel(struct printer *p)
{
    static const char *const names[] = {
        [ACCEL_AUTO] = "auto", [ACCEL_SOFT] = "soft", [ACCEL_KVM] = "kvm",
        [ACCEL_HVF] = "hvf",   [ACCEL_VZ] = "vz",
    };
    struct strbuf b = {0};

    if (p->cfg->accel == ACCEL_AUTO && !p->cfg->accel_options)
        return;
    strbuf_add(&b, names[p->cfg->accel]);
    if (p->cfg->accel_options)
        strbuf_addf(&b, ",%s", p->cfg->accel_options);
    add_taken(p, OPT_ACCEL, &b);
}

static void print_berth(struct printer *p)
{
    static const char *const arches[] = {[ARCH_ARM64] = "arm64", [ARCH_X86_64] = "x86_64"};
    static const char *const panics[] = {
        [PANIC_EXIT] = NULL,
        [PANIC_RESET] = "reset",
        [PANIC_PAUSE] = "pause",
        [PANIC_IGNORE] = "ignore",
    };

    print_accel(p);
    add_if(p, OPT_ARCH, p->cfg->arch == ARCH_AUTO ? NULL : arches[p->cfg->arch]);
    add_if(p, OPT_ON_PANIC, panics[p->cfg->on_panic]);
    add_switch(p, OPT_DRY_RUN, p->cfg->dry_run);
}

static void print_all(struct printer *p)
{
    const struct vm_config *cfg = p->cfg;

    add_number(p, OPT_CPUS, cfg->cpus);
    add_number(p, OPT_MEMORY, cfg->memory_bytes >> 20);
    print_bootloader(p);
    add_if(p, OPT_FIRMWARE_PATH, cfg->firmware_path);
    add_switch(p, OPT_NESTED, cfg->nested);
    print_devices(p);
    add_switch(p, OPT_GUI, cfg->gui);
    for (size_t i = 0; i < cfg->nr_oem_strings; i++)
        add(p, OPT_OEM_STRING, cfg->oem_strings[i]);
    print_cloud_init(p);
    add_if(p, OPT_IGNITION, cfg->ignition_path);
    if (cfg->timesync_port) {
        struct strbuf b = {0};

        strbuf_addf(&b, "vsockPort=%u", cfg->timesync_port);
        add_taken(p, OPT_TIMESYNC, &b);
    }
    print_rest(p);
    add_if(p, OPT_PIDFILE, cfg->pidfile);
    print_logs(p);
    if (cfg->personality == PERSONALITY_BERTH)
        print_berth(p);
}

/* Stands in for the ISO maker: the disk that the first configuration already has. */
struct first {
    const struct vm_config *cfg;
};

static int same_iso(void *ctx, const struct vm_config *cfg, char **ret_iso, struct err *err)
{
    const struct vm_config *first = ((const struct first *)ctx)->cfg;

    for (size_t i = 0; i < first->nr_devices; i++) {
        const struct device_config *dev = &first->devices[i];

        if (dev->kind == DEVICE_BLK && dev->disk.cloud_init && dev->disk.path) {
            *ret_iso = strdup(dev->disk.path);
            return *ret_iso ? 0 : -ENOMEM;
        }
    }
    return 0;
}

/* Parses the arguments behind `args->items[from]` again. */
static int parse_again(const struct vm_config *cfg, const struct strlist *args, size_t from,
                       struct vm_config *ret)
{
    struct first first = {cfg};
    const struct config_hooks hooks = {.ctx = &first, .cloud_init = same_iso};
    struct err err = {0};
    size_t nr = args->nr - from;
    char **argv = calloc(nr + 1, sizeof(*argv)); /* argv[0] is not looked at */
    struct cmdline cl;
    int r;

    if (!argv)
        return -ENOMEM;
    memcpy(argv + 1, args->items + from, nr * sizeof(*argv));
    r = cmdline_parse(cfg->personality, (int)nr + 1, argv, &cl, &err);
    free(argv);
    if (r)
        return r;
    r = cmdline_build(&cl, &hooks, ret, &err);
    cmdline_finish(&cl);
    return r;
}

static int same(const struct vm_config *a, const struct vm_config *b)
{
    char *ta = vm_config_to_json(a, JSON_VIEW_FULL), *tb = vm_config_to_json(b, JSON_VIEW_FULL);
    int r = ta && tb ? (strcmp(ta, tb) ? -EINVAL : 0) : -ENOMEM;

    free(ta);
    free(tb);
    return r;
}

static int prove(const struct vm_config *cfg, const struct strlist *args, size_t from,
                 struct err *err)
{
    struct vm_config again;
    int r;

    vm_config_init(&again, cfg->personality);
    r = parse_again(cfg, args, from, &again);
    if (!r)
        r = same(cfg, &again);
    vm_config_finish(&again);
    if (r == -EINVAL)
        return err_set(err, r, "this configuration cannot be written as a %s command line",
                       personality_options(cfg->personality)->program);
    return r;
}

int vm_config_to_args(const struct vm_config *cfg, struct strlist *args, struct err *err)
{
    struct printer p = {.cfg = cfg, .table = personality_options(cfg->personality), .args = args};
    size_t from = args->nr;

    print_all(&p);
    return p.r ? p.r : prove(cfg, args, from, err);
}
