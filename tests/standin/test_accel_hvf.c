/* SPDX-License-Identifier: Apache-2.0
 *
 * accel/hvf instruction by instruction on the stand-in: what comes out of a vCPU, and what goes
 * back in. Where the program cannot go wrong itself, a wrapped function of the framework does it.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "accel/hvf/error.h"
#include "accel/hvf/hv.h"
#include "accel/hvf/hvf.h"
#include "aborts.h"
#include "insns.h"

#include <cmocka.h>

#define RAM    UINT64_C(0x40000000)
#define VECTOR UINT64_C(0x40001000)
#define DEVICE UINT64_C(0x09000000)

enum { RAM_LEN = 1 << 20, EL1H = 0x3c5, DEVICE_BYTE = 0x80, FP_ALLOWED = 0x300000 };
enum { VECTOR_SYNC = 0x200 };

static struct {
    struct guest_memory *memory;
    struct accel_vm *vm;
    struct vcpu *v;
    struct vcpu_exit exit;
    struct err err;
} t;

/* --- what the framework is made to do wrong --- */

static bool keep_masked, unmask_at_once;

hv_return_t __real_hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked);
hv_return_t __wrap_hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked);
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

/* --- a VM with one vCPU, on this thread --- */

static uint64_t mpidr(unsigned index)
{
    return index;
}

static int make_vm(unsigned nr_cpus, const char *options)
{
    const struct accel_tuning tuning = {.options = options};
    const struct accel_vm_params params = {
        .memory = t.memory, .nr_cpus = nr_cpus, .mpidr = mpidr, .tuning = &tuning};

    return accel_hvf->vm_create(&params, &t.vm, &t.err);
}

static int set_up(void **state)
{
    const struct mem_region *r;

    (void)state;
    memset(&t, 0, sizeof(t));
    assert_int_equal(mem_create(&t.memory), 0);
    assert_int_equal(mem_add_ram(t.memory, RAM, RAM_LEN, &t.err), 0);
    assert_int_equal(make_vm(1, NULL), 0);
    r = mem_region(t.memory, 0);
    assert_int_equal(
        accel_hvf->map(t.vm, RAM, r->host, r->len, PROT_READ | PROT_WRITE | PROT_EXEC, &t.err), 0);
    assert_int_equal(accel_hvf->vcpu_create(t.vm, 0, &t.v, &t.err), 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    accel_hvf->vcpu_destroy(t.v);
    accel_hvf->vm_destroy(t.vm);
    mem_destroy(t.memory);
    return 0;
}

static void load(gpa_t at, const enum insn *code, size_t nr)
{
    for (size_t i = 0; i < nr; i++)
        assert_int_equal(mem_store32(t.memory, at + i * 4, (uint32_t)code[i]), 0);
    accel_hvf->loaded(t.vm, at, nr * 4);
}

#define LOAD(at, ...)                                                                              \
    load(at, (const enum insn[]){__VA_ARGS__}, ARRAY_LEN(((const enum insn[]){__VA_ARGS__})))

/* At the first instruction, x0 the device, x9 the vectors, x1 and x2 something. */
static void begin(void)
{
    const struct vcpu_regs regs = {
        .x = {DEVICE, 0x1111, 0x2222, [9] = VECTOR, [13] = FP_ALLOWED}, .pc = RAM, .pstate = EL1H};

    assert_int_equal(accel_hvf->vcpu_reset(t.v), 0);
    assert_int_equal(accel_hvf->set_regs(t.v, &regs), 0);
}

static const struct vcpu_exit *run(enum vcpu_exit_kind want)
{
    assert_int_equal(accel_hvf->vcpu_run(t.v, &t.exit), 0);
    if (t.exit.kind == VCPU_EXIT_FAULT && want != VCPU_EXIT_FAULT)
        fail_msg("fault: %s", t.exit.fault.why);
    assert_int_equal(t.exit.kind, want);
    return &t.exit;
}

static void expect_write(uint64_t addr, unsigned size, uint64_t value)
{
    const struct vcpu_exit *e = run(VCPU_EXIT_MMIO);

    assert_true(e->io.write);
    assert_int_equal(e->io.addr, addr);
    assert_int_equal(e->io.size, size);
    assert_int_equal(e->io.value, value);
}

static void answer_read(uint64_t addr, unsigned size, uint64_t value)
{
    (void)run(VCPU_EXIT_MMIO);
    assert_false(t.exit.io.write);
    assert_int_equal(t.exit.io.addr, addr);
    assert_int_equal(t.exit.io.size, size);
    t.exit.io.value = value;
}

/* The end of a piece of code; its registers. */
static struct vcpu_regs stop(void)
{
    struct vcpu_regs regs;

    (void)run(VCPU_EXIT_PSCI);
    assert_int_equal(accel_hvf->get_regs(t.v, &regs), 0);
    return regs;
}

/* --- devices --- */

static void pair_is_two_accesses(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, STP_X1_X2, LDP_W3_W4_POST, HVC);
    begin();
    expect_write(DEVICE, 8, 0x1111);
    expect_write(DEVICE + 8, 8, 0x2222);
    answer_read(DEVICE, 4, UINT64_C(0xffffffff80000001));
    answer_read(DEVICE + 4, 4, 7);
    regs = stop();
    assert_int_equal(regs.x[3], 0x80000001);
    assert_int_equal(regs.x[4], 7);
    assert_int_equal(regs.x[0], DEVICE + 8);
    assert_int_equal(regs.pc, RAM + 12);
}

