/* SPDX-License-Identifier: Apache-2.0
 *
 * From guest words to host code: predecode a trace, front end, optimiser, back end, one block at a time. A block goes on behind
 * conditional branches, or where they go to if that is where execution went so far, and where unconditional ones go to. It
 * ends with an indirect branch, where it would come to what it has, at the end of its page, or at a bound. */
#include "cpu/arm64/translate/translate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "a64_decode.h"
#include "base/log.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/translate/front.h"
#include "cpu/arm64/translate/listing.h"
#include "cpu/arm64/translate/traps.h"
#include "cpu/arm64/translate/x86/gen.h"
#include "host/code_memory.h"
#include "host/fp_trap.h"

enum {
    MAX_GUEST_INSNS = 64, /* in a block */
    MAX_FOLLOWED = 48,    /* after so many, branches are not followed */
    MAX_BLOCK_BYTES = 64 << 10, /* without its ways out, and of those */
    IN_PLACE_PART = 3,          /* of the code memory, one is for blocks without their ways out */
};

struct translate {
    struct code_memory memory;
    struct gen_thunks thunks;
    uint8_t *start, *start_out; /* behind the thunks, and where ways out begin; write view like the next three */
    uint8_t *next;           /* host code grows up from here, */
    uint8_t *next_out;       /* its ways out from here, */
    struct gen_call_site *sites; /* the instructions that it calls handlers for grow down to here */
    struct translate_traps traps;
    uint32_t rest;
    struct translate_stats stats;
    FILE *listing, *perf_map; /* or NULL */
    /* Work space of translate_block. */
    struct gen gen;
    struct ir_block ir;
    struct a64_insn insn[MAX_GUEST_INSNS];
};

/* What this thread runs. */
static _Thread_local struct translate *running;
static _Thread_local struct a64_cpu *running_cpu;

static struct gen_call_site *sites_end(const struct translate *t)
{
    return (struct gen_call_site *)(void *)(t->memory.write + t->memory.len);
}

void translate_restart(struct translate *t)
{
    t->stats.restarts += t->next > t->start;
    t->next = t->start;
    t->next_out = t->start_out;
    t->sites = sites_end(t);
    traps_clear(&t->traps);
}

/* fp_trap_fn */
static uintptr_t on_trap(uintptr_t pc)
{
    struct translate *t = running;
    const struct translate_trap *trap;

    if (!t || pc - (uintptr_t)t->memory.exec >= t->memory.len)
        return 0;
    trap = traps_find(&t->traps, (uint32_t)(pc - (uintptr_t)t->memory.exec));
    if (!trap)
        return 0;
    if (running_cpu)
        running_cpu->fp_rest[trap->rest] = t->rest;
    atomic_fetch_add_explicit(&t->stats.traps, 1, memory_order_relaxed);
    return (uintptr_t)t->memory.exec + trap->bail;
}

static struct translate_trap trap_at(const struct translate *t, const struct gen_trap *trap)
{
    return (struct translate_trap){
        .from = (uint32_t)(trap->from - t->memory.write),
        .to = (uint32_t)(trap->to - t->memory.write),
        .bail = (uint32_t)(trap->bail - t->memory.write),
    };
}

/* Does the host's floating point fault when it is told to? `probe` is where it would. */
static bool host_faults(struct translate *t, const struct gen_trap *probe)
{
    struct translate_trap trap = trap_at(t, probe);
    bool ret;

    if (fp_trap_install(on_trap) || !traps_add(&t->traps, &trap))
        return false;
    running = t;
    running_cpu = NULL;
    ret = t->thunks.faults();
    running = NULL;
    t->stats.traps = 0;
    return ret;
}

static void make_thunks(struct translate *t)
{
    struct gen_trap probe;

    t->gen.exec_minus_write = t->memory.exec - t->memory.write;
    t->gen.a = (struct x86_asm){.p = t->memory.write, .end = t->memory.write + t->memory.len};
    code_write_begin(&t->memory);
    probe = gen_make_thunks(&t->gen, &t->thunks);
    code_write_end(&t->memory, 0, (size_t)(t->gen.a.p - t->memory.write));
    t->gen.thunks = &t->thunks;
    t->gen.faults = host_faults(t, &probe);
    if (!t->gen.faults)
        log_info("translator: this host's floating point does not fault when asked to: that of guests will be slow");
}

