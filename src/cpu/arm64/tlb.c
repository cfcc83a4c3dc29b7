/* SPDX-License-Identifier: Apache-2.0
 *
 * The software TLBs of a CPU: filling, choosing, invalidating (mmu.h says how they are used). More
 * may be invalidated than the guest asked for, never less.
 *
 * EL1's table serves whichever ASID is current. Its few entries that depend on the ASID (nG) or on
 * PAN (pages that EL0 can read) are remembered as transients, and dropped when either changes. */
#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cpu/arm64/debug.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/vm.h"

/* An address without its top byte and page offset: what a TLBI compares. */
static uint64_t page_number(uint64_t va)
{
    return va << 8 >> (8 + A64_PAGE_BITS);
}

static size_t slot_of(uint64_t va)
{
    return va >> A64_PAGE_BITS & (A64_TLB_ENTRIES - 1);
}

static bool is_low(uint64_t va)
{
    return !(va >> 55 & 1);
}

/* Bit of exec_seen for a page; the two halves do not mix. A TLBI that meets another page's bit costs a new context, no more. */
static size_t exec_bit(uint64_t va)
{
    uint64_t page = page_number(va);
    size_t half = A64_TLB_EXEC_BITS / 2;

    return (page ^ page >> 11) % half + (is_low(va) ? 0 : half);
}

static bool exec_was_seen(const struct a64_tlb *tlb, uint64_t va)
{
    return tlb->exec_seen[exec_bit(va) / 64] >> exec_bit(va) % 64 & 1;
}

static void see_exec(struct a64_tlb *tlb, uint64_t va)
{
    tlb->exec_seen[exec_bit(va) / 64] |= UINT64_C(1) << exec_bit(va) % 64;
}

static void renew_context(struct a64_mmu *mmu, struct a64_tlb *tlb)
{
    tlb->context = mmu->next_context += A64_CONTEXT_STEP;
    memset(tlb->exec_seen, 0, sizeof(tlb->exec_seen));
}

static void drop_slot(struct a64_tlb *tlb, size_t slot)
{
    tlb->meta[slot].va = UINT64_MAX;
    tlb->entry[slot].read = tlb->entry[slot].write = tlb->entry[slot].exec = A64_TLB_NONE;
}

static void clear(struct a64_mmu *mmu, struct a64_tlb *tlb)
{
    if (tlb->empty)
        return;
    mmu->clears++;
    for (size_t word = 0; word < ARRAY_LEN(tlb->filled); word++)
        for (; tlb->filled[word]; tlb->filled[word] &= tlb->filled[word] - 1)
            drop_slot(tlb, word * 64 + (size_t)__builtin_ctzll(tlb->filled[word]));
    tlb->nr_blocks = 0;
    tlb->globals = false;
    tlb->empty = true;
    if (tlb == &mmu->el1) {
        mmu->nr_transients = 0;
        mmu->transient_exec = false;
    }
    renew_context(mmu, tlb);
}

static void drop_va(struct a64_mmu *mmu, struct a64_tlb *tlb, uint64_t va)
{
    if (tlb->empty)
        return;
    bool in_block = tlb->nr_blocks > A64_TLB_BLOCKS;
    for (unsigned b = 0; b < tlb->nr_blocks && !in_block; b++)
        in_block = ((va ^ tlb->block[b].va) & tlb->block[b].mask) == 0;
    if (in_block) {
        clear(mmu, tlb);
        return;
    }
    size_t slot = slot_of(va);
    if (page_number(tlb->meta[slot].va) == page_number(va))
        drop_slot(tlb, slot);
    /* A page fetched from under this context may have left its slot since. */
    if (exec_was_seen(tlb, va))
        renew_context(mmu, tlb);
}

static void drop_transients(struct a64_mmu *mmu)
{
    if (mmu->nr_transients > A64_TLB_TRANSIENTS) {
        clear(mmu, &mmu->el1);
        return;
    }
    for (unsigned t = 0; t < mmu->nr_transients; t++)
        drop_slot(&mmu->el1, mmu->transient[t]);
    mmu->nr_transients = 0;
    if (mmu->transient_exec)
        renew_context(mmu, &mmu->el1);
    mmu->transient_exec = false;
}

static void remember_transient(struct a64_mmu *mmu, size_t slot)
{
    if (mmu->nr_transients < A64_TLB_TRANSIENTS)
        mmu->transient[mmu->nr_transients++] = (uint16_t)slot;
    else
        mmu->nr_transients = A64_TLB_TRANSIENTS + 1;
}

