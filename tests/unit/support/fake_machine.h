/* SPDX-License-Identifier: Apache-2.0
 *
 * machine.h with nothing in it: counts what the engine asks of it, and lets a test play the
 * devices. */
#ifndef BERTH_TESTS_FAKE_MACHINE_H
#define BERTH_TESTS_FAKE_MACHINE_H

#include <stdbool.h>

#include "machine/machine.h"

enum { FAKE_BOOT_PC = 0x40200000 };

/* What happened to the one machine; loop thread, or with vCPUs held. */
struct fake_machine {
    unsigned nr_created, nr_destroyed, nr_resets, nr_power_keys;
    bool quiet;              /* between quiesce and unquiesce */
    int create_rc, reset_rc; /* the next call fails so */
    _Atomic unsigned timers; /* last told: virt 1, phys 2 */
    struct machine_host host;
};

extern struct fake_machine fake_machine; /* clear before each test */

#endif
