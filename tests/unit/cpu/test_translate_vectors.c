/* SPDX-License-Identifier: Apache-2.0
 *
 * Random loops of floating-point and vector instructions that the translator does itself,
 * interpreted and translated: operands at the edges of their formats, every mode of FPCR, flags set
 * or not, and accesses that walk over page ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "a64_decode.h"
#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/translate/front.h"
#include "cpu/arm64/translate/translate.h"
#include "cpu/arm64/vm.h"
#include "pair.h"

#include <cmocka.h>

#ifndef HOST_IS_BARE
#define HOST_IS_BARE 0 /* 1: with bare_host.c */
#endif

enum {
    LOOPS = 1500,
    EACH = 20, /* programs of one instruction, */
    HOT_RUNS = 6, /* and how often each runs translated from its beginning */
    BODY = 30,
    TURNS = 60, /* times round: over what makes code hot */
    COUNTER = 28,
    BASE = 27,   /* of accesses, beside */
    WALKER = 26, /* begins each turn 8 bytes higher, up to BASE + WALKER_START; moves on by up to 64
                    bytes at a time */
    WALKER_START = 0xfc0,
};

/* Does the translator make operations of it, none of them a call? */
static bool is_translated(uint32_t raw)
{
    static struct ir_block b;
    struct a64_insn i;

    b.nr = 0;
    a64_predecode(&i, raw, 0, A64_PREDECODE_ALONE);
    front_insn(&b, &i);
    return b.nr && b.op[0].op != IR_CALL;
}

/* Register 28 to 31 in no place of the encoding where an instruction could write to it. */
static bool is_harmless(uint32_t raw)
{
    return (raw & 31) < WALKER;
}

/* An encoding of row `op`; 0: try again */
static uint32_t random_of_row(unsigned op)
{
    const struct a64_row *row = &a64_rows[op];
    uint32_t raw = (pair_random() & ~row->mask) | row->value;

    /* Few registers, so that results become operands. */
    if (pair_random() % 4)
        raw &= ~(UINT32_C(0x18) | UINT32_C(0x18) << 5 | UINT32_C(0x18) << 16);
    raw = (raw & ~row->mask) | row->value;
    if (!row->test || row->mem || a64_decode(raw) != (enum a64_opcode)op ||
        (row->skip && (row->skip)(raw)))
        return 0;
    return is_harmless(raw) ? raw : 0;
}

/* 0: try again */
static uint32_t random_vector_insn(void)
{
    uint32_t raw = random_of_row(A64_OP_FMOV + pair_random() % (A64_NR_OPS - A64_OP_FMOV));

    return raw && (is_translated(raw) || pair_random() % 50 == 0) ? raw : 0;
}

/* LD1, ST1, LD2, ST2, LD1R and what there is beside, along WALKER. */
static uint32_t random_structure(void)
{
    for (;;) {
        uint32_t raw = 0x0c000000 | (pair_random() & 0x4140fc00) | (pair_random() & 1) << 24 |
                       WALKER << 5 | pair_random() % 12;
        bool post = pair_random() & 1;

        if (post)
            raw |= 1u << 23 | 31 << 16;
        if (raw >> 24 & 1 && pair_random() & 1)
            raw = (raw & ~UINT32_C(0x3f2000)) | 0x40c000 | (post ? 31 << 16 : 0); /* LD1R */
        if (a64_decode(raw) >= A64_OP_ST1_X1 && (is_translated(raw) || pair_random() % 40 == 0))
            return raw;
    }
}

