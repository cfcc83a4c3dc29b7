/* SPDX-License-Identifier: Apache-2.0
 *
 * What the TLBs keep and drop: ASIDs, global pages, PAN, blocks, the scopes of TLBI, fetch
 * contexts. A page is known to be cached when its old mapping still works after the descriptor was
 * changed. */
#include "base/compiler.h"
#include "rig.h"

#define VA        UINT64_C(0x0000000056789000)
#define KVA       UINT64_C(0xffff923456789000)
#define OLD       (RIG_RAM + 0x5000)
#define NEW       (RIG_RAM + 0x6000)
#define USER_PAGE (PTE_KERNEL | PTE_USER | PTE_NG)

#define TTBR0   A64_SYSREG(3, 0, 2, 0, 0)
#define VMALLE1 A64_SYSREG(1, 0, 8, 7, 0)
#define VAE1    A64_SYSREG(1, 0, 8, 7, 1)
#define ASIDE1  A64_SYSREG(1, 0, 8, 7, 2)
#define VAAE1   A64_SYSREG(1, 0, 8, 7, 3)
#define VALE1   A64_SYSREG(1, 0, 8, 7, 5)
#define VAE1IS  A64_SYSREG(1, 0, 8, 3, 1)

/* Two pages, each holding its own address. */
static void prepare(struct rig *r)
{
    rig_mmu_on(r);
    rig_write64(r, OLD, OLD);
    rig_write64(r, NEW, NEW);
}

static void set_asid(struct rig *r, uint64_t asid)
{
    rig_msr(r, TTBR0, r->root[0] | asid << 48);
}

static uint64_t load(struct rig *r, uint64_t va)
{
    return a64_ld64(r->cpu, &r->insn, va);
}

static uint64_t operand(uint64_t va, uint64_t asid)
{
    return asid << 48 | (va >> 12 & UINT64_C(0xfffffffffff));
}

static void entries_survive_a_change_of_asid(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, VA, 3, OLD | USER_PAGE);
    for (unsigned el = 0; el < 2; el++) {
        set_asid(r, 1);
        rig_at(r, el);
        assert_int_equal(load(r, VA), OLD);
        rig_map(r, VA, 3, NEW | USER_PAGE);
        rig_at(r, 1);
        set_asid(r, 2);
        rig_at(r, el);
        assert_int_equal(load(r, VA), NEW); /* nG: not ASID 2's */
        rig_map(r, VA, 3, OLD | USER_PAGE);
        rig_at(r, 1);
    }
    set_asid(r, 1);
    rig_map(r, VA, 3, NEW | USER_PAGE);
    rig_at(r, 0);
    assert_int_equal(load(r, VA), OLD); /* still cached under ASID 1 at EL0 */
}

static void many_asids_recycle_tables(void **state)
{
    struct rig *r = *state;
    prepare(r);
    for (unsigned asid = 1; asid < 40; asid++) {
        rig_map(r, VA, 3, (asid & 1 ? OLD : NEW) | USER_PAGE);
        set_asid(r, asid);
        rig_at(r, 0);
        assert_int_equal(load(r, VA), asid & 1 ? OLD : NEW);
        rig_at(r, 1);
    }
}

static void short_asids_ignore_the_upper_byte(void **state)
{
    struct rig *r = *state;
    prepare(r);
    set_asid(r, 0x0105);
    assert_int_equal(a64_mmu_asid(r->cpu), 0x0105);
    r->cpu->sys.tcr &= ~(UINT64_C(1) << 36);
    assert_int_equal(a64_mmu_asid(r->cpu), 5);
    r->cpu->sys.tcr |= 1 << 22; /* A1 */
    assert_int_equal(a64_mmu_asid(r->cpu), 0);
}

static void tlbi_by_address_drops_one_page_of_one_asid(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, VA, 3, OLD | USER_PAGE);
    rig_map(r, VA + 4096, 3, OLD | USER_PAGE);
    for (uint64_t asid = 1; asid < 3; asid++) {
        set_asid(r, asid);
        rig_at(r, 0);
        (void)load(r, VA);
        (void)load(r, VA + 4096);
        rig_at(r, 1);
    }
    rig_map(r, VA, 3, NEW | USER_PAGE);
    rig_map(r, VA + 4096, 3, NEW | USER_PAGE);
    rig_sys(r, VALE1, operand(VA, 2));
    rig_at(r, 0);
    assert_int_equal(load(r, VA), NEW);
    assert_int_equal(load(r, VA + 4096), OLD);
    rig_at(r, 1);
    set_asid(r, 1);
    rig_at(r, 0);
    assert_int_equal(load(r, VA), OLD);
    rig_at(r, 1);
    rig_sys(r, VAAE1, operand(VA, 7));
    rig_at(r, 0);
    assert_int_equal(load(r, VA), NEW);
    assert_int_equal(load(r, VA + 4096), OLD);
    rig_at(r, 1);
    rig_sys(r, ASIDE1, operand(0, 1));
    rig_at(r, 0);
    assert_int_equal(load(r, VA + 4096), NEW);
}

