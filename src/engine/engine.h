/* SPDX-License-Identifier: Apache-2.0
 *
 * An engine supplies a whole VM and its life. `native` is our machine on an accelerator; `vz` will
 * be Apple's. Everything on the loop thread. */
#ifndef BERTH_ENGINE_ENGINE_H
#define BERTH_ENGINE_ENGINE_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "host/loop.h"

enum vm_state {
    VM_STOPPED,
    VM_STARTING,
    VM_RUNNING,
    VM_PAUSING,
    VM_PAUSED,
    VM_RESUMING,
    VM_STOPPING,
    VM_ERROR,
};

struct vm;

/* Whether the engine that would run `cfg` here knows everything it asks for. 0, or -ENOTSUP or
 * -EINVAL with one plain sentence. Builds nothing. Any thread. */
NODISCARD int vm_check(const struct vm_config *cfg, struct err *err);
/* Whether a guest of it could run VMs itself, asked before its devices are known (vfkit-compat.md
 * §8, step 4). */
NODISCARD int vm_check_nested(const struct vm_config *cfg, struct err *err);

/* err->code of a VM_ERROR because the guest reported its own crash (pvpanic) and --on-panic says to
 * exit. */
#define VM_GUEST_PANICKED (-ENOTRECOVERABLE)

/* Told of every transition, on the loop thread, after it happened. `err` is set with VM_ERROR only.
 * May call everything but vm_destroy. */
struct vm_observer {
    void (*changed)(void *ctx, enum vm_state state, const struct err *err);
    /* The user has closed the VM's window or the like: end it as a SIGTERM would. May be NULL. */
    void (*quit)(void *ctx);
    void *ctx;
};

/* Builds everything that can fail (devices, sockets, images) without running the guest. `cfg`
 * outlives the VM; the engine fills in what only it knows (pty names). 0 or -errno with the
 * sentence in `err`. */
NODISCARD int vm_create(struct vm_config *cfg, struct loop *loop,
                        const struct vm_observer *observer, struct vm **ret, struct err *err);
void vm_destroy(struct vm *vm); /* STOPPED or ERROR, or never started; NULL is fine */

/* A VM that is not RUNNING 5 s after vm_start becomes VM_ERROR: -ETIMEDOUT, "timeout waiting for
 * VM state". Each returns 0, or -EBUSY when the state does not allow it (vm_can_…), or another
 * -errno. Completion is told to the observer; start, pause, resume and stop complete
 * asynchronously. */
NODISCARD int vm_start(struct vm *vm, struct err *err);
NODISCARD int vm_pause(struct vm *vm);
NODISCARD int vm_resume(struct vm *vm);
NODISCARD int vm_request_stop(struct vm *vm); /* ask the guest: power key */
NODISCARD int vm_stop(struct vm *vm);         /* do not ask */

/* How much memory the guest is to keep, by its balloon device: whole MiB, at most what it was
 * given. RUNNING or PAUSED. It takes its time, and may not obey. 0, -ENOTSUP without such a device,
 * -EINVAL, -EBUSY, with the sentence in `err`. */
NODISCARD int vm_set_memory_target(struct vm *vm, uint64_t bytes, struct err *err);
uint64_t vm_memory_target(const struct vm *vm); /* what was asked for last */

enum vm_state vm_get_state(const struct vm *vm);
bool vm_can_start(const struct vm *vm);
bool vm_can_pause(const struct vm *vm);
bool vm_can_resume(const struct vm *vm);
bool vm_can_request_stop(const struct vm *vm);
bool vm_can_stop(const struct vm *vm);

const struct vm_config *vm_get_config(const struct vm *vm);

/* --- the main thread ---
 *
 * A window's toolkit may insist on the process's main thread. Then the loop, and everything above
 * in this header, runs on another one, and the main thread is in `run` from before vm_create until
 * after vm_destroy. Without that need the main thread is the loop thread. */
struct vm_main {
    void (*run)(void);  /* main thread; returns after `stop` */
    void (*stop)(void); /* loop thread, once, last; may come before `run` */
};

/* What the main thread has to do for `cfg`, or NULL. */
const struct vm_main *vm_main_for(const struct vm_config *cfg);

#endif
