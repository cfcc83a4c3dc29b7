/* SPDX-License-Identifier: Apache-2.0
 *
 * The new thread inherits the mask that is in place while it is made. */
#include "host/thread.h"

void thread_block_signals(sigset_t *ret_before)
{
    sigset_t all;

    (void)sigfillset(&all);
    /* Faults belong to the thread that made them: blocking them would only turn them into a silent
     * end. */
    (void)sigdelset(&all, SIGSEGV);
    (void)sigdelset(&all, SIGBUS);
    (void)sigdelset(&all, SIGFPE);
    (void)sigdelset(&all, SIGILL);
    (void)sigdelset(&all, SIGTRAP);
    (void)pthread_sigmask(SIG_SETMASK, &all, ret_before);
}

void thread_restore_signals(const sigset_t *before)
{
    (void)pthread_sigmask(SIG_SETMASK, before, NULL);
}

int thread_create(pthread_t *ret, void *(*fn)(void *arg), void *arg)
{
    sigset_t before;
    int rc;

    thread_block_signals(&before);
    rc = pthread_create(ret, NULL, fn, arg);
    thread_restore_signals(&before);
    return -rc;
}
