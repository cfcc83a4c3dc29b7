/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of the x86-64 back end share: the state of generating one block, and where guest registers live.
 *
 *   rbp                   struct a64_cpu, biased by GEN_BIAS so that most fields are one displacement byte away
 *   rbx r12-r15 rsi r8-r10  nine guest registers, the same in every block (gen_home), so blocks join without moves
 *   rdi                   the intermediate form's first temporary; others live in memory
 *   r11                   host address of a group of accesses (gen_group.c), or 0: a handler ran since
 *   rax rcx rdx           scratch inside one operation
 *   xmm0-xmm3             the same
 *   rsp                   a stack of calls that have not returned (gen_call.c)
 *   xmm4-xmm15            vector registers in the fast form of a block (gen_fast.c)
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

/* What EFLAGS hold of the guest's NZCV: nothing, all with CF = C, all with CF = !C (after a subtraction), or N and Z alone. */
enum gen_eflags { EFLAGS_NONE, EFLAGS_ADD, EFLAGS_SUB, EFLAGS_ZN };

/* A guest instruction that translated code has its handler execute, and what stands behind it: gen_site_end returns. */
struct gen_call_site {
    struct a64_insn insn, end;
};

/* A way out of a block's body that is generated behind it. */
enum gen_slow_kind {
    SLOW_INTERPRET, /* execute the guest instruction by its handler, go on with the next */
    SLOW_ATTENTION, /* the run loop wants us: leave at the guest instruction */
    SLOW_EXIT,      /* leave for byte imm of the page; chained later to the block there, which may have to ask for attention (`asks`) */
    SLOW_ALONE,     /* a member of a group looks its page up alone */
    SLOW_PAGE,      /* another page than in the last turn: look it up (gen_page.c) */
    SLOW_SPILL,     /* out of the fast form: store vector registers, then go to byte imm of the page, maybe outside */
    SLOW_BAIL,      /* out of the fast form: store vector registers, go on with operation `op` in the slow form */
    SLOW_SPAN,      /* a turn of a run crosses into another page, or its page is not known (gen_cross.c) */
    SLOW_STRADDLE,  /* a load crosses into another page, or is not known: then SLOW_INTERPRET or, in the fast form, SLOW_BAIL */
    SLOW_DEEP,      /* too many calls have not returned: forget them (gen_call.c) */
    SLOW_SITE,      /* a branch that does not go where it went last (gen_site.c), */
    SLOW_SITE_CALL, /* which is a call */
    SLOW_RETURN,    /* a return, but not from the last call */
    SLOW_ZERO,      /* a result is small: a factor may be zero, then it is right (gen_fp.c) */
    SLOW_TRAP,      /* SLOW_BAIL by a fault in g->trap[trap] */
    SLOW_REST,      /* this block is to go without its fast form; SLOW_ARM, SLOW_DISARM: gen_fp_armed.c */
    SLOW_ARM,
    SLOW_DISARM,
};

struct gen_slow {
    enum gen_slow_kind kind;
    uint8_t *from;        /* displacement of the jump into it; write view */
    uint8_t *back;        /* SLOW_INTERPRET, SLOW_ALONE: where to go on behind the guest instruction, */
    enum gen_eflags eflags; /* and what EFLAGS hold there */
    const struct a64_insn *guest;
    const struct ir *ir;  /* SLOW_ALONE, SLOW_ZERO: the operation, */
    uint8_t *resume;      /* and where to go on in it; the same for SLOW_DEEP, SLOW_SITE_CALL, SLOW_SPAN and SLOW_STRADDLE */
    int64_t imm;
    uint32_t dirty;       /* vector registers to store */
    unsigned op;          /* SLOW_BAIL, SLOW_STRADDLE, SLOW_TRAP: index in the block */
    unsigned trap;        /* SLOW_TRAP: index in g->trap */
    uint8_t place;        /* SLOW_PAGE: number in cpu->seen; SLOW_SPAN: number of the run; */
    bool writes;          /* the access */
    int8_t xmm;           /* SLOW_ZERO: the result; SLOW_TRAP: whose old value is in xmm0; SLOW_PAGE: the general register with the offset */
    bool fast;            /* in the fast form */
    bool asks;            /* SLOW_EXIT */
};

