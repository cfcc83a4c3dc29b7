/* SPDX-License-Identifier: Apache-2.0
 *
 * Data and Instruction Aborts: ESR, FAR, ELR and SPSR of each fault, from EL1 and EL0. */
#include "metal.h"

SNIPPET(load, "ldr x0, [x0]");
SNIPPET(load4, "ldr w0, [x0]");
SNIPPET(store, "str xzr, [x0]");
SNIPPET(load_user, "ldtr x0, [x0]");
SNIPPET(store_user, "sttr xzr, [x0]");
SNIPPET(load_pair, "ldp x0, x1, [x0]");
SNIPPET(load_exclusive, "ldxr x0, [x0]");
SNIPPET(load_acquire, "ldar x0, [x0]");
SNIPPET(zero_block, "dc zva, x0");
SNIPPET(jump, "br x0");

enum { DATA_EL0 = 0x24, DATA_EL1 = 0x25, FETCH_EL0 = 0x20, FETCH_EL1 = 0x21, WNR = 0x40 };

static void data(const char *name, void *fn, uint64_t va, unsigned fsc)
{
    struct expected want = {ESR(DATA_EL1, fsc), va, (uint64_t)fn, SPSR_EL1H, true};
    check_trap(name, attempt(fn, va), &want);
}

static void data_user(const char *name, void *fn, uint64_t va, unsigned fsc)
{
    struct expected want = {ESR(DATA_EL0, fsc), va, (uint64_t)fn + USER_ALIAS, SPSR_EL0, true};
    check_trap(name, attempt_user(fn, va, NULL), &want);
}

static void fetch(const char *name, uint64_t va, unsigned ec, unsigned fsc)
{
    struct expected want = {ESR(ec, fsc), va, va, SPSR_EL1H, true};
    check_trap(name, attempt(jump, va), &want);
}

static void fetch_user(const char *name, uint64_t va, unsigned ec, unsigned fsc)
{
    struct expected want = {ESR(ec, fsc), va, va, SPSR_EL0, true};
    check_trap(name, attempt_user(jump, va, NULL), &want);
}

static void translation(void)
{
    uint64_t level1 = TEST_VA + (UINT64_C(5) << 30), level2 = TEST_VA + (UINT64_C(6) << 30);
    (void)map_entry(level2, 2);
    map(TEST_VA, 3, 0);
    data("translation level 0", load, UINT64_C(0x100000000000) + 8, 4);
    data("translation level 1", load, level1 + 16, 5);
    data("translation level 2", load, level2 + 24, 6);
    data("translation level 3", load, TEST_VA + 32, 7);
    data("translation level 3, write", store, TEST_VA + 32, 7 | WNR);
    data("translation, TTBR1", load, HIGH_VA + 8, 4);
    data("not canonical", load, UINT64_C(0x0001000000000000), 4);
    data_user("translation from EL0", load, TEST_VA + 40, 7);
    data_user("translation from EL0, write", store, TEST_VA + 40, 7 | WNR);
    data("pair: first address", load_pair, TEST_VA + 4096 - 8, 7);
    map(TEST_VA, 3, FREE_RAM | PTE_DATA);
    map(TEST_VA + 4096, 3, 0);
    struct expected second = {ESR(DATA_EL1, 7), TEST_VA + 4096, (uint64_t)load_pair, SPSR_EL1H,
                              true};
    check_trap("pair: second address", attempt(load_pair, TEST_VA + 4096 - 8), &second);
    second.elr = (uint64_t)load;
    check_trap("unaligned across pages: second page", attempt(load, TEST_VA + 4096 - 3), &second);
}

static void access_flag(void)
{
    map(TEST_VA, 3, FREE_RAM | (PTE_DATA & ~PTE_AF));
    data("access flag level 3", load, TEST_VA + 8, 0xb);
    map(TEST_VA + 0x200000, 2, FREE_RAM | PTE_BLOCK);
    data("access flag level 2", store, TEST_VA + 0x200008, 0xa | WNR);
    map(TEST_VA + (UINT64_C(1) << 30), 1, RAM | PTE_BLOCK);
    data("access flag level 1", load, TEST_VA + (UINT64_C(1) << 30), 9);
}

