/* SPDX-License-Identifier: Apache-2.0
 *
 * Code that changes: with the maintenance the architecture asks for, every CPU must execute what
 * was written. */
#include "metal.h"

#define CODE       FREE_RAM
#define MOVZ_X0(n) (0xd2800000u | (uint32_t)(n) << 5)
#define RET        0xd65f03c0u

static void sync_line(uint64_t va)
{
    __asm__ volatile("dc cvau, %0\n\tdsb ish\n\tic ivau, %0\n\tdsb ish\n\tisb" ::"r"(va)
                     : "memory");
}

static uint64_t call(uint64_t at)
{
    return ((uint64_t(*)(void))at)();
}

static void put_function(uint64_t at, unsigned n)
{
    volatile uint32_t *code = (volatile uint32_t *)at;
    code[0] = MOVZ_X0(n);
    code[1] = RET;
}

static void rewritten(void)
{
    bool good = true;
    for (unsigned n = 0; n < 1000; n++) {
        put_function(CODE, n);
        sync_line(CODE);
        good &= call(CODE) == n;
    }
    check("rewritten code, IC IVAU", good);
    put_function(CODE, 5);
    __asm__ volatile("dsb ish\n\tic iallu\n\tdsb ish\n\tisb" ::: "memory");
    check_equal("rewritten code, IC IALLU", call(CODE), 5);
    put_function(CODE, 6);
    __asm__ volatile("dsb ish\n\tic ialluis\n\tdsb ish\n\tisb" ::: "memory");
    check_equal("rewritten code, IC IALLUIS", call(CODE), 6);
}

static void through_an_alias(void)
{
    map(TEST_VA, 3, CODE | (PTE_DATA & ~PTE_PXN) | PTE_RO);
    put_function(CODE, 1);
    sync_line(CODE);
    check_equal("code at an alias", call(TEST_VA), 1);
    put_function(CODE, 2);
    sync_line(CODE);
    check_equal("code rewritten through another address", call(TEST_VA), 2);
    put_function(CODE + 0x1000, 3);
    sync_line(CODE + 0x1000);
    map(TEST_VA, 3, (CODE + 0x1000) | (PTE_DATA & ~PTE_PXN) | PTE_RO);
    check_equal("another page at the same address", call(TEST_VA), 3);
}

/* Code that rewrites the instruction after its own ISB. x0: 0 or 1, the value to return. */
static void ahead_of_itself(void)
{
    volatile uint32_t *code = (volatile uint32_t *)(CODE + 0x2000);
    unsigned n = 0;
    code[n++] = 0x10000121; /* adr x1, patched (9 words on) */
    code[n++] = 0xb9000020; /* str w0, [x1] */
    code[n++] = 0xd50b7b21; /* dc cvau, x1 */
    code[n++] = 0xd5033b9f; /* dsb ish */
    code[n++] = 0xd50b7521; /* ic ivau, x1 */
    code[n++] = 0xd5033b9f; /* dsb ish */
    code[n++] = 0xd5033fdf; /* isb */
    code[n++] = 0xd503201f; /* nop */
    code[n++] = 0xd503201f; /* nop */
    code[n++] = MOVZ_X0(0); /* patched */
    code[n++] = RET;
    sync_line(CODE + 0x2000);
    uint64_t (*fn)(uint64_t) = (uint64_t(*)(uint64_t))(CODE + 0x2000);
    bool good = true;
    for (unsigned k = 1; k < 100; k++)
        good &= fn(MOVZ_X0(k)) == k;
    check("code rewrites what follows its ISB", good);
}

/* Another CPU calls a function for ever; this one rewrites it and waits until the new one runs. A
 * single aligned instruction may be changed under execution when old and new are branches or NOPs.
 */
static volatile uint64_t result, stop;
#define SHARED      (CODE + 0x3000)
#define B_TO(words) (0x14000000u | (uint32_t)(words))

static void caller(unsigned index)
{
    (void)index;
    while (!stop)
        result = call(SHARED);
}

static void across_cpus(void)
{
    volatile uint32_t *code = (volatile uint32_t *)SHARED;
    code[1] = MOVZ_X0(1);
    code[2] = RET;
    code[3] = MOVZ_X0(2);
    code[4] = RET;
    code[0] = B_TO(1);
    sync_line(SHARED);
    if (!cpu_start(1, caller)) {
        skip("code rewritten for another CPU", "one CPU");
        return;
    }
    bool good = true;
    for (unsigned n = 0; n < 100 && good; n++) {
        uint64_t limit = read_reg(cntvct_el0) + read_reg(cntfrq_el0) * 5;
        code[0] = B_TO(n & 1 ? 1 : 3);
        sync_line(SHARED);
        while (result != (n & 1 ? 1 : 2) && good)
            good = read_reg(cntvct_el0) < limit;
    }
    stop = 1;
    cpu_wait_all();
    check("code rewritten for another CPU", good);
}

void metal_main(void)
{
    rewritten();
    through_an_alias();
    ahead_of_itself();
    across_cpus();
}
