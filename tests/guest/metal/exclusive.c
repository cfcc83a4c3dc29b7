/* SPDX-License-Identifier: Apache-2.0
 *
 * Exclusives and atomics: the local monitor, and counters that several CPUs share. */
#include "metal.h"

static volatile uint64_t word[2] __attribute__((aligned(16)));

static unsigned store_exclusive(uint64_t value)
{
    unsigned failed;
    __asm__ volatile("stxr %w0, %1, [%2]" : "=&r"(failed) : "r"(value), "r"(word) : "memory");
    return failed;
}

static uint64_t load_exclusive(void)
{
    uint64_t value;
    __asm__ volatile("ldxr %0, [%1]" : "=r"(value) : "r"(word) : "memory");
    return value;
}

static bool skip_svc(struct frame *f)
{
    return f->esr >> 26 == 0x15;
}

static void monitor(void)
{
    word[0] = 5;
    __asm__ volatile("clrex");
    check_equal("STXR without LDXR", store_exclusive(1), 1);
    check_equal("and stores nothing", word[0], 5);
    check_equal("LDXR", load_exclusive(), 5);
    check_equal("STXR", store_exclusive(6), 0);
    check_equal("stored", word[0], 6);
    check_equal("STXR again", store_exclusive(7), 1);
    (void)load_exclusive();
    __asm__ volatile("clrex");
    check_equal("STXR after CLREX", store_exclusive(7), 1);
    (void)load_exclusive();
    trap_hook = skip_svc;
    __asm__ volatile("svc #1" ::: "memory");
    trap_hook = NULL;
    check_equal("STXR after an exception's return", store_exclusive(7), 1);
    check_equal("unchanged", word[0], 6);
}

/* --- Shared counters --- */

enum { ROUNDS = 5000 };
static volatile uint64_t counter, sum;
static volatile uint64_t pair[2] __attribute__((aligned(16)));
static volatile uint8_t byte_counter;

static void add_exclusive(unsigned index)
{
    (void)index;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t value;
        unsigned failed;
        do {
            __asm__ volatile("ldxr %0, [%2]\n\tadd %0, %0, #1\n\tstxr %w1, %0, [%2]"
                             : "=&r"(value), "=&r"(failed)
                             : "r"(&counter)
                             : "memory");
        } while (failed);
    }
}

static void add_byte(unsigned index)
{
    (void)index;
    for (unsigned n = 0; n < ROUNDS; n++) {
        unsigned value, failed;
        do {
            __asm__ volatile("ldaxrb %w0, [%2]\n\tadd %w0, %w0, #1\n\tstlxrb %w1, %w0, [%2]"
                             : "=&r"(value), "=&r"(failed)
                             : "r"(&byte_counter)
                             : "memory");
        } while (failed);
    }
}

static void add_pair(unsigned index)
{
    (void)index;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t low, high;
        unsigned failed;
        do {
            __asm__ volatile("ldaxp %0, %1, [%3]\n\tadd %0, %0, #1\n\tsub %1, %1, #1\n\t"
                             "stlxp %w2, %0, %1, [%3]"
                             : "=&r"(low), "=&r"(high), "=&r"(failed)
                             : "r"(pair)
                             : "memory");
        } while (failed);
    }
}

/* A spin lock as kernels write it: LDAXR, WFE, STXR, STLR. */
static volatile uint32_t lock;

static void add_locked(unsigned index)
{
    (void)index;
    for (unsigned n = 0; n < ROUNDS / 10; n++) {
        unsigned value, one = 1;
        __asm__ volatile("sevl\n1:\twfe\n2:\tldaxr %w0, [%1]\n\tcbnz %w0, 1b\n\t"
                         "stxr %w0, %w2, [%1]\n\tcbnz %w0, 2b"
                         : "=&r"(value)
                         : "r"(&lock), "r"(one)
                         : "memory");
        sum = sum + 1;
        __asm__ volatile("stlr wzr, [%0]" ::"r"(&lock) : "memory");
    }
}

static void add_atomic(unsigned index)
{
    (void)index;
    for (unsigned n = 0; n < ROUNDS; n++) {
        uint64_t old;
        __asm__ volatile(".arch_extension lse\n\tldadd %1, %0, [%2]"
                         : "=&r"(old)
                         : "r"(UINT64_C(1)), "r"(&counter)
                         : "memory");
    }
}

static void on_all(unsigned nr, void (*fn)(unsigned))
{
    for (unsigned n = 1; n < nr; n++)
        (void)cpu_start(n, fn);
    fn(0);
    cpu_wait_all();
}

void metal_main(void)
{
    unsigned nr = cpu_count();
    monitor();
    on_all(nr, add_exclusive);
    check_equal("counter by LDXR and STXR", counter, (uint64_t)nr * ROUNDS);
    on_all(nr, add_byte);
    check_equal("byte by LDAXRB and STLXRB", byte_counter, (nr * ROUNDS) & 0xff);
    on_all(nr, add_pair);
    check("pair by LDAXP and STLXP", pair[0] == (uint64_t)nr * ROUNDS && pair[1] == -pair[0]);
    on_all(nr, add_locked);
    check_equal("counter under a lock with WFE", sum, (uint64_t)nr * (ROUNDS / 10));
    if (id_field(id_aa64isar0_el1, 20) >= 2) {
        counter = 0;
        on_all(nr, add_atomic);
        check_equal("counter by LDADD", counter, (uint64_t)nr * ROUNDS);
    } else {
        skip("counter by LDADD", "no LSE");
    }
}
