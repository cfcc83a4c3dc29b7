/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the x86-64 back end share: the state of generating one block, and where guest registers live.
 *
 *   rbp                   struct a64_cpu, biased by GEN_BIAS so that most fields are one displacement byte away
 *   rbx r12-r15 rsi r8-r10  nine guest registers, the same in every block (gen_home), so blocks join without moves
 *   rdi                   the intermediate form's first temporary; others live in memory
 *   r11                   host address of a group of accesses (gen_group.c), or 0: a handler ran since
 *   rax rcx rdx           scratch inside one operation
 *
 * Other guest registers live in memory; the processor forwards their stores. NZCV lives in cpu->nzcv, and for a while
 * also in EFLAGS: gen->eflags says in which form. */
#ifndef BERTH_CPU_ARM64_TRANSLATE_X86_GEN_H
#define BERTH_CPU_ARM64_TRANSLATE_X86_GEN_H

#include <stddef.h>

#include "cpu/arm64/op.h"
#include "cpu/arm64/translate/ir.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/translate/x86/asm.h"

enum { GEN_BIAS = 128 };

/* What EFLAGS hold of the guest's NZCV: nothing, all with CF = C, or all with CF = !C (after a subtraction). */
enum gen_eflags { EFLAGS_NONE, EFLAGS_ADD, EFLAGS_SUB };

/* A guest instruction that translated code has its handler execute, and what stands behind it: gen_site_end returns. */
struct gen_call_site {
    struct a64_insn insn, end;
};

/* A way out of a block's body that is generated behind it. */
enum gen_slow_kind {
    SLOW_INTERPRET, /* execute the guest instruction by its handler, go on with the next */
    SLOW_ATTENTION, /* the run loop wants us: leave at the guest instruction */
    SLOW_EXIT,      /* leave for byte imm of the page; chained to the block there later */
    SLOW_ALONE,     /* a member of a group looks its page up alone */
};

struct gen_slow {
    enum gen_slow_kind kind;
    uint8_t *from;        /* displacement of the jump into it; write view */
    uint8_t *back;        /* SLOW_INTERPRET, SLOW_ALONE: where to go on behind the guest instruction, */
    enum gen_eflags eflags; /* and what EFLAGS hold there */
    const struct a64_insn *guest;
    const struct ir *ir;  /* SLOW_ALONE: the access, */
    uint8_t *resume;      /* and behind it */
    int64_t imm;
};

enum { GEN_MAX_SLOW = 2 * IR_MAX };

struct gen;

/* Routines shared by all blocks, in the execute view. */
struct gen_thunks {
    /* C: runs translated code from `code` on; returns what left it. */
    struct translate_left (*enter)(struct a64_cpu *cpu, const uint8_t *code);
    const uint8_t *second; /* jump: gen_jump_indirect found another address in the first entry of its set at rax */
    const uint8_t *leave; /* jump: store the guest registers, return rax and rdx (struct translate_left) to C; cpu->pc is right */
    /* call: run the handler of the instruction at rax, the registers stored before and loaded after. If the handler
     * leaves instead of going on to the instruction behind it, this goes on at cpu->pc and does not return. */
    const uint8_t *call;
    const struct gen_fp_constants *fp; /* write view */
};

/* Writes the thunks at g->a. */
void gen_make_thunks(struct gen *g, struct gen_thunks *ret);

struct gen {
    struct x86_asm a;
    enum gen_eflags eflags;
    const struct gen_thunks *thunks;
    const struct ir_block *ir;  /* the block, for its groups */
    uint64_t page;              /* guest-physical address >> 12 of the block */
    bool fp_on, fp_plain; /* this block has asked whether FP is enabled; whether the host rounds as the guest wants */
    ptrdiff_t exec_minus_write; /* between the two views of the code memory */
    struct gen_call_site *sites;    /* the next is made below this */
    const struct a64_insn *site_of; /* whose the last one is */
    struct gen_slow slow[GEN_MAX_SLOW];
    unsigned nr_slow;
    const uint8_t *op_at[IR_MAX + 1]; /* where each operation's host code begins; behind the last: the ways out */
};

