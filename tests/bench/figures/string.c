/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library's copies and searches (on the host it takes what the CPU has, AVX2 say), and a plain loop that the compiler
 * vectorises. The unit is a byte. */
#include "figures.h"

#include <string.h>

enum { SMALL = 64, PAGE = 4096, LARGE = 1 << 20, WORD = 24, LINE = 1000 };

static char from[LARGE + PAGE], to[LARGE + PAGE];

static void copy(uint64_t n, size_t len)
{
    while (n--) {
        memcpy(to + (n & 63), from + (n * 8 & 255), len);
        __asm__ volatile("" : : : "memory");
    }
    figures_sink = (uint64_t)to[5];
}

static void copy_small(uint64_t n)
{
    copy(n, SMALL);
}

static void copy_page(uint64_t n)
{
    copy(n, PAGE);
}

static void copy_large(uint64_t n)
{
    copy(n, LARGE);
}

static void clear(uint64_t n)
{
    while (n--) {
        memset(to, (int)n & 1, PAGE);
        __asm__ volatile("" : : : "memory");
    }
}

__attribute__((optimize("O3"))) static void loop(uint64_t n)
{
    while (n--) {
        for (size_t i = 0; i < PAGE; i++)
            to[i] = (char)(from[i] + 1);
        __asm__ volatile("" : : : "memory");
    }
}

static void length(uint64_t n, size_t len)
{
    uint64_t sum = 0;

    memset(from, 'a', len);
    from[len] = 0;
    while (n--) {
        sum += strlen(from);
        __asm__ volatile("" : : : "memory");
    }
    figures_sink = sum;
}

static void length_short(uint64_t n)
{
    length(n, WORD);
}

static void length_long(uint64_t n)
{
    length(n, LINE);
}

static void find(uint64_t n)
{
    uint64_t sum = 0;

    memset(from, 'a', PAGE);
    from[PAGE - 1] = 'b';
    while (n--) {
        sum += (uint64_t)((char *)memchr(from, 'b', PAGE) - from);
        __asm__ volatile("" : : : "memory");
    }
    figures_sink = sum;
}

static void equal(uint64_t n)
{
    uint64_t sum = 0;

    memset(from, 'a', PAGE);
    memset(to, 'a', PAGE);
    while (n--) {
        sum += (uint64_t)memcmp(from, to, PAGE);
        __asm__ volatile("" : : : "memory");
    }
    figures_sink = sum;
}

const struct figure string_figures[] = {
    {"memcpy-64", copy_small, SMALL},     {"memcpy-4k", copy_page, PAGE},   {"memcpy-1m", copy_large, LARGE},
    {"memset-4k", clear, PAGE},           {"loop-4k", loop, PAGE},          {"strlen-24", length_short, WORD},
    {"strlen-1000", length_long, LINE},   {"memchr-4k", find, PAGE},        {"memcmp-4k", equal, PAGE},
    {0},
};
