/* SPDX-License-Identifier: Apache-2.0
 *
 * Self-hosted debug as gdb in a guest needs it: software step, breakpoints, watchpoints, at EL0 and
 * at EL1. */
#include "metal.h"

#define MDSCR_SS  UINT64_C(1)
#define MDSCR_KDE (UINT64_C(1) << 13)
#define MDSCR_MDE (UINT64_C(1) << 15)
#define SPSR_SS   (UINT64_C(1) << 21)
#define DAIF_D    UINT64_C(0x200)

#define BCR_EL0            (1u | 2u << 1 | 15u << 5)
#define BCR_EL1            (1u | 1u << 1 | 15u << 5)
#define WCR(pac, lsc, bas) (1u | (pac) << 1 | (lsc) << 3 | (bas) << 5)
enum { EL1 = 1, EL0 = 2, LOAD = 1, STORE = 2 };

enum { STEPPED = 0x1000022, STEPPED_EXCLUSIVE = 0x1000062, NOT_STEPPED = 0x22 };

SNIPPET(four, "add x0, x0, #1\nadd x0, x0, #1\nadd x0, x0, #1\nadd x0, x0, #1");
SNIPPET(exclusive, "ldxr x1, [x0]\nclrex");
SNIPPET(branch, "b 1f\nnop\n1: nop");
SNIPPET(load, "ldr x0, [x0]");
SNIPPET(load_byte, "ldrb w0, [x0]");
SNIPPET(store, "str xzr, [x0]");
SNIPPET(store_byte, "strb wzr, [x0]");
SNIPPET(store_pair, "stp xzr, xzr, [x0]");
SNIPPET(call, "svc #7");
SNIPPET(trap_then_add, "svc #8\nadd x0, x0, #1\nadd x0, x0, #1");
SNIPPET(breakpoint_instruction, "brk #1");

static void user(const char *name, void *fn, uint64_t arg, uint64_t spsr, struct expected want)
{
    want.elr += USER_ALIAS;
    check_trap(name, attempt_user_with(fn, arg, spsr, NULL), &want);
}

/* --- Step --- */

static void steps(void)
{
    uint64_t data = FREE_RAM + USER_ALIAS;
    write_reg(mdscr_el1, MDSCR_SS);
    user("step", four, 0, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x32, STEPPED), 0, (uint64_t)four + 4, SPSR_EL0, false});
    user("step without SPSR.SS", four, 0, SPSR_EL0,
         (struct expected){ESR(0x32, NOT_STEPPED), 0, (uint64_t)four, SPSR_EL0, false});
    user("step over a branch", branch, 0, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x32, STEPPED), 0, (uint64_t)branch + 8, SPSR_EL0, false});
    user("step over LDXR", exclusive, data, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x32, STEPPED_EXCLUSIVE), 0, (uint64_t)exclusive + 4, SPSR_EL0,
                           false});
    user("step over SVC", call, 0, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x15, 7), 0, (uint64_t)call + 4, SPSR_EL0, false});
    map(TEST_VA, 3, 0);
    user("step over an abort", load, TEST_VA, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x24, 7), TEST_VA, (uint64_t)load, SPSR_EL0 | SPSR_SS, true});
    user("step over BRK", breakpoint_instruction, 0, SPSR_EL0 | SPSR_SS,
         (struct expected){ESR(0x3c, 1), 0, (uint64_t)breakpoint_instruction, SPSR_EL0 | SPSR_SS,
                           false});
    write_reg(mdscr_el1, 0);
}

/* Steps through a whole function. */
static volatile unsigned nr_steps;
static volatile bool in_order;

static bool on_step(struct frame *f)
{
    if (f->esr >> 26 != 0x32)
        return false;
    in_order &= f->elr == (uint64_t)four + USER_ALIAS + 4 * (nr_steps + 1) || nr_steps >= 4;
    nr_steps++;
    f->spsr |= SPSR_SS;
    return true;
}

static void steps_through(void)
{
    uint64_t result = 0;
    in_order = true;
    trap_hook = on_step;
    write_reg(mdscr_el1, MDSCR_SS);
    bool trapped = attempt_user_with(four, 10, SPSR_EL0 | SPSR_SS, &result);
    write_reg(mdscr_el1, 0);
    trap_hook = NULL;
    check("stepping through a function", !trapped && result == 14 && in_order && nr_steps == 5);
}

/* EL1: the first SVC's handler asks for a step of what follows it. */
static bool on_first_svc(struct frame *f)
{
    if (f->esr != ESR(0x15, 8))
        return false;
    write_reg(mdscr_el1, MDSCR_SS | MDSCR_KDE);
    f->spsr = (f->spsr & ~DAIF_D) | SPSR_SS;
    return true;
}

static void steps_at_el1(void)
{
    struct expected want = {ESR(0x33, STEPPED), 0, (uint64_t)trap_then_add + 8, SPSR_EL1H & ~DAIF_D,
                            false};
    trap_hook = on_first_svc;
    bool trapped = attempt(trap_then_add, 0);
    write_reg(mdscr_el1, 0);
    trap_hook = NULL;
    check_trap("step at EL1", trapped, &want);
}

