/* SPDX-License-Identifier: Apache-2.0
 *
 * The general paths of mem.h: TLB misses, device memory, unaligned and page-crossing accesses,
 * watchpoints, atomics and instruction fetch. Order of checks as in Arm ARM D8.13 (priority of MMU
 * faults): alignment that does not depend on the memory type, translation, alignment that does,
 * permission, then watchpoints, then the access itself. */
#include "cpu/arm64/mem.h"

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/debug.h"
#include "cpu/arm64/el2.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/vm.h"

static NORETURN void data_abort(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                                unsigned fsc, bool write)
{
    a64_raise_far(cpu, i, A64_EC_DATA_ABORT, fsc | (write ? A64_ISS_WNR : 0u), va);
}

/* Stage 1 says no; a walk that stage 2 cut short is EL2's. */
static NORETURN void translation_abort(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                                       unsigned fsc, unsigned access, bool write)
{
    if (a64_has_el2(cpu) && a64_is_walk_abort(fsc))
        a64_el2_walk_abort(cpu, a64_pc(cpu, i), A64_EC_DATA_ABORT, va, access);
    data_abort(cpu, i, va, fsc, write);
}

/* No memory, and nobody answers. */
static NORETURN void nobody(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t pa,
                            unsigned fsc, bool write)
{
    if (a64_has_el2(cpu))
        a64_el2_data_abort(cpu, i, va, pa, write ? A64_ISS_WNR : 0u);
    data_abort(cpu, i, va, fsc, write);
}

/* Whether stage 2 keeps from the guest what stage 1 grants. */
static bool stage2_refuses(const struct a64_tlb_meta *meta, unsigned need)
{
    return UNLIKELY(!(meta->pa & need));
}

static uint64_t pa_of(const struct a64_tlb_meta *meta, uint64_t va)
{
    return (meta->pa & A64_PAGE_MASK) | (va & ~A64_PAGE_MASK);
}

void a64_alignment_fault(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, bool write)
{
    data_abort(cpu, i, va, A64_FSC_ALIGNMENT, write);
}

static struct a64_tlb *tlb_for(struct a64_cpu *cpu, unsigned access)
{
    return access & A64_ACCESS_USER ? cpu->tlb_user : cpu->tlb;
}

/* Part of an access: bytes [va, va + len) of one page, translated. */
struct piece {
    uint64_t va, pa;
    uint8_t *host; /* NULL: a device */
    unsigned len;
};

static struct piece make_piece(const struct a64_tlb *tlb, const struct a64_tlb_meta *meta,
                               uint64_t va, unsigned len)
{
    uint64_t addend = tlb->entry[meta - tlb->meta].addend;
    return (struct piece){
        .va = va,
        .pa = pa_of(meta, va),
        .host = meta->pa & A64_TLB_RAM ? (uint8_t *)(uintptr_t)(va + addend) : NULL,
        .len = len,
    };
}

/* Translates and checks [va, va + len), which lies in one page, for a read or a write. Raises. */
static struct piece check_piece(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                                unsigned len, unsigned access, bool write, bool aligned)
{
    uint8_t fsc;
    struct a64_tlb *tlb = tlb_for(cpu, access);
    unsigned need = write ? A64_ACCESS_WRITE : A64_ACCESS_READ;
    const struct a64_tlb_meta *meta = a64_tlb_fill(cpu, tlb, va, need, &fsc);
    if (!meta)
        translation_abort(cpu, i, va, fsc, access, write);
    if (!aligned && (meta->pa & A64_TLB_DEVICE))
        data_abort(cpu, i, va, A64_FSC_ALIGNMENT, write);
    if (stage2_refuses(meta, need))
        nobody(cpu, i, va, pa_of(meta, va), A64_FSC_EXTERNAL, write);
    if (UNLIKELY(cpu->watching))
        a64_debug_check_watch(cpu, i, va, len, write, (access & A64_ACCESS_USER) || cpu->el == 0);
    return make_piece(tlb, meta, va, len);
}

static uint64_t mmio_load(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t pa,
                          unsigned size)
{
    const struct a64_host *host = cpu->vm->params.host;
    uint64_t value;
    if (!host->mmio_read(host->ctx, pa, size, &value))
        nobody(cpu, i, va, pa, A64_FSC_EXTERNAL, false);
    return value;
}

