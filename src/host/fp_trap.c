/* SPDX-License-Identifier: Apache-2.0
 *
 * SIGFPE, for x86-64. */
#include "host/fp_trap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

static _Atomic(fp_trap_fn *) asked;
static struct sigaction before;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)info;
    if (!fp_trap_redirect(context, asked))
        (void)sigaction(number, &before, NULL); /* the instruction faults once more */
}

/* Somebody may have taken the signal since the last time. */
static int install(void)
{
    struct sigaction action = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_RESTART}, now;

    if (sigaction(SIGFPE, NULL, &now))
        return -errno;
    if (now.sa_flags & SA_SIGINFO && now.sa_sigaction == on_signal)
        return 0;
    before = now;
    return sigaction(SIGFPE, &action, NULL) ? -errno : 0;
}

int fp_trap_install(fp_trap_fn *fn)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    int r;

    asked = fn;
    (void)pthread_mutex_lock(&lock);
    r = install();
    (void)pthread_mutex_unlock(&lock);
    return r;
}
