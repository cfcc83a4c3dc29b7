/* SPDX-License-Identifier: Apache-2.0
 *
 * What comes out of hv_vcpu_run, and where the PC stands then: each rule by a few instructions. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

#include "hv_rig.h"
#include "hvf/standin.h"

/* --- accesses that the syndrome describes --- */

static uint32_t described(unsigned size, uint32_t rest)
{
    return ISS_ISV | size << ISS_SAS_SHIFT | rest | FSC_TRANSLATION;
}

/* Executes `insn` with x0 where nobody is, and returns the ISS. */
static uint32_t access_nobody(enum insn insn, uint64_t *ret_pa)
{
    LOAD(HV_RIG_CODE, insn);
    rig_begin(HV_RIG_NOBODY);
    uint32_t iss = rig_run_to(EC_DATA_ABORT);

    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE);
    assert_int_equal(rig_get(HV_REG_X0), HV_RIG_NOBODY); /* nothing of a writeback */
    assert_int_equal(rig.exit->exception.virtual_address, rig.exit->exception.physical_address);
    *ret_pa = rig.exit->exception.physical_address;
    return iss;
}

static void plain_accesses_are_described(void **state)
{
    const uint32_t x1 = 1 << ISS_SRT_SHIFT, zr = 31u << ISS_SRT_SHIFT;
    const struct {
        enum insn insn;
        uint32_t iss;
        uint64_t offset;
    } rows[] = {
        {STR_W1, described(2, x1 | ISS_WNR), 0},
        {STR_X1, described(3, x1 | ISS_SF | ISS_WNR), 0},
        {STRB_W1, described(0, x1 | ISS_WNR), 0},
        {STRH_WZR_2, described(1, zr | ISS_WNR), 2},
        {LDR_W1, described(2, x1), 0},
        {LDR_X1, described(3, x1 | ISS_SF), 0},
        {LDRSB_W1, described(0, x1 | ISS_SSE), 0},
        {LDRSB_X1, described(0, x1 | ISS_SSE | ISS_SF), 0},
        {LDRSH_W1, described(1, x1 | ISS_SSE), 0},
        {LDRSW_X1, described(2, x1 | ISS_SSE | ISS_SF), 0},
        {LDUR_X1_8, described(3, x1 | ISS_SF), 8},
        {LDR_X1_X2, described(3, x1 | ISS_SF), 16},
        {LDTR_X1, described(3, x1 | ISS_SF), 0},
        {LDAR_W1, described(2, x1 | ISS_AR), 0},
        {STLR_X1, described(3, x1 | ISS_SF | ISS_AR | ISS_WNR), 0},
        {LDR_XZR, described(3, zr | ISS_SF), 0},
    };

    (void)state;
    rig_set(HV_REG_X0 + 2, 16);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t pa;

        assert_int_equal(access_nobody(rows[i].insn, &pa), rows[i].iss);
        assert_int_equal(pa, HV_RIG_NOBODY + rows[i].offset);
    }
}

static void others_are_not(void **state)
{
    static const struct {
        enum insn insn;
        uint32_t iss;
        uint64_t offset;
    } rows[] = {
        {LDP_X1_X2, FSC_TRANSLATION, 0},
        {STP_W1_W2, FSC_TRANSLATION | ISS_WNR, 0},
        {LDR_X1_POST, FSC_TRANSLATION, 0},
        {STR_X1_PRE, FSC_TRANSLATION | ISS_WNR, 8},
        {LDR_Q1, FSC_TRANSLATION, 0},
        {LDADD_X1_X2, FSC_TRANSLATION, 0},
        {LDXR_X1, FSC_TRANSLATION, 0},
    };

    (void)state;
    rig_set_sys(HV_SYS_REG_CPACR_EL1, 3 << 20);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        uint64_t pa;

        assert_int_equal(access_nobody(rows[i].insn, &pa), rows[i].iss);
        assert_int_equal(pa, HV_RIG_NOBODY + rows[i].offset);
    }
}

