/* SPDX-License-Identifier: Apache-2.0
 *
 * Software step, breakpoints and watchpoints for a debugger at EL1 (Arm ARM D2). One security
 * state, which counts as Non-secure; no EL2, no external debugger, no double lock. Linked
 * breakpoints match CONTEXTIDR_EL1. */
#include "cpu/arm64/debug.h"

#include <string.h>

#include "cpu/arm64/exception.h"
#include "cpu/arm64/mem.h"

/* MDSCR_EL1 */
#define MDSCR_SS  (UINT64_C(1) << 0)
#define MDSCR_KDE (UINT64_C(1) << 13)
#define MDSCR_MDE (UINT64_C(1) << 15)

#define OSLSR_OSLK (UINT64_C(1) << 1)

/* DBGBCR<n>_EL1 and DBGWCR<n>_EL1 */
enum {
    CR_ENABLE = 1 << 0,
    CR_HMC = 1 << 13,
    BT_LINKED = 1, /* of an address breakpoint: bit 0 of BT */
    BT_ADDRESS = 0,
    BT_CONTEXT = 2,
    WCR_WT_LINKED = 1 << 20,
    FIRST_CONTEXT_BREAKPOINT = A64_NR_BREAKPOINTS - 2, /* ID_AA64DFR0_EL1.CTX_CMPs 1: two */
};

#define VA_48_2 UINT64_C(0x0001fffffffffffc)

enum {
    ISS_STEP_ISV = 1 << 24,
    ISS_STEP_EX = 1 << 6,
};

static unsigned field(uint64_t word, unsigned lo, unsigned width)
{
    return (unsigned)(word >> lo) & ((1u << width) - 1);
}

static bool exceptions_enabled(const struct a64_cpu *cpu, unsigned el, bool masked)
{
    if (cpu->trap_debug)
        return true;
    if (cpu->sys.oslsr & OSLSR_OSLK)
        return false;
    return el == 0 || ((cpu->sys.mdscr & MDSCR_KDE) && !masked);
}

static bool enabled_here(const struct a64_cpu *cpu)
{
    return exceptions_enabled(cpu, cpu->el, cpu->daif & A64_DAIF_D);
}

static bool step_enabled(const struct a64_cpu *cpu)
{
    return (cpu->sys.mdscr & MDSCR_SS) && enabled_here(cpu);
}

bool a64_debug_step_on_return(const struct a64_cpu *cpu, unsigned el, bool masked)
{
    return (cpu->sys.mdscr & MDSCR_SS) && !enabled_here(cpu) && exceptions_enabled(cpu, el, masked);
}

/* --- What a control register selects --- */

/* Whether `cr` (of a breakpoint or watchpoint, the fields are the same) selects `el`: Arm ARM table
 * D2-9. */
static bool selects_el(uint64_t cr, unsigned el)
{
    unsigned ssc = field(cr, 14, 2), pmc = field(cr, 1, 2);
    bool here = ssc == 0 || ssc == 2 || (ssc == 3 && (cr & CR_HMC));
    return here && (pmc >> (el ? 0 : 1) & 1);
}

/* Whether breakpoint `n` is an enabled linked context match that matches now. */
static bool link_matches(const struct a64_cpu *cpu, unsigned n)
{
    if (n < FIRST_CONTEXT_BREAKPOINT || n >= A64_NR_BREAKPOINTS)
        return false;
    uint64_t cr = cpu->sys.dbgbcr[n];
    return (cr & CR_ENABLE) && field(cr, 20, 4) == (BT_CONTEXT | BT_LINKED) &&
           (uint32_t)cpu->sys.dbgbvr[n] == (uint32_t)cpu->sys.contextidr;
}

static bool breakpoint_matches(const struct a64_cpu *cpu, unsigned n, uint64_t pc)
{
    uint64_t cr = cpu->sys.dbgbcr[n], value = cpu->sys.dbgbvr[n];
    if (!(cr & CR_ENABLE) || !selects_el(cr, cpu->el))
        return false;
    switch (field(cr, 20, 4)) {
    case BT_ADDRESS:
        return ((value ^ pc) & VA_48_2) == 0;
    case BT_ADDRESS | BT_LINKED:
        return ((value ^ pc) & VA_48_2) == 0 && link_matches(cpu, field(cr, 16, 4));
    case BT_CONTEXT:
        return n >= FIRST_CONTEXT_BREAKPOINT && (uint32_t)value == (uint32_t)cpu->sys.contextidr;
    default:
        return false;
    }
}

static bool breakpoint_hit(const struct a64_cpu *cpu, uint64_t pc)
{
    if (!(cpu->sys.mdscr & MDSCR_MDE) || !enabled_here(cpu))
        return false;
    for (unsigned n = 0; n < A64_NR_BREAKPOINTS; n++)
        if (breakpoint_matches(cpu, n, pc))
            return true;
    return false;
}

/* --- Around one instruction --- */

static bool is_load_exclusive(const uint8_t *code)
{
    uint32_t raw;
    memcpy(&raw, code, sizeof(raw));
    return (raw & 0x3fc00000) == 0x08400000;
}

static void take_step(struct a64_cpu *cpu)
{
    uint32_t iss = A64_FSC_DEBUG;
    if (cpu->step_done)
        iss |= (uint32_t)ISS_STEP_ISV | (cpu->step_exclusive ? (uint32_t)ISS_STEP_EX : 0);
    cpu->step_done = false;
    a64_take_sync(cpu, A64_EC_STEP, iss);
}

