/* SPDX-License-Identifier: Apache-2.0
 *
 * Litmus tests: two CPUs on two threads never see an outcome that Arm's memory model forbids (Arm ARM B2.3). On an x86
 * host SB is the one that can fail; on an arm64 host all of them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "fake_machine.h"

enum { ITERATIONS = 2000, BODY = 13, BODY_WORDS = 4, NOP = 0xd503201f };

/* Each iteration has its own line of each array; [x4] and [x6] are this CPU's two variables, x5 its result. */
static const uint32_t skeleton[] = {
    0xd2800009, /*     mov x9, #0 */
    0x91000529, /* 1:  add x9, x9, #1 */
    0xf90001a9, /*     str x9, [x13]: I am here */
    0xf94001c1, /* 2:  ldr x1, [x14]: and the other? */
    0xeb09003f, /*     cmp x1, x9 */
    0x54000062, /*     b.hs 3f */
    0xd503203f, /*     yield */
    0x17fffffc, /*     b 2b */
    0xd37ae522, /* 3:  lsl x2, x9, #6 */
    0xd2800023, /*     mov x3, #1 */
    0x8b020144, /*     add x4, x10, x2 */
    0x8b020166, /*     add x6, x11, x2 */
    0xd2800005, /*     mov x5, #0 */
    NOP,        /*     body */
    NOP,
    NOP,
    NOP,
    0xf8226985, /*     str x5, [x12, x2] */
    0xeb0f013f, /*     cmp x9, x15 */
    0x54fffdc3, /*     b.lo 1b */
    0xd4000002, /*     hvc #0 */
};

#define STR_X  0xf9000083 /* str x3, [x4] */
#define STLR_X 0xc89ffc83 /* stlr x3, [x4] */
#define STR_Y  0xf90000c3 /* str x3, [x6] */
#define STLR_Y 0xc89ffcc3 /* stlr x3, [x6] */
#define LDR_Y  0xf94000c5 /* ldr x5, [x6] */
#define LDAR_Y 0xc8dffcc5 /* ldar x5, [x6] */
#define LDR_X7 0xf9400087 /* ldr x7, [x4] */
#define DMB    0xd5033bbf /* dmb ish */
#define DMB_ST 0xd5033abf /* dmb ishst */
#define DMB_LD 0xd50339bf /* dmb ishld */
#define BOTH   0x8b0704a5 /* add x5, x5, x7, lsl #1 */

struct litmus {
    uint32_t body[2][BODY_WORDS];
    bool swapped;           /* CPU 1's [x4] is CPU 0's [x6] and the other way round */
    uint64_t forbidden[2];  /* results */
};

enum {
    AREA_X = 0x100000,
    AREA_Y = 0x140000,
    AREA_RESULT = 0x180000, /* of CPU 1: 0x40000 on */
    AREA_PROGRESS = 0x200000,
};

static void *run_cpu(void *arg)
{
    struct a64_exit exit;

    a64_run(arg, &exit);
    return NULL;
}

static void prepare_cpu(struct fake_machine *m, const struct litmus *t, unsigned n)
{
    const uint64_t code = FAKE_RAM + n * 0x1000;
    const uint64_t x = FAKE_RAM + AREA_X, y = FAKE_RAM + AREA_Y;
    const bool swap = n == 1 && t->swapped;
    struct a64_cpu *cpu = m->cpu[n];

    fake_machine_load(m, code, skeleton, ARRAY_LEN(skeleton));
    fake_machine_load(m, code + BODY * 4, t->body[n], BODY_WORDS);
    a64_set_pc(cpu, code);
    a64_set_x(cpu, 10, swap ? y : x);
    a64_set_x(cpu, 11, swap ? x : y);
    a64_set_x(cpu, 12, FAKE_RAM + AREA_RESULT + n * 0x40000);
    a64_set_x(cpu, 13, FAKE_RAM + AREA_PROGRESS + n * 64);
    a64_set_x(cpu, 14, FAKE_RAM + AREA_PROGRESS + (1 - n) * 64);
    a64_set_x(cpu, 15, ITERATIONS);
}

static uint64_t result(const struct fake_machine *m, unsigned cpu, unsigned iteration)
{
    uint64_t value;
    gpa_t gpa = FAKE_RAM + AREA_RESULT + cpu * 0x40000 + iteration * 64;

    assert_int_equal(mem_read(m->memory, gpa, &value, sizeof(value)), 0);
    return value;
}

static void run_litmus(const struct litmus *t)
{
    struct fake_machine m;
    pthread_t thread[2];

    fake_machine_init(&m, 2, 0);
    for (unsigned n = 0; n < 2; n++)
        prepare_cpu(&m, t, n);
    for (unsigned n = 0; n < 2; n++)
        assert_int_equal(pthread_create(&thread[n], NULL, run_cpu, m.cpu[n]), 0);
    for (unsigned n = 0; n < 2; n++)
        pthread_join(thread[n], NULL);
    for (unsigned n = 1; n <= ITERATIONS; n++)
        if (result(&m, 0, n) == t->forbidden[0] && result(&m, 1, n) == t->forbidden[1])
            fail_msg("iteration %u: a forbidden outcome", n);
    fake_machine_finish(&m);
}

static void store_buffering_is_stopped_by_dmb(void **state)
{
    static const struct litmus t = {
        .body = {{STR_X, DMB, LDR_Y, NOP}, {STR_X, DMB, LDR_Y, NOP}},
        .swapped = true,
        .forbidden = {0, 0},
    };
    (void)state;

    run_litmus(&t);
}

static void store_buffering_is_stopped_by_release_and_acquire(void **state)
{
    static const struct litmus t = {
        .body = {{STLR_X, LDAR_Y, NOP, NOP}, {STLR_X, LDAR_Y, NOP, NOP}},
        .swapped = true,
        .forbidden = {0, 0},
    };
    (void)state;

    run_litmus(&t);
}

/* CPU 1 sees the flag, y, but not the message, x: result 1. */
static void message_passing_works_with_dmb(void **state)
{
    static const struct litmus t = {
        .body = {{STR_X, DMB_ST, STR_Y, NOP}, {LDR_Y, DMB_LD, LDR_X7, BOTH}},
        .forbidden = {0, 1},
    };
    (void)state;

    run_litmus(&t);
}

static void message_passing_works_with_release_and_acquire(void **state)
{
    static const struct litmus t = {
        .body = {{STR_X, STLR_Y, NOP, NOP}, {LDAR_Y, LDR_X7, BOTH, NOP}},
        .forbidden = {0, 1},
    };
    (void)state;

    run_litmus(&t);
}

static void load_buffering_is_stopped_by_dmb(void **state)
{
    static const struct litmus t = {
        .body = {{LDR_Y, DMB, STR_X, NOP}, {LDR_Y, DMB, STR_X, NOP}},
        .swapped = true,
        .forbidden = {1, 1},
    };
    (void)state;

    run_litmus(&t);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(store_buffering_is_stopped_by_dmb),
        cmocka_unit_test(store_buffering_is_stopped_by_release_and_acquire),
        cmocka_unit_test(message_passing_works_with_dmb),
        cmocka_unit_test(message_passing_works_with_release_and_acquire),
        cmocka_unit_test(load_buffering_is_stopped_by_dmb),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
