/* SPDX-License-Identifier: Apache-2.0
 *
 * Everything a vCPU of the software CPU is: architectural state first (plain data: save and restore are a copy), then
 * what execution needs. Private to cpu/arm64 and to its tests; others use cpu.h. Arm ARM (DDI 0487) names. */
#ifndef BERTH_CPU_ARM64_STATE_H
#define BERTH_CPU_ARM64_STATE_H

#include <setjmp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/fp.h"

/* Register file slots. The decoder turns register number 31 into one of these, so handlers never compare. */
enum {
    A64_SP = 31,       /* the current stack pointer */
    A64_ZR = 32,       /* always reads 0 */
    A64_DISCARD = 33,  /* writes to XZR land here */
    A64_NR_X = 34,
};

union a64_vreg {
    uint8_t b[16];
    uint16_t h[8];
    uint32_t s[4];
    uint64_t d[2];
    unsigned __int128 q;
} __attribute__((aligned(16)));

/* PSTATE.NZCV inside cpu->nzcv is kept as x86's LAHF;SETO gives it after a subtraction (S 15, Z 14, C 8, O 0), so that generated
 * code stores the flags of a comparison in three instructions: bit 8 is a borrow, which is Arm's C inverted. Everything that shows
 * NZCV to the guest (MRS/MSR NZCV, SPSR, CCMP immediates) converts with the two functions below; nothing else may know the positions. */
#define A64_N (UINT32_C(1) << 15)
#define A64_Z (UINT32_C(1) << 14)
#define A64_BORROW (UINT32_C(1) << 8)
#define A64_V (UINT32_C(1) << 0)

/* The four bits N Z C V as the architecture numbers them (N = 8 … V = 1), from and to cpu->nzcv. */
static inline uint32_t a64_nzcv_to_imm4(uint32_t nzcv)
{
    return (nzcv >> 12 & 0xc) | (~nzcv >> 7 & 0x2) | (nzcv & 0x1);
}

static inline uint32_t a64_nzcv_from_imm4(uint32_t imm4)
{
    return (imm4 & 0xc) << 12 | (~imm4 & 0x2) << 7 | (imm4 & 0x1);
}

/* Exception masks as in SPSR: D 9, A 8, I 7, F 6. */
#define A64_DAIF_D (1u << 9)
#define A64_DAIF_A (1u << 8)
#define A64_DAIF_I (1u << 7)
#define A64_DAIF_F (1u << 6)

/* Why cpu->attention is not 0: what the run loop has to look at. */
enum {
    A64_ATTENTION_KICK = 1 << 0,
    A64_ATTENTION_PIN = 1 << 1,    /* a pin or a mask changed: a64_take_interrupt */
    A64_ATTENTION_TIMER = 1 << 2,  /* a64_timer_check */
    A64_ATTENTION_REMOTE = 1 << 3, /* a64_remote_serve */
    A64_ATTENTION_DEBUG = 1 << 4,  /* a64_debug_active may have changed */
    A64_ATTENTION_CODE = 1 << 5,   /* decoded code was retired: a64_code_quiesce */
    A64_ATTENTION_STEP = 1 << 6,   /* one instruction is executed alone */
};

/* cpu->pins */
enum { A64_PIN_IRQ = 1 << 0, A64_PIN_FIQ = 1 << 1 };

enum { A64_NR_BREAKPOINTS = 6, A64_NR_WATCHPOINTS = 4 };

struct a64_timer {
    uint64_t cval;
    uint32_t ctl; /* ENABLE 0, IMASK 1; ISTATUS is computed */
};

/* EL1 and EL0 system registers that hold state. */
struct a64_sysregs {
    uint64_t sctlr, actlr, cpacr, ttbr0, ttbr1, tcr, mair, amair, vbar, contextidr;
    uint64_t esr, far, afsr0, afsr1, par, elr, spsr;
    uint64_t tpidr_el0, tpidrro_el0, tpidr_el1;
    uint64_t csselr, cntkctl;
    uint64_t mdscr, oslsr, osdlr, dbgclaim, mdccint;
    uint64_t dbgbvr[A64_NR_BREAKPOINTS], dbgbcr[A64_NR_BREAKPOINTS];
    uint64_t dbgwvr[A64_NR_WATCHPOINTS], dbgwcr[A64_NR_WATCHPOINTS];
    struct a64_timer virt, phys;
};

struct a64_cpu;
struct a64_insn;
struct a64_vm;
struct a64_mmu;   /* software TLBs: mmu.h */
struct a64_tlb;   /* one of them */
struct translate_set;
struct a64_remote; /* requests of other CPUs: remote.h */
struct a64_exit;
struct a64_cache; /* its view of the decoded code: code.h */

/* Executes one instruction and those after it (dispatch/). Faults do not return: a64_raise… jump to the run loop. Written
 * with the macros of op.h. */
typedef const struct a64_insn *a64_op(struct a64_cpu *cpu, const struct a64_insn *i);

/* One predecoded instruction: 32 bytes, two a cache line. Fields mean what the op's predecoder says. */
struct a64_insn {
    a64_op *fn;
    int64_t imm;
    uint8_t rd, rn, rm, ra; /* slots of cpu->x[], or vector register numbers */
    uint16_t page_off;      /* byte offset of the instruction in its 4 KiB page */
    uint16_t aux;
    uint32_t raw;           /* the encoding */
    uint16_t op;            /* enum a64_opcode: the row of the table */
    uint16_t heat;          /* how often a branch came here, for the translator */
};

