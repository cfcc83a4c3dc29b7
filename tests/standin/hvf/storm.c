/* SPDX-License-Identifier: Apache-2.0
 *
 * HV_STANDIN=storm=N: every N microseconds all vCPUs are asked to leave the guest, which on a Mac is
 * anybody's right at any time. A run loop that survives does so at every point of it. */
#include "host/clock.h"
#include "host/thread.h"
#include "host/wait.h"
#include "standin.h"

enum { NS_A_US = 1000 };

static struct {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned period_us; /* 0: no storm */
    bool quit;
} storm = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void shake(void)
{
    for (hv_vcpu_t id = 0; id < STANDIN_MAX_VCPUS; id++)
        (void)hv_vcpus_exit(&id, 1);
}

static void *storm_thread(void *arg)
{
    (void)arg;
    thread_name("storm");
    (void)pthread_mutex_lock(&storm.lock);
    while (!storm.quit) {
        uint64_t until = clock_monotonic_ns() + (uint64_t)storm.period_us * NS_A_US;

        while (!storm.quit && wait_until(&storm.changed, &storm.lock, until))
            ;
        (void)pthread_mutex_unlock(&storm.lock);
        shake();
        (void)pthread_mutex_lock(&storm.lock);
    }
    (void)pthread_mutex_unlock(&storm.lock);
    return NULL;
}

void storm_begin(void)
{
    storm.period_us = standin_setting_number("storm", 0);
    if (!storm.period_us)
        return;
    storm.quit = false;
    wait_cond_init(&storm.changed);
    if (thread_create(&storm.thread, storm_thread, NULL) < 0)
        standin_breach("no thread for the storm");
}

void storm_end(void)
{
    if (!storm.period_us)
        return;
    (void)pthread_mutex_lock(&storm.lock);
    storm.quit = true;
    (void)pthread_cond_signal(&storm.changed);
    (void)pthread_mutex_unlock(&storm.lock);
    (void)pthread_join(storm.thread, NULL);
    (void)pthread_cond_destroy(&storm.changed);
    storm.period_us = 0;
}
