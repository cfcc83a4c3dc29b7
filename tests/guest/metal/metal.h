/* SPDX-License-Identifier: Apache-2.0
 *
 * A guest without an operating system: what each test builds on. A test is one file with
 * metal_main(); it prints one line for each behaviour, "ok NAME" or "FAIL NAME …", and the library
 * ends the run with "done" and power-off. The map is that of QEMU's `virt` board. */
#ifndef METAL_H
#define METAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "asm.h"

void metal_main(void);
void *memset(void *to, int byte, size_t len);

/* --- Reporting --- */

void put(const char *s);
void put_hex(uint64_t value);
/* One line. Names are plain words. */
void check(const char *name, bool good);
/* The same, showing both when they differ. */
void check_equal(const char *name, uint64_t got, uint64_t want);
/* The CPU lacks what this would test. */
void skip(const char *name, const char *why);
void power_off(void) __attribute__((noreturn));

/* --- Registers --- */

#define read_reg(name)                                                                             \
    __extension__({                                                                                \
        uint64_t value_;                                                                           \
        __asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory");                               \
        value_;                                                                                    \
    })
#define write_reg(name, value)                                                                     \
    __asm__ volatile("msr " #name ", %0\n\tisb" ::"r"((uint64_t)(value)) : "memory")

#define isb() __asm__ volatile("isb" ::: "memory")
#define dsb() __asm__ volatile("dsb sy" ::: "memory")

/* Field of an ID register, 4 bits wide. */
#define id_field(reg, shift) (read_reg(reg) >> (shift)&15)

/* Registers that the assembler may not know. */
#define PAN S3_0_C4_C2_3

/* --- Traps --- */

struct frame {
    uint64_t x[31], sp, elr, spsr, esr, far, vector;
};

/* The last exception of each CPU that ended an attempt. */
extern struct frame trap[METAL_CPUS];

/* fn(arg) at EL1 with interrupts masked; true when it ended in an exception, which trap[] then
 * holds. */
bool attempt(void *fn, uint64_t arg);
/* The same at EL0: `fn` is part of the image, and runs at its alias there. `result` (or NULL) gets
 * what it returned. */
bool attempt_user(void *fn, uint64_t arg, uint64_t *result);
bool attempt_user_with(void *fn, uint64_t arg, uint64_t spsr, uint64_t *result);

/* Called first on every exception; true: go on as the frame now says. NULL by default. */
extern bool (*volatile trap_hook)(struct frame *f);

/* Compares trap[0] after attempt. Condition flags and BTYPE in SPSR are ignored. */
struct expected {
    uint64_t esr, far, elr, spsr;
    bool has_far;
};
void check_trap(const char *name, bool trapped, const struct expected *want);

/* A function whose first instruction is the one that matters; x0 is the argument and the result. */
#define SNIPPET(name, code)                                                                        \
    void name(void);                                                                               \
    __asm__(".pushsection .text\n.balign 4\n.global " #name "\n" #name ":\n" code                  \
            "\nret\n.popsection")

#define ESR(ec, iss) ((uint64_t)(ec) << 26 | UINT64_C(1) << 25 | (uint64_t)(iss))
#define SPSR_EL1H    UINT64_C(0x3c5)
#define SPSR_EL0     UINT64_C(0x3c0)

/* --- Memory --- */

#define RAM        UINT64_C(0x40000000)
#define FREE_RAM   UINT64_C(0x41000000)         /* 16 MiB that nothing else uses, to 0x42000000 */
#define USER_ALIAS UINT64_C(0x8000000000)       /* + address: the same RAM for EL0 */
#define TEST_VA    UINT64_C(0xc000000000)       /* an empty gigabyte */
#define HIGH_VA    UINT64_C(0xffff800000000000) /* TTBR1's half is empty too */

#define PTE_TABLE  UINT64_C(3)
#define PTE_PAGE   UINT64_C(3)
#define PTE_BLOCK  UINT64_C(1)
#define PTE_DEVICE (UINT64_C(1) << 2)
#define PTE_NC     (UINT64_C(2) << 2)
#define PTE_USER   (UINT64_C(1) << 6)
#define PTE_RO     (UINT64_C(1) << 7)
#define PTE_SH     (UINT64_C(3) << 8)
#define PTE_AF     (UINT64_C(1) << 10)
#define PTE_NG     (UINT64_C(1) << 11)
#define PTE_PXN    (UINT64_C(1) << 53)
#define PTE_UXN    (UINT64_C(1) << 54)
#define PTE_DATA   (PTE_PAGE | PTE_AF | PTE_SH | PTE_PXN | PTE_UXN)

/* Writes the descriptor of `va` at `level`, making the tables above it, and drops the TLB. */
void map(uint64_t va, unsigned level, uint64_t desc);
/* The same without TLB maintenance. */
void map_quietly(uint64_t va, unsigned level, uint64_t desc);
uint64_t *map_entry(uint64_t va, unsigned level);
void tlb_flush(void);

/* --- Other CPUs --- */

/* Starts CPU `index` in fn(index), MMU on. false: there is no such CPU. */
bool cpu_start(unsigned index, void (*fn)(unsigned index));
unsigned cpu_self(void);
unsigned cpu_count(void); /* that can be started, this one included; at most METAL_CPUS */
void cpu_wait_all(void);  /* until every started fn has returned */

uint64_t hypercall(uint64_t function, uint64_t a, uint64_t b, uint64_t c);

#endif
