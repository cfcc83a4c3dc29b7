/* SPDX-License-Identifier: Apache-2.0
 *
 * Console, traps, page tables, other CPUs. */
#include "metal.h"

enum {
    UARTDR = 0x00,
    UARTFR = 0x18,
    UARTFR_TXFF = 0x20,
};
#define UART UINT64_C(0x09000000)

#define PSCI_CPU_ON     UINT64_C(0xc4000003)
#define PSCI_SYSTEM_OFF UINT64_C(0x84000008)

/* --- What the compiler calls --- */

void *memcpy(void *to, const void *from, size_t len);

void *memcpy(void *to, const void *from, size_t len)
{
    volatile uint8_t *d = to;
    const uint8_t *s = from;
    while (len--)
        *d++ = *s++;
    return to;
}

void *memset(void *to, int byte, size_t len)
{
    volatile uint8_t *d = to;
    while (len--)
        *d++ = (uint8_t)byte;
    return to;
}

/* --- Reporting --- */

static bool failed;

static void put_char(char c)
{
    volatile uint32_t *fr = (volatile uint32_t *)(UART + UARTFR);
    while (*fr & UARTFR_TXFF)
        ;
    *(volatile uint8_t *)(UART + UARTDR) = (uint8_t)c;
}

void put(const char *s)
{
    for (; *s; s++) {
        if (*s == '\n')
            put_char('\r');
        put_char(*s);
    }
}

void put_hex(uint64_t value)
{
    put("0x");
    for (int shift = 60; shift >= 0; shift -= 4)
        if (value >> shift || shift == 0)
            put_char("0123456789abcdef"[value >> shift & 15]);
}

void check(const char *name, bool good)
{
    put(good ? "ok " : "FAIL ");
    put(name);
    put("\n");
    failed |= !good;
}

void check_equal(const char *name, uint64_t got, uint64_t want)
{
    if (got == want) {
        check(name, true);
        return;
    }
    failed = true;
    put("FAIL ");
    put(name);
    put(" got ");
    put_hex(got);
    put(" want ");
    put_hex(want);
    put("\n");
}

void skip(const char *name, const char *why)
{
    put("skip ");
    put(name);
    put(": ");
    put(why);
    put("\n");
}

