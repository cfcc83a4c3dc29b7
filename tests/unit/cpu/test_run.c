/* SPDX-License-Identifier: Apache-2.0
 *
 * Small programs on a bare CPU: straight lines, loops, pages, decoded code that goes stale, kicks and pins. Programs are
 * written as words, with the assembly beside them. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#include "base/compiler.h"
#include "cpu/arm64/code.h"
#include "cpu/arm64/state.h"
#include "cpu/arm64/timer.h"
#include "cpu/arm64/vm.h"
#include "fake_machine.h"

#define HVC 0xd4000002

static void cpu_runs_a_loop(void **state)
{
    static const uint32_t code[] = {
        0xd2800000, /* mov x0, #0 */
        0xd2807d01, /* mov x1, #1000 */
        0x8b010000, /* 1: add x0, x0, x1 */
        0xf1000421, /* subs x1, x1, #1 */
        0x54ffffc1, /* b.ne 1b */
        HVC,
    };
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 0), 500500);
    assert_int_equal(a64_get_pc(m.cpu[0]), FAKE_RAM + sizeof(code));
    fake_machine_finish(&m);
}

static void cpu_goes_on_with_the_next_page(void **state)
{
    static const uint32_t end_of_page[] = {0xd2800540 /* mov x0, #42 */};
    static const uint32_t next_page[] = {0x91000400 /* add x0, x0, #1 */, HVC};
    static const uint32_t start[] = {0x140003ff /* b . + 0xffc */};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, start, 1);
    fake_machine_load(&m, FAKE_RAM + 0xffc, end_of_page, 1);
    fake_machine_load(&m, FAKE_RAM + 0x1000, next_page, 2);
    fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 0), 43);
    fake_machine_finish(&m);
}

static void call_and_return_cross_pages(void **state)
{
    static const uint32_t caller[] = {
        0xd2800000, /* mov x0, #0 */
        0xd2800c81, /* mov x1, #100 */
        0x940007fe, /* 1: bl . + 0x1ff8 */
        0xd1000421, /* sub x1, x1, #1 */
        0xb5ffffc1, /* cbnz x1, 1b */
        HVC,
    };
    static const uint32_t callee[] = {0x91000c00 /* add x0, x0, #3 */, 0xd65f03c0 /* ret */};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, caller, ARRAY_LEN(caller));
    fake_machine_load(&m, FAKE_RAM + 0x2000, callee, ARRAY_LEN(callee));
    fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 0), 300);
    fake_machine_finish(&m);
}

/* The guest overwrites a function that it has called, and calls it again behind IC IVAU and ISB. */
static void code_written_by_the_guest_runs_after_ic(void **state)
{
    static const uint32_t code[] = {
        0x10008003, /* adr x3, . + 0x1000 */
        0xd63f0060, /* blr x3 */
        0xaa0003e4, /* mov x4, x0 */
        0x52800801, /* mov w1, #0x40: movz w0, #2 is 0x52800040 */
        0x72aa5001, /* movk w1, #0x5280, lsl #16 */
        0xb9000061, /* str w1, [x3] */
        0xd50b7b23, /* dc cvau, x3 */
        0xd5033b9f, /* dsb ish */
        0xd50b7523, /* ic ivau, x3 */
        0xd5033b9f, /* dsb ish */
        0xd5033fdf, /* isb */
        0xd63f0060, /* blr x3 */
        HVC,
    };
    static const uint32_t function[] = {0x52800020 /* mov w0, #1 */, 0xd65f03c0 /* ret */};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    fake_machine_load(&m, FAKE_RAM + 0x1000, function, ARRAY_LEN(function));
    fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 4), 1);
    assert_int_equal(a64_get_x(m.cpu[0], 0), 2);
    fake_machine_finish(&m);
}

/* The same within one page: what stands behind the ISB was decoded before it was written. */
static void code_written_in_the_running_page_runs_after_ic(void **state)
{
    static const uint32_t code[] = {
        0x10000163, /* 0: adr x3, 2f (+0x2c) */
        0x52800801, /* mov w1, #0x40 */
        0x72aa5001, /* movk w1, #0x5280, lsl #16 */
        0x14000001, /* b . + 4 */
        0xb9000061, /* str w1, [x3] */
        0xd50b7b23, /* dc cvau, x3 */
        0xd5033b9f, /* dsb ish */
        0xd50b7523, /* ic ivau, x3 */
        0xd5033b9f, /* dsb ish */
        0xd5033fdf, /* isb */
        0xd503201f, /* nop */
        0x52800020, /* 2: mov w0, #1, replaced by mov w0, #2 */
        HVC,
    };
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 0), 2);
    fake_machine_finish(&m);
}

