/* SPDX-License-Identifier: Apache-2.0
 *
 * Random loops of guest instructions on two CPUs, one that only interprets and one that translates
 * what is hot: registers, flags and memory must be the same at the end. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "a64_decode.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/translate/front.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"
#include "pair.h"

#include <cmocka.h>

enum {
    LOOPS = 400,  /* random programs */
    BODY = 40,    /* instructions in one */
    TURNS = 200,  /* times round: well over what makes code hot */
    COUNTER = 28, /* registers that the random instructions leave alone */
    BASE = 27,
    OTHER_BASE = 29, /* BASE + 16 */
    WALKER = 26, /* a base that accesses move: BASE + WALKER_START at the beginning of each turn */
    WALKER_START = 0xff0,
    DEPTH = 700,          /* of calls: several times what the stack of frames holds */
    MANY_CALLS = 2000000, /* frames of these would fill any host's stack */
};

static bool writes(const struct a64_row *row, uint32_t raw, unsigned reg)
{
    for (unsigned n = 0; n < 4; n++)
        if ((row->reg[n].kind == A64_REG_WRITE || row->reg[n].kind == A64_REG_SP) &&
            (raw >> row->reg[n].lo & 31) == reg)
            return true;
    return false;
}

/* A random encoding of a row, with its base register replaced by BASE if it accesses memory; 0: try
 * again. */
static uint32_t random_insn(void)
{
    /* Most from those that the translator does itself, which come first in the two tables. */
    unsigned op = pair_random() % 3 == 0 ? 1 + pair_random() % 60
                  : pair_random() % 2    ? A64_OP_FMOV + pair_random() % 90
                                         : 1 + pair_random() % (A64_NR_OPS - 1);
    const struct a64_row *row = &a64_rows[op];
    uint32_t raw = (pair_random() & ~row->mask) | row->value;

    if (!row->test || row->mem || a64_decode(raw) != (enum a64_opcode)(row - a64_rows) ||
        (row->skip && (row->skip)(raw)))
        return 0;
    if (writes(row, raw, COUNTER) || writes(row, raw, BASE) || writes(row, raw, WALKER) ||
        writes(row, raw, OTHER_BASE) || writes(row, raw, 31))
        return 0;
    return raw;
}

/* Exclusives, often of the same size so that stores find the monitor set; CLREX; DC ZVA. */
static uint32_t random_exclusive(void)
{
    uint32_t rt = pair_random() % 26, rt2 = (rt + 1 + pair_random() % 12) % 26,
             status = (rt2 + 1 + pair_random() % 12) % 26,
             base = pair_random() % 3 ? BASE : OTHER_BASE,
             size = pair_random() % 2 ? 3 : pair_random() & 3;

    if (status == rt)
        status = 31;
    switch (pair_random() % 10) {
    case 0:
        return 0xd503305f; /* clrex */
    case 1:
        return 0xd50b7420 | base;
    case 2:
    case 3: /* ldxp, ldaxp */
        return (2 | (pair_random() & 1)) << 30 | 0x08600000 | 31 << 16 |
               (pair_random() & 1) << 15 | rt2 << 10 | base << 5 | rt;
    case 4:
    case 5: /* stxp, stlxp */
        return (2 | (pair_random() & 1)) << 30 | 0x08200000 | status << 16 |
               (pair_random() & 1) << 15 | rt2 << 10 | base << 5 | rt;
    case 6:
    case 7: /* ldxr, ldaxr */
        return size << 30 | 0x08400000 | 31 << 16 | (pair_random() & 1) << 15 | 31 << 10 |
               BASE << 5 | rt;
    default: /* stxr, stlxr */
        return size << 30 | 0x08000000 | status << 16 | (pair_random() & 1) << 15 | 31 << 10 |
               BASE << 5 | rt;
    }
}

/* A load or store near BASE or WALKER: LDR/STR (immediate), LDP/STP, with pre- and post-index, in
 * random sizes. */
