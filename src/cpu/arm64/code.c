/* SPDX-License-Identifier: Apache-2.0
 *
 * The store of decoded pages: code.h. Reclaiming is by epochs: a page retired in epoch E is free
 * when every CPU has been at its run loop, or outside it, since E began. Nobody waits for that;
 * until it happens the page is just not used again, and a CPU that finds no room executes one
 * instruction at a time. */
#include "cpu/arm64/code.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "cpu/arm64/mem.h"
#include "cpu/arm64/op.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"

enum {
    BUCKETS = 4096,
    DECODE_AHEAD = 64, /* instructions decoded at once at most */
    EVICT_SHARE = 8,   /* 1/n of the pages go when room runs out */
    CACHE_LINE = 64,
    SLOTS_TOUCHED = 128, /* about a page of the host */
};

#define NO_CODE UINT64_MAX /* epoch of a CPU that holds no pointer to code */

struct a64_code_page {
    _Alignas(CACHE_LINE) struct a64_insn slot[A64_PAGE_INSNS + 1];
    uint64_t pa;
    const uint8_t *host;
    struct a64_code *code;
    struct a64_code_page *_Atomic next; /* in its bucket */
    struct a64_code_page *older,
        *newer;       /* in code->live, by creation; `older` links the free and retired lists too */
    uint64_t retired; /* epoch */
    _Atomic uint32_t touched; /* bit n: the n-th SLOTS_TOUCHED have been written, under the lock */
    struct translate_page *translated; /* NULL: nothing of it is. Written under the lock */
};

struct a64_code {
    struct a64_vm *vm;
    struct a64_code_page *_Atomic bucket[BUCKETS];
    _Atomic uint64_t epoch;
    pthread_mutex_t lock; /* guards what follows, and changes of the buckets and of slots */
    struct a64_code_page *oldest, *newest;
    struct a64_code_page *retired, *last_retired; /* ascending by epoch */
    struct a64_code_page *free;
    size_t nr_pages, max_pages, nr_live;
    struct a64_code_page *arena; /* max_pages of them, zero, and not there until used: a mapping */
    uint64_t translator_full; /* epoch in which the code memory ran out; 0: it did not */
};

static a64_op op_decode, op_page_end;

static size_t arena_bytes(const struct a64_code *code)
{
    return code->max_pages * sizeof(struct a64_code_page);
}

