/* SPDX-License-Identifier: Apache-2.0
 *
 * berth's own options, read before it runs vfkit's sequence. A bad word is answered with the words
 * that would do. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/parse.h"

struct word {
    const char *name;
    int value;
};

static const struct word accels[] = {
    {"auto", ACCEL_AUTO}, {"soft", ACCEL_SOFT}, {"kvm", ACCEL_KVM},
    {"hvf", ACCEL_HVF},   {"vz", ACCEL_VZ},     {NULL, 0},
};
static const struct word arches[] = {
    {"auto", ARCH_AUTO},     {"arm64", ARCH_ARM64},  {"aarch64", ARCH_ARM64},
    {"x86_64", ARCH_X86_64}, {"amd64", ARCH_X86_64}, {NULL, 0},
};
static const struct word panics[] = {
    {"exit", PANIC_EXIT},
    {"reset", PANIC_RESET},
    {"pause", PANIC_PAUSE},
    {"ignore", PANIC_IGNORE},
    {NULL, 0},
};
static const struct word levels[] = {
    {"off", CONFIG_LOG_OFF},
    {"error", CONFIG_LOG_ERROR},
    {"warn", CONFIG_LOG_WARN},
    {"info", CONFIG_LOG_INFO},
    {"debug", CONFIG_LOG_DEBUG},
    {"trace", CONFIG_LOG_TRACE},
    {NULL, 0},
};

/* Finds the first `len` bytes of `text` among `words`, or says what --`option` takes. */
static int find_word(const struct word *words, const char *text, size_t len, enum option_id id,
                     const struct cmdline *cl, int *ret, struct err *err)
{
    for (const struct word *w = words; w->name; w++) {
        if (strlen(w->name) == len && !memcmp(w->name, text, len)) {
            *ret = w->value;
            return 0;
        }
    }
    for (size_t i = 0; i < cl->table->nr; i++) {
        const struct option_spec *spec = cl->table->options[i];

        if (spec->id == id)
            return err_set(err, -EINVAL, "--%s has no '%.*s': it takes one of %s", spec->name,
                           (int)len, text, spec->words);
    }
    return -EINVAL;
}

/* A TEXT option whose value is one word. `*ret` stays when it was not given. */
static int read_word(const struct cmdline *cl, enum option_id id, const struct word *words,
                     int *ret, struct err *err)
{
    const char *text = cmdline_text(cl, id);

    return text ? find_word(words, text, strlen(text), id, cl, ret, err) : 0;
}

/* NAME[,OPTIONS] */
static int read_accel(const struct cmdline *cl, struct vm_config *cfg, struct err *err)
{
    const char *text = cmdline_text(cl, OPT_ACCEL);
    int value = ACCEL_AUTO, r;
    size_t len;

    if (!text)
        return 0;
    len = strcspn(text, ",");
    r = find_word(accels, text, len, OPT_ACCEL, cl, &value, err);
    if (r)
        return r;
    cfg->accel = (enum accel_kind)value;
    if (!text[len] || !text[len + 1])
        return 0;
    cfg->accel_options = strdup(text + len + 1);
    return cfg->accel_options ? 0 : -ENOMEM;
}

static int read_words(const struct cmdline *cl, struct vm_config *cfg, struct err *err)
{
    int arch = (int)cfg->arch, panic = (int)cfg->on_panic, level = (int)cfg->log_level;
    int r = read_word(cl, OPT_ARCH, arches, &arch, err);

    if (!r)
        r = read_word(cl, OPT_ON_PANIC, panics, &panic, err);
    if (!r)
        r = read_word(cl, OPT_LOG_LEVEL, levels, &level, err);
    if (r)
        return r;
    cfg->arch = (enum guest_arch)arch;
    cfg->on_panic = (enum panic_action)panic;
    cfg->log_level = (enum config_log_level)level;
    if (cl->values[OPT_KRUN_LOG_LEVEL].given && !cl->values[OPT_LOG_LEVEL].given)
        cfg->log_level = config_log_level_of(cl->values[OPT_KRUN_LOG_LEVEL].number);
    return 0;
}

int berth_build(const struct cmdline *cl, const struct config_hooks *hooks, struct vm_config *cfg,
                struct err *err)
{
    int r = read_words(cl, cfg, err);

    if (!r)
        r = read_accel(cl, cfg, err);
    if (!r)
        r = build_text(cl, OPT_LOG_FILE, &cfg->log_file);
    if (!r)
        r = build_text(cl, OPT_FIRMWARE_PATH, &cfg->firmware_path);
    if (!r)
        r = build_list(cl, OPT_OEM_STRING, &cfg->oem_strings, &cfg->nr_oem_strings);
    cfg->dry_run = cl->values[OPT_DRY_RUN].on;
    return r ? r : vfkit_build(cl, hooks, cfg, err);
}
