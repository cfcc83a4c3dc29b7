/* SPDX-License-Identifier: Apache-2.0
 *
 * Address translation: the VMSAv8-64 stage 1 walk (Arm ARM D8) and the software TLB in front of it.
 *
 * A CPU has one TLB for EL1 and several for EL0, one for each of the ASIDs that ran last; cpu->tlb
 * points at the one that plain accesses use now, cpu->tlb_user at the one for LDTR/STTR. So an
 * entry needs no tag for privilege or ASID, changing address space is a change of pointer, and
 * generated code finds a page in a few host instructions:
 *
 *     entry = cpu->tlb + (va >> 12 & (A64_TLB_ENTRIES - 1)) * 32
 *     if ((va & (A64_PAGE_MASK | (size - 1))) == entry->read)    also rejects what is not naturally
 * aligned value = *(host *)(va + entry->addend)
 *
 * Anything unusual (device memory, watchpoints, unaligned, TBI with another top byte) has tags that
 * do not match and takes the slow path in mem.c. An entry always covers 4 KiB; a TLBI that hits a
 * larger block drops the whole TLB that has part of it. Everything here is for the CPU's own
 * thread; other CPUs send requests (remote.h). */
#ifndef BERTH_CPU_ARM64_MMU_H
#define BERTH_CPU_ARM64_MMU_H

#include <stdbool.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/state.h"

enum {
    A64_PAGE_BITS = 12,
    A64_TLB_BITS = 10,
    A64_TLB_ENTRIES = 1 << A64_TLB_BITS,
    A64_TLB_USERS = 6,   /* address spaces kept warm */
    A64_TLB_BLOCKS = 32, /* block mappings remembered before a TLB says "maybe any" */
    A64_TLB_TRANSIENTS = 64,
    A64_TLB_EXEC_BITS = 4096,
};

/* Between the numbers of contexts: they are spread over 64 bits, so that they can be mixed into a hash as they are. */
#define A64_CONTEXT_STEP UINT64_C(0x9e3779b97f4a7c14)
#define A64_PAGE_SIZE (UINT64_C(1) << A64_PAGE_BITS)
#define A64_PAGE_MASK (~(A64_PAGE_SIZE - 1))

/* A tag that equals no address under the masks used for look-up. */
#define A64_TLB_NONE UINT64_C(0xfff)

/* What the fast path reads. A tag is the page's virtual address as used (top byte included), or
 * A64_TLB_NONE. */
struct a64_tlb_entry {
    uint64_t read, write, exec;
    uint64_t addend; /* host address minus virtual address */
};

/* What else is known of the page: flags in the low 12 bits of `pa`. */
enum {
    A64_TLB_READ = 1 << 0, /* permissions under this TLB's privilege, and by stage 2 */
    A64_TLB_WRITE = 1 << 1,
    A64_TLB_EXEC = 1 << 2,
    A64_TLB_DEVICE = 1 << 3,    /* memory type: unaligned accesses fault */
    A64_TLB_RAM = 1 << 4,       /* host memory: addend is valid */
    A64_TLB_TRANSIENT = 1 << 5, /* EL1 only: depends on the ASID or on PAN */
};
struct a64_tlb_meta {
    uint64_t va, pa;
};

/* A block mapping of which this TLB holds fragments. */
struct a64_tlb_block {
    uint64_t va, mask;
};

struct a64_tlb {
    struct a64_tlb_entry entry[A64_TLB_ENTRIES]; /* first: cpu->tlb points at it */
    struct a64_tlb_meta meta[A64_TLB_ENTRIES];
    uint64_t filled[A64_TLB_ENTRIES / 64]; /* slots that may hold something */
    uint64_t context;                         /* see a64_fetch_context */
    uint64_t exec_seen[A64_TLB_EXEC_BITS / 64]; /* pages given out for execution under this context, hashed */
    struct a64_tlb_block block[A64_TLB_BLOCKS];
    unsigned nr_blocks;    /* A64_TLB_BLOCKS + 1: too many, maybe any */
    bool empty;            /* nothing to flush */
    bool globals;          /* may hold global pages */
    uint64_t used;         /* when last made current, for replacement */
    _Atomic uint32_t asid; /* A64_ASID_NONE: free. Read by other CPUs */
};
#define A64_ASID_NONE UINT32_MAX

struct a64_mmu {
    struct a64_tlb el1; /* of the current ASID */
    struct a64_tlb user[A64_TLB_USERS];
    uint16_t transient[A64_TLB_TRANSIENTS]; /* slots of el1 with A64_TLB_TRANSIENT */
    unsigned nr_transients;                 /* A64_TLB_TRANSIENTS + 1: too many */
    bool transient_exec;                    /* one of them was given out for execution */
    uint64_t clock, next_context;
    uint64_t walks, clears; /* counted: of the tables; of a whole TLB */
    _Atomic bool low_globals; /* a global page below bit 55 was cached. Read by other CPUs */
};

/* Why and for whom an address is translated. */
enum a64_access {
    A64_ACCESS_READ = 1,
    A64_ACCESS_WRITE = 2,
    A64_ACCESS_EXEC = 4,
    A64_ACCESS_USER = 8,    /* with EL0's permissions */
    A64_ACCESS_NO_PAN = 16, /* AT */
};

