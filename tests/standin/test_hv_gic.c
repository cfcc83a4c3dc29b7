/* SPDX-License-Identifier: Apache-2.0
 *
 * The framework's GIC (macOS 15): order of its making, ranges, and what no longer comes out of
 * hv_vcpu_run once there is one. */
#include <pthread.h>
#include <string.h>

#include "accel/hvf/hv_later.h"
#include "aborts.h"
#include "hv_rig.h"
#include "hvf/rest.h"

#define DIST   UINT64_C(0x08000000)
#define MSI    UINT64_C(0x08020000)
#define REDIST UINT64_C(0x080a0000)

enum { FRAME = 65536, FIRST_MSI = 80, NR_MSIS = 64, INTID_VTIMER = 27, SPI = 40 };
enum { ICC_PMR = HV_SYS_REG(3, 0, 4, 6, 0), ICC_IGRPEN1 = HV_SYS_REG(3, 0, 12, 12, 7) };
enum { ICC_IAR1 = HV_SYS_REG(3, 0, 12, 12, 0) };

static hv_gic_config_t make_config(void)
{
    hv_gic_config_t config = hv_gic_config_create();

    assert_non_null(config);
    assert_int_equal(hv_gic_config_set_distributor_base(config, DIST), HV_SUCCESS);
    assert_int_equal(hv_gic_config_set_redistributor_base(config, REDIST), HV_SUCCESS);
    assert_int_equal(hv_gic_config_set_msi_region_base(config, MSI), HV_SUCCESS);
    assert_int_equal(hv_gic_config_set_msi_interrupt_range(config, FIRST_MSI, NR_MSIS), HV_SUCCESS);
    return config;
}

static int set_up_gic(void **state)
{
    hv_gic_config_t config = make_config();

    (void)rig_vm(state);
    assert_int_equal(hv_gic_create(config), HV_SUCCESS);
    os_release(config);
    rig_make_vcpu();
    rig_set_sys(HV_SYS_REG_MPIDR_EL1, 0x80000000);
    return 0;
}

/* --- making --- */

static void gic_needs_a_vm(void **state)
{
    hv_gic_config_t config = make_config();

    (void)state;
    assert_int_equal(hv_gic_create(config), HV_NO_DEVICE);
    assert_int_equal(hv_gic_set_spi(SPI, true), HV_NO_DEVICE);
    assert_int_equal(hv_gic_reset(), HV_NO_DEVICE);
    os_release(config);
}

static void late_gic(void)
{
    void *none = NULL;

    (void)rig_setup(&none);
    (void)hv_gic_create(make_config());
}

static void gic_comes_before_vcpus(void **state)
{
    (void)state;
    assert_true(aborts(late_gic, "after the first vCPU"));
}

static void places_are_aligned_and_apart(void **state)
{
    hv_gic_config_t config = hv_gic_config_create();

    (void)state;
    assert_int_equal(hv_gic_create(config), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_config_set_distributor_base(config, DIST + 4096), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_config_set_distributor_base(config, DIST), HV_SUCCESS);
    assert_int_equal(hv_gic_config_set_redistributor_base(config, DIST), HV_SUCCESS);
    assert_int_equal(hv_gic_create(config), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_config_set_redistributor_base(config, REDIST), HV_SUCCESS);
    assert_int_equal(hv_gic_config_set_msi_region_base(config, MSI), HV_SUCCESS);
    assert_int_equal(hv_gic_create(config), HV_BAD_ARGUMENT); /* messages without interrupts */
    assert_int_equal(hv_gic_config_set_msi_interrupt_range(config, 16, 8), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_config_set_msi_interrupt_range(config, 32, 961), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_config_set_msi_interrupt_range(config, FIRST_MSI, NR_MSIS), HV_SUCCESS);
    assert_int_equal(hv_gic_create(config), HV_SUCCESS);
    assert_int_equal(hv_gic_create(config), HV_BUSY);
    os_release(config);
}

static void redistributor_needs_an_affinity(void **state)
{
    hv_gic_config_t config = make_config();
    uint64_t value;
    hv_ipa_t base;

    (void)state;
    assert_int_equal(hv_gic_create(config), HV_SUCCESS);
    os_release(config);
    rig_make_vcpu();
    assert_int_equal(hv_gic_get_redistributor_base(rig.id, &base), HV_BAD_ARGUMENT);
    LOAD(HV_RIG_CODE, LDR_W1, HVC_5);
    rig_begin(REDIST);
    (void)rig_run_to(EC_DATA_ABORT); /* nobody there */
    rig_set_sys(HV_SYS_REG_MPIDR_EL1, 0x80000001);
    assert_int_equal(hv_gic_get_redistributor_base(rig.id, &base), HV_SUCCESS);
    assert_int_equal(base, REDIST + 2 * FRAME); /* in order of affinity */
    rig_begin(base);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(hv_gic_get_redistributor_reg(rig.id, HV_GIC_REDISTRIBUTOR_REG_GICR_TYPER, &value), HV_SUCCESS);
    assert_int_equal(value >> 32, 1); /* its affinity; and it is the last */
    assert_true(value & 1 << 4);
}

/* --- ranges --- */

static void interrupts_have_a_range(void **state)
{
    uint32_t first, nr, intid;

    (void)state;
    assert_int_equal(hv_gic_get_spi_interrupt_range(&first, &nr), HV_SUCCESS);
    assert_int_equal(hv_gic_set_spi(first - 1, true), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_set_spi(first + nr, true), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_set_spi(first, true), HV_SUCCESS);
    assert_int_equal(hv_gic_send_msi(MSI, FIRST_MSI), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_send_msi(MSI + 0x40, FIRST_MSI + NR_MSIS), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_send_msi(MSI + 0x40, FIRST_MSI), HV_SUCCESS);
    assert_int_equal(hv_gic_get_intid(HV_GIC_INT_EL1_VIRTUAL_TIMER, &intid), HV_SUCCESS);
    assert_int_equal(intid, INTID_VTIMER);
    assert_int_equal(hv_gic_get_intid(11, &intid), HV_BAD_ARGUMENT);
}

