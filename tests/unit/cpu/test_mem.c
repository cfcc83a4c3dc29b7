/* SPDX-License-Identifier: Apache-2.0
 *
 * Loads and stores: what they raise, unaligned and page-crossing ones, devices, atomics,
 * instruction fetch. */
#include "rig.h"

#define VA UINT64_C(0x0000123456789000)
#define PA (RIG_RAM + 0x5000)

enum {
    EC_DATA_EL0 = 0x24,
    EC_DATA_EL1 = 0x25,
    EC_FETCH_EL0 = 0x20,
    EC_FETCH_EL1 = 0x21,
    WNR = 0x40
};

/* Two adjacent virtual pages on pages that are apart. */
static void map_pair(struct rig *r, uint64_t first, uint64_t second)
{
    rig_mmu_on(r);
    rig_map(r, VA, 3, first);
    rig_map(r, VA + 4096, 3, second);
}

static void loads_and_stores_reach_memory(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, 0);
    for (unsigned round = 0; round < 2; round++) { /* slow path, then fast */
        a64_st64(r->cpu, &r->insn, VA, UINT64_C(0x1122334455667788));
        assert_int_equal(rig_read64(r, PA), UINT64_C(0x1122334455667788));
        assert_int_equal(a64_ld8(r->cpu, &r->insn, VA + 1), 0x77);
        assert_int_equal(a64_ld16(r->cpu, &r->insn, VA + 2), 0x5566);
        assert_int_equal(a64_ld32(r->cpu, &r->insn, VA + 4), 0x11223344);
        a64_st8(r->cpu, &r->insn, VA + 7, 0xaa);
        a64_st16(r->cpu, &r->insn, VA + 4, 0xbbcc);
        a64_st32(r->cpu, &r->insn, VA, 0xddeeff00);
        assert_int_equal(a64_ld64(r->cpu, &r->insn, VA), UINT64_C(0xaa22bbccddeeff00));
    }
    a64_st128(r->cpu, &r->insn, VA + 16, (unsigned __int128)7 << 64 | 9);
    assert_int_equal(rig_read64(r, PA + 16), 9);
    assert_int_equal(rig_read64(r, PA + 24), 7);
    assert_true(a64_ld128(r->cpu, &r->insn, VA + 16) == ((unsigned __int128)7 << 64 | 9));
}

static void abort_reports_address_level_and_direction(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL | PTE_RO, 0);
    assert_raises(r, a64_ld32(r->cpu, &r->insn, VA + 4096 + 8), ESR(EC_DATA_EL1, 0x07));
    assert_int_equal(r->cpu->sys.far, VA + 4096 + 8);
    assert_int_equal(r->cpu->sys.elr, RIG_PC);
    rig_at(r, 1);
    assert_raises(r, (a64_st32(r->cpu, &r->insn, VA + 4, 1), 0), ESR(EC_DATA_EL1, 0x0f | WNR));
    assert_int_equal(r->cpu->sys.far, VA + 4);
    rig_at(r, 0);
    assert_raises(r, a64_ld8(r->cpu, &r->insn, VA), ESR(EC_DATA_EL0, 0x0f));
}

static void unprivileged_access_has_el0_rights(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, PA | PTE_KERNEL | PTE_USER);
    r->cpu->pan = true;
    assert_raises(r, a64_ld8_user(r->cpu, &r->insn, VA), ESR(EC_DATA_EL1, 0x0f));
    rig_at(r, 1);
    r->cpu->pan = true;
    a64_st32_user(r->cpu, &r->insn, VA + 4096, 5);
    assert_int_equal(a64_ld32_user(r->cpu, &r->insn, VA + 4096), 5);
    assert_raises(r, a64_ld32(r->cpu, &r->insn, VA + 4096), ESR(EC_DATA_EL1, 0x0f));
}

static void unaligned_access_crosses_pages(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, (PA + 0x4000) | PTE_KERNEL);
    a64_st64(r->cpu, &r->insn, VA + 4093, UINT64_C(0x8877665544332211));
    assert_int_equal(rig_read64(r, PA + 4088) >> 40, 0x332211);
    assert_int_equal(rig_read64(r, PA + 0x4000), UINT64_C(0x8877665544));
    assert_int_equal(a64_ld64(r->cpu, &r->insn, VA + 4093), UINT64_C(0x8877665544332211));
    assert_int_equal(a64_ld32(r->cpu, &r->insn, VA + 4095), 0x66554433);
    a64_st128(r->cpu, &r->insn, VA + 4090, (unsigned __int128)0x1234 << 64 | 0x5678);
    assert_true(a64_ld128(r->cpu, &r->insn, VA + 4090) ==
                ((unsigned __int128)0x1234 << 64 | 0x5678));
}

