/* SPDX-License-Identifier: Apache-2.0
 *
 * The translator against the interpreter: a loop of arbitrary instructions runs on two CPUs, one of
 * which translates what is hot; registers, flags, memory and the exception that ended it, if one
 * did, must be the same.
 *
 * An input is a head (floating-point mode, where data lies, how accesses move from turn to turn and
 * whether the loop does nothing else, a seed for data) and words of guest code.
 * A word is taken as it is where that can neither hang nor leave the loop; otherwise it is mended:
 * memory is accessed from a base register, branches go forward. Words that are no instruction stand
 * for sequences which cannot come about by chance: self-modification, calls, system calls,
 * barriers, exclusives, changes of FPCR. */
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"
#include "fuzz.h"
#include "memory/memory.h"

#define RAM   UINT64_C(0x40000000) /* mapped at its own address: code and tables */
#define DATA  UINT64_C(0x40100000) /* where programs see their data; nothing is mapped around it */
#define ALIAS UINT64_C(0x80100000) /* and once more */

enum {
    PAGE = 0x1000,
    VECTORS = 0, /* offsets in RAM */
    CODE = 0x1000,
    LEAF = 0x2ff8,    /* a subroutine on two pages */
    PATCHES = 0x4000, /* instructions for self-modification */
    CODE_PAGES = 5,
    WRITABLE = 0x80000, /* the code pages once more: at their own addresses they are read-only */
    TABLES = 0x5000,    /* levels 1 to 3 */
    DATA_PLACE = 0x8000,
    DATA_PAGES = 4,
    RAM_SIZE = DATA_PLACE + DATA_PAGES * PAGE,

    BODY = 64, /* words of an input */
    BODY_MAX = BODY * 6,
    NR_PATCHES = 16,
    TURNS = 70, /* well over what makes code hot */

    /* Registers that the body does not write. */
    EXCEPTIONS = 23, /* sum of those so far */
    SCRATCH = 24,
    OTHER_BASE = 25, /* alias of BASE */
    HOME = 26,       /* BASE and SP begin here in every turn */
    BASE = 27,
    COUNTER = 28,
    SP = 31,

    NOP = (int)0xd503201f,
};

struct machine {
    struct guest_memory *memory;
    struct a64_host host;
    struct a64_vm *vm;
    struct a64_cpu *cpu;
    struct a64_exit exit;
    uint8_t *ram;
};

struct program {
    uint32_t code[BODY_MAX + 16];
    size_t nr;
    uint32_t patch[NR_PATCHES];
    size_t plain[BODY]; /* where words stand by themselves */
    size_t nr_plain;
};

struct head {
    uint32_t fpcr, fpsr;
    uint64_t home;
    uint64_t seed;
    int stride; /* 0: BASE begins at home in every turn; else it goes on by so much */
    bool lean;  /* SP does not begin anew in every turn: nothing but the body, as loops that go many turns at a time must be */
};

/* --- the two machines, made once --- */

static struct machine interpreted, translated;

static bool no_mmio_read(void *ctx, uint64_t pa, unsigned size, uint64_t *ret)
{
    return false;
}

static bool no_mmio_write(void *ctx, uint64_t pa, unsigned size, uint64_t value)
{
    return false;
}

static uint64_t counter(void *ctx)
{
    return 0;
}

static void build(struct machine *m, bool interpret)
{
    struct a64_vm_params params = {
        .host = &m->host, .nr_cpus = 1, .counter_hz = 1000, .interpret = interpret};

    m->host = (struct a64_host){no_mmio_read, no_mmio_write, counter, m};
    FUZZ_CHECK(mem_create(&m->memory) == 0);
    FUZZ_CHECK(mem_add_ram(m->memory, RAM, RAM_SIZE, NULL) == 0);
    m->ram = mem_region(m->memory, 0)->host;
    params.memory = m->memory;
    FUZZ_CHECK(a64_vm_create(&params, &m->vm) == 0);
    FUZZ_CHECK(a64_cpu_create(m->vm, 0, 0, &m->cpu) == 0);
}

/* --- words of an input to guest code --- */

static uint32_t field(uint32_t raw, unsigned lo, unsigned width)
{
    return raw >> lo & ((1u << width) - 1);
}

static uint32_t with_field(uint32_t raw, unsigned lo, unsigned width, uint32_t value)
{
    uint32_t mask = ((1u << width) - 1) << lo;

    return (raw & ~mask) | (value << lo & mask);
}

static bool is_kept(uint32_t reg)
{
    return reg >= EXCEPTIONS && reg <= COUNTER;
}