enum { GEN_ENTRY = IR_MAX }; /* as gen_slow.op: the beginning of the block */
enum { GEN_MAX_SLOW = 4 * IR_MAX };

struct gen;

/* Host code [from, to), in the fast form of one guest instruction; a fault in it goes on at `bail`. */
struct gen_trap {
    const uint8_t *from, *to, *bail;
};

/* Routines shared by all blocks, in the execute view. */
struct gen_thunks {
    /* C: runs translated code from `code` on; returns what left it. */
    struct translate_left (*enter)(struct a64_cpu *cpu, const uint8_t *code);
    const uint8_t *look_up;  /* jump: to the address in rdx, through the CPU's table of entry points */
    const uint8_t *site;     /* jump or call: the same, and the site at rax remembers it */
    const uint8_t *returned; /* behind the first frame of the stack of calls */
    const uint8_t *leave; /* jump: store the guest registers, return rax and rdx (struct translate_left) to C; cpu->pc is right */
    /* call: run the handler of the instruction at rax, the registers stored before and loaded after. If the handler
     * leaves instead of going on to the instruction behind it, this goes on at cpu->pc and does not return. */
    const uint8_t *call;
    uint32_t (*faults)(void); /* C: does floating point fault when it is told to? */
    const uint8_t *arm;    /* call: then NE if it cannot be; rax is lost */
    const uint8_t *disarm; /* call, armed or not */
    const uint8_t *span[2], *straddle; /* call; span: to read, and to write (gen_cross.c) */
    const struct gen_fp_constants *fp; /* write view */
};

/* Writes the thunks at g->a. Returns where the fault of thunks->faults goes on. */
struct gen_trap gen_make_thunks(struct gen *g, struct gen_thunks *ret);

/* The fast form of a block: gen_fast.c. Sets are of vector registers. */
struct gen_fast {
    bool on;     /* it is being generated, */
    bool alone;  /* but with each access asking for its page by itself: gen_cross.c */
    bool loop;   /* the block branches to its own beginning */
    bool vectors; /* it has vector operations */
    bool computes; /* it has operations that may raise exceptions */
    unsigned nr; /* operations in it: up to the first handler call */
    unsigned accesses; /* to memory, that ask for their page each by itself */
    unsigned nr_seen; /* places of cpu->seen in use */
    unsigned at; /* first operation of the guest instruction being generated */
    int8_t kept; /* xmm register that it changes before its last possible fault, the old value kept in xmm0; or X86_NO_REG */
    const struct a64_insn *entry;
    uint8_t *head; /* where it goes round, everything loaded */
    uint8_t *turn; /* or here, in a run (gen_run.c) */
    uint8_t *alone_at; /* a turn of a run with each access by itself, everything loaded */
    uint8_t *to_bulk; /* the jump from the head to what gen_bulk.c makes */
    int8_t run_reg[IR_MAX_RUNS]; /* host registers with the runs' addends, or X86_NO_REG */
    uint32_t homed, live, written, dirty; /* in xmm; read before written; written anywhere; newer than memory now */
    int8_t home[32];
    uint8_t width[32]; /* bytes that the block reads or writes */
};

/* Guest register `in` (IR_NONE: something of the back end's own) has the host register that is otherwise the home of `out`
 * (IR_T0: of nothing that has to be kept). */
struct gen_moved {
    int8_t in, out, host;
};
enum { GEN_MAX_MOVED = 10 };