static uint32_t random_access(void)
{
    uint32_t rt = pair_random() % 26, rt2 = (rt + 1 + pair_random() % 20) % 26,
             size = pair_random() & 3, opc = pair_random() & 3;

    if ((size == 3 && opc >= 2) || (size == 2 && opc == 3))
        opc = 1;
    switch (pair_random() % 8) {
    case 0: /* unsigned offset */
        return size << 30 | 0x39000000 | opc << 22 | (pair_random() & 0x3f) << 10 | BASE << 5 | rt;
    case 1: /* unscaled, so also unaligned and over the page's end */
        return size << 30 | 0x38000000 | opc << 22 | (pair_random() & 0x1ff) << 12 | BASE << 5 | rt;
    case 2:
        return (pair_random() & 1) << 31 | 0x29000000 | (pair_random() & 1) << 22 |
               (pair_random() & 0x7f) << 15 | rt2 << 10 | BASE << 5 | rt;
    case 3: /* moving the base: post- or pre-index */
        return size << 30 | 0x38000400 | opc << 22 | (pair_random() & 0x3f) << 12 |
               (pair_random() & 1) << 11 | WALKER << 5 | rt;
    case 4: /* a pair, in one of the three forms */
        return (pair_random() & 1) << 31 | 0x28000000 | (1 + pair_random() % 3) << 23 |
               (pair_random() & 1) << 22 | (pair_random() & 7) << 15 | rt2 << 10 | WALKER << 5 | rt;
    case 6: /* an atomic, of the first eight or SWP */
        return (2 | (pair_random() & 1)) << 30 | 0x38200000 | rt2 << 16 |
               ((pair_random() & 8) ? 8 : pair_random() & 7) << 12 | BASE << 5 | rt;
    case 7: /* compare and swap */
        return (2 | (pair_random() & 1)) << 30 | 0x08a07c00 | rt2 << 16 | BASE << 5 | rt;
    default:
        return size << 30 | 0x39000000 | opc << 22 | (pair_random() & 0x1f) << 10 | WALKER << 5 |
               rt;
    }
}

/* subs x28, x28, #1; b.ne to the start; hvc #0 */
static size_t make_program(uint32_t *code)
{
    unsigned exclusives = pair_random() % 4 ? 24 : 2; /* one instruction in so many, about */
    size_t n = 0;

    code[n++] = 0x91000000 | WALKER_START << 10 | BASE << 5 | WALKER;
    while (n < BODY) {
        uint32_t raw = pair_random() % 4 == 0            ? random_access()
                       : pair_random() % exclusives == 0 ? random_exclusive()
                                                         : random_insn();
        unsigned skip = 1 + pair_random() % 3;

        if (raw)
            code[n++] = raw;
        if (n + 8 < BODY && pair_random() % 6 == 0) /* b.cond, cbz, tbz over a few instructions */
            switch (pair_random() % 3) {
            case 0:
                code[n++] = 0x54000000 | (skip + 1) << 5 | pair_random() % 14;
                break;
            case 1:
                code[n++] = (pair_random() & 0x81000000) | 0x34000000 | (skip + 1) << 5 |
                            pair_random() % 27;
                break;
            default:
                code[n++] = (pair_random() & 0x81f80000) | 0x36000000 | (skip + 1) << 5 |
                            pair_random() % 27;
                break;
            }
    }
    code[n++] = 0xf1000400 | COUNTER << 5 | COUNTER;
    code[n] = 0x54000001 | ((uint32_t)(-(int32_t)n) & 0x7ffff) << 5;
    n++;
    code[n++] = 0xd4000002;
    return n;
}

