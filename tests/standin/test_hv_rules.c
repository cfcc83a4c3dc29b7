/* SPDX-License-Identifier: Apache-2.0
 *
 * What the framework lets its host do: order, threads, memory, registers. Each rule, kept and
 * broken. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "aborts.h"
#include "hv_rig.h"
#include "hvf/rest.h"
#include "hvf/standin.h"

/* --- one VM --- */

static void without_a_vm_there_is_no_device(void **state)
{
    static _Alignas(HV_RIG_PAGE) uint8_t page[HV_RIG_PAGE];
    hv_vcpu_exit_t *exit;
    hv_vcpu_t id = 0;
    uint64_t value;

    (void)state;
    assert_int_equal(hv_vm_destroy(), HV_NO_DEVICE);
    assert_int_equal(hv_vm_map(page, 0, HV_RIG_PAGE, HV_RIG_ALL), HV_NO_DEVICE);
    assert_int_equal(hv_vm_unmap(0, HV_RIG_PAGE), HV_NO_DEVICE);
    assert_int_equal(hv_vm_protect(0, HV_RIG_PAGE, HV_MEMORY_READ), HV_NO_DEVICE);
    assert_int_equal(hv_vcpu_create(&id, &exit, NULL), HV_NO_DEVICE);
    assert_int_equal(hv_vcpu_run(0), HV_NO_DEVICE);
    assert_int_equal(hv_vcpu_get_reg(0, HV_REG_PC, &value), HV_NO_DEVICE);
    assert_int_equal(hv_vcpus_exit(&id, 1), HV_NO_DEVICE);
}

static void process_has_one_vm(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(hv_vm_create(NULL), HV_BUSY);
    assert_int_equal(hv_vcpu_get_reg(7, HV_REG_PC, &value), HV_NO_DEVICE);
}

static void framework_refuses_when_told_to(void **state)
{
    (void)state;
    setenv("HV_STANDIN", "no-hardware,denied", 1);
    assert_int_equal(hv_vm_create(NULL), HV_DENIED);
    setenv("HV_STANDIN", "hv_vm_create=unsupported", 1);
    assert_int_equal(hv_vm_create(NULL), HV_UNSUPPORTED);
    setenv("HV_STANDIN", "hv_vcpu_create=no-resources,hv_vm_map=error,vcpus=1", 1);
    assert_int_equal(hv_vm_create(NULL), HV_SUCCESS);
    assert_int_equal(hv_vm_map(NULL, 0, HV_RIG_PAGE, HV_RIG_ALL), HV_ERROR);
    assert_int_equal(hv_vcpu_create(&rig.id, &rig.exit, NULL), HV_NO_RESOURCES);
    unsetenv("HV_STANDIN");
    assert_int_equal(hv_vm_destroy(), HV_SUCCESS);
}

static void address_size_is_the_machines(void **state)
{
    hv_vm_config_t config = hv_vm_config_create();
    uint32_t bits, max;

    (void)state;
    assert_int_equal(hv_vm_config_get_max_ipa_size(&max), HV_SUCCESS);
    assert_int_equal(max, standin_flavour.macos == 13 ? 36 : 40);
    assert_int_equal(hv_vm_config_get_default_ipa_size(&bits), HV_SUCCESS);
    assert_int_equal(bits, 36);
    assert_int_equal(hv_vm_config_set_ipa_size(config, max + 1), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_config_set_ipa_size(config, 33), HV_SUCCESS);
    assert_int_equal(hv_vm_config_get_ipa_size(config, &bits), HV_SUCCESS);
    assert_int_equal(bits, 33);
    setenv("HV_STANDIN", "ipa-max=39", 1);
    assert_int_equal(hv_vm_config_get_max_ipa_size(&max), HV_SUCCESS);
    assert_int_equal(max, 39);
    unsetenv("HV_STANDIN");
    os_release(config);
}

/* --- memory --- */

static void memory_comes_in_16_kib(void **state)
{
    (void)state;
    assert_int_equal(hv_vm_map(rig.ram + 4096, 0, HV_RIG_PAGE, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, 4096, HV_RIG_PAGE, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, 0, 4096, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, 0, 0, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, 0, HV_RIG_PAGE, 8), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_unmap(HV_RIG_RAM + 4096, HV_RIG_PAGE), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_protect(HV_RIG_RAM, 4096, HV_RIG_ALL), HV_BAD_ARGUMENT);
}