/* More pages of code than the bound allows: each holds "add x0, x0, #1; b next page". */
static void code_cache_stays_within_its_bound(void **state)
{
    enum { PAGES = 300, ROUNDS = 5 };
    static const uint32_t hop[] = {0x91000400 /* add x0, x0, #1 */, 0x140003ff /* b . + 0xffc */};
    static const uint32_t last[] = {HVC};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 10 * 33000);
    for (uint64_t n = 0; n < PAGES; n++)
        fake_machine_load(&m, FAKE_RAM + n * 0x1000, hop, 2);
    fake_machine_load(&m, FAKE_RAM + PAGES * 0x1000, last, 1);
    for (int round = 0; round < ROUNDS; round++)
        fake_machine_run(&m);
    assert_int_equal(a64_get_x(m.cpu[0], 0), PAGES * ROUNDS);
    fake_machine_finish(&m);
}

struct runner {
    struct a64_cpu *cpu;
    struct a64_exit exit;
};

static void *run_cpu(void *arg)
{
    struct runner *r = arg;

    a64_run(r->cpu, &r->exit);
    return NULL;
}

static const uint32_t spin_code[] = {0x91000400 /* 1: add x0, x0, #1 */, 0x17ffffff /* b 1b */};

static void kick_ends_an_endless_loop(void **state)
{
    struct fake_machine m;
    struct runner r;
    pthread_t thread;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, spin_code, ARRAY_LEN(spin_code));
    r.cpu = m.cpu[0];
    assert_int_equal(pthread_create(&thread, NULL, run_cpu, &r), 0);
    a64_kick(m.cpu[0]);
    pthread_join(thread, NULL);
    assert_int_equal(r.exit.kind, A64_EXIT_KICKED);
    fake_machine_finish(&m);
}

static void kick_before_the_run_is_not_lost(void **state)
{
    struct fake_machine m;
    struct a64_exit exit;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, spin_code, ARRAY_LEN(spin_code));
    a64_kick(m.cpu[0]);
    a64_run(m.cpu[0], &exit);
    assert_int_equal(exit.kind, A64_EXIT_KICKED);
    fake_machine_finish(&m);
}

/* IRQ at EL1h goes to VBAR + 0x280; there, HVC. */
static void pin_interrupts_when_unmasked(void **state)
{
    static const uint32_t code[] = {
        0x10004000, /* adr x0, . + 0x800 */
        0xd518c000, /* msr vbar_el1, x0 */
        0xd50342ff, /* msr daifclr, #2 */
        0x14000000, /* b . */
    };
    static const uint32_t vector[] = {HVC};
    struct fake_machine m;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    fake_machine_load(&m, FAKE_RAM + 0x800 + 0x280, vector, 1);
    a64_set_pin(m.cpu[0], false, true);
    fake_machine_run(&m);
    assert_int_equal(a64_get_pc(m.cpu[0]), FAKE_RAM + 0x800 + 0x284);
    assert_int_equal(m.cpu[0]->sys.elr, FAKE_RAM + 0xc);
    fake_machine_finish(&m);
}

