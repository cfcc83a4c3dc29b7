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

enum { A64_MAX_CPUS = 64, A64_MAX_RAM = 8 };

/* One stretch of RAM, as the page-table walker and the TLB want it. */
struct a64_ram {
    uint64_t pa, len; /* bytes */
    uint8_t *host;
};

struct a64_vm {
    struct a64_vm_params params;
    struct a64_ram ram[A64_MAX_RAM];
    unsigned nr_ram;
    struct a64_cpu *_Atomic cpu[A64_MAX_CPUS]; /* NULL until created */
    struct a64_code *code;                     /* decoded pages: code.h */
    struct translate *translate;               /* NULL: interpreter only */
    FILE *trace;                               /* every instruction is logged there, or NULL: trace.h */
};

/* Copies the regions of params.memory into ram[]. -E2BIG: more than A64_MAX_RAM. */
NODISCARD int a64_vm_map_ram(struct a64_vm *vm);

/* Host address of [pa, pa + len), or NULL if any of it is not in one stretch of RAM. */
static inline uint8_t *a64_ram_host(const struct a64_vm *vm, uint64_t pa, uint64_t len)
{
    for (unsigned r = 0; r < vm->nr_ram; r++) {
        const struct a64_ram *ram = &vm->ram[r];
        uint64_t off = pa - ram->pa;
        if (off < ram->len && len <= ram->len - off)
            return ram->host + off;
    }
    return NULL;
}

#endif
