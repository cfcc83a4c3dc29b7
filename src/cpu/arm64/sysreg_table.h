/* SPDX-License-Identifier: Apache-2.0
 *
 * The one table of system registers: what sysreg.c looks up and the functions behind it share.
 * Private to sysreg*.c and their tests. */
#ifndef BERTH_CPU_ARM64_SYSREG_TABLE_H
#define BERTH_CPU_ARM64_SYSREG_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cpu/arm64/state.h"

/* Who may do what; anything else is UNDEFINED. */
enum { SYSREG_R1 = 1, SYSREG_W1 = 2, SYSREG_R0 = 4, SYSREG_W0 = 8 };

/* How an access is judged beyond the rights above. */
enum sysreg_verdict {
    SYSREG_ALLOW,
    SYSREG_TRAP, /* EC 0x18 */
    SYSREG_UNDEFINED,
    SYSREG_FP, /* as every FP instruction: CPACR_EL1.FPEN */
};

struct sysreg {
    const char *name;
    uint64_t reset;
    uint64_t mask; /* bits a write changes; the others keep their value */
    uint64_t (*read)(struct a64_cpu *cpu, const struct sysreg *r);
    void (*write)(struct a64_cpu *cpu, const struct sysreg *r, uint64_t value); /* masked */
    enum sysreg_verdict (*judge)(const struct a64_cpu *cpu, bool write);        /* NULL: allow */
    uint32_t reg;                                                               /* A64_SYSREG */
    uint16_t
        offset; /* of a uint64_t in struct a64_cpu; 0: none, read() or `reset` gives the value */
    uint8_t rights; /* SYSREG_* */
};

/* Ascending by reg. */
extern const struct sysreg a64_sysregs[];
extern const size_t a64_nr_sysregs;

/* EC 0x18 for the MSR, MRS or SYS instruction `i`. */
void a64_raise_sysreg_trap(struct a64_cpu *cpu, const struct a64_insn *i) NORETURN;

static inline uint64_t *sysreg_word(struct a64_cpu *cpu, const struct sysreg *r)
{
    return (uint64_t *)(void *)((char *)cpu + r->offset);
}

#endif
