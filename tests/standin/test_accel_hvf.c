/* SPDX-License-Identifier: Apache-2.0
 *
 * accel/hvf instruction by instruction on the stand-in: devices, registers, calls, kicks, and what
 * cannot be. Time is in test_accel_hvf_time.c. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "aborts.h"
#include "accel/hvf/error.h"
#include "accel_rig.h"

enum { DEVICE_BYTE = 0x80, VECTOR_SYNC = 0x200 };

static void expect_write(uint64_t addr, unsigned size, uint64_t value)
{
    const struct vcpu_exit *e = rig_run(VCPU_EXIT_MMIO);

    assert_true(e->io.write);
    assert_int_equal(e->io.addr, addr);
    assert_int_equal(e->io.size, size);
    assert_int_equal(e->io.value, value);
}

static void answer_read(uint64_t addr, unsigned size, uint64_t value)
{
    (void)rig_run(VCPU_EXIT_MMIO);
    assert_false(rig.exit.io.write);
    assert_int_equal(rig.exit.io.addr, addr);
    assert_int_equal(rig.exit.io.size, size);
    rig.exit.io.value = value;
}

/* --- devices --- */

static void pair_is_two_accesses(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, STP_X1_X2, LDP_W3_W4_POST, HVC);
    rig_begin();
    expect_write(RIG_DEVICE, 8, 0x1111);
    expect_write(RIG_DEVICE + 8, 8, 0x2222);
    answer_read(RIG_DEVICE, 4, UINT64_C(0xffffffff80000001));
    answer_read(RIG_DEVICE + 4, 4, 7);
    regs = rig_stop();
    assert_int_equal(regs.x[3], 0x80000001);
    assert_int_equal(regs.x[4], 7);
    assert_int_equal(regs.x[0], RIG_DEVICE + 8);
    assert_int_equal(regs.pc, RIG_RAM + 12);
}

static void vector_register_is_two_accesses(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, MSR_CPACR_X13, DUP_V0, STR_Q0_PRE, LDR_Q1, HVC);
    rig_begin();
    expect_write(RIG_DEVICE + 16, 8, UINT64_C(0x1111111111111111));
    expect_write(RIG_DEVICE + 24, 8, UINT64_C(0x1111111111111111));
    answer_read(RIG_DEVICE + 16, 8, 1);
    answer_read(RIG_DEVICE + 24, 8, 2);
    regs = rig_stop();
    assert_int_equal(regs.x[0], RIG_DEVICE + 16);
}

static void loads_extend_and_the_zero_register_is_no_register(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, LDRSH_X5, LDRSB_W6, STRH_ZR, LDR_XZR, HVC);
    rig_begin();
    answer_read(RIG_DEVICE, 2, 0x8000);
    answer_read(RIG_DEVICE, 1, DEVICE_BYTE);
    expect_write(RIG_DEVICE + 2, 2, 0);
    answer_read(RIG_DEVICE, 8, UINT64_MAX);
    regs = rig_stop();
    assert_int_equal(regs.x[5], UINT64_C(0xffffffffffff8000));
    assert_int_equal(regs.x[6], 0xffffff80);
    assert_int_equal(regs.pc, RIG_RAM + 20);
}

static void nobody_there_is_an_external_abort(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, MSR_VBAR_X9, LDR_X1, HVC);
    LOAD(RIG_VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X11_FAR, MRS_X12_ELR, HVC);
    rig_begin();
    answer_read(RIG_DEVICE, 8, 0);
    rig.exit.io.failed = true;
    regs = rig_stop();
    assert_int_equal(regs.x[1], 0x1111);
    assert_int_equal(regs.x[10], UINT64_C(0x96000010));
    assert_int_equal(regs.x[11], RIG_DEVICE);
    assert_int_equal(regs.x[12], RIG_RAM + 4);
}

static void atomic_on_a_device_is_an_abort(void **state)
{
    (void)state;
    LOAD(RIG_RAM, MSR_VBAR_X9, LDADD, HVC);
    LOAD(RIG_VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X11_FAR, HVC);
    rig_begin();
    assert_int_equal(rig_stop().x[11], RIG_DEVICE);
}

