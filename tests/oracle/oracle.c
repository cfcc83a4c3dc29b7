/* SPDX-License-Identifier: Apache-2.0
 *
 * Random instructions on our CPU and on another implementation, compared register for register.
 * Every row of the tables that allows it (gen_decode.py: test, skip, mem) takes part by itself.
 *
 *     oracle COUNT CLASS COMMAND
 *
 * COUNT instructions of CLASS ("all": of each class); COMMAND runs reference.c.
 *
 * A difference prints the instruction and both states. */
#include <inttypes.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>

#include "a64_decode.h"
#include "a64_dispatch.h"
#include "base/compiler.h"
#include "base/strbuf.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/cpu.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/trace.h"
#include "memory/memory.h"
#include "record.h"

enum { MAX_REPORTS = 8, ATTEMPTS = 100000, EXIT_SKIP = 77 };

#define RAM        UINT64_C(0x40000000)
#define RAM_SIZE   (4u << 20)
#define PAGE_TABLE RAM
#define CODE_VA    (RAM + 0x8000)
#define NOP        0xd503201fu

struct oracle {
    struct guest_memory *memory;
    struct a64_host host;
    struct a64_vm *vm;
    struct a64_cpu *cpu;
    struct a64_exit exit;
    uint8_t *window;
    const char *command;
    struct record *records;
    uint64_t *hashes;
    size_t nr, cap;
    uint64_t seed;
};

static void die(const char *what)
{
    fprintf(stderr, "oracle: %s\n", what);
    exit(2);
}

/* --- Our CPU --- */

static bool no_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    return false;
}

static bool no_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    return false;
}

static uint64_t no_counter(void *ctx)
{
    return 0;
}

static void set_sysreg(struct a64_cpu *cpu, uint32_t reg, uint64_t value)
{
    static const struct a64_insn i;

    a64_msr(cpu, &i, a64_sysreg_row(reg), value);
}

/* RAM as one Normal block, mapped where it is, for EL0 and EL1; FP and SIMD on. */
static void set_up_cpu(struct a64_cpu *cpu, struct guest_memory *memory)
{
    const uint64_t block =
        RAM | 1 << 10 /* AF */ | 3 << 8 /* inner shareable */ | 1 << 6 /* EL0 too */ | 1;

    if (mem_write(memory, PAGE_TABLE + 8, &block, sizeof(block)) < 0)
        die("no RAM");
    set_sysreg(cpu, A64_SYSREG(3, 0, 10, 2, 0), 0xff); /* MAIR_EL1 */
    set_sysreg(cpu, A64_SYSREG(3, 0, 2, 0, 2),
               UINT64_C(2) << 32 | 25 | 1 << 23);           /* TCR_EL1: 39 bits, no TTBR1 */
    set_sysreg(cpu, A64_SYSREG(3, 0, 2, 0, 0), PAGE_TABLE); /* TTBR0_EL1 */
    set_sysreg(cpu, A64_SYSREG(3, 0, 1, 0, 2), 3 << 20);    /* CPACR_EL1 */
    set_sysreg(cpu, A64_SYSREG(3, 0, 1, 0, 0), 0x30d00801); /* SCTLR_EL1: M */
}

static void set_up(struct oracle *o)
{
    struct a64_vm_params params = {.nr_cpus = 1, .counter_hz = 1000000};
    struct span window;

    o->host = (struct a64_host){no_mmio_read, no_mmio_write, no_counter, NULL};
    if (mem_create(&o->memory) < 0 || mem_add_ram(o->memory, RAM, RAM_SIZE, NULL) < 0)
        die("no memory");
    params.memory = o->memory;
    params.host = &o->host;
    if (a64_vm_create(&params, &o->vm) < 0 || a64_cpu_create(o->vm, 0, 0, &o->cpu) < 0)
        die("no CPU");
    if (mem_span(o->memory, WINDOW_BASE, WINDOW_SIZE, MEM_WRITE, &window) < 0)
        die("no window");
    o->window = window.p;
    o->cpu->exit = &o->exit;
    set_up_cpu(o->cpu, o->memory);
}

static void load_state(struct a64_cpu *cpu, const struct machine_state *m)
{
    memcpy(cpu->x, m->x, sizeof(m->x));
    memcpy(cpu->v, m->v, sizeof(m->v));
    cpu->nzcv = a64_nzcv_from_imm4((uint32_t)(m->nzcv >> 28));
    set_sysreg(cpu, A64_SYSREG(3, 3, 4, 4, 0), m->fpcr);
    set_sysreg(cpu, A64_SYSREG(3, 3, 4, 4, 1), m->fpsr);
}

static void store_state(const struct a64_cpu *cpu, struct machine_state *m)
{
    memcpy(m->x, cpu->x, sizeof(m->x));
    memcpy(m->v, cpu->v, sizeof(m->v));
    m->nzcv = (uint64_t)a64_nzcv_to_imm4(cpu->nzcv) << 28;
    m->fpcr = cpu->fpcr;
    m->fpsr = cpu->fpsr;
}