struct gen {
    struct x86_asm a, out; /* the block; its ways out, which stand elsewhere: they are seldom run and would keep blocks apart */
    struct gen_fast fast;
    int8_t home[IR_NR_VALUES]; /* host registers; 0: memory */
    struct gen_moved moved[GEN_MAX_MOVED];
    unsigned nr_moved; /* in the fast form */
    enum gen_eflags eflags;
    const struct gen_thunks *thunks;
    const struct ir_block *ir;  /* the block, for its groups */
    uint64_t page;              /* guest-physical address >> 12 of the block */
    uint16_t entry;             /* where in it the block begins */
    struct gen_trap trap[IR_MAX]; /* in order */
    unsigned nr_traps;
    bool faults; /* the host's floating point does when it is told to; else what may raise exceptions has no fast form */
    bool raises; /* the block has operations that may raise exceptions: its slow form runs disarmed */
    bool fp_on; /* the slow form has asked whether FP is enabled */
    unsigned next_site; /* of all blocks */
    ptrdiff_t exec_minus_write; /* between the two views of the code memory */
    struct gen_call_site *sites;    /* the next is made below this */
    const struct a64_insn *site_of; /* whose the last one is */
    struct gen_slow slow[GEN_MAX_SLOW];
    unsigned nr_slow;
    const uint8_t *op_at[IR_MAX + 1]; /* where each operation's host code begins; behind the last: the ways out */
    const uint8_t *slow_at[IR_MAX + 1]; /* the same in the slow form; [GEN_ENTRY]: its beginning */
    uint8_t slow_eflags[IR_MAX + 1];    /* what EFLAGS are expected to hold there: enum gen_eflags */
};

/* Does the host's CPU have what generated code uses: x86-64-v3 (AVX2, BMI, CMPXCHG16B, FMA, LZCNT, POPCNT, SSE4.2)? */
bool gen_host_can(void);

/* Host code for a block whose first instruction is `entry`, at g->a and g->out; g->a.full if there is no room for either; byte `end` of the page is behind its last. */
void gen_block(struct gen *g, const struct ir_block *b, const struct a64_insn *entry, int64_t end);

/* Where a block goes on behind the question whether the run loop wants us, if that is the first thing it does; else `code`. */
const uint8_t *gen_behind_question(const uint8_t *code);

/* Redirects the jump whose displacement is at `place` (write view), while other threads may run through it. */
void gen_patch(uint8_t *place, const uint8_t *target);

/* Homes of guest values (gen_homes.c): those that all blocks agree on; for a loop of the first `nr` operations, others, if
 * that is worth it. Code to move values to their new homes, and back. */
void gen_homes_common(struct gen *g);
bool gen_homes_plan(struct gen *g, const struct ir_block *b, unsigned nr);
int gen_homes_lend(struct gen *g, const struct ir_block *b); /* a host register that the loop has no use for, or X86_NO_REG */
void gen_homes_enter(struct gen *g);
void gen_homes_leave(struct gen *g);

/* The host register that is guest value `v`'s home, or X86_NO_REG: memory. */
int gen_home(const struct gen *g, int v);

/* Guest value `v` as an operand; not for A64_ZR. */
struct x86_rm gen_loc(const struct gen *g, int v);

static inline struct x86_rm gen_field(size_t offset)
{
    return x86_m(RBP, (int32_t)offset - GEN_BIAS);
}
#define CPU_FIELD(f) gen_field(offsetof(struct a64_cpu, f))

/* A host register holding `v`: its home, or `scratch` after a load. Keeps EFLAGS. */
int gen_use(struct gen *g, int v, bool w, int scratch);

/* The host register to compute `v` in: its home or `scratch`; gen_def_end stores it if it was scratch. */
int gen_def(const struct gen *g, int v, int scratch);
void gen_def_end(struct gen *g, int v, int reg);

/* `v` = what is in `scratch`, whose upper half is 0 unless `w`. */
void gen_def_from(struct gen *g, int v, bool w, int scratch);

/* EFLAGS hold NZCV in form `have` as the result of the last instruction; stores it if `i` says that it is needed. */
void gen_set_flags(struct gen *g, const struct ir *i, enum gen_eflags have);

/* The same, but NZCV is known beforehand and not in EFLAGS yet, which hold it then in form EFLAGS_SUB; rax is lost. */
void gen_set_known_flags(struct gen *g, const struct ir *i, uint32_t nzcv);

