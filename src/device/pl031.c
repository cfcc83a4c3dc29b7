/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm PL031 real-time clock (DDI 0224C). The alarm is a second of the host's wall clock; whether it
 * has come is asked whenever a register is touched, and by a timer on the loop only while the guest
 * wants the interrupt. The timer looks again at least once a minute, since a host's wall clock may
 * jump. */
#include "device/pl031.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "device/primecell.h"
#include "host/clock.h"

enum {
    RTCDR = 0x00,
    RTCMR = 0x04,
    RTCLR = 0x08,
    RTCCR = 0x0c,
    RTCIMSC = 0x10,
    RTCRIS = 0x14,
    RTCMIS = 0x18,
    RTCICR = 0x1c,
};

#define NS_PER_S    UINT64_C(1000000000)
#define LONGEST_NAP (60 * NS_PER_S)

struct pl031_state {
    uint32_t offset; /* guest's seconds less the host's */
    uint32_t match, load;
    bool imsc, ris;
    bool armed;     /* `alarm` has not come yet */
    uint64_t alarm; /* host wall clock, seconds */
};

struct pl031 {
    pthread_mutex_t lock; /* guards state */
    struct pl031_state state;
    struct pl031_params params;
    struct timer timer; /* loop thread */
    struct task rearm;
};

static uint64_t host_seconds(const struct pl031 *c)
{
    return c->params.wall_ns() / NS_PER_S;
}

/* Looks whether the alarm has come and drives the line. Under the lock. */
static void pl031_update(struct pl031 *c)
{
    struct pl031_state *s = &c->state;

    if (s->armed && host_seconds(c) >= s->alarm) {
        s->armed = false;
        s->ris = true;
    }
    irq_set(&c->params.irq, s->ris && s->imsc);
}

/* Nanoseconds until the alarm, 0 if nobody waits for one. Under the lock. */
static uint64_t time_to_alarm(const struct pl031 *c)
{
    uint64_t now = c->params.wall_ns(), then = c->state.alarm * NS_PER_S;

    if (!c->state.armed || !c->state.imsc)
        return 0;
    return then > now ? then - now : 1;
}

static void set_timer(struct pl031 *c)
{
    uint64_t wait;

    (void)pthread_mutex_lock(&c->lock);
    pl031_update(c);
    wait = time_to_alarm(c);
    (void)pthread_mutex_unlock(&c->lock);
    if (wait == 0)
        loop_timer_cancel(c->params.loop, &c->timer);
    else /* without memory for a timer the alarm is late: it is asked for again at the next access
          */
        (void)!loop_timer_arm(c->params.loop, &c->timer,
                              clock_monotonic_ns() + (wait < LONGEST_NAP ? wait : LONGEST_NAP));
}

static void timer_fired(void *clock)
{
    set_timer(clock);
}

static void rearm(struct task *t)
{
    set_timer(container_of(t, struct pl031, rearm));
}

int pl031_create(const struct pl031_params *params, struct pl031 **ret)
{
    struct pl031 *c = calloc(1, sizeof(*c));

    if (!c)
        return -ENOMEM;
    (void)pthread_mutex_init(&c->lock, NULL);
    c->params = *params;
    c->timer = (struct timer){.fn = timer_fired, .ctx = c};
    c->rearm = (struct task){.fn = rearm};
    *ret = c;
    return 0;
}

void pl031_destroy(struct pl031 *c)
{
    if (!c)
        return;
    loop_cancel(c->params.loop, &c->rearm);
    loop_timer_cancel(c->params.loop, &c->timer);
    (void)pthread_mutex_destroy(&c->lock);
    free(c);
}

void pl031_reset(struct pl031 *c)
{
    (void)pthread_mutex_lock(&c->lock);
    c->state = (struct pl031_state){.offset = c->state.offset};
    pl031_update(c);
    (void)pthread_mutex_unlock(&c->lock);
    loop_post(c->params.loop, &c->rearm);
}

static uint32_t guest_seconds(const struct pl031 *c)
{
    return (uint32_t)host_seconds(c) + c->state.offset;
}

/* The alarm comes when the guest's clock shows `match`, which may be after it has wrapped. */
static void set_alarm(struct pl031 *c)
{
    c->state.alarm = host_seconds(c) + (uint32_t)(c->state.match - guest_seconds(c));
    c->state.armed = true;
}

static uint32_t read_register(const struct pl031 *c, uint64_t off)
{
    static const uint8_t id[4] = {0x31, 0x10, 0x04, 0x00};
    const struct pl031_state *s = &c->state;

    switch (off) {
    case RTCDR:
        return guest_seconds(c);
    case RTCMR:
        return s->match;
    case RTCLR:
        return s->load;
    case RTCCR:
        return 1;
    case RTCIMSC:
        return s->imsc;
    case RTCRIS:
        return s->ris;
    case RTCMIS:
        return s->ris && s->imsc;
    default:
        return off >= PRIMECELL_ID ? primecell_id(id, off) : 0;
    }
}

static void write_register(struct pl031 *c, uint64_t off, uint32_t value)
{
    struct pl031_state *s = &c->state;

    switch (off) {
    case RTCMR:
        s->match = value;
        set_alarm(c);
        break;
    case RTCLR:
        s->load = value;
        s->offset = value - (uint32_t)host_seconds(c);
        if (s->armed)
            set_alarm(c);
        break;
    case RTCIMSC:
        s->imsc = value & 1;
        break;
    case RTCICR:
        if (value & 1)
            s->ris = false;
        break;
    default:
        break;
    }
}

static uint64_t pl031_read(void *dev, uint64_t off, unsigned size)
{
    struct pl031 *c = dev;
    uint32_t value;

    (void)size;
    (void)pthread_mutex_lock(&c->lock);
    pl031_update(c);
    value = read_register(c, off & ~UINT64_C(3));
    (void)pthread_mutex_unlock(&c->lock);
    return value >> ((off & 3) * 8);
}

static void pl031_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    struct pl031 *c = dev;

    (void)size;
    (void)pthread_mutex_lock(&c->lock);
    write_register(c, off, (uint32_t)value);
    pl031_update(c);
    (void)pthread_mutex_unlock(&c->lock);
    loop_post(c->params.loop, &c->rearm);
}

const struct mmio_ops pl031_ops = {
    .read = pl031_read, .write = pl031_write, .min_size = 1, .max_size = 4};
