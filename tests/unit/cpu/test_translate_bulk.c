/* SPDX-License-Identifier: Apache-2.0
 *
 * Loops that copy, fill and search, as C libraries, kernels and compilers write them, and with random changes, interpreted and
 * translated: distances, directions, overlap, page ends, pages mapped twice, counts of all sizes, and faults on the way, at
 * which everything must be as it was before the instruction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/compiler.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"
#include "pair.h"

#include <cmocka.h>

enum {
    PROGRAMS = 15000,
    EACH = 4, /* states that a program runs from */
    MAX_CODE = 128,
    VECTORS = 0x40000, /* exception vectors, from FAKE_RAM */
    NR_CASES = 11,
    TO = 0, /* registers */
    FROM = 1,
    COUNT = 2,
    END = 3,
    INDEX = 4,
    DATA = 5,    /* and those behind it */
    SAVED = 20,  /* TO, FROM, COUNT, END as the loop is begun with */
    OUTER = 28,
    HVC = 0xd4000002,
};

struct program {
    uint32_t code[MAX_CODE];
    size_t nr, loop; /* instructions; where the loop begins */
    unsigned stride; /* bytes a turn */
    bool exact;      /* it ends only when the count is met exactly */
    bool down;       /* it goes down in memory */
};

static void put(struct program *p, uint32_t raw)
{
    assert_true(p->nr < MAX_CODE);
    p->code[p->nr++] = raw;
}

static unsigned pick(unsigned n)
{
    return pair_random() % n;
}

static uint32_t mov(unsigned rd, unsigned rm)
{
    return 0xaa0003e0 | rm << 16 | rd;
}

static uint32_t add(unsigned rd, unsigned rn, int imm)
{
    return (imm < 0 ? 0xd1000000 : 0x91000000) | ((uint32_t)abs(imm) & 0xfff) << 10 | rn << 5 | rd;
}

/* LDR or STR, unsigned offset: size 0 to 3 general, 4 to 6 vector registers of 4, 8, 16 bytes. */
static uint32_t access(unsigned size, bool load, unsigned rt, unsigned rn, unsigned offset)
{
    static const uint32_t base[] = {0x39000000, 0x79000000, 0xb9000000, 0xf9000000, 0xbd000000, 0xfd000000, 0x3d800000};
    static const uint8_t shift[] = {0, 1, 2, 3, 2, 3, 4};

    return base[size] | (uint32_t)load << 22 | (offset >> shift[size] & 0xfff) << 10 | rn << 5 | rt;
}

/* LDP or STP of general or Q registers: mode 1 post-index, 2 offset, 3 pre-index. */
static uint32_t pair_access(bool vector, bool load, unsigned mode, unsigned rt, unsigned rt2, unsigned rn, int offset)
{
    return (vector ? 0xac000000 : 0xa8000000) | mode << 23 | (uint32_t)load << 22 |
           ((uint32_t)(offset / (vector ? 16 : 8)) & 0x7f) << 15 | rt2 << 10 | rn << 5 | rt;
}

static void branch_back(struct program *p, uint32_t raw)
{
    put(p, raw | ((uint32_t)((int32_t)p->loop - (int32_t)p->nr) & 0x7ffff) << 5);
}

/* Counts down, or compares FROM with END. */
static void end_loop(struct program *p, bool by_address)
{
    static const uint8_t down[] = {8, 1, 12, 10, 5, 2}, up[] = {1, 3, 11, 9, 4};
    unsigned cond = by_address ? up[pick(5)] : down[pick(6)];

    p->exact = cond == 1;
    if (by_address)
        put(p, 0xeb00001f | END << 16 | FROM << 5);
    else
        put(p, 0xf1000000 | p->stride << 10 | COUNT << 5 | COUNT);
    branch_back(p, 0x54000000 | cond);
}

/* Loads and stores of one size at several offsets, in any order, or a fill; a few of them wrong. */
static void simple_copy(struct program *p)
{
    static const uint8_t bytes[] = {1, 2, 4, 8, 4, 8, 16};
    unsigned size = pick(7), nr = 1 + pick(4), fill = pick(4) == 0, ahead = pick(3) == 0;
    bool down = pick(8) == 0;

    p->stride = bytes[size] * nr;
    for (unsigned n = 0; n < nr && ahead; n++)
        put(p, access(size, true, DATA + n, FROM, n * bytes[size]));
    p->loop = p->nr;
    if (ahead)
        put(p, add(FROM, FROM, (int)p->stride));
    for (unsigned n = 0; n < nr; n++) {
        unsigned at = n * bytes[size], wrong = pick(24) == 0 ? bytes[size] : 0;

        if (!fill && !ahead)
            put(p, access(size, true, DATA + n, FROM, at + (pick(40) == 0 ? 16 : 0)));
        put(p, access(size, false, fill ? pick(12) ? DATA : 31 : DATA + n, TO, at + wrong));
        if (!fill && ahead)
            put(p, access(size, true, DATA + n, FROM, at));
    }
    if (!ahead)
        put(p, add(FROM, FROM, (int)p->stride * (down ? -1 : 1)));
    put(p, add(TO, TO, (int)p->stride * (down ? -1 : 1)));
    end_loop(p, !down && pick(2));
    p->down = down;
}

