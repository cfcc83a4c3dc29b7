/* SPDX-License-Identifier: Apache-2.0
 *
 * The native engine with real threads and the real loop, a scripted accelerator and a machine of
 * air. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "accel/select.h"
#include "engine/engine.h"
#include "fake_accel.h"
#include "fake_machine.h"
#include "host/clock.h"

#include <cmocka.h>

#define PSCI_CPU_ON       UINT64_C(0xc4000003)
#define PSCI_CPU_OFF      UINT64_C(0x84000002)
#define PSCI_CPU_SUSPEND  UINT64_C(0xc4000001)
#define PSCI_SYSTEM_OFF   UINT64_C(0x84000008)
#define PSCI_SYSTEM_RESET UINT64_C(0x84000009)

enum { MAX_SEEN = 32, NS_PER_MS = 1000000 };

struct fixture {
    struct loop *loop;
    struct vm_config cfg;
    struct vm *vm;
    enum vm_state seen[MAX_SEEN];
    unsigned nr_seen;
    enum vm_state until;
    struct err err, last;
    struct timer timeout;
    struct task poke;
};

static struct fixture f;

/* Takes the place of the library's choice. */
int accel_select(enum accel_kind kind, enum guest_arch arch, const struct accel_ops **ret,
                 struct err *err)
{
    (void)kind, (void)arch, (void)err;
    *ret = &fake_accel;
    return 0;
}

static void on_changed(void *ctx, enum vm_state state, const struct err *err)
{
    (void)ctx;
    f.seen[f.nr_seen++ % MAX_SEEN] = state;
    if (err)
        f.last = *err;
    if (state == f.until)
        loop_stop(f.loop);
}

static void on_timeout(void *ctx)
{
    (void)ctx;
    fail_msg("the VM did not reach state %d in time", (int)f.until);
}

/* Runs the loop until the VM gets to `state`. */
static void run_until(enum vm_state state)
{
    f.until = state;
    if (vm_get_state(f.vm) == state)
        return;
    f.timeout = (struct timer){.fn = on_timeout};
    assert_int_equal(
        loop_timer_arm(f.loop, &f.timeout, clock_monotonic_ns() + UINT64_C(5000) * NS_PER_MS), 0);
    loop_run(f.loop);
    loop_timer_cancel(f.loop, &f.timeout);
    assert_int_equal(vm_get_state(f.vm), state);
}

static void stop_loop(void *ctx)
{
    (void)ctx;
    loop_stop(f.loop);
}

static void run_for_ms(unsigned ms)
{
    struct timer t = {.fn = stop_loop};

    f.until = (enum vm_state) - 1;
    assert_int_equal(loop_timer_arm(f.loop, &t, clock_monotonic_ns() + (uint64_t)ms * NS_PER_MS),
                     0);
    loop_run(f.loop);
    loop_timer_cancel(f.loop, &t);
}

static int setup(void **state)
{
    const struct vm_observer observer = {.changed = on_changed};

    (void)state;
    f = (struct fixture){.cfg = {.cpus = 2, .on_panic = PANIC_EXIT}};
    fake_machine = (struct fake_machine){0};
    fake_accel_reset();
    assert_int_equal(loop_create(&f.loop), 0);
    assert_int_equal(vm_create(&f.cfg, f.loop, &observer, &f.vm, &f.err), 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (vm_can_stop(f.vm)) {
        assert_int_equal(vm_stop(f.vm), 0);
        run_until(VM_STOPPED);
    }
    vm_destroy(f.vm);
    loop_destroy(f.loop);
    assert_int_equal(fake_machine.nr_destroyed, fake_machine.nr_created);
    return 0;
}

static void start(void)
{
    assert_int_equal(vm_start(f.vm, &f.err), 0);
    assert_int_equal(vm_get_state(f.vm), VM_STARTING);
    run_until(VM_RUNNING);
}

static void start_runs_the_boot_cpu_only(void **state)
{
    (void)state;
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_accel_regs(0).pc, FAKE_BOOT_PC);
    assert_int_equal(fake_accel_nr_runs(1), 0);
    assert_int_equal(fake_machine.nr_resets, 1);
}

static void vm_that_never_starts_can_be_destroyed(void **state)
{
    (void)state;
    assert_int_equal(vm_get_state(f.vm), VM_STOPPED);
}

static void start_without_a_kernel_changes_nothing(void **state)
{
    (void)state;
    fake_machine.reset_rc = -ENOENT;
    assert_int_equal(vm_start(f.vm, &f.err), -ENOENT);
    assert_non_null(strstr(f.err.text, "kernel"));
    assert_int_equal(f.nr_seen, 0);
    assert_int_equal(vm_get_state(f.vm), VM_STOPPED);
}