/* LDR, STR, LDP, STP of vector registers; from BASE, or along WALKER. */
static uint32_t random_vector_access(void)
{
    uint32_t rt = pair_random() % 12, load = pair_random() & 1, size = pair_random() % 3,
             step = pair_random() % 3;

    switch (pair_random() % 7) {
    case 5:
    case 6:
        return random_structure();
    case 0: /* S, D by size 2, 3, Q by opc */
        if (size == 2)
            return 0x3d800000 | load << 22 | (pair_random() & 0xf) << 10 | BASE << 5 | rt;
        return (2 + size) << 30 | 0x3d000000 | load << 22 | (pair_random() & 0x1f) << 10 |
               BASE << 5 | rt;
    case 1: /* post-index: 16 bytes, Q */
        return 0x3c800400 | load << 22 | (step * 8) << 12 | WALKER << 5 | rt;
    case 2: /* post-index pair of D or Q */
        return (1 + (size & 1)) << 30 | 0x2c800000 | load << 22 | step << 15 | (rt + 1) << 10 |
               WALKER << 5 | rt;
    case 3: /* pairs beside each other */
        return 0xad000000 | load << 22 | (pair_random() & 7) << 15 | (rt + 1) << 10 | WALKER << 5 |
               rt;
    default: /* general registers */
        return 0xa9000000 | load << 22 | (pair_random() & 7) << 15 | (rt + 1) << 10 | BASE << 5 |
               rt;
    }
}

/* Goes round, and ends. */
static size_t end_program(uint32_t *code, size_t n)
{
    code[n++] = 0xf1000400 | COUNTER << 5 | COUNTER;
    code[n] = 0x54000001 | ((uint32_t)(-(int32_t)n) & 0x7ffff) << 5;
    n++;
    code[n++] = 0xd4000002;
    return n;
}

/* Fills `code`; the last three go round and end. Some have a way out in the middle, or a part that
 * is skipped. */
static size_t make_program(uint32_t *code)
{
    size_t n = 0;

    code[n++] = 0x91000000 | WALKER_START << 10 | BASE << 5 | WALKER;
    code[n++] = 0xcb000c00 | COUNTER << 16 | WALKER << 5 | WALKER; /* 8 bytes higher each turn */
    while (n < BODY) {
        uint32_t raw = pair_random() % 4 == 0 ? random_vector_access() : random_vector_insn();

        if (raw)
            code[n++] = raw;
        if (n + 8 < BODY && pair_random() % 24 == 0)
            code[n++] = 0x54000000 | (2 + pair_random() % 3) << 5 | pair_random() % 14;
    }
    return end_program(code, n);
}

static uint64_t nasty64(void)
{
    static const uint64_t values[] = {
        0,
        1,
        0x0010000000000000,
        0x000fffffffffffff,
        0x0010000000000001,
        0x7fefffffffffffff,
        0x7ff0000000000000,
        0x7ff8000000000000,
        0x7ff8000000000123,
        0x7ff0000000000001,
        0x3fefffffffffffff,
        0x4008000000000000,
        0x1ff0000000000000,
        0x2000000000000000,
        0x5fe0000000000000,
        0x41dfffffffc00000,
        0x43e0000000000000,
        0x47efffffe0000000,
        0x380fffffe0000000,
        0x3810000000000000,
        0x36a0000000000000,
    };

    return values[pair_random() % ARRAY_LEN(values)] | (uint64_t)(pair_random() & 1) << 63;
}

static uint32_t nasty32(void)
{
    static const uint32_t values[] = {
        0,          1,          0x00800000, 0x007fffff, 0x00800001, 0x7f7fffff,
        0x7f800000, 0x7fc00000, 0x7fc00123, 0x7f800001, 0x3f7fffff, 0x40400000,
        0x1f800000, 0x20000000, 0x5f000000, 0x4effffff, 0x4f000000,
    };

    return values[pair_random() % ARRAY_LEN(values)] | (pair_random() & 1) << 31;
}

