/* SPDX-License-Identifier: Apache-2.0
 *
 * A log of every instruction executed, disassembled from the table of encodings. While a VM is
 * traced its CPUs execute one instruction at a time. */
#ifndef BERTH_CPU_ARM64_TRACE_H
#define BERTH_CPU_ARM64_TRACE_H

#include <stdio.h>

#include "cpu/arm64/state.h"

struct strbuf;

/* Traces to `out` (not owned) from now on; NULL: no more. No CPU runs. */
void a64_vm_trace(struct a64_vm *vm, FILE *out);

/* Lists every block that is translated from now on (translate/listing.h), and names it for perf;
 * NULL: not. No CPU runs. */
void a64_vm_trace_blocks(struct a64_vm *vm, FILE *listing, FILE *perf_map);

/* One line: CPU, EL, address, encoding, the row and its fields, registers it reads. */
void a64_trace_insn(struct a64_cpu *cpu, const struct a64_insn *i);

/* Appends "row field=value …" for `raw`. */
void a64_disassemble(struct strbuf *out, uint32_t raw);

#endif
