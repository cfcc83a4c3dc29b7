/* SPDX-License-Identifier: Apache-2.0
 *
 * The accelerators and Apple's engine, as the layers above may see them. */
#include "engine/survey.h"

#include <errno.h>

#include "accel/select.h"
#include "engine/engine_ops.h"

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

static struct engine_choice vz_choice(void)
{
    struct engine_choice c = {.name = "vz", .guests = "the host's own"};
    int rc = engine_vz.probe(ARCH_AUTO, &c.why);

    c.built = rc != -ENOSYS;
    c.host_can = rc == 0;
    return c;
}

/* Before the software CPU, which is last and always there. */
size_t engine_survey(struct engine_choice *choices)
{
    struct accel_report reports[SURVEY_MAX - 1];
    size_t nr = accel_survey(reports, ARRAY_LEN(reports)), at = 0;

    for (size_t i = 0; i < nr; i++) {
        if (i == nr - 1)
            choices[at++] = vz_choice();
        choices[at++] = (struct engine_choice){
            .name = reports[i].name,
            .guests = guests_of(reports[i].arch),
            .built = reports[i].built,
            .host_can = reports[i].status == 0,
            .why = reports[i].why,
        };
    }
    return at;
}