/* Mostly plain numbers (`edge`: seldom), as doubles or pairs of singles. */
static uint64_t random_number(bool edge)
{
    const double d = (double)(int32_t)pair_random() / 1024;
    const float f[2] = {(float)(int32_t)pair_random() / 64, (float)(pair_random() % 5)};
    uint64_t bits;

    if (pair_random() % 4 < (edge ? 3 : 0) || pair_random() % 64 == 0)
        return pair_random() & 1 ? nasty64() : (uint64_t)nasty32() << 32 | nasty32();
    if (pair_random() & 1)
        memcpy(&bits, f, sizeof(bits));
    else
        memcpy(&bits, &d, sizeof(bits));
    return bits;
}

static void random_state(struct pair_state *s)
{
    bool edge = pair_random() % 3 == 0;

    for (unsigned n = 0; n < 31; n++)
        s->x[n] = pair_random() % 3 ? random_number(edge) : pair_random() % 100;
    s->x[COUNTER] = TURNS;
    s->x[BASE] = PAIR_MAPPED + 0x1000 - 0x100 + (pair_random() & 0xf8);
    for (unsigned n = 0; n < 32; n++) {
        s->v[n].d[0] = random_number(edge);
        s->v[n].d[1] = pair_random() & 1 ? random_number(edge) : 0;
    }
    for (size_t n = 0; n < sizeof(s->window); n += 8) {
        uint64_t bits = random_number(edge);

        memcpy(s->window + n, &bits, sizeof(bits));
    }
    s->fpsr = pair_random() % 4 ? FPSR_IXC : 0;
    s->fpcr = pair_random() % 4 ? 0 : pair_random() & (FPCR_DN | FPCR_FZ | FPCR_RMODE);
}

/* The first turns of a program are interpreted, and leave flags that hide those of later ones: so from
 * other states once more, without flags, while it is translated. */
static void run_hot(struct pair *p, const uint32_t *code, size_t nr)
{
    static struct pair_state s;

    for (unsigned n = 0; n < HOT_RUNS; n++) {
        random_state(&s);
        s.fpsr = 0;
        s.x[COUNTER] = 1 + pair_random() % 2;
        pair_run_again(p, code, nr, &s);
    }
}

/* A few of each instruction, so that a difference names it. */
static void each_instruction_gives_the_same_translated(void **state)
{
    static struct pair_state s;
    struct pair p;
    uint32_t code[8];
    unsigned rows = 0;

    (void)state;
    pair_init(&p);
    for (unsigned op = A64_OP_FMOV; op < A64_NR_OPS; op++) {
        bool translated = false;

        for (unsigned loop = 0; loop < EACH; loop++) {
            size_t nr = 0;

            for (unsigned tries = 0; tries < 20 && nr < 2; tries++) {
                uint32_t raw = random_of_row(op);

                if (raw && is_translated(raw))
                    code[nr++] = raw;
            }
            if (!nr)
                break;
            translated = true;
            nr = end_program(code, nr);
            random_state(&s);
            pair_run(&p, code, nr, &s);
            run_hot(&p, code, nr);
        }
        rows += translated;
    }
    print_message("%u instructions are translated\n", rows);
    assert_true(rows > 100);
    pair_finish(&p);
}

static void vector_loops_give_the_same_translated(void **state)
{
    const char *more = getenv("BERTH_TEST_LOOPS");
    unsigned long loops = more ? strtoul(more, NULL, 10) : LOOPS;
    static struct pair_state s;
    struct pair p;
    uint32_t code[BODY + 8];

    (void)state;
    pair_init(&p);
    for (unsigned long loop = 0; loop < loops; loop++) {
        size_t nr = make_program(code);

        translate_rest(p.translates.vm->translate, loop % 3 ? 0 : TURNS); /* slow forms from their beginning, too */
        for (unsigned again = 0; again < 3; again++) {
            random_state(&s);
            pair_run(&p, code, nr, &s);
        }
        run_hot(&p, code, nr);
    }
    assert_true(translate_stats(p.translates.vm->translate)->blocks > loops);
    assert_true(HOST_IS_BARE || translate_stats(p.translates.vm->translate)->traps > loops);
    assert_true(!HOST_IS_BARE || !translate_stats(p.translates.vm->translate)->traps);
    pair_finish(&p);
}

