/* SPDX-License-Identifier: Apache-2.0
 *
 * The generic timers: conditions, views, and what the VMM is told when. */
#include "cpu/arm64/timer.h"
#include "rig.h"

#define CNTV_TVAL A64_SYSREG(3, 3, 14, 3, 0)
#define CNTV_CTL  A64_SYSREG(3, 3, 14, 3, 1)
#define CNTV_CVAL A64_SYSREG(3, 3, 14, 3, 2)
#define CNTP_CTL  A64_SYSREG(3, 3, 14, 2, 1)
#define CNTP_CVAL A64_SYSREG(3, 3, 14, 2, 2)

static void status_follows_the_counter(void **state)
{
    struct rig *r = *state;
    r->counter = 100;
    rig_msr(r, CNTV_CVAL, 200);
    assert_int_equal(rig_mrs(r, CNTV_CTL), 0);
    rig_msr(r, CNTV_CTL, 0xf);
    assert_int_equal(rig_mrs(r, CNTV_CTL), 3); /* ISTATUS is not written */
    r->counter = 200;
    assert_int_equal(rig_mrs(r, CNTV_CTL), 7);
    assert_int_equal(rig_mrs(r, CNTP_CTL), 0);
}

static void tval_is_relative(void **state)
{
    struct rig *r = *state;
    r->counter = 1000;
    rig_msr(r, CNTV_TVAL, 50);
    assert_int_equal(rig_mrs(r, CNTV_CVAL), 1050);
    r->counter = 1060;
    assert_int_equal(rig_mrs(r, CNTV_TVAL), 0xfffffff6);
    rig_msr(r, CNTV_TVAL, 0xffffffff); /* -1 */
    assert_int_equal(rig_mrs(r, CNTV_CVAL), 1059);
}

static void deadline_is_the_next_rise(void **state)
{
    struct rig *r = *state;
    assert_int_equal(a64_timer_deadline(r->cpu), UINT64_MAX);
    rig_msr(r, CNTV_CVAL, 300);
    rig_msr(r, CNTV_CTL, 1);
    rig_msr(r, CNTP_CVAL, 200);
    assert_int_equal(a64_timer_deadline(r->cpu), 300);
    rig_msr(r, CNTP_CTL, 1);
    assert_int_equal(a64_timer_deadline(r->cpu), 200);
    r->counter = 250;
    assert_int_equal(a64_timer_deadline(r->cpu), 200); /* has passed, and nobody was told */
    assert_true(a64_timer_check(r->cpu, &r->exit));
    assert_int_equal(a64_timer_deadline(r->cpu), 300);
    rig_msr(r, CNTV_CTL, 3); /* masked */
    assert_int_equal(a64_timer_deadline(r->cpu), UINT64_MAX);
}

static void vmm_hears_of_each_change_once(void **state)
{
    struct rig *r = *state;
    a64_timer_enter(r->cpu);
    rig_msr(r, CNTV_CVAL, 300);
    assert_false(a64_timer_check(r->cpu, &r->exit));
    rig_msr(r, CNTV_CTL, 1);
    assert_true(a64_timer_check(r->cpu, &r->exit)); /* a deadline where there was none */
    assert_int_equal(r->exit.kind, A64_EXIT_TIMER);
    assert_false(r->exit.timer.virt);
    a64_timer_enter(r->cpu);
    rig_msr(r, CNTV_CVAL, 400);
    assert_false(a64_timer_check(r->cpu, &r->exit)); /* later than armed: it comes early, no harm */
    r->counter = 300;
    assert_true(a64_timer_check(r->cpu, &r->exit)); /* early it came: arm again */
    assert_false(r->exit.timer.virt);
    a64_timer_enter(r->cpu);
    r->counter = 400;
    assert_true(a64_timer_changed(r->cpu));
    assert_true(a64_timer_check(r->cpu, &r->exit));
    assert_true(r->exit.timer.virt);
    assert_false(r->exit.timer.phys);
    a64_timer_enter(r->cpu);
    assert_false(a64_timer_check(r->cpu, &r->exit));
    rig_msr(r, CNTV_CTL, 3);
    assert_true(r->cpu->attention & A64_ATTENTION_TIMER);
    assert_true(a64_timer_check(r->cpu, &r->exit));
    assert_false(r->exit.timer.virt);
}

static void wfi_reports_a_due_timer_first(void **state)
{
    struct rig *r = *state;
    rig_msr(r, CNTV_CVAL, 300);
    rig_msr(r, CNTV_CTL, 1);
    r->cpu->attention = 0;
    assert_int_equal(RIG_UNWIND(r, (a64_wfi(r->cpu, &r->insn), 0)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.deadline, 300);
    r->counter = 300;
    assert_int_equal(RIG_UNWIND(r, (a64_wfi(r->cpu, &r->insn), 0)), 0);
    assert_true(r->cpu->attention & A64_ATTENTION_TIMER);
}

/* The counter gets to the deadline between any two looks at it. */
static void deadline_that_passes_meanwhile_is_not_lost(void **state)
{
    struct rig *r = *state;
    rig_msr(r, CNTV_CVAL, 300);
    rig_msr(r, CNTV_CTL, 1);
    r->cpu->attention = 0;
    r->counter = 299;
    r->counter_step = 1;
    assert_int_equal(RIG_UNWIND(r, (a64_wfi(r->cpu, &r->insn), 0)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.deadline, 300);
    r->counter = 300;
    a64_timer_enter(r->cpu);
    assert_true(a64_timer_check(r->cpu, &r->exit));
    assert_true(r->exit.timer.virt);
    assert_int_equal(a64_timer_deadline(r->cpu), UINT64_MAX);
    rig_msr(r, CNTV_CVAL, 1000); /* told high, and not yet told that it fell */
    assert_int_equal(a64_timer_deadline(r->cpu), 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(status_follows_the_counter),    RIG_TEST(tval_is_relative),
        RIG_TEST(deadline_is_the_next_rise),     RIG_TEST(vmm_hears_of_each_change_once),
        RIG_TEST(wfi_reports_a_due_timer_first),
        RIG_TEST(deadline_that_passes_meanwhile_is_not_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