/* Numbers of either format, as often plain as not. */
static void random_vectors(union a64_vreg *v)
{
    for (unsigned n = 0; n < 32; n++)
        for (unsigned k = 0; k < 2; k++) {
            const double d = (double)(int32_t)pair_random() / 1024;
            const float f[2] = {(float)(int32_t)pair_random() / 64, (float)(pair_random() % 5)};

            switch (pair_random() % 4) {
            case 0:
                v[n].d[k] = (uint64_t)pair_random() << 32 | pair_random();
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

static void random_loops_give_the_same_translated(void **state)
{
    const char *more = getenv("BERTH_TEST_LOOPS");
    unsigned long loops = more ? strtoul(more, NULL, 10) : LOOPS;
    static struct pair_state s;
    const struct translate_stats *stats;
    struct pair p;
    uint32_t code[BODY + 8];

    (void)state;
    pair_init(&p);
    for (unsigned long loop = 0; loop < loops; loop++) {
        size_t nr = make_program(code);

        for (unsigned n = 0; n < 31; n++)
            s.x[n] = pair_random() % 3 ? (uint64_t)pair_random() << 32 | pair_random()
                                       : pair_random() % 3 - 1u;
        s.x[COUNTER] = TURNS;
        s.x[BASE] = PAIR_MAPPED + 0x1000 - 0x80 + (pair_random() & 0xf0);
        s.x[OTHER_BASE] = s.x[BASE] + 16;
        for (size_t n = 0; n < sizeof(s.window); n++)
            s.window[n] = (uint8_t)pair_random();
        random_vectors(s.v);
        s.fpsr = pair_random() & 1 ? FPSR_IXC : 0;
        pair_run(&p, code, nr, &s);
    }
    stats = translate_stats(p.translates.vm->translate);
    print_message("%llu blocks, %llu instructions, %llu bytes, %llu chained\n",
                  (unsigned long long)stats->blocks, (unsigned long long)stats->guest_insns,
                  (unsigned long long)stats->host_bytes, (unsigned long long)stats->chained);
    assert_true(stats->blocks >= loops);
    pair_finish(&p);
}

/* The trace from 2 goes on at 4, and what is left behind the branch at 1 is its own beginning. */
static void a_way_out_to_the_beginning_is_no_loop(void **state)
{
    static const uint32_t code[] = {
        0x14000002,                          /* b 2 */
        0xb4000060 | 31,                     /* 1: cbz xzr, 4 */
        0x91000400,                          /* 2: add x0, x0, #1 */
        0x17fffffe,                          /* b 1 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* 4: subs x28, x28, #1 */
        0x54000040,                          /* b.eq 7 */
        0xd61f0020,                          /* br x1: to 2 */
        0xd4000002,                          /* 7: hvc #0 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    s.x[COUNTER] = TURNS;
    s.x[1] = FAKE_RAM + 8;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 0), TURNS);
    pair_finish(&p);
}

/* A function that calls itself, its links in memory: more calls than the stack of frames holds, all of them returned from. */
static void calls_return_from_any_depth(void **state)
{
    static const uint32_t code[] = {
        0xd2800000 | DEPTH << 5,             /* 0: mov x0, #DEPTH */
        0x94000004,                          /* bl 5 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54ffffa1,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
        0xf8008400 | BASE << 5 | 30,         /* 5: str x30, [x27], #8 */
        0xd1000400,                          /* sub x0, x0, #1 */
        0xb4000040,                          /* cbz x0, 9 */
        0x97fffffd,                          /* bl 5 */
        0x91000421,                          /* 9: add x1, x1, #1 */
        0xf85f8c00 | BASE << 5 | 30,         /* ldr x30, [x27, #-8]! */
        0xd65f03c0,                          /* ret */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    s.x[COUNTER] = TURNS;
    s.x[BASE] = FAKE_RAM + PAIR_WINDOW;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 1), DEPTH * TURNS);
    pair_finish(&p);
}

static void calls_need_not_return(void **state)
{
    static const uint32_t code[] = {
        0xf1000400 | COUNTER << 5 | COUNTER, /* 0: subs x28, x28, #1 */
        0x54000060,                          /* b.eq 4 */
        0x91000421,                          /* add x1, x1, #1 */
        0x97fffffd,                          /* bl 0 */
        0xd4000002,                          /* 4: hvc #0 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    s.x[COUNTER] = MANY_CALLS;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 1), MANY_CALLS - 1);
    pair_finish(&p);
}

enum { FUNCTIONS = 36, WORDS = 7, HOT_RUNS = 100, SETTLED_US = 50000 };

/* Function n of a page, each of which calls the next one twice; only x0 levels deep. */
static void run_function(struct fake_machine *m, uint64_t n, uint64_t levels, struct a64_exit *exit)
{
    struct a64_cpu *cpu = m->cpu[0];

    a64_set_x(cpu, 0, levels);
    a64_set_x(cpu, BASE, FAKE_RAM + PAIR_WINDOW);
    a64_set_x(cpu, 30, FAKE_RAM + A64_PAGE_SIZE);
    a64_set_pc(cpu, FAKE_RAM + n * WORDS * sizeof(uint32_t));
    a64_run(cpu, exit);
}

static void *run_all_levels(void *arg)
{
    struct a64_exit exit;

    run_function(arg, 0, FUNCTIONS + 1, &exit);
    return exit.kind == A64_EXIT_KICKED ? arg : NULL;
}

/* Nobody goes back in the page, yet all levels take minutes. */
static void a_kick_ends_calls_that_only_go_onwards(void **state)
{
    static const uint32_t function[WORDS] = {
        0xb40000c0, /* cbz x0, ret */
        0xa881037e, /* stp x30, x0, [x27], #16 */
        0xd1000400, /* sub x0, x0, #1 */
        0x94000004, /* bl to the next */
        0x94000003, /* bl to the next */
        0xa9ff037e, /* ldp x30, x0, [x27, #-16]! */
        0xd65f03c0, /* ret */
    };
    static const uint32_t hvc = 0xd4000002;
    struct pair p;
    struct fake_machine *m = &p.translates;
    struct a64_exit exit;
    pthread_t thread;
    void *kicked;

    (void)state;
    pair_init(&p);
    for (uint64_t n = 0; n < FUNCTIONS; n++)
        fake_machine_load(m, FAKE_RAM + n * sizeof(function), function, WORDS);
    fake_machine_load(m, FAKE_RAM + FUNCTIONS * sizeof(function), &function[WORDS - 1], 1);
    fake_machine_load(m, FAKE_RAM + A64_PAGE_SIZE, &hvc, 1);
    for (unsigned n = 0; n < FUNCTIONS * HOT_RUNS; n++)
        run_function(m, n % FUNCTIONS, 2, &exit);
    assert_int_equal(pthread_create(&thread, NULL, run_all_levels, m), 0);
    usleep(SETTLED_US);
    a64_kick(m->cpu[0]);
    assert_int_equal(pthread_join(thread, &kicked), 0);
    assert_non_null(kicked);
    pair_finish(&p);
}

/* A function that returns to one instruction further, called directly and indirectly; then one that returns for its caller. */
static void returns_may_go_elsewhere(void **state)
{
    static const uint32_t code[] = {
        0x9400000a,                          /* 0: bl 10 */
        0x91000421,                          /* add x1, x1, #1: skipped */
        0x91000442,                          /* add x2, x2, #1 */
        0xd63f00a0,                          /* blr x5: 10 */
        0x91000463,                          /* add x3, x3, #1: skipped */
        0x94000007,                          /* bl 12 */
        0x91000484,                          /* add x4, x4, #1 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54ffff01,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
        0x910013de,                          /* 10: add x30, x30, #4 */
        0xd65f03c0,                          /* ret */
        0xaa1e03e6,                          /* 12: mov x6, x30 */
        0x94000002,                          /* bl 15 */
        0x91000421,                          /* add x1, x1, #1: never */
        0xd65f00c0,                          /* 15: ret x6 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    s.x[COUNTER] = TURNS;
    s.x[5] = FAKE_RAM + 40;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    for (unsigned n = 1; n <= 4; n++)
        assert_int_equal(a64_get_x(p.translates.cpu[0], n), n == 2 || n == 4 ? TURNS : 0);
    pair_finish(&p);
}

/* From the last instruction of a page, and to another. */
static void calls_cross_pages(void **state)
{
    enum { LAST = 1023, FIRST = LAST - 1, FUNCTION = LAST + 6 };
    static uint32_t code[FUNCTION + 3];
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    code[0] = 0x14000000 | FIRST;
    code[FIRST] = 0x94000000 | (FUNCTION - FIRST);
    code[LAST] = 0x94000000 | (FUNCTION - LAST);
    code[LAST + 1] = 0x91000442;                          /* add x2, x2, #1 */
    code[LAST + 2] = 0xf1000400 | COUNTER << 5 | COUNTER; /* subs x28, x28, #1 */
    code[LAST + 3] = 0x54ffff81;                          /* b.ne FIRST */
    code[LAST + 4] = 0xd4000002;                          /* hvc #0 */
    code[FUNCTION] = 0x91000421;                          /* add x1, x1, #1 */
    code[FUNCTION + 1] = 0xd65f03c0;                      /* ret */
    s.x[COUNTER] = TURNS;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 1), 2 * TURNS);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 2), TURNS);
    pair_finish(&p);
}

/* Every second time, a function of the kernel does not return but goes to EL0, which returns to where it was called: that is not
 * executable there. */
static void returns_are_of_their_context(void **state)
{
    enum { VECTORS = 0x800 / 4, LOWER_EL = VECTORS + 0x400 / 4, NEXT = 6 };
    static uint32_t code[LOWER_EL + 2] = {
        0xf900010a,                          /* str x10, [x8]: PAIR_MAPPED is EL0's */
        0xd518c010,                          /* msr vbar_el1, x16 */
        0xd5184026,                          /* 2: msr elr_el1, x6 */
        0xd518401f,                          /* msr spsr_el1, xzr */
        0x94000005,                          /* bl 9 */
        0x91000421,                          /* add x1, x1, #1 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* NEXT: subs x28, x28, #1 */
        0x54ffff61,                          /* b.ne 2 */
        0xd4000002,                          /* hvc #0 */
        0xd24001ef,                          /* 9: eor x15, x15, #1 */
        0xb400004f,                          /* cbz x15, 12 */
        0xd69f03e0,                          /* eret */
        0xd65f03c0,                          /* 12: ret */
    };
    static struct pair_state s;
    const uint32_t user = 0xd65f03c0; /* ret */
    struct pair p;

    (void)state;
    pair_init(&p);
    code[LOWER_EL] = 0x91000442; /* add x2, x2, #1 */
    code[LOWER_EL + 1] = 0x14000000 | (0x3ffffff & (uint32_t)(NEXT - (LOWER_EL + 1)));
    s.x[COUNTER] = TURNS;
    s.x[6] = PAIR_MAPPED;
    s.x[8] = PAIR_DESCRIPTORS;
    s.x[10] = (FAKE_RAM + PAIR_WINDOW) | PAIR_USER_PAGE;
    s.x[16] = FAKE_RAM + VECTORS * sizeof(code[0]);
    memcpy(s.window, &user, sizeof(user));
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 1), TURNS / 2);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 2), TURNS / 2);
    pair_finish(&p);
}