static void mmio_store(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, uint64_t pa,
                       unsigned size, uint64_t value)
{
    const struct a64_host *host = cpu->vm->params.host;
    if (!host->mmio_write(host->ctx, pa, size, value))
        nobody(cpu, i, va, pa, A64_FSC_EXTERNAL, true);
}

static uint64_t load_aligned(const uint8_t *p, unsigned size)
{
    const void *at = p;
    switch (size) {
    case 1:
        return __atomic_load_n((const uint8_t *)at, __ATOMIC_RELAXED);
    case 2:
        return __atomic_load_n((const uint16_t *)at, __ATOMIC_RELAXED);
    case 4:
        return __atomic_load_n((const uint32_t *)at, __ATOMIC_RELAXED);
    default:
        return __atomic_load_n((const uint64_t *)at, __ATOMIC_RELAXED);
    }
}

static void store_aligned(uint8_t *p, unsigned size, uint64_t value)
{
    void *at = p;
    switch (size) {
    case 1:
        __atomic_store_n((uint8_t *)at, (uint8_t)value, __ATOMIC_RELAXED);
        break;
    case 2:
        __atomic_store_n((uint16_t *)at, (uint16_t)value, __ATOMIC_RELAXED);
        break;
    case 4:
        __atomic_store_n((uint32_t *)at, (uint32_t)value, __ATOMIC_RELAXED);
        break;
    default:
        __atomic_store_n((uint64_t *)at, value, __ATOMIC_RELAXED);
        break;
    }
}

static bool is_whole(const struct piece *p)
{
    return !(p->len & (p->len - 1)) && !(p->va & (p->len - 1));
}

/* Loads a checked piece of 1 to 8 bytes; odd sizes and unaligned ones byte by byte. */
static uint64_t load_piece(struct a64_cpu *cpu, const struct a64_insn *i, const struct piece *p)
{
    uint64_t value = 0;
    if (is_whole(p))
        return p->host ? load_aligned(p->host, p->len) : mmio_load(cpu, i, p->va, p->pa, p->len);
    if (p->host)
        memcpy(&value, p->host, p->len);
    else
        for (unsigned b = 0; b < p->len; b++)
            value |= mmio_load(cpu, i, p->va + b, p->pa + b, 1) << 8 * b;
    return value;
}

static void store_piece(struct a64_cpu *cpu, const struct a64_insn *i, const struct piece *p,
                        uint64_t value)
{
    if (is_whole(p) && p->host)
        store_aligned(p->host, p->len, value);
    else if (is_whole(p))
        mmio_store(cpu, i, p->va, p->pa, p->len, value);
    else if (p->host)
        memcpy(p->host, &value, p->len);
    else
        for (unsigned b = 0; b < p->len; b++)
            mmio_store(cpu, i, p->va + b, p->pa + b, 1, value >> 8 * b & 0xff);
}

/* Bytes of [va, va + size) in the first page. */
static unsigned first_piece(uint64_t va, unsigned size)
{
    uint64_t room = A64_PAGE_SIZE - (va & ~A64_PAGE_MASK);
    return room < size ? (unsigned)room : size;
}

static void check_strict(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, bool aligned,
                         bool write)
{
    if (!aligned && cpu->align_strict)
        data_abort(cpu, i, va, A64_FSC_ALIGNMENT, write);
}

/* An unaligned access inside one page of plain memory: the common case of the slow ones. */
static bool is_plain(const struct a64_cpu *cpu, uint64_t tag, uint64_t va, unsigned size)
{
    return ((va + size - 1) & A64_PAGE_MASK) == tag && !cpu->align_strict;
}

/* Bytes [va, va + size) over the end of a page, where the TLB has both pages as plain memory: how many are in the first (0: it is
 * not so), and where both parts are. */
static unsigned plain_parts(struct a64_cpu *cpu, unsigned access, uint64_t va, unsigned size, bool write, uint8_t *ret[2])
{
    struct a64_tlb *tlb = tlb_for(cpu, access);
    uint64_t page[2] = {va & A64_PAGE_MASK, (va + size - 1) & A64_PAGE_MASK};

    if (page[0] == page[1] || cpu->align_strict)
        return 0;
    for (unsigned n = 0; n < 2; n++) {
        const struct a64_tlb_entry *e = a64_tlb_entry(tlb, page[n]);
        if ((write ? e->write : e->read) != page[n])
            return 0;
        ret[n] = (uint8_t *)(uintptr_t)((n ? page[1] : va) + e->addend);
    }
    return (unsigned)(page[1] - va);
}

