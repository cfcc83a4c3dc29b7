/* SPDX-License-Identifier: Apache-2.0
 *
 * The power calls that Linux, EDK2 and a hostile guest make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "accel/arm64/psci.h"

#include <cmocka.h>

enum { NR_CPUS = 20 };

static struct psci psci;

/* Sixteen CPUs a cluster, as a GICv3 wants it. */
static uint64_t mpidr(unsigned index)
{
    return (uint64_t)(index / 16) << 8 | index % 16;
}

static int setup(void **state)
{
    (void)state;
    psci_init(&psci, NR_CPUS, mpidr);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    psci_finish(&psci);
    return 0;
}

/* Makes a call from vCPU 0; returns x0. */
static int64_t call(uint64_t id, uint64_t a1, uint64_t a2, uint64_t a3, enum psci_action *ret)
{
    const uint64_t arg[4] = {id, a1, a2, a3};
    struct psci_start start;
    enum psci_action action;
    uint64_t result = 0;

    action = psci_call(&psci, 0, arg, &result, &start);
    if (ret)
        *ret = action;
    return (int64_t)result;
}

static void version_is_1_1(void **state)
{
    (void)state;
    assert_int_equal(call(0x84000000, 0, 0, 0, NULL), 0x10001);
    assert_int_equal(call(0x80000000, 0, 0, 0, NULL), 0x10001);
    assert_int_equal(call(0x84000006, 0, 0, 0, NULL), 2);
}

static void features_name_only_what_exists(void **state)
{
    (void)state;
    assert_int_equal(call(0x8400000a, 0x80000000, 0, 0, NULL), 0);
    assert_int_equal(call(0x8400000a, 0xc4000001, 0, 0, NULL), 0);
    assert_int_equal(call(0x8400000a, 0xc4000003, 0, 0, NULL), 0);
    assert_int_equal(call(0x8400000a, 0x8400000e, 0, 0, NULL), -1); /* SYSTEM_SUSPEND */
    assert_int_equal(call(0x8400000a, 0xc4000012, 0, 0, NULL), -1); /* SYSTEM_RESET2 */
    assert_int_equal(call(0x84000050, 0, 0, 0, NULL), -1);          /* TRNG */
    assert_int_equal(call(0xffffffff, 0, 0, 0, NULL), -1);
}

static void workarounds_are_not_needed(void **state)
{
    (void)state;
    assert_int_equal(call(0x80000001, 0x80008000, 0, 0, NULL), 1);
    assert_int_equal(call(0x80000001, 0x80007fff, 0, 0, NULL), 1);
    assert_int_equal(call(0x80000001, 0x80003fff, 0, 0, NULL), 1);
    assert_int_equal(call(0x80000001, 0x80000001, 0, 0, NULL), 0);
    assert_int_equal(call(0x80000001, 0x12345678, 0, 0, NULL), -1);
}

static void cpu_on_starts_an_off_cpu_once(void **state)
{
    const uint64_t arg[4] = {0xc4000003, 0x102, 0x40080000, 77};
    struct psci_start start;
    enum psci_action action;
    uint64_t result;

    (void)state;
    assert_int_equal(psci_call(&psci, 0, arg, &result, &start), PSCI_CPU_ON);
    assert_int_equal(result, 0);
    assert_int_equal(start.cpu, 18);
    assert_int_equal(start.entry, 0x40080000);
    assert_int_equal(start.context, 77);

    assert_int_equal(call(0xc4000003, 0x102, 0x40080000, 0, &action), -5);
    assert_int_equal(action, PSCI_RETURN);
    psci_cpu_started(&psci, 18);
    assert_int_equal(call(0xc4000003, 0x102, 0x40080000, 0, &action), -4);
    assert_int_equal(action, PSCI_RETURN);
}

static void cpu_on_refuses_what_is_not_there(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000003, 0x104, 0x40080000, 0, NULL), -2);
    assert_int_equal(call(0xc4000003, UINT64_C(1) << 32, 0x40080000, 0, NULL), -2);
    assert_int_equal(call(0xc4000003, 1, 0x40080002, 0, NULL), -9);
    assert_int_equal(call(0xc4000003, 0, 0x40080000, 0, NULL), -4); /* itself */
}

static void cpu_on_32_sees_the_low_words_only(void **state)
{
    const uint64_t junk = UINT64_C(0xdead) << 32;
    const uint64_t arg[4] = {junk | 0x84000003, junk | 1, junk | 0x40080000, junk | 5};
    struct psci_start start;
    uint64_t result;

    (void)state;
    assert_int_equal(psci_call(&psci, 0, arg, &result, &start), PSCI_CPU_ON);
    assert_int_equal(start.cpu, 1);
    assert_int_equal(start.entry, 0x40080000);
    assert_int_equal(start.context, 5);
}

static void affinity_info_follows_the_power(void **state)
{
    const uint64_t off[4] = {0x84000002};
    struct psci_start start;
    uint64_t result;

    (void)state;
    assert_int_equal(call(0xc4000004, 1, 0, 0, NULL), 1);
    assert_int_equal(call(0xc4000003, 1, 0x40080000, 0, NULL), 0);
    assert_int_equal(call(0xc4000004, 1, 0, 0, NULL), 2);
    psci_cpu_started(&psci, 1);
    assert_int_equal(call(0xc4000004, 1, 0, 0, NULL), 0);
    assert_int_equal(psci_call(&psci, 1, off, &result, &start), PSCI_CPU_OFF);
    assert_int_equal(call(0xc4000004, 1, 0, 0, NULL), 1);
    assert_int_equal(call(0xc4000004, 1, 1, 0, NULL), -2);
    assert_int_equal(call(0xc4000004, 0x999, 0, 0, NULL), -2);
}

static void system_calls_and_suspend_are_actions(void **state)
{
    enum psci_action action;

    (void)state;
    (void)call(0x84000008, 0, 0, 0, &action);
    assert_int_equal(action, PSCI_SYSTEM_OFF);
    (void)call(0x84000009, 0, 0, 0, &action);
    assert_int_equal(action, PSCI_SYSTEM_RESET);
    assert_int_equal(call(0xc4000001, 0, 0, 0, &action), 0);
    assert_int_equal(action, PSCI_SUSPEND);
}

static void reset_leaves_only_the_boot_cpu_on(void **state)
{
    (void)state;
    assert_int_equal(call(0xc4000003, 3, 0x40080000, 0, NULL), 0);
    psci_cpu_started(&psci, 3);
    psci_reset(&psci);
    assert_int_equal(call(0xc4000004, 3, 0, 0, NULL), 1);
    assert_int_equal(call(0xc4000004, 0, 0, 0, NULL), 0);
}

#define PSCI_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PSCI_TEST(version_is_1_1),
        PSCI_TEST(features_name_only_what_exists),
        PSCI_TEST(workarounds_are_not_needed),
        PSCI_TEST(cpu_on_starts_an_off_cpu_once),
        PSCI_TEST(cpu_on_refuses_what_is_not_there),
        PSCI_TEST(cpu_on_32_sees_the_low_words_only),
        PSCI_TEST(affinity_info_follows_the_power),
        PSCI_TEST(system_calls_and_suspend_are_actions),
        PSCI_TEST(reset_leaves_only_the_boot_cpu_on),
    };

    return cmocka_run_group_tests_name("psci", tests, NULL, NULL);
}