static void vectors_that_are_nowhere_are_a_fault(void **state)
{
    (void)state;
    LOAD(RIG_RAM, LDR_X1);
    rig_begin();
    answer_read(RIG_DEVICE, 8, 0);
    rig.exit.io.failed = true;
    (void)rig_run(VCPU_EXIT_FAULT);
    assert_non_null(strstr(rig.exit.fault.why, "vectors"));
    rig_begin(); /* and a reset mends it */
    LOAD(RIG_RAM, HVC);
    (void)rig_stop();
}

/* --- registers and calls --- */

static void call_returns_behind_itself(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, HVC, HVC);
    rig_begin();
    (void)rig_run(VCPU_EXIT_PSCI);
    assert_int_equal(rig.exit.psci.arg[0], RIG_DEVICE);
    assert_int_equal(rig.exit.psci.arg[1], 0x1111);
    rig.exit.psci.result[0] = 42;
    regs = rig_stop();
    assert_int_equal(regs.x[0], 42);
    assert_int_equal(regs.pc, RIG_RAM + 8);
}

static void there_is_no_secure_monitor_and_no_such_register(void **state)
{
    static const enum insn undefined[] = {SMC, MRS_X0_NOTHING};

    (void)state;
    LOAD(RIG_VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X12_ELR, HVC);
    for (size_t i = 0; i < ARRAY_LEN(undefined); i++) {
        struct vcpu_regs regs;

        LOAD(RIG_RAM, MSR_VBAR_X9, undefined[i]);
        rig_begin();
        regs = rig_stop();
        assert_int_equal(regs.x[10], 0x02000000);
        assert_int_equal(regs.x[12], RIG_RAM + 4);
    }
}

static unsigned field(uint64_t value, unsigned first)
{
    return value >> first & 15;
}

static void guest_sees_what_it_may_use(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RIG_RAM, MRS_X0_PFR0, MRS_X1_PFR1, MRS_X2_DFR0, MRS_X3_MMFR0, MRS_X4_MPIDR, HVC);
    rig_begin();
    regs = rig_stop();
    assert_int_equal(field(regs.x[0], 24), 1); /* a GIC */
    assert_int_equal(field(regs.x[1], 24), 0); /* no SME */
    assert_int_equal(field(regs.x[2], 8), 0);  /* no PMU */
    assert_int_equal(field(regs.x[3], 0), accel_hvf->gpa_bits() == 40 ? 2 : 1);
    assert_int_equal(regs.x[4], 0x80000000);
}

static void os_lock_is_there(void **state)
{
    (void)state;
    LOAD(RIG_RAM, MRS_X2_OSLSR, HVC);
    rig_begin();
    assert_int_equal(rig_stop().x[2], 0xa);
    LOAD(RIG_RAM, MSR_OSLAR_XZR, MRS_X2_OSLSR, HVC);
    rig_begin();
    assert_int_equal(rig_stop().x[2], 0x8);
}

static void reset_leaves_nothing(void **state)
{
    (void)state;
    LOAD(RIG_RAM, MSR_CPACR_X13, DUP_V0, HVC);
    rig_begin();
    (void)rig_stop();
    LOAD(RIG_RAM, MSR_CPACR_X13, STR_Q0_PRE, HVC);
    rig_begin();
    expect_write(RIG_DEVICE + 16, 8, 0);
}

/* --- kicks --- */

static void kick_is_not_lost_and_comes_once(void **state)
{
    (void)state;
    LOAD(RIG_RAM, HVC, B_SELF);
    rig_begin();
    accel_hvf->vcpu_kick(rig.v);
    accel_hvf->vcpu_kick(rig.v);
    (void)rig_run(VCPU_EXIT_KICKED);
    (void)rig_run(VCPU_EXIT_PSCI);
}

static void *kick_later(void *arg)
{
    const struct timespec pause = {.tv_nsec = 20000000};

    (void)arg;
    (void)nanosleep(&pause, NULL);
    accel_hvf->vcpu_kick(rig.v);
    return NULL;
}

