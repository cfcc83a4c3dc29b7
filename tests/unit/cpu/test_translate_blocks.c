/* SPDX-License-Identifier: Apache-2.0
 *
 * Random loops of guest instructions on two CPUs, one that only interprets and one that translates what is hot: registers,
 * flags and memory must be the same at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "a64_decode.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"
#include "fake_machine.h"

enum {
    LOOPS = 400,      /* random programs */
    BODY = 40,        /* instructions in one */
    TURNS = 200,      /* times round: well over what makes code hot */
    WINDOW = 0x200000, /* data, from FAKE_RAM */
    WINDOW_SIZE = 0x3000,
    TABLE = 0x100000, /* translation tables */
    COUNTER = 28,     /* registers that the random instructions leave alone */
    BASE = 27,
    WALKER = 26, /* a base that accesses move: BASE + WALKER_START at the beginning of each turn */
    WALKER_START = 0xff0,
};
#define MAPPED UINT64_C(0x80000000) /* the window's virtual address */

static uint64_t seed = 0x1234567;

static uint32_t rnd(void)
{
    seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return (uint32_t)(seed >> 32);
}

static bool writes(const struct a64_row *row, uint32_t raw, unsigned reg)
{
    for (unsigned n = 0; n < 4; n++)
        if ((row->reg[n].kind == A64_REG_WRITE || row->reg[n].kind == A64_REG_SP) &&
            (raw >> row->reg[n].lo & 31) == reg)
            return true;
    return false;
}

/* A random encoding of a row, with its base register replaced by BASE if it accesses memory; 0: try again. */
static uint32_t random_insn(void)
{
    /* Most from those that the translator does itself, which come first in the two tables. */
    unsigned op = rnd() % 3 == 0 ? 1 + rnd() % 60 : rnd() % 2 ? A64_OP_FMOV + rnd() % 90 : 1 + rnd() % (A64_NR_OPS - 1);
    const struct a64_row *row = &a64_rows[op];
    uint32_t raw = (rnd() & ~row->mask) | row->value;

    if (!row->test || row->mem || a64_decode(raw) != (enum a64_opcode)(row - a64_rows) ||
        (row->skip && (row->skip)(raw)))
        return 0;
    if (writes(row, raw, COUNTER) || writes(row, raw, BASE) || writes(row, raw, WALKER) || writes(row, raw, 31))
        return 0;
    return raw;
}

/* A load or store near BASE or WALKER: LDR/STR (immediate), LDP/STP, with pre- and post-index, in random sizes. */
static uint32_t random_access(void)
{
    uint32_t rt = rnd() % 26, rt2 = (rt + 1 + rnd() % 20) % 26, size = rnd() & 3, opc = rnd() & 3;

    if ((size == 3 && opc >= 2) || (size == 2 && opc == 3))
        opc = 1;
    switch (rnd() % 6) {
    case 0: /* unsigned offset */
        return size << 30 | 0x39000000 | opc << 22 | (rnd() & 0x3f) << 10 | BASE << 5 | rt;
    case 1: /* unscaled, so also unaligned and over the page's end */
        return size << 30 | 0x38000000 | opc << 22 | (rnd() & 0x1ff) << 12 | BASE << 5 | rt;
    case 2:
        return (rnd() & 1) << 31 | 0x29000000 | (rnd() & 1) << 22 | (rnd() & 0x7f) << 15 | rt2 << 10 | BASE << 5 | rt;
    case 3: /* moving the base: post- or pre-index */
        return size << 30 | 0x38000400 | opc << 22 | (rnd() & 0x3f) << 12 | (rnd() & 1) << 11 | WALKER << 5 | rt;
    case 4: /* a pair, in one of the three forms */
        return (rnd() & 1) << 31 | 0x28000000 | (1 + rnd() % 3) << 23 | (rnd() & 1) << 22 | (rnd() & 7) << 15 | rt2 << 10 |
               WALKER << 5 | rt;
    default:
        return size << 30 | 0x39000000 | opc << 22 | (rnd() & 0x1f) << 10 | WALKER << 5 | rt;
    }
}