static void tlbi_reaches_global_pages_whatever_the_asid(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, KVA, 3, OLD | PTE_KERNEL);
    rig_map(r, VA, 3, OLD | PTE_KERNEL | PTE_USER);
    assert_int_equal(load(r, KVA), OLD);
    rig_at(r, 0);
    assert_int_equal(load(r, VA), OLD);
    rig_at(r, 1);
    rig_map(r, KVA, 3, NEW | PTE_KERNEL);
    rig_map(r, VA, 3, NEW | PTE_KERNEL | PTE_USER);
    rig_sys(r, ASIDE1, operand(0, 0));
    assert_int_equal(load(r, KVA), OLD); /* global: not an ASID's */
    rig_sys(r, VAE1, operand(KVA, 99));
    rig_sys(r, VAE1, operand(VA, 99));
    assert_int_equal(load(r, KVA), NEW);
    rig_at(r, 0);
    assert_int_equal(load(r, VA), NEW);
}

static void tlbi_all_drops_everything(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, KVA, 3, OLD | PTE_KERNEL);
    assert_int_equal(load(r, KVA), OLD);
    rig_map(r, KVA, 3, NEW | PTE_KERNEL);
    assert_int_equal(load(r, KVA), OLD);
    rig_sys(r, VMALLE1, 0);
    assert_int_equal(load(r, KVA), NEW);
}

static void tlbi_anywhere_in_a_block_drops_it_all(void **state)
{
    struct rig *r = *state;
    uint64_t block = UINT64_C(0xffff800000200000);
    prepare(r);
    rig_map(r, block, 2, RIG_RAM | PTE_BLOCK | PTE_AF);
    assert_int_equal(load(r, block + 0x5000), OLD);
    rig_map(r, block, 2, (RIG_RAM + (2 << 20)) | PTE_BLOCK | PTE_AF);
    assert_int_equal(load(r, block + 0x5000), OLD);
    rig_sys(r, VAAE1, operand(block + 0x1ff000, 0));
    assert_int_equal(load(r, block + 0x5000), 0);
}

static void more_blocks_than_remembered_are_still_found(void **state)
{
    struct rig *r = *state;
    uint64_t base = UINT64_C(0xffff800000000000);
    prepare(r);
    for (unsigned b = 0; b < A64_TLB_BLOCKS + 3; b++) {
        rig_map(r, base + (uint64_t)b * 0x200000, 2, RIG_RAM | PTE_BLOCK | PTE_AF);
        assert_int_equal(load(r, base + (uint64_t)b * 0x200000 + 0x5000), OLD);
    }
    uint64_t last = base + (uint64_t)(A64_TLB_BLOCKS + 2) * 0x200000;
    rig_map(r, last, 2, (RIG_RAM + (2 << 20)) | PTE_BLOCK | PTE_AF);
    rig_sys(r, VAAE1, operand(last + 0x1000, 0));
    assert_int_equal(load(r, last + 0x5000), 0);
}

static void setting_pan_hides_cached_user_pages(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, VA, 3, OLD | PTE_KERNEL | PTE_USER);
    assert_int_equal(load(r, VA), OLD);
    a64_set_pan(r->cpu, true);
    assert_raises(r, load(r, VA), ESR(0x25, 0x0f));
    rig_at(r, 1);
    assert_int_equal(load(r, VA), OLD);
}

static void more_transients_than_remembered_are_still_dropped(void **state)
{
    struct rig *r = *state;
    prepare(r);
    for (unsigned p = 0; p < A64_TLB_TRANSIENTS + 3; p++) {
        rig_map(r, VA + p * 4096, 3, OLD | PTE_KERNEL | PTE_USER);
        assert_int_equal(load(r, VA + p * 4096), OLD);
    }
    a64_set_pan(r->cpu, true);
    for (unsigned p = 0; p < A64_TLB_TRANSIENTS + 3; p++) {
        a64_set_pan(r->cpu, true);
        assert_raises(r, load(r, VA + p * 4096), ESR(0x25, 0x0f));
    }
}

static void tagged_addresses_are_dropped_with_the_page(void **state)
{
    struct rig *r = *state;
    uint64_t tagged = VA | UINT64_C(0x3c) << 56;
    prepare(r);
    rig_msr(r, A64_SYSREG(3, 0, 2, 0, 2), r->cpu->sys.tcr | UINT64_C(1) << 37);
    rig_map(r, VA, 3, OLD | USER_PAGE);
    rig_at(r, 0);
    assert_int_equal(load(r, tagged), OLD);
    rig_map(r, VA, 3, NEW | USER_PAGE);
    assert_int_equal(load(r, tagged), OLD);
    rig_at(r, 1);
    rig_sys(r, VAE1, operand(VA, 0));
    rig_at(r, 0);
    assert_int_equal(load(r, tagged), NEW);
}