/* A page of code is mapped to one of two in turns. A direct branch goes there from another page, and a call. */
static void branches_are_of_their_context(void **state)
{
    static const uint32_t code[] = {
        0xf900050a,                          /* 0: str x10, [x8, #8] */
        0xd5033f9f, 0xd508871f, 0xd5033f9f,  /* dsb sy; tlbi vmalle1; dsb sy */
        0xd5033fdf,                          /* isb */
        0xd63f00c0, 0xd63f00e0,              /* blr x6; blr x7 */
        0xaa0a03ec, 0xaa0b03ea, 0xaa0c03eb,  /* x10 and x11 change places */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54fffea1,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
    };
    static const uint32_t first[] = {0x91000694 /* add x20, x20, #1 */, 0x140003ff /* b: to the next page */};
    static const uint32_t second[2][2] = {{0x91004294 /* add x20, x20, #16 */, 0xd65f03c0 /* ret */},
                                          {0x91040294 /* add x20, x20, #256 */, 0xd65f03c0}};
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    memcpy(s.window + 2 * A64_PAGE_SIZE, first, sizeof(first));
    for (size_t n = 0; n < ARRAY_LEN(second); n++)
        memcpy(s.window + n * A64_PAGE_SIZE, second[n], sizeof(second[n]));
    s.x[COUNTER] = TURNS;
    s.x[6] = PAIR_MAPPED;
    s.x[7] = PAIR_MAPPED + A64_PAGE_SIZE;
    s.x[8] = PAIR_DESCRIPTORS;
    s.x[10] = (FAKE_RAM + PAIR_WINDOW) | PAIR_NORMAL_PAGE;
    s.x[11] = s.x[10] + A64_PAGE_SIZE;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 20), TURNS * (1 + 16 + 256));
    pair_finish(&p);
}

