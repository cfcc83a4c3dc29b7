/* SPDX-License-Identifier: Apache-2.0
 *
 * Guest memory as instructions see it. Each access translates, checks, and on a fault raises the
 * abort and does not return; `i` is the instruction at work. Little-endian only (SCTLR_EL1.EE is
 * RES0).
 *
 * A naturally aligned access to RAM is single-copy atomic and a relaxed atomic of the host; order
 * is the business of the instruction's handler (barriers). Unaligned accesses to Normal memory work
 * and may cross pages; nothing of a store is done if any byte of it faults. Accesses outside RAM
 * become struct a64_host calls. */
#ifndef BERTH_CPU_ARM64_MEM_H
#define BERTH_CPU_ARM64_MEM_H

#include <string.h>

#include "cpu/arm64/mmu.h"
#include "cpu/arm64/state.h"

/* The general paths; `access` is 0 or A64_ACCESS_USER. `size` is 1, 2, 4 or 8. */
uint64_t a64_ld_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                     unsigned access);
void a64_st_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                 unsigned access, uint64_t value);
unsigned __int128 a64_ld128_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va);
void a64_st128_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                    unsigned __int128 value);
void *a64_atomic_ptr_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                          unsigned access);
void *a64_host_ptr_slow(struct a64_cpu *cpu, uint64_t va, unsigned size, bool write);

/* What the TLB answers at once: host address for an access of `size` bytes at `va`, or NULL. For
 * handlers that go elsewhere for everything else. */
static ALWAYS_INLINE void *a64_fast_host(const struct a64_tlb_entry *e, uint64_t tag, uint64_t va,
                                         unsigned size)
{
    void *host = (void *)(uintptr_t)(va + e->addend);

    if (UNLIKELY((va & (A64_PAGE_MASK | (size - 1))) != tag))
        return NULL;
    if (!host)
        __builtin_unreachable(); /* saves the caller's second test */
    return host;
}

static ALWAYS_INLINE const void *a64_fast_read(struct a64_tlb *tlb, uint64_t va, unsigned size)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(tlb, va);
    return a64_fast_host(e, e->read, va, size);
}

static ALWAYS_INLINE void *a64_fast_write(struct a64_tlb *tlb, uint64_t va, unsigned size)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(tlb, va);
    return a64_fast_host(e, e->write, va, size);
}

/* Defines a64_ldN, a64_stN and their _user forms (LDTR, STTR: EL0's permissions). */
#define A64_DEFINE_ACCESS(bits, suffix, which, access)                                             \
    static ALWAYS_INLINE uint##bits##_t a64_ld##bits##suffix(                                      \
        struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va)                                \
    {                                                                                              \
        const struct a64_tlb_entry *e = a64_tlb_entry(cpu->which, va);                             \
        if (LIKELY((va & (A64_PAGE_MASK | ((bits) / 8 - 1))) == e->read))                          \
            return __atomic_load_n((const uint##bits##_t *)(uintptr_t)(va + e->addend),            \
                                   __ATOMIC_RELAXED);                                              \
        return (uint##bits##_t)a64_ld_slow(cpu, i, va, (bits) / 8, access);                        \
    }                                                                                              \
    static ALWAYS_INLINE void a64_st##bits##suffix(struct a64_cpu *cpu, const struct a64_insn *i,  \
                                                   uint64_t va, uint##bits##_t value)              \
    {                                                                                              \
        const struct a64_tlb_entry *e = a64_tlb_entry(cpu->which, va);                             \
        if (LIKELY((va & (A64_PAGE_MASK | ((bits) / 8 - 1))) == e->write))                         \
            __atomic_store_n((uint##bits##_t *)(uintptr_t)(va + e->addend), value,                 \
                             __ATOMIC_RELAXED);                                                    \
        else                                                                                       \
            a64_st_slow(cpu, i, va, (bits) / 8, access, value);                                    \
    }

A64_DEFINE_ACCESS(8, , tlb, 0)
A64_DEFINE_ACCESS(16, , tlb, 0)
A64_DEFINE_ACCESS(32, , tlb, 0)
A64_DEFINE_ACCESS(64, , tlb, 0)
A64_DEFINE_ACCESS(8, _user, tlb_user, A64_ACCESS_USER)
A64_DEFINE_ACCESS(16, _user, tlb_user, A64_ACCESS_USER)
A64_DEFINE_ACCESS(32, _user, tlb_user, A64_ACCESS_USER)
A64_DEFINE_ACCESS(64, _user, tlb_user, A64_ACCESS_USER)

/* Host address of [va, va + size) for reading or (write) writing, or NULL when a plain access must
 * do: the range leaves its page, is not RAM, is watched, or would fault. Raises nothing. Valid
 * until the end of the instruction. */
static ALWAYS_INLINE void *a64_host_ptr(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                                        unsigned size, bool write)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);
    if (LIKELY(((va + size - 1) & A64_PAGE_MASK) == (write ? e->write : e->read) &&
               !cpu->align_strict))
        return (void *)(uintptr_t)(va + e->addend);
    return a64_host_ptr_slow(cpu, va, size, write);
}

/* 16 bytes: each aligned half is single-copy atomic, the whole is not. */
static ALWAYS_INLINE unsigned __int128 a64_ld128(struct a64_cpu *cpu, const struct a64_insn *i,
                                                 uint64_t va)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);
    if (LIKELY((va & (A64_PAGE_MASK | 15)) == e->read)) {
        const uint64_t *p = (const uint64_t *)(uintptr_t)(va + e->addend);
        return __atomic_load_n(p, __ATOMIC_RELAXED) |
               (unsigned __int128)__atomic_load_n(p + 1, __ATOMIC_RELAXED) << 64;
    }
    return a64_ld128_slow(cpu, i, va);
}