/* 16 bytes, `first` of which end a page. Around them are more of the same pages: whole loads. */
static unsigned __int128 load_parts(uint8_t *const part[2], unsigned first)
{
    uint8_t both[32];
    unsigned __int128 value;
    memcpy(both, part[0] + first - 16, 16);
    memcpy(both + 16, part[1], 16);
    memcpy(&value, both + 16 - first, sizeof(value));
    return value;
}

static void store_parts(uint8_t *const part[2], unsigned first, unsigned size, unsigned __int128 value)
{
    for (unsigned b = 0; b < size; b++)
        *(volatile uint8_t *)(b < first ? part[0] + b : part[1] + b - first) = (uint8_t)(value >> 8 * b);
}

uint64_t a64_ld_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                     unsigned access)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(tlb_for(cpu, access), va);
    if (is_plain(cpu, e->read, va, size)) {
        uint64_t value = 0;
        memcpy(&value, (const void *)(uintptr_t)(va + e->addend), size);
        return value;
    }
    uint8_t *part[2];
    unsigned first = plain_parts(cpu, access, va, size, false, part);
    if (first)
        return (uint64_t)load_parts(part, first) & UINT64_MAX >> (64 - 8 * size);
    bool aligned = !(va & (size - 1));
    check_strict(cpu, i, va, aligned, false);
    first = first_piece(va, size);
    struct piece p = check_piece(cpu, i, va, first, access, false, aligned);
    uint64_t value = load_piece(cpu, i, &p);
    if (first < size) {
        p = check_piece(cpu, i, va + first, size - first, access, false, aligned);
        value |= load_piece(cpu, i, &p) << 8 * first;
    }
    return value;
}

void a64_st_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                 unsigned access, uint64_t value)
{
    const struct a64_tlb_entry *e = a64_tlb_entry(tlb_for(cpu, access), va);
    if (is_plain(cpu, e->write, va, size)) {
        memcpy((void *)(uintptr_t)(va + e->addend), &value, size);
        return;
    }
    uint8_t *part[2];
    unsigned first = plain_parts(cpu, access, va, size, true, part);
    if (first) {
        store_parts(part, first, size, value);
        return;
    }
    bool aligned = !(va & (size - 1));
    check_strict(cpu, i, va, aligned, true);
    first = first_piece(va, size);
    struct piece low = check_piece(cpu, i, va, first, access, true, aligned);
    if (first == size) {
        store_piece(cpu, i, &low, value);
        return;
    }
    struct piece high = check_piece(cpu, i, va + first, size - first, access, true, aligned);
    store_piece(cpu, i, &low, value);
    store_piece(cpu, i, &high, value >> 8 * first);
}

/* All 16 bytes at `va`, before any is moved. Raises. */
static void check_16(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, bool write)
{
    bool aligned = !(va & 15);
    unsigned first = first_piece(va, 16);
    check_strict(cpu, i, va, aligned, write);
    (void)check_piece(cpu, i, va, first, 0, write, aligned);
    if (first < 16)
        (void)check_piece(cpu, i, va + first, 16 - first, 0, write, aligned);
}

unsigned __int128 a64_ld128_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va)
{
    const void *host = va & 7 ? a64_host_ptr(cpu, i, va, 16, false) : NULL;
    unsigned __int128 value;
    if (host) {
        memcpy(&value, host, sizeof(value));
        return value;
    }
    uint8_t *part[2];
    unsigned first = va & 7 ? plain_parts(cpu, 0, va, 16, false, part) : 0;
    if (first)
        return load_parts(part, first);
    check_16(cpu, i, va, false);
    value = a64_ld64(cpu, i, va);
    return value | (unsigned __int128)a64_ld64(cpu, i, va + 8) << 64;
}

void a64_st128_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                    unsigned __int128 value)
{
    void *host = va & 7 ? a64_host_ptr(cpu, i, va, 16, true) : NULL;
    if (host) {
        memcpy(host, &value, sizeof(value));
        return;
    }
    uint8_t *part[2];
    unsigned first = va & 7 ? plain_parts(cpu, 0, va, 16, true, part) : 0;
    if (first) {
        store_parts(part, first, 16, value);
        return;
    }
    check_16(cpu, i, va, true);
    a64_st64(cpu, i, va, (uint64_t)value);
    a64_st64(cpu, i, va + 8, (uint64_t)(value >> 64));
}