/* Loads NZCV into EFLAGS, in form EFLAGS_SUB, unless they hold it; rax is lost. */
void gen_load_flags(struct gen *g);

/* Puts NZCV into EFLAGS (rax is lost) and returns the condition code that is true when Arm's `cond` is. */
enum x86_cc gen_cond(struct gen *g, unsigned cond);

/* One operation of the integer kind (IR_MOV..IR_PC). */
void gen_int(struct gen *g, const struct ir *i);

/* Floating point and vectors (IR_FP): scalars, vectors of floating point, of integers. */
void gen_fp(struct gen *g, const struct ir *i);
void gen_fp_vector(struct gen *g, const struct ir *i);
void gen_simd(struct gen *g, const struct ir *i);
void gen_simd_move(struct gen *g, const struct ir *i);
void gen_simd_across(struct gen *g, const struct ir *i);
void gen_fp_lanes(struct gen *g, const struct ir *i);
bool gen_fp_is_fast_only(const struct ir *i); /* gen_fp_lanes, in the fast form alone */
void gen_fp_int(struct gen *g, const struct ir *i);

/* A vector of floating point, as far as the operation takes it, zeros above: `scratch`, or where register `v` is. */
struct x86_rm gen_fp_operand(struct gen *g, const struct ir *i, int v, int scratch);

/* Away if the number in `xmm`, not 0, does not fit an unsigned integer's 63 or 32 low bits; xmm1 is lost. */
void gen_fp_refuse_out_of_range(struct gen *g, const struct ir *i, int xmm);
void gen_crypto(struct gen *g, const struct ir *i);
void gen_crc(struct gen *g, const struct ir *i); /* IR_CRC32, IR_CRC32C */

/* Armed floating point: gen_fp_armed.c. May the operation raise an exception? The fast form begins, and has to be armed; the slow
 * form, and must not. Code to be no longer armed, rax and rdx kept. In the fast form: a fault if a scalar or an
 * element of the result is so small that it may be an underflow, or a NaN; xmm2 is lost. Index in cpu->fp_rest. */
bool gen_fp_raises(const struct ir *i);
void gen_ask_armed(struct gen *g);
void gen_ask_disarmed(struct gen *g);
void gen_disarm(struct gen *g);
void gen_make_arm(struct gen *g);
struct gen_trap gen_make_faults(struct gen *g);
void gen_armed_slow(struct gen *g, const struct gen_slow *s);
void gen_fault_if_small(struct gen *g, const struct ir *i, int xmm, unsigned size);
void gen_fault_if_nan(struct gen *g, const struct ir *i, int xmm);
uint32_t gen_fp_rest(const struct gen *g);

/* Before arithmetic that rounds: does the host round as the guest wants? The fast form has asked. */
void gen_fp_plain(struct gen *g, const struct ir *i);

/* Before the first use of a vector register: an access trap is the handler's business. */
void gen_fp_on(struct gen *g, const struct ir *i);

/* Constants of floating point, by element size: [0] single, [1] double. */
struct gen_fp_constants {
    uint64_t sign[2][2], magnitude[2][2]; /* of a scalar, nothing above */
    uint64_t exponent[2][2];              /* of all elements */
    uint64_t bits_of_nibble[2], low_nibbles[2]; /* of integers: for each byte */
    uint64_t sorted[2][2]; /* for VPSHUFB: first the elements of 1 or 2 bytes with even numbers, then the others */
    /* Twice the result, without its sign, is more than `limit` as a signed number after adding `bias`: [0] not finite; [1] that,
     * or so small that it may be an underflow. */
    uint64_t bias[2][2][2], limit[2][2][2];
    uint64_t small, range; /* for a scalar double: twice its magnitude - small >= range is that too; */
    uint64_t infinite;     /* twice its magnitude >= infinite: not finite */
    uint64_t half[2][2];   /* all elements 1/2 */
    uint64_t one_above[2]; /* singles: zeros, above them ones */
    uint64_t two32[2];     /* 2 to the 32 */
    uint32_t mxcsr_armed, mxcsr_plain;
} __attribute__((aligned(16)));