uint64_t hypercall(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
    register uint64_t x0 __asm__("x0") = function;
    register uint64_t x1 __asm__("x1") = a;
    register uint64_t x2 __asm__("x2") = b;
    register uint64_t x3 __asm__("x3") = c;
    __asm__ volatile("hvc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)::"memory");
    return x0;
}

void power_off(void)
{
    put(failed ? "done, failed\n" : "done\n");
    for (;;)
        (void)hypercall(PSCI_SYSTEM_OFF, 0, 0, 0);
}

/* --- Traps --- */

struct recovery {
    uint64_t saved[13], armed, unused[2];
};
extern struct recovery recovery[METAL_CPUS];
void attempt_trapped(void);
void attempt_returned(void);
void el0_return(void);
bool attempt_el0(uint64_t pc, uint64_t arg, uint64_t sp, uint64_t lr, uint64_t spsr);
void metal_trap(struct frame *f);

struct frame trap[METAL_CPUS];
bool (*volatile trap_hook)(struct frame *f);

static void show(const char *what, uint64_t value)
{
    put(what);
    put_hex(value);
}

static void unexpected(const struct frame *f)
{
    show("FAIL unexpected exception: vector ", f->vector);
    show(" esr ", f->esr);
    show(" far ", f->far);
    show(" elr ", f->elr);
    show(" spsr ", f->spsr);
    put("\n");
    failed = true;
    power_off();
}

void metal_trap(struct frame *f)
{
    unsigned cpu = cpu_self();
    if (trap_hook && trap_hook(f))
        return;
    if (!recovery[cpu].armed)
        unexpected(f);
    bool returned = f->esr == ESR(0x15, EL0_RETURN) && f->vector == 8;
    trap[cpu] = *f;
    f->elr = (uint64_t)(returned ? attempt_returned : attempt_trapped);
    f->spsr = SPSR_EL1H;
}

static uint8_t user_stack[METAL_CPUS][4096] __attribute__((aligned(16)));

bool attempt_user_with(void *fn, uint64_t arg, uint64_t spsr, uint64_t *result)
{
    unsigned cpu = cpu_self();
    uint64_t sp = (uint64_t)(user_stack[cpu] + sizeof(user_stack[cpu])) + USER_ALIAS;
    bool trapped =
        attempt_el0((uint64_t)fn + USER_ALIAS, arg, sp, (uint64_t)el0_return + USER_ALIAS, spsr);
    if (result)
        *result = trap[cpu].x[0];
    return trapped;
}

bool attempt_user(void *fn, uint64_t arg, uint64_t *result)
{
    return attempt_user_with(fn, arg, SPSR_EL0, result);
}

void check_trap(const char *name, bool trapped, const struct expected *want)
{
    const struct frame *t = &trap[cpu_self()];
    uint64_t spsr = t->spsr & ~UINT64_C(0xf0000c00); /* NZCV; BTYPE of newer CPUs */
    bool good = trapped && t->esr == want->esr && t->elr == want->elr && spsr == want->spsr &&
                (!want->has_far || t->far == want->far);
    if (good) {
        check(name, true);
        return;
    }
    failed = true;
    put("FAIL ");
    put(name);
    if (!trapped) {
        put(": no exception\n");
        return;
    }
    show(": esr ", t->esr);
    show(" want ", want->esr);
    show(", elr ", t->elr);
    show(" want ", want->elr);
    show(", spsr ", spsr);
    show(" want ", want->spsr);
    if (want->has_far) {
        show(", far ", t->far);
        show(" want ", want->far);
    }
    put("\n");
}

/* --- Memory --- */

enum { NR_TABLES = 64 };
static uint64_t tables[NR_TABLES][512] __attribute__((aligned(4096)));
static unsigned nr_tables;
static uint64_t *root[2];

static uint64_t *new_table(void)
{
    if (nr_tables == NR_TABLES) {
        check("page tables suffice", false);
        power_off();
    }
    return tables[nr_tables++];
}

uint64_t *map_entry(uint64_t va, unsigned level)
{
    uint64_t *table = root[va >> 55 & 1];
    for (unsigned at = 0;; at++) {
        uint64_t *entry = &table[va >> (39 - 9 * at) & 511];
        if (at == level)
            return entry;
        if ((*entry & 3) != PTE_TABLE)
            *entry = (uint64_t)new_table() | PTE_TABLE;
        table = (uint64_t *)(*entry & UINT64_C(0x0000fffffffff000));
    }
}

void tlb_flush(void)
{
    __asm__ volatile("dsb ishst\n\ttlbi vmalle1\n\tdsb ish\n\tisb" ::: "memory");
}

void map_quietly(uint64_t va, unsigned level, uint64_t desc)
{
    *(volatile uint64_t *)map_entry(va, level) = desc;
    dsb();
    isb();
}

void map(uint64_t va, unsigned level, uint64_t desc)
{
    map_quietly(va, level, desc);
    tlb_flush();
}

static void mmu_on(void)
{
    uint64_t tcr = 16 | 1 << 8 | 1 << 10 | 3 << 12 | 16 << 16 | 1 << 24 | 1 << 26 |
                   UINT64_C(3) << 28 | UINT64_C(2) << 30 | UINT64_C(2) << 32 | UINT64_C(1) << 36;
    write_reg(mair_el1, 0x4404ff);
    write_reg(tcr_el1, tcr);
    write_reg(ttbr0_el1, root[0]);
    write_reg(ttbr1_el1, root[1]);
    tlb_flush();
    /* RES1 bits, SPAN, nTWE, nTWI; UCT DZE UCI stay 0; M C I */
    write_reg(sctlr_el1, 0x30d50805 | 1 << 12);
}

static void make_map(void)
{
    root[0] = new_table();
    root[1] = new_table();
    map_quietly(0, 1, 0 | PTE_BLOCK | PTE_AF | PTE_DEVICE | PTE_PXN | PTE_UXN);
    map_quietly(RAM, 1, RAM | PTE_BLOCK | PTE_AF | PTE_SH | PTE_UXN);
    map_quietly(USER_ALIAS + RAM, 1, RAM | PTE_BLOCK | PTE_AF | PTE_SH | PTE_USER);
}

/* --- CPUs --- */

static void (*volatile started[METAL_CPUS])(unsigned index);
static volatile bool running[METAL_CPUS];
void secondary_start(void);
void metal_secondary(uint64_t index);
void metal_boot(void);

unsigned cpu_self(void)
{
    return read_reg(mpidr_el1) & 0xff;
}

void metal_secondary(uint64_t index)
{
    mmu_on();
    for (;;) {
        void (*fn)(unsigned) = started[index];
        if (fn) {
            fn((unsigned)index);
            dsb();
            started[index] = NULL;
            dsb();
            __asm__ volatile("sev");
        } else {
            __asm__ volatile("wfe");
        }
    }
}

bool cpu_start(unsigned index, void (*fn)(unsigned index))
{
    started[index] = fn;
    dsb();
    __asm__ volatile("sev");
    if (running[index])
        return true;
    running[index] = hypercall(PSCI_CPU_ON, index, (uint64_t)secondary_start, index) == 0;
    if (!running[index])
        started[index] = NULL;
    return running[index];
}

static void idle(unsigned index)
{
    (void)index;
}

unsigned cpu_count(void)
{
    unsigned n = 1;
    while (n < METAL_CPUS && (running[n] || cpu_start(n, idle)))
        n++;
    cpu_wait_all();
    return n;
}

void cpu_wait_all(void)
{
    for (unsigned n = 1; n < METAL_CPUS; n++)
        while (started[n])
            __asm__ volatile("wfe");
    dsb();
}

void metal_boot(void)
{
    make_map();
    mmu_on();
    metal_main();
    power_off();
}
