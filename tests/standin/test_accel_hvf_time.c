/* SPDX-License-Identifier: Apache-2.0
 *
 * accel/hvf's clocks on the stand-in: counters, the virtual timer's mask protocol, the physical
 * timer's alarm. Where the program cannot go wrong itself, a wrapped function of the framework does
 * it. */
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include "aborts.h"
#include "accel_rig.h"
#include "host/clock.h"

enum { TICKS_PER_MS = 24000, NS_PER_MS = 1000000, NS_PER_S = 1000 * NS_PER_MS };

/* --- what the framework is made to do wrong --- */

static bool keep_masked, unmask_at_once;
static _Thread_local unsigned
    slow_ms;                    /* from the next look at the counter to what is done about it */
static _Atomic unsigned lag_ms; /* of the counter */

hv_return_t __real_hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked);
hv_return_t __wrap_hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked);
uint64_t __real_mach_absolute_time(void);
uint64_t __wrap_mach_absolute_time(void);
hv_return_t __real_hv_vcpu_run(hv_vcpu_t vcpu);
hv_return_t __wrap_hv_vcpu_run(hv_vcpu_t vcpu);

hv_return_t __wrap_hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked)
{
    return keep_masked && !masked ? HV_SUCCESS : __real_hv_vcpu_set_vtimer_mask(vcpu, masked);
}

hv_return_t __wrap_hv_vcpu_run(hv_vcpu_t vcpu)
{
    if (unmask_at_once)
        (void)__real_hv_vcpu_set_vtimer_mask(vcpu, false);
    return __real_hv_vcpu_run(vcpu);
}

uint64_t __wrap_mach_absolute_time(void)
{
    uint64_t ticks = __real_mach_absolute_time() - (uint64_t)atomic_load(&lag_ms) * TICKS_PER_MS;
    const struct timespec pause = {.tv_nsec = (long)slow_ms * NS_PER_MS};

    if (slow_ms)
        (void)nanosleep(&pause, NULL);
    slow_ms = 0;
    return ticks;
}

/* --- counters, the virtual timer --- */

static void counter_stands_still_while_it_is_stopped(void **state)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    uint64_t before, after;

    (void)state;
    LOAD(RIG_RAM, MRS_X0_CNTVCT, HVC, MRS_X0_CNTVCT, MRS_X1_CNTPCT, HVC);
    rig_begin();
    before = rig_stop().x[0];
    accel_hvf->clock_stop(rig.vm);
    (void)nanosleep(&pause, NULL);
    accel_hvf->clock_start(rig.vm);
    after = rig_stop().x[0];
    assert_true(after >= before);
    assert_true(after - before < TICKS_PER_MS * 90);
}

static void both_counters_are_one(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, MRS_X0_CNTVCT, MRS_X1_CNTPCT, HVC);
    rig_begin();
    regs = rig_stop();
    assert_true(regs.x[1] >= regs.x[0]);
    assert_true(regs.x[1] - regs.x[0] < TICKS_PER_MS * 90);
}

/* The timer's output goes up when it fires, and down when the guest has dealt with it; again. */
static void timer_tells_each_change(void **state)
{
    struct vcpu_regs regs = {.x = {[1] = 1}, .pc = RIG_RAM, .pstate = RIG_EL1H};

    (void)state;
    LOAD(RIG_RAM, MSR_CVAL_XZR, MSR_CTL_X1, HVC, MSR_CTL_XZR, HVC, MSR_CTL_X1, HVC, B_SELF);
    rig_begin_with(&regs);
    for (unsigned i = 0; i < 2; i++) {
        bool called = false, fired = false;

        while (!called || !fired) { /* in either order */
            assert_int_equal(accel_hvf->vcpu_run(rig.v, &rig.exit), 0);
            called |= rig.exit.kind == VCPU_EXIT_PSCI;
            fired |= rig.exit.kind == VCPU_EXIT_TIMER && rig.exit.timer.virt;
            rig.exit.psci.result[0] = 0;
        }
        if (i == 1)
            break;
        (void)rig_run(VCPU_EXIT_PSCI);
        (void)rig_run(VCPU_EXIT_TIMER);
        assert_false(rig.exit.timer.virt);
    }
}

static void sleep_has_the_timers_deadline(void **state)
{
    const uint64_t far =
        UINT64_C(1) << 40 | 1; /* as a count of ticks; and as what turns a timer on */
    const struct vcpu_regs regs = {.x = {[1] = far}, .pc = RIG_RAM, .pstate = RIG_EL1H};
    uint64_t wanted;

    (void)state;
    LOAD(RIG_RAM, WFI, MSR_CVAL_X1, MSR_CTL_X1, WFI);
    rig_begin_with(&regs);
    assert_int_equal(rig_run(VCPU_EXIT_WFI)->wfi.deadline_ns, UINT64_MAX);
    wanted = clock_monotonic_ns() + far / TICKS_PER_MS * NS_PER_MS;
    (void)rig_run(VCPU_EXIT_WFI);
    assert_in_range(rig.exit.wfi.deadline_ns, wanted - NS_PER_S, wanted + NS_PER_S);
}