static void kick_ends_a_run(void **state)
{
    pthread_t thread;

    (void)state;
    LOAD(RIG_RAM, B_SELF);
    rig_begin();
    assert_int_equal(pthread_create(&thread, NULL, kick_later, NULL), 0);
    (void)rig_run(VCPU_EXIT_KICKED);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* --- what cannot be --- */

static void refuses_what_the_framework_cannot_map(void **state)
{
    uint8_t *host = mem_region(rig.memory, 0)->host;

    (void)state;
    assert_int_equal(
        accel_hvf->map(rig.vm, 0x1000, host, 0x4000, PROT_READ | PROT_WRITE | PROT_EXEC, &rig.err),
        -EINVAL);
    assert_non_null(strstr(rig.err.text, "16 KiB"));
    assert_int_equal(accel_hvf->map(rig.vm, 0, host + 4096, 0x4000,
                                    PROT_READ | PROT_WRITE | PROT_EXEC, &rig.err),
                     -EINVAL);
    assert_int_equal(accel_hvf->map(rig.vm, UINT64_C(1) << 45, host, 0x4000,
                                    PROT_READ | PROT_WRITE | PROT_EXEC, &rig.err),
                     -EINVAL);
    assert_non_null(strstr(rig.err.text, "HV_BAD_ARGUMENT (0xfae94003)"));
}

static void second_vm_and_too_many_cpus_are_refused(void **state)
{
    struct accel_vm *first = rig.vm;

    (void)state;
    assert_int_equal(rig_make_vm(1, NULL), -EBUSY);
    assert_non_null(strstr(rig.err.text, "HV_BUSY"));
    assert_int_equal(accel_hvf->probe(&rig.err), 0); /* it can: one is running */
    assert_int_equal(rig_make_vm(65, NULL), -EINVAL);
    assert_non_null(strstr(rig.err.text, "--cpus 65"));
    assert_int_equal(rig_make_vm(1, "gic=theirs"), -EINVAL);
    rig.vm = first;
}

static void every_answer_has_a_sentence(void **state)
{
    static const hv_return_t answers[] = {HV_ERROR,     HV_BUSY,         HV_BAD_ARGUMENT,
                                          HV_NO_DEVICE, HV_NO_RESOURCES, HV_ILLEGAL_GUEST_STATE,
                                          HV_DENIED,    HV_EXISTS,       HV_UNSUPPORTED,
                                          123};

    (void)state;
    assert_int_equal(hvf_error(&rig.err, HV_SUCCESS, "nothing"), 0);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        assert_true(hvf_error(&rig.err, answers[i], "the thing %d", 7) < 0);
        assert_non_null(strstr(rig.err.text, "the thing 7: "));
        assert_true(strlen(hvf_remedy(answers[i])) > 20);
        if (i > 0)
            assert_string_not_equal(hvf_status_name(answers[i]), hvf_status_name(answers[i - 1]));
    }
}

static void lives_and_dies_many_times(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        (void)rig_tear_down(state);
        (void)rig_set_up(state);
    }
}

/* --- rules that only breaking shows --- */

static void *run_elsewhere(void *arg)
{
    (void)arg;
    (void)!accel_hvf->vcpu_run(rig.v, &rig.exit);
    return NULL;
}

static void run_on_another_thread(void)
{
    pthread_t thread;
    void *none = NULL;

    (void)rig_set_up(&none);
    LOAD(RIG_RAM, HVC);
    rig_begin();
    (void)pthread_create(&thread, NULL, run_elsewhere, NULL);
    (void)pthread_join(thread, NULL);
}

static void another_thread_is_loud(void **state)
{
    (void)state;
    assert_true(aborts(run_on_another_thread, "another thread"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_thread_is_loud), /* before there is a VM to fork */
        HVF_TEST(pair_is_two_accesses),
        HVF_TEST(vector_register_is_two_accesses),
        HVF_TEST(loads_extend_and_the_zero_register_is_no_register),
        HVF_TEST(nobody_there_is_an_external_abort),
        HVF_TEST(atomic_on_a_device_is_an_abort),
        HVF_TEST(vectors_that_are_nowhere_are_a_fault),
        HVF_TEST(call_returns_behind_itself),
        HVF_TEST(there_is_no_secure_monitor_and_no_such_register),
        HVF_TEST(guest_sees_what_it_may_use),
        HVF_TEST(os_lock_is_there),
        HVF_TEST(reset_leaves_nothing),
        HVF_TEST(kick_is_not_lost_and_comes_once),
        HVF_TEST(kick_ends_a_run),
        HVF_TEST(refuses_what_the_framework_cannot_map),
        HVF_TEST(second_vm_and_too_many_cpus_are_refused),
        HVF_TEST(every_answer_has_a_sentence),
        HVF_TEST(lives_and_dies_many_times),
    };

    return cmocka_run_group_tests_name("accel-hvf", tests, NULL, NULL);
}
