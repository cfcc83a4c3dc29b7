/* SPDX-License-Identifier: Apache-2.0
 *
 * The smallest machine for a CPU: some RAM, no device, a counter that the test sets. */
#ifndef BERTH_TESTS_FAKE_MACHINE_H
#define BERTH_TESTS_FAKE_MACHINE_H

#include <stddef.h>
#include <stdint.h>

#include "cpu/arm64/cpu.h"
#include "memory/memory.h"

#define FAKE_RAM UINT64_C(0x40000000) /* its address */
enum { FAKE_RAM_SIZE = 4 << 20, FAKE_CPUS = 4 };

struct fake_machine {
    struct guest_memory *memory;
    struct a64_host host;
    struct a64_vm *vm;
    struct a64_cpu *cpu[FAKE_CPUS];
    _Atomic uint64_t counter;
};

/* Creates `nr_cpus` CPUs in reset state with PC at FAKE_RAM. `code_bytes`: a64_vm_params.code_cache_bytes. */
void fake_machine_init(struct fake_machine *m, unsigned nr_cpus, uint64_t code_bytes);
void fake_machine_finish(struct fake_machine *m);

/* Puts `nr` instructions at `pa`. */
void fake_machine_load(struct fake_machine *m, uint64_t pa, const uint32_t *code, size_t nr);

/* Runs CPU 0 from FAKE_RAM until it says HVC, which is the only exit a test expects. */
void fake_machine_run(struct fake_machine *m);

#endif