int translate_create(size_t bytes, struct translate **ret)
{
    struct translate *t;
    int r;

    if (!gen_host_can()) {
        log_info("translator: this host's CPU lacks AVX2, BMI, CMPXCHG16B, FMA, LZCNT, POPCNT or SSE4.2: guests are interpreted, many times slower");
        return -ENOTSUP;
    }
    t = calloc(1, sizeof(*t));
    if (!t)
        return -ENOMEM;
    r = traps_create(&t->traps);
    if (r)
        goto out_free;
    r = code_memory_create(bytes, &t->memory);
    if (r)
        goto out_traps;
    t->rest = TRANSLATE_DEFAULT_REST;
    make_thunks(t);
    t->start = t->gen.a.p;
    t->start_out = t->memory.write + t->memory.len / IN_PLACE_PART;
    translate_restart(t);
    *ret = t;
    return 0;

out_traps:
    if (r != -ENOMEM)
        log_info("translator: this host refuses memory for code (%s): guests are interpreted, many times slower", strerror(-r));
    traps_destroy(&t->traps);
out_free:
    free(t);
    return r;
}

void translate_rest(struct translate *t, uint32_t entries)
{
    t->rest = entries;
}

void translate_destroy(struct translate *t)
{
    if (!t)
        return;
    log_debug("translator: %" PRIu64 " loops look pages up for many turns, %" PRIu64 " of them search, %" PRIu64 " copy, %" PRIu64
              " fill, %" PRIu64 " compute vectors",
              t->stats.runs, t->stats.searches, t->stats.copies, t->stats.fills, t->stats.maps);
    log_debug("translator: %" PRIu64 " blocks of %" PRIu64 " instructions in %" PRIu64 " bytes, %" PRIu64
              " jumps chained, %" PRIu64 " restarts; came back %" PRIu64 " times to chain, %" PRIu64 " times not found; %" PRIu64
              " faults of floating point",
              t->stats.blocks, t->stats.guest_insns, t->stats.host_bytes, t->stats.chained, t->stats.restarts,
              t->stats.exits_chain, t->stats.exits_miss, t->stats.traps);
    code_memory_destroy(&t->memory);
    traps_destroy(&t->traps);
    free(t);
}

const struct translate_stats *translate_stats(const struct translate *t)
{
    return &t->stats;
}

static bool ends_block(const struct ir *i)
{
    return i->op == IR_B || i->op == IR_BR || i->op == IR_RET;
}

/* Byte offset in the page of what `i` branches to, if it is a plain direct branch inside the page; else -1. */
static int64_t branch_target(const struct ir *i)
{
    return i->op >= IR_B && i->op <= IR_TBNZ && i->imm >= 0 && i->imm < (int64_t)A64_PAGE_SIZE ? i->imm : -1;
}

static bool has_insn(const struct translate *t, unsigned nr, int64_t page_off)
{
    for (unsigned k = 0; k < nr; k++)
        if (t->insn[k].page_off == page_off)
            return true;
    return false;
}

/* Branches came to `slot` nearly as often as to the block's beginning. */
static bool is_busy(const struct a64_insn *slots, unsigned first, int64_t page_off)
{
    unsigned there = __atomic_load_n(&slots[page_off / 4].heat, __ATOMIC_RELAXED);

    return there >= __atomic_load_n(&slots[first].heat, __ATOMIC_RELAXED) * 3u / 4 && there;
}

/* The opposite conditional branch, to `page_off`. */
static void invert(struct ir *i, int64_t page_off)
{
    static const uint8_t opposite[] = {
        [IR_BCOND] = IR_BCOND, [IR_CBZ] = IR_CBNZ, [IR_CBNZ] = IR_CBZ, [IR_TBZ] = IR_TBNZ, [IR_TBNZ] = IR_TBZ,
    };

    i->op = opposite[i->op];
    i->cond ^= 1;
    i->imm = page_off;
}

