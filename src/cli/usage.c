/* SPDX-License-Identifier: Apache-2.0
 *
 * Help is generated: an option or a device key that exists is shown, and nothing else is. */
#include "cli/usage.h"

#include <string.h>

#include "base/strbuf.h"
#include "config/devices.h"
#include "config/parse.h"

enum { HELP_COLUMN = 34, TEXT_WIDTH = 100 };

struct program_text {
    const char *synopsis, *about, *closing;
};

static const struct program_text texts[] = {
    [PERSONALITY_BERTH] =
        {
            "berth [OPTIONS]\n  berth help | version | doctor | completion SHELL",
            "Runs a Linux virtual machine. Started as vfkit or krunkit, takes that program's "
            "options.",
            "Examples:\n"
            "  berth --kernel Image --initrd initrd.gz --kernel-cmdline console=hvc0 --device "
            "virtio-serial,stdio\n"
            "  berth --cpus 2 --memory 2G --bootloader efi,variable-store=vars,create --device "
            "virtio-blk,path=disk.raw\n"
            "  berth doctor\n\n"
            "See berth(1) for every key, the REST service and the exit statuses.\n",
        },
    [PERSONALITY_VFKIT] =
        {
            "vfkit [flags]",
            "Runs a virtual machine, with the command line and REST service of vfkit.",
            "A path with a comma cannot be written in --device. See berth(1).\n",
        },
    [PERSONALITY_KRUNKIT] =
        {
            "krunkit [OPTIONS] --cpus <CPUS> --memory <MEMORY>",
            "Runs a virtual machine, with the command line and REST service of krunkit.",
            "See berth(1).\n",
        },
};

/* Prints `text` from HELP_COLUMN on, line by line; the cursor stands at column `at`. */
static void print_help(const char *text, size_t at, FILE *out)
{
    if (at >= HELP_COLUMN) {
        (void)fputc('\n', out);
        at = 0;
    }
    for (;;) {
        size_t len = strcspn(text, "\n");

        (void)fprintf(out, "%*s%.*s\n", (int)(HELP_COLUMN - at), "", (int)len, text);
        if (!text[len])
            return;
        text += len + 1;
        at = 0;
    }
}

static void print_option(const struct option_spec *spec, FILE *out)
{
    char left[80];
    int n = snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", spec->letter ? '-' : ' ',
                     spec->letter ? spec->letter : ' ', spec->letter ? ',' : ' ', spec->name,
                     spec->metavar ? " " : "", spec->metavar ? spec->metavar : "");

    (void)fputs(left, out);
    print_help(spec->help, (size_t)n, out);
}

static void print_options(const struct option_table *table, FILE *out)
{
    const char *group = NULL;

    for (size_t i = 0; i < table->nr; i++) {
        const struct option_spec *spec = table->options[i];

        if (!group || strcmp(group, spec->group) != 0)
            (void)fprintf(out, "\n%s:\n", spec->group);
        group = spec->group;
        print_option(spec, out);
    }
}

static void describe_key(struct strbuf *b, const struct device_key *key)
{
    const char *open = key->required ? "" : "[", *close = key->required ? "" : "]";

    strbuf_addf(b, "%s,%s%s%s%s", open, key->name, key->values ? "=" : "",
                key->values ? key->values : "", close);
}

static void print_device(const struct device_type *type, bool berth, FILE *out)
{
    struct strbuf keys = {0};

    for (size_t i = 0; i < type->nr_keys; i++)
        if (berth || !type->keys[i].berth_only)
            describe_key(&keys, &type->keys[i]);
    (void)fprintf(out, "  %-17s %s\n", type->name, type->help);
    if (keys.s)
        (void)fprintf(out, "      %s\n", keys.s);
    strbuf_finish(&keys);
}

void usage_print(enum personality p, FILE *out)
{
    const struct device_table *devices =
        p == PERSONALITY_KRUNKIT ? &devices_krunkit : &devices_vfkit;

    (void)fprintf(out, "%s\n\nUsage:\n  %s\n", texts[p].about, texts[p].synopsis);
    print_options(personality_options(p), out);
    (void)fputs("\nDevices for --device, with their keys:\n", out);
    for (size_t i = 0; i < devices->nr; i++)
        print_device(&devices->types[i], p == PERSONALITY_BERTH, out);
    (void)fprintf(out, "\n%s", texts[p].closing);
}
