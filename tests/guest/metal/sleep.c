/* SPDX-License-Identifier: Apache-2.0
 *
 * WFI: nothing that wakes a CPU is lost, however close it comes to falling asleep. What is lost hangs the guest, and the test's time ends.
 */
#include "gic.h"
#include "metal.h"

enum { ROUNDS = 10000, TIMERS = 20000, TIMER_SPREAD = 509, SGI = 3, IRQ_PENDING = 0x80 };

static volatile unsigned taken[METAL_CPUS];

static bool on_irq(struct frame *f)
{
    (void)f;
    gic_end(gic_acknowledge());
    taken[cpu_self()]++;
    return true;
}

/* Interrupts are masked, so that none is taken between the question and the WFI. */
static void sleep_until_taken(unsigned wanted)
{
    volatile unsigned *mine = &taken[cpu_self()];

    while (*mine != wanted) {
        __asm__ volatile("wfi");
        __asm__ volatile("msr daifclr, #2\n\tisb\n\tmsr daifset, #2" ::: "memory");
    }
}

/* Timers that come due while the CPU goes to sleep, just before, and just after. The interrupt is never taken. */
static void timers(void)
{
    for (unsigned n = 0; n < TIMERS; n++) {
        write_reg(cntv_tval_el0, n % TIMER_SPREAD);
        write_reg(cntv_ctl_el0, 1);
        while (!(read_reg(isr_el1) & IRQ_PENDING))
            __asm__ volatile("wfi");
        write_reg(cntv_ctl_el0, 0);
    }
    check("no timer is slept through", true);
}

static volatile bool ready;

static void answer(unsigned index)
{
    (void)index;
    gic_cpu_init();
    gic_enable(SGI);
    ready = true;
    for (unsigned n = 1; n <= ROUNDS; n++) {
        sleep_until_taken(n);
        gic_send(0, SGI);
    }
}

/* Two CPUs that sleep until the other one wakes them. */
static void wake_each_other(void)
{
    unsigned before = taken[0];

    if (!cpu_start(1, answer)) {
        skip("no SGI is slept through", "one CPU");
        return;
    }
    while (!ready)
        ;
    for (unsigned n = 1; n <= ROUNDS; n++) {
        gic_send(1, SGI);
        sleep_until_taken(before + n);
    }
    cpu_wait_all();
    check("no SGI is slept through", taken[1] == ROUNDS);
}

void metal_main(void)
{
    enum { VIRTUAL_TIMER = 27 };

    trap_hook = on_irq;
    gic_init();
    gic_cpu_init();
    gic_enable(VIRTUAL_TIMER);
    gic_enable(SGI);
    timers();
    wake_each_other();
}
