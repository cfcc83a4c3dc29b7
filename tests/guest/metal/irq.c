/* SPDX-License-Identifier: Apache-2.0
 *
 * Interrupts: timers through the GIC, masks, WFI, interrupts that arrive at EL0, SGIs between CPUs.
 */
#include "gic.h"
#include "metal.h"

enum { VIRTUAL_TIMER = 27, PHYSICAL_TIMER = 30, VECTOR_IRQ = 5, VECTOR_IRQ_EL0 = 9 };

static volatile unsigned taken[METAL_CPUS], last_intid, last_vector, arrived;
static volatile uint64_t last_spsr, last_elr, taken_at;

static bool on_irq(struct frame *f)
{
    if (f->vector != VECTOR_IRQ && f->vector != VECTOR_IRQ_EL0)
        return false;
    unsigned intid = gic_acknowledge();
    taken_at = read_reg(cntvct_el0);
    last_vector = (unsigned)f->vector;
    last_spsr = f->spsr;
    last_elr = f->elr;
    if (intid == VIRTUAL_TIMER)
        write_reg(cntv_ctl_el0, 0);
    if (intid == PHYSICAL_TIMER)
        write_reg(cntp_ctl_el0, 0);
    last_intid = intid;
    taken[cpu_self()]++;
    arrived = 1;
    gic_end(intid);
    return true;
}

static void unmask(void)
{
    __asm__ volatile("msr daifclr, #2" ::: "memory");
}

static void mask(void)
{
    __asm__ volatile("msr daifset, #2" ::: "memory");
}

static uint64_t ticks(unsigned milliseconds)
{
    return read_reg(cntfrq_el0) * milliseconds / 1000;
}

static void one_timer(const char *name, const char *wakes, unsigned intid, bool virtual)
{
    unsigned before = taken[0];
    uint64_t deadline = read_reg(cntvct_el0) + ticks(5);
    if (virtual) {
        write_reg(cntv_cval_el0, deadline);
        write_reg(cntv_ctl_el0, 1);
    } else {
        write_reg(cntp_cval_el0, deadline);
        write_reg(cntp_ctl_el0, 1);
    }
    unmask();
    while (taken[0] == before)
        ;
    mask();
    check(name, last_intid == intid && taken_at >= deadline && last_vector == VECTOR_IRQ);

    /* WFI wakes with interrupts masked, and takes it when they are unmasked. */
    before = taken[0];
    if (virtual) {
        write_reg(cntv_tval_el0, ticks(5));
        write_reg(cntv_ctl_el0, 1);
    } else {
        write_reg(cntp_tval_el0, ticks(5));
        write_reg(cntp_ctl_el0, 1);
    }
    while (!(read_reg(isr_el1) & 0x80))
        __asm__ volatile("wfi");
    bool kept = taken[0] == before;
    unmask();
    isb();
    mask();
    check(wakes, kept && taken[0] == before + 1);
}

static void timer_registers(void)
{
    write_reg(cntv_ctl_el0, 0);
    write_reg(cntv_cval_el0, UINT64_MAX);
    write_reg(cntv_ctl_el0, 3);
    check_equal("timer in the future: no ISTATUS", read_reg(cntv_ctl_el0), 3);
    write_reg(cntv_cval_el0, 0);
    check_equal("timer in the past: ISTATUS though masked", read_reg(cntv_ctl_el0), 7);
    check_equal("masked timer does not signal", read_reg(isr_el1), 0);
    write_reg(cntv_ctl_el0, 0);
    write_reg(cntv_tval_el0, -1);
    check("negative TVAL", (int64_t)(read_reg(cntvct_el0) - read_reg(cntv_cval_el0)) > 0);
    uint64_t first = read_reg(cntvct_el0);
    isb();
    check("counter does not go back", read_reg(cntvct_el0) >= first);
}

/* Spins at EL0 until x0's word is not 0; returns 1. The interrupt may come before its first instruction. */
SNIPPET(spin, "1: ldr w1, [x0]\ncbz w1, 1b\nmov x0, #1");

static void from_el0(void)
{
    uint64_t result = 0;
    arrived = 0;
    write_reg(cntv_tval_el0, ticks(5));
    write_reg(cntv_ctl_el0, 1);
    bool trapped = attempt_user_with(spin, (uint64_t)&arrived + USER_ALIAS, 0x340, &result);
    check("interrupt taken from EL0",
          !trapped && result == 1 && last_vector == VECTOR_IRQ_EL0 && (last_spsr & 0x3ff) == 0x340);
    check("and it returned there",
          last_elr >= (uint64_t)spin + USER_ALIAS && last_elr < (uint64_t)spin + USER_ALIAS + 12);
}

static volatile unsigned ready;

static void receiver(unsigned index)
{
    gic_cpu_init();
    gic_enable(3);
    ready = index;
    /* Masked, so that none is taken between the question and the WFI, which would wait for one more. */
    while (taken[index] < 100) {
        __asm__ volatile("wfi");
        unmask();
        mask();
    }
}

static void between_cpus(void)
{
    if (!cpu_start(1, receiver)) {
        skip("SGI to another CPU", "one CPU");
        return;
    }
    while (ready != 1)
        ;
    for (unsigned n = 0; n < 100; n++) {
        unsigned before = taken[1];
        gic_send(1, 3);
        while (taken[1] == before)
            ;
    }
    cpu_wait_all();
    check("SGI to another CPU", taken[1] == 100 && last_intid == 3);
}

void metal_main(void)
{
    trap_hook = on_irq;
    gic_init();
    gic_cpu_init();
    gic_enable(VIRTUAL_TIMER);
    gic_enable(PHYSICAL_TIMER);
    timer_registers();
    one_timer("virtual timer", "WFI wakes for the virtual timer", VIRTUAL_TIMER, true);
    one_timer("physical timer", "WFI wakes for the physical timer", PHYSICAL_TIMER, false);
    from_el0();
    between_cpus();
}