/* Writes the constants at g->a. */
const struct gen_fp_constants *gen_make_fp_constants(struct gen *g);

/* Vector register `v`, all of it: an xmm register or memory. */
struct x86_rm gen_vector(const struct gen *g, int v);

/* Loads the low `bytes` (4, 8, 16) of `src`, zeros above; 4 of a register load all. */
void gen_vector_load(struct gen *g, int xmm, struct x86_rm src, unsigned bytes);

/* An xmm register that holds at least the low `bytes` of `v`: `scratch` if a load is needed. */
int gen_vector_use(struct gen *g, int v, unsigned bytes, int scratch);

/* scratch = the low `bytes` (4, 8, 16) of `v`, zeros above. */
void gen_vector_low(struct gen *g, int v, unsigned bytes, int scratch);

/* Is what gen_vector_use gives for `v` zero above `bytes`? */
bool gen_vector_is_narrow(const struct gen *g, int v, unsigned bytes);
void gen_vector_clear_above(struct gen *g, int xmm, unsigned bytes);
void gen_vector_low_of(struct gen *g, int dst, int xmm, unsigned bytes); /* dst = xmm without the bits above */
void gen_vector_to_general(struct gen *g, int v, unsigned bytes, int reg);

/* Where to compute i->dst: its own xmm register if `i` does not read it, else `scratch`. gen_vector_end makes it so. The
 * second: for one host instruction, which may read what it writes, and whose result needs no look in the fast form. */
int gen_vector_def(struct gen *g, const struct ir *i, int scratch);
int gen_vector_def_at_once(const struct gen *g, const struct ir *i, int scratch);
void gen_vector_end(struct gen *g, int v, int xmm);

/* Pieces of vector operations. An instruction of prefix 66 by map << 8 | opcode. i->dst = xmm, zeros above a 64-bit vector.
 * Xmm = register v from a byte on. Shifts of elements by n bits: digit 2 right, 4 right with sign, 6 left. The elements of
 * i->a and i->b with even or odd numbers; xmm2 and xmm3 are lost. */
void gen_vex(struct gen *g, unsigned op, int dst, int x, struct x86_rm y);
void gen_vector_finish(struct gen *g, const struct ir *i, int xmm);
void gen_vector_element(struct gen *g, int xmm, int v, unsigned byte);
void gen_vector_shift(struct gen *g, int xmm, struct x86_rm src, unsigned size, unsigned digit, unsigned n);
void gen_unzip(struct gen *g, unsigned size, int xmm, struct x86_rm x, struct x86_rm y, bool odd); /* loses xmm3 */
void gen_zip(struct gen *g, unsigned size, int xmm, int x, struct x86_rm y, bool high);
void gen_vector_unzip(struct gen *g, const struct ir *i, int xmm, bool odd);

/* The fast form: chooses registers, loads them, stores those of a set. */
void gen_vector_plan(struct gen *g, const struct ir_block *b);
void gen_vector_begin(struct gen *g);
void gen_vector_spill(struct gen *g, uint32_t dirty);

/* Is a fast form worth it? Then g->fast is set up. Its beginning; the branch `i` (or leaving for page_off) as far as it differs
 * (true: all is done); its end. A bail goes on at the current guest instruction in the slow form. */
bool gen_fast_plan(struct gen *g, const struct ir_block *b, const struct a64_insn *entry);
void gen_fast_begin(struct gen *g);
void gen_fast_spill(struct gen *g, uint32_t dirty); /* before leaving it; EFLAGS stay */
bool gen_fast_branch(struct gen *g, const struct ir *i, enum x86_cc cc);
bool gen_fast_leave(struct gen *g, int64_t page_off);
void gen_fast_end(struct gen *g, const struct ir_block *b, int64_t end);
void gen_fast_alone(struct gen *g); /* a turn of a run with each access by itself begins */
void gen_fast_done(struct gen *g);
struct gen_slow *gen_bail(struct gen *g, uint8_t *from);