static void host_reads_and_writes_registers(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(hv_gic_set_icc_reg(rig.id, ICC_PMR, 0xf0), HV_SUCCESS);
    assert_int_equal(hv_gic_get_icc_reg(rig.id, ICC_PMR, &value), HV_SUCCESS);
    assert_int_equal(value, 0xf0);
    assert_int_equal(hv_gic_get_icc_reg(rig.id, ICC_IAR1, &value), HV_BAD_ARGUMENT);
    assert_int_equal(hv_gic_get_distributor_reg(HV_GIC_DISTRIBUTOR_REG_GICD_TYPER, &value), HV_SUCCESS);
    assert_int_equal((value & 31) * 32 + 32, 32 + 960);
    assert_int_equal(hv_gic_get_msi_reg(HV_GIC_REG_GICM_TYPER, &value), HV_SUCCESS);
    assert_int_equal(value, FIRST_MSI << 16 | NR_MSIS);
}

/* --- what stays inside --- */

static void registers_and_frames_stay_inside(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, MSR_PMR_X1, MRS_X1_PMR, LDR_W1, MRS_X1_CNTP_CTL, HVC_5);
    rig_begin(DIST + 8);
    rig_set(HV_REG_X0 + 1, 0xa0);
    (void)rig_run_to(EC_HVC);
}

static void interrupts_are_the_frameworks(void **state)
{
    bool pending;

    (void)state;
    assert_int_equal(hv_vcpu_set_pending_interrupt(rig.id, HV_INTERRUPT_TYPE_IRQ, true), HV_UNSUPPORTED);
    assert_int_equal(hv_vcpu_get_pending_interrupt(rig.id, HV_INTERRUPT_TYPE_IRQ, &pending), HV_UNSUPPORTED);
}

/* Lets the timer's interrupt through, as a guest would. */
static void open_the_way(void)
{
    enum { GICD_CTLR_ARE_GRP1 = 1 << 4 | 1 << 1, GICR_WAKER = 0x14 };
    enum { GICR_IGROUPR0 = 0x10080, GICR_ISENABLER0 = 0x10100 };

    assert_int_equal(hv_gic_set_distributor_reg(0, GICD_CTLR_ARE_GRP1), HV_SUCCESS);
    assert_int_equal(hv_gic_set_redistributor_reg(rig.id, GICR_WAKER, 0), HV_SUCCESS);
    assert_int_equal(hv_gic_set_redistributor_reg(rig.id, GICR_IGROUPR0, UINT32_MAX), HV_SUCCESS);
    assert_int_equal(hv_gic_set_redistributor_reg(rig.id, GICR_ISENABLER0, 1 << INTID_VTIMER), HV_SUCCESS);
    assert_int_equal(hv_gic_set_icc_reg(rig.id, ICC_PMR, 0xff), HV_SUCCESS);
    assert_int_equal(hv_gic_set_icc_reg(rig.id, ICC_IGRPEN1, 1), HV_SUCCESS);
}

static void timer_ends_a_wait_inside(void **state)
{
    (void)state;
    open_the_way();
    LOAD(HV_RIG_CODE, WFI, MRS_X1_IAR1, HVC_5);
    rig_begin(0);
    rig_set_sys(HV_SYS_REG_CNTV_CVAL_EL0, mach_absolute_time() + 100000);
    rig_set_sys(HV_SYS_REG_CNTV_CTL_EL0, 1);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), INTID_VTIMER);
}

static void exit_ends_a_wait_inside(void **state)
{
    pthread_t thread;

    (void)state;
    LOAD(HV_RIG_CODE, WFI, HVC_5);
    rig_begin(0);
    assert_int_equal(pthread_create(&thread, NULL, rig_exit_in_a_while, NULL), 0);
    rig_run(HV_EXIT_REASON_CANCELED);
    (void)pthread_join(thread, NULL);
}

static void virtual_el2_is_not_in_this_mac(void **state)
{
    hv_vm_config_t config = hv_vm_config_create();
    bool is = true;

    (void)state;
    assert_int_equal(hv_vm_config_get_el2_supported(&is), HV_SUCCESS);
    assert_false(is);
    assert_int_equal(hv_vm_config_set_el2_enabled(config, true), HV_UNSUPPORTED);
    assert_int_equal(hv_vm_config_get_el2_enabled(config, &is), HV_SUCCESS);
    assert_false(is);
    os_release(config);
}

#define GIC_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_gic, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gic_comes_before_vcpus), /* before there is a VM to fork */
        cmocka_unit_test(gic_needs_a_vm),
        VM_TEST(places_are_aligned_and_apart),
        VM_TEST(redistributor_needs_an_affinity),
        GIC_TEST(interrupts_have_a_range),
        GIC_TEST(host_reads_and_writes_registers),
        GIC_TEST(registers_and_frames_stay_inside),
        GIC_TEST(interrupts_are_the_frameworks),
        GIC_TEST(timer_ends_a_wait_inside),
        GIC_TEST(exit_ends_a_wait_inside),
        cmocka_unit_test(virtual_el2_is_not_in_this_mac),
    };

    return cmocka_run_group_tests_name("hv-gic", tests, NULL, NULL);
}
