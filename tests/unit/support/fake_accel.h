/* SPDX-License-Identifier: Apache-2.0
 *
 * An accelerator that executes a script: each vcpu_run returns the next exit of its vCPU, and waits
 * for a kick when there is none. Compile fake_accel.c into the test. Any thread. */
#ifndef BERTH_TESTS_FAKE_ACCEL_H
#define BERTH_TESTS_FAKE_ACCEL_H

#include <stdbool.h>

#include "accel/accel.h"

enum { FAKE_MAX_CPUS = 8 };

extern const struct accel_ops fake_accel;

void fake_accel_reset(void); /* before each test: no scripts, nothing counted */

/* The next exit of vCPU `cpu`. */
void fake_accel_push(unsigned cpu, const struct vcpu_exit *exit);
void fake_accel_push_psci(unsigned cpu, uint64_t id, uint64_t a1, uint64_t a2, uint64_t a3);

/* Waits until vCPU `cpu` has no exit left and waits in the guest; false after 5 s. */
bool fake_accel_wait_idle(unsigned cpu);

/* What was answered to the vCPU's last exit but kicks. */
struct vcpu_exit fake_accel_answer(unsigned cpu);

struct vcpu_regs fake_accel_regs(unsigned cpu); /* last set */
unsigned fake_accel_nr_resets(unsigned cpu);
unsigned fake_accel_nr_runs(unsigned cpu); /* entries to the guest */
bool fake_accel_clock_runs(void);
bool fake_accel_pin(unsigned cpu, enum vcpu_pin pin);

/* The next vcpu_create or vcpu_run of `cpu` fails with `code`. */
void fake_accel_fail_create(unsigned cpu, int code);
void fake_accel_fail_run(unsigned cpu, int code);

#endif
