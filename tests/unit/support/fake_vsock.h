/* SPDX-License-Identifier: Apache-2.0
 *
 * A VM that is nothing but a vsock device, with a real loop; the test is the guest. Links the
 * engine's dispatch, not an engine. */
#ifndef BERTH_TESTS_FAKE_VSOCK_H
#define BERTH_TESTS_FAKE_VSOCK_H

#include <stdint.h>

#include "engine/engine_ops.h"

struct fake_vsock {
    struct vm vm;
    struct vm_config cfg;
};

void fake_vsock_init(struct fake_vsock *f, enum personality p);
void fake_vsock_finish(struct fake_vsock *f);

/* Runs the loop for so long. */
void fake_vsock_run(struct fake_vsock *f, unsigned ms);

/* The guest connects to a port of the host: its end, blocking; -1: reset. */
int fake_vsock_guest_connects(struct fake_vsock *f, uint32_t port);

/* The host's next attempt to connect to `port` finds the guest listening: returns the guest's end,
 * or -1 when no attempt is waiting. A guest that does not listen: fake_vsock_refuse. */
int fake_vsock_guest_accepts(struct fake_vsock *f, uint32_t port);
void fake_vsock_refuse(struct fake_vsock *f, uint32_t port);

#endif