/* Fault status codes (ESR_ELx DFSC/IFSC); those with a level are the first of four. */
enum {
    A64_FSC_ADDRESS_SIZE = 0x00,
    A64_FSC_TRANSLATION = 0x04,
    A64_FSC_ACCESS_FLAG = 0x08,
    A64_FSC_PERMISSION = 0x0c,
    A64_FSC_EXTERNAL = 0x10,
    A64_FSC_EXTERNAL_WALK = 0x14,
    A64_FSC_ALIGNMENT = 0x21,
    A64_FSC_DEBUG = 0x22,
    A64_FSC_UNSUPPORTED_ATOMIC = 0x35,
};

struct a64_translation {
    uint64_t pa;    /* of the very byte asked for; after A64_FSC_EXTERNAL_WALK: of the descriptor */
    uint64_t block; /* bytes the translation covers: 4 KiB, 2 MiB, 1 GiB */
    uint8_t fsc;    /* the fault, if there is one */
    uint8_t attr;   /* MAIR byte */
    uint8_t sh;     /* shareability field */
    bool global;
    bool user;       /* EL0 can read it: PAN applies */
    uint8_t allowed; /* A64_ACCESS_READ | WRITE | EXEC for the privilege asked */
};

NODISCARD int a64_mmu_create(struct a64_cpu *cpu);
void a64_mmu_destroy(struct a64_cpu *cpu);

/* Walks for `va` without raising and without touching the TLB. `access` is READ, WRITE or EXEC, or
 * none of them when no permission is needed (cache maintenance), with USER for EL0's view. false:
 * ret->fsc says why not (level included). */
NODISCARD bool a64_translate(struct a64_cpu *cpu, uint64_t va, unsigned access,
                             struct a64_translation *ret);

/* Brings the page of `va` into `tlb` (cpu->tlb or cpu->tlb_user) for `access` unless it is there,
 * and returns its meta entry; NULL with *ret_fsc on a fault of stage 1. An entry that lacks a right
 * in `access` lacks it by stage 2. */
NODISCARD struct a64_tlb_meta *a64_tlb_fill(struct a64_cpu *cpu, struct a64_tlb *tlb, uint64_t va,
                                            unsigned access, uint8_t *ret_fsc);

/* Points cpu->tlb and cpu->tlb_user where EL, ASID and PAN say; after any of them changed. */
void a64_mmu_select(struct a64_cpu *cpu);

/* New numbers for all fetch contexts: whatever was remembered under the old ones is stale. */
void a64_mmu_renew_contexts(struct a64_cpu *cpu);

/* Invalidation on this CPU. `va` is an address (any byte of the page or block). */
void a64_tlb_flush(struct a64_cpu *cpu);
void a64_tlb_flush_asid(struct a64_cpu *cpu, uint32_t asid);
void a64_tlb_flush_va(struct a64_cpu *cpu, uint64_t va,
                      uint32_t asid);                        /* that ASID's and global pages */
void a64_tlb_flush_va_all(struct a64_cpu *cpu, uint64_t va); /* under every ASID */

/* Whether CPU `other` can hold a translation that TLBI by `va` and `asid` must reach: any thread.
 * For an initiator that has stored the new descriptor and passed a full barrier, as guests do with
 * DSB: the other CPU announces an ASID before its first walk under it, so either it is seen here,
 * or its walks see the new descriptor. */
bool a64_tlb_may_hold(const struct a64_cpu *other, uint64_t va, uint32_t asid);

/* The ASID now in use (TCR_EL1.A1 chooses the register). */
uint32_t a64_mmu_asid(const struct a64_cpu *cpu);

/* What the PC becomes on a branch to `va`: an ignored top byte is replaced by copies of bit 55. */
uint64_t a64_branch_target_slow(const struct a64_cpu *cpu, uint64_t va);
static ALWAYS_INLINE uint64_t a64_branch_target(const struct a64_cpu *cpu, uint64_t va)
{
    if (LIKELY((uint64_t)((int64_t)(va << 8) >> 8) == va))
        return va;
    return a64_branch_target_slow(cpu, va);
}

/* Whether the EL1&0 translation regime is on (SCTLR_EL1.M). */
static inline bool a64_mmu_on(const struct a64_cpu *cpu)
{
    return cpu->sys.sctlr & 1;
}

static ALWAYS_INLINE struct a64_tlb_entry *a64_tlb_entry(struct a64_tlb *tlb, uint64_t va)
{
    return &tlb->entry[va >> A64_PAGE_BITS & (A64_TLB_ENTRIES - 1)];
}

/* Names the set of translations for instruction fetch now in force: while two calls return the same
 * number, a virtual address that a64_fetch translated in between still means the same. Numbers
 * survive a switch to another ASID or EL and back; TLB maintenance that may touch a page fetched
 * from gives a new one. */
static inline uint64_t a64_fetch_context(const struct a64_cpu *cpu)
{
    return cpu->tlb->context;
}

#endif