/* The number of accesses to tables in these instructions, as a loop. */
static unsigned nr_tables(const uint32_t *code, size_t nr)
{
    static struct a64_insn insn[8];
    static struct ir_block b;
    unsigned tables = 0;

    assert_true(nr <= ARRAY_LEN(insn));
    b.nr = 0;
    for (size_t n = 0; n < nr; n++) {
        a64_predecode(&insn[n], code[n], (unsigned)n * 4, A64_PREDECODE_ALONE);
        front_insn(&b, &insn[n]);
    }
    ir_optimise(&b);
    for (unsigned k = 0; k < b.nr; k++)
        tables += ir_is_table(&b, k);
    return tables;
}

static void tables_stay_and_have_small_indexes(void **state)
{
    static const uint32_t by_byte[] = {0x92401c22 /* and x2, x1, #255 */, 0xb8627862 /* ldr w2, [x3, x2, lsl #2] */};
    static const uint32_t by_loaded[] = {0x39400022 /* ldrb w2, [x1] */, 0x38626862 /* ldrb w2, [x3, x2] */};
    static const uint32_t by_too_much[] = {0x92403422 /* and x2, x1, #16383 */, 0x38626862 /* ldrb w2, [x3, x2] */};
    static const uint32_t by_anything[] = {0x8b010022 /* add x2, x1, x1 */, 0x38626862 /* ldrb w2, [x3, x2] */};
    static const uint32_t that_moves[] = {0x92401c22 /* and x2, x1, #255 */, 0xb8627862 /* ldr w2, [x3, x2, lsl #2] */,
                                          0x91000463 /* add x3, x3, #1 */};

    (void)state;
    assert_int_equal(nr_tables(by_byte, ARRAY_LEN(by_byte)), 1);
    assert_int_equal(nr_tables(by_loaded, ARRAY_LEN(by_loaded)), 1);
    assert_int_equal(nr_tables(by_too_much, ARRAY_LEN(by_too_much)), 0);
    assert_int_equal(nr_tables(by_anything, ARRAY_LEN(by_anything)), 0);
    assert_int_equal(nr_tables(that_moves, ARRAY_LEN(that_moves)), 0);
}

