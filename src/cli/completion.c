/* SPDX-License-Identifier: Apache-2.0
 *
 * What the scripts of all shells have in common. */
#include "cli/completion.h"

#include <errno.h>
#include <string.h>

int completion_print(const char *shell, FILE *out)
{
    const struct completion_program programs[] = {
        {"berth", &options_berth, &devices_vfkit, true},
        {"vfkit", &options_vfkit, &devices_vfkit, false},
        {"krunkit", &options_krunkit, &devices_krunkit, false},
    };
    static const struct {
        const char *shell;
        void (*print)(const struct completion_program *programs, size_t nr, FILE *out);
    } shells[] = {{"bash", completion_bash}, {"zsh", completion_zsh}, {"fish", completion_fish}};

    for (size_t i = 0; i < ARRAY_LEN(shells); i++) {
        if (!strcmp(shells[i].shell, shell)) {
            shells[i].print(programs, ARRAY_LEN(programs), out);
            return 0;
        }
    }
    return -EINVAL;
}

void completion_keys(const struct device_type *type, bool berth, FILE *out)
{
    const char *space = "";

    for (size_t i = 0; i < type->nr_keys; i++) {
        const struct device_key *key = &type->keys[i];

        if (key->berth_only && !berth)
            continue;
        (void)fprintf(out, "%s%s%s", space, key->name, key->values ? "=" : "");
        space = " ";
    }
}

void completion_types(const struct device_table *devices, FILE *out)
{
    for (size_t i = 0; i < devices->nr; i++)
        (void)fprintf(out, "%s%s", i ? " " : "", devices->types[i].name);
}