/* The way of C libraries: 64 bytes a turn, stores behind the next turn's loads. */
static void library_copy(struct program *p)
{
    bool vector = pick(2);
    unsigned step = vector ? 32 : 16, nr = 64 / step;

    p->stride = 64;
    for (unsigned n = 0; n < nr; n++)
        put(p, pair_access(vector, true, 2, DATA + 2 * n, DATA + 2 * n + 1, FROM, (int)(n * step)));
    put(p, add(TO, TO, -(int)step));
    put(p, add(FROM, FROM, 64 - (int)step));
    p->loop = p->nr;
    for (unsigned n = 0; n < nr; n++) {
        unsigned mode = n == nr - 1 ? 3 : 2, at = (n + 1) * step;

        put(p, pair_access(vector, false, mode, DATA + 2 * n, DATA + 2 * n + 1, TO, (int)at));
        put(p, pair_access(vector, true, mode, DATA + 2 * n, DATA + 2 * n + 1, FROM, (int)at));
    }
    end_loop(p, false);
}

/* What compilers make of a loop over arrays. */
static void indexed(struct program *p)
{
    bool store = pick(3), change = pick(2);

    p->stride = 16;
    put(p, mov(INDEX, 31));
    p->loop = p->nr;
    put(p, 0x3ce06800 | INDEX << 16 | FROM << 5 | DATA);
    if (change)
        put(p, 0x4e208400 | (DATA + 1) << 16 | DATA << 5 | DATA);
    if (store)
        put(p, 0x3ca06800 | INDEX << 16 | TO << 5 | DATA);
    put(p, add(INDEX, INDEX, 16));
    put(p, 0xeb00001f | COUNT << 16 | INDEX << 5);
    p->exact = pick(2);
    branch_back(p, p->exact ? 0x54000001 : 0x54000003);
}

/* Vectors computed from vectors, in place or elsewhere. */
static void computed(struct program *p)
{
    static const uint32_t ops[] = {
        0x4e208400, 0x6e208400, 0x4e609c00, 0x4e201c00, 0x6e201c00, 0x6e601c00, 0x6e208c00, 0x4ea03400, 0x6e206c00,
        0x6e206400, 0x6e200400, 0x4e208c00, 0x6e203400, 0x4e604400, 0x2e208400, 0x4f105400, 0x6f180400, 0x4e20b800,
        0x6e209800, 0x4e609400, 0x6ee03400, 0x4e201c00 | 1 << 29, 0x4f0b5400,
    };
    unsigned nr = 1 + pick(4), to = pick(3) ? TO : FROM;

    p->stride = 16;
    p->loop = p->nr;
    put(p, 0x3dc00000 | FROM << 5 | 1);
    if (pick(3) == 0)
        put(p, 0x3dc00000 | pick(2) << 10 | TO << 5 | 2);
    for (unsigned n = 0; n < nr; n++) {
        uint32_t op = ops[pick(ARRAY_LEN(ops))], three = (op >> 10 & 1) && !(op >> 24 & 1);

        put(p, op | (three ? pick(6) << 16 : 0) | pick(4) << 5 | (1 + pick(2)));
    }
    put(p, 0x3d800000 | to << 5 | (1 + pick(2)));
    put(p, add(FROM, FROM, 16));
    put(p, add(TO, TO, 16));
    end_loop(p, pick(2));
}

static void fill_pairs(struct program *p)
{
    bool vector = pick(2);
    unsigned reg = !vector && pick(2) ? 31 : DATA, nr = 1 + pick(2), step = vector ? 32 : 16;

    p->stride = nr * step;
    p->loop = p->nr;
    if (nr == 2)
        put(p, pair_access(vector, false, 2, reg, reg, TO, (int)step));
    put(p, pair_access(vector, false, 1, reg, reg, TO, (int)p->stride));
    end_loop(p, false);
}

/* DC ZVA, as C libraries and kernels clear pages. */
static void clear_blocks(struct program *p)
{
    p->stride = 64;
    p->loop = p->nr;
    put(p, 0xd50b7420 | TO); /* dc zva, x0 */
    if (pick(6) == 0)
        put(p, pair_access(false, false, 2, DATA, DATA, TO, 16));
    put(p, add(TO, TO, pick(8) ? 64 : 32));
    end_loop(p, false);
}