/* No register that the loop needs is written. */
static uint32_t spare_registers(const struct a64_row *row, uint32_t raw)
{
    for (unsigned n = 0; n < ARRAY_LEN(row->reg); n++) {
        unsigned lo = row->reg[n].lo;

        if ((row->reg[n].kind == A64_REG_WRITE || row->reg[n].kind == A64_REG_SP) &&
            is_kept(field(raw, lo, 5)))
            raw = with_field(raw, lo, 5, field(raw, lo, 5) - 16);
    }
    return raw;
}

/* Bits 9:5 name the base of every access but the literal ones. */
static uint32_t with_base(uint32_t raw)
{
    static const uint32_t bases[] = {BASE, OTHER_BASE, SP, BASE};

    return with_field(raw, 5, 5, bases[field(raw, 5, 2)]);
}

/* A word that may stand anywhere: it ends, and goes on behind itself or with an exception. */
static uint32_t harmless(uint32_t raw)
{
    enum a64_opcode op = a64_decode(raw);
    const struct a64_row *row = &a64_rows[op];
    uint32_t mended;

    switch (op) {
    case A64_OP_ADR:
    case A64_OP_ADRP:
    case A64_OP_LDR_LIT:
    case A64_OP_LDRSW_LIT:
    case A64_OP_LDR_V_LIT:
        return is_kept(field(raw, 0, 5)) ? with_field(raw, 0, 5, 3) : raw;
    default:
        break;
    }
    if (!row->test && !row->mem)
        return (uint32_t)NOP;
    mended = row->mem ? with_base(raw) : raw;
    mended = spare_registers(row, mended);
    if (row->mem) /* the base may be written back, so it is spared there */
        mended = with_base(with_field(mended, 5, 5, field(raw, 5, 5)));
    return a64_decode(mended) == op && !(row->skip && row->skip(mended)) ? mended : (uint32_t)NOP;
}

/* A row by its number, so that rare ones are as likely as common ones. */
static uint32_t any_row(uint32_t raw)
{
    const struct a64_row *row = &a64_rows[1 + raw % (A64_NR_OPS - 1)];
    uint32_t bits = raw * UINT32_C(0x9e3779b1);

    return harmless(((bits ^ bits >> 15) & ~row->mask) | row->value);
}

static void emit(struct program *p, uint32_t word)
{
    p->code[p->nr++] = word;
}

static void emit_plain(struct program *p, uint32_t word)
{
    p->plain[p->nr_plain++] = p->nr;
    emit(p, word);
}

/* adr SCRATCH, to `offset` in RAM */
static void emit_adr(struct program *p, uint32_t offset)
{
    int32_t delta = (int32_t)offset - (int32_t)(CODE + 4 * p->nr);

    emit(p, 0x10000000 | ((uint32_t)delta & 3) << 29 | ((uint32_t)(delta >> 2) & 0x7ffff) << 5 |
                SCRATCH);
}

/* Writes one of the patches over a word of the code so far, as Arm wants it done. Leaves x2 and
 * SCRATCH changed. */
static void emit_patch(struct program *p, uint32_t raw)
{
    size_t slot;

    if (!p->nr_plain)
        return;
    slot = p->plain[field(raw, 0, 8) % p->nr_plain];
    emit_adr(p, PATCHES + 4 * field(raw, 8, 4));
    emit(p, 0xb9400302); /* ldr w2, [x24] */
    emit_adr(p, (uint32_t)(WRITABLE + CODE + 4 * slot));
    emit(p, 0xb9000302); /* str w2, [x24] */
    emit(p, 0xd50b7538); /* ic ivau, x24 */
    emit(p, 0xd5033fdf); /* isb */
}

/* What a word that is no instruction stands for. */
static void emit_sequence(struct program *p, uint32_t raw)
{
    uint32_t reg = field(raw, 12, 4);

    switch (field(raw, 8, 4)) {
    case 0:
        emit(p, 0x94000000 | ((LEAF - CODE - 4 * (uint32_t)p->nr) / 4 & 0x3ffffff)); /* bl */
        break;
    case 1:
        emit(p, 0xd4000001); /* svc #0 */
        break;
    case 2:
        emit(p, 0xd51b4400 | reg); /* msr fpcr */
        break;
    case 3:
        emit(p, 0xd53b4420 | reg); /* mrs fpsr */
        break;
    case 4:
        emit(p, 0xd51b4420 | reg); /* msr fpsr */
        break;
    case 5:
        emit(p, 0xd53b4200 | reg); /* mrs nzcv */
        break;
    case 6:
        emit(p, 0xd51b4200 | reg); /* msr nzcv */
        break;
    case 7:
        emit(p, 0xd5033bbf); /* dmb ish */
        break;
    case 8:
        emit(p, 0x885f7c00 | BASE << 5 | reg);                  /* ldxr w, [x27] */
        emit(p, 0x88007c00 | 17 << 16 | BASE << 5 | (reg ^ 1)); /* stxr w17 */
        break;
    case 9:
        emit(p, 0xd50b7420 | BASE); /* dc zva */
        break;
    case 10:
        emit(p, 0xd53bd040 | reg); /* mrs tpidr_el0 */
        emit(p, 0xd51bd040 | (reg ^ 1));
        break;
    case 11:
        emit(p, 0xd508871f); /* tlbi vmalle1 */
        break;
    default:
        emit_patch(p, raw >> 16);
        break;
    }
}

