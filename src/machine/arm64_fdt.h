/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 board as a device tree (arm64-board.md §3). */
#ifndef BERTH_MACHINE_ARM64_FDT_H
#define BERTH_MACHINE_ARM64_FDT_H

#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/err.h"
#include "memory/memory.h"

enum { ARM64_RNG_SEED_SIZE = 32 };

struct arm64_fdt_params {
    unsigned nr_cpus;
    uint64_t (*mpidr)(unsigned index);
    uint64_t ram_size;              /* bytes */
    gpa_t gicr_base;                /* one region of redistributors */
    uint64_t gicr_len;              /* bytes */
    uint64_t mmio64_size;           /* of the high PCI window; 0: there is none */
    const char *bootargs;           /* NULL: none */
    gpa_t initrd_start, initrd_end; /* equal: none */
    uint64_t kaslr_seed;
    uint8_t rng_seed[ARM64_RNG_SEED_SIZE];
};

/* Writes the tree to the `len` bytes at `blob`, 8-byte aligned. *ret_len: bytes used. 0, or -ENOSPC
 * with the sentence. */
NODISCARD int arm64_fdt_build(const struct arm64_fdt_params *params, void *blob, size_t len,
                              size_t *ret_len, struct err *err);

#endif