static void memory_lies_within_the_address_size(void **state)
{
    uint64_t end = UINT64_C(1) << 36;

    (void)state;
    assert_int_equal(hv_vm_map(rig.ram, end, HV_RIG_PAGE, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, end - HV_RIG_PAGE, 2 * HV_RIG_PAGE, HV_RIG_ALL), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, end - HV_RIG_PAGE, HV_RIG_PAGE, HV_RIG_ALL), HV_SUCCESS);
}

static void nothing_is_mapped_twice(void **state)
{
    (void)state;
    assert_int_equal(hv_vm_map(rig.ram, HV_RIG_RAM + HV_RIG_PAGE, HV_RIG_PAGE, HV_RIG_ALL), HV_ERROR);
    assert_int_equal(hv_vm_unmap(HV_RIG_RAM + HV_RIG_PAGE, HV_RIG_PAGE), HV_SUCCESS);
    assert_int_equal(hv_vm_unmap(HV_RIG_RAM + HV_RIG_PAGE, HV_RIG_PAGE), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_protect(HV_RIG_RAM, 2 * HV_RIG_PAGE, HV_MEMORY_READ), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_map(rig.ram, HV_RIG_RAM + HV_RIG_PAGE, HV_RIG_PAGE, HV_RIG_ALL), HV_SUCCESS);
}

static void framework_gives_memory(void **state)
{
    void *p = NULL;

    (void)state;
    assert_int_equal(hv_vm_allocate(&p, 100, HV_ALLOCATE_DEFAULT), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vm_allocate(&p, HV_RIG_PAGE, HV_ALLOCATE_DEFAULT), HV_SUCCESS);
    assert_int_equal(hv_vm_map(p, 0, HV_RIG_PAGE, HV_RIG_ALL), HV_SUCCESS);
    assert_int_equal(hv_vm_unmap(0, HV_RIG_PAGE), HV_SUCCESS);
    assert_int_equal(hv_vm_deallocate(p, HV_RIG_PAGE), HV_SUCCESS);
}

/* --- threads --- */

static void *call_elsewhere(void *arg)
{
    void (*fn)(void) = *(void (**)(void))arg;

    fn();
    return NULL;
}

static void on_another_thread(void (*fn)(void))
{
    pthread_t thread;
    void *none = NULL;

    (void)rig_setup(&none);
    (void)pthread_create(&thread, NULL, call_elsewhere, &fn);
    (void)pthread_join(thread, NULL);
}

#define FROM_ANOTHER_THREAD(name, expression)                                                      \
    static void name##_here(void)                                                                  \
    {                                                                                              \
        uint64_t value = 0;                                                                        \
        bool flag = false;                                                                         \
        (void)value, (void)flag;                                                                   \
        (void)(expression);                                                                        \
    }                                                                                              \
    static void name##_elsewhere(void)                                                             \
    {                                                                                              \
        on_another_thread(name##_here);                                                            \
    }
FROM_ANOTHER_THREAD(run, hv_vcpu_run(rig.id))
FROM_ANOTHER_THREAD(destroy, hv_vcpu_destroy(rig.id))
FROM_ANOTHER_THREAD(get_reg, hv_vcpu_get_reg(rig.id, HV_REG_PC, &value))
FROM_ANOTHER_THREAD(set_reg, hv_vcpu_set_reg(rig.id, HV_REG_PC, value))
FROM_ANOTHER_THREAD(get_sys_reg, hv_vcpu_get_sys_reg(rig.id, HV_SYS_REG_ESR_EL1, &value))
FROM_ANOTHER_THREAD(set_sys_reg, hv_vcpu_set_sys_reg(rig.id, HV_SYS_REG_ESR_EL1, value))
FROM_ANOTHER_THREAD(set_pending, hv_vcpu_set_pending_interrupt(rig.id, HV_INTERRUPT_TYPE_IRQ, true))
FROM_ANOTHER_THREAD(get_mask, hv_vcpu_get_vtimer_mask(rig.id, &flag))
FROM_ANOTHER_THREAD(set_mask, hv_vcpu_set_vtimer_mask(rig.id, flag))
FROM_ANOTHER_THREAD(set_offset, hv_vcpu_set_vtimer_offset(rig.id, value))

static void vcpu_belongs_to_its_thread(void **state)
{
    static void (*const calls[])(void) = {
        run_elsewhere,         destroy_elsewhere,     get_reg_elsewhere,  set_reg_elsewhere,
        get_sys_reg_elsewhere, set_sys_reg_elsewhere, set_pending_elsewhere, get_mask_elsewhere,
        set_mask_elsewhere,    set_offset_elsewhere,
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(calls); i++)
        assert_true(aborts(calls[i], "belongs to another thread"));
}

static void second_vcpu(void)
{
    void *none = NULL;

    (void)rig_setup(&none);
    (void)hv_vcpu_create(&rig.id, &rig.exit, NULL);
}

static void vm_before_vcpu(void)
{
    void *none = NULL;

    (void)rig_setup(&none);
    (void)hv_vm_destroy();
}

static void release_nothing(void)
{
    uint32_t something = 0;

    os_release(&something);
}

static void order_is_kept(void **state)
{
    (void)state;
    assert_true(aborts(second_vcpu, "this thread has vCPU 0 already"));
    assert_true(aborts(vm_before_vcpu, "while 1 vCPUs exist"));
    assert_true(aborts(release_nothing, "not an object"));
}

/* --- hv_vcpus_exit --- */

static void exit_waits_for_the_next_run(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, ADD_X3_1, HVC_5);
    rig_begin(0);
    assert_int_equal(hv_vcpus_exit(&rig.id, 1), HV_SUCCESS);
    rig_run(HV_EXIT_REASON_CANCELED);
    assert_int_equal(rig_get(HV_REG_X0 + 3), 0);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE);
    (void)rig_run_to(EC_HVC);
}

