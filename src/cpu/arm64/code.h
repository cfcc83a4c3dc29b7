/* SPDX-License-Identifier: Apache-2.0
 *
 * Decoded code. A guest page of instructions becomes a struct a64_code_page: one struct a64_insn
 * for each word, in place, so entering the page anywhere and branching inside it is pointer
 * arithmetic:
 *
 *     guest page   0x000     0x004     0x008    …  0xffc
 *     slot         [0]       [1]       [2]      …  [1023]    [1024]: "go on with the next page"
 *
 * A slot starts as zero, in memory that the host has not given yet. When execution may come to it, by a branch decoded or an
 * address looked up, it becomes "decode me", and is decoded, with the straight line behind it, when it is first
 * executed; after that it never changes. Pages are keyed by guest-physical address and shared by
 * all CPUs of the VM and all virtual addresses.
 *
 * Coherence is Arm's, no more: stores are not watched, IC makes a page's decoded form disappear. A
 * page is taken out of the index, every CPU is asked to come to the run loop (where it forgets its
 * jump cache), and memory is used again when all of them have done so or are outside a64_run. There
 * is no lock where a CPU runs: finding is lock-free, decoding and removing take code->lock.
 *
 * A translator attaches here: slot->fn is the one word that may change while CPUs execute. */
#ifndef BERTH_CPU_ARM64_CODE_H
#define BERTH_CPU_ARM64_CODE_H

#include <stdatomic.h>
#include <stdint.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/state.h"

struct a64_code; /* of one VM */

enum {
    A64_PAGE_INSNS = 1024,
    A64_JUMP_ENTRIES = 512,
    /* Decoded code of one VM: 32 bytes for each instruction of the pages in use. */
    A64_CODE_DEFAULT_MIB = 128,
};

/* Where a virtual page's code is, for this CPU. Valid while a64_fetch_context() says `context`. */
struct a64_jump {
    uint64_t va, context;
    const struct a64_insn *slots;
};

/* A CPU's view of the decoded code. Its own thread, but for `seen`. */
struct a64_cache {
    struct a64_jump jump[A64_JUMP_ENTRIES];
    uint64_t flushed;        /* code->epoch when jump[] was last emptied */
    _Atomic uint64_t seen;   /* this CPU holds no pointer into pages retired up to this epoch */
    struct a64_insn step[2]; /* for executing one instruction alone */
    bool step_next;          /* the next instruction is to be executed alone */
    unsigned yields;         /* YIELD instructions executed */
};

NODISCARD int a64_code_create(struct a64_vm *vm, uint64_t bytes);
void a64_code_destroy(struct a64_vm *vm);
NODISCARD int a64_code_cpu_create(struct a64_cpu *cpu);
void a64_code_cpu_destroy(struct a64_cpu *cpu);

/* Forget what was decoded from the 4 KiB page at guest-physical `pa`, or everything. Takes effect
 * on every CPU at the end of its block, on the calling one at its next ISB or taken branch. Any
 * thread. */
void a64_code_invalidate_page(struct a64_vm *vm, uint64_t pa);
void a64_code_invalidate_all(struct a64_vm *vm);

/* The run loop's: on entry and whenever it sees A64_ATTENTION_CODE, and on leaving. */
void a64_code_quiesce(struct a64_cpu *cpu);
void a64_code_leave(struct a64_cpu *cpu);

/* The decoded instruction at virtual `pc`, with cpu->page_va set; NULL (and cpu->pc set) when there
 * is no room for its page now: step. Raises what fetching there raises. */
const struct a64_insn *a64_code_find(struct a64_cpu *cpu, uint64_t pc);

static ALWAYS_INLINE const struct a64_insn *a64_code_lookup(struct a64_cpu *cpu, uint64_t pc)
{
    const struct a64_jump *j = &cpu->cache->jump[pc >> A64_PAGE_BITS & (A64_JUMP_ENTRIES - 1)];

    if (LIKELY(j->va == (pc & ~UINT64_C(0xffc)) && j->context == a64_fetch_context(cpu))) {
        const struct a64_insn *slot = (const struct a64_insn *)((const char *)j->slots + (pc & 0xffc) * 8);

        cpu->page_va = j->va;
        if (LIKELY(__atomic_load_n(&slot->fn, __ATOMIC_ACQUIRE) != NULL))
            return slot;
    }
    return a64_code_find(cpu, pc);
}

/* Whether execution never goes on behind `op`, so what stands there need not be code. */
bool a64_ends_straight_line(enum a64_opcode op);

/* Enough branches came to `slot` that it should be translated; if that works its handler is
 * a64_op_translated then. */
COLD void a64_code_hot(struct a64_cpu *cpu, const struct a64_insn *slot);

/* Guest-physical address of the page that a slot was decoded from. */
uint64_t a64_code_pa(const struct a64_insn *slot);

/* Where the translated block that begins at `slot` is (translate.h); 0: nowhere. */
uint32_t a64_code_translation(const struct a64_insn *slot);

/* Handler of a slot where a translated block begins: translated.c. */
a64_op a64_op_translated;

/* How to predecode. */
enum {
    /* The instruction's neighbours are not in the slots beside it: no short cuts to them. */
    A64_PREDECODE_ALONE = 1,
    /* Set by a direct branch's predecoder in aux: imm is the way to the slot it goes to. */
    A64_PREDECODE_NEAR = 2,
};

/* Fills *i for the encoding `raw` at byte `page_off` of its page. */
void a64_predecode(struct a64_insn *i, uint32_t raw, unsigned page_off, unsigned flags);

/* Whether a predecoder may make the branch by `disp` bytes a step among the slots of one page. */
bool a64_branch_is_near(const struct a64_insn *i, int64_t disp);

/* Offset between slots for a branch by `disp` bytes. */
static inline int64_t a64_near_offset(int64_t disp)
{
    return disp * (int64_t)(sizeof(struct a64_insn) / 4);
}

#endif