static void start_twice_is_refused(void **state)
{
    (void)state;
    start();
    assert_int_equal(vm_start(f.vm, &f.err), -EBUSY);
}

static void power_off_goes_to_stopped_directly(void **state)
{
    (void)state;
    fake_accel_push_psci(0, PSCI_SYSTEM_OFF, 0, 0, 0);
    start();
    run_until(VM_STOPPED);
    assert_int_equal(f.nr_seen, 3);
    assert_int_equal(f.seen[1], VM_RUNNING);
    assert_int_equal(f.seen[2], VM_STOPPED);
    assert_true(fake_machine.quiet);
}

static void stopped_vm_can_start_again(void **state)
{
    (void)state;
    fake_accel_push_psci(0, PSCI_SYSTEM_OFF, 0, 0, 0);
    start();
    run_until(VM_STOPPED);
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_machine.nr_resets, 2);
    assert_false(fake_machine.quiet);
    assert_true(fake_accel_clock_runs());
}

static void reset_stays_running_and_begins_anew(void **state)
{
    (void)state;
    fake_accel_push_psci(0, PSCI_CPU_ON, 1, 0x40400000, 7);
    start();
    assert_true(fake_accel_wait_idle(1));
    fake_accel_push_psci(0, PSCI_SYSTEM_RESET, 0, 0, 0);
    run_for_ms(20);
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(vm_get_state(f.vm), VM_RUNNING);
    assert_int_equal(fake_machine.nr_resets, 2);
    assert_int_equal(fake_accel_nr_resets(0), 2);
    assert_int_equal(fake_accel_nr_resets(1), 1); /* off again, not restarted */
    fake_accel_push_psci(0, PSCI_CPU_ON, 1, 0x40400000, 8);
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_accel_answer(0).psci.result[0], 0);
}

static void reset_that_fails_is_an_error(void **state)
{
    (void)state;
    start();
    fake_machine.reset_rc = -EIO;
    fake_accel_push_psci(0, PSCI_SYSTEM_RESET, 0, 0, 0);
    run_until(VM_ERROR);
    assert_int_equal(f.last.code, -EIO);
}

static void cpu_on_starts_the_other_cpu(void **state)
{
    (void)state;
    fake_accel_push_psci(0, PSCI_CPU_ON, 1, 0x40400000, 7);
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_true(fake_accel_wait_idle(1));
    assert_int_equal(fake_accel_answer(0).psci.result[0], 0);
    assert_int_equal(fake_accel_regs(1).pc, 0x40400000);
    assert_int_equal(fake_accel_regs(1).x[0], 7);
    assert_int_equal(fake_accel_regs(1).pstate, 0x3c5);
}

static void cpu_may_go_off_and_on_again(void **state)
{
    (void)state;
    fake_accel_push_psci(0, PSCI_CPU_ON, 1, 0x40400000, 7);
    start();
    assert_true(fake_accel_wait_idle(1));
    for (unsigned i = 0; i < 10; i++) {
        fake_accel_push_psci(1, PSCI_CPU_OFF, 0, 0, 0);
        do {
            fake_accel_push_psci(0, PSCI_CPU_ON, 1, 0x40500000 + i * 16u, i);
            assert_true(fake_accel_wait_idle(0));
        } while (fake_accel_answer(0).psci.result[0] != 0); /* ALREADY_ON until it has gone */
        while (fake_accel_regs(1).pc != 0x40500000 + i * 16u)
            assert_true(fake_accel_wait_idle(0));
    }
}

static void pause_holds_cpus_clock_and_devices(void **state)
{
    unsigned runs;

    (void)state;
    start();
    assert_int_equal(vm_pause(f.vm), 0);
    assert_int_equal(vm_get_state(f.vm), VM_PAUSING);
    run_until(VM_PAUSED);
    assert_false(fake_accel_clock_runs());
    assert_true(fake_machine.quiet);
    runs = fake_accel_nr_runs(0);
    run_for_ms(10);
    assert_int_equal(fake_accel_nr_runs(0), runs);

    assert_int_equal(vm_resume(f.vm), 0);
    run_until(VM_RUNNING);
    assert_true(fake_accel_clock_runs());
    assert_false(fake_machine.quiet);
    assert_true(fake_accel_wait_idle(0));
}

static void pause_and_resume_many_times(void **state)
{
    (void)state;
    start();
    for (unsigned i = 0; i < 200; i++) {
        assert_int_equal(vm_pause(f.vm), 0);
        run_until(VM_PAUSED);
        assert_int_equal(vm_resume(f.vm), 0);
        run_until(VM_RUNNING);
    }
}