/* Two vectors a turn, for a zero. */
static void search_zero(struct program *p)
{
    uint32_t wider = pick(5) == 0 ? 1 << 22 : 0, whole = pick(5) ? 1u << 30 : 0;

    p->stride = 32;
    p->loop = p->nr;
    put(p, pair_access(true, true, pick(2) ? 3 : 1, 1, 2, FROM, 32));
    put(p, 0x2e22ac20 | wider | whole); /* uminp v0.16b, v1.16b, v2.16b */
    put(p, 0x2e20ac00 | wider | whole); /* uminp v0.16b, v0.16b, v0.16b */
    put(p, 0x0e209800 | (whole ^ (1u << 30)) | wider); /* cmeq v0.8b, v0.8b, #0 */
    put(p, 0x9e660000 | (DATA + 3)); /* fmov x, d0 */
    branch_back(p, 0xb4000000 | (DATA + 3));
}

/* One or two vectors a turn, for a byte in v0, or one of 2, 4, 8 bytes, and no further than COUNT. */
static void search_equal(struct program *p)
{
    uint32_t size = pick(4) << 22;
    bool two = pick(2), narrow = pick(2);
    uint32_t other = two && pick(3) == 0 ? 8 : 0; /* the second half has registers of its own */

    p->stride = two ? 32 : 16;
    p->loop = p->nr;
    if (two) {
        put(p, 0x3cc10c21);                                /* ldr q1, [x1, #16]! */
        put(p, 0x6e208c22 | size);                         /* cmeq v2, v1, v0 */
        put(p, narrow ? 0x0f0c8443 : 0x6e22a443);          /* shrn v3.8b, v2.8h, #4; umaxp v3.16b, v2.16b, v2.16b */
        put(p, 0x9e660060 | DATA);                         /* fmov x5, d3 */
        put(p, 0xb5000000 | 8 << 5 | DATA);                /* cbnz: behind the loop */
    }
    put(p, 0x3cc10c21 + other);
    put(p, 0xf1000000 | p->stride << 10 | COUNT << 5 | COUNT);
    put(p, (0x6e208c22 | size) + (other << 5) + other);
    put(p, 0x54000000 | 4 << 5 | (pick(2) ? 9 : 3)); /* b.ls or b.cc, likewise */
    put(p, (narrow ? 0x0f0c8443 : 0x6e22a443 + (other << 16)) + (other << 5) + other);
    put(p, 0x9e660060 + (other << 5) + DATA + other);
    branch_back(p, 0xb4000000 + DATA + other);
}

/* Two places, until they differ. */
static void search_difference(struct program *p)
{
    p->stride = 32;
    p->loop = p->nr;
    put(p, 0x3dc00000 | FROM << 5);          /* ldr q0, [x1] */
    put(p, 0x3dc00000 | TO << 5 | 1);        /* ldr q1, [x0] */
    put(p, 0xf1000000 | 32 << 10 | COUNT << 5 | COUNT);
    put(p, pick(9) ? 0x6e211c00 : 0x4e211c00); /* eor v0, v0, v1 (or and) */
    put(p, 0x3dc00400 | FROM << 5 | 2);      /* ldr q2, [x1, #16] */
    put(p, 0x3dc00400 | TO << 5 | 3);
    put(p, add(FROM, FROM, 32));
    put(p, add(TO, TO, 32));
    put(p, 0x6e231c41);                      /* eor v1, v2, v3 */
    put(p, 0x6e21a400);                      /* umaxp v0, v0, v1 */
    put(p, 0x6e20a400);
    put(p, 0x9e660000 | DATA);
    put(p, 0xfa408800 | DATA << 5);          /* ccmp x5, #0, #0, hi */
    branch_back(p, 0x54000000);              /* b.eq */
}

/* for (OUTER times) { from the saved registers; the loop; move the saved ones } */
static void make_program(struct program *p)
{
    static void (*const loops[NR_CASES])(struct program *) = {
        simple_copy, simple_copy, library_copy, indexed, fill_pairs, search_zero, search_equal, search_difference, computed, computed,
        clear_blocks,
    };
    size_t back;

    *p = (struct program){0};
    for (unsigned n = 0; n < 4; n++)
        put(p, mov(n, SAVED + n));
    loops[pick(NR_CASES)](p);
    put(p, add(SAVED + TO, SAVED + TO, (int)pick(40)));
    put(p, add(SAVED + FROM, SAVED + FROM, (int)pick(40)));
    put(p, 0xf1000400 | OUTER << 5 | OUTER);
    back = p->nr;
    put(p, 0x54000001 | ((uint32_t)(-(int32_t)back) & 0x7ffff) << 5);
    put(p, HVC);
}