void *a64_host_ptr_slow(struct a64_cpu *cpu, uint64_t va, unsigned size, bool write)
{
    uint8_t fsc;
    bool aligned = !(va & (size - 1));
    if (first_piece(va, size) < size || (!aligned && cpu->align_strict) || cpu->watching)
        return NULL;
    unsigned need = write ? A64_ACCESS_WRITE : A64_ACCESS_READ;
    const struct a64_tlb_meta *meta = a64_tlb_fill(cpu, cpu->tlb, va, need, &fsc);
    if (!meta || (!aligned && (meta->pa & A64_TLB_DEVICE)) || stage2_refuses(meta, need))
        return NULL;
    return make_piece(cpu->tlb, meta, va, size).host;
}

void *a64_atomic_ptr_slow(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size,
                          unsigned access)
{
    /* A fault that the read alone would meet is reported as a read (ESR_EL1.WnR). */
    bool reads = access & A64_ACCESS_READ;
    if (va & (size - 1))
        data_abort(cpu, i, va, A64_FSC_ALIGNMENT, !reads);
    if (reads)
        (void)check_piece(cpu, i, va, size, 0, false, true);
    struct piece p = check_piece(cpu, i, va, size, 0, true, true);
    if (!p.host)
        nobody(cpu, i, va, p.pa, A64_FSC_UNSUPPORTED_ATOMIC, !reads);
    return p.host;
}

void a64_zero_block(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va, unsigned size)
{
    uint8_t fsc;
    uint64_t block = va & ~(uint64_t)(size - 1);
    const struct a64_tlb_meta *meta = a64_tlb_fill(cpu, cpu->tlb, va, A64_ACCESS_WRITE, &fsc);
    if (!meta)
        translation_abort(cpu, i, va, fsc, 0, true);
    if (meta->pa & A64_TLB_DEVICE)
        data_abort(cpu, i, va, A64_FSC_ALIGNMENT, true);
    if (stage2_refuses(meta, A64_ACCESS_WRITE))
        nobody(cpu, i, va, pa_of(meta, va), A64_FSC_EXTERNAL, true);
    if (UNLIKELY(cpu->watching))
        a64_debug_check_watch(cpu, i, block, size, true, cpu->el == 0);
    for (unsigned b = 0; b < size; b += 8) {
        struct piece p = make_piece(cpu->tlb, meta, block + b, 8);
        if (LIKELY(p.host != NULL))
            store_aligned(p.host, 8, 0);
        else
            mmio_store(cpu, i, p.va, p.pa, 8, 0);
    }
}

static NORETURN void fetch_abort(struct a64_cpu *cpu, enum a64_ec ec, unsigned fsc, uint64_t pc)
{
    if (a64_has_el2(cpu) && a64_is_walk_abort(fsc))
        a64_el2_walk_abort(cpu, pc, ec, pc, 0);
    cpu->pc = pc;
    if (a64_vector_is(cpu, pc)) {
        cpu->exit->kind = A64_EXIT_LOCKUP;
        a64_leave(cpu, pc);
    }
    a64_take_sync_far(cpu, ec, fsc, pc);
    _longjmp(cpu->unwind, A64_UNWIND_RAISED);
}

void a64_fetch_slow(struct a64_cpu *cpu, uint64_t pc, struct a64_fetch *ret)
{
    uint8_t fsc;
    if (pc & 3)
        fetch_abort(cpu, A64_EC_PC_ALIGNMENT, 0, pc);
    const struct a64_tlb_meta *meta = a64_tlb_fill(cpu, cpu->tlb, pc, A64_ACCESS_EXEC, &fsc);
    if (!meta)
        fetch_abort(cpu, A64_EC_INSN_ABORT, fsc, pc);
    if (a64_has_el2(cpu) && (!(meta->pa & A64_TLB_RAM) || stage2_refuses(meta, A64_ACCESS_EXEC)))
        a64_el2_fetch_abort(cpu, pc, pa_of(meta, pc));
    if (!(meta->pa & A64_TLB_RAM))
        fetch_abort(cpu, A64_EC_INSN_ABORT, A64_FSC_EXTERNAL, pc);
    struct piece page = make_piece(cpu->tlb, meta, pc & A64_PAGE_MASK, A64_PAGE_SIZE);
    ret->pa = page.pa;
    ret->host = page.host;
}

uint64_t a64_read_pa(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va)
{
    return check_piece(cpu, i, va, 1, 0, false, true).pa;
}
