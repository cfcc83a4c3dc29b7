/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that leave the process's signals to the loop thread, which is the main thread but beside a
 * window. */
#ifndef BERTH_HOST_THREAD_H
#define BERTH_HOST_THREAD_H

#include <pthread.h>
#include <signal.h>

#include "base/compiler.h"

/* Runs fn(arg) on a new thread, with every signal blocked that another thread could take. 0 or
 * -errno. Joined by the caller. */
NODISCARD int thread_create(pthread_t *ret, void *(*fn)(void *arg), void *arg);

/* Around a library's call that makes threads: they inherit the mask that thread_create would give
 * them. */
void thread_block_signals(sigset_t *ret_before);
void thread_restore_signals(const sigset_t *before);

/* The guest waits for what the calling thread does: the host should run it soon, and on a fast
 * core. A hint; Linux has none for one who may not set priorities. */
void thread_urgent(void);

/* Names the calling thread for debuggers, at most 15 bytes. Never the main thread: on Linux its
 * name is the process's, and clients look for "vfkit" there. */
void thread_name(const char *name);

#endif