enum { A64_GROUP_PLACES = 4, A64_SEEN_PAGES = 8, A64_FP_RESTS = 32 };

/* What DC ZVA depends on: SCTLR_EL1's bit that allows it at EL0, DCZID_EL0's words of a block, as a power of two, and the bit that
 * says that it is not allowed. */
enum { A64_SCTLR_DZE = 1 << 14, A64_DCZID_BLOCK = 4, A64_DCZID_PROHIBITED = 1 << 4, A64_ZVA_BYTES = 4 << A64_DCZID_BLOCK };

/* A page that translated code looked up: offsets below `limit` from virtual address `page` are at `host` + offset. */
struct a64_seen_page {
    uint64_t page, limit, host;
};

struct a64_cpu {
    /* Hot, first: what generated code addresses with short displacements. */
    uint64_t x[A64_NR_X];
    uint64_t pc;            /* exact between blocks; inside one see a64_pc() */
    uint64_t page_va;       /* page of the block being executed */
    uint32_t nzcv;          /* A64_N | A64_Z | A64_BORROW | A64_V: see above; other bits are junk */
    _Atomic uint32_t attention; /* A64_ATTENTION_*: leave at the next block boundary */
    struct a64_tlb *tlb, *tlb_user; /* for plain accesses; for those with EL0's permissions: mmu.h */
    struct translate_set *entries; /* translated code by virtual address: translate/translate.h; */
    struct translate_entry *sites; /* by the branch that goes there */
    uint64_t group[A64_GROUP_PLACES]; /* translated code's own: host addresses of accesses looked up together, 0: none */
    struct a64_seen_page seen[A64_SEEN_PAGES]; /* of the loop that it is in, */
    uint64_t run_limit;     /* and where its counter is when it has to look again, */
    uint64_t bulk_rest, bulk_limit; /* turns that may be done many at a time, and where the counter is behind them; */
    uint64_t bulk_few;      /* those that are too few for that */
    uint8_t straddle[64] __attribute__((aligned(16))); /* what lies around the end of a page that a load crosses */
    uint64_t host_stack;    /* where its stack of returns begins, */
    uint64_t host_stack_context; /* and the fetch context for which they are right */
    uint64_t temporary;     /* and a value that found no host register */
    uint32_t fp_armed;      /* the host's floating point faults: translate/x86/gen_fp_armed.c; 0 in all C code */
    uint32_t mxcsr;         /* as it was when it did */
    uint32_t fp_rest[A64_FP_RESTS]; /* how often a block that faulted is to go without, by a hash of its address */
    bool align_strict;      /* every unaligned access faults: SCTLR_EL1.A, or MMU off */
    bool debug_active;      /* debug.h: step, breakpoint or illegal state possible at this EL */
    bool debug_armed;       /* one of them is enabled for some EL */
    bool watching;          /* a watchpoint is enabled */
    bool stepping;          /* the instruction at work is being stepped over */
    bool step_exclusive;    /* the last one stepped over was a load-exclusive */
    bool trap_debug;        /* debug exceptions go to EL2: el2.h */
    bool step_done;         /* one was stepped over since the exception return that began the step */

    union a64_vreg v[32];
    union {
        struct {
            uint32_t fpcr, fpsr;
        };
        struct fp_env fp; /* the same, as fp.h takes them */
    };

    /* The rest of PSTATE */
    uint32_t daif;          /* A64_DAIF_* */
    uint8_t el;             /* 0 or 1 */
    bool sp_sel;            /* SPSel: at EL1, 1 uses SP_EL1. x[A64_SP] is the current one */
    bool ss, il, pan;       /* software step, illegal state, privileged access never */
    bool excl_valid;        /* the exclusive monitor, below */
    uint8_t excl_size;      /* bytes: 1, 2, 4, 8, 16 */
    uint64_t sp_el[2];      /* the banked stack pointers not in x[A64_SP] */

    struct a64_sysregs sys;
    uint64_t mpidr;

    /* Exclusive monitor: the load-exclusive's address and what it read (store-exclusive compares and swaps). */
    uint64_t excl_va, excl_pa, excl_lo, excl_hi;

    /* Execution */
    struct a64_vm *vm;
    struct a64_mmu *mmu;
    struct a64_cache *cache;
    jmp_buf unwind;         /* run loop's; a64_leave() jumps there */
    unsigned index;
    _Atomic uint32_t pins;  /* level of IRQ (bit 0) and FIQ (bit 1) */
    bool virt_line, phys_line; /* timer outputs last reported */
    bool sysreg_pending;    /* an A64_EXIT_SYSREG is to be completed: */
    uint8_t sysreg_rd;      /* a read's destination, slot of x[] */
    uint64_t ram_seen;      /* vm->ram_version that the TLBs know */
    uint64_t timer_armed;   /* deadline last reported, counter ticks */
    struct a64_remote *remote;
    uint64_t remote_waiting; /* bit n: CPU n was sent something since the last a64_remote_wait */
    struct a64_exit *exit;  /* filled by whoever leaves the run loop */
};

/* Has the run loop look at A64_ATTENTION_`bits` before the next block. Any thread. */
static inline void a64_attend(struct a64_cpu *cpu, uint32_t bits)
{
    atomic_fetch_or(&cpu->attention, bits);
}

#endif