static void vector_register_is_two_accesses(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, MSR_CPACR_X13, DUP_V0, STR_Q0_PRE, LDR_Q1, HVC);
    begin();
    expect_write(DEVICE + 16, 8, UINT64_C(0x1111111111111111));
    expect_write(DEVICE + 24, 8, UINT64_C(0x1111111111111111));
    answer_read(DEVICE + 16, 8, 1);
    answer_read(DEVICE + 24, 8, 2);
    regs = stop();
    assert_int_equal(regs.x[0], DEVICE + 16);
}

static void loads_extend_and_the_zero_register_is_no_register(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, LDRSH_X5, LDRSB_W6, STRH_ZR, LDR_XZR, HVC);
    begin();
    answer_read(DEVICE, 2, 0x8000);
    answer_read(DEVICE, 1, DEVICE_BYTE);
    expect_write(DEVICE + 2, 2, 0);
    answer_read(DEVICE, 8, UINT64_MAX);
    regs = stop();
    assert_int_equal(regs.x[5], UINT64_C(0xffffffffffff8000));
    assert_int_equal(regs.x[6], 0xffffff80);
    assert_int_equal(regs.pc, RAM + 20);
}

static void nobody_there_is_an_external_abort(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, MSR_VBAR_X9, LDR_X1, HVC);
    LOAD(VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X11_FAR, MRS_X12_ELR, HVC);
    begin();
    answer_read(DEVICE, 8, 0);
    t.exit.io.failed = true;
    regs = stop();
    assert_int_equal(regs.x[1], 0x1111);
    assert_int_equal(regs.x[10], UINT64_C(0x96000010));
    assert_int_equal(regs.x[11], DEVICE);
    assert_int_equal(regs.x[12], RAM + 4);
}

static void atomic_on_a_device_is_an_abort(void **state)
{
    (void)state;
    LOAD(RAM, MSR_VBAR_X9, LDADD, HVC);
    LOAD(VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X11_FAR, HVC);
    begin();
    assert_int_equal(stop().x[11], DEVICE);
}

static void vectors_that_are_nowhere_are_a_fault(void **state)
{
    (void)state;
    LOAD(RAM, LDR_X1);
    begin();
    answer_read(DEVICE, 8, 0);
    t.exit.io.failed = true;
    (void)run(VCPU_EXIT_FAULT);
    assert_non_null(strstr(t.exit.fault.why, "vectors"));
    begin(); /* and a reset mends it */
    LOAD(RAM, HVC);
    (void)stop();
}

/* --- registers and calls --- */

static void call_returns_behind_itself(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, HVC, HVC);
    begin();
    (void)run(VCPU_EXIT_PSCI);
    assert_int_equal(t.exit.psci.arg[0], DEVICE);
    assert_int_equal(t.exit.psci.arg[1], 0x1111);
    t.exit.psci.result[0] = 42;
    regs = stop();
    assert_int_equal(regs.x[0], 42);
    assert_int_equal(regs.pc, RAM + 8);
}