static void remember_block(struct a64_tlb *tlb, uint64_t va, uint64_t size)
{
    uint64_t mask = ~(size - 1) << 8 >> 8;
    for (unsigned b = 0; b < tlb->nr_blocks && b < A64_TLB_BLOCKS; b++)
        if (((va ^ tlb->block[b].va) & tlb->block[b].mask) == 0)
            return;
    if (tlb->nr_blocks < A64_TLB_BLOCKS)
        tlb->block[tlb->nr_blocks++] = (struct a64_tlb_block){va, mask};
    else
        tlb->nr_blocks = A64_TLB_BLOCKS + 1;
}

static struct a64_tlb_meta *insert(struct a64_cpu *cpu, struct a64_tlb *tlb, uint64_t va,
                                   const struct a64_translation *t)
{
    uint64_t page = va & A64_PAGE_MASK;
    uint64_t pa = t->pa & A64_PAGE_MASK;
    const struct a64_ram *ram = a64_ram_find(cpu->vm, pa, A64_PAGE_SIZE);
    const uint8_t *host = ram ? ram->host + (pa - ram->pa) : NULL;
    unsigned allowed = ram ? t->allowed & ram->allowed : t->allowed;
    bool device = (t->attr & 0xf0) == 0;
    bool transient = tlb == &cpu->mmu->el1 && (!t->global || t->user);
    size_t slot = slot_of(va);

    /* Device memory in RAM is plain as long as every unaligned access is caught anyway. */
    bool plain = host && (!device || cpu->align_strict) && !a64_debug_watches_page(cpu, page);
    tlb->entry[slot] = (struct a64_tlb_entry){
        .read = plain && (allowed & A64_ACCESS_READ) ? page : A64_TLB_NONE,
        .write = plain && (allowed & A64_ACCESS_WRITE) ? page : A64_TLB_NONE,
        .exec = A64_TLB_NONE,
        .addend = host ? (uint64_t)(uintptr_t)host - page : 0,
    };
    tlb->meta[slot] = (struct a64_tlb_meta){
        .va = page,
        .pa = pa | allowed | (device ? A64_TLB_DEVICE : 0u) | (host ? A64_TLB_RAM : 0u) |
              (transient ? A64_TLB_TRANSIENT : 0u),
    };
    tlb->filled[slot / 64] |= UINT64_C(1) << slot % 64;
    tlb->empty = false;
    tlb->globals |= t->global;
    if (t->block > A64_PAGE_SIZE)
        remember_block(tlb, va, t->block);
    if (transient)
        remember_transient(cpu->mmu, slot);
    return &tlb->meta[slot];
}

struct a64_tlb_meta *a64_tlb_fill(struct a64_cpu *cpu, struct a64_tlb *tlb, uint64_t va,
                                  unsigned access, uint8_t *ret_fsc)
{
    struct a64_mmu *mmu = cpu->mmu;
    size_t slot = slot_of(va);
    struct a64_tlb_meta *meta = &tlb->meta[slot];
    if (meta->va != (va & A64_PAGE_MASK) || (meta->pa & access) != access) {
        struct a64_translation t;

        mmu->walks++;
        unsigned how = access | (tlb == &mmu->el1 ? 0 : A64_ACCESS_USER);
        bool ok = a64_translate(cpu, va, how, &t);
        if (ok && t.global && is_low(va) && a64_mmu_on(cpu) &&
            !atomic_load_explicit(&mmu->low_globals, memory_order_relaxed)) {
            /* Say so first, then look again: see a64_tlb_may_hold. */
            atomic_store(&mmu->low_globals, true);
            atomic_thread_fence(memory_order_seq_cst);
            ok = a64_translate(cpu, va, how, &t);
        }
        if (!ok) {
            *ret_fsc = t.fsc;
            return NULL;
        }
        /* Attributes for a fetch with the MMU off are not those of data. */
        if (!a64_mmu_on(cpu))
            t.attr = 0;
        meta = insert(cpu, tlb, va, &t);
    }
    if ((access & A64_ACCESS_EXEC) && (meta->pa & A64_TLB_RAM) && (meta->pa & A64_TLB_EXEC)) {
        tlb->entry[slot].exec = meta->va;
        see_exec(tlb, va);
        mmu->transient_exec |= (meta->pa & A64_TLB_TRANSIENT) != 0;
    }
    return meta;
}

/* The table of the current ASID; the one unused for longest becomes it if there is none. */
static struct a64_tlb *user_table(struct a64_cpu *cpu, uint32_t asid)
{
    struct a64_mmu *mmu = cpu->mmu;
    struct a64_tlb *oldest = &mmu->user[0];
    for (size_t u = 0; u < A64_TLB_USERS; u++) {
        struct a64_tlb *tlb = &mmu->user[u];
        if (atomic_load_explicit(&tlb->asid, memory_order_relaxed) == asid)
            return tlb;
        if (tlb->used < oldest->used)
            oldest = tlb;
    }
    clear(mmu, oldest);
    atomic_store(&oldest->asid, asid);
    atomic_thread_fence(memory_order_seq_cst); /* before any walk: a64_tlb_may_hold */
    return oldest;
}

