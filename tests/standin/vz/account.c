/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything that was made is gone when the process exits: objects, blocks, queues with their
 * threads. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "standin.h"

enum { PATIENCE_MS = 3000, EXIT_LEAK = 97 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counts[NR_ACCOUNTS];

void account_add(enum account what, int n)
{
    (void)pthread_mutex_lock(&lock);
    counts[what] += n;
    (void)pthread_cond_broadcast(&changed);
    (void)pthread_mutex_unlock(&lock);
}

static bool is_clean(void)
{
    return counts[ACCOUNT_OBJECTS] == 0 && counts[ACCOUNT_BLOCKS] == 0 &&
           counts[ACCOUNT_QUEUES] == 0;
}

/* A queue that was released may still be running what it had. */
static bool wait_until_clean(void)
{
    struct timespec until;
    bool clean;
    int rc = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += scenario_number("PATIENCE_MS", PATIENCE_MS) * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_mutex_lock(&lock);
    while (!is_clean() && rc == 0)
        rc = pthread_cond_timedwait(&changed, &lock, &until);
    clean = is_clean();
    (void)pthread_mutex_unlock(&lock);
    return clean;
}

void account_check(void)
{
    if (wait_until_clean())
        return;
    (void)fprintf(stderr, "vz stand-in: left over at exit: %ld objects, %ld blocks, %ld queues\n",
                  counts[ACCOUNT_OBJECTS], counts[ACCOUNT_BLOCKS], counts[ACCOUNT_QUEUES]);
    objects_print(stderr);
    (void)fflush(NULL);
    _exit(EXIT_LEAK);
}

__attribute__((constructor)) static void check_at_exit(void)
{
    (void)atexit(account_check);
}