static void paused_vm_can_be_stopped(void **state)
{
    (void)state;
    start();
    assert_int_equal(vm_pause(f.vm), 0);
    run_until(VM_PAUSED);
    assert_int_equal(vm_stop(f.vm), 0);
    assert_int_equal(vm_get_state(f.vm), VM_STOPPING);
    run_until(VM_STOPPED);
}

static void requests_out_of_place_are_refused(void **state)
{
    (void)state;
    assert_int_equal(vm_pause(f.vm), -EBUSY);
    assert_int_equal(vm_resume(f.vm), -EBUSY);
    assert_int_equal(vm_stop(f.vm), -EBUSY);
    assert_int_equal(vm_request_stop(f.vm), -EBUSY);
    start();
    assert_int_equal(vm_resume(f.vm), -EBUSY);
    assert_int_equal(vm_pause(f.vm), 0);
    assert_int_equal(vm_request_stop(f.vm), -EBUSY);
    run_until(VM_PAUSED);
    assert_int_equal(fake_machine.nr_power_keys, 0);
}

static void asking_to_stop_presses_the_power_key(void **state)
{
    (void)state;
    start();
    assert_int_equal(vm_request_stop(f.vm), 0);
    assert_int_equal(fake_machine.nr_power_keys, 1);
    assert_int_equal(vm_get_state(f.vm), VM_RUNNING);
}

static void wfi_ends_with_an_interrupt(void **state)
{
    const struct vcpu_exit wfi = {.kind = VCPU_EXIT_WFI, .wfi.deadline_ns = UINT64_MAX};

    (void)state;
    fake_accel_push(0, &wfi);
    start();
    run_for_ms(5);
    assert_int_equal(fake_accel_nr_runs(0), 1);
    fake_machine.host.vcpu_pin(fake_machine.host.ctx, 0, VCPU_PIN_IRQ, true);
    assert_true(fake_accel_wait_idle(0));
    assert_true(fake_accel_pin(0, VCPU_PIN_IRQ));
    fake_accel_push(0, &wfi); /* with the pin high it is no sleep */
    assert_true(fake_accel_wait_idle(0));
}

static void wfi_ends_at_its_deadline(void **state)
{
    const struct vcpu_exit wfi = {.kind = VCPU_EXIT_WFI,
                                  .wfi.deadline_ns = clock_monotonic_ns() + 30 * NS_PER_MS};

    (void)state;
    fake_accel_push(0, &wfi);
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_true(clock_monotonic_ns() >= wfi.wfi.deadline_ns);
}

static void wfi_ends_for_a_pause(void **state)
{
    const struct vcpu_exit wfi = {.kind = VCPU_EXIT_WFI, .wfi.deadline_ns = UINT64_MAX};

    (void)state;
    fake_accel_push(0, &wfi);
    start();
    run_for_ms(5);
    assert_int_equal(vm_pause(f.vm), 0);
    run_until(VM_PAUSED);
}

static void unknown_register_is_undefined(void **state)
{
    const struct vcpu_exit known = {.kind = VCPU_EXIT_SYSREG, .sysreg = {.reg = 1}};
    const struct vcpu_exit unknown = {.kind = VCPU_EXIT_SYSREG, .sysreg = {.reg = 2}};

    (void)state;
    fake_accel_push(0, &known);
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_accel_answer(0).sysreg.value, 42);
    assert_false(fake_accel_answer(0).sysreg.undefined);
    fake_accel_push(0, &unknown);
    assert_true(fake_accel_wait_idle(0));
    assert_true(fake_accel_answer(0).sysreg.undefined);
}

static void timer_outputs_reach_the_machine(void **state)
{
    const struct vcpu_exit timer = {.kind = VCPU_EXIT_TIMER, .timer = {.virt = true}};

    (void)state;
    fake_accel_push(0, &timer);
    start();
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_machine.timers, 1);
}

static void reset_lowers_the_timer_outputs(void **state)
{
    const struct vcpu_exit timer = {.kind = VCPU_EXIT_TIMER, .timer = {.virt = true}};

    (void)state;
    fake_accel_push(0, &timer);
    start();
    assert_true(fake_accel_wait_idle(0));
    fake_accel_push_psci(0, PSCI_SYSTEM_RESET, 0, 0, 0);
    run_for_ms(20);
    assert_true(fake_accel_wait_idle(0));
    assert_int_equal(fake_accel_nr_resets(0), 2);
    assert_int_equal(fake_machine.timers, 0);
}

