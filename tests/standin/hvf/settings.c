/* SPDX-License-Identifier: Apache-2.0
 *
 * HV_STANDIN, a comma-separated list: how this pretended Mac differs from a good one.
 *
 *     denied, unsupported, no-resources, error, busy     hv_vm_create answers so
 *     FUNCTION=one of these                              that function does: hv_vm_map, hv_vcpu_create,
 *                                                        hv_vcpu_run, hv_gic_create
 *     no-hardware                                        kern.hv_support is 0
 *     ipa=BITS, ipa-max=BITS, vcpus=N                    sizes
 *     storm=MICROSECONDS                                 storm.c */
#include <stdlib.h>
#include <string.h>

#include "standin.h"

const char *standin_setting(const char *name)
{
    const char *at = getenv("HV_STANDIN");
    size_t len = strlen(name);

    while (at && *at) {
        if (!strncmp(at, name, len) && (at[len] == '=' || at[len] == ',' || !at[len]))
            return at[len] == '=' ? at + len + 1 : "";
        at += strcspn(at, ",");
        at += *at == ',';
    }
    return NULL;
}

unsigned standin_setting_number(const char *name, unsigned otherwise)
{
    const char *value = standin_setting(name);

    return value ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}

hv_return_t standin_forced(const char *function)
{
    static const struct {
        const char *name;
        hv_return_t status;
    } failures[] = {
        {"denied", HV_DENIED}, {"unsupported", HV_UNSUPPORTED}, {"no-resources", HV_NO_RESOURCES},
        {"error", HV_ERROR},   {"busy", HV_BUSY},
    };
    const char *wanted = standin_setting(function);

    for (size_t i = 0; i < ARRAY_LEN(failures); i++) {
        size_t len = strlen(failures[i].name);
        bool by_name = wanted && !strncmp(wanted, failures[i].name, len);

        if (by_name || (!strcmp(function, "hv_vm_create") && standin_setting(failures[i].name)))
            return failures[i].status;
    }
    return HV_SUCCESS;
}
