/* SPDX-License-Identifier: Apache-2.0
 *
 * What this host could run a VM with. For `berth doctor`; nothing here chooses. */
#ifndef BERTH_ENGINE_SURVEY_H
#define BERTH_ENGINE_SURVEY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

enum { SURVEY_MAX = 8 };

struct engine_choice {
    const char *name;   /* as --accel takes it */
    const char *guests; /* "arm64", "x86-64", "the host's own" */
    bool built;         /* part of this build */
    bool host_can;      /* tried, just now */
    struct err why;     /* if it cannot */
};

/* Tries everything, best first; well under two seconds. Returns how many of the SURVEY_MAX choices
 * were filled. */
size_t engine_survey(struct engine_choice *choices);

#endif
