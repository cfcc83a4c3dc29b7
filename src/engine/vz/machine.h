/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework's VM and everything that touches it, on its own serial queue; what happens there is
 * news to the loop thread.
 *
 *     loop thread (vm.c)                    the VM's queue (machine.c)
 *     vz_machine_pause ─── dispatch_async ──► [vm pauseWithCompletionHandler:]
 *                                             completion, delegate methods
 *     on_news ◄─────────── loop_post ──────── post_news
 *
 * Both sides and every handler that the framework still holds own a reference. Functions here are
 * for the loop thread unless they say otherwise. */
#ifndef BERTH_ENGINE_VZ_MACHINE_H
#define BERTH_ENGINE_VZ_MACHINE_H

#include <stdbool.h>

#include "base/compiler.h"
#include "base/err.h"
#include "engine/life.h"
#include "engine/vz/objc.h"
#include "host/loop.h"

struct vz_machine;

struct vz_news {
    enum { VZ_NEWS_LIFE, VZ_NEWS_QUIT } kind; /* quit: the user has closed the window */
    enum life_event event;
    struct err err; /* why, for LIFE_FAIL and what merely failed */
};

struct vz_machine_client {
    void (*on_news)(void *ctx, const struct vz_news *news); /* loop thread */
    void *ctx;
};

/* Makes a VZVirtualMachine of the valid `config`. `net_names`: what to call its network devices,
 * retained. 0, or -errno with the sentence. */
NODISCARD int vz_machine_create(id config, id net_names, struct loop *loop,
                                const struct vz_machine_client *client, struct vz_machine **ret,
                                struct err *err);
/* No news from here on; the framework's VM goes with the last handler that it holds. */
void vz_machine_destroy(struct vz_machine *m);

/* Each begins and returns at once; what comes of it is news. */
void vz_machine_start(struct vz_machine *m);
void vz_machine_pause(struct vz_machine *m);
void vz_machine_resume(struct vz_machine *m);
void vz_machine_stop(struct vz_machine *m);

/* The guest's power button. 0, or -errno (logged). */
NODISCARD int vz_machine_request_stop(struct vz_machine *m);

/* fn(vm, ctx) on the queue, with the VZVirtualMachine and an autorelease pool; returns after it. */
void vz_machine_do(struct vz_machine *m, void (*fn)(id vm, void *ctx), void *ctx);

/* The same without waiting. */
void vz_machine_do_later(struct vz_machine *m, void (*fn)(id vm, void *ctx), void *ctx);

/* Something for the loop thread that is more than news. */
struct vz_parcel {
    /* Loop thread, in the order in which they were sent; or with `delivered` false, on any thread,
     * because nobody listens any more. Frees it. */
    void (*open)(struct vz_parcel *p, bool delivered);
    struct vz_parcel *next;
};

/* Any thread, while the caller holds a reference. */
void vz_machine_send(struct vz_machine *m, struct vz_parcel *p);
void vz_machine_post_quit(struct vz_machine *m);
struct vz_machine *vz_machine_ref(struct vz_machine *m);
void vz_machine_unref(struct vz_machine *m);

#endif
