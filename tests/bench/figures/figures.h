/* SPDX-License-Identifier: Apache-2.0
 *
 * The programs that the benchmarks time: the same source for the guest and for the host. A figure does `n` units of its work;
 * main.c finds the n that takes long enough, and times that. */
#ifndef BERTH_TESTS_BENCH_FIGURES_H
#define BERTH_TESTS_BENCH_FIGURES_H

#include <stdint.h>

struct figure {
    const char *name;
    void (*run)(uint64_t n);
    double per_unit; /* what a unit counts for: bytes, floating-point operations, calls */
};

/* Each ends with a NULL name. */
extern const struct figure integer_figures[];  /* arithmetic, tables, sorting, interpreters */
extern const struct figure floating_figures[]; /* double precision, scalar and vector */
extern const struct figure string_figures[];   /* copies and searches */
extern const struct figure system_figures[];   /* what the kernel does for programs */
extern const struct figure threads_figures[];  /* one thread's work on two CPUs, and the same on one */
extern const struct figure lua_figures[];      /* the Lua interpreter, where its library is there */

/* Results go here, so that nothing is optimised away. */
extern volatile uint64_t figures_sink;

/* Ends the program with a sentence. */
void figures_fail(const char *what) __attribute__((noreturn));

/* A pseudo-random number; *state is not 0. */
static inline uint64_t figures_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    return *state ^= *state << 17;
}

/* A CoreMark-like mix of lists, matrices, a state machine and a checksum: integer.c, also run on threads. */
uint64_t figures_mix(uint64_t n, uint64_t seed);

#endif
