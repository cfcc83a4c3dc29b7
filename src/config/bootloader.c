/* SPDX-License-Identifier: Apache-2.0
 *
 * Boot loader types and their keys as tables. Values are kept as written; only cmdline= loses outer
 * quotes. */
#include "config/bootloader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/optlist.h"

struct boot_key {
    const char *name;
    size_t offset; /* a char * member of struct bootloader_config */
    bool unquote;
};

struct boot_type {
    const char *name, *noun; /* noun: in "unknown option for … bootloaders" */
    enum bootloader_kind kind;
    struct boot_key keys[3];
    size_t nr_keys;
};

#define KEY(name, member)                                                                          \
    {                                                                                              \
        name, offsetof(struct bootloader_config, member), false                                    \
    }

static const struct boot_type types[] = {
    {"linux",
     "Linux",
     BOOT_LINUX,
     {KEY("kernel", kernel),
      KEY("initrd", initrd),
      {"cmdline", offsetof(struct bootloader_config, cmdline), true}},
     3},
    {"efi", "EFI", BOOT_EFI, {KEY("variable-store", variable_store)}, 1},
    {"macos",
     "macOS",
     BOOT_MACOS,
     {KEY("machineIdentifierPath", machine_identifier), KEY("hardwareModelPath", hardware_model),
      KEY("auxImagePath", aux_image)},
     3},
};

static const struct boot_type *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (!strcmp(types[i].name, name))
            return &types[i];
    return NULL;
}

static int set_text(struct bootloader_config *b, const struct boot_key *key, const char *value)
{
    char **slot = (char **)(void *)((char *)b + key->offset);
    char *copy = strdup(value);

    if (!copy)
        return -ENOMEM;
    if (key->unquote)
        optlist_unquote(copy);
    free(*slot);
    *slot = NULL;
    if (*copy)
        *slot = copy;
    else
        free(copy);
    return 0;
}

static int read_item(struct bootloader_config *b, const struct boot_type *type, char *item,
                     struct err *reason)
{
    const char *value = optlist_cut(item);

    if (type->kind == BOOT_EFI && !strcmp(item, "create")) {
        if (*value)
            return err_set(reason, -EINVAL,
                           "unexpected value for EFI bootloader 'create' option: %s", value);
        b->create_variable_store = true;
        return 0;
    }
    for (size_t i = 0; i < type->nr_keys; i++)
        if (!strcmp(item, type->keys[i].name))
            return set_text(b, &type->keys[i], value);
    return err_set(reason, -EINVAL, "unknown option for %s bootloaders: %s", type->noun, item);
}

int vfkit_parse_bootloader(const struct strlist *items, struct bootloader_config *ret,
                           struct err *reason)
{
    struct bootloader_config b = {0};
    const struct boot_type *type;
    int r = 0;

    if (!items->nr)
        return err_set(reason, -EINVAL, "empty option list in --bootloader command line argument");
    type = find_type(items->items[0]);
    if (!type)
        return err_set(reason, -EINVAL, "unknown bootloader type: %s", items->items[0]);
    b.kind = type->kind;
    for (size_t i = 1; i < items->nr && !r; i++) {
        char *item = strdup(items->items[i]);

        if (!item)
            r = -ENOMEM;
        else if (*item)
            r = read_item(&b, type, item, reason);
        free(item);
    }
    if (r)
        bootloader_config_finish(&b);
    else
        *ret = b;
    return r;
}

/* A word that must be there and stand alone. */
static int krun_word(struct krun_args *args, const char *word, struct err *reason)
{
    const struct krun_arg *arg = krun_args_take(args, word);

    if (!arg)
        return err_set(reason, -EINVAL, "bootloader is missing argument: %s", word);
    if (*arg->value)
        return err_set(reason, -EINVAL, "unknown bootloader argument: %s=%s", word, arg->value);
    return 0;
}

int krunkit_check_bootloader(const char *text, struct err *reason)
{
    struct krun_args args;
    int r = krun_args_parse(text, &args, reason);

    if (r)
        return r;
    r = krun_word(&args, "efi", reason);
    if (!r && !krun_args_take(&args, "variable-store"))
        r = err_set(reason, -EINVAL, "bootloader is missing argument: variable-store");
    if (!r)
        r = krun_word(&args, "create", reason);
    if (!r)
        r = krun_args_done(&args, "bootloader", reason);
    krun_args_finish(&args);
    return r;
}