bool a64_debug_before_insn(struct a64_cpu *cpu, uint64_t pc)
{
    struct a64_fetch code;
    cpu->pc = pc;
    cpu->stepping = false;
    bool step = step_enabled(cpu);
    if (step && !cpu->ss) {
        take_step(cpu);
        return true;
    }
    a64_fetch(cpu, pc, &code);
    if (breakpoint_hit(cpu, pc)) {
        a64_take_sync(cpu, A64_EC_BREAKPOINT, A64_FSC_DEBUG);
        return true;
    }
    if (cpu->il) {
        a64_take_sync(cpu, A64_EC_ILLEGAL_STATE, 0);
        return true;
    }
    cpu->stepping = step;
    cpu->step_done = false;
    if (step)
        cpu->step_exclusive = is_load_exclusive(code.host + (pc & ~A64_PAGE_MASK));
    return false;
}

void a64_debug_after_insn(struct a64_cpu *cpu)
{
    if (!cpu->stepping)
        return;
    cpu->stepping = false;
    cpu->step_done = true;
    cpu->ss = false;
}

/* --- Watchpoints --- */

/* The bytes [first, first + len) that watchpoint `n` watches; len 0: none. Addresses are bits 48:0.
 */
static uint64_t watched(const struct a64_cpu *cpu, unsigned n, uint64_t *ret_first)
{
    uint64_t cr = cpu->sys.dbgwcr[n], value = cpu->sys.dbgwvr[n] & VA_48_2;
    unsigned mask = field(cr, 24, 5), bas = field(cr, 5, 8);
    if (!(cr & CR_ENABLE) || !bas)
        return 0;
    if (mask > 2) {
        *ret_first = value & ~((UINT64_C(1) << mask) - 1);
        return UINT64_C(1) << mask;
    }
    if (value & 4)
        bas &= 15;
    if (!bas)
        return 0;
    unsigned low = (unsigned)__builtin_ctz(bas);
    unsigned run = (unsigned)__builtin_ctz(
        ~(bas >> low)); /* BAS is contiguous, or the guest gets its first run */
    *ret_first = value + low;
    return run;
}

static bool watch_overlap(const struct a64_cpu *cpu, unsigned n, uint64_t va, uint64_t size,
                          uint64_t *ret_hit)
{
    uint64_t first, len = watched(cpu, n, &first);
    uint64_t at = va << 15 >> 15; /* bits 48:0 */
    if (!len)
        return false;
    if (at - first < len) {
        *ret_hit = va;
        return true;
    }
    *ret_hit = va + (first - at);
    return first - at < size;
}

bool a64_debug_watches_page(const struct a64_cpu *cpu, uint64_t va)
{
    uint64_t hit;
    if (!cpu->watching)
        return false;
    for (unsigned n = 0; n < A64_NR_WATCHPOINTS; n++)
        if (watch_overlap(cpu, n, va & A64_PAGE_MASK, A64_PAGE_SIZE, &hit))
            return true;
    return false;
}

static bool watchpoint_selects(const struct a64_cpu *cpu, unsigned n, bool write, bool user)
{
    uint64_t cr = cpu->sys.dbgwcr[n];
    bool kind = field(cr, 3, 2) >> (write ? 1 : 0) & 1;
    bool linked = cr & WCR_WT_LINKED;
    return kind && selects_el(cr, user ? 0 : 1) && (!linked || link_matches(cpu, field(cr, 16, 4)));
}

void a64_debug_check_watch(struct a64_cpu *cpu, const struct a64_insn *i, uint64_t va,
                           unsigned size, bool write, bool user)
{
    uint64_t hit;
    if (!cpu->watching || !enabled_here(cpu))
        return;
    for (unsigned n = 0; n < A64_NR_WATCHPOINTS; n++)
        if (watch_overlap(cpu, n, va, size, &hit) && watchpoint_selects(cpu, n, write, user))
            a64_raise_far(cpu, i, A64_EC_WATCHPOINT, A64_FSC_DEBUG | (write ? A64_ISS_WNR : 0u),
                          hit);
}

/* --- What is enabled --- */

static bool any_enabled(const uint64_t *cr, unsigned n)
{
    for (unsigned c = 0; c < n; c++)
        if (cr[c] & CR_ENABLE)
            return true;
    return false;
}

void a64_debug_update(struct a64_cpu *cpu)
{
    const struct a64_sysregs *sys = &cpu->sys;
    bool unlocked = cpu->trap_debug || !(sys->oslsr & OSLSR_OSLK);
    bool monitor = unlocked && (sys->mdscr & MDSCR_MDE);
    bool break_armed = monitor && any_enabled(sys->dbgbcr, A64_NR_BREAKPOINTS);
    cpu->watching = monitor && any_enabled(sys->dbgwcr, A64_NR_WATCHPOINTS);
    cpu->debug_armed = break_armed || (unlocked && (sys->mdscr & MDSCR_SS));
    cpu->debug_active = cpu->il || step_enabled(cpu) || (break_armed && enabled_here(cpu));
    if (cpu->debug_active)
        a64_attend(cpu, A64_ATTENTION_DEBUG);
}
