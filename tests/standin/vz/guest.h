/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest inside the stand-in's VZVirtualMachine: our native engine with a loop and a thread of
 * its own. Devices that it has get the attachments of the configuration; the others are
 * configuration only. What is no Linux direct boot is a guest that merely exists until its power
 * button is pressed. */
#ifndef BERTH_TESTS_STANDIN_VZ_GUEST_H
#define BERTH_TESTS_STANDIN_VZ_GUEST_H

#include "engine/engine.h"
#include "standin.h"

struct guest;

/* Told on the guest's thread: RUNNING, PAUSED, and last STOPPED or ERROR; and what the scenario
 * brings later. */
struct guest_client {
    void (*changed)(void *ctx, enum vm_state state, const struct err *err);
    void (*dies)(void *ctx);         /* BERTH_STANDIN_DIES_MS after it runs */
    void (*network_gone)(void *ctx); /* BERTH_STANDIN_NETWORK_GONE_MS */
    void *ctx;
};

/* Begins to run `config`. */
struct guest *guest_start(id config, const struct guest_client *client);

enum guest_command { GUEST_PAUSE = 1, GUEST_RESUME = 2, GUEST_POWER_BUTTON = 4, GUEST_STOP = 8 };
void guest_command(struct guest *g, enum guest_command c); /* any thread */

void guest_destroy(struct guest *g); /* stops it first if need be; not on its thread */

#endif
