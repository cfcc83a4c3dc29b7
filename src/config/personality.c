/* SPDX-License-Identifier: Apache-2.0
 *
 * Which program we are, and the rules between its flags: vfkit-compat.md §3.1, §4.3, §16.1. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "config/devices.h"
#include "config/parse.h"

static bool starts_with(const char *s, const char *prefix)
{
    return !strncmp(s, prefix, strlen(prefix));
}

enum personality personality_of(const char *argv0)
{
    const char *slash = strrchr(argv0, '/');
    const char *name = slash ? slash + 1 : argv0;

    if (starts_with(name, "krunkit"))
        return PERSONALITY_KRUNKIT;
    if (starts_with(name, "berth"))
        return PERSONALITY_BERTH;
    return PERSONALITY_VFKIT;
}

const struct option_table *personality_options(enum personality p)
{
    static const struct option_table *const tables[] = {
        [PERSONALITY_BERTH] = &options_berth,
        [PERSONALITY_VFKIT] = &options_vfkit,
        [PERSONALITY_KRUNKIT] = &options_krunkit,
    };

    return tables[p];
}

static bool given(const struct cmdline *cl, enum option_id id)
{
    return cl->values[id].given;
}

/* The three legacy options in the order vfkit names them, and in alphabetical order. */
static const struct {
    enum option_id id;
    const char *name;
} legacy[] = {{OPT_KERNEL, "kernel"},
              {OPT_INITRD, "initrd"},
              {OPT_KERNEL_CMDLINE, "kernel-cmdline"}},
  legacy_sorted[] = {
      {OPT_INITRD, "initrd"}, {OPT_KERNEL, "kernel"}, {OPT_KERNEL_CMDLINE, "kernel-cmdline"}};

static int check_together(const struct cmdline *cl, struct err *err)
{
    char missing[64] = "";
    size_t nr_given = 0, len = 0;

    for (size_t i = 0; i < ARRAY_LEN(legacy); i++)
        nr_given += given(cl, legacy[i].id);
    if (!nr_given || nr_given == ARRAY_LEN(legacy))
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(legacy_sorted); i++)
        if (!given(cl, legacy_sorted[i].id))
            len += (size_t)snprintf(missing + len, sizeof(missing) - len, "%s%s", len ? " " : "",
                                    legacy_sorted[i].name);
    return err_set(err, -EINVAL,
                   "if any flags in the group [kernel initrd kernel-cmdline] are set they must all "
                   "be set; missing [%s]",
                   missing);
}

static int check_exclusive(const struct cmdline *cl, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(legacy_sorted); i++)
        if (given(cl, OPT_BOOTLOADER) && given(cl, legacy_sorted[i].id))
            return err_set(
                err, -EINVAL,
                "if any flags in the group [%s bootloader] are set none of the others can be; "
                "[bootloader %s] were all set",
                legacy_sorted[i].name, legacy_sorted[i].name);
    return 0;
}

static int vfkit_rules(const struct cmdline *cl, struct err *err)
{
    int r = check_together(cl, err);

    return r ? r : check_exclusive(cl, err);
}

/* berth lets --kernel stand alone, and takes no stray words. */
static int berth_rules(const struct cmdline *cl, struct err *err)
{
    for (size_t i = 0; i < ARRAY_LEN(legacy_sorted); i++)
        if (given(cl, legacy_sorted[i].id) && !given(cl, OPT_KERNEL))
            return err_set(err, -EINVAL, "--%s needs --kernel", legacy_sorted[i].name);
    if (cl->positionals.nr)
        return err_set(err, -EINVAL, "unexpected argument '%s'", cl->positionals.items[0]);
    if (!given(cl, OPT_KERNEL) && !cl->values[OPT_BOOTLOADER].texts.nr)
        return err_set(err, -EINVAL,
                       "nothing to boot: give --kernel PATH, or --bootloader with its options");
    return check_exclusive(cl, err);
}

static int krunkit_rules(const struct cmdline *cl, struct err *err)
{
    struct strbuf missing = {0};
    int r = 0;

    for (size_t i = 0; i < cl->table->nr; i++) {
        const struct option_spec *spec = cl->table->options[i];

        if (spec->required && !given(cl, spec->id))
            strbuf_addf(&missing, "\n  --%s <%s>", spec->name, spec->metavar);
    }
    if (missing.failed)
        r = -ENOMEM;
    else if (missing.len)
        r = err_set(err, -EINVAL, "the following required arguments were not provided:%s",
                    missing.s);
    strbuf_finish(&missing);
    return r;
}

int cmdline_parse(enum personality p, int argc, char *const *argv, struct cmdline *ret,
                  struct err *err)
{
    static int (*const rules[])(const struct cmdline *, struct err *) = {
        [PERSONALITY_BERTH] = berth_rules,
        [PERSONALITY_VFKIT] = vfkit_rules,
        [PERSONALITY_KRUNKIT] = krunkit_rules,
    };
    const struct option_table *table = personality_options(p);
    struct cmdline cl;
    int r = (p == PERSONALITY_KRUNKIT ? clap_parse : pflag_parse)(table, argc, argv, &cl, err);

    if (r)
        return r;
    if (!cl.values[OPT_HELP].on && !cl.values[OPT_VERSION].on)
        r = rules[p](&cl, err);
    if (r)
        cmdline_finish(&cl);
    else
        *ret = cl;
    return r;
}

int cmdline_build(const struct cmdline *cl, const struct config_hooks *hooks, struct vm_config *cfg,
                  struct err *err)
{
    static int (*const builders[])(const struct cmdline *, const struct config_hooks *,
                                   struct vm_config *, struct err *) = {
        [PERSONALITY_BERTH] = berth_build,
        [PERSONALITY_VFKIT] = vfkit_build,
        [PERSONALITY_KRUNKIT] = krunkit_build,
    };
    static const struct config_hooks none;

    return builders[cfg->personality](cl, hooks ? hooks : &none, cfg, err);
}

int build_text(const struct cmdline *cl, enum option_id id, char **ret)
{
    const char *text = cmdline_text(cl, id);

    *ret = text && *text ? strdup(text) : NULL;
    return text && *text && !*ret ? -ENOMEM : 0;
}

int build_list(const struct cmdline *cl, enum option_id id, char ***ret, size_t *ret_nr)
{
    const struct strlist *from = &cl->values[id].texts;
    struct strlist copy = {0};
    int r = 0;

    for (size_t i = 0; i < from->nr && !r; i++)
        r = strlist_add(&copy, from->items[i]);
    *ret = copy.items;
    *ret_nr = copy.nr;
    return r;
}

int vm_config_check(const struct vm_config *cfg, struct err *err)
{
    int r = 0;

    for (size_t i = 0; i < cfg->nr_devices && !r; i++)
        r = device_check(&cfg->devices[i], err);
    return r;
}