/* Where the trace goes on behind its last instruction (number nr - 1), as an index of the page; -1: it ends. */
static int go_on(struct translate *t, const struct a64_insn *slots, unsigned first, unsigned nr)
{
    struct ir *last = t->ir.nr ? &t->ir.op[t->ir.nr - 1] : NULL;
    const struct a64_insn *i = &t->insn[nr - 1];
    int64_t target, next = i->page_off + 4;

    if (!last || last->guest != i)
        return (int)(next / 4);
    target = branch_target(last);
    if (target < 0 || has_insn(t, nr, target))
        return ends_block(last) || a64_ends_straight_line(i->op) ? -1 : (int)(next / 4);
    if (i->op == A64_OP_B && nr < MAX_FOLLOWED) {
        t->ir.nr--;
        return (int)(target / 4);
    }
    if (ends_block(last))
        return -1;
    /* What a conditional branch goes back to is the head of a loop, which should be a block of its own. */
    if (nr >= MAX_FOLLOWED || target < i->page_off || !is_busy(slots, first, target))
        return (int)(next / 4);
    invert(last, next);
    return (int)(target / 4);
}

/* A loop to the block's beginning is a block of its own: what stands behind it would only take registers from it. Returns how
 * many of the `nr` instructions are left; *end is where the next one is, a trace need not go on right behind a branch. */
static unsigned cut_behind_loop(struct translate *t, unsigned nr, int64_t *end)
{
    unsigned left = nr;

    for (unsigned k = t->ir.nr; k-- > 0;) {
        if (branch_target(&t->ir.op[k]) != t->insn[0].page_off)
            continue;
        t->ir.nr = k + 1;
        left = (unsigned)(t->ir.op[k].guest - t->insn) + 1;
        break;
    }
    *end = left < nr ? t->insn[left].page_off : t->insn[nr - 1].page_off + 4;
    return left;
}

/* The guest's words as operations. Returns how many guest instructions went in. */
static unsigned read_block(struct translate *t, const uint8_t *host, const struct a64_insn *slots, unsigned first,
                           int64_t *end)
{
    unsigned nr = 0;

    t->ir.nr = 0;
    for (int at = (int)first; at >= 0 && at < TRANSLATE_PAGE_INSNS;) {
        const uint32_t *word = (const uint32_t *)(const void *)host + at;
        struct a64_insn *i = &t->insn[nr++];

        a64_predecode(i, __atomic_load_n(word, __ATOMIC_RELAXED), (unsigned)at * 4, A64_PREDECODE_ALONE);
        front_insn(&t->ir, i);
        if (nr == MAX_GUEST_INSNS || t->ir.nr + FRONT_MAX_OPS > IR_MAX)
            break;
        at = go_on(t, slots, first, nr);
        if (at >= 0 && has_insn(t, nr, (int64_t)at * 4))
            break; /* it came round */
    }
    return cut_behind_loop(t, nr, end);
}

void translate_observe(struct translate *t, FILE *listing, FILE *perf_map)
{
    t->listing = listing;
    t->perf_map = perf_map;
}

/* Is there room for another block? An instruction may be called in its place and, twice, from a way out. */
static bool has_room(const struct translate *t)
{
    return t->start_out - t->next >= MAX_BLOCK_BYTES &&
           (uint8_t *)(t->sites - (ptrdiff_t)3 * MAX_GUEST_INSNS) - t->next_out >= MAX_BLOCK_BYTES;
}

/* Host code for t->ir. */
static void generate(struct translate *t, int64_t end)
{
    struct gen *g = &t->gen;

    g->a = (struct x86_asm){.p = t->next, .end = t->next + MAX_BLOCK_BYTES};
    g->out = (struct x86_asm){.p = t->next_out, .end = t->next_out + MAX_BLOCK_BYTES};
    g->sites = t->sites;
    g->ir = &t->ir;
    code_write_begin(&t->memory);
    gen_block(g, &t->ir, &t->insn[0], end);
    code_write_end(&t->memory, (size_t)(t->next - t->memory.write), (size_t)(g->a.p - t->next));
    code_write_end(&t->memory, (size_t)(t->next_out - t->memory.write), (size_t)(g->out.p - t->next_out));
}

static void show(const struct translate *t, uint64_t pa)
{
    const struct gen *g = &t->gen;

    if (t->listing)
        listing_block(t->listing, g, &t->ir, pa, t->next, t->next_out);
    if (t->perf_map)
        (void)fprintf(t->perf_map, "%" PRIxPTR " %zx a64_%" PRIx64 "\n%" PRIxPTR " %zx a64_%" PRIx64 "_out\n",
                      (uintptr_t)(t->next + g->exec_minus_write), (size_t)(g->a.p - t->next), pa,
                      (uintptr_t)(t->next_out + g->exec_minus_write), (size_t)(g->out.p - t->next_out), pa);
}

