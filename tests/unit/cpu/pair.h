/* SPDX-License-Identifier: Apache-2.0
 *
 * Two machines that run the same program: one interprets, one translates what is hot. Registers,
 * flags and memory must be the same at the end. RAM is mapped where it is,
 * and the window of data once more at PAIR_MAPPED. */
#ifndef BERTH_TESTS_PAIR_H
#define BERTH_TESTS_PAIR_H

#include "cpu/arm64/state.h"
#include "fake_machine.h"

enum {
    PAIR_WINDOW = 0x200000, /* data of the program, from FAKE_RAM */
    PAIR_WINDOW_SIZE = 0x3000,
};

#define PAIR_MAPPED UINT64_C(0x80000000) /* the window, its pages in another order */

/* Where the descriptors of its pages stand, and their attributes: AF, inner shareable, index 0. */
#define PAIR_DESCRIPTORS (FAKE_RAM + 0x102000)
enum { PAIR_NORMAL_PAGE = 0x703, PAIR_USER_PAGE = 0x743 };

struct pair {
    struct fake_machine interprets, translates;
};

/* What a program begins with. */
struct pair_state {
    uint64_t x[31];
    union a64_vreg v[32];
    uint32_t fpcr, fpsr;
    uint8_t window[PAIR_WINDOW_SIZE];
};

/* Skips the test where there is no translator. */
void pair_init(struct pair *p);
void pair_finish(struct pair *p);

/* Runs the program, which ends with HVC, from the same state in both, and fails if they differ. */
void pair_run(struct pair *p, const uint32_t *code, size_t nr, const struct pair_state *s);

/* The same with the program that was run last: what is translated of it stays so. */
void pair_run_again(struct pair *p, const uint32_t *code, size_t nr, const struct pair_state *s);

/* Pseudo-random numbers, the same in each run of the test. */
uint32_t pair_random(void);

#endif