/* Where a branch over `skip` input words goes is known once they have been emitted. */
struct branch {
    size_t at;
    unsigned skip;
};

static uint32_t branch_to(uint32_t raw, enum a64_opcode op, size_t distance)
{
    if (op == A64_OP_B)
        return with_field(raw, 0, 26, (uint32_t)distance);
    if (op == A64_OP_TBZ || op == A64_OP_TBNZ)
        return with_field(raw, 5, 14, (uint32_t)distance);
    return with_field(raw, 5, 19, (uint32_t)distance);
}

static bool is_branch(enum a64_opcode op)
{
    return op == A64_OP_B || op == A64_OP_B_COND || op == A64_OP_CBZ || op == A64_OP_CBNZ ||
           op == A64_OP_TBZ || op == A64_OP_TBNZ;
}

static unsigned distance_asked(uint32_t raw)
{
    return 1 + field(raw, 5, 3);
}

static void emit_body(struct program *p, struct cursor *c)
{
    struct branch branch[BODY];
    size_t nr_branches = 0;

    for (unsigned n = 0; n < BODY && c->left >= 4; n++) {
        uint32_t raw = cursor_le32(c);
        enum a64_opcode op = a64_decode(raw);

        if (is_branch(op))
            branch[nr_branches++] = (struct branch){p->nr, distance_asked(raw)};
        if (is_branch(op))
            emit(p, raw);
        else if (op != A64_OP_UNDEFINED)
            emit_plain(p, harmless(raw));
        else if (field(raw, 25, 4) == 0)
            emit_sequence(p, raw);
        else
            emit_plain(p, any_row(raw));
        for (size_t b = 0; b < nr_branches; b++)
            if (branch[b].skip-- == 0) {
                uint32_t *word = &p->code[branch[b].at];

                *word = branch_to(*word, a64_decode(*word), p->nr - branch[b].at);
                branch[b--] = branch[--nr_branches];
            }
    }
    for (size_t b = 0; b < nr_branches; b++) {
        uint32_t *word = &p->code[branch[b].at];

        *word = branch_to(*word, a64_decode(*word), p->nr - branch[b].at);
    }
}

/* reg += stride */
static void emit_stride(struct program *p, uint32_t reg, int stride)
{
    uint32_t by = (uint32_t)(stride < 0 ? -stride : stride);

    emit(p, (stride < 0 ? 0xd1000000 : 0x91000000) | by << 10 | reg << 5 | reg);
}

static void emit_sp(struct program *p)
{
    emit(p, 0x91000000 | 0x40 << 10 | HOME << 5 | SP);
}

static void emit_loop(struct program *p, struct cursor *c, const struct head *h)
{
    size_t again;

    if (h->lean)
        emit_sp(p);
    again = p->nr;
    if (h->stride) {
        emit_stride(p, BASE, h->stride);
        emit_stride(p, OTHER_BASE, h->stride);
    } else {
        emit(p, 0xaa0003e0 | HOME << 16 | BASE); /* mov x27, x26 */
    }
    if (!h->lean)
        emit_sp(p);
    emit_body(p, c);
    emit(p, 0xf1000400 | COUNTER << 5 | COUNTER); /* subs x28, x28, #1 */
    emit(p, 0x54000001 | ((uint32_t)(again - p->nr) & 0x7ffff) << 5);
    emit(p, 0xd4000002); /* hvc #0 */
}

/* --- one run --- */

static uint64_t next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *seed >> 16 ^ *seed << 40;
}

/* Numbers on which floating point differs between architectures, and integers on which carries do.
 */
