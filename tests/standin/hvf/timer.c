/* SPDX-License-Identifier: Apache-2.0
 *
 * The guest's counter is mach time less the vCPU's offset. The virtual timer ends a run once and
 * masks itself; only hv_vcpu_set_vtimer_mask makes it speak again. With the framework's GIC it is
 * an interrupt and nothing else (run.c). */
#include "cpu/arm64/timer.h"

#include "host/clock.h"
#include "standin.h"

enum { NS_NUMER = 125, NS_DENOM = 3 };
enum { CTL_ENABLE = 1, CTL_ISTATUS = 4 };

/* Beyond these a run loop is broken, not unlucky. */
enum { FIRES_MAX = 1000, SILENT_MAX = 100 };

uint64_t standin_counter(void *ctx)
{
    (void)ctx;
    return mach_absolute_time() - (standin_current ? standin_current->vtimer_offset : 0);
}

uint64_t standin_ns_at(const struct standin_vcpu *v, uint64_t counter)
{
    uint64_t now = mach_absolute_time() - v->vtimer_offset, ns = clock_monotonic_ns();
    __uint128_t ahead;

    if (counter == UINT64_MAX)
        return UINT64_MAX;
    if (counter <= now)
        return ns;
    ahead = (__uint128_t)(counter - now) * NS_NUMER / NS_DENOM + 1;
    return ahead < UINT64_MAX / 2 ? ns + (uint64_t)ahead : UINT64_MAX;
}

/* The clock counts its own ticks. Late is early enough; early is never, so neither remainder may be lost. */
static uint64_t clock_ticks_at(const struct standin_vcpu *v, uint64_t counter)
{
    uint64_t at = standin_ns_at(v, counter), now = clock_monotonic_ns();

    if (at == UINT64_MAX)
        return SOFT_NO_DEADLINE;
    return soft_clock_ticks(&standin_vm.clock) + (at > now ? (at - now) / SOFT_NS_PER_TICK + 2 : 0);
}

void standin_watch_timers(struct standin_vcpu *v)
{
    soft_clock_set_deadline(&standin_vm.clock, (unsigned)v->id,
                            clock_ticks_at(v, a64_timer_deadline(v->cpu)));
    /* One that has come since the CPU looked last is no deadline any more, so the clock was just told to forget it. */
    a64_poke_timer(v->cpu);
}

static bool output_is_high(const struct standin_vcpu *v)
{
    return a64_timer_ctl(v->cpu, &v->cpu->sys.virt) == (CTL_ENABLE | CTL_ISTATUS);
}

bool standin_vtimer_fires(struct standin_vcpu *v)
{
    if (v->vtimer_mask || !output_is_high(v))
        return false;
    if (++v->nr_fires > FIRES_MAX)
        standin_breach("vCPU %llu: the virtual timer is unmasked again and again while its output is high",
                       (unsigned long long)v->id);
    v->vtimer_mask = v->vtimer_auto_mask = true;
    v->exit = (hv_vcpu_exit_t){.reason = HV_EXIT_REASON_VTIMER_ACTIVATED};
    return true;
}

void standin_check_mask(struct standin_vcpu *v)
{
    bool silent = !standin_has_gic() && v->vtimer_auto_mask && !output_is_high(v);

    v->nr_silent = silent ? v->nr_silent + 1 : 0;
    if (v->nr_silent > SILENT_MAX)
        standin_breach("vCPU %llu: the virtual timer's exit masked it, its output has long fallen, and nobody "
                       "unmasks it: it will never fire again",
                       (unsigned long long)v->id);
}

hv_return_t hv_vcpu_get_vtimer_mask(hv_vcpu_t vcpu, bool *masked)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_vtimer_mask");

    if (!v)
        return HV_NO_DEVICE;
    *masked = v->vtimer_mask;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_vtimer_mask(hv_vcpu_t vcpu, bool masked)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_vtimer_mask");

    if (!v)
        return HV_NO_DEVICE;
    v->vtimer_mask = masked;
    v->vtimer_auto_mask = false;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_get_vtimer_offset(hv_vcpu_t vcpu, uint64_t *offset)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_get_vtimer_offset");

    if (!v)
        return HV_NO_DEVICE;
    *offset = v->vtimer_offset;
    return HV_SUCCESS;
}

hv_return_t hv_vcpu_set_vtimer_offset(hv_vcpu_t vcpu, uint64_t offset)
{
    struct standin_vcpu *v = standin_own(vcpu, "hv_vcpu_set_vtimer_offset");

    if (!v)
        return HV_NO_DEVICE;
    v->vtimer_offset = offset;
    a64_poke_timer(v->cpu);
    return HV_SUCCESS;
}
