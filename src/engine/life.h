/* SPDX-License-Identifier: Apache-2.0
 *
 * The life of a VM: the one table of what may follow what. */
#ifndef BERTH_ENGINE_LIFE_H
#define BERTH_ENGINE_LIFE_H

#include <stdbool.h>

#include "base/compiler.h"
#include "engine/engine.h"

enum life_event {
    LIFE_START,         /* asked to run */
    LIFE_STARTED,       /* does */
    LIFE_PAUSE,         /* asked to stand still */
    LIFE_PAUSED,        /* does */
    LIFE_PAUSE_FAILED,  /* does not, and runs on */
    LIFE_RESUME,        /* asked to go on */
    LIFE_RESUMED,       /* does */
    LIFE_RESUME_FAILED, /* does not, and stands still as before */
    LIFE_ASK_STOP,      /* the guest is asked to power itself off; nothing changes yet */
    LIFE_STOP,          /* to be stopped without asking */
    LIFE_STOPPED,       /* is, or powered itself off */
    LIFE_FAIL,          /* cannot go on */
};

/* The state after `event` in `state`. -EBUSY when the event has no place there. */
NODISCARD int life_next(enum vm_state state, enum life_event event, enum vm_state *ret);

/* Whether `event` has a place in `state`. */
bool life_allows(enum vm_state state, enum life_event event);

const char *life_state_name(enum vm_state state); /* "running", for logs */

#endif
