/* SPDX-License-Identifier: Apache-2.0
 *
 * TLB maintenance: after it the new mapping must be seen; ASIDs must keep address spaces apart.
 * What may stay cached without maintenance is up to the CPU, so nothing is asked about that. */
#include "metal.h"

#define PAGE_A  (FREE_RAM + 0x10000)
#define PAGE_B  (FREE_RAM + 0x11000)
#define BLOCK_A (FREE_RAM + 0x200000)
#define BLOCK_B (FREE_RAM + 0x400000)

#define tlbi(name, operand)                                                                        \
    __asm__ volatile("dsb ishst\n\ttlbi " #name                                                    \
                     ", %0\n\tdsb ish\n\tisb" ::"r"((uint64_t)(operand))                           \
                     : "memory")

SNIPPET(load, "ldr x0, [x0]");
SNIPPET(store, "str xzr, [x0]");

static uint64_t read64(uint64_t va)
{
    return *(volatile uint64_t *)va;
}

static uint64_t read_user(uint64_t va)
{
    uint64_t value = 0;
    (void)attempt_user(load, va, &value);
    return value;
}

static void set_asid(uint64_t asid)
{
    uint64_t ttbr = read_reg(ttbr0_el1) & UINT64_C(0x0000ffffffffffff);
    write_reg(ttbr0_el1, ttbr | asid << 48);
}

static uint64_t operand(uint64_t va, uint64_t asid)
{
    return asid << 48 | (va >> 12 & UINT64_C(0xfffffffffff));
}

static void by_address(void)
{
    map(HIGH_VA, 3, PAGE_A | PTE_DATA);
    check_equal("first mapping", read64(HIGH_VA), PAGE_A);
    map_quietly(HIGH_VA, 3, PAGE_B | PTE_DATA);
    tlbi(vaae1, operand(HIGH_VA, 0));
    check_equal("TLBI VAAE1", read64(HIGH_VA), PAGE_B);
    map_quietly(HIGH_VA, 3, PAGE_A | PTE_DATA);
    tlbi(vale1, operand(HIGH_VA, 77));
    check_equal("TLBI VALE1 drops global pages of any ASID", read64(HIGH_VA), PAGE_A);
    map_quietly(HIGH_VA, 3, PAGE_B | PTE_DATA);
    tlbi(vaale1is, operand(HIGH_VA, 0));
    check_equal("TLBI VAALE1IS", read64(HIGH_VA), PAGE_B);
    map_quietly(HIGH_VA, 3, PAGE_A | PTE_DATA);
    tlbi(vae1is, operand(HIGH_VA, 0));
    check_equal("TLBI VAE1IS", read64(HIGH_VA), PAGE_A);
    map_quietly(HIGH_VA, 3, PAGE_B | PTE_DATA);
    __asm__ volatile("tlbi vmalle1is\n\tdsb ish\n\tisb" ::: "memory");
    check_equal("TLBI VMALLE1IS", read64(HIGH_VA), PAGE_B);
}

static void blocks(void)
{
    uint64_t va = HIGH_VA + (UINT64_C(1) << 30);
    map(va, 2, BLOCK_A | PTE_BLOCK | PTE_AF | PTE_SH);
    check_equal("block", read64(va + 0x5000), BLOCK_A);
    map_quietly(va, 2, BLOCK_B | PTE_BLOCK | PTE_AF | PTE_SH);
    tlbi(vaae1, operand(va + 0x123000, 0));
    check_equal("TLBI anywhere in a block", read64(va + 0x5000), BLOCK_B);
}

static void asids(void)
{
    uint64_t va = TEST_VA;
    set_asid(1);
    map(va, 3, PAGE_A | PTE_DATA | PTE_NG | PTE_USER);
    check_equal("ASID 1", read64(va), PAGE_A);
    check_equal("ASID 1 at EL0", read_user(va), PAGE_A);
    set_asid(2);
    map_quietly(va, 3, PAGE_B | PTE_DATA | PTE_NG | PTE_USER);
    check_equal("ASID 2 does not see ASID 1's page", read64(va), PAGE_B);
    check_equal("ASID 2 at EL0", read_user(va), PAGE_B);
    tlbi(aside1, UINT64_C(1) << 48);
    set_asid(1);
    check_equal("TLBI ASIDE1", read64(va), PAGE_B);
    check_equal("TLBI ASIDE1, at EL0", read_user(va), PAGE_B);
    map_quietly(va, 3, PAGE_A | PTE_DATA | PTE_NG | PTE_USER);
    tlbi(vae1, operand(va, 1));
    check_equal("TLBI VAE1 of the current ASID", read64(va), PAGE_A);
    check_equal("TLBI VAE1 of the current ASID, at EL0", read_user(va), PAGE_A);
    set_asid(0);
}

static void rights_shrink(void)
{
    map(TEST_VA, 3, PAGE_A | PTE_DATA);
    check("writable", !attempt(store, TEST_VA + 8));
    map(TEST_VA, 3, PAGE_A | PTE_DATA | PTE_RO);
    struct expected want = {ESR(0x25, 0x4f), TEST_VA + 8, (uint64_t)store, SPSR_EL1H, true};
    check_trap("read-only after TLBI", attempt(store, TEST_VA + 8), &want);
    map(TEST_VA, 3, 0);
    struct expected gone = {ESR(0x25, 7), TEST_VA + 8, (uint64_t)load, SPSR_EL1H, true};
    check_trap("gone after TLBI", attempt(load, TEST_VA + 8), &gone);
}

/* Another CPU answers each question with what it reads through a page that this one moves to and
 * fro. */
static volatile uint64_t question, answer, seen;

static void reader(unsigned index)
{
    (void)index;
    for (uint64_t asked = 0; asked != UINT64_MAX;) {
        (void)read64(HIGH_VA + 0x3000); /* in between: keeps the page cached */
        if (question == asked)
            continue;
        asked = question;
        dsb();
        seen = read64(HIGH_VA + 0x3000);
        dsb();
        answer = asked;
    }
}

static void ask(uint64_t n)
{
    question = n;
    while (answer != n)
        __asm__ volatile("yield");
    dsb();
}

static void broadcast(void)
{
    bool good = true;
    map(HIGH_VA + 0x3000, 3, PAGE_A | PTE_DATA);
    if (!cpu_start(1, reader)) {
        skip("TLBI reaches other CPUs", "one CPU");
        return;
    }
    for (uint64_t n = 1; n <= 200; n++) {
        uint64_t page = n & 1 ? PAGE_A : PAGE_B;
        map_quietly(HIGH_VA + 0x3000, 3, page | PTE_DATA);
        tlbi(vaae1is, operand(HIGH_VA + 0x3000, 0));
        ask(n);
        good &= seen == page;
    }
    ask(UINT64_MAX);
    cpu_wait_all();
    check("TLBI reaches other CPUs", good);
}

void metal_main(void)
{
    *(volatile uint64_t *)PAGE_A = PAGE_A;
    *(volatile uint64_t *)PAGE_B = PAGE_B;
    *(volatile uint64_t *)(BLOCK_A + 0x5000) = BLOCK_A;
    *(volatile uint64_t *)(BLOCK_B + 0x5000) = BLOCK_B;
    by_address();
    blocks();
    asids();
    rights_shrink();
    broadcast();
}