/* A table on two pages that are not neighbours. */
static void tables_may_cross_pages(void **state)
{
    static const uint32_t code[] = {
        0x92401c22,                          /* 0: and x2, x1, #255 */
        0xb8627862,                          /* ldr w2, [x3, x2, lsl #2] */
        0x4a412041,                          /* eor w1, w2, w1, lsr #8 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54ffff81,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    for (size_t n = 0; n < sizeof(s.window); n++)
        s.window[n] = (uint8_t)pair_random();
    s.x[1] = 1;
    s.x[3] = PAIR_MAPPED + 0x1000 - 0x1f6;
    s.x[COUNTER] = 20 * TURNS;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    pair_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_loops_give_the_same_translated),
        cmocka_unit_test(a_way_out_to_the_beginning_is_no_loop),
        cmocka_unit_test(tables_stay_and_have_small_indexes),
        cmocka_unit_test(tables_may_cross_pages),
        cmocka_unit_test(calls_return_from_any_depth),
        cmocka_unit_test(calls_need_not_return),
        cmocka_unit_test(a_kick_ends_calls_that_only_go_onwards),
        cmocka_unit_test(returns_may_go_elsewhere),
        cmocka_unit_test(calls_cross_pages),
        cmocka_unit_test(returns_are_of_their_context),
        cmocka_unit_test(branches_are_of_their_context),
    };

    return cmocka_run_group_tests_name("translate_blocks", tests, NULL, NULL);
}
