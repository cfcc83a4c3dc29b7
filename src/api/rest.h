/* SPDX-License-Identifier: Apache-2.0
 *
 * The REST service of one VM, as vfkit or krunkit speaks it. Loop thread only. */
#ifndef BERTH_API_REST_H
#define BERTH_API_REST_H

#include "base/compiler.h"
#include "base/err.h"
#include "config/config.h"
#include "engine/engine.h"
#include "host/loop.h"

struct rest;

/* Listens where cfg->rest says (not REST_NONE) and serves `vm`. Until the VM has been started its
 * state is told as "starting", because clients take "stopped" for the end. -errno with the sentence
 * in `err`. */
NODISCARD int rest_create(struct vm *vm, const struct vm_config *cfg, struct loop *loop,
                          struct rest **ret, struct err *err);

/* Tells the service of a transition, from the VM's observer: answers whoever waits for it. */
void rest_vm_changed(struct rest *r, enum vm_state state);

/* Stops listening at once and removes the socket file; every answer given reaches its client first.
 * Before vm_destroy. NULL is fine. */
void rest_destroy(struct rest *r);

#endif
