/* SPDX-License-Identifier: Apache-2.0
 *
 * A VM's state in the words of the REST services. */
#ifndef BERTH_API_STATE_H
#define BERTH_API_STATE_H

#include <stdbool.h>

#include "engine/engine.h"

struct state_view {
    enum vm_state state;
    bool can_start, can_pause, can_resume, can_stop, can_hard_stop;
};

enum { STATE_BODY_MAX = 192 };

/* {"canHardStop":…,…,"state":"VirtualMachineState…"}: vfkit, keys in alphabetical order. */
void state_body_vfkit(const struct state_view *v, char ret[STATE_BODY_MAX]);

/* {"state":"VirtualMachineState…","canStart":…,…}: krunkit 1.3. */
void state_body_krunkit(const struct state_view *v, char ret[STATE_BODY_MAX]);

#endif