static void zeroing_and_cache_maintenance_say_so(void **state)
{
    uint64_t pa;

    (void)state;
    rig_mmu_on();
    assert_int_equal(access_nobody(DC_ZVA, &pa), FSC_TRANSLATION | ISS_WNR);
    assert_int_equal(access_nobody(DC_CIVAC, &pa), FSC_TRANSLATION | ISS_WNR | ISS_CM);
    assert_int_equal(pa, HV_RIG_NOBODY);
    assert_int_equal(access_nobody(IC_IVAU, &pa), FSC_TRANSLATION | ISS_WNR | ISS_CM);
}

static void table_walk_says_so(void **state)
{
    uint32_t iss;

    (void)state;
    LOAD(HV_RIG_CODE, NOP, LDR_X1);
    rig_begin(HV_RIG_DATA);
    rig_mmu_on();
    rig_set_sys(HV_SYS_REG_TTBR0_EL1, HV_RIG_NOBODY);
    iss = rig_run_to(EC_INSN_ABORT);
    assert_int_equal(iss, FSC_TRANSLATION | ISS_S1PTW);
    assert_int_equal(rig.exit->exception.physical_address, HV_RIG_NOBODY + 8); /* descriptor of the 2nd GiB */
    assert_int_equal(rig.exit->exception.virtual_address, HV_RIG_CODE);
}

static void device_access_is_finished_by_the_host(void **state)
{
    uint32_t iss;

    (void)state;
    LOAD(HV_RIG_CODE, LDR_X1, HVC_5);
    rig_begin(HV_RIG_NOBODY);
    iss = rig_run_to(EC_DATA_ABORT);
    assert_false(iss & ISS_WNR);
    rig_set(HV_REG_X0 + 1, 0x1234);
    rig_set(HV_REG_PC, rig_get(HV_REG_PC) + 4);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), 0x1234);
}

static void beyond_the_address_size_is_an_abort(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, LDR_X1);
    rig_begin(UINT64_C(1) << 36);
    assert_int_equal(rig_run_to(EC_DATA_ABORT) & 0x3f, FSC_BEYOND);
    assert_int_equal(rig.exit->exception.physical_address, UINT64_C(1) << 36);
}

static void no_code_is_an_abort(void **state)
{
    (void)state;
    rig_begin(0);
    rig_set(HV_REG_PC, HV_RIG_NOBODY);
    assert_int_equal(rig_run_to(EC_INSN_ABORT), FSC_TRANSLATION);
    assert_int_equal(rig.exit->exception.physical_address, HV_RIG_NOBODY);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_NOBODY);
}

/* --- stage 2's rights --- */

static void protect(uint64_t at, hv_memory_flags_t flags)
{
    assert_int_equal(hv_vm_protect(at, HV_RIG_PAGE, flags), HV_SUCCESS);
}

static void write_to_read_only_memory_comes_out_and_can_be_repeated(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, LDR_X1, STR_X1, HVC_5);
    rig_begin(HV_RIG_DATA + 8);
    protect(HV_RIG_DATA, HV_MEMORY_READ | HV_MEMORY_EXEC);
    assert_int_equal(rig_run_to(EC_DATA_ABORT),
                     ISS_ISV | 3 << ISS_SAS_SHIFT | 1 << ISS_SRT_SHIFT | ISS_SF | ISS_WNR | FSC_PERMISSION);
    assert_int_equal(rig.exit->exception.physical_address, HV_RIG_DATA + 8);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 4);
    protect(HV_RIG_DATA, HV_RIG_ALL);
    (void)rig_run_to(EC_HVC);
}

static void memory_without_rights_is_not_read_or_executed(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, LDR_X1, HVC_5);
    LOAD(HV_RIG_DATA, HVC_5);
    rig_begin(HV_RIG_DATA);
    protect(HV_RIG_DATA, 0);
    assert_int_equal(rig_run_to(EC_DATA_ABORT) & 0x3f, FSC_PERMISSION);
    protect(HV_RIG_DATA, HV_MEMORY_READ | HV_MEMORY_WRITE);
    (void)rig_run_to(EC_HVC);
    rig_set(HV_REG_PC, HV_RIG_DATA);
    assert_int_equal(rig_run_to(EC_INSN_ABORT), FSC_PERMISSION);
    protect(HV_RIG_DATA, HV_RIG_ALL);
    (void)rig_run_to(EC_HVC);
}

