/* SPDX-License-Identifier: Apache-2.0
 *
 * host/loop.h and host/clock.h without a host: time moves when a test says so. Compile fake_loop.c
 * into the test; its functions take the place of the library's. Descriptors are real and looked at
 * with poll(2). */
#ifndef BERTH_TESTS_FAKE_LOOP_H
#define BERTH_TESTS_FAKE_LOOP_H

#include <stdint.h>

#include "host/loop.h"

/* One turn: every task posted so far, every descriptor that is ready now, every timer that is due.
 * Returns how many callbacks ran. loop_run turns until loop_stop, moving time to the next timer
 * whenever nothing else is ready. */
unsigned fake_loop_turn(struct loop *l);

/* Turns until nothing is ready any more (or 1000 turns). */
void fake_loop_settle(struct loop *l);

/* Moves the clocks on by `ns`, firing timers on the way, each at its own time. */
void fake_loop_advance(struct loop *l, uint64_t ns);

/* As if the process had received `signo`. */
void fake_loop_signal(struct loop *l, int signo);

#endif