static void changing_the_regime_drops_everything(void **state)
{
    struct rig *r = *state;
    const uint32_t regs[] = {A64_SYSREG(3, 0, 2, 0, 2), A64_SYSREG(3, 0, 10, 2, 0)};
    prepare(r);
    for (size_t n = 0; n < ARRAY_LEN(regs); n++) {
        rig_map(r, KVA, 3, OLD | PTE_KERNEL);
        rig_sys(r, VMALLE1, 0);
        assert_int_equal(load(r, KVA), OLD);
        rig_map(r, KVA, 3, NEW | PTE_KERNEL);
        rig_msr(r, regs[n], rig_mrs(r, regs[n]) ^ UINT64_C(1) << 37);
        assert_int_equal(load(r, KVA), NEW);
    }
}

static void faults_are_not_remembered(void **state)
{
    struct rig *r = *state;
    prepare(r);
    rig_map(r, VA, 3, 0);
    assert_raises(r, load(r, VA), ESR(0x25, 0x07));
    rig_map(r, VA, 3, OLD | PTE_KERNEL | PTE_RO);
    assert_int_equal(load(r, VA), OLD);
    /* Rights may grow without maintenance. */
    rig_map(r, VA, 3, OLD | PTE_KERNEL);
    a64_st64(r->cpu, &r->insn, VA, 3);
    assert_int_equal(rig_read64(r, OLD), 3);
}

static void fetch_context_changes_when_a_fetched_page_may(void **state)
{
    struct rig *r = *state;
    struct a64_fetch code;
    prepare(r);
    rig_map(r, VA, 3, OLD | USER_PAGE);
    rig_map(r, VA + 4096, 3, OLD | USER_PAGE);
    set_asid(r, 1);
    rig_at(r, 0);
    a64_fetch(r->cpu, VA, &code);
    (void)load(r, VA + 4096);
    uint64_t before = a64_fetch_context(r->cpu);
    rig_at(r, 1);
    assert_int_not_equal(a64_fetch_context(r->cpu), before);
    set_asid(r, 2);
    set_asid(r, 1);
    rig_sys(r, VAE1, operand(VA + 4096, 1)); /* only read */
    rig_at(r, 0);
    assert_int_equal(a64_fetch_context(r->cpu), before);
    rig_at(r, 1);
    rig_sys(r, VAE1, operand(VA, 1));
    rig_at(r, 0);
    assert_int_not_equal(a64_fetch_context(r->cpu), before);
}

static void fetched_page_counts_after_it_left_its_slot(void **state)
{
    struct rig *r = *state;
    struct a64_fetch code;
    uint64_t alias = VA + A64_TLB_ENTRIES * A64_PAGE_SIZE;
    prepare(r);
    rig_map(r, VA, 3, OLD | USER_PAGE);
    rig_map(r, alias, 3, OLD | USER_PAGE);
    rig_at(r, 0);
    a64_fetch(r->cpu, VA, &code);
    uint64_t before = a64_fetch_context(r->cpu);
    (void)load(r, alias);
    rig_at(r, 1);
    rig_sys(r, VAE1, operand(VA, 0));
    rig_at(r, 0);
    assert_int_not_equal(a64_fetch_context(r->cpu), before);
}

static void broadcast_goes_only_where_the_asid_was(void **state)
{
    struct rig *r = *state;
    struct a64_cpu *other = r->vm.cpu[1];
    prepare(r);
    rig_sys(r, VAE1IS, operand(VA, 5));
    assert_int_equal(r->cpu->remote_waiting, 0);
    other->sys.ttbr0 = r->root[0] | UINT64_C(5) << 48;
    a64_mmu_select(other);
    rig_sys(r, VAE1IS, operand(VA, 5));
    assert_int_equal(r->cpu->remote_waiting, 2);
    a64_remote_wait(r->cpu); /* the other is not inside a64_run */
    rig_sys(r, VAE1IS, operand(VA, 6));
    assert_int_equal(r->cpu->remote_waiting, 0);
    rig_sys(r, VAE1IS, operand(KVA, 6)); /* may be global */
    assert_int_equal(r->cpu->remote_waiting, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(entries_survive_a_change_of_asid),
        RIG_TEST(many_asids_recycle_tables),
        RIG_TEST(short_asids_ignore_the_upper_byte),
        RIG_TEST(tlbi_by_address_drops_one_page_of_one_asid),
        RIG_TEST(tlbi_reaches_global_pages_whatever_the_asid),
        RIG_TEST(tlbi_all_drops_everything),
        RIG_TEST(tlbi_anywhere_in_a_block_drops_it_all),
        RIG_TEST(more_blocks_than_remembered_are_still_found),
        RIG_TEST(setting_pan_hides_cached_user_pages),
        RIG_TEST(more_transients_than_remembered_are_still_dropped),
        RIG_TEST(tagged_addresses_are_dropped_with_the_page),
        RIG_TEST(changing_the_regime_drops_everything),
        RIG_TEST(faults_are_not_remembered),
        RIG_TEST(fetch_context_changes_when_a_fetched_page_may),
        RIG_TEST(fetched_page_counts_after_it_left_its_slot),
        RIG_TEST(broadcast_goes_only_where_the_asid_was),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
