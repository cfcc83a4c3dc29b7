/* SPDX-License-Identifier: Apache-2.0
 *
 * The EL1 virtual and physical generic timers (Arm ARM D11). The counter comes from struct
 * a64_host; CNTVOFF is 0. */
#ifndef BERTH_CPU_ARM64_TIMER_H
#define BERTH_CPU_ARM64_TIMER_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/state.h"

uint64_t a64_counter(const struct a64_cpu *cpu);

/* a64_run begins: its caller knows a64_timer_deadline as of now. */
void a64_timer_enter(struct a64_cpu *cpu);

/* Compares outputs and deadline with what was last told. true: *exit is an A64_EXIT_TIMER to return
 * with. Run loop, between blocks, when A64_ATTENTION_TIMER is set. */
bool a64_timer_check(struct a64_cpu *cpu, struct a64_exit *exit);

/* The registers: CTL with ISTATUS, TVAL relative to the counter. A write asks for a64_timer_check.
 */
uint64_t a64_timer_ctl(const struct a64_cpu *cpu, const struct a64_timer *t);
uint32_t a64_timer_tval(const struct a64_cpu *cpu, const struct a64_timer *t);
void a64_timer_set_ctl(struct a64_cpu *cpu, struct a64_timer *t, uint32_t ctl);
void a64_timer_set_cval(struct a64_cpu *cpu, struct a64_timer *t, uint64_t cval);
void a64_timer_set_tval(struct a64_cpu *cpu, struct a64_timer *t, uint32_t tval);

/* Whether an output is not as last told: there is an A64_EXIT_TIMER to come. */
bool a64_timer_changed(const struct a64_cpu *cpu);

#endif
