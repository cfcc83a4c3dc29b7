/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit-compat.md §9.3, §9.4, §16.4. */
#include "api/state.h"

#include <stdio.h>

static const char *state_word(enum vm_state state)
{
    static const char *const words[] = {
        [VM_STOPPED] = "Stopped",   [VM_STARTING] = "Starting", [VM_RUNNING] = "Running",
        [VM_PAUSING] = "Pausing",   [VM_PAUSED] = "Paused",     [VM_RESUMING] = "Resuming",
        [VM_STOPPING] = "Stopping", [VM_ERROR] = "Error",
    };

    return words[state];
}

static const char *word(bool b)
{
    return b ? "true" : "false";
}

void state_body_vfkit(const struct state_view *v, char ret[STATE_BODY_MAX])
{
    (void)snprintf(ret, STATE_BODY_MAX,
                   "{\"canHardStop\":%s,\"canPause\":%s,\"canResume\":%s,\"canStart\":%s,"
                   "\"canStop\":%s,\"state\":\"VirtualMachineState%s\"}",
                   word(v->can_hard_stop), word(v->can_pause), word(v->can_resume),
                   word(v->can_start), word(v->can_stop), state_word(v->state));
}

void state_body_krunkit(const struct state_view *v, char ret[STATE_BODY_MAX])
{
    (void)snprintf(ret, STATE_BODY_MAX,
                   "{\"state\":\"VirtualMachineState%s\",\"canStart\":%s,\"canPause\":%s,"
                   "\"canResume\":%s,\"canStop\":%s,\"canHardStop\":%s}",
                   state_word(v->state), word(v->can_start), word(v->can_pause),
                   word(v->can_resume), word(v->can_stop), word(v->can_hard_stop));
}
