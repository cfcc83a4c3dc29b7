/* SPDX-License-Identifier: Apache-2.0
 *
 * Time, interrupts and sleep without the framework's GIC: what macOS 13 has, and macOS 15 for a VM
 * that makes none. */
#include <stdlib.h>
#include <string.h>

#include "aborts.h"
#include "hv_rig.h"

enum { HZ = 24000000, VECTOR_IRQ = 0x280, CTL_ENABLE = 1, PSTATE_I = 0x80, MANY = 300 };

static void counter_is_mach_time_less_the_offset(void **state)
{
    struct mach_timebase_info base;
    uint64_t before, after, offset = 1000000, seen;

    (void)state;
    LOAD(HV_RIG_CODE, MRS_X1_CNTVCT, HVC_5, MRS_X1_CNTFRQ, HVC_5);
    rig_begin(0);
    assert_int_equal(hv_vcpu_set_vtimer_offset(rig.id, offset), HV_SUCCESS);
    before = mach_absolute_time();
    (void)rig_run_to(EC_HVC);
    after = mach_absolute_time();
    seen = rig_get(HV_REG_X0 + 1) + offset;
    assert_true(seen >= before && seen <= after);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), HZ);
    assert_int_equal(mach_timebase_info(&base), 0);
    assert_int_equal(UINT64_C(1000000000) * base.denom / base.numer, HZ);
}

/* A timer that is due: its output is high from the first instruction. */
static void arm(void)
{
    rig_set_sys(HV_SYS_REG_CNTV_CVAL_EL0, 0);
    rig_set_sys(HV_SYS_REG_CNTV_CTL_EL0, CTL_ENABLE);
}

static bool masked(void)
{
    bool is_masked = false;

    assert_int_equal(hv_vcpu_get_vtimer_mask(rig.id, &is_masked), HV_SUCCESS);
    return is_masked;
}

static void timer_comes_out_once_and_masks_itself(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, HVC_5, B_BACK);
    rig_begin(0);
    arm();
    assert_false(masked());
    rig_run(HV_EXIT_REASON_VTIMER_ACTIVATED);
    assert_true(masked());
    for (unsigned i = 0; i < MANY; i++)
        (void)rig_run_to(EC_HVC); /* still high, and silent */
    assert_int_equal(hv_vcpu_set_vtimer_mask(rig.id, false), HV_SUCCESS);
    rig_run(HV_EXIT_REASON_VTIMER_ACTIVATED);
}

static void timer_that_is_not_high_is_silent(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, HVC_5);
    rig_begin(0);
    rig_set_sys(HV_SYS_REG_CNTV_CVAL_EL0, UINT64_MAX);
    rig_set_sys(HV_SYS_REG_CNTV_CTL_EL0, CTL_ENABLE);
    (void)rig_run_to(EC_HVC);
}

static void timer_ends_a_run(void **state)
{
    uint64_t due = mach_absolute_time() + HZ / 100;

    (void)state;
    LOAD(HV_RIG_CODE, MSR_CTL_X1, B_SELF);
    rig_begin(0);
    rig_set(HV_REG_X0 + 1, CTL_ENABLE);
    rig_set_sys(HV_SYS_REG_CNTV_CVAL_EL0, due);
    rig_run(HV_EXIT_REASON_VTIMER_ACTIVATED);
    assert_true(mach_absolute_time() >= due);
}

static void unmask_too_early(void)
{
    void *none = NULL;

    (void)rig_setup(&none);
    LOAD(HV_RIG_CODE, HVC_5, B_BACK);
    rig_begin(0);
    arm();
    for (unsigned i = 0; i < 10 * MANY; i++) {
        (void)hv_vcpu_set_vtimer_mask(rig.id, false);
        (void)hv_vcpu_run(rig.id);
    }
}

static void never_unmask(void)
{
    void *none = NULL;

    (void)rig_setup(&none);
    LOAD(HV_RIG_CODE, HVC_5, B_BACK);
    rig_begin(0);
    arm();
    (void)hv_vcpu_run(rig.id);
    (void)hv_vcpu_set_sys_reg(rig.id, HV_SYS_REG_CNTV_CTL_EL0, 0);
    for (unsigned i = 0; i < 10 * MANY; i++)
        (void)hv_vcpu_run(rig.id);
}

