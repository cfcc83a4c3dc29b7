/* SPDX-License-Identifier: Apache-2.0
 *
 * A CPU on a bench: RAM, page tables to build, one instruction to blame, and no run loop. What an
 * access raises is caught and compared. */
#ifndef BERTH_TESTS_UNIT_CPU_RIG_H
#define BERTH_TESTS_UNIT_CPU_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/arm64/cpu.h"
#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"
#include "cpu/arm64/mmu.h"
#include "cpu/arm64/remote.h"
#include "cpu/arm64/sysreg.h"
#include "cpu/arm64/vm.h"

#include <cmocka.h>

enum { RIG_CPUS = 2 };

#define RIG_RAM       UINT64_C(0x40000000)
#define RIG_RAM_BYTES (UINT64_C(16) << 20)
#define RIG_TABLES    (RIG_RAM + (UINT64_C(8) << 20)) /* page tables are allocated from here */
#define RIG_DEVICE    UINT64_C(0x09000000)            /* mmio that answers; the rest does not */
#define RIG_PC        UINT64_C(0xffff000000012340)    /* of rig->insn */
#define RIG_VBAR      UINT64_C(0xffff000000080000)

/* Descriptor attributes. */
#define PTE_PAGE   UINT64_C(3)
#define PTE_BLOCK  UINT64_C(1)
#define PTE_NORMAL (UINT64_C(0) << 2)
#define PTE_DEVICE (UINT64_C(1) << 2)
#define PTE_NC     (UINT64_C(2) << 2)
#define PTE_USER   (UINT64_C(1) << 6)
#define PTE_RO     (UINT64_C(1) << 7)
#define PTE_SH     (UINT64_C(3) << 8)
#define PTE_AF     (UINT64_C(1) << 10)
#define PTE_NG     (UINT64_C(1) << 11)
#define PTE_PXN    (UINT64_C(1) << 53)
#define PTE_UXN    (UINT64_C(1) << 54)
#define PTE_KERNEL (PTE_PAGE | PTE_AF | PTE_SH)

struct rig {
    struct guest_memory *memory;
    struct a64_host host;
    struct a64_vm vm;
    struct a64_cpu *cpu; /* CPU 0 */
    struct a64_insn insn;
    struct a64_exit exit;
    uint64_t counter, counter_step; /* the latter at each look */
    uint64_t next_table;
    uint64_t root[2]; /* TTBR0, TTBR1 tables */
    uint64_t mmio_pa, mmio_value;
    unsigned mmio_size, mmio_count;
    uint64_t code_dropped; /* page that IC named last; 1: everything */
};

/* cmocka fixtures: *state is a struct rig with the MMU off, at EL1h. */
int rig_setup(void **state);
int rig_teardown(void **state);

/* Turns the MMU on: 48-bit halves, 40-bit output, 16-bit ASIDs; MAIR 0 Normal, 1 Device-nGnRE, 2
 * Normal non-cacheable. */
void rig_mmu_on(struct rig *r);

/* Writes `desc` as the level `level` descriptor for `va`, making the tables above. Does not touch
 * the TLB. */
void rig_map(struct rig *r, uint64_t va, unsigned level, uint64_t desc);
/* Address of that descriptor. */
uint64_t rig_entry(struct rig *r, uint64_t va, unsigned level);

void rig_write64(struct rig *r, uint64_t pa, uint64_t value);
uint64_t rig_read64(struct rig *r, uint64_t pa);

/* Moves the CPU to `el` with its own stack pointer. */
void rig_at(struct rig *r, unsigned el);

/* MSR and MRS by encoding, SYS. */
void rig_msr(struct rig *r, uint32_t reg, uint64_t value);
uint64_t rig_mrs(struct rig *r, uint32_t reg);
void rig_sys(struct rig *r, uint32_t op, uint64_t value);

/* How the jump to cpu->unwind ended the expression: 0 when it did not raise. */
#define RIG_UNWIND(r, expression)                                                                  \
    __extension__({                                                                                \
        volatile int how_ = _setjmp((r)->cpu->unwind);                                             \
        if (how_ == 0)                                                                             \
            (void)(expression);                                                                    \
        how_;                                                                                      \
    })

/* The expression raises a synchronous exception with this ESR. */
#define assert_raises(r, expression, esr_)                                                         \
    do {                                                                                           \
        assert_int_equal(RIG_UNWIND(r, expression), A64_UNWIND_RAISED);                            \
        assert_int_equal((r)->cpu->sys.esr, (esr_));                                               \
    } while (0)

#define RIG_TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

/* ESR values: IL set. */
#define ESR(ec, iss) ((uint64_t)(ec) << 26 | UINT64_C(1) << 25 | (iss))

#endif