/* The way out of `i` when its fast path fails: by handler, or in the fast form a bail. */
struct gen_slow *gen_otherwise(struct gen *g, const struct ir *i, uint8_t *from);

/* The result of `i` in `xmm` failed its check, which jumps from `from`: right all the same if it only is small because a factor
 * is zero. Opcode of a fused operation. */
void gen_fp_or_zero(struct gen *g, const struct ir *i, int xmm, uint8_t *from);
int gen_fma_begin(struct gen *g, const struct ir *i, int addend, unsigned bytes); /* a register with the addend, for the result */
void gen_fp_vector_zero(struct gen *g, const struct gen_slow *s);
unsigned gen_fma_opcode(unsigned kind);

/* SLOW_ZERO: jumps back if the result is right, else runs on behind itself. */
void gen_fp_zero(struct gen *g, const struct gen_slow *s);

/* Loads and stores (IR_LD..IR_VSTP). */
void gen_mem(struct gen *g, const struct ir *i);
void gen_mem_alone(struct gen *g, const struct ir *i); /* of a group's member, as if it were in none */

/* The base's address, looked up for writing; the bytes are at [rcx + the register returned]. */
int gen_mem_look_up(struct gen *g, const struct ir *i);

/* IR_LDX, IR_STX, IR_CLREX; IR_ZERO. */
void gen_exclusive(struct gen *g, const struct ir *i);
void gen_zero(struct gen *g, const struct ir *i);
void gen_may_zero(struct gen *g); /* E if SCTLR_EL1.DZE keeps EL0 from it */

/* Atomics (IR_CAS..IR_FETCH_OR), IR_MRS, IR_MASK..IR_MSR_DAIF. */
void gen_atomic(struct gen *g, const struct ir *i);
void gen_mrs(struct gen *g, const struct ir *i);
void gen_daif(struct gen *g, const struct ir *i);

/* Pages remembered round a loop: is there a place for this access? Entering the loop. reg = the host address of `bytes` bytes at
 * virtual address `reg` (rcx or rdx). The look-up behind it. */
bool gen_page_has_place(const struct gen *g, const struct ir *i);
void gen_page_begin(struct gen *g, unsigned first, unsigned accesses);
void gen_page(struct gen *g, const struct ir *i, int reg, unsigned bytes, bool writes);
void gen_page_look_up(struct gen *g, const struct gen_slow *s); /* SLOW_PAGE */

/* Runs: plans where their addends are; the head of a loop that has some; the jump to its next turn; is this access in one;
 * its memory (rcx and rdx are lost). */
void gen_run_plan(struct gen *g, const struct ir_block *b);
void gen_run_begin(struct gen *g);
void gen_run_next(struct gen *g);
bool gen_run_has(const struct gen *g, const struct ir *i);
struct x86_rm gen_run(struct gen *g, const struct ir *i);
struct x86_rm gen_run_addend(const struct gen *g, unsigned run); /* the host's address minus the guest's */

/* rax = the TLB's entry for the address in `reg`; an entry's tag. */
void gen_find_page(struct gen *g, int reg);
struct x86_rm gen_page_tag(bool writes);

/* Across the end of a page (gen_cross.c). Thunks: rcx is the page of an access's last byte, rax the TLB's entry of its first. E if
 * both pages are known and lie side by side in the host; if both are known, rcx then being the addend at which a load
 * finds its bytes. rdx is kept, rax and xmm0 are not. */
void gen_make_span(struct gen *g, bool writes);
void gen_make_straddle(struct gen *g);
bool gen_may_straddle(const struct ir *i, unsigned bytes);
void gen_span(struct gen *g, const struct gen_slow *s);     /* SLOW_SPAN */
void gen_straddle(struct gen *g, const struct gen_slow *s); /* SLOW_STRADDLE: jumps back, or runs on behind itself */

/* Loops whose turns can be done many at a time (bulk.c). At the head of any with runs, rax being the number of turns: how far those
 * as usual go. Behind its end: those done so, then some as usual. */
void gen_bulk_begin(struct gen *g);
void gen_bulk(struct gen *g);