/* Two steps of AES on one register are one of the host's, other neighbours are not. */
static void steps_of_aes_give_the_same_together(void **state)
{
    static const uint32_t code[] = {
        0x4e284820,                          /* aese v0, v1 */
        0x4e286800,                          /* aesmc v0, v0 */
        0x4e285862,                          /* aesd v2, v3 */
        0x4e287842,                          /* aesimc v2, v2 */
        0x4e284804,                          /* aese v4, v0 */
        0x4e286885,                          /* aesmc v5, v4 */
        0x4e285846,                          /* aesd v6, v2 */
        0x4e2868c6,                          /* aesmc v6, v6 */
        0x4e284827,                          /* aese v7, v1 */
        0x4e286908,                          /* aesmc v8, v8 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54fffea1,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    random_state(&s);
    s.x[COUNTER] = TURNS;
    pair_run(&p, code, ARRAY_LEN(code), &s);
    pair_finish(&p);
}

/* One block computes, the next asks what came of it: only handlers know FPSR. */
static void flags_are_there_when_a_handler_looks(void **state)
{
    static const uint32_t code[] = {
        0x1e621820,                          /* 0: fdiv d0, d1, d2 */
        0xd61f0120,                          /* br x9: to 3 */
        0xd4000002,                          /* 2: hvc #0 */
        0xd53b4425,                          /* 3: mrs x5, fpsr */
        0x8b0500c6,                          /* add x6, x6, x5 */
        0xd51b443f,                          /* msr fpsr, xzr */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54ffff60,                          /* b.eq 2 */
        0xd61f0140,                          /* br x10: to 0 */
    };
    static struct pair_state s;
    const double operand[] = {1, 3};
    struct pair p;

    (void)state;
    pair_init(&p);
    s.x[COUNTER] = TURNS;
    s.x[9] = FAKE_RAM + 12;
    s.x[10] = FAKE_RAM;
    memcpy(&s.v[1], &operand[0], sizeof(double));
    memcpy(&s.v[2], &operand[1], sizeof(double));
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(a64_get_x(p.translates.cpu[0], 6), TURNS * FPSR_IXC);
    pair_finish(&p);
}

/* A fault costs as much as a thousand turns. */
static void what_faults_in_each_turn_faults_once(void **state)
{
    static const uint32_t code[] = {
        0x1f420820,                          /* 0: fmadd d0, d1, d2, d2 */
        0xf1000400 | COUNTER << 5 | COUNTER, /* subs x28, x28, #1 */
        0x54ffffc1,                          /* b.ne 0 */
        0xd4000002,                          /* hvc #0 */
    };
    static struct pair_state s;
    struct pair p;

    (void)state;
    pair_init(&p);
    translate_rest(p.translates.vm->translate, TRANSLATE_DEFAULT_REST);
    s.x[COUNTER] = TRANSLATE_DEFAULT_REST / 2;
    s.v[1].d[0] = UINT64_C(0x7ff8000000000000);
    pair_run(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(translate_stats(p.translates.vm->translate)->traps, HOST_IS_BARE ? 0 : 1);
    s.x[COUNTER] = TRANSLATE_DEFAULT_REST * 2;
    pair_run_again(&p, code, ARRAY_LEN(code), &s);
    assert_int_equal(translate_stats(p.translates.vm->translate)->traps, HOST_IS_BARE ? 0 : 3);
    pair_finish(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_instruction_gives_the_same_translated),
        cmocka_unit_test(what_faults_in_each_turn_faults_once),
        cmocka_unit_test(steps_of_aes_give_the_same_together),
        cmocka_unit_test(flags_are_there_when_a_handler_looks),
        cmocka_unit_test(vector_loops_give_the_same_translated),
    };

    return cmocka_run_group_tests_name("translate_vectors", tests, NULL, NULL);
}