/* --- the physical timer's alarm --- */

enum { ALARM_MS = 20, LATE_MS = 20, PATIENCE_S = 5 };

/* The guest sets its physical timer, calls, and runs on for ever. */
static void set_alarm(void)
{
    const struct vcpu_regs regs = {
        .x = {[1] = ALARM_MS * TICKS_PER_MS, [2] = 1}, .pc = RIG_RAM, .pstate = RIG_EL1H};

    LOAD(RIG_RAM, MSR_CNTP_TVAL_X1, MSR_CNTP_CTL_X2, HVC, B_SELF);
    rig_begin_with(&regs);
    (void)rig_run(VCPU_EXIT_PSCI);
}

static void *kick_the_deaf(void *done)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    if (sem_timedwait(done, &until) == 0)
        return NULL;
    accel_hvf->vcpu_kick(rig.v);
    return done;
}

/* The timer is what ends the run: a kick would, after a while. */
static void expect_alarm(void)
{
    pthread_t thread;
    void *deaf;
    sem_t done;

    assert_int_equal(sem_init(&done, 0, 0), 0);
    assert_int_equal(pthread_create(&thread, NULL, kick_the_deaf, &done), 0);
    assert_int_equal(accel_hvf->vcpu_run(rig.v, &rig.exit), 0);
    assert_int_equal(sem_post(&done), 0);
    assert_int_equal(pthread_join(thread, &deaf), 0);
    assert_null(deaf);
    (void)sem_destroy(&done);
    assert_int_equal(rig.exit.kind, VCPU_EXIT_TIMER);
    assert_true(rig.exit.timer.phys);
}

static void alarm_ends_a_run(void **state)
{
    (void)state;
    set_alarm();
    expect_alarm();
}

/* The vCPU looks at its timer in time, and enters the guest too late. */
static void alarm_may_ring_on_the_way_into_the_guest(void **state)
{
    (void)state;
    set_alarm();
    slow_ms = ALARM_MS + LATE_MS;
    expect_alarm();
    assert_int_equal(slow_ms, 0);
}

/* The counter gets to the deadline after the clock that the alarm goes by. */
static void alarm_may_ring_before_the_counter_is_there(void **state)
{
    const struct timespec since_start = {.tv_nsec = 2L * LATE_MS * NS_PER_MS};

    (void)state;
    (void)nanosleep(&since_start, NULL);
    set_alarm();
    atomic_store(&lag_ms, LATE_MS);
    expect_alarm();
    atomic_store(&lag_ms, 0);
}

/* --- rules that only breaking shows --- */

static void run_timer_to_its_end(void)
{
    struct vcpu_regs regs = {.x = {[1] = 1}, .pc = RIG_RAM, .pstate = RIG_EL1H};
    void *none = NULL;

    (void)rig_set_up(&none); /* the VM's own threads did not come along into this process */
    LOAD(RIG_RAM, MSR_CVAL_XZR, MSR_CTL_X1, HVC, MSR_CTL_XZR, HVC, B_BACK);
    (void)!accel_hvf->vcpu_reset(rig.v);
    (void)!accel_hvf->set_regs(rig.v, &regs);
    for (unsigned i = 0; i < 5000; i++)
        (void)!accel_hvf->vcpu_run(rig.v, &rig.exit);
}

static void never_unmask(void)
{
    keep_masked = true;
    run_timer_to_its_end();
}

static void unmask_always(void)
{
    unmask_at_once = true;
    run_timer_to_its_end();
}

static void broken_rules_are_loud(void **state)
{
    (void)state;
    assert_true(aborts(never_unmask, "masked"));
    assert_true(aborts(unmask_always, "unmasked"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_loud), /* before there is a VM to fork */
        HVF_TEST(counter_stands_still_while_it_is_stopped),
        HVF_TEST(both_counters_are_one),
        HVF_TEST(timer_tells_each_change),
        HVF_TEST(sleep_has_the_timers_deadline),
        HVF_TEST(alarm_ends_a_run),
        HVF_TEST(alarm_may_ring_on_the_way_into_the_guest),
        HVF_TEST(alarm_may_ring_before_the_counter_is_there),
    };

    return cmocka_run_group_tests_name("accel-hvf-time", tests, NULL, NULL);
}
