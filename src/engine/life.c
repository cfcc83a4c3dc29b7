/* SPDX-License-Identifier: Apache-2.0
 *
 * What each event may follow, and leads to. A guest that powers itself off goes to STOPPED
 * directly, also while a pause is under way; clients of vfkit see the same there. */
#include "engine/life.h"

#include <errno.h>

#define IN(state) (1u << (state))

struct transition {
    unsigned from; /* IN() of each state in which the event may come */
    enum vm_state to;
};

static const struct transition transitions[] = {
    [LIFE_START] = {IN(VM_STOPPED) | IN(VM_ERROR), VM_STARTING},
    [LIFE_STARTED] = {IN(VM_STARTING), VM_RUNNING},
    [LIFE_PAUSE] = {IN(VM_RUNNING), VM_PAUSING},
    [LIFE_PAUSED] = {IN(VM_PAUSING), VM_PAUSED},
    [LIFE_PAUSE_FAILED] = {IN(VM_PAUSING), VM_RUNNING},
    [LIFE_RESUME] = {IN(VM_PAUSED), VM_RESUMING},
    [LIFE_RESUMED] = {IN(VM_RESUMING), VM_RUNNING},
    [LIFE_RESUME_FAILED] = {IN(VM_RESUMING), VM_PAUSED},
    [LIFE_ASK_STOP] = {IN(VM_RUNNING), VM_RUNNING},
    [LIFE_STOP] = {IN(VM_RUNNING) | IN(VM_PAUSED), VM_STOPPING},
    [LIFE_STOPPED] = {IN(VM_RUNNING) | IN(VM_PAUSING) | IN(VM_PAUSED) | IN(VM_STOPPING),
                      VM_STOPPED},
    [LIFE_FAIL] = {~(IN(VM_STOPPED) | IN(VM_ERROR)), VM_ERROR},
};

bool life_allows(enum vm_state state, enum life_event event)
{
    return transitions[event].from & IN(state);
}

int life_next(enum vm_state state, enum life_event event, enum vm_state *ret)
{
    if (!life_allows(state, event))
        return -EBUSY;
    *ret = transitions[event].to;
    return 0;
}

const char *life_state_name(enum vm_state state)
{
    static const char *const names[] = {
        [VM_STOPPED] = "stopped",   [VM_STARTING] = "starting", [VM_RUNNING] = "running",
        [VM_PAUSING] = "pausing",   [VM_PAUSED] = "paused",     [VM_RESUMING] = "resuming",
        [VM_STOPPING] = "stopping", [VM_ERROR] = "error",
    };

    return names[state];
}