static void crossing_store_that_faults_stores_nothing(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, 0);
    rig_write64(r, PA + 4088, 0);
    assert_raises(r, (a64_st64(r->cpu, &r->insn, VA + 4092, UINT64_MAX), 0),
                  ESR(EC_DATA_EL1, 0x07 | WNR));
    assert_int_equal(r->cpu->sys.far, VA + 4096);
    assert_int_equal(rig_read64(r, PA + 4088), 0);
    rig_at(r, 1);
    assert_raises(r, (a64_st128(r->cpu, &r->insn, VA + 4088, 1), 0), ESR(EC_DATA_EL1, 0x07 | WNR));
    assert_int_equal(r->cpu->sys.far, VA + 4096);
}

static void unaligned_access_to_device_memory_faults(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL | PTE_DEVICE, PA | PTE_KERNEL | PTE_NC);
    a64_st32(r->cpu, &r->insn, VA + 4, 1);
    assert_raises(r, a64_ld32(r->cpu, &r->insn, VA + 2), ESR(EC_DATA_EL1, 0x21));
    assert_int_equal(r->cpu->sys.far, VA + 2);
    rig_at(r, 1);
    assert_raises(r, a64_ld128(r->cpu, &r->insn, VA + 1), ESR(EC_DATA_EL1, 0x21));
    rig_at(r, 1);
    assert_int_equal(a64_ld32(r->cpu, &r->insn, VA + 4096 + 4), 1);
    (void)a64_ld32(r->cpu, &r->insn, VA + 4096 + 2);
}

static void sctlr_a_and_mmu_off_forbid_unaligned(void **state)
{
    struct rig *r = *state;
    (void)a64_ld32(r->cpu, &r->insn, PA + 4);
    assert_null(a64_host_ptr(r->cpu, &r->insn, PA + 2, 4, false));
    assert_raises(r, a64_ld32(r->cpu, &r->insn, PA + 2), ESR(EC_DATA_EL1, 0x21));
    rig_at(r, 1);
    map_pair(r, PA | PTE_KERNEL, 0);
    (void)a64_ld32(r->cpu, &r->insn, VA + 2);
    rig_msr(r, A64_SYSREG(3, 0, 1, 0, 0), r->cpu->sys.sctlr | 2);
    assert_raises(r, (a64_st16(r->cpu, &r->insn, VA + 1, 1), 0), ESR(EC_DATA_EL1, 0x21 | WNR));
    rig_at(r, 1);
    /* Without a translation too: this alignment fault comes first. */
    assert_raises(r, a64_ld32(r->cpu, &r->insn, VA + 4096 + 2), ESR(EC_DATA_EL1, 0x21));
}

static void device_accesses_reach_the_host(void **state)
{
    struct rig *r = *state;
    map_pair(r, RIG_DEVICE | PTE_KERNEL | PTE_DEVICE,
             UINT64_C(0x0a000000) | PTE_KERNEL | PTE_DEVICE);
    a64_st16(r->cpu, &r->insn, VA + 0x18, 0x1234);
    assert_int_equal(r->mmio_pa, RIG_DEVICE + 0x18);
    assert_int_equal(r->mmio_size, 2);
    assert_int_equal(r->mmio_value, 0x1234);
    r->mmio_value = UINT64_C(0x5566778899aabbcc);
    assert_int_equal(a64_ld64(r->cpu, &r->insn, VA + 8), UINT64_C(0x5566778899aabbcc));
    assert_int_equal(r->mmio_count, 2);
    assert_null(a64_host_ptr(r->cpu, &r->insn, VA, 4, true));
    assert_raises(r, a64_ld32(r->cpu, &r->insn, VA + 4096), ESR(EC_DATA_EL1, 0x10));
    rig_at(r, 1);
    assert_raises(r, (a64_st8(r->cpu, &r->insn, VA + 4097, 1), 0), ESR(EC_DATA_EL1, 0x10 | WNR));
    assert_int_equal(r->cpu->sys.far, VA + 4097);
}

static void atomics_check_alignment_rights_and_memory(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, PA | PTE_KERNEL | PTE_RO);
    rig_map(r, VA + 8192, 3, RIG_DEVICE | PTE_KERNEL | PTE_DEVICE);
    uint64_t *word = a64_atomic_ptr(r->cpu, &r->insn, VA + 8, 8);
    *word = 77;
    assert_int_equal(rig_read64(r, PA + 8), 77);
    assert_raises(r, a64_atomic_ptr(r->cpu, &r->insn, VA + 4, 8), ESR(EC_DATA_EL1, 0x21));
    rig_at(r, 1);
    assert_raises(r, a64_atomic_ptr(r->cpu, &r->insn, VA + 4096, 8),
                  ESR(EC_DATA_EL1, 0x0f | WNR)); /* reading is allowed */
    rig_at(r, 1);
    assert_raises(r, a64_atomic_ptr(r->cpu, &r->insn, VA + 12288, 8), ESR(EC_DATA_EL1, 0x07));
    rig_at(r, 1);
    assert_raises(r, a64_store_exclusive_ptr(r->cpu, &r->insn, VA + 12288, 8),
                  ESR(EC_DATA_EL1, 0x07 | WNR));
    rig_at(r, 1);
    assert_raises(r, a64_atomic_ptr(r->cpu, &r->insn, VA + 8192, 4), ESR(EC_DATA_EL1, 0x35));
    assert_int_equal(r->mmio_count, 0);
}

