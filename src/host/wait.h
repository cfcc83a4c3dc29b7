/* SPDX-License-Identifier: Apache-2.0
 *
 * Condition variables that can wait until a time of clock_monotonic_ns. Any thread. */
#ifndef BERTH_HOST_WAIT_H
#define BERTH_HOST_WAIT_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* Ends with pthread_cond_destroy; signalled by pthread_cond_signal and _broadcast. */
void wait_cond_init(pthread_cond_t *cond);

/* Waits, `lock` held, until signalled (or woken for no reason) or `deadline_ns` has come;
 * UINT64_MAX: no deadline. false when the deadline ended the wait. */
bool wait_until(pthread_cond_t *cond, pthread_mutex_t *lock, uint64_t deadline_ns);

#endif
