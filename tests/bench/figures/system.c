/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel does for programs: calls, processes, pipes, page faults, switches. Everything stays on one CPU, so that a
 * switch is a switch. */
#define _GNU_SOURCE
#include "figures.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PAGES = 256, PAGE = 4096 };

static void calls(uint64_t n)
{
    while (n--)
        (void)syscall(SYS_getppid);
}

static void wait_for(pid_t child)
{
    int status;

    if (waitpid(child, &status, 0) < 0 || status)
        figures_fail("child");
}

static void forks(uint64_t n)
{
    while (n--) {
        pid_t child = fork();

        if (child == 0)
            _exit(0);
        wait_for(child);
    }
}

static void execs(uint64_t n)
{
    while (n--) {
        pid_t child = fork();

        if (child == 0) {
            execl("/proc/self/exe", "figures", "nothing", NULL);
            _exit(127);
        }
        wait_for(child);
    }
}

static void one_cpu(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET(0, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        figures_fail("sched_setaffinity");
}

static void all_cpus(void)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    for (int n = 0; n < CPU_SETSIZE; n++)
        CPU_SET(n, &set);
    if (sched_setaffinity(0, sizeof(set), &set))
        figures_fail("sched_setaffinity");
}

static void move(int from, int to, uint64_t n, int first)
{
    char byte = 0;

    if (first && write(to, &byte, 1) != 1)
        figures_fail("write");
    while (n--)
        if (read(from, &byte, 1) != 1 || write(to, &byte, 1) != 1)
            figures_fail("pipe");
    if (first && read(from, &byte, 1) != 1)
        figures_fail("read");
}

static void pipes(uint64_t n)
{
    int there[2], back[2];
    pid_t child;

    if (pipe(there) || pipe(back))
        figures_fail("pipe");
    one_cpu();
    child = fork();
    if (child == 0) {
        move(there[0], back[1], n + 1, 0);
        _exit(0);
    }
    move(back[0], there[1], n, 1);
    wait_for(child);
    all_cpus();
    for (int end = 0; end < 2; end++) {
        close(there[end]);
        close(back[end]);
    }
}

static void faults(uint64_t n)
{
    while (n--) {
        volatile char *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (p == MAP_FAILED)
            figures_fail("mmap");
        for (int page = 0; page < PAGES; page++)
            p[page * PAGE] = 1;
        munmap((void *)p, PAGES * PAGE);
    }
}

static void yield(uint64_t n)
{
    while (n--)
        sched_yield();
}

/* Two processes that give way to each other: each yield is a switch of address space. */
static void process_switches(uint64_t n)
{
    pid_t child;

    one_cpu();
    child = fork();
    if (child == 0) {
        for (;;)
            sched_yield();
    }
    yield(n);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    all_cpus();
}

static _Atomic int thread_ends;

static void *other_thread(void *unused)
{
    (void)unused;
    while (!thread_ends)
        sched_yield();
    return NULL;
}

static void thread_switches(uint64_t n)
{
    pthread_t thread;

    one_cpu();
    thread_ends = 0;
    if (pthread_create(&thread, NULL, other_thread, NULL))
        figures_fail("pthread_create");
    yield(n);
    thread_ends = 1;
    pthread_join(thread, NULL);
    all_cpus();
}

const struct figure system_figures[] = {
    {"getppid", calls, 1},
    {"fork", forks, 1},
    {"fork-exec", execs, 1},
    {"pipe", pipes, 1},
    {"fault", faults, PAGES},
    {"switch-process", process_switches, 2},
    {"switch-thread", thread_switches, 2},
    {0},
};
