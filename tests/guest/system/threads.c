/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads on several CPUs: counters, registers, code made at run time, the clock. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "check.h"

enum { THREADS = 4, ROUNDS = 20000 };

static void run_all(void *(*fn)(void *), uintptr_t results[THREADS])
{
    pthread_t threads[THREADS];
    for (uintptr_t t = 0; t < THREADS; t++)
        pthread_create(&threads[t], NULL, fn, (void *)t);
    for (unsigned t = 0; t < THREADS; t++)
        pthread_join(threads[t], (void **)&results[t]);
}

/* --- Counters --- */

static atomic_uint_fast64_t atomic_counter;
static uint64_t locked_counter;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *count(void *unused)
{
    (void)unused;
    for (unsigned n = 0; n < ROUNDS; n++) {
        atomic_fetch_add(&atomic_counter, 1);
        pthread_mutex_lock(&lock);
        locked_counter++;
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* --- Registers: each thread keeps its own pattern in all vector registers while others run --- */

static void *keep_registers(void *index)
{
    uint64_t pattern = ((uintptr_t)index + 1) * UINT64_C(0x0101010101010101), mixed = 0;
    for (unsigned n = 0; n < 300; n++) {
        uint64_t found;
        /* Fills v8 to v15 and d16 upwards, gives way (system call 124: sched_yield), folds them. */
        __asm__ volatile("dup v8.2d, %1\n\tdup v15.2d, %1\n\tdup v16.2d, %1\n\tdup v31.2d, %1\n\t"
                         "mov x8, #124\n\tsvc #0\n\t"
                         "eor v8.16b, v8.16b, v15.16b\n\teor v16.16b, v16.16b, v31.16b\n\t"
                         "orr v8.16b, v8.16b, v16.16b\n\taddp d8, v8.2d\n\tfmov %0, d8"
                         : "=&r"(found)
                         : "r"(pattern)
                         : "x0", "x8", "v8", "v15", "v16", "v31", "memory");
        mixed |= found;
    }
    return (void *)(uintptr_t)mixed;
}

/* --- Code --- */

static uint32_t *code;
static atomic_uint asked, answered;

static void *call_code(void *unused)
{
    (void)unused;
    for (unsigned n = 1; n <= 300; n++) {
        while (atomic_load(&asked) != n)
            sched_yield();
        __asm__ volatile("isb");
        unsigned result = ((unsigned (*)(void))(uintptr_t)code)();
        atomic_store(&answered, result);
    }
    return NULL;
}

static bool code_reaches_another_thread(void)
{
    pthread_t thread;
    bool good = true;
    code = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pthread_create(&thread, NULL, call_code, NULL);
    for (unsigned n = 1; n <= 300; n++) {
        code[0] = 0x52800000 | n << 5; /* mov w0, #n */
        code[1] = 0xd65f03c0;          /* ret */
        __builtin___clear_cache((char *)code, (char *)(code + 2));
        atomic_store(&asked, n);
        while (atomic_load(&answered) != n && good)
            good = atomic_load(&answered) <= n && (sched_yield(), true);
    }
    pthread_join(thread, NULL);
    return good;
}

/* --- Clock: a time read by one thread is never before one that another read earlier --- */

static atomic_uint_fast64_t latest;

static void *watch_clock(void *unused)
{
    (void)unused;
    uintptr_t backwards = 0;
    for (unsigned n = 0; n < ROUNDS; n++) {
        struct timespec now;
        uint64_t before = atomic_load(&latest);
        clock_gettime(CLOCK_MONOTONIC, &now);
        uint64_t time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
        backwards |= time < before;
        while (before < time && !atomic_compare_exchange_weak(&latest, &before, time))
            ;
    }
    return (void *)backwards;
}

int main(void)
{
    uintptr_t results[THREADS];
    run_all(count, results);
    check("counters", atomic_counter == THREADS * ROUNDS && locked_counter == THREADS * ROUNDS);
    run_all(keep_registers, results);
    check("vector registers stay a thread's own",
          !(results[0] | results[1] | results[2] | results[3]));
    check("code written for another thread", code_reaches_another_thread());
    run_all(watch_clock, results);
    check("the clock goes forward on every CPU",
          !(results[0] | results[1] | results[2] | results[3]));
    struct timespec start, end, nap = {0, 20000000};
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (unsigned n = 0; n < 10; n++)
        nanosleep(&nap, NULL);
    clock_gettime(CLOCK_MONOTONIC, &end);
    int64_t slept = (end.tv_sec - start.tv_sec) * 1000000000 + end.tv_nsec - start.tv_nsec;
    check("sleep is not short", slept >= 200000000);
    finish();
}
