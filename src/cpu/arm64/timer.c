/* SPDX-License-Identifier: Apache-2.0
 *
 * The generic timers of EL1 (Arm ARM D11.2): compare, mask, output. The VMM sleeps and wakes for
 * them: this file tells it of each change of an output, and of a deadline that came nearer than the
 * one it knows. A deadline that has passed stays one until the rise was told: the counter goes on
 * between two looks at it. */
#include "cpu/arm64/timer.h"

#include "cpu/arm64/vm.h"

enum { CTL_ENABLE = 1, CTL_IMASK = 2, CTL_ISTATUS = 4 };

uint64_t a64_counter(const struct a64_cpu *cpu)
{
    const struct a64_host *host = cpu->vm->params.host;
    return host->counter(host->ctx);
}

static bool armed(const struct a64_timer *t)
{
    return (t->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;
}

static bool output(const struct a64_timer *t, uint64_t now)
{
    return armed(t) && now >= t->cval;
}

static uint64_t deadline(const struct a64_timer *t, uint64_t now, bool told)
{
    return armed(t) && !(told && now >= t->cval) ? t->cval : UINT64_MAX;
}

uint64_t a64_timer_deadline(const struct a64_cpu *cpu)
{
    uint64_t now = a64_counter(cpu);
    uint64_t virt = deadline(&cpu->sys.virt, now, cpu->virt_line);
    uint64_t phys = deadline(&cpu->sys.phys, now, cpu->phys_line);
    return virt < phys ? virt : phys;
}

bool a64_timer_changed(const struct a64_cpu *cpu)
{
    uint64_t now = a64_counter(cpu);
    return output(&cpu->sys.virt, now) != cpu->virt_line ||
           output(&cpu->sys.phys, now) != cpu->phys_line;
}

void a64_timer_enter(struct a64_cpu *cpu)
{
    cpu->timer_armed = a64_timer_deadline(cpu);
}

bool a64_timer_check(struct a64_cpu *cpu, struct a64_exit *exit)
{
    uint64_t now = a64_counter(cpu), next;
    bool virt = output(&cpu->sys.virt, now), phys = output(&cpu->sys.phys, now);
    bool changed = virt != cpu->virt_line || phys != cpu->phys_line;
    cpu->virt_line = virt;
    cpu->phys_line = phys;
    next = a64_timer_deadline(cpu);
    if (cpu->timer_armed <= now)
        cpu->timer_armed = UINT64_MAX; /* it has passed: the VMM knows of none */
    if (!changed && next >= cpu->timer_armed)
        return false;
    cpu->timer_armed = next;
    exit->kind = A64_EXIT_TIMER;
    exit->timer.virt = virt;
    exit->timer.phys = phys;
    return true;
}

uint64_t a64_timer_ctl(const struct a64_cpu *cpu, const struct a64_timer *t)
{
    bool status = (t->ctl & CTL_ENABLE) && a64_counter(cpu) >= t->cval;
    return t->ctl | (status ? CTL_ISTATUS : 0u);
}

uint32_t a64_timer_tval(const struct a64_cpu *cpu, const struct a64_timer *t)
{
    return (uint32_t)(t->cval - a64_counter(cpu));
}

void a64_timer_set_ctl(struct a64_cpu *cpu, struct a64_timer *t, uint32_t ctl)
{
    t->ctl = ctl & (CTL_ENABLE | CTL_IMASK);
    a64_attend(cpu, A64_ATTENTION_TIMER);
}

void a64_timer_set_cval(struct a64_cpu *cpu, struct a64_timer *t, uint64_t cval)
{
    t->cval = cval;
    a64_attend(cpu, A64_ATTENTION_TIMER);
}

void a64_timer_set_tval(struct a64_cpu *cpu, struct a64_timer *t, uint32_t tval)
{
    a64_timer_set_cval(cpu, t, a64_counter(cpu) + (uint64_t)(int64_t)(int32_t)tval);
}