static ALWAYS_INLINE void a64_st128(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                                    unsigned __int128 value)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);
    if (LIKELY((va & (A64_PAGE_MASK | 15)) == e->write)) {
        uint64_t *p = (uint64_t *)(uintptr_t)(va + e->addend);
        __atomic_store_n(p, (uint64_t)value, __ATOMIC_RELAXED);
        __atomic_store_n(p + 1, (uint64_t)(value >> 64), __ATOMIC_RELAXED);
    } else {
        a64_st128_slow(cpu, i, va, value);
    }
}

/* Host address for an atomic read-modify-write of `size` (1, 2, 4, 8, 16) bytes at `va`: raises
 * unless aligned to `size`, readable and writable, and in RAM (elsewhere: unsupported atomic
 * access). */
static ALWAYS_INLINE void *a64_atomic_ptr(struct a64_cpu *cpu, const struct a64_insn *i,
                                          uint64_t va, unsigned size)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);
    if (LIKELY((va & (A64_PAGE_MASK | (size - 1))) == e->write))
        return (void *)(uintptr_t)(va + e->addend);
    return a64_atomic_ptr_slow(cpu, i, va, size, A64_ACCESS_READ | A64_ACCESS_WRITE);
}

/* The same for a store-exclusive: a fault is reported as a write. */
static ALWAYS_INLINE void *a64_store_exclusive_ptr(struct a64_cpu *cpu, const struct a64_insn *i,
                                                   uint64_t va, unsigned size)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(cpu->tlb, va);
    if (LIKELY((va & (A64_PAGE_MASK | (size - 1))) == e->write))
        return (void *)(uintptr_t)(va + e->addend);
    return a64_atomic_ptr_slow(cpu, i, va, size, A64_ACCESS_WRITE);
}

/* DC ZVA: zeroes the block of `size` bytes (a power of two) around `va`. Device memory: an
 * alignment fault. */
void a64_zero_block(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size);

/* Raises an alignment fault unless `va` is a multiple of `size`: load-acquire, load-exclusive and
 * their like. */
void a64_alignment_fault(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                         bool write) NORETURN;
static ALWAYS_INLINE void a64_check_align(struct a64_cpu *cpu, const struct a64_insn *i,
                                          uint64_t va, unsigned size, bool write)
{
    if (UNLIKELY(va & (size - 1)))
        a64_alignment_fault(cpu, i, va, write);
}

/* The page that instructions at `va` come from. */
struct a64_fetch {
    uint64_t pa;         /* page address */
    const uint8_t *host; /* its first byte */
};

/* Translates `pc` (at EL and regime now in force) for execution; raises the Instruction Abort or PC
 * alignment fault with ELR and FAR `pc`, also when there is no RAM at that address (external
 * abort). */
void a64_fetch_slow(struct a64_cpu *cpu, uint64_t pc, struct a64_fetch *ret);
static ALWAYS_INLINE void a64_fetch(struct a64_cpu *cpu, uint64_t pc, struct a64_fetch *ret)
{
    struct a64_tlb *tlb = cpu->tlb;
    size_t slot = pc >> A64_PAGE_BITS & (A64_TLB_ENTRIES - 1);
    if (LIKELY((pc & (A64_PAGE_MASK | 3)) == tlb->entry[slot].exec)) {
        ret->pa = tlb->meta[slot].pa & A64_PAGE_MASK;
        ret->host = (const uint8_t *)(uintptr_t)((pc & A64_PAGE_MASK) + tlb->entry[slot].addend);
    } else {
        a64_fetch_slow(cpu, pc, ret);
    }
}

/* Physical address behind a read of `va` (for the exclusive monitor, cache maintenance); the page
 * is translated as a load would, so this raises what the load would. */
uint64_t a64_read_pa(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va);

#endif