/* An address in the window, once or the other time that it is mapped. */
static uint64_t address(unsigned align)
{
    uint64_t at = pick(PAIR_WINDOW_SIZE - 0x400);

    return (pick(4) ? PAIR_MAPPED : FAKE_RAM + PAIR_WINDOW) + (at & ~(uint64_t)(align - 1));
}

/* Where that is in the window, whose pages are mapped in another order. */
static size_t in_window(uint64_t va)
{
    uint64_t at = va - PAIR_MAPPED;

    if (va < PAIR_MAPPED)
        return (size_t)(va - FAKE_RAM - PAIR_WINDOW);
    return (size_t)(PAIR_WINDOW_SIZE - A64_PAGE_SIZE - (at & ~(uint64_t)(A64_PAGE_SIZE - 1)) + (at & (A64_PAGE_SIZE - 1)));
}

static void random_state(struct pair_state *s, const struct program *p)
{
    static const uint8_t aligns[] = {1, 8, 16, 64};
    unsigned align = aligns[pick(4)];
    uint64_t turns = pick(6) ? 60 + pick(140) : 1 + pick(4);
    uint8_t byte = (uint8_t)pick(256);
    bool same = pick(3) > 0;

    for (unsigned n = 0; n < 31; n++)
        s->x[n] = pair_random();
    for (size_t n = 0; n < sizeof(s->window); n++)
        s->window[n] = same ? 0x55 : (uint8_t)(1 + pick(255));
    if (same)
        s->window[pick(sizeof(s->window))] = pick(2) ? 0 : byte;
    memset(s->v, pick(2) ? byte : 0x77, sizeof(s->v));
    s->x[SAVED + TO] = address(align);
    s->x[SAVED + FROM] = pick(3) ? address(align) : s->x[SAVED + TO] + (uint64_t)(int64_t)((int)pick(400) - 200);
    if (same && pick(2)) { /* something to be found where the first turns are */
        size_t at = in_window(s->x[SAVED + FROM] + pick(5) * 128 + pick(48));

        if (at < sizeof(s->window))
            s->window[at] = pick(2) ? 0 : byte;
    }
    s->x[SAVED + COUNT] = turns * p->stride + (p->exact ? 0 : pick(9));
    s->x[SAVED + END] = s->x[SAVED + FROM] + turns * p->stride + (p->exact ? 0 : pick(9));
    if (pick(20) == 0 && !p->down)
        s->x[SAVED + COUNT] = (uint64_t)INT64_MIN + pick(100) * p->stride;
    s->x[OUTER] = 1 + pick(5);
}

/* Exceptions end a program, too. */
static void set_vectors(struct fake_machine *m)
{
    const uint32_t hvc = HVC;

    m->cpu[0]->sys.vbar = FAKE_RAM + VECTORS;
    assert_int_equal(mem_write(m->memory, FAKE_RAM + VECTORS + 0x200, &hvc, sizeof(hvc)), 0);
}

static void assert_same_fault(const struct pair *p)
{
    const struct a64_sysregs *a = &p->interprets.cpu[0]->sys, *b = &p->translates.cpu[0]->sys;

    assert_int_equal(a->elr, b->elr);
    assert_int_equal(a->esr, b->esr);
    assert_int_equal(a->far, b->far);
}

static void loops_over_memory_give_the_same_translated(void **state)
{
    const char *more = getenv("BERTH_TEST_LOOPS");
    unsigned long programs = more ? strtoul(more, NULL, 10) : PROGRAMS;
    const struct translate_stats *stats;
    static struct pair_state s;
    struct program program;
    struct pair p;

    (void)state;
    pair_init(&p);
    set_vectors(&p.interprets);
    set_vectors(&p.translates);
    stats = translate_stats(p.translates.vm->translate);
    for (unsigned long n = 0; n < programs; n++) {
        make_program(&program);
        for (unsigned again = 0; again < EACH; again++) {
            random_state(&s, &program);
            pair_run(&p, program.code, program.nr, &s);
            assert_same_fault(&p);
        }
    }
    print_message("%u runs, %u searches, %u copies, %u fills, %u maps\n", (unsigned)stats->runs, (unsigned)stats->searches,
                  (unsigned)stats->copies, (unsigned)stats->fills, (unsigned)stats->maps);
    assert_true(stats->maps > programs / 8);
    assert_true(stats->searches > programs / 8 && stats->copies > programs / 8 && stats->fills > programs / 8);
    pair_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loops_over_memory_give_the_same_translated),
    };

    return cmocka_run_group_tests_name("translate_bulk", tests, NULL, NULL);
}