/* Pieces of it. rax turns of a search, but for the last; of a copy or a fill, as far as they are a multiple of `turns`; runs on behind
 * itself. Loads what a copy has stored next. Do the bytes that rax turns write lie where they do not read, or well below, or (`same`) just
 * there? Else a turn as usual. `field` = where the counter is when rax more turns are done. The steady registers go on. xmm = 16
 * (or 32) bytes. ymm = a register's value in all elements. */
void gen_search(struct gen *g, unsigned turns);
void gen_copy_or_fill(struct gen *g, unsigned turns);
void gen_copy_load_carried(struct gen *g);
void gen_bulk_check_overlap(struct gen *g, struct ir_piece to, struct ir_piece from, bool same);
void gen_bulk_limit(struct gen *g, struct x86_rm field);
void gen_bulk_move_on(struct gen *g, unsigned turns);
void gen_bulk_load(struct gen *g, bool wide, int xmm, struct x86_rm from);
void gen_bulk_store(struct gen *g, bool wide, struct x86_rm to, int xmm);
void gen_bulk_scale(struct gen *g, int reg, int32_t by); /* reg = rax * by */
void gen_bulk_everywhere(struct gen *g, int ymm, int value, unsigned size, bool vector);

/* Byte `at` of a run, as the turn begins; rcx and rdx are lost. Again, as long as they were not since. */
struct x86_rm gen_run_byte(struct gen *g, unsigned run, int32_t at);
struct x86_rm gen_run_byte_again(struct gen *g, unsigned run, int32_t at);

/* What a member of a group accesses: memory; rcx may be its base. The first member looks the group's page up. */
struct x86_rm gen_group(struct gen *g, const struct ir *i);
void gen_group_resume(struct gen *g, const struct ir *i);      /* behind a member: where its ways out come back */
void gen_group_alone(struct gen *g, const struct gen_slow *s); /* SLOW_ALONE */
void gen_group_forget(struct gen *g);                          /* all places hold 0 */

/* Branches and handler calls (IR_B..IR_RET, IR_CALL), and leaving at the block's end. */
void gen_exit(struct gen *g, const struct ir *i);
void gen_handler(struct gen *g, const struct a64_insn *guest); /* has it execute the instruction */
void gen_fall_off(struct gen *g, int64_t page_off);
bool gen_in_page(int64_t page_off);
void gen_target_address(struct gen *g, int64_t page_off); /* rdx = this page's address + page_off */

/* To the address in rdx, which may be anywhere (gen_site.c); as a call, to come back behind it. Thunks; ways out. */
void gen_jump_anywhere(struct gen *g);
void gen_call_anywhere(struct gen *g);
void gen_make_look_up(struct gen *g);
void gen_make_site(struct gen *g);
void gen_site_way_out(struct gen *g, const struct gen_slow *s); /* SLOW_SITE, SLOW_SITE_CALL */

/* Calls and returns of the guest as those of the host (gen_call.c): IR_B and IR_BR that link, everything spilled and the target
 * of IR_BR in rdx; a return to the address in rdx. */
void gen_call_function(struct gen *g, const struct ir *i);
void gen_return(struct gen *g, const struct ir *i);
void gen_call_way_out(struct gen *g, const struct gen_slow *s); /* SLOW_DEEP, SLOW_RETURN */

/* For the thunks: an empty stack of calls below rsp, rax is lost; its end, rsp as it was; empties it unless the fetch context
 * still is the one its calls were made in; what stands behind its first frame. */
void gen_stack_begin(struct gen *g);
void gen_stack_end(struct gen *g);
void gen_stack_check(struct gen *g);
void gen_make_returned(struct gen *g);

/* Remembers a way out entered by the jump whose displacement is at `from`. */
struct gen_slow *gen_slow(struct gen *g, enum gen_slow_kind kind, uint8_t *from, const struct a64_insn *guest);
void gen_slow_paths(struct gen *g);

/* A call or jump to a thunk. */
void gen_call(struct gen *g, const uint8_t *thunk);
void gen_jump(struct gen *g, const uint8_t *thunk);

#endif