static void fault_is_an_error_that_names_the_place(void **state)
{
    const struct vcpu_exit fault = {.kind = VCPU_EXIT_FAULT, .fault = {.pc = 0xdead0}};

    (void)state;
    fake_accel_push(0, &fault);
    start();
    run_until(VM_ERROR);
    assert_non_null(strstr(f.last.text, "0xdead0"));
}

static void accelerator_failure_is_an_error(void **state)
{
    (void)state;
    start();
    assert_true(fake_accel_wait_idle(0));
    fake_accel_fail_run(0, -EIO);
    run_until(VM_ERROR);
    assert_int_equal(f.last.code, -EIO);
}

static void vcpu_that_cannot_be_made_fails_the_creation(void **state)
{
    struct vm *vm = NULL;

    (void)state;
    fake_accel_fail_create(1, -ENOMEM);
    assert_int_equal(vm_create(&f.cfg, f.loop, NULL, &vm, &f.err), -ENOMEM);
    assert_null(vm);
    assert_non_null(strstr(f.err.text, "--cpus"));
}

static void machine_that_cannot_be_made_fails_the_creation(void **state)
{
    struct vm *vm = NULL;

    (void)state;
    fake_machine.create_rc = -ENOENT;
    assert_int_equal(vm_create(&f.cfg, f.loop, NULL, &vm, &f.err), -ENOENT);
    assert_non_null(strstr(f.err.text, "told to fail"));
}

/* --- panic --- */

static void panic_by_default_is_an_error_of_its_own(void **state)
{
    (void)state;
    start();
    fake_machine.host.panicked(fake_machine.host.ctx);
    run_until(VM_ERROR);
    assert_int_equal(f.last.code, VM_GUEST_PANICKED);
}

static void panic_may_pause_reset_or_be_ignored(void **state)
{
    (void)state;
    f.cfg.on_panic = PANIC_PAUSE;
    start();
    fake_machine.host.panicked(fake_machine.host.ctx);
    run_until(VM_PAUSED);
    assert_int_equal(vm_resume(f.vm), 0);
    run_until(VM_RUNNING);

    f.cfg.on_panic = PANIC_RESET;
    fake_machine.host.panicked(fake_machine.host.ctx);
    run_for_ms(20);
    assert_int_equal(fake_machine.nr_resets, 2);
    assert_int_equal(vm_get_state(f.vm), VM_RUNNING);

    f.cfg.on_panic = PANIC_IGNORE;
    fake_machine.host.panicked(fake_machine.host.ctx);
    run_for_ms(20);
    assert_int_equal(vm_get_state(f.vm), VM_RUNNING);
}

#define NATIVE_TEST(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        NATIVE_TEST(start_runs_the_boot_cpu_only),
        NATIVE_TEST(vm_that_never_starts_can_be_destroyed),
        NATIVE_TEST(start_without_a_kernel_changes_nothing),
        NATIVE_TEST(start_twice_is_refused),
        NATIVE_TEST(power_off_goes_to_stopped_directly),
        NATIVE_TEST(stopped_vm_can_start_again),
        NATIVE_TEST(reset_stays_running_and_begins_anew),
        NATIVE_TEST(reset_that_fails_is_an_error),
        NATIVE_TEST(cpu_on_starts_the_other_cpu),
        NATIVE_TEST(cpu_may_go_off_and_on_again),
        NATIVE_TEST(pause_holds_cpus_clock_and_devices),
        NATIVE_TEST(pause_and_resume_many_times),
        NATIVE_TEST(paused_vm_can_be_stopped),
        NATIVE_TEST(requests_out_of_place_are_refused),
        NATIVE_TEST(asking_to_stop_presses_the_power_key),
        NATIVE_TEST(wfi_ends_with_an_interrupt),
        NATIVE_TEST(wfi_ends_at_its_deadline),
        NATIVE_TEST(wfi_ends_for_a_pause),
        NATIVE_TEST(unknown_register_is_undefined),
        NATIVE_TEST(timer_outputs_reach_the_machine),
        NATIVE_TEST(reset_lowers_the_timer_outputs),
        NATIVE_TEST(fault_is_an_error_that_names_the_place),
        NATIVE_TEST(accelerator_failure_is_an_error),
        NATIVE_TEST(vcpu_that_cannot_be_made_fails_the_creation),
        NATIVE_TEST(machine_that_cannot_be_made_fails_the_creation),
        NATIVE_TEST(panic_by_default_is_an_error_of_its_own),
        NATIVE_TEST(panic_may_pause_reset_or_be_ignored),
    };

    return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
