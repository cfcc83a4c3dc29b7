/* SPDX-License-Identifier: Apache-2.0
 *
 * Where translated code goes on when the host's floating point faults: pieces of the code memory, each with a way out. Blocks are
 * made front to back, so the pieces are sorted. One thread adds at a time, under the store's lock; a thread that
 * runs translated code may look for a piece of it meanwhile, in a signal handler. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_TRAPS_H
#define BERTH_CPU_ARM64_TRANSLATE_TRAPS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"

/* Bytes [from, to) of the code memory go on at `bail`, and count in cpu->fp_rest[rest]. */
struct translate_trap {
    uint32_t from, to, bail, rest;
};

struct translate_traps {
    struct translate_trap *trap;
    _Atomic uint32_t nr;
};

NODISCARD int traps_create(struct translate_traps *ret); /* 0 or -ENOMEM */
void traps_destroy(struct translate_traps *t);
void traps_clear(struct translate_traps *t);                                       /* nobody runs what they were of */
NODISCARD bool traps_add(struct translate_traps *t, const struct translate_trap *trap); /* false: there are too many */

/* The piece with byte `at`; NULL: none. Any thread, signal handlers too. */
const struct translate_trap *traps_find(const struct translate_traps *t, uint32_t at);

#endif
