/* SPDX-License-Identifier: Apache-2.0
 *
 * The accelerators, as the layers above may see them. */
#include "engine/survey.h"

#include "accel/select.h"

static const char *guests_of(enum guest_arch arch)
{
    switch (arch) {
    case ARCH_ARM64:
        return "arm64";
    case ARCH_X86_64:
        return "x86-64";
    default:
        return "the host's own";
    }
}

size_t engine_survey(struct engine_choice *choices)
{
    struct accel_report reports[SURVEY_MAX];
    size_t n = accel_survey(reports, SURVEY_MAX);

    for (size_t i = 0; i < n; i++)
        choices[i] = (struct engine_choice){
            .name = reports[i].name,
            .guests = guests_of(reports[i].arch),
            .built = reports[i].built,
            .host_can = reports[i].status == 0,
            .why = reports[i].why,
        };
    return n;
}