static void careless_hosts_hear_of_it(void **state)
{
    (void)state;
    assert_true(aborts(unmask_too_early, "unmasked again and again"));
    assert_true(aborts(never_unmask, "never fire again"));
}

/* --- interrupts --- */

static void pend(hv_interrupt_type_t type)
{
    assert_int_equal(hv_vcpu_set_pending_interrupt(rig.id, type, true), HV_SUCCESS);
}

static bool is_pending(hv_interrupt_type_t type)
{
    bool pending = true;

    assert_int_equal(hv_vcpu_get_pending_interrupt(rig.id, type, &pending), HV_SUCCESS);
    return pending;
}

static void pending_interrupt_is_taken(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, NOP, B_BACK);
    LOAD(HV_RIG_VBAR + VECTOR_IRQ, HVC_5);
    rig_begin(0);
    rig_set(HV_REG_CPSR, HV_RIG_EL1H & ~(uint64_t)PSTATE_I);
    pend(HV_INTERRUPT_TYPE_IRQ);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get_sys(HV_SYS_REG_ELR_EL1), HV_RIG_CODE);
}

static void pending_interrupt_is_forgotten_after_a_run(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, HVC_5, B_BACK);
    rig_begin(0);
    pend(HV_INTERRUPT_TYPE_IRQ);
    pend(HV_INTERRUPT_TYPE_FIQ);
    assert_true(is_pending(HV_INTERRUPT_TYPE_IRQ));
    (void)rig_run_to(EC_HVC);
    assert_false(is_pending(HV_INTERRUPT_TYPE_IRQ));
    assert_false(is_pending(HV_INTERRUPT_TYPE_FIQ));
    rig_set(HV_REG_CPSR, HV_RIG_EL1H & ~(uint64_t)PSTATE_I);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 4); /* no vector */
    assert_int_equal(hv_vcpus_exit(&rig.id, 1), HV_SUCCESS);
    pend(HV_INTERRUPT_TYPE_IRQ);
    rig_run(HV_EXIT_REASON_CANCELED);
    assert_false(is_pending(HV_INTERRUPT_TYPE_IRQ));
}

static void waiting_comes_out_but_not_with_an_interrupt_there(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, WFI, HVC_5);
    rig_begin(0);
    (void)rig_run_to(EC_WFX);
    pend(HV_INTERRUPT_TYPE_IRQ); /* masked, and ends a wait all the same */
    (void)rig_run_to(EC_HVC);
}

/* --- a storm --- */

static void storm_changes_nothing_but_the_number_of_runs(void **state)
{
    enum { CALLS = 20000 };
    unsigned nr_calls = 0;
    void *none = NULL;

    (void)state;
    setenv("HV_STANDIN", "storm=20", 1);
    (void)rig_setup(&none);
    unsetenv("HV_STANDIN");
    LOAD(HV_RIG_CODE, ADD_X3_1, HVC_5, B_BACK_2);
    rig_begin(0);
    while (nr_calls < CALLS) {
        assert_int_equal(hv_vcpu_run(rig.id), HV_SUCCESS);
        if (rig.exit->reason == HV_EXIT_REASON_EXCEPTION)
            assert_int_equal(rig_get(HV_REG_X0 + 3), ++nr_calls);
        else
            assert_int_equal(rig.exit->reason, HV_EXIT_REASON_CANCELED);
    }
    (void)rig_teardown(&none);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(careless_hosts_hear_of_it), /* before there is a VM to fork */
        HV_TEST(counter_is_mach_time_less_the_offset),
        HV_TEST(timer_comes_out_once_and_masks_itself),
        HV_TEST(timer_that_is_not_high_is_silent),
        HV_TEST(timer_ends_a_run),
        HV_TEST(pending_interrupt_is_taken),
        HV_TEST(pending_interrupt_is_forgotten_after_a_run),
        HV_TEST(waiting_comes_out_but_not_with_an_interrupt_there),
        cmocka_unit_test(storm_changes_nothing_but_the_number_of_runs),
    };

    return cmocka_run_group_tests_name("hv-time", tests, NULL, NULL);
}
