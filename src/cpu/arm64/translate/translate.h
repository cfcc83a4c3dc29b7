/* SPDX-License-Identifier: Apache-2.0
 *
 * The translator: hot guest code as host code. It attaches to the store of decoded code (code.h): a decoded page may have
 * translated blocks, which come under the store's lock and go with the page. Blocks of one page jump to each other
 * directly; everything else goes where it went last, or through a CPU's table of entry points; both hold for a fetch context, which
 * changes when pages go.
 *
 *     slot of a decoded page ──fn──► a64_op_translated ──► block's host code ──► another block of the page
 *                                          ▲                       │
 *                                          └── chains, fills table ┴──► cpu->entries ──► a block elsewhere
 *
 * One struct translate serves a VM. Host code is written front to back into one bounded piece of code memory; when that is
 * full, all decoded pages are dropped, and it starts over once every CPU has left the old code. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_TRANSLATE_H
#define BERTH_CPU_ARM64_TRANSLATE_TRANSLATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/compiler.h"
#include "cpu/arm64/state.h"

struct translate;

/* Where translated code for a virtual address is, valid while a64_fetch_context() says `context`. */
struct translate_entry {
    uint64_t va, context;
    const uint8_t *code; /* execute view */
    uint64_t unused;     /* to a power of two */
};

enum {
    TRANSLATE_WAYS = 2,
    TRANSLATE_SETS = 8192,   /* by translate_entry_hash() / 4 */
    TRANSLATE_SET_SHIFT = 4, /* hash to byte offset in the table: / 4 * bytes of a set */
    TRANSLATE_ENTRY_FOLD = 12,
    TRANSLATE_PAGE_INSNS = 1024,
};

/* A cache line, so that asking the second costs nothing. */
struct translate_set {
    struct translate_entry way[TRANSLATE_WAYS];
};
_Static_assert(sizeof(struct translate_set) == 4 << TRANSLATE_SET_SHIFT, "table index");

/* Where in its page an instruction is, mixed with which page it is and whose. Generated code has the same. */
static inline uint32_t translate_entry_hash(uint64_t va, uint64_t context)
{
    return (uint32_t)va ^ (uint32_t)va >> TRANSLATE_ENTRY_FOLD ^ (uint32_t)context;
}

/* The translated blocks of a decoded page: where in the code memory the block that begins at each instruction is; 0: not
 * translated. */
struct translate_page {
    _Atomic uint32_t code[TRANSLATE_PAGE_INSNS];
};

/* Where each branch to another page, and each indirect one, went last on this CPU: an entry that needs no hash to be found. Branches
 * share them when there are more. */
enum { TRANSLATE_SITES = 8192 };

enum { TRANSLATE_DEFAULT_BYTES = 64 << 20 };

/* A block whose floating point faulted does without its fast form for so many entries: about what the fault cost. */
enum { TRANSLATE_DEFAULT_REST = 1000 };

struct translate_stats {
    _Atomic uint64_t traps; /* floating point that faulted */
    _Atomic uint64_t blocks, guest_insns, host_bytes, chained; /* since the VM began */
    _Atomic uint64_t restarts;                                 /* of the code memory */
    _Atomic uint64_t runs, searches, copies, fills, maps; /* loops with steady accesses (ir.h); those that go many turns at a time */
    _Atomic uint64_t exits_chain, exits_miss; /* ways back to C: a jump to patch; a target not in the table, or attention */
};

/* 0; -ENOMEM, -EPERM (no executable memory), -ENOTSUP (this host's CPU lacks instructions that the back end uses, or there
 * is no back end for it). `bytes` bounds the host code. */
NODISCARD int translate_create(size_t bytes, struct translate **ret);
void translate_destroy(struct translate *t);
const struct translate_stats *translate_stats(const struct translate *t);

/* For tests, which want faults: another number. */
void translate_rest(struct translate *t, uint32_t entries);

/* Translates the block that begins at word `first` of the page at guest-physical `pa`, whose bytes are at `host` and
 * whose decoded form is `slots`. Returns where it is, for
 * translate_page.code, or 0: the code memory is full. Caller holds the store's lock. */
NODISCARD uint32_t translate_block(struct translate *t, uint64_t pa, const uint8_t *host, const struct a64_insn *slots,
                                   unsigned first);

/* Every block translated from now on is written to these (not owned; NULL: not): guest instructions, operations and host
 * code side by side; a line for `perf report` (Linux tools/perf/Documentation/jit-interface.txt). No CPU runs. */
void translate_observe(struct translate *t, FILE *listing, FILE *perf_map);

/* Starts the code memory over: no CPU is in translated code and no decoded page refers to any. Store's lock. */
void translate_restart(struct translate *t);

/* Why translated code came back. */
struct translate_left {
    uintptr_t jump; /* TRANSLATE_MISS, or the place of a jump to cpu->pc, and maybe TRANSLATE_ONWARDS, for translate_chain, */
    uint64_t page;  /* which stands in a block of this page: guest-physical address >> 12 */
};
enum {
    TRANSLATE_MISS = 0,    /* cpu->pc is not known to be translated, or someone wants attention */
    TRANSLATE_ONWARDS = 1, /* a place is a multiple of 4; it goes to a block that begins further on in the page */
};

/* Runs the block at `code` and those after it. */
struct translate_left translate_run(struct translate *t, struct a64_cpu *cpu, uint32_t code);

/* Makes the jump go to block `code` of the same page from now on. Blocks ask whether someone wants attention as they begin; who goes
 * onwards need not, because that ends with the page at the latest. */
void translate_chain(struct translate *t, uintptr_t jump, uint32_t code);

/* A CPU's table of entry points. */
NODISCARD int translate_cpu_create(struct a64_cpu *cpu);
void translate_cpu_destroy(struct a64_cpu *cpu);
void translate_enter(struct translate *t, struct a64_cpu *cpu, uint64_t va, uint64_t context, uint32_t code);

#endif