static uint64_t nasty(uint64_t *seed)
{
    static const uint64_t values[] = {0,
                                      1,
                                      UINT64_MAX,
                                      INT64_MAX,
                                      UINT64_C(1) << 63,
                                      UINT64_C(0x3ff0000000000000),
                                      UINT64_C(0x7ff0000000000000),
                                      UINT64_C(0xfff0000000000000),
                                      UINT64_C(0x7ff8000000000001),
                                      UINT64_C(0x7ff4000000000001),
                                      UINT64_C(0x0010000000000000),
                                      UINT64_C(0x000fffffffffffff),
                                      UINT64_C(0x7fefffffffffffff),
                                      UINT64_C(0x3f8000007f800000),
                                      UINT64_C(0x7fa0000100800000),
                                      UINT64_C(0x00000001007fffff),
                                      UINT64_C(0xff8000007fc00001),
                                      UINT64_C(0x7f7fffff80000000),
                                      UINT64_C(0x43e0000000000000),
                                      UINT64_C(0x7c00fc007e003c00)};
    uint64_t r = next(seed);

    return r % 3 ? values[(r >> 8) % ARRAY_LEN(values)] : next(seed);
}

static void map_memory(struct machine *m)
{
    uint64_t *level1 = (void *)(m->ram + TABLES), *level2 = level1 + 512, *level3 = level2 + 512;
    const uint64_t page = 0x703; /* AF, inner shareable, index 0 */

    level1[RAM >> 30] = level1[ALIAS >> 30] = (RAM + TABLES + PAGE) | 3;
    level2[0] = (RAM + TABLES + 2 * PAGE) | 3;
    for (unsigned n = 0; n < CODE_PAGES; n++) {
        level3[n] = (RAM + n * PAGE) | page | 0x80;
        level3[WRITABLE / PAGE + n] = (RAM + n * PAGE) | page;
    }
    for (unsigned n = 0; n < DATA_PAGES; n++)
        level3[(DATA - RAM) / PAGE + n] = (RAM + DATA_PLACE + n * PAGE) | page;
}

static void load(struct machine *m, const struct program *p, const struct head *h)
{
    static const uint32_t vector[] = {
        0xd5386018,     /* mrs x24, far_el1 */
        0xcad706f7 | 0, /* eor x23, x23, x23, ror #1 */
        0xca1802f7,     /* eor x23, x23, x24 */
        0xd5384038,     /* mrs x24, elr_el1 */
        0xca1802f7,     /* eor x23, x23, x24 */
        0xd5385218,     /* mrs x24, esr_el1 */
        0xca1802f7,     /* eor x23, x23, x24 */
        0xd35aff18,     /* lsr x24, x24, #26 */
        0xf1005718,     /* subs x24, x24, #0x15: SVC */
        0x54000080,     /* b.eq to the eret */
        0xd5384038,     /* mrs x24, elr_el1: go on behind the instruction */
        0x91001318,     /* add x24, x24, #4 */
        0xd5184038,     /* msr elr_el1, x24 */
        0xd69f03e0,     /* eret */
    };
    static const uint32_t leaf[] = {0x91000400, 0xca000021,
                                    0xd65f03c0}; /* x0 += 1; x1 ^= x0; ret */
    uint64_t seed = h->seed;

    memset(m->ram, 0, DATA_PLACE);
    memcpy(m->ram + VECTORS + 0x200, vector, sizeof(vector));
    memcpy(m->ram + CODE, p->code, p->nr * sizeof(p->code[0]));
    memcpy(m->ram + LEAF, leaf, sizeof(leaf));
    memcpy(m->ram + PATCHES, p->patch, sizeof(p->patch));
    map_memory(m);
    for (unsigned n = DATA_PLACE; n < RAM_SIZE; n += 8)
        *(uint64_t *)(void *)(m->ram + n) = nasty(&seed);
}

static void set_up_cpu(struct machine *m, const struct head *h)
{
    struct a64_cpu *cpu = m->cpu;
    uint64_t seed = ~h->seed;

    a64_cpu_reset(cpu);
    a64_code_invalidate_all(m->vm);
    cpu->sys.ttbr0 = RAM + TABLES;
    cpu->sys.tcr = 25 | UINT64_C(1) << 23 | 25 << 16 | UINT64_C(2) << 32;
    cpu->sys.mair = 0xff;
    cpu->sys.sctlr |= 1;
    cpu->sys.cpacr = 3 << 20;
    cpu->sys.vbar = RAM + VECTORS;
    a64_tlb_flush(cpu);
    a64_mmu_select(cpu);
    for (unsigned n = 0; n < 31; n++)
        a64_set_x(cpu, n, nasty(&seed));
    for (unsigned n = 0; n < 64; n++)
        cpu->v[n / 2].d[n % 2] = nasty(&seed);
    cpu->fpcr = h->fpcr;
    cpu->fpsr = h->fpsr;
    a64_set_x(cpu, COUNTER, TURNS);
    a64_set_x(cpu, HOME, h->home);
    a64_set_x(cpu, BASE, h->home);
    a64_set_x(cpu, OTHER_BASE, h->home - DATA + ALIAS);
    a64_set_pc(cpu, RAM + CODE);
}

