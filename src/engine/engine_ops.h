/* SPDX-License-Identifier: Apache-2.0
 *
 * What an engine supplies. engine.c asks the table of states first and calls these only when the
 * state allows it, so an engine never refuses for its state. All on the loop thread. */
#ifndef BERTH_ENGINE_ENGINE_OPS_H
#define BERTH_ENGINE_ENGINE_OPS_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine.h"
#include "engine/life.h"
#include "engine/vsock.h"
#include "host/loop.h"

#define ENGINE_DENIED (-EPERM) /* no other failure has this code */

struct engine_ops {
    const char *name; /* "native", "vz" */

    /* Is it there, and does it run guests of `arch` (ARCH_AUTO: the host's own)? 0, or -ENOTSUP
     * with the reason; -ENOSYS: not part of this build. Any thread. */
    int (*probe)(enum guest_arch arch, struct err *err);
    /* vm_check and vm_check_nested (engine.h), once it is chosen. */
    int (*supports)(const struct vm_config *cfg, struct err *err);
    int (*nested)(const struct vm_config *cfg, struct err *err);

    /* vm_main_for; NULL: never wants the main thread. */
    const struct vm_main *(*main_for)(const struct vm_config *cfg);

    /* Makes the VM, or leaves nothing behind: -errno with the sentence in `err`. Calls vm_init.
     * ENGINE_DENIED: the host keeps this process from it, whatever the VM; nothing has been
     * touched.
     */
    int (*create)(struct vm_config *cfg, struct loop *loop, const struct vm_observer *observer,
                  struct vm **ret, struct err *err);
    void (*destroy)(struct vm *vm); /* STOPPED or ERROR */

    /* From STOPPED or ERROR; enters STARTING itself once nothing can fail at once any more. */
    int (*start)(struct vm *vm, struct err *err);
    /* The state has become PAUSING, RESUMING or STOPPING: make it so, then vm_transition. */
    void (*pause)(struct vm *vm);
    void (*resume)(struct vm *vm);
    void (*stop)(struct vm *vm);
    int (*request_stop)(struct vm *vm); /* RUNNING; the state stays */

    /* vm_set_memory_target, checked; NULL: no balloon device. */
    int (*set_memory_target)(struct vm *vm, uint64_t bytes, struct err *err);

    const struct vsock_ops *vsock; /* NULL: no vsock device that the host can use */
};

/* What every engine's VM begins with. */
struct vm {
    const struct engine_ops *ops;
    struct vm_config *cfg;
    struct loop *loop;
    struct vm_observer observer;
    enum vm_state state;
    uint64_t memory_target;
    struct err failure;       /* why the state is ERROR */
    struct timer start_limit; /* while STARTING: engine.c's */
};

void vm_init(struct vm *vm, const struct engine_ops *ops, struct vm_config *cfg, struct loop *loop,
             const struct vm_observer *observer);

/* Takes the VM to the state that `event` leads to, which must be possible, and tells the observer.
 * With LIFE_FAIL the reason is in vm->failure already. */
void vm_transition(struct vm *vm, enum life_event event);

extern const struct engine_ops engine_native, engine_vz;

#endif