/* subs x28, x28, #1; b.ne to the start; hvc #0 */
static size_t make_program(uint32_t *code)
{
    size_t n = 0;

    code[n++] = 0x91000000 | WALKER_START << 10 | BASE << 5 | WALKER;
    while (n < BODY) {
        uint32_t raw = rnd() % 4 == 0 ? random_access() : random_insn();
        unsigned skip = 1 + rnd() % 3;

        if (raw)
            code[n++] = raw;
        if (n + 8 < BODY && rnd() % 6 == 0) /* b.cond, cbz, tbz over a few instructions */
            switch (rnd() % 3) {
            case 0:
                code[n++] = 0x54000000 | (skip + 1) << 5 | rnd() % 14;
                break;
            case 1:
                code[n++] = (rnd() & 0x81000000) | 0x34000000 | (skip + 1) << 5 | rnd() % 27;
                break;
            default:
                code[n++] = (rnd() & 0x81f80000) | 0x36000000 | (skip + 1) << 5 | rnd() % 27;
                break;
            }
    }
    code[n++] = 0xf1000400 | COUNTER << 5 | COUNTER;
    code[n] = 0x54000001 | ((uint32_t)(-(int32_t)n) & 0x7ffff) << 5;
    n++;
    code[n++] = 0xd4000002;
    return n;
}

static void put_descriptor(struct fake_machine *m, uint64_t table, unsigned index, uint64_t descriptor)
{
    assert_int_equal(mem_write(m->memory, FAKE_RAM + table + index * 8, &descriptor, sizeof(descriptor)), 0);
}

/* RAM as 1 GiB of Normal memory where it is; and above it the window, its pages in another order, so that an access over the
 * end of a page goes wrong if it is taken for one inside. */
static void map_memory(struct fake_machine *m)
{
    static const uint64_t order[] = {2, 0, 1};
    struct a64_cpu *cpu = m->cpu[0];

    put_descriptor(m, TABLE, 1, FAKE_RAM | 0x701); /* AF, inner shareable, index 0, block */
    put_descriptor(m, TABLE, MAPPED >> 30, (FAKE_RAM + TABLE + 0x1000) | 3);
    put_descriptor(m, TABLE + 0x1000, 0, (FAKE_RAM + TABLE + 0x2000) | 3);
    for (unsigned page = 0; page < ARRAY_LEN(order); page++)
        put_descriptor(m, TABLE + 0x2000, page, (FAKE_RAM + WINDOW + order[page] * A64_PAGE_SIZE) | 0x703);
    cpu->sys.ttbr0 = FAKE_RAM + TABLE;
    cpu->sys.tcr = 25 | UINT64_C(1) << 23 | 25 << 16 | UINT64_C(2) << 32;
    cpu->sys.mair = 0xff;
    cpu->sys.sctlr |= 1;
    cpu->sys.cpacr = 3 << 20;
    a64_tlb_flush(cpu);
    a64_mmu_select(cpu);
}

/* Numbers of either format, as often plain as not. */
static void random_vectors(union a64_vreg *v)
{
    for (unsigned n = 0; n < 32; n++)
        for (unsigned k = 0; k < 2; k++) {
            const double d = (double)(int32_t)rnd() / 1024;
            const float f[2] = {(float)(int32_t)rnd() / 64, (float)(rnd() % 5)};

            switch (rnd() % 4) {
            case 0:
                v[n].d[k] = (uint64_t)rnd() << 32 | rnd();
                break;
            case 1:
                memcpy(&v[n].d[k], f, sizeof(f));
                break;
            default:
                memcpy(&v[n].d[k], &d, sizeof(d));
                break;
            }
        }
}

static void start(struct fake_machine *m, const uint32_t *code, size_t nr, const uint64_t *x, const void *window,
                  const union a64_vreg *v, uint32_t fpsr)
{
    memcpy(m->cpu[0]->v, v, sizeof(m->cpu[0]->v));
    m->cpu[0]->fpsr = fpsr;
    m->cpu[0]->fpcr = 0;
    fake_machine_load(m, FAKE_RAM, code, nr);
    a64_code_invalidate_all(m->vm);
    assert_int_equal(mem_write(m->memory, FAKE_RAM + WINDOW, window, WINDOW_SIZE), 0);
    for (unsigned n = 0; n < 31; n++)
        a64_set_x(m->cpu[0], n, x[n]);
    m->cpu[0]->nzcv = 0;
}