/* Where the stack stood behind the last instruction: handlers must jump to each other, not call
 * (op.h). */
static const char *end_frame;

static const struct a64_insn *op_end(struct a64_cpu *cpu, const struct a64_insn *i)
{
    end_frame = __builtin_frame_address(0);
    return NULL;
}

/* Executes `raw` on *m. false: it raised an exception; else *ret_depth is how far the stack grew.
 */
static NOINLINE bool execute(struct a64_cpu *cpu, uint32_t raw, struct machine_state *m,
                             ptrdiff_t *ret_depth)
{
    static struct a64_insn slot[2];

    a64_predecode(&slot[0], raw, 0, A64_PREDECODE_ALONE);
    slot[1].fn = op_end;
    load_state(cpu, m);
    cpu->page_va = CODE_VA;
    cpu->excl_valid = false;
    if (_setjmp(cpu->unwind) != 0) {
        a64_pstate_set(cpu, 0x3c5);
        return false;
    }
    a64_dispatch(cpu, slot);
    store_state(cpu, m);
    *ret_depth = (const char *)__builtin_frame_address(0) - end_frame;
    return true;
}

static ptrdiff_t depth_of_nop(struct a64_cpu *cpu)
{
    struct machine_state m = {.fpcr = 0};
    ptrdiff_t depth = 0;

    (void)execute(cpu, NOP, &m, &depth);
    return depth;
}

/* --- Records --- */

static bool names_reserved_register(const struct a64_row *row, uint32_t raw)
{
    for (unsigned n = 0; n < ARRAY_LEN(row->reg); n++) {
        unsigned kind = row->reg[n].kind, number = raw >> row->reg[n].lo & 31;
        if (kind != A64_REG_NONE && kind != A64_REG_VECTOR && number >= RESERVED_FIRST &&
            number <= RESERVED_LAST)
            return true;
    }
    return false;
}

static const struct a64_field *find_field(const struct a64_row *row, const char *name)
{
    for (const struct a64_field *f = row->fields; f->name; f++)
        if (strcmp(f->name, name) == 0)
            return f;
    return NULL;
}

/* A random encoding of row `op`, or false if none turns up. */
static bool make_record(struct oracle *o, enum a64_opcode op, struct record *r)
{
    const struct a64_row *row = &a64_rows[op];
    const struct a64_field *index = find_field(row, "rm");

    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        uint32_t raw = row->value | ((uint32_t)next_random(&o->seed) & ~row->mask);
        if (a64_decode(raw) != op || names_reserved_register(row, raw) ||
            (row->skip && row->skip(raw)))
            continue;
        *r = (struct record){.raw = raw, .base = 255, .index = 255};
        if (row->mem != A64_MEM_NONE) {
            r->flags = RECORD_MEMORY | (row->mem == A64_MEM_ALIGNED ? RECORD_ALIGNED : 0);
            r->base = (uint8_t)(raw >> 5 & 31);
            if (index)
                r->index = (uint8_t)(raw >> index->lo & 31);
        }
        return true;
    }
    return false;
}

static void add_row(struct oracle *o, enum a64_opcode op, size_t count)
{
    for (; count; count--) {
        if (o->nr == o->cap) {
            o->cap = o->cap ? o->cap * 2 : RECORDS_PER_BATCH;
            o->records = realloc(o->records, o->cap * sizeof(*o->records));
            if (!o->records)
                die("out of memory");
        }
        if (!make_record(o, op, &o->records[o->nr]))
            return;
        o->nr++;
    }
}

/* Rows of one class take turns in blocks; memory that one writes the next ones read. */
static void add_class(struct oracle *o, enum a64_class cls, size_t count)
{
    size_t rows = 0;

    for (unsigned op = 1; op < A64_NR_OPS; op++)
        rows += a64_rows[op].cls == cls && a64_rows[op].test;
    for (unsigned op = 1; op < A64_NR_OPS; op++)
        if (a64_rows[op].cls == cls && a64_rows[op].test)
            add_row(o, op, count / rows + 1);
}

/* --- The other implementation --- */

static FILE *run_reference(const struct oracle *o, const char *input, uint64_t number)
{
    char line[1024];

    if (number == UINT64_MAX)
        snprintf(line, sizeof(line), "%s <%s", o->command, input);
    else
        snprintf(line, sizeof(line), "%s %" PRIu64 " <%s", o->command, number, input);
    return popen(line, "r");
}

static void write_records(const struct oracle *o, const char *path)
{
    FILE *f = fopen(path, "wb");

    if (!f || fwrite(o->records, sizeof(*o->records), o->nr, f) != o->nr || fclose(f) != 0)
        die("cannot write the records");
}

static void print_state(const char *title, const struct machine_state *m)
{
    printf("%s nzcv %08" PRIx64 " fpcr %08" PRIx64 " fpsr %08" PRIx64 "\n", title, m->nzcv, m->fpcr,
           m->fpsr);
    for (int n = 0; n < 32; n++)
        printf("  x%-2d %016" PRIx64 "  v%-2d %016" PRIx64 " %016" PRIx64 "\n", n, m->x[n], n,
               m->v[n][1], m->v[n][0]);
}

