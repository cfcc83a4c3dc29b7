/* SPDX-License-Identifier: Apache-2.0
 *
 * A disk in memory that completes when told to, in the order told, and fails on demand. */
#ifndef BERTH_TESTS_FAKE_BLOCK_H
#define BERTH_TESTS_FAKE_BLOCK_H

#include "backend/block/block.h"

enum { FAKE_BLOCK_MAX = 512 };

struct fake_block {
    struct block base;
    uint8_t *bytes;
    struct block_req *pending[FAKE_BLOCK_MAX];
    unsigned nr_pending, nr_submitted, nr_kicks, nr_flushes;
    int fail_next[8]; /* by enum block_op: status of the next such request, then 0 again */
    bool *destroyed;  /* set when the device destroys it; may be NULL */
};

struct fake_block *fake_block_create(uint64_t size);
/* Completes the pending request `i`; later ones move up. */
void fake_block_complete(struct fake_block *b, unsigned i);
void fake_block_complete_all(struct fake_block *b);

#endif
