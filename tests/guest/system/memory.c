/* SPDX-License-Identifier: Apache-2.0
 *
 * Faults as signals, copy on write, and changes of mappings that other threads must see at once. */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "check.h"

enum { PAGE = 4096, NR_PAGES = 256, ROUNDS = 300 };

/* --- Signals --- */

static sigjmp_buf back;
static volatile int last_signal, last_code;
static void *volatile last_address;

static void on_fault(int number, siginfo_t *info, void *context)
{
    (void)context;
    last_signal = number;
    last_code = info->si_code;
    last_address = info->si_addr;
    siglongjmp(back, 1);
}

static void *map_pages(size_t len, int prot)
{
    return mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

#define faults(statement, number, code, address)                                                   \
    __extension__({                                                                                \
        last_signal = 0;                                                                           \
        if (sigsetjmp(back, 1) == 0) {                                                             \
            statement;                                                                             \
        }                                                                                          \
        last_signal == (number) && last_code == (code) && last_address == (void *)(address);       \
    })

static void signals(void)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_NODEFER};
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGILL, &action, NULL);
    volatile char *volatile p = map_pages(2 * PAGE, PROT_READ);
    munmap((void *)(p + PAGE), PAGE);
    check("read of nothing", faults((void)p[PAGE + 5], SIGSEGV, SEGV_MAPERR, p + PAGE + 5));
    check("write to a read-only page", faults(p[7] = 1, SIGSEGV, SEGV_ACCERR, p + 7));
    void (*volatile function)(void) = (void (*)(void))(uintptr_t)p;
    check("execution of data", faults(function(), SIGSEGV, SEGV_ACCERR, p));
    function = (void (*)(void))((uintptr_t)p + 2);
    check("execution at an odd address", faults(function(), SIGBUS, BUS_ADRALN, p + 2));
    check("a kernel address", faults((void)*(volatile char *)0xffff800008000000, SIGSEGV,
                                     SEGV_MAPERR, 0xffff800008000000));
    check("an address in no half", faults((void)*(volatile char *)0x0001000000000000, SIGSEGV,
                                          SEGV_MAPERR, 0x0001000000000000));
    last_signal = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile(".inst 0");
    check("undefined instruction", last_signal == SIGILL && last_code == ILL_ILLOPC);
    last_signal = 0;
    if (sigsetjmp(back, 1) == 0)
        __asm__ volatile("msr daifset, #2");
    check("privileged instruction", last_signal == SIGILL);
}

static void addresses(void)
{
    uint64_t value = 0, id;
    char *p = map_pages(2 * PAGE, PROT_READ | PROT_WRITE);
    uint64_t tagged = (uint64_t)p | UINT64_C(0x5a) << 56;
    *(volatile uint64_t *)tagged = 42;
    check("tagged pointer", *(volatile uint64_t *)p == 42);
    for (unsigned skew = 0; skew < 16; skew++) {
        memset(p, 0, 2 * PAGE);
        __asm__ volatile("str %1, [%2]\n\tldr %0, [%2]"
                         : "=&r"(value)
                         : "r"(UINT64_C(0x1122334455667788)), "r"(p + PAGE - skew)
                         : "memory");
        if (value != UINT64_C(0x1122334455667788))
            break;
    }
    check("unaligned across pages", value == UINT64_C(0x1122334455667788));
    __asm__ volatile("mrs %0, S3_0_C0_C4_0"
                     : "=r"(id)); /* ID_AA64PFR0_EL1, emulated by the kernel */
    check("ID register read at EL0", (id & 0xff) == 0x11);
}

/* --- Fork --- */

static void copy_on_write(void)
{
    volatile unsigned char *p = map_pages(NR_PAGES * PAGE, PROT_READ | PROT_WRITE);
    for (unsigned n = 0; n < NR_PAGES; n++)
        p[n * PAGE] = (unsigned char)n;
    bool good = true;
    for (unsigned round = 0; round < 10; round++) {
        pid_t pid = fork();
        if (pid == 0) {
            bool same = true;
            for (unsigned n = 0; n < NR_PAGES; n++) {
                same &= p[n * PAGE] == (unsigned char)(n + round);
                p[n * PAGE] = 0xee;
            }
            _exit(same ? 0 : 1);
        }
        for (unsigned n = 0; n < NR_PAGES; n++)
            p[n * PAGE]++;
        int status;
        waitpid(pid, &status, 0);
        good &= WIFEXITED(status);
        for (unsigned n = 0; n < NR_PAGES; n++)
            good &= p[n * PAGE] == (unsigned char)(n + round + 1);
        good &= status == 0;
    }
    check("copy on write", good);
}

/* --- Shootdown --- */

static volatile uint64_t *volatile shared;
static volatile bool stop;
static volatile uint64_t writes;

static void *writer(void *unused)
{
    (void)unused;
    while (!stop) {
        (void)sigsetjmp(back, 0); /* only this thread faults now */
        while (!stop) {
            shared[0]++;
            writes++;
        }
    }
    return NULL;
}

/* After mprotect returned, no store by another thread may land. */
static void protection_reaches_threads(void)
{
    pthread_t thread;
    bool good = true;
    shared = map_pages(PAGE, PROT_READ | PROT_WRITE);
    pthread_create(&thread, NULL, writer, NULL);
    for (unsigned n = 0; n < ROUNDS; n++) {
        mprotect((void *)shared, PAGE, PROT_READ);
        uint64_t before = shared[0];
        for (volatile unsigned wait = 0; wait < 2000; wait++)
            ;
        good &= shared[0] == before;
        mprotect((void *)shared, PAGE, PROT_READ | PROT_WRITE);
        uint64_t seen = writes;
        while (writes == seen && !stop)
            usleep(100);
    }
    stop = true;
    pthread_join(thread, NULL);
    check("mprotect stops another thread's stores", good);
}

static void *reader(void *unused)
{
    (void)unused;
    uint64_t previous = 0;
    while (!stop) {
        uint64_t now = shared[0];
        if (now < previous)
            return (void *)1;
        previous = now;
    }
    return NULL;
}

/* A page is replaced again and again by one with a larger number: no thread may see a smaller one
 * afterwards. */
static void replacement_reaches_threads(void)
{
    pthread_t threads[3];
    bool good = true;
    stop = false;
    shared = map_pages(PAGE, PROT_READ | PROT_WRITE);
    for (unsigned t = 0; t < 3; t++)
        pthread_create(&threads[t], NULL, reader, NULL);
    for (uint64_t n = 1; n < ROUNDS; n++) {
        volatile uint64_t *next = map_pages(PAGE, PROT_READ | PROT_WRITE);
        next[0] = n;
        mremap((void *)next, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, shared);
    }
    usleep(1000);
    stop = true;
    for (unsigned t = 0; t < 3; t++) {
        void *result;
        pthread_join(threads[t], &result);
        good &= !result;
    }
    check("a replaced page is replaced for every thread", good && shared[0] == ROUNDS - 1);
}

int main(void)
{
    signals();
    addresses();
    copy_on_write();
    protection_reaches_threads();
    struct sigaction fatal = {.sa_handler = SIG_DFL};
    sigaction(SIGSEGV, &fatal, NULL);
    replacement_reaches_threads();
    finish();
}