static void report(const struct oracle *o, const char *input, size_t number,
                   const struct machine_state *ours, bool fault)
{
    struct strbuf text = {0};
    FILE *reference = run_reference(o, input, number);
    char line[256];

    a64_disassemble(&text, o->records[number].raw);
    printf("--- record %zu, %08" PRIx32 ": %s\n", number, o->records[number].raw, text.s);
    while (reference && fgets(line, sizeof(line), reference))
        fputs(line, stdout);
    if (reference)
        pclose(reference);
    print_state(fault ? "ours (fault)" : "ours", ours);
    strbuf_finish(&text);
}

/* --- Comparison --- */

struct tally {
    size_t different[A64_NR_OPS], faults[A64_NR_OPS], total[A64_NR_OPS], calls[A64_NR_OPS];
    size_t windows, reports;
    ptrdiff_t depth; /* of the stack behind a NOP */
};

static void compare_batch(struct oracle *o, size_t first, size_t nr, const uint64_t *theirs,
                          const char *input, struct tally *t)
{
    fill_window(o->window, first);
    for (size_t n = 0; n < nr; n++) {
        const struct record *r = &o->records[first + n];
        enum a64_opcode op = a64_decode(r->raw);
        struct machine_state m;
        ptrdiff_t depth = 0;
        uint64_t ours;
        bool done;

        random_state(&m, r, first + n);
        done = execute(o->cpu, r->raw, &m, &depth);
        ours = done ? hash_state(&m, r, o->window) : HASH_FAULT;
        t->total[op]++;
        t->faults[op] += !done;
        t->calls[op] += done && depth != t->depth;
        if (ours != theirs[n] && t->different[op]++ == 0 && t->reports++ < MAX_REPORTS)
            report(o, input, first + n, &m, !done);
    }
    t->windows += hash_bytes(0, o->window, WINDOW_SIZE) != theirs[nr];
}

static int summarize(const struct oracle *o, const struct tally *t)
{
    size_t different = 0;

    for (unsigned op = 1; op < A64_NR_OPS; op++) {
        different += t->different[op];
        if (t->different[op])
            printf("%s/%s: %zu of %zu differ\n", a64_class_names[a64_rows[op].cls],
                   a64_rows[op].name, t->different[op], t->total[op]);
        if (t->faults[op] > t->total[op] / 2)
            printf("%s/%s: %zu of %zu raise an exception\n", a64_class_names[a64_rows[op].cls],
                   a64_rows[op].name, t->faults[op], t->total[op]);
        if (t->calls[op])
            printf("%s/%s: leaves a frame on the stack, %zu times of %zu\n",
                   a64_class_names[a64_rows[op].cls], a64_rows[op].name, t->calls[op],
                   t->total[op]);
        if (t->calls[op] || (t->total[op] && t->faults[op] == t->total[op]))
            different++;
    }
    printf("%zu instructions, %zu differ; %zu batches left other memory\n", o->nr, different,
           t->windows);
    return different || t->windows ? 1 : 0;
}

static int compare(struct oracle *o)
{
    static struct tally t;
    static uint64_t theirs[RECORDS_PER_BATCH + 1];
    char input[] = "/tmp/berth-oracle-XXXXXX";
    int fd = mkstemp(input), rc = 0;
    FILE *reference;

    if (fd < 0)
        die("no temporary file");
    t.depth = depth_of_nop(o->cpu);
    write_records(o, input);
    reference = run_reference(o, input, UINT64_MAX);
    for (size_t first = 0; first < o->nr; first += RECORDS_PER_BATCH) {
        size_t nr = o->nr - first < RECORDS_PER_BATCH ? o->nr - first : RECORDS_PER_BATCH;
        if (!reference || fread(theirs, sizeof(*theirs), nr + 1, reference) != nr + 1) {
            fprintf(stderr, "oracle: '%s' stopped before record %zu\n", o->command, first);
            rc = 2;
            break;
        }
        compare_batch(o, first, nr, theirs, input, &t);
    }
    if (reference)
        pclose(reference);
    remove(input);
    return rc ? rc : summarize(o, &t);
}

int main(int argc, char **argv)
{
    static struct oracle o;
    size_t count;
    int rc;

    if (argc != 4) {
        fprintf(stderr, "usage: oracle COUNT CLASS|all COMMAND\n");
        return 2;
    }
    count = strtoull(argv[1], NULL, 0);
    o.command = argv[3];
    o.seed = count;
    set_up(&o);
    for (unsigned cls = 0; cls < A64_NR_CLASSES; cls++)
        if (strcmp(argv[2], "all") == 0 || strcmp(argv[2], a64_class_names[cls]) == 0)
            add_class(&o, cls, count);
    if (o.nr == 0) {
        printf("class %s has no instruction that runs alone\n", argv[2]);
        return EXIT_SKIP;
    }
    rc = compare(&o);
    a64_cpu_destroy(o.cpu);
    a64_vm_destroy(o.vm);
    mem_destroy(o.memory);
    free(o.records);
    return rc;
}