static void count_loop(struct translate_stats *s, const struct ir_block *b)
{
    s->runs += b->nr_runs > 0;
    s->searches += b->bulk.kind == BULK_SEARCH;
    s->copies += b->bulk.kind == BULK_COPY;
    s->fills += b->bulk.kind == BULK_FILL;
    s->maps += b->bulk.kind == BULK_MAP;
}

/* false: no room */
static bool add_traps(struct translate *t)
{
    const struct gen *g = &t->gen;

    for (unsigned n = 0; n < g->nr_traps; n++) {
        struct translate_trap trap = trap_at(t, &g->trap[n]);

        trap.rest = gen_fp_rest(g);
        if (!traps_add(&t->traps, &trap))
            return false;
    }
    return true;
}

uint32_t translate_block(struct translate *t, uint64_t pa, const uint8_t *host, const struct a64_insn *slots, unsigned first)
{
    struct gen *g = &t->gen;
    unsigned nr;
    int64_t end;

    if (!has_room(t))
        return 0;
    nr = read_block(t, host, slots, first, &end);
    ir_optimise(&t->ir);
    ir_group_accesses(&t->ir);
    ir_find_runs(&t->ir, t->insn[0].page_off);
    ir_find_bulk(&t->ir);
    g->page = pa >> A64_PAGE_BITS;
    generate(t, end);
    if (g->a.full || !add_traps(t))
        return 0;
    show(t, pa + (uint64_t)first * 4);
    first = (unsigned)(t->next - t->memory.write);
    t->stats.blocks++;
    t->stats.guest_insns += nr;
    t->stats.host_bytes += (uint64_t)(g->a.p - t->next) + (uint64_t)(g->out.p - t->next_out);
    count_loop(&t->stats, &t->ir);
    t->sites = g->sites;
    t->next = (uint8_t *)(((uintptr_t)g->a.p + 15) & ~(uintptr_t)15);
    t->next_out = g->out.p;
    return first;
}

struct translate_left translate_run(struct translate *t, struct a64_cpu *cpu, uint32_t code)
{
    struct translate_left left;

    running = t;
    running_cpu = cpu;
    left = t->thunks.enter(cpu, t->memory.exec + code);
    running = NULL;
    atomic_fetch_add_explicit(left.jump == TRANSLATE_MISS ? &t->stats.exits_miss : &t->stats.exits_chain, 1,
                              memory_order_relaxed);
    return left;
}

void translate_chain(struct translate *t, uintptr_t jump, uint32_t code)
{
    uint8_t *at = (uint8_t *)(jump & ~(uintptr_t)TRANSLATE_ONWARDS), *to = t->memory.write + code;

    code_write_begin(&t->memory);
    gen_patch(at, jump & TRANSLATE_ONWARDS ? gen_behind_question(to) : to);
    code_write_end(&t->memory, (size_t)(at - t->memory.write), sizeof(uint32_t));
    t->stats.chained++;
}

enum {
    SETS_BYTES = TRANSLATE_SETS * sizeof(struct translate_set),
    SITES_BYTES = TRANSLATE_SITES * sizeof(struct translate_entry),
};

/* Pages of their own: sets are cache lines, and take memory when they are used. */
int translate_cpu_create(struct a64_cpu *cpu)
{
    uint8_t *both = mmap(NULL, SETS_BYTES + SITES_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);

    if (both == MAP_FAILED)
        return -ENOMEM;
    cpu->entries = (struct translate_set *)(void *)both; /* no context is 0 */
    cpu->sites = (struct translate_entry *)(void *)(both + SETS_BYTES);
    return 0;
}

void translate_cpu_destroy(struct a64_cpu *cpu)
{
    if (cpu->entries)
        (void)munmap(cpu->entries, SETS_BYTES + SITES_BYTES);
    cpu->entries = NULL;
    cpu->sites = NULL;
}

void translate_enter(struct translate *t, struct a64_cpu *cpu, uint64_t va, uint64_t context, uint32_t code)
{
    struct translate_entry *way = cpu->entries[translate_entry_hash(va, context) / 4 % TRANSLATE_SETS].way;

    if (way[0].va != va || way[0].context != context)
        way[1] = way[0];
    way[0] = (struct translate_entry){.va = va, .context = context, .code = t->memory.exec + code};
}
