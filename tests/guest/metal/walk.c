/* SPDX-License-Identifier: Apache-2.0
 *
 * Random translation tables, asked by AT: what a walk says must be the same everywhere. Each line
 * has the sum of some thousand answers (PAR_EL1) under one kind of TCR_EL1; walk.expected holds
 * what QEMU says. TTBR1 only: the code itself lives under TTBR0. */
#include "metal.h"

enum { NR_TABLES = 16, NR_ROOTS = 4, CONFIGS = 40, ADDRESSES = 200 };
#define TABLES (FREE_RAM + 0x100000)

static uint64_t random_state = UINT64_C(0x9e3779b97f4a7c15);

static uint64_t random64(void) /* xorshift */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t pick(uint64_t n)
{
    return (random64() >> 20) % n;
}

static bool chance(unsigned percent)
{
    return pick(100) < percent;
}

static uint64_t random_table(unsigned nr)
{
    return TABLES + pick(nr) * 4096;
}

/* Reserved bits stay 0, and what is up to the CPU is left alone. */
static uint64_t random_descriptor(bool may_be_block)
{
    static const uint64_t shareability[] = {0, 2, 3};
    uint64_t attributes = pick(8) << 2 | pick(4) << 6 | shareability[pick(3)] << 8 | pick(2) << 11;
    uint64_t limits = chance(30) ? pick(16) << 59 : 0;
    uint64_t xn = pick(4) << 53;
    if (chance(90))
        attributes |= PTE_AF;
    if (chance(10))
        return 0;
    if (may_be_block && chance(25)) /* a block; above 32, 36 or 40 bits now and then */
        return pick(1u << (chance(20) ? 14 : 3)) << 30 | attributes | xn | PTE_BLOCK;
    /* A table or, at level 3, a page of one. */
    return random_table(NR_TABLES) | limits | xn | attributes | PTE_TABLE;
}

/* The first tables are good at level 0, where a block would be invalid (QEMU 7.2 takes it for one
 * of 512 GiB). */
static void make_tables(void)
{
    for (uint64_t at = TABLES; at < TABLES + NR_TABLES * 4096; at += 8)
        *(volatile uint64_t *)at = random_descriptor(at >= TABLES + NR_ROOTS * 4096);
}

static uint64_t random_address(unsigned tsz)
{
    uint64_t va = random64() | ~UINT64_C(0) << (64 - tsz);
    if (chance(5))
        va ^= UINT64_C(1) << (48 + pick(7)); /* not canonical, perhaps */
    if (chance(10))
        va ^= UINT64_C(0x5a) << 56;
    return va | UINT64_C(1) << 55;
}

/* Device and non-cacheable memory is outer shareable whatever the descriptor says; QEMU 7.2 shows
 * the descriptor. */
static uint64_t without_moot_bits(uint64_t par)
{
    uint64_t attr = par >> 56;
    bool moot = !(par & 1) && (attr < 0x10 || attr == 0x44);
    return moot ? par & ~(UINT64_C(3) << 7) : par;
}

#define ask(op, va)                                                                                \
    __extension__({                                                                                \
        __asm__ volatile("at " #op ", %0\n\tisb" ::"r"(va) : "memory");                            \
        without_moot_bits(read_reg(par_el1));                                                      \
    })

static uint64_t add(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3); /* FNV-1a, by words */
}

static uint64_t answers(unsigned tsz)
{
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (unsigned n = 0; n < ADDRESSES; n++) {
        uint64_t va = random_address(tsz);
        sum = add(sum, ask(s1e1r, va));
        sum = add(sum, ask(s1e1w, va));
        sum = add(sum, ask(s1e0r, va));
        sum = add(sum, ask(s1e0w, va));
    }
    return sum;
}

void metal_main(void)
{
    uint64_t tcr = read_reg(tcr_el1), ttbr1 = read_reg(ttbr1_el1), mair = read_reg(mair_el1);
    for (unsigned config = 0; config < CONFIGS; config++) {
        unsigned tsz = 16 + config % 24;
        uint64_t now = tcr & ~(UINT64_C(63) << 16 | UINT64_C(7) << 32);
        make_tables();
        now |= (uint64_t)tsz << 16 | pick(3) << 32 | pick(2) << 38;
        if (chance(5))
            now |= 1 << 23;                                /* EPD1 */
        write_reg(mair_el1, UINT64_C(0xbb0c08ff004404ff)); /* 0, 1: as the code under TTBR0 needs */
        write_reg(ttbr1_el1, random_table(NR_ROOTS));
        write_reg(tcr_el1, now);
        tlb_flush();
        uint64_t sum = answers(tsz);
        put("value T1SZ ");
        put_hex(tsz);
        put(" ");
        put_hex(sum);
        put("\n");
    }
    write_reg(tcr_el1, tcr);
    write_reg(ttbr1_el1, ttbr1);
    write_reg(mair_el1, mair);
    tlb_flush();
    check("walked", true);
}