static void there_is_no_secure_monitor_and_no_such_register(void **state)
{
    static const enum insn undefined[] = {SMC, MRS_X0_NOTHING};

    (void)state;
    LOAD(VECTOR + VECTOR_SYNC, MRS_X10_ESR, MRS_X12_ELR, HVC);
    for (size_t i = 0; i < ARRAY_LEN(undefined); i++) {
        struct vcpu_regs regs;

        LOAD(RAM, MSR_VBAR_X9, undefined[i]);
        begin();
        regs = stop();
        assert_int_equal(regs.x[10], 0x02000000);
        assert_int_equal(regs.x[12], RAM + 4);
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
    LOAD(RAM, MRS_X0_PFR0, MRS_X1_PFR1, MRS_X2_DFR0, MRS_X3_MMFR0, MRS_X4_MPIDR, HVC);
    begin();
    regs = stop();
    assert_int_equal(field(regs.x[0], 24), 1); /* a GIC */
    assert_int_equal(field(regs.x[1], 24), 0); /* no SME */
    assert_int_equal(field(regs.x[2], 8), 0);  /* no PMU */
    assert_int_equal(field(regs.x[3], 0), accel_hvf->gpa_bits() == 40 ? 2 : 1);
    assert_int_equal(regs.x[4], 0x80000000);
}

static void os_lock_is_there(void **state)
{
    (void)state;
    LOAD(RAM, MRS_X2_OSLSR, HVC);
    begin();
    assert_int_equal(stop().x[2], 0xa);
    LOAD(RAM, MSR_OSLAR_XZR, MRS_X2_OSLSR, HVC);
    begin();
    assert_int_equal(stop().x[2], 0x8);
}

static void reset_leaves_nothing(void **state)
{
    (void)state;
    LOAD(RAM, MSR_CPACR_X13, DUP_V0, HVC);
    begin();
    (void)stop();
    LOAD(RAM, MSR_CPACR_X13, STR_Q0_PRE, HVC);
    begin();
    expect_write(DEVICE + 16, 8, 0);
}

/* --- time --- */

static void counter_stands_still_while_it_is_stopped(void **state)
{
    const struct timespec pause = {.tv_nsec = 100000000};
    uint64_t before, after;

    (void)state;
    LOAD(RAM, MRS_X0_CNTVCT, HVC, MRS_X0_CNTVCT, MRS_X1_CNTPCT, HVC);
    begin();
    before = stop().x[0];
    accel_hvf->clock_stop(t.vm);
    (void)nanosleep(&pause, NULL);
    accel_hvf->clock_start(t.vm);
    after = stop().x[0];
    assert_true(after >= before);
    assert_true(after - before < 24000 * 90); /* 24 MHz */
}

static void both_counters_are_one(void **state)
{
    struct vcpu_regs regs;

    (void)state;
    LOAD(RAM, MRS_X0_CNTVCT, MRS_X1_CNTPCT, HVC);
    begin();
    regs = stop();
    assert_true(regs.x[1] >= regs.x[0]);
    assert_true(regs.x[1] - regs.x[0] < 24000 * 90);
}

/* The timer's output goes up when it fires, and down when the guest has dealt with it; again. */
static void timer_tells_each_change(void **state)
{
    struct vcpu_regs regs = {.x = {[1] = 1}, .pc = RAM, .pstate = EL1H};

    (void)state;
    LOAD(RAM, MSR_CVAL_XZR, MSR_CTL_X1, HVC, MSR_CTL_XZR, HVC, MSR_CTL_X1, HVC, B_SELF);
    assert_int_equal(accel_hvf->vcpu_reset(t.v), 0);
    assert_int_equal(accel_hvf->set_regs(t.v, &regs), 0);
    for (unsigned i = 0; i < 2; i++) {
        bool called = false, fired = false;

        while (!called || !fired) { /* in either order */
            assert_int_equal(accel_hvf->vcpu_run(t.v, &t.exit), 0);
            called |= t.exit.kind == VCPU_EXIT_PSCI;
            fired |= t.exit.kind == VCPU_EXIT_TIMER && t.exit.timer.virt;
            t.exit.psci.result[0] = 0;
        }
        if (i == 1)
            break;
        (void)run(VCPU_EXIT_PSCI);
        (void)run(VCPU_EXIT_TIMER);
        assert_false(t.exit.timer.virt);
    }
}

static void sleep_has_the_timers_deadline(void **state)
{
    struct vcpu_regs regs = {
        .x = {[1] = UINT64_C(1) << 40, [9] = VECTOR}, .pc = RAM, .pstate = EL1H};

    (void)state;
    LOAD(RAM, WFI, MSR_CVAL_X1, WFI, HVC);
    assert_int_equal(accel_hvf->vcpu_reset(t.v), 0);
    assert_int_equal(accel_hvf->set_regs(t.v, &regs), 0);
    (void)run(VCPU_EXIT_WFI);
    assert_int_equal(t.exit.wfi.deadline_ns, UINT64_MAX);
}

/* --- kicks --- */

static void kick_is_not_lost_and_comes_once(void **state)
{
    (void)state;
    LOAD(RAM, HVC, B_SELF);
    begin();
    accel_hvf->vcpu_kick(t.v);
    accel_hvf->vcpu_kick(t.v);
    (void)run(VCPU_EXIT_KICKED);
    (void)run(VCPU_EXIT_PSCI);
}

static void *kick_later(void *arg)
{
    const struct timespec pause = {.tv_nsec = 20000000};

    (void)arg;
    (void)nanosleep(&pause, NULL);
    accel_hvf->vcpu_kick(t.v);
    return NULL;
}

static void kick_ends_a_run(void **state)
{
    pthread_t thread;

    (void)state;
    LOAD(RAM, B_SELF);
    begin();
    assert_int_equal(pthread_create(&thread, NULL, kick_later, NULL), 0);
    (void)run(VCPU_EXIT_KICKED);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* --- what cannot be --- */

static void refuses_what_the_framework_cannot_map(void **state)
{
    uint8_t *host = mem_region(t.memory, 0)->host;

    (void)state;
    assert_int_equal(
        accel_hvf->map(t.vm, 0x1000, host, 0x4000, PROT_READ | PROT_WRITE | PROT_EXEC, &t.err),
        -EINVAL);
    assert_non_null(strstr(t.err.text, "16 KiB"));
    assert_int_equal(
        accel_hvf->map(t.vm, 0, host + 4096, 0x4000, PROT_READ | PROT_WRITE | PROT_EXEC, &t.err),
        -EINVAL);
    assert_int_equal(accel_hvf->map(t.vm, UINT64_C(1) << 45, host, 0x4000,
                                    PROT_READ | PROT_WRITE | PROT_EXEC, &t.err),
                     -EINVAL);
    assert_non_null(strstr(t.err.text, "HV_BAD_ARGUMENT (0xfae94003)"));
}

static void second_vm_and_too_many_cpus_are_refused(void **state)
{
    struct accel_vm *first = t.vm;

    (void)state;
    assert_int_equal(make_vm(1, NULL), -EBUSY);
    assert_non_null(strstr(t.err.text, "HV_BUSY"));
    assert_int_equal(accel_hvf->probe(&t.err), 0); /* it can: one is running */
    assert_int_equal(make_vm(65, NULL), -EINVAL);
    assert_non_null(strstr(t.err.text, "--cpus 65"));
    assert_int_equal(make_vm(1, "gic=theirs"), -EINVAL);
    t.vm = first;
}

static void every_answer_has_a_sentence(void **state)
{
    static const hv_return_t answers[] = {HV_ERROR,     HV_BUSY,         HV_BAD_ARGUMENT,
                                          HV_NO_DEVICE, HV_NO_RESOURCES, HV_ILLEGAL_GUEST_STATE,
                                          HV_DENIED,    HV_EXISTS,       HV_UNSUPPORTED,
                                          123};

    (void)state;
    assert_int_equal(hvf_error(&t.err, HV_SUCCESS, "nothing"), 0);
    for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
        assert_true(hvf_error(&t.err, answers[i], "the thing %d", 7) < 0);
        assert_non_null(strstr(t.err.text, "the thing 7: "));
        assert_true(strlen(hvf_remedy(answers[i])) > 20);
        if (i > 0)
            assert_string_not_equal(hvf_status_name(answers[i]), hvf_status_name(answers[i - 1]));
    }
}

static void lives_and_dies_many_times(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        (void)tear_down(state);
        (void)set_up(state);
    }
}

