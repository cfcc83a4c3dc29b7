/* SPDX-License-Identifier: Apache-2.0
 *
 * What the CPUs of one VM share. Private to cpu/arm64 and its tests. */
#ifndef BERTH_CPU_ARM64_VM_H
#define BERTH_CPU_ARM64_VM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/state.h"

enum { A64_MAX_CPUS = 64 };

/* One stretch of RAM, as the page-table walker and the TLB want it. */
struct a64_ram {
    uint64_t pa, len; /* bytes */
    uint8_t *host;
    uint8_t allowed; /* by stage 2: A64_ACCESS_READ | WRITE | EXEC */
};

struct a64_vm {
    struct a64_vm_params params;
    struct a64_ram *ram;
    unsigned nr_ram;
    _Atomic uint64_t ram_version; /* with el2: how often ram changed */
    struct a64_cpu *_Atomic cpu[A64_MAX_CPUS]; /* NULL until created */
    struct a64_code *code;                     /* decoded pages: code.h */
    struct translate *translate;               /* NULL: interpreter only */
    FILE *trace;                               /* every instruction is logged there, or NULL: trace.h */
};

/* Copies the regions of params.memory into ram[]. */
NODISCARD int a64_vm_map_ram(struct a64_vm *vm);

/* The stretch of RAM that all of [pa, pa + len) lies in, or NULL. */
static inline const struct a64_ram *a64_ram_find(const struct a64_vm *vm, uint64_t pa, uint64_t len)
{
    for (unsigned r = 0; r < vm->nr_ram; r++) {
        const struct a64_ram *ram = &vm->ram[r];
        uint64_t off = pa - ram->pa;
        if (off < ram->len && len <= ram->len - off)
            return ram;
    }
    return NULL;
}

#endif
