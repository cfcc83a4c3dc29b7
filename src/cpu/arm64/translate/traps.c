/* SPDX-License-Identifier: Apache-2.0 */
#include "cpu/arm64/translate/traps.h"

#include <errno.h>
#include <stdlib.h>

enum { MAX_TRAPS = 1 << 19 }; /* the memory of those that never come is never touched */

int traps_create(struct translate_traps *ret)
{
    ret->nr = 0;
    ret->trap = calloc(MAX_TRAPS, sizeof(*ret->trap));
    return ret->trap ? 0 : -ENOMEM;
}

void traps_destroy(struct translate_traps *t)
{
    free(t->trap);
    t->trap = NULL;
}

void traps_clear(struct translate_traps *t)
{
    atomic_store_explicit(&t->nr, 0, memory_order_relaxed);
}

bool traps_add(struct translate_traps *t, const struct translate_trap *trap)
{
    uint32_t nr = atomic_load_explicit(&t->nr, memory_order_relaxed);

    if (nr == MAX_TRAPS)
        return false;
    t->trap[nr] = *trap;
    atomic_store_explicit(&t->nr, nr + 1, memory_order_release); /* with traps_find */
    return true;
}

const struct translate_trap *traps_find(const struct translate_traps *t, uint32_t at)
{
    uint32_t lo = 0, hi = atomic_load_explicit(&t->nr, memory_order_acquire);

    while (lo < hi) {
        uint32_t mid = lo + (hi - lo) / 2;
        const struct translate_trap *trap = &t->trap[mid];

        if (at >= trap->from && at < trap->to)
            return trap;
        if (at < trap->from)
            hi = mid;
        else
            lo = mid + 1;
    }
    return NULL;
}