static void exit_ends_a_run(void **state)
{
    pthread_t thread;

    (void)state;
    LOAD(HV_RIG_CODE, B_SELF);
    rig_begin(0);
    assert_int_equal(pthread_create(&thread, NULL, rig_exit_in_a_while, NULL), 0);
    rig_run(HV_EXIT_REASON_CANCELED);
    (void)pthread_join(thread, NULL);
}

/* --- registers --- */

static void fresh_vcpu_is_zero(void **state)
{
    (void)state;
    for (hv_reg_t r = HV_REG_X0; r <= HV_REG_CPSR; r++)
        assert_int_equal(rig_get(r), 0);
    assert_int_equal(rig_get_sys(HV_SYS_REG_SCTLR_EL1), 0);
    assert_int_equal(rig_get_sys(HV_SYS_REG_SP_EL1), 0);
    assert_int_equal(rig_get_sys(HV_SYS_REG_ID_AA64PFR0_EL1) >> 24 & 15, 0);
}

static void guest_reads_the_identity_it_was_given(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, MRS_X1_PFR0, HVC_5, MRS_X1_MPIDR, HVC_5);
    rig_begin(0);
    rig_set_sys(HV_SYS_REG_MPIDR_EL1, 0x80000003);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1) >> 24 & 15, 0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), 0x80000003);
    rig_set_sys(HV_SYS_REG_ID_AA64PFR0_EL1, rig_get_sys(HV_SYS_REG_ID_AA64PFR0_EL1) | 1 << 24);
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1) >> 24 & 15, 1);
}

static void registers_have_a_list(void **state)
{
    static const hv_sys_reg_t unknown[] = {
        HV_SYS_REG(3, 3, 14, 0, 0), /* CNTFRQ_EL0 */
        HV_SYS_REG(3, 3, 14, 0, 2), /* CNTVCT_EL0 */
        HV_SYS_REG(2, 0, 1, 0, 4),  /* OSLAR_EL1 */
        HV_SYS_REG(2, 0, 1, 1, 4),  /* OSLSR_EL1 */
        HV_SYS_REG(3, 3, 9, 12, 0), /* PMCR_EL0 */
        HV_SYS_REG(3, 0, 4, 6, 0),  /* ICC_PMR_EL1 */
        HV_SYS_REG(3, 4, 1, 1, 0),  /* HCR_EL2 */
        HV_SYS_REG_CNTP_CTL_EL0,    /* without a GIC */
    };
    uint64_t value;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_int_equal(hv_vcpu_get_sys_reg(rig.id, unknown[i], &value), HV_BAD_ARGUMENT);
        assert_int_equal(hv_vcpu_set_sys_reg(rig.id, unknown[i], 0), HV_BAD_ARGUMENT);
    }
    assert_int_equal(hv_vcpu_get_sys_reg(rig.id, HV_SYS_REG_ACTLR_EL1, &value),
                     standin_flavour.macos == 13 ? HV_BAD_ARGUMENT : HV_SUCCESS);
    assert_int_equal(hv_vcpu_get_reg(rig.id, HV_REG_CPSR + 1, &value), HV_BAD_ARGUMENT);
    assert_int_equal(hv_vcpu_set_reg(rig.id, HV_REG_CPSR, 0x3c9), HV_BAD_ARGUMENT); /* EL2h */
}