/* --- rules that only breaking shows --- */

static void run_timer_to_its_end(void)
{
    struct vcpu_regs regs = {.x = {[1] = 1}, .pc = RAM, .pstate = EL1H};
    void *none = NULL;

    (void)set_up(&none); /* the VM's own threads did not come along into this process */
    LOAD(RAM, MSR_CVAL_XZR, MSR_CTL_X1, HVC, MSR_CTL_XZR, HVC, B_BACK);
    (void)!accel_hvf->vcpu_reset(t.v);
    (void)!accel_hvf->set_regs(t.v, &regs);
    for (unsigned i = 0; i < 5000; i++)
        (void)!accel_hvf->vcpu_run(t.v, &t.exit);
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

static void *run_elsewhere(void *arg)
{
    (void)arg;
    (void)!accel_hvf->vcpu_run(t.v, &t.exit);
    return NULL;
}

static void run_on_another_thread(void)
{
    pthread_t thread;
    void *none = NULL;

    (void)set_up(&none);
    LOAD(RAM, HVC);
    begin();
    (void)pthread_create(&thread, NULL, run_elsewhere, NULL);
    (void)pthread_join(thread, NULL);
}

static void broken_rules_are_loud(void **state)
{
    (void)state;
    assert_true(aborts(run_on_another_thread, "another thread"));
    assert_true(aborts(never_unmask, "masked"));
    assert_true(aborts(unmask_always, "unmasked"));
}

#define HVF_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(broken_rules_are_loud), /* before there is a VM to fork */
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
        HVF_TEST(counter_stands_still_while_it_is_stopped),
        HVF_TEST(both_counters_are_one),
        HVF_TEST(timer_tells_each_change),
        HVF_TEST(sleep_has_the_timers_deadline),
        HVF_TEST(kick_is_not_lost_and_comes_once),
        HVF_TEST(kick_ends_a_run),
        HVF_TEST(refuses_what_the_framework_cannot_map),
        HVF_TEST(second_vm_and_too_many_cpus_are_refused),
        HVF_TEST(every_answer_has_a_sentence),
        HVF_TEST(lives_and_dies_many_times),
    };

    return cmocka_run_group_tests_name("accel-hvf", tests, NULL, NULL);
}