static void wfi_leaves_only_while_no_pin_is_high(void **state)
{
    static const uint32_t code[] = {0xd503207f /* wfi */, HVC};
    struct fake_machine m;
    struct a64_exit exit;
    (void)state;

    fake_machine_init(&m, 1, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    a64_run(m.cpu[0], &exit);
    assert_int_equal(exit.kind, A64_EXIT_WFI);
    assert_int_equal(exit.deadline, UINT64_MAX);
    a64_run(m.cpu[0], &exit);
    assert_int_equal(exit.kind, A64_EXIT_HVC);

    a64_set_pin(m.cpu[0], false, true); /* masked, yet it ends WFI */
    fake_machine_run(&m);
    fake_machine_finish(&m);
}

/* One CPU runs a function that another keeps rewriting; every call must see one of the two versions whole. */
/* The VMM takes the outputs of a reset CPU for low. */
static void reset_cpu_tells_of_a_due_timer_again(void **state)
{
    struct fake_machine m;
    struct a64_exit exit;
    (void)state;

    fake_machine_init(&m, 1, 0);
    for (unsigned n = 0; n < 2; n++) {
        a64_timer_enter(m.cpu[0]);
        m.cpu[0]->sys.virt = (struct a64_timer){.ctl = 1};
        assert_true(a64_timer_check(m.cpu[0], &exit));
        assert_true(exit.timer.virt);
        a64_cpu_reset(m.cpu[0]);
    }
    fake_machine_finish(&m);
}

static void other_cpus_leave_retired_code(void **state)
{
    enum { REWRITES = 300 };
    static const uint32_t caller[] = {
        0x10008003, /* adr x3, . + 0x1000 */
        0xd63f0060, /* 1: blr x3 */
        0xd1000c02, /* sub x2, x0, #3 */
        0xb40000a2, /* cbz x2, 2f: version 3 ends it */
        0xf100081f, /* cmp x0, #2 */
        0x54ffff89, /* b.ls 1b */
        0xd2800000, /* mov x0, #0: neither */
        HVC,
        HVC, /* 2: */
    };
    static const uint32_t version[3][2] = {
        {0xd2800020 /* mov x0, #1 */, 0xd65f03c0},
        {0xd2800040 /* mov x0, #2 */, 0xd65f03c0},
        {0xd2800060 /* mov x0, #3 */, 0xd65f03c0},
    };
    struct fake_machine m;
    struct runner r;
    pthread_t thread;
    (void)state;

    fake_machine_init(&m, 2, 20 * 33000);
    fake_machine_load(&m, FAKE_RAM, caller, ARRAY_LEN(caller));
    fake_machine_load(&m, FAKE_RAM + 0x1000, version[0], 2);
    r.cpu = m.cpu[1];
    assert_int_equal(pthread_create(&thread, NULL, run_cpu, &r), 0);
    for (int n = 0; n <= REWRITES; n++) {
        const uint32_t *word = version[n == REWRITES ? 2 : n & 1];
        assert_int_equal(mem_store32(m.memory, FAKE_RAM + 0x1000, *word), 0);
        a64_code_invalidate_page(m.vm, FAKE_RAM + 0x1000);
    }
    pthread_join(thread, NULL);
    assert_int_equal(r.exit.kind, A64_EXIT_HVC);
    assert_int_equal(a64_get_x(m.cpu[1], 0), 3);
    fake_machine_finish(&m);
}

/* Two CPUs count up one word with LDXR/STXR, LDADD and CAS. */
static void atomics_lose_no_update(void **state)
{
    static const uint32_t code[] = {
        0x10020003, /* adr x3, . + 0x4000 */
        0xd284e201, /* mov x1, #10000 */
        0xc85f7c60, /* 1: ldxr x0, [x3] */
        0x91000400, /* add x0, x0, #1 */
        0xc8027c60, /* stxr w2, x0, [x3] */
        0x35ffffa2, /* cbnz w2, 1b */
        0xd2800020, /* mov x0, #1 */
        0xf820007f, /* stadd x0, [x3] */
        0xf9400064, /* 2: ldr x4, [x3] */
        0x91000485, /* add x5, x4, #1 */
        0xaa0403e6, /* mov x6, x4 */
        0xc8e6fc65, /* casal x6, x5, [x3] */
        0xeb0400df, /* cmp x6, x4 */
        0x54ffff61, /* b.ne 2b */
        0xf1000421, /* subs x1, x1, #1 */
        0x54fffe61, /* b.ne 1b */
        HVC,
    };
    struct fake_machine m;
    struct runner r;
    pthread_t thread;
    uint64_t sum;
    (void)state;

    fake_machine_init(&m, 2, 0);
    fake_machine_load(&m, FAKE_RAM, code, ARRAY_LEN(code));
    r.cpu = m.cpu[1];
    assert_int_equal(pthread_create(&thread, NULL, run_cpu, &r), 0);
    fake_machine_run(&m);
    pthread_join(thread, NULL);
    assert_int_equal(r.exit.kind, A64_EXIT_HVC);
    assert_int_equal(mem_read(m.memory, FAKE_RAM + 0x4000, &sum, sizeof(sum)), 0);
    assert_int_equal(sum, 2 * 3 * 10000);
    fake_machine_finish(&m);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cpu_runs_a_loop),
        cmocka_unit_test(cpu_goes_on_with_the_next_page),
        cmocka_unit_test(call_and_return_cross_pages),
        cmocka_unit_test(code_written_by_the_guest_runs_after_ic),
        cmocka_unit_test(code_written_in_the_running_page_runs_after_ic),
        cmocka_unit_test(code_cache_stays_within_its_bound),
        cmocka_unit_test(kick_ends_an_endless_loop),
        cmocka_unit_test(kick_before_the_run_is_not_lost),
        cmocka_unit_test(pin_interrupts_when_unmasked),
        cmocka_unit_test(wfi_leaves_only_while_no_pin_is_high),
        cmocka_unit_test(reset_cpu_tells_of_a_due_timer_again),
        cmocka_unit_test(other_cpus_leave_retired_code),
        cmocka_unit_test(atomics_lose_no_update),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