static void run(struct machine *m, const struct program *p, const struct head *h)
{
    load(m, p, h);
    set_up_cpu(m, h);
    a64_run(m->cpu, &m->exit);
    FUZZ_CHECK(m->exit.kind == A64_EXIT_HVC);
}

static void explain(const struct program *p)
{
    const struct a64_cpu *a = interpreted.cpu, *b = translated.cpu;

    (void)fprintf(stderr, "translated code computes something else\n");
    for (size_t n = 0; n < p->nr; n++)
        (void)fprintf(stderr, "    %08x %s\n", p->code[n], a64_rows[a64_decode(p->code[n])].name);
    for (unsigned n = 0; n < A64_ZR; n++)
        if (a->x[n] != b->x[n])
            (void)fprintf(stderr, "x%u: interpreted %#llx, translated %#llx\n", n,
                          (unsigned long long)a->x[n], (unsigned long long)b->x[n]);
    for (unsigned n = 0; n < 64; n++)
        if (a->v[n / 2].d[n % 2] != b->v[n / 2].d[n % 2])
            (void)fprintf(stderr, "v%u.d[%u]: interpreted %#llx, translated %#llx\n", n / 2, n % 2,
                          (unsigned long long)a->v[n / 2].d[n % 2],
                          (unsigned long long)b->v[n / 2].d[n % 2]);
    (void)fprintf(
        stderr,
        "pc %#llx %#llx, elr %#llx %#llx, esr %#llx %#llx, fpsr %#x %#x, pstate %#llx %#llx\n",
        (unsigned long long)a->pc, (unsigned long long)b->pc, (unsigned long long)a->sys.elr,
        (unsigned long long)b->sys.elr, (unsigned long long)a->sys.esr,
        (unsigned long long)b->sys.esr, a->fpsr, b->fpsr, (unsigned long long)a64_get_pstate(a),
        (unsigned long long)a64_get_pstate(b));
}

static bool same_state(void)
{
    const struct a64_cpu *a = interpreted.cpu, *b = translated.cpu;

    return memcmp(a->x, b->x, sizeof(a->x[0]) * A64_ZR) == 0 &&
           memcmp(a->v, b->v, sizeof(a->v)) == 0 && a->pc == b->pc &&
           a64_get_pstate(a) == a64_get_pstate(b) && a->fpcr == b->fpcr && a->fpsr == b->fpsr &&
           a->sys.elr == b->sys.elr && a->sys.esr == b->sys.esr && a->sys.far == b->sys.far &&
           a->sys.spsr == b->sys.spsr && a->sys.tpidr_el0 == b->sys.tpidr_el0 &&
           memcmp(interpreted.ram, translated.ram, RAM_SIZE) == 0;
}

static struct head read_head(struct cursor *c)
{
    static const uint8_t strides[] = {0, 1, 4, 8, 16, 32, 48, 64};
    uint8_t mode = cursor_u8(c), where = cursor_u8(c);
    struct head h = {
        .fpcr = (uint32_t)(mode & 31) << 22, .fpsr = mode & 32 ? 0x10 : 0, .lean = mode & 64, .seed = cursor_le64(c)};

    /* across a page's end; across the last one's; SP must be aligned */
    h.home = DATA + (where & 128 ? DATA_PAGES * PAGE - 0x100 : PAGE - 0x60) + (where & 0x70);
    h.stride = where & 8 ? -strides[where & 7] : strides[where & 7];
    return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor c = cursor_at(data, len), patches;
    struct program p = {.nr = 0};
    struct head h = read_head(&c);

    if (!interpreted.vm) {
        build(&interpreted, true);
        build(&translated, false);
        if (translated.vm->translate)
            translate_rest(translated.vm->translate, 0); /* what faults once is to fault again */
    }
    patches = c; /* what self-modification writes are words of the body */
    for (unsigned n = 0; n < NR_PATCHES; n++)
        p.patch[n] = harmless(cursor_le32(&patches));
    emit_loop(&p, &c, &h);
    run(&interpreted, &p, &h);
    run(&translated, &p, &h);
    if (!same_state()) {
        explain(&p);
        abort();
    }
    return 0;
}
