/* SPDX-License-Identifier: Apache-2.0
 *
 * Random loops of guest instructions on two CPUs, one that only interprets and one that translates
 * what is hot: registers, flags and memory must be the same at the end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "a64_decode.h"
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
    WALKER = 26, /* a base that accesses move: BASE + WALKER_START at the beginning of each turn */
    WALKER_START = 0xff0,
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
        writes(row, raw, 31))
        return 0;
    return raw;
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
    size_t n = 0;

    code[n++] = 0x91000000 | WALKER_START << 10 | BASE << 5 | WALKER;
    while (n < BODY) {
        uint32_t raw = pair_random() % 4 == 0 ? random_access() : random_insn();
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
    static struct pair_state s;
    const struct translate_stats *stats;
    struct pair p;
    uint32_t code[BODY + 8];

    (void)state;
    pair_init(&p);
    for (unsigned loop = 0; loop < LOOPS; loop++) {
        size_t nr = make_program(code);

        for (unsigned n = 0; n < 31; n++)
            s.x[n] = pair_random() % 3 ? (uint64_t)pair_random() << 32 | pair_random()
                                       : pair_random() % 3 - 1u;
        s.x[COUNTER] = TURNS;
        s.x[BASE] = PAIR_MAPPED + 0x1000 - 0x80 + (pair_random() & 0xf8);
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
    assert_true(stats->blocks >= LOOPS);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_loops_give_the_same_translated),
        cmocka_unit_test(a_way_out_to_the_beginning_is_no_loop),
    };

    return cmocka_run_group_tests_name("translate_blocks", tests, NULL, NULL);
}