static void unmapped_memory_is_gone_at_once(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, LDR_X1, HVC_5);
    rig_begin(HV_RIG_DATA);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(hv_vm_unmap(HV_RIG_DATA, HV_RIG_PAGE), HV_SUCCESS);
    rig_begin(HV_RIG_DATA);
    assert_int_equal(rig_run_to(EC_DATA_ABORT) & 0x3f, FSC_TRANSLATION);
}

enum { CHANGES = 50 };

static _Atomic unsigned nr_aborts;

static void *change_rights(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < CHANGES; i++) {
        unsigned before = atomic_load(&nr_aborts);

        (void)hv_vm_protect(HV_RIG_DATA, HV_RIG_PAGE, HV_MEMORY_READ);
        while (atomic_load(&nr_aborts) == before)
            (void)sched_yield();
        (void)hv_vm_protect(HV_RIG_DATA, HV_RIG_PAGE, HV_RIG_ALL);
    }
    (void)hv_vcpus_exit(&rig.id, 1);
    return NULL;
}

/* As a host does that tracks which pages are written: each change is seen at once, and nothing else
 * comes out. */
static void rights_change_while_the_guest_writes(void **state)
{
    pthread_t thread;

    (void)state;
    LOAD(HV_RIG_CODE, STR_X1, B_BACK);
    rig_begin(HV_RIG_DATA);
    atomic_store(&nr_aborts, 0);
    assert_int_equal(pthread_create(&thread, NULL, change_rights, NULL), 0);
    for (;;) {
        assert_int_equal(hv_vcpu_run(rig.id), HV_SUCCESS);
        if (rig.exit->reason == HV_EXIT_REASON_CANCELED)
            break;
        assert_int_equal(rig.exit->reason, HV_EXIT_REASON_EXCEPTION);
        assert_int_equal(rig.exit->exception.syndrome & 0x3f, FSC_PERMISSION);
        (void)atomic_fetch_add(&nr_aborts, 1);
    }
    (void)pthread_join(thread, NULL);
    assert_true(atomic_load(&nr_aborts) >= CHANGES);
}

/* --- the instruction cache --- */

static void code_is_stale_until_the_cache_is_told(void **state)
{
    static const enum insn other = MOV_X1_2;

    (void)state;
    LOAD(HV_RIG_CODE, MOV_X1_1, HVC_5);
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    memcpy(rig.ram, &other, sizeof(other));
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), 1);
    sys_icache_invalidate(rig.ram, sizeof(other));
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get(HV_REG_X0 + 1), 2);
}

/* --- calls, waits, registers --- */

static void pc_is_behind_a_call_and_at_everything_else(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, HVC_5, SMC_7, WFI);
    rig_begin(0);
    assert_int_equal(rig_run_to(EC_HVC), 5);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 4);
    assert_int_equal(rig_run_to(EC_SMC), 7);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 4);
    rig_set(HV_REG_PC, HV_RIG_CODE + 8);
    assert_int_equal(rig_run_to(EC_WFX) & 3, 0);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 8);
}

/* ISS of a trapped access: Op0 Op2 Op1 CRn Rt CRm, and 1 for a read. */
static uint32_t trapped(hv_sys_reg_t reg, bool read)
{
    uint32_t r = reg;

    return (r >> 14 & 3) << 20 | (r & 7) << 17 | (r >> 11 & 7) << 14 | (r >> 7 & 15) << 10 | 1 << 5 |
           (r >> 3 & 15) << 1 | read;
}

