/* SPDX-License-Identifier: Apache-2.0
 *
 * Control flow out of the ordinary: setjmp and longjmp, signals with their fault addresses on another stack, faults of every
 * kind a program can make, code written at run time, computed jumps, fork and wait. */
#include <inttypes.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static sigjmp_buf back;
static volatile sig_atomic_t last;
static void *volatile fault;
static volatile int code;

static void on_signal(int number, siginfo_t *info, void *context)
{
    (void)context;
    last = number;
    fault = info->si_addr;
    code = info->si_code;
    siglongjmp(back, 1);
}

static void jumps(void)
{
    volatile int depth = 0;
    jmp_buf b;
    int r = setjmp(b);

    if (r < 1000) {
        depth++;
        longjmp(b, r + 1);
    }
    printf("jumps %d %d\n", r, depth);
}

/* What a faulting access reports: the signal, its reason, the address within its page. */
static void trap(const char *what, int kind, volatile uint32_t *p)
{
    void (*f)(void);

    if (sigsetjmp(back, 1)) {
        /* qemu-user and Linux do not agree on why an instruction is illegal. */
        printf("%s: signal %d code %d offset %" PRIuPTR "\n", what, (int)last, last == SIGILL ? 0 : code,
               last == SIGSEGV || last == SIGBUS ? (uintptr_t)fault & 4095 : 0);
        return;
    }
    switch (kind) {
    case 0:
        (void)*p;
        break;
    case 1:
        *p = 1;
        break;
    case 2:
        memcpy(&f, &(void *){(void *)(uintptr_t)p}, sizeof(f));
        f();
        break;
    case 3:
        __asm__ volatile(".inst 0x00000000");
        break;
    case 4:
        __asm__ volatile("brk #7");
        break;
    default:
        raise(SIGUSR1);
        break;
    }
    printf("%s: nothing happened\n", what);
}

static void faults(void)
{
    char *page = mmap(NULL, 3 * 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct sigaction act = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    stack_t other = {.ss_sp = malloc(65536), .ss_size = 65536};

    sigaltstack(&other, NULL);
    for (int n = 0; n < 5; n++)
        sigaction((const int[]){SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGUSR1}[n], &act, NULL);
    munmap(page + 2 * 4096, 4096);
    trap("read of nothing", 0, (void *)8);
    trap("write to read-only", 1, (void *)(page + 4096 + 12));
    trap("read behind the end", 0, (void *)(page + 2 * 4096 + 4));
    trap("call of data", 2, (void *)(page + 64));
    trap("undefined", 3, NULL);
    trap("breakpoint", 4, NULL);
    trap("raised", 5, NULL);
}

/* A function returning n, written, run, and written over. */
static void fresh_code(void)
{
    uint32_t *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    unsigned sum = 0;

    for (unsigned n = 0; n < 500; n++) {
        unsigned (*f)(void);

        p[0] = 0x52800000 | n << 5; /* mov w0, #n */
        p[1] = 0xd65f03c0;          /* ret */
        __builtin___clear_cache((char *)p, (char *)(p + 2));
        memcpy(&f, &(void *){p}, sizeof(f));
        for (int k = 0; k < 50; k++)
            sum += f();
    }
    printf("fresh code %u\n", sum);
}

static void alarms(void)
{
    struct sigaction act = {.sa_handler = SIG_IGN};
    int status = 0, sum = 0;

    sigaction(SIGALRM, &act, NULL);
    for (int n = 0; n < 20; n++) {
        pid_t child = fork();

        if (child == 0)
            _exit(n * 3 % 7);
        waitpid(child, &status, 0);
        sum = sum * 2 + WEXITSTATUS(status);
    }
    printf("children %d\n", sum);
}

int main(void)
{
    jumps();
    faults();
    fresh_code();
    fflush(stdout);
    alarms();
    return 0;
}