/* Does the host's CPU have what generated code uses: x86-64-v3 (AVX2, BMI, FMA, LZCNT)? */
bool gen_host_can(void);

/* Host code for a block whose first instruction is `entry`, at g->a; byte `end` of the page is behind its last. */
void gen_block(struct gen *g, const struct ir_block *b, const struct a64_insn *entry, int64_t end);

/* Redirects the jump whose displacement is at `place` (write view), while other threads may run through it. */
void gen_patch(uint8_t *place, const uint8_t *target);

/* The host register that is guest value `v`'s home, or X86_NO_REG: memory. */
int gen_home(int v);

/* Guest value `v` as an operand; not for A64_ZR. */
struct x86_rm gen_loc(int v);

static inline struct x86_rm gen_field(size_t offset)
{
    return x86_m(RBP, (int32_t)offset - GEN_BIAS);
}
#define CPU_FIELD(f) gen_field(offsetof(struct a64_cpu, f))

/* A host register holding `v`: its home, or `scratch` after a load. Keeps EFLAGS. */
int gen_use(struct gen *g, int v, bool w, int scratch);

/* The host register to compute `v` in: its home or `scratch`; gen_def_end stores it if it was scratch. */
int gen_def(int v, int scratch);
void gen_def_end(struct gen *g, int v, int reg);

/* EFLAGS hold NZCV in form `have` as the result of the last instruction; stores it if `i` says that it is needed. */
void gen_set_flags(struct gen *g, const struct ir *i, enum gen_eflags have);

/* Loads NZCV into EFLAGS, in form EFLAGS_ADD, unless they hold it; rax is lost. */
void gen_load_flags(struct gen *g);

/* Puts NZCV into EFLAGS (rax is lost) and returns the condition code that is true when Arm's `cond` is. */
enum x86_cc gen_cond(struct gen *g, unsigned cond);

/* One operation of the integer kind (IR_MOV..IR_PC). */
void gen_int(struct gen *g, const struct ir *i);

/* Floating point and vectors (IR_FP). */
void gen_fp(struct gen *g, const struct ir *i);

/* Before the first use of a vector register: an access trap is the handler's business. */
void gen_fp_on(struct gen *g, const struct ir *i);

/* Writes the constants at g->a. */
const struct gen_fp_constants *gen_make_fp_constants(struct gen *g);

/* Vector register `v` in memory. */
struct x86_rm gen_vector(int v);

/* Loads and stores (IR_LD..IR_VSTP). */
void gen_mem(struct gen *g, const struct ir *i);
void gen_mem_alone(struct gen *g, const struct ir *i); /* of a group's member, as if it were in none */

/* What a member of a group accesses: memory; rcx may be its base. The first member looks the group's page up. */
struct x86_rm gen_group(struct gen *g, const struct ir *i);
void gen_group_resume(struct gen *g, const struct ir *i);      /* behind a member: where its ways out come back */
void gen_group_alone(struct gen *g, const struct gen_slow *s); /* SLOW_ALONE */
void gen_group_forget(struct gen *g);                          /* all places hold 0 */

/* Branches and handler calls (IR_B..IR_RET, IR_CALL), and leaving at the block's end. */
void gen_exit(struct gen *g, const struct ir *i);
void gen_jump_indirect(struct gen *g); /* to the address in rdx, through the CPU's table of entry points */
void gen_make_second(struct gen *g);   /* the thunk behind it */
void gen_fall_off(struct gen *g, int64_t page_off);

/* Remembers a way out entered by the jump whose displacement is at `from`. */
struct gen_slow *gen_slow(struct gen *g, enum gen_slow_kind kind, uint8_t *from, const struct a64_insn *guest);
void gen_slow_paths(struct gen *g);

/* A call or jump to a thunk. */
void gen_call(struct gen *g, const uint8_t *thunk);
void gen_jump(struct gen *g, const uint8_t *thunk);

#endif