void a64_mmu_select(struct a64_cpu *cpu)
{
    struct a64_mmu *mmu = cpu->mmu;
    uint32_t asid = a64_mmu_asid(cpu);
    if (!cpu->tlb_user ||
        atomic_load_explicit(&cpu->tlb_user->asid, memory_order_relaxed) != asid) {
        drop_transients(mmu);
        cpu->tlb_user = user_table(cpu, asid);
        cpu->tlb_user->used = ++mmu->clock;
    }
    if (cpu->el && cpu->pan && mmu->nr_transients)
        drop_transients(mmu);
    cpu->tlb = cpu->el ? &mmu->el1 : cpu->tlb_user;
    cpu->align_strict = !a64_mmu_on(cpu) || (cpu->sys.sctlr & 2);
}

void a64_mmu_renew_contexts(struct a64_cpu *cpu)
{
    struct a64_mmu *mmu = cpu->mmu;
    renew_context(mmu, &mmu->el1);
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        renew_context(mmu, &mmu->user[u]);
}

void a64_tlb_flush(struct a64_cpu *cpu)
{
    struct a64_mmu *mmu = cpu->mmu;
    clear(mmu, &mmu->el1);
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        clear(mmu, &mmu->user[u]);
    atomic_store(&mmu->low_globals, false);
}

void a64_tlb_flush_asid(struct a64_cpu *cpu, uint32_t asid)
{
    struct a64_mmu *mmu = cpu->mmu;
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        if (mmu->user[u].asid == asid)
            clear(mmu, &mmu->user[u]);
    if (cpu->tlb_user->asid == asid)
        drop_transients(mmu);
}

void a64_tlb_flush_va(struct a64_cpu *cpu, uint64_t va, uint32_t asid)
{
    struct a64_mmu *mmu = cpu->mmu;
    drop_va(mmu, &mmu->el1, va);
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        if (mmu->user[u].asid == asid || mmu->user[u].globals)
            drop_va(mmu, &mmu->user[u], va);
}

void a64_tlb_flush_va_all(struct a64_cpu *cpu, uint64_t va)
{
    struct a64_mmu *mmu = cpu->mmu;
    drop_va(mmu, &mmu->el1, va);
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        drop_va(mmu, &mmu->user[u], va);
}

bool a64_tlb_may_hold(const struct a64_cpu *other, uint64_t va, uint32_t asid)
{
    const struct a64_mmu *mmu = other->mmu;
    if (!is_low(va) || atomic_load(&mmu->low_globals))
        return true;
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        if (atomic_load(&mmu->user[u].asid) == asid)
            return true;
    return false;
}

static void init(struct a64_mmu *mmu, struct a64_tlb *tlb)
{
    atomic_init(&tlb->asid, A64_ASID_NONE);
    memset(tlb->filled, 0xff, sizeof(tlb->filled));
    clear(mmu, tlb);
}

int a64_mmu_create(struct a64_cpu *cpu)
{
    struct a64_mmu *mmu = calloc(1, sizeof(*mmu));
    if (!mmu)
        return -ENOMEM;
    cpu->mmu = mmu;
    for (size_t u = 0; u < A64_TLB_USERS; u++)
        init(mmu, &mmu->user[u]);
    init(mmu, &mmu->el1);
    return 0;
}

void a64_mmu_destroy(struct a64_cpu *cpu)
{
    if (cpu->mmu)
        log_debug("CPU %u: %" PRIu64 " table walks, %" PRIu64 " TLBs emptied", cpu->index, cpu->mmu->walks, cpu->mmu->clears);
    free(cpu->mmu);
    cpu->mmu = NULL;
}

int a64_vm_map_ram(struct a64_vm *vm)
{
    size_t n = vm->params.memory ? mem_nr_regions(vm->params.memory) : 0;
    vm->ram = calloc(n ? n : 1, sizeof(vm->ram[0]));
    if (!vm->ram)
        return -ENOMEM;
    for (size_t r = 0; r < n; r++) {
        const struct mem_region *region = mem_region(vm->params.memory, r);
        vm->ram[r] = (struct a64_ram){region->gpa, region->len, region->host,
                                      A64_ACCESS_READ | A64_ACCESS_WRITE | A64_ACCESS_EXEC};
    }
    vm->nr_ram = (unsigned)n;
    return 0;
}