/* --- Breakpoints --- */

static bool attempt_unmasked(void *fn, uint64_t arg)
{
    __asm__ volatile("msr daifclr, #8" ::: "memory");
    bool trapped = attempt(fn, arg);
    __asm__ volatile("msr daifset, #8" ::: "memory");
    return trapped;
}

static void breakpoints(void)
{
    write_reg(mdscr_el1, MDSCR_MDE);
    write_reg(dbgbvr1_el1, (uint64_t)four + USER_ALIAS + 8);
    write_reg(dbgbcr1_el1, BCR_EL0);
    user("breakpoint", four, 0, SPSR_EL0,
         (struct expected){ESR(0x30, 0x22), 0, (uint64_t)four + 8, SPSR_EL0, false});
    check_equal("before its instruction", trap[0].x[0], 2);
    write_reg(dbgbcr1_el1, BCR_EL0 & ~1u);
    check("disabled breakpoint", !attempt_user(four, 0, NULL));
    write_reg(dbgbcr1_el1, BCR_EL0);
    write_reg(mdscr_el1, 0);
    check("breakpoint without MDE", !attempt_user(four, 0, NULL));

    write_reg(dbgbvr0_el1, (uint64_t)four + 4);
    write_reg(dbgbcr0_el1, BCR_EL1);
    write_reg(mdscr_el1, MDSCR_MDE);
    check("breakpoint at EL1 without KDE", !attempt_unmasked(four, 0));
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    check("breakpoint at EL1, masked", !attempt(four, 0));
    struct expected want = {ESR(0x31, 0x22), 0, (uint64_t)four + 4, SPSR_EL1H & ~DAIF_D, false};
    check_trap("breakpoint at EL1", attempt_unmasked(four, 0), &want);
    write_reg(oslar_el1, 1);
    check("breakpoint under OS lock", !attempt_unmasked(four, 0));
    write_reg(oslar_el1, 0);
    write_reg(dbgbcr0_el1, 0);
    write_reg(dbgbcr1_el1, 0);
    write_reg(mdscr_el1, 0);
}

/* --- Watchpoints --- */

static void user_watch(const char *name, void *fn, uint64_t va, unsigned iss, uint64_t far)
{
    user(name, fn, va, SPSR_EL0,
         (struct expected){ESR(0x34, iss), far, (uint64_t)fn, SPSR_EL0, true});
}

static void watchpoints(void)
{
    uint64_t at = FREE_RAM + 0x5008, user_at = at + USER_ALIAS;
    check("warm up", !attempt_user(store, user_at, NULL));
    write_reg(mdscr_el1, MDSCR_MDE);
    write_reg(dbgwvr0_el1, user_at);
    write_reg(dbgwcr0_el1, WCR(EL0, STORE, 0xffu));
    user_watch("watched store", store, user_at, 0x62, user_at);
    user_watch("watched byte", store_byte, user_at + 7, 0x62, user_at + 7);
    user_watch("pair that reaches the watched word", store_pair, user_at - 8, 0x62, user_at);
    check("load of a word watched for stores", !attempt_user(load, user_at, NULL));
    check("store beside it", !attempt_user(store, user_at + 8, NULL));
    write_reg(dbgwcr0_el1, WCR(EL0, LOAD, 0x0cu));
    user_watch("watched load", load_byte, user_at + 3, 0x22, user_at + 3);
    check("byte not selected", !attempt_user(load_byte, user_at + 1, NULL));
    write_reg(dbgwvr0_el1, (user_at & ~UINT64_C(0xff)));
    write_reg(dbgwcr0_el1, WCR(EL0, LOAD, 0xffu) | 8u << 24);
    user_watch("masked range", load_byte, (user_at & ~UINT64_C(0xff)) + 0xc3, 0x22,
               (user_at & ~UINT64_C(0xff)) + 0xc3);
    check("beside the range", !attempt_user(load_byte, (user_at & ~UINT64_C(0xff)) + 0x100, NULL));

    write_reg(dbgwvr0_el1, at);
    write_reg(dbgwcr0_el1, WCR(EL1, STORE, 0xffu));
    write_reg(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
    struct expected want = {ESR(0x35, 0x62), at, (uint64_t)store, SPSR_EL1H & ~DAIF_D, true};
    check_trap("watched store at EL1", attempt_unmasked(store, at), &want);
    check("masked at EL1", !attempt(store, at));
    write_reg(dbgwcr0_el1, 0);
    check("watchpoint off", !attempt_unmasked(store, at));
    write_reg(mdscr_el1, 0);
}

void metal_main(void)
{
    check_equal("OS lock is set at reset", read_reg(oslsr_el1) & 2, 2);
    write_reg(oslar_el1, 0);
    check_equal("OS lock cleared", read_reg(oslsr_el1) & 2, 0);
    steps();
    steps_through();
    steps_at_el1();
    breakpoints();
    watchpoints();
}