static void registers_keep_what_they_get(void **state)
{
    hv_simd_fp_uchar16_t in, out = {0};

    (void)state;
    memset(&in, 0x5a, sizeof(in));
    assert_int_equal(hv_vcpu_set_simd_fp_reg(rig.id, 31, in), HV_SUCCESS);
    assert_int_equal(hv_vcpu_get_simd_fp_reg(rig.id, 31, &out), HV_SUCCESS);
    assert_memory_equal(&in, &out, sizeof(in));
    assert_int_equal(hv_vcpu_set_simd_fp_reg(rig.id, 32, in), HV_BAD_ARGUMENT);
    rig_set_sys(HV_SYS_REG_DBGBCR_EL1(0), 0);
    assert_int_equal(rig_get_sys(HV_SYS_REG_DBGBCR_EL1(0)), 0x1e0); /* BAS is fixed */
    rig_set_sys(HV_SYS_REG_APGAKEYHI_EL1, 0x1234);
    rig_set_sys(HV_SYS_REG_DBGBVR_EL1(15), 0x5678);
    rig_set(HV_REG_CPSR, HV_RIG_EL1H);
    rig_set_sys(HV_SYS_REG_SP_EL1, 0x1111);
    rig_set_sys(HV_SYS_REG_SP_EL0, 0x2222);
    assert_int_equal(rig_get_sys(HV_SYS_REG_APGAKEYHI_EL1), 0x1234);
    assert_int_equal(rig_get_sys(HV_SYS_REG_DBGBVR_EL1(15)), 0x5678);
    assert_int_equal(rig_get_sys(HV_SYS_REG_SP_EL1), 0x1111);
    assert_int_equal(rig_get_sys(HV_SYS_REG_SP_EL0), 0x2222);
}

static void time_in_the_guest_is_counted(void **state)
{
    uint64_t before, after;

    (void)state;
    LOAD(HV_RIG_CODE, HVC_5);
    rig_begin(0);
    assert_int_equal(hv_vcpu_get_exec_time(rig.id, &before), HV_SUCCESS);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(hv_vcpu_get_exec_time(rig.id, &after), HV_SUCCESS);
    assert_true(after > before);
}

/* --- symbols --- */

static void newer_functions_are_not_in_older_systems(void **state)
{
    static const char *const since15[] = {"hv_gic_create", "hv_gic_config_create", "hv_gic_set_spi",
                                          "hv_gic_get_redistributor_base", "hv_gic_reset",
                                          "hv_vm_config_get_el2_supported", "hv_vm_config_set_el2_enabled"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(since15); i++)
        assert_int_equal(dlsym(RTLD_DEFAULT, since15[i]) != NULL, standin_flavour.macos >= 15);
    assert_null(dlsym(RTLD_DEFAULT, "hv_vm_config_set_ipa_granule")); /* macOS 26 */
    assert_non_null(dlsym(RTLD_DEFAULT, "hv_vm_create"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vcpu_belongs_to_its_thread), /* before there is a VM to fork */
        cmocka_unit_test(order_is_kept),
        cmocka_unit_test(without_a_vm_there_is_no_device),
        VM_TEST(process_has_one_vm),
        cmocka_unit_test(framework_refuses_when_told_to),
        cmocka_unit_test(address_size_is_the_machines),
        VM_TEST(memory_comes_in_16_kib),
        VM_TEST(memory_lies_within_the_address_size),
        VM_TEST(nothing_is_mapped_twice),
        VM_TEST(framework_gives_memory),
        HV_TEST(exit_waits_for_the_next_run),
        HV_TEST(exit_ends_a_run),
        HV_TEST(fresh_vcpu_is_zero),
        HV_TEST(guest_reads_the_identity_it_was_given),
        HV_TEST(registers_have_a_list),
        HV_TEST(registers_keep_what_they_get),
        HV_TEST(time_in_the_guest_is_counted),
        cmocka_unit_test(newer_functions_are_not_in_older_systems),
    };

    return cmocka_run_group_tests_name("hv-rules", tests, NULL, NULL);
}