static void host_pointers_stay_inside_a_page(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL | PTE_RO, PA | PTE_KERNEL);
    assert_non_null(a64_host_ptr(r->cpu, &r->insn, VA + 4080, 16, false));
    assert_null(a64_host_ptr(r->cpu, &r->insn, VA + 4081, 16, false));
    assert_non_null(a64_host_ptr(r->cpu, &r->insn, VA + 3, 16, false));
    assert_null(a64_host_ptr(r->cpu, &r->insn, VA, 16, true));
    assert_null(a64_host_ptr(r->cpu, &r->insn, VA + 8192, 16, false));
}

static void zero_block_clears_its_line_only(void **state)
{
    struct rig *r = *state;
    map_pair(r, PA | PTE_KERNEL, PA | PTE_KERNEL | PTE_DEVICE);
    rig_map(r, VA + 8192, 3, PA | PTE_KERNEL | PTE_RO);
    for (unsigned n = 0; n < 24; n++)
        rig_write64(r, PA + n * 8, n + 1);
    rig_sys(r, A64_SYSREG(1, 3, 7, 4, 1), VA + 64 + 17);
    assert_int_equal(rig_read64(r, PA + 56), 8);
    for (unsigned n = 8; n < 16; n++)
        assert_int_equal(rig_read64(r, PA + n * 8), 0);
    assert_int_equal(rig_read64(r, PA + 128), 17);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 4, 1), VA + 4096 + 3), 0),
                  ESR(EC_DATA_EL1, 0x21 | WNR));
    rig_at(r, 1);
    assert_raises(r, (rig_sys(r, A64_SYSREG(1, 3, 7, 4, 1), VA + 8192 + 70), 0),
                  ESR(EC_DATA_EL1, 0x0f | WNR));
    assert_int_equal(r->cpu->sys.far, VA + 8192 + 70);
}

static void fetch_finds_the_page_or_raises(void **state)
{
    struct rig *r = *state;
    struct a64_fetch code;
    map_pair(r, PA | PTE_KERNEL, PA | PTE_KERNEL | PTE_PXN);
    rig_map(r, VA + 8192, 3, RIG_DEVICE | PTE_KERNEL);
    rig_map(r, VA + 12288, 3, PA | PTE_PAGE);
    rig_write64(r, PA + 0x40, UINT64_C(0xd503201fd503201f));
    for (unsigned round = 0; round < 2; round++) {
        a64_fetch(r->cpu, VA + 0x40, &code);
        assert_int_equal(code.pa, PA);
        assert_int_equal(code.host[0x40], 0x1f);
    }
    assert_raises(r, (a64_fetch(r->cpu, VA + 2, &code), 0), ESR(0x22, 0));
    assert_int_equal(r->cpu->sys.far, VA + 2);
    assert_int_equal(r->cpu->sys.elr, VA + 2);
    rig_at(r, 1);
    assert_raises(r, (a64_fetch(r->cpu, VA + 4100, &code), 0), ESR(EC_FETCH_EL1, 0x0f));
    assert_int_equal(r->cpu->sys.far, VA + 4100);
    rig_at(r, 1);
    assert_raises(r, (a64_fetch(r->cpu, VA + 8192, &code), 0), ESR(EC_FETCH_EL1, 0x10));
    rig_at(r, 0);
    assert_raises(r, (a64_fetch(r->cpu, VA + 12288, &code), 0), ESR(EC_FETCH_EL0, 0x0b));
}

static void fetch_fault_at_the_vector_locks_up(void **state)
{
    struct rig *r = *state;
    struct a64_fetch code;
    rig_mmu_on(r);
    assert_int_equal(RIG_UNWIND(r, (a64_fetch(r->cpu, VA, &code), 0)), A64_UNWIND_RAISED);
    assert_int_equal(r->cpu->pc, RIG_VBAR + 0x200);
    assert_int_equal(RIG_UNWIND(r, (a64_fetch(r->cpu, r->cpu->pc, &code), 0)), A64_UNWIND_EXIT);
    assert_int_equal(r->exit.kind, A64_EXIT_LOCKUP);
    assert_int_equal(r->cpu->pc, RIG_VBAR + 0x200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(loads_and_stores_reach_memory),
        RIG_TEST(abort_reports_address_level_and_direction),
        RIG_TEST(unprivileged_access_has_el0_rights),
        RIG_TEST(unaligned_access_crosses_pages),
        RIG_TEST(crossing_store_that_faults_stores_nothing),
        RIG_TEST(unaligned_access_to_device_memory_faults),
        RIG_TEST(sctlr_a_and_mmu_off_forbid_unaligned),
        RIG_TEST(device_accesses_reach_the_host),
        RIG_TEST(atomics_check_alignment_rights_and_memory),
        RIG_TEST(host_pointers_stay_inside_a_page),
        RIG_TEST(zero_block_clears_its_line_only),
        RIG_TEST(fetch_finds_the_page_or_raises),
        RIG_TEST(fetch_fault_at_the_vector_locks_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
