/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts without a back end: nothing is ever translated. */
#include <errno.h>

#include "cpu/arm64/translate/translate.h"

int translate_create(size_t bytes, struct translate **ret)
{
    (void)bytes;
    (void)ret;
    return -ENOTSUP;
}

void translate_destroy(struct translate *t)
{
    (void)t;
}

const struct translate_stats *translate_stats(const struct translate *t)
{
    (void)t;
    return NULL;
}

void translate_rest(struct translate *t, uint32_t entries)
{
    (void)t;
    (void)entries;
}

uint32_t translate_block(struct translate *t, uint64_t pa, const uint8_t *host, const struct a64_insn *slots,
                         unsigned first)
{
    (void)slots;
    (void)t;
    (void)pa;
    (void)host;
    (void)first;
    return 0;
}

void translate_observe(struct translate *t, FILE *listing, FILE *perf_map)
{
    (void)t;
    (void)listing;
    (void)perf_map;
}

void translate_restart(struct translate *t)
{
    (void)t;
}

struct translate_left translate_run(struct translate *t, struct a64_cpu *cpu, uint32_t code)
{
    (void)t;
    (void)cpu;
    (void)code;
    return (struct translate_left){TRANSLATE_MISS, 0};
}

void translate_chain(struct translate *t, uintptr_t jump, uint32_t code)
{
    (void)t;
    (void)jump;
    (void)code;
}

int translate_cpu_create(struct a64_cpu *cpu)
{
    (void)cpu;
    return 0;
}

void translate_cpu_destroy(struct a64_cpu *cpu)
{
    (void)cpu;
}

void translate_enter(struct translate *t, struct a64_cpu *cpu, uint64_t va, uint64_t context, uint32_t code)
{
    (void)t;
    (void)cpu;
    (void)va;
    (void)context;
    (void)code;
}