int a64_code_create(struct a64_vm *vm, uint64_t bytes)
{
    struct a64_code *code = calloc(1, sizeof(*code));

    if (!code)
        return -ENOMEM;
    if (!bytes)
        bytes = (uint64_t)A64_CODE_DEFAULT_MIB << 20;
    code->vm = vm;
    code->max_pages = (size_t)(bytes / sizeof(struct a64_code_page));
    if (code->max_pages < EVICT_SHARE)
        code->max_pages = EVICT_SHARE;
    code->arena = mmap(NULL, arena_bytes(code), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (code->arena == MAP_FAILED) {
        free(code);
        return -ENOMEM;
    }
    pthread_mutex_init(&code->lock, NULL);
    vm->code = code;
    return 0;
}

void a64_code_destroy(struct a64_vm *vm)
{
    struct a64_code *code = vm->code;

    if (!code)
        return;
    for (size_t n = 0; n < code->nr_pages; n++)
        free(code->arena[n].translated);
    (void)munmap(code->arena, arena_bytes(code));
    pthread_mutex_destroy(&code->lock);
    free(code);
    vm->code = NULL;
}

int a64_code_cpu_create(struct a64_cpu *cpu)
{
    cpu->cache = calloc(1, sizeof(*cpu->cache));
    if (!cpu->cache)
        return -ENOMEM;
    atomic_store(&cpu->cache->seen, NO_CODE);
    /* Zeroed entries must not match: no address has this bit under the mask of a64_code_lookup. */
    for (size_t n = 0; n < A64_JUMP_ENTRIES; n++)
        cpu->cache->jump[n].va = 0xffc;
    return 0;
}

void a64_code_cpu_destroy(struct a64_cpu *cpu)
{
    free(cpu->cache);
    cpu->cache = NULL;
}

static struct a64_code_page *_Atomic *bucket_of(struct a64_code *code, uint64_t pa)
{
    return &code->bucket[(pa >> A64_PAGE_BITS) % BUCKETS];
}

static struct a64_code_page *lookup_page(struct a64_code *code, uint64_t pa)
{
    struct a64_code_page *p = atomic_load_explicit(bucket_of(code, pa), memory_order_acquire);

    while (p && p->pa != pa)
        p = atomic_load_explicit(&p->next, memory_order_acquire);
    return p;
}

/* Takes `p` out of its bucket and of the live list, for reuse once every CPU has passed the coming
 * epoch. A CPU that is walking the bucket still finds its way on: p->next stays. Lock held. */
static void retire(struct a64_code *code, struct a64_code_page *p)
{
    struct a64_code_page *_Atomic *link = bucket_of(code, p->pa);

    while (atomic_load(link) != p)
        link = &atomic_load(link)->next;
    atomic_store(link, atomic_load(&p->next));

    *(p->older ? &p->older->newer : &code->oldest) = p->newer;
    *(p->newer ? &p->newer->older : &code->newest) = p->older;
    code->nr_live--;

    p->older = NULL;
    p->retired = atomic_load(&code->epoch) + 1;
    *(code->last_retired ? &code->last_retired->older : &code->retired) = p;
    code->last_retired = p;
}

/* Begins a new epoch after pages were retired: CPUs have to pass their run loop. Lock held. */
static void begin_epoch(struct a64_code *code)
{
    atomic_fetch_add(&code->epoch, 1);
    for (unsigned n = 0; n < A64_MAX_CPUS; n++) {
        struct a64_cpu *cpu = atomic_load(&code->vm->cpu[n]);
        if (cpu)
            a64_attend(cpu, A64_ATTENTION_CODE);
    }
}

/* Moves retired pages that no CPU can hold any more to the free list. Lock held. */
static void reclaim(struct a64_code *code)
{
    uint64_t passed = NO_CODE;

    for (unsigned n = 0; n < A64_MAX_CPUS; n++) {
        struct a64_cpu *cpu = atomic_load(&code->vm->cpu[n]);
        if (cpu) {
            uint64_t seen = atomic_load(&cpu->cache->seen);
            passed = seen < passed ? seen : passed;
        }
    }
    while (code->retired && code->retired->retired <= passed) {
        struct a64_code_page *p = code->retired;
        code->retired = p->older;
        if (!code->retired)
            code->last_retired = NULL;
        free(p->translated);
        p->translated = NULL;
        p->older = code->free;
        code->free = p;
    }
    if (code->translator_full && code->translator_full <= passed) {
        code->translator_full = 0;
        translate_restart(code->vm->translate);
    }
}

static bool is_touched(const struct a64_code_page *p, unsigned n)
{
    return atomic_load_explicit(&p->touched, memory_order_acquire) >> n / SLOTS_TOUCHED & 1;
}

/* Writes only where something is. */
static void clear_slots(struct a64_code_page *p)
{
    for (unsigned n = 0; n < A64_PAGE_INSNS; n++)
        if (is_touched(p, n))
            p->slot[n] = (struct a64_insn){0};
}

/* A page to fill, its slots all zero, or NULL. Lock held. */
static struct a64_code_page *get_page(struct a64_code *code)
{
    struct a64_code_page *p;

    if (!code->free)
        reclaim(code);
    if (!code->free && code->nr_pages < code->max_pages) {
        return &code->arena[code->nr_pages++];
    }
    if (!code->free && code->nr_live >= code->max_pages / 2) {
        for (size_t n = code->nr_live / EVICT_SHARE + 1; n && code->oldest; n--)
            retire(code, code->oldest);
        begin_epoch(code);
    }
    p = code->free;
    if (p) {
        code->free = p->older;
        clear_slots(p);
    }
    return p;
}

static void init_page(struct a64_code_page *p, struct a64_code *code, const struct a64_fetch *from)
{
    p->code = code;
    p->pa = from->pa;
    p->host = from->host;
    p->slot[A64_PAGE_INSNS].fn = op_page_end;
    p->slot[A64_PAGE_INSNS].page_off = A64_PAGE_INSNS * 4;
}

/* Makes the page known. Lock held. */
static void publish_page(struct a64_code *code, struct a64_code_page *p)
{
    struct a64_code_page *_Atomic *head = bucket_of(code, p->pa);

    p->newer = NULL;
    p->older = code->newest;
    *(code->newest ? &code->newest->newer : &code->oldest) = p;
    code->newest = p;
    code->nr_live++;
    atomic_store(&p->next, atomic_load(head));
    atomic_store_explicit(head, p, memory_order_release);
}

static struct a64_code_page *add_page(struct a64_code *code, const struct a64_fetch *from)
{
    struct a64_code_page *p;

    pthread_mutex_lock(&code->lock);
    p = lookup_page(code, from->pa);
    if (!p) {
        p = get_page(code);
        if (p) {
            init_page(p, code, from);
            publish_page(code, p);
        }
    }
    pthread_mutex_unlock(&code->lock);
    return p;
}

/* Where nothing was written yet, a read would cost the host a page fault, and the write behind it another. Lock held. */
static void touch_slot(struct a64_code_page *p, unsigned n)
{
    if (is_touched(p, n))
        return;
    p->slot[n].page_off = (uint16_t)(n * 4);
    atomic_fetch_or_explicit(&p->touched, UINT32_C(1) << n / SLOTS_TOUCHED, memory_order_release);
}

/* Makes a slot one that execution may come to. From then on CPUs read its page_off, which nobody writes again. Lock held. */
static void prepare_slot(struct a64_code_page *p, unsigned n)
{
    struct a64_insn *slot = &p->slot[n];

    touch_slot(p, n);
    if (slot->fn)
        return;
    slot->page_off = (uint16_t)(n * 4);
    __atomic_store_n(&slot->fn, op_decode, __ATOMIC_RELEASE);
}

static const struct a64_insn *slot_at(struct a64_code_page *p, unsigned n)
{
    struct a64_insn *slot = &p->slot[n];

    if (UNLIKELY(!is_touched(p, n) || !__atomic_load_n(&slot->fn, __ATOMIC_ACQUIRE))) {
        pthread_mutex_lock(&p->code->lock);
        prepare_slot(p, n);
        pthread_mutex_unlock(&p->code->lock);
    }
    return slot;
}

const struct a64_insn *a64_code_find(struct a64_cpu *cpu, uint64_t pc)
{
    struct a64_code *code = cpu->vm->code;
    struct a64_code_page *p;
    struct a64_fetch from;
    struct a64_jump *j;

    pc = a64_branch_target(cpu, pc);
    cpu->pc = pc;
    a64_fetch(cpu, pc, &from);
    p = lookup_page(code, from.pa);
    if (!p)
        p = add_page(code, &from);
    if (!p)
        return NULL;
    j = &cpu->cache->jump[pc >> A64_PAGE_BITS & (A64_JUMP_ENTRIES - 1)];
    j->va = pc & A64_PAGE_MASK;
    j->context = a64_fetch_context(cpu);
    j->slots = p->slot;
    cpu->page_va = j->va;
    return slot_at(p, (unsigned)(pc & ~A64_PAGE_MASK) / 4);
}

void a64_code_invalidate_page(struct a64_vm *vm, uint64_t pa)
{
    struct a64_code *code = vm->code;
    struct a64_code_page *p;

    if (!lookup_page(code, pa & A64_PAGE_MASK))
        return;
    pthread_mutex_lock(&code->lock);
    p = lookup_page(code, pa & A64_PAGE_MASK);
    if (p) {
        retire(code, p);
        begin_epoch(code);
    }
    pthread_mutex_unlock(&code->lock);
}

void a64_code_invalidate_all(struct a64_vm *vm)
{
    struct a64_code *code = vm->code;

    pthread_mutex_lock(&code->lock);
    if (code->oldest) {
        while (code->oldest)
            retire(code, code->oldest);
        begin_epoch(code);
    }
    pthread_mutex_unlock(&code->lock);
}

void a64_code_quiesce(struct a64_cpu *cpu)
{
    struct a64_cache *cache = cpu->cache;
    uint64_t epoch;

    /* From here on nothing is reused that jump[] may still name; so what began before is seen by
     * the next load. */
    atomic_store(&cache->seen, cache->flushed);
    epoch = atomic_load(&cpu->vm->code->epoch);
    if (cache->flushed != epoch) {
        a64_mmu_renew_contexts(cpu); /* nothing in jump[] and cpu->entries is valid any more */
        cache->flushed = epoch;
    }
    /* What this CPU finds from now on was in a bucket after `epoch` began. */
    atomic_store(&cache->seen, epoch);
}

void a64_code_leave(struct a64_cpu *cpu)
{
    atomic_store(&cpu->cache->seen, NO_CODE);
}

static uint8_t register_slot(unsigned kind, unsigned number)
{
    static const uint8_t number31[] = {
        [A64_REG_READ] = A64_ZR,
        [A64_REG_WRITE] = A64_DISCARD,
        [A64_REG_SP] = A64_SP,
        [A64_REG_VECTOR] = 31,
    };

    if (kind == A64_REG_NONE)
        return 0;
    return number == 31 ? number31[kind] : (uint8_t)number;
}

void a64_predecode(struct a64_insn *i, uint32_t raw, unsigned page_off, unsigned flags)
{
    enum a64_opcode op = a64_decode(raw);
    const struct a64_row *row = &a64_rows[op];
    uint8_t *slot[] = {&i->rd, &i->rn, &i->rm, &i->ra};

    i->imm = 0;
    i->page_off = (uint16_t)page_off;
    i->aux = (uint16_t)flags;
    i->raw = raw;
    i->op = (uint16_t)op;
    i->heat = 0;
    for (unsigned n = 0; n < ARRAY_LEN(slot); n++)
        *slot[n] = register_slot(row->reg[n].kind, a64_bits(raw, row->reg[n].lo, 5));
    i->fn = a64_row_exec[op].fn;
    if (a64_row_exec[op].pre)
        a64_row_exec[op].pre(i, raw);
}

bool a64_branch_is_near(const struct a64_insn *i, int64_t disp)
{
    int64_t target = i->page_off + disp;

    return !(i->aux & A64_PREDECODE_ALONE) && target >= 0 && target < INT64_C(4) * A64_PAGE_INSNS;
}

bool a64_ends_straight_line(enum a64_opcode op)
{
    return op == A64_OP_B || op == A64_OP_BR || op == A64_OP_RET || op == A64_OP_ERET ||
           op == A64_OP_UNDEFINED;
}

/* Where a branch just decoded goes by a step among the slots. Lock held. */
static void prepare_target(struct a64_code_page *p, unsigned n, const struct a64_insn *insn)
{
    switch (insn->op) {
    case A64_OP_B:
    case A64_OP_BL:
    case A64_OP_B_COND:
    case A64_OP_CBZ:
    case A64_OP_CBNZ:
    case A64_OP_TBZ:
    case A64_OP_TBNZ:
        if (insn->aux & A64_PREDECODE_NEAR) {
            n += (unsigned)(insn->imm / (int64_t)sizeof(*insn));
            prepare_slot(p, n);
        }
        break;
    default:
        break;
    }
}

/* Decodes slot `n` and the straight line behind it. Each slot is complete before its fn says so.
 * Lock held. */
static void decode_from(struct a64_code_page *p, unsigned n)
{
    for (unsigned left = DECODE_AHEAD; left && n < A64_PAGE_INSNS; left--, n++) {
        struct a64_insn *slot = &p->slot[n], insn;
        const uint32_t *word = (const uint32_t *)(const void *)(p->host + (size_t)n * 4);

        prepare_slot(p, n);
        if (slot->fn != op_decode)
            return;
        a64_predecode(&insn, __atomic_load_n(word, __ATOMIC_RELAXED), n * 4, 0);
        slot->imm = insn.imm;
        slot->rd = insn.rd;
        slot->rn = insn.rn;
        slot->rm = insn.rm;
        slot->ra = insn.ra;
        slot->aux = insn.aux;
        slot->raw = insn.raw;
        slot->op = insn.op;
        prepare_target(p, n, &insn);
        /* Another CPU may come this way at once: where it goes next is ready first. */
        if (!a64_ends_straight_line(insn.op) && n + 1 < A64_PAGE_INSNS)
            prepare_slot(p, n + 1);
        __atomic_store_n(&slot->fn, insn.fn, __ATOMIC_RELEASE);
        if (a64_ends_straight_line(insn.op))
            return;
    }
}

/* A slot that was not executed before. */
static const struct a64_insn *op_decode(struct a64_cpu *cpu, const struct a64_insn *i)
{
    /* slot[] is the page's first member. */
    struct a64_code_page *p = (void *)(uintptr_t)(i - i->page_off / 4);

    pthread_mutex_lock(&p->code->lock);
    decode_from(p, i->page_off / 4);
    pthread_mutex_unlock(&p->code->lock);
    A64_GOTO(cpu, i);
}

/* Behind a page's last instruction. */
static const struct a64_insn *op_page_end(struct a64_cpu *cpu, const struct a64_insn *i)
{
    A64_JUMP(cpu, cpu->page_va + A64_PAGE_SIZE);
}

static struct a64_code_page *page_of(const struct a64_insn *slot)
{
    const struct a64_insn *first = slot - slot->page_off / 4;

    return container_of((void *)(uintptr_t)first, struct a64_code_page, slot[0]);
}

uint64_t a64_code_pa(const struct a64_insn *slot)
{
    return page_of(slot)->pa;
}

uint32_t a64_code_translation(const struct a64_insn *slot)
{
    const struct translate_page *t = page_of(slot)->translated;

    return t ? atomic_load_explicit(&t->code[slot->page_off / 4], memory_order_acquire) : 0;
}

/* The code memory is full: drop every page; reclaim() starts it over when no CPU is in old code any
 * more. Lock held. */
static void drop_translations(struct a64_code *code)
{
    while (code->oldest)
        retire(code, code->oldest);
    begin_epoch(code);
    code->translator_full = atomic_load(&code->epoch);
}

static void translate_slot(struct a64_code_page *p, unsigned n)
{
    uint32_t code;

    if (!p->translated)
        p->translated = calloc(1, sizeof(*p->translated));
    if (!p->translated || p->slot[n].fn == a64_op_translated)
        return;
    code = translate_block(p->code->vm->translate, p->pa, p->host, p->slot, n);
    if (!code) {
        drop_translations(p->code);
        return;
    }
    atomic_store_explicit(&p->translated->code[n], code, memory_order_release);
    __atomic_store_n(&p->slot[n].fn, a64_op_translated, __ATOMIC_RELEASE);
}

void a64_code_hot(struct a64_cpu *cpu, const struct a64_insn *slot)
{
    struct a64_code *code = cpu->vm->code;

    /* Translated code leaves alignment to the host: what runs with the MMU off is interpreted faster. */
    if (!cpu->vm->translate || cpu->align_strict)
        return;
    pthread_mutex_lock(&code->lock);
    if (code->translator_full)
        reclaim(code);
    if (!code->translator_full)
        translate_slot(page_of(slot), slot->page_off / 4);
    pthread_mutex_unlock(&code->lock);
}