static void registers_without_a_value_come_out(void **state)
{
    static const struct {
        enum insn insn;
        hv_sys_reg_t reg;
        bool read;
    } rows[] = {
        {MRS_X1_PMR, HV_SYS_REG(3, 0, 4, 6, 0), true},
        {MSR_PMR_X1, HV_SYS_REG(3, 0, 4, 6, 0), false},
        {MRS_X1_IAR1, HV_SYS_REG(3, 0, 12, 12, 0), true},
        {MSR_OSLAR_X1, HV_SYS_REG(2, 0, 1, 0, 4), false},
        {MRS_X1_ISAR2, HV_SYS_REG(3, 0, 0, 6, 2), true},
        {MRS_X1_CNTP_CTL, HV_SYS_REG(3, 3, 14, 2, 1), true},
        {MRS_X1_PMCCNTR, HV_SYS_REG(3, 3, 9, 13, 0), true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        LOAD(HV_RIG_CODE, rows[i].insn);
        rig_begin(0);
        assert_int_equal(rig_run_to(EC_SYSREG), trapped(rows[i].reg, rows[i].read));
        assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE);
    }
}

static void counter_that_is_not_advertised_is_undefined(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, MRS_X1_PMCCNTR);
    LOAD(HV_RIG_VBAR + 0x200, HVC_5);
    rig_begin(0);
    rig_set_sys(HV_SYS_REG_ID_AA64DFR0_EL1, 0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(rig_get_sys(HV_SYS_REG_ESR_EL1), 1 << 25);
    assert_int_equal(rig_get_sys(HV_SYS_REG_ELR_EL1), HV_RIG_CODE);
}

/* --- debugging by the host --- */

static void breakpoint_comes_out_only_when_asked_for(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, BRK_9);
    LOAD(HV_RIG_VBAR + 0x200, HVC_5);
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(hv_vcpu_set_trap_debug_exceptions(rig.id, true), HV_SUCCESS);
    rig_begin(0);
    assert_int_equal(rig_run_to(EC_BRK), 9);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE);
}

static void host_steps_the_guest(void **state)
{
    enum { SPSR_SS = 1 << 21, MDSCR_SS = 1 };

    (void)state;
    LOAD(HV_RIG_CODE, ADD_X3_1, ADD_X3_1, HVC_5);
    rig_begin(0);
    assert_int_equal(hv_vcpu_set_trap_debug_exceptions(rig.id, true), HV_SUCCESS);
    rig_set_sys(HV_SYS_REG_MDSCR_EL1, MDSCR_SS);
    rig_set(HV_REG_CPSR, HV_RIG_EL1H | SPSR_SS);
    (void)rig_run_to(EC_STEP);
    assert_int_equal(rig_get(HV_REG_PC), HV_RIG_CODE + 4);
    assert_int_equal(rig_get(HV_REG_X0 + 3), 1);
}

static void debug_registers_come_out_only_when_asked_for(void **state)
{
    (void)state;
    LOAD(HV_RIG_CODE, MSR_MDSCR_X1, HVC_5);
    rig_begin(0);
    (void)rig_run_to(EC_HVC);
    assert_int_equal(hv_vcpu_set_trap_debug_reg_accesses(rig.id, true), HV_SUCCESS);
    rig_begin(0);
    assert_int_equal(rig_run_to(EC_SYSREG), trapped(HV_SYS_REG_MDSCR_EL1, false));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HV_TEST(plain_accesses_are_described),
        HV_TEST(others_are_not),
        HV_TEST(zeroing_and_cache_maintenance_say_so),
        HV_TEST(table_walk_says_so),
        HV_TEST(device_access_is_finished_by_the_host),
        HV_TEST(beyond_the_address_size_is_an_abort),
        HV_TEST(no_code_is_an_abort),
        HV_TEST(write_to_read_only_memory_comes_out_and_can_be_repeated),
        HV_TEST(memory_without_rights_is_not_read_or_executed),
        HV_TEST(unmapped_memory_is_gone_at_once),
        HV_TEST(rights_change_while_the_guest_writes),
        HV_TEST(code_is_stale_until_the_cache_is_told),
        HV_TEST(pc_is_behind_a_call_and_at_everything_else),
        HV_TEST(registers_without_a_value_come_out),
        HV_TEST(counter_that_is_not_advertised_is_undefined),
        HV_TEST(breakpoint_comes_out_only_when_asked_for),
        HV_TEST(host_steps_the_guest),
        HV_TEST(debug_registers_come_out_only_when_asked_for),
    };

    return cmocka_run_group_tests_name("hv-exits", tests, NULL, NULL);
}
