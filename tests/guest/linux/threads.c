/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads, atomics of every width, mutexes, condition variables, thread-local storage: counts that come out right only if
 * nothing is lost. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { THREADS = 4, TURNS = 20000 };

static _Atomic uint8_t c8;
static _Atomic uint16_t c16;
static _Atomic uint32_t c32;
static _Atomic uint64_t c64, bits, most;
static _Atomic unsigned __int128 c128;
static uint64_t plain, produced, consumed;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static pthread_barrier_t barrier;
static _Thread_local uint64_t own;

static void *count(void *arg)
{
    uintptr_t me = (uintptr_t)arg;

    pthread_barrier_wait(&barrier);
    for (uint64_t n = 0; n < TURNS; n++) {
        uint64_t seen = atomic_load(&most);
        unsigned __int128 wide = atomic_load(&c128);

        c8++;
        c16 += 3;
        c32 -= 5;
        atomic_fetch_add(&c64, n);
        atomic_fetch_or(&bits, UINT64_C(1) << (n + me) % 64);
        while (seen < n * THREADS + me && !atomic_compare_exchange_weak(&most, &seen, n * THREADS + me))
            ;
        while (!atomic_compare_exchange_weak(&c128, &wide, wide + ((unsigned __int128)1 << 64) + 1))
            ;
        pthread_mutex_lock(&lock);
        plain += n ^ me;
        pthread_mutex_unlock(&lock);
        own += n;
    }
    return (void *)(uintptr_t)own;
}

static void *consume(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&lock);
    while (consumed < TURNS / 10) {
        while (produced == consumed)
            pthread_cond_wait(&cond, &lock);
        consumed++;
        pthread_cond_signal(&cond);
    }
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void hand_over(void)
{
    pthread_t t;

    pthread_create(&t, NULL, consume, NULL);
    for (int n = 0; n < TURNS / 10; n++) {
        pthread_mutex_lock(&lock);
        while (produced != consumed)
            pthread_cond_wait(&cond, &lock);
        produced++;
        pthread_cond_signal(&cond);
        pthread_mutex_unlock(&lock);
    }
    pthread_join(t, NULL);
    printf("handed over %" PRIu64 " %" PRIu64 "\n", produced, consumed);
}

int main(void)
{
    pthread_t t[THREADS];
    uint64_t sum = 0;
    void *r;

    pthread_barrier_init(&barrier, NULL, THREADS);
    for (uintptr_t n = 0; n < THREADS; n++)
        pthread_create(&t[n], NULL, count, (void *)n);
    for (int n = 0; n < THREADS; n++) {
        pthread_join(t[n], &r);
        sum += (uintptr_t)r;
    }
    printf("counts %u %u %u %" PRIu64 " %016" PRIx64 " %" PRIu64 "\n", c8, c16, c32, c64, bits, most);
    printf("wide %" PRIu64 " %" PRIu64 "\n", (uint64_t)(c128 >> 64), (uint64_t)c128);
    printf("sums %" PRIu64 " %" PRIu64 "\n", plain, sum);
    hand_over();
    return 0;
}