static struct translate_stats seen; /* of all machines */

static void compare(struct fake_machine *a, struct fake_machine *b, const uint32_t *code, size_t nr)
{
    static uint8_t ma[WINDOW_SIZE], mb[WINDOW_SIZE];
    bool same = true;

    for (unsigned n = 0; n < 31; n++)
        if (a64_get_x(a->cpu[0], n) != a64_get_x(b->cpu[0], n)) {
            print_message("x%u: interpreted %#llx, translated %#llx\n", n, (unsigned long long)a64_get_x(a->cpu[0], n),
                          (unsigned long long)a64_get_x(b->cpu[0], n));
            same = false;
        }
    for (unsigned n = 0; n < 32; n++)
        if (memcmp(&a->cpu[0]->v[n], &b->cpu[0]->v[n], sizeof(union a64_vreg))) {
            print_message("v%u: interpreted %016llx%016llx, translated %016llx%016llx\n", n,
                          (unsigned long long)a->cpu[0]->v[n].d[1], (unsigned long long)a->cpu[0]->v[n].d[0],
                          (unsigned long long)b->cpu[0]->v[n].d[1], (unsigned long long)b->cpu[0]->v[n].d[0]);
            same = false;
        }
    same = same && a->cpu[0]->fpsr == b->cpu[0]->fpsr;
    same = same && a64_get_pstate(a->cpu[0]) == a64_get_pstate(b->cpu[0]);
    assert_int_equal(mem_read(a->memory, FAKE_RAM + WINDOW, ma, sizeof(ma)), 0);
    assert_int_equal(mem_read(b->memory, FAKE_RAM + WINDOW, mb, sizeof(mb)), 0);
    same = same && !memcmp(ma, mb, sizeof(ma));
    if (same)
        return;
    for (size_t n = 0; n < nr; n++)
        print_message("    %08x %s\n", code[n], a64_rows[a64_decode(code[n])].name);
    fail_msg("translated code computes something else");
}

static void random_loops_give_the_same_translated(void **state)
{
    static uint8_t window[WINDOW_SIZE];
    struct fake_machine a, b;
    uint32_t code[BODY + 8];
    union a64_vreg v[32];
    uint64_t x[31];
    uint32_t fpsr;

    (void)state;
    fake_machine_init(&a, 1, 0);
    translate_destroy(a.vm->translate);
    a.vm->translate = NULL;
    fake_machine_init(&b, 1, 0);
    if (!b.vm->translate)
        skip();
    map_memory(&a);
    map_memory(&b);
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        size_t nr = make_program(code);

        for (unsigned n = 0; n < 31; n++)
            x[n] = rnd() % 3 ? (uint64_t)rnd() << 32 | rnd() : rnd() % 3 - 1u;
        x[COUNTER] = TURNS;
        x[BASE] = MAPPED + 0x1000 - 0x80 + (rnd() & 0xf8);
        for (size_t n = 0; n < sizeof(window); n++)
            window[n] = (uint8_t)rnd();
        random_vectors(v);
        fpsr = rnd() & 1 ? FPSR_IXC : 0;
        start(&a, code, nr, x, window, v, fpsr);
        start(&b, code, nr, x, window, v, fpsr);
        fake_machine_run(&a);
        fake_machine_run(&b);
        compare(&a, &b, code, nr);
    }
    seen.blocks = translate_stats(b.vm->translate)->blocks;
    print_message("%llu blocks, %llu instructions, %llu bytes, %llu chained\n", (unsigned long long)seen.blocks,
                  (unsigned long long)translate_stats(b.vm->translate)->guest_insns,
                  (unsigned long long)translate_stats(b.vm->translate)->host_bytes,
                  (unsigned long long)translate_stats(b.vm->translate)->chained);
    assert_true(seen.blocks > LOOPS);
    fake_machine_finish(&a);
    fake_machine_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_loops_give_the_same_translated),
    };

    return cmocka_run_group_tests_name("translate_blocks", tests, NULL, NULL);
}