static void permission(void)
{
    map(TEST_VA, 3, FREE_RAM | PTE_DATA | PTE_RO);
    data("read-only page, write", store, TEST_VA + 8, 0xf | WNR);
    data_user("kernel page from EL0", load, TEST_VA + 8, 0xf);
    data("kernel page by LDTR", load_user, TEST_VA + 8, 0xf);
    data("kernel page by STTR", store_user, TEST_VA + 8, 0xf | WNR);
    map(TEST_VA, 3, FREE_RAM | PTE_DATA | PTE_RO | PTE_USER);
    data_user("read-only page from EL0, write", store, TEST_VA + 8, 0xf | WNR);
    check("read-only page from EL0, read", !attempt_user(load, TEST_VA + 8, NULL));
    map(TEST_VA + 0x200000, 2, FREE_RAM | PTE_BLOCK | PTE_AF | PTE_RO);
    data("read-only block, write", store, TEST_VA + 0x200008, 0xe | WNR);
    map(TEST_VA + (UINT64_C(1) << 30), 1, RAM | PTE_BLOCK | PTE_AF | PTE_RO);
    data("read-only gigabyte, write", store, TEST_VA + (UINT64_C(1) << 30), 0xd | WNR);
    map(TEST_VA, 3, FREE_RAM | PTE_DATA);
    uint64_t *table = map_entry(TEST_VA, 1);
    *table |= UINT64_C(1) << 62;
    tlb_flush();
    data("APTable read-only", store, TEST_VA + 8, 0xf | WNR);
    *table &= ~(UINT64_C(1) << 62);
    tlb_flush();
    check("APTable cleared", !attempt(store, TEST_VA + 8));
}

static void sizes(void)
{
    map(TEST_VA, 3, (UINT64_C(1) << 41) | PTE_DATA);
    data("address size level 3", load, TEST_VA + 8, 3);
    map(TEST_VA + 0x200000, 2, (UINT64_C(1) << 41) | PTE_BLOCK | PTE_AF);
    data("address size level 2", load, TEST_VA + 0x200008, 2);
    map(TEST_VA + (UINT64_C(7) << 30), 1, (UINT64_C(1) << 41) | PTE_TABLE);
    data("address size level 1", load, TEST_VA + (UINT64_C(7) << 30), 1);
}

static void alignment(void)
{
    map(TEST_VA, 3, FREE_RAM | PTE_DATA | PTE_DEVICE);
    data("unaligned, device memory", load, TEST_VA + 4, 0x21);
    data("unaligned write, device memory", store, TEST_VA + 4, 0x21 | WNR);
    check("aligned, device memory", !attempt(load4, TEST_VA + 4));
    data("DC ZVA, device memory", zero_block, TEST_VA + 64, 0x21 | WNR);
    map(TEST_VA, 3, FREE_RAM | PTE_DATA);
    check("unaligned, normal memory", !attempt(load, TEST_VA + 1));
    data("unaligned LDXR", load_exclusive, TEST_VA + 4, 0x21);
    if (id_field(id_aa64mmfr2_el1, 32) == 0)
        data("unaligned LDAR", load_acquire, TEST_VA + 4, 0x21);
    else
        skip("unaligned LDAR", "LSE2");
    write_reg(sctlr_el1, read_reg(sctlr_el1) | 2);
    bool trapped = attempt(load, TEST_VA + 4);
    write_reg(sctlr_el1, read_reg(sctlr_el1) & ~UINT64_C(2));
    struct expected want = {ESR(DATA_EL1, 0x21), TEST_VA + 4, (uint64_t)load, SPSR_EL1H, true};
    check_trap("unaligned with SCTLR.A", trapped, &want);
}

static void instructions(void)
{
    *(volatile uint32_t *)FREE_RAM = 0xd65f03c0; /* ret */
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(FREE_RAM));
    map(TEST_VA, 3, FREE_RAM | (PTE_DATA & ~PTE_PXN));
    check("executable page", !attempt(jump, TEST_VA));
    map(TEST_VA, 3, FREE_RAM | PTE_DATA);
    fetch("PXN", TEST_VA, FETCH_EL1, 0xf);
    map(TEST_VA, 3, FREE_RAM | (PTE_DATA & ~PTE_PXN) | PTE_USER);
    fetch("page writable at EL0", TEST_VA, FETCH_EL1, 0xf);
    fetch_user("UXN", TEST_VA, FETCH_EL0, 0xf);
    map(TEST_VA, 3, FREE_RAM | (PTE_DATA & ~PTE_UXN));
    check("execute-only at EL0", !attempt_user(jump, TEST_VA, NULL));
    map(TEST_VA, 3, 0);
    fetch("fetch translation level 3", TEST_VA + 8, FETCH_EL1, 7);
    fetch_user("fetch translation level 3 from EL0", TEST_VA + 8, FETCH_EL0, 7);
    map(TEST_VA, 3, FREE_RAM | (PTE_DATA & ~(PTE_AF | PTE_PXN)));
    fetch("fetch access flag", TEST_VA, FETCH_EL1, 0xb);
    fetch("PC alignment", FREE_RAM + 2, 0x22, 0);
    fetch_user("PC alignment from EL0", FREE_RAM + USER_ALIAS + 2, 0x22, 0);
}

void metal_main(void)
{
    translation();
    access_flag();
    permission();
    sizes();
    alignment();
    instructions();
}
