/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm PL061 GPIO (DDI 0190B). Outputs lead nowhere. */
#include "device/pl061.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "device/primecell.h"

enum {
    GPIODATA_END = 0x400, /* address bits 9:2 select the lines of an access */
    GPIODIR = 0x400,
    GPIOIS = 0x404,
    GPIOIBE = 0x408,
    GPIOIEV = 0x40c,
    GPIOIE = 0x410,
    GPIORIS = 0x414,
    GPIOMIS = 0x418,
    GPIOIC = 0x41c,
    GPIOAFSEL = 0x420,
};

struct pl061_state {
    uint8_t data, dir, is, ibe, iev, ie, afsel;
    uint8_t edges; /* latched */
    uint8_t input; /* levels from outside */
};

struct pl061 {
    pthread_mutex_t lock; /* guards state */
    struct pl061_state state;
    struct irq_line irq;
};

int pl061_create(const struct irq_line *irq, struct pl061 **ret)
{
    struct pl061 *g = calloc(1, sizeof(*g));

    if (!g)
        return -ENOMEM;
    (void)pthread_mutex_init(&g->lock, NULL);
    g->irq = *irq;
    *ret = g;
    return 0;
}

void pl061_destroy(struct pl061 *g)
{
    if (!g)
        return;
    (void)pthread_mutex_destroy(&g->lock);
    free(g);
}

/* Levels on the pins, whoever drives them. */
static uint8_t pins(const struct pl061_state *s)
{
    return (uint8_t)((s->data & s->dir) | (s->input & ~s->dir));
}

static uint8_t raw_status(const struct pl061_state *s)
{
    uint8_t at_level = (uint8_t) ~(pins(s) ^ s->iev);

    return (uint8_t)((s->edges & ~s->is) | (at_level & s->is));
}

static void pl061_update_irq(struct pl061 *g)
{
    irq_set(&g->irq, raw_status(&g->state) & g->state.ie);
}

/* Latches the edges between two states of the pins. */
static void latch_edges(struct pl061_state *s, uint8_t before)
{
    uint8_t now = pins(s);
    uint8_t changed = before ^ now;
    uint8_t wanted = (uint8_t)(s->ibe | ~(now ^ s->iev));

    s->edges |= changed & wanted & (uint8_t)~s->is;
}

void pl061_reset(struct pl061 *g)
{
    (void)pthread_mutex_lock(&g->lock);
    g->state = (struct pl061_state){.input = g->state.input};
    pl061_update_irq(g);
    (void)pthread_mutex_unlock(&g->lock);
}

void pl061_set_input(struct pl061 *g, unsigned line, bool level)
{
    struct pl061_state *s = &g->state;
    uint8_t bit = (uint8_t)(1u << (line & 7));
    uint8_t before;

    (void)pthread_mutex_lock(&g->lock);
    before = pins(s);
    s->input = (uint8_t)(level ? s->input | bit : s->input & ~bit);
    latch_edges(s, before);
    pl061_update_irq(g);
    (void)pthread_mutex_unlock(&g->lock);
}

static uint32_t read_register(const struct pl061_state *s, uint64_t off)
{
    static const uint8_t id[4] = {0x61, 0x10, 0x04, 0x00};

    switch (off) {
    case GPIODIR:
        return s->dir;
    case GPIOIS:
        return s->is;
    case GPIOIBE:
        return s->ibe;
    case GPIOIEV:
        return s->iev;
    case GPIOIE:
        return s->ie;
    case GPIORIS:
        return raw_status(s);
    case GPIOMIS:
        return raw_status(s) & s->ie;
    case GPIOAFSEL:
        return s->afsel;
    default:
        if (off < GPIODATA_END)
            return pins(s) & (uint32_t)(off >> 2);
        return off >= PRIMECELL_ID ? primecell_id(id, off) : 0;
    }
}

static void write_register(struct pl061_state *s, uint64_t off, uint8_t value)
{
    uint8_t mask = (uint8_t)(off >> 2);

    switch (off) {
    case GPIODIR:
        s->dir = value;
        break;
    case GPIOIS:
        s->is = value;
        break;
    case GPIOIBE:
        s->ibe = value;
        break;
    case GPIOIEV:
        s->iev = value;
        break;
    case GPIOIE:
        s->ie = value;
        break;
    case GPIOIC:
        s->edges &= (uint8_t)~value;
        break;
    case GPIOAFSEL:
        s->afsel = value;
        break;
    default:
        if (off < GPIODATA_END)
            s->data = (uint8_t)((s->data & ~mask) | (value & mask));
    }
}

static uint64_t pl061_read(void *dev, uint64_t off, unsigned size)
{
    struct pl061 *g = dev;
    uint32_t value;

    (void)size;
    (void)pthread_mutex_lock(&g->lock);
    value = read_register(&g->state, off & ~UINT64_C(3));
    (void)pthread_mutex_unlock(&g->lock);
    return value >> ((off & 3) * 8);
}

static void pl061_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    struct pl061 *g = dev;
    uint8_t before;

    (void)size;
    if (off & 3)
        return;
    (void)pthread_mutex_lock(&g->lock);
    before = pins(&g->state);
    write_register(&g->state, off, (uint8_t)value);
    latch_edges(&g->state, before);
    pl061_update_irq(g);
    (void)pthread_mutex_unlock(&g->lock);
}

const struct mmio_ops pl061_ops = {
    .read = pl061_read, .write = pl061_write, .min_size = 1, .max_size = 4};
