/* SPDX-License-Identifier: Apache-2.0
 *
 * Runs records natively (under qemu-user, or on an arm64 machine): reads struct record from
 * standard input, writes one hash for each, and after each batch the hash of the window. With an
 * argument N, prints record N's states instead. */
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "record.h"

/* reference_run.S: loads *m, jumps to `code`, and stores what is there afterwards. */
void reference_run(struct machine_state *m, const void *code);
extern const char reference_save[];

enum { SNIPPET_WORDS = 2 }; /* the instruction; a branch to reference_save */

static sigjmp_buf fault;

static void on_signal(int signo)
{
    siglongjmp(fault, signo);
}

static void catch_signals(void)
{
    static uint8_t stack[64 << 10];
    const stack_t alternate = {.ss_sp = stack, .ss_size = sizeof(stack)};
    struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_ONSTACK};

    sigaltstack(&alternate, NULL);
    sigaction(SIGILL, &action, NULL);
    sigaction(SIGSEGV, &action, NULL);
    sigaction(SIGBUS, &action, NULL);
    sigaction(SIGTRAP, &action, NULL);
}

static void *map_at(uint64_t address, size_t len, int prot)
{
    void *p = mmap((void *)address, len, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

    if (p == MAP_FAILED) {
        perror("mmap");
        exit(1);
    }
    return p;
}

static void write_snippets(uint32_t *code, const struct record *records, size_t nr)
{
    for (size_t n = 0; n < nr; n++, code += SNIPPET_WORDS) {
        intptr_t disp = (intptr_t)reference_save - (intptr_t)(code + 1);
        code[0] = records[n].raw;
        code[1] = 0x14000000 | ((uint32_t)(disp >> 2) & 0x3ffffff);
    }
}

static void print_state(const char *title, const struct machine_state *m)
{
    printf("%s nzcv %08lx fpcr %08lx fpsr %08lx\n", title, m->nzcv, m->fpcr, m->fpsr);
    for (int n = 0; n < 32; n++)
        printf("  x%-2d %016lx  v%-2d %016lx %016lx\n", n, m->x[n], n, m->v[n][1], m->v[n][0]);
}

int main(int argc, char **argv)
{
    static struct record records[RECORDS_PER_BATCH];
    static uint64_t hashes[RECORDS_PER_BATCH + 1];
    uint64_t wanted = argc > 1 ? strtoull(argv[1], NULL, 0) : UINT64_MAX;
    uint8_t *window = map_at(WINDOW_BASE, WINDOW_SIZE, PROT_READ | PROT_WRITE);
    /* Within reach of a branch from the program's text. */
    uint32_t *code = map_at(0x2000000, sizeof(uint32_t) * SNIPPET_WORDS * RECORDS_PER_BATCH,
                            PROT_READ | PROT_WRITE | PROT_EXEC);
    size_t nr;

    catch_signals();
    for (uint64_t first = 0; (nr = fread(records, sizeof(*records), RECORDS_PER_BATCH, stdin)) > 0;
         first += nr) {
        write_snippets(code, records, nr);
        __builtin___clear_cache((char *)code, (char *)(code + nr * SNIPPET_WORDS));
        fill_window(window, first);
        for (volatile size_t n = 0; n < nr; n++) {
            static struct machine_state m;
            random_state(&m, &records[n], first + n);
            if (first + n == wanted)
                print_state("before", &m);
            if (sigsetjmp(fault, 1) == 0) {
                reference_run(&m, code + n * SNIPPET_WORDS);
                hashes[n] = hash_state(&m, &records[n], window);
            } else {
                hashes[n] = HASH_FAULT;
            }
            if (first + n == wanted)
                print_state(hashes[n] == HASH_FAULT ? "fault" : "after", &m);
        }
        hashes[nr] = hash_bytes(0, window, WINDOW_SIZE);
        if (wanted == UINT64_MAX)
            fwrite(hashes, sizeof(*hashes), nr + 1, stdout);
    }
    return 0;
}
