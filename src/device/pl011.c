/* SPDX-License-Identifier: Apache-2.0
 *
 * Arm PL011 UART (DDI 0183G). The transmitter is infinitely fast: its FIFO is always empty and its
 * interrupt is raised by every byte sent. Received bytes raise the receive interrupt at the FIFO's
 * trigger level and the time-out interrupt below it, without the wait. Left out: baud rates, modem
 * lines, IrDA, DMA, errors. */
#include "device/pl011.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "device/primecell.h"

enum {
    UARTDR = 0x00,
    UARTRSR = 0x04,
    UARTFR = 0x18,
    UARTILPR = 0x20,
    UARTIBRD = 0x24,
    UARTFBRD = 0x28,
    UARTLCR_H = 0x2c,
    UARTCR = 0x30,
    UARTIFLS = 0x34,
    UARTIMSC = 0x38,
    UARTRIS = 0x3c,
    UARTMIS = 0x40,
    UARTICR = 0x44,
    UARTDMACR = 0x48,

    FR_RXFE = 0x10,
    FR_RXFF = 0x40,
    FR_TXFE = 0x80,
    LCR_H_FEN = 0x10,
    CR_LBE = 0x80,
    INT_RX = 0x10,
    INT_TX = 0x20,
    INT_RT = 0x40,
    INT_ALL = 0x7ff,

    FIFO_DEPTH = 16,
};

struct pl011_state {
    uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr;
    uint8_t fifo[FIFO_DEPTH]; /* received, oldest at `head` */
    unsigned head, count;
};

struct pl011 {
    pthread_mutex_t lock; /* guards state */
    struct pl011_state state;
    struct pl011_params params;
};

static const struct pl011_state reset_state = {.cr = 0x300, .ifls = 0x12};

int pl011_create(const struct pl011_params *params, struct pl011 **ret)
{
    struct pl011 *u = calloc(1, sizeof(*u));

    if (!u)
        return -ENOMEM;
    (void)pthread_mutex_init(&u->lock, NULL);
    u->params = *params;
    u->state = reset_state;
    *ret = u;
    return 0;
}

void pl011_destroy(struct pl011 *u)
{
    if (!u)
        return;
    (void)pthread_mutex_destroy(&u->lock);
    free(u);
}

static void pl011_update_irq(struct pl011 *u)
{
    irq_set(&u->params.irq, u->state.ris & u->state.imsc);
}

void pl011_reset(struct pl011 *u)
{
    (void)pthread_mutex_lock(&u->lock);
    u->state = reset_state;
    pl011_update_irq(u);
    (void)pthread_mutex_unlock(&u->lock);
}

static unsigned fifo_depth(const struct pl011_state *s)
{
    return s->lcr_h & LCR_H_FEN ? FIFO_DEPTH : 1;
}

/* Number of received bytes that raises INT_RX: UARTIFLS.RXIFLSEL in eighths of the FIFO. */
static unsigned rx_trigger(const struct pl011_state *s)
{
    static const uint8_t levels[8] = {2, 4, 8, 12, 14, 14, 14, 14};

    return s->lcr_h & LCR_H_FEN ? levels[s->ifls >> 3 & 7] : 1;
}

static bool fifo_push(struct pl011_state *s, uint8_t byte)
{
    if (s->count >= fifo_depth(s))
        return false;
    s->fifo[(s->head + s->count++) % FIFO_DEPTH] = byte;
    s->ris |= INT_RT | (s->count >= rx_trigger(s) ? INT_RX : 0u);
    return true;
}

static uint8_t fifo_pop(struct pl011_state *s)
{
    uint8_t byte = s->fifo[s->head];

    if (s->count == 0)
        return 0;
    s->head = (s->head + 1) % FIFO_DEPTH;
    s->count--;
    if (s->count < rx_trigger(s))
        s->ris &= ~(uint32_t)INT_RX;
    if (s->count == 0)
        s->ris &= ~(uint32_t)INT_RT;
    return byte;
}

static void fifo_flush(struct pl011_state *s)
{
    s->head = s->count = 0;
    s->ris &= ~(uint32_t)(INT_RX | INT_RT);
}

size_t pl011_receive(struct pl011 *u, const uint8_t *bytes, size_t len)
{
    size_t n = 0;

    (void)pthread_mutex_lock(&u->lock);
    while (n < len && fifo_push(&u->state, bytes[n]))
        n++;
    pl011_update_irq(u);
    (void)pthread_mutex_unlock(&u->lock);
    return n;
}

static uint32_t flags(const struct pl011_state *s)
{
    return FR_TXFE | (s->count == 0 ? FR_RXFE : 0u) | (s->count >= fifo_depth(s) ? FR_RXFF : 0u);
}

static uint32_t read_register(struct pl011_state *s, uint64_t off)
{
    static const uint8_t id[4] = {0x11, 0x10, 0x14, 0x00};

    switch (off) {
    case UARTDR:
        return fifo_pop(s);
    case UARTFR:
        return flags(s);
    case UARTILPR:
        return s->ilpr;
    case UARTIBRD:
        return s->ibrd;
    case UARTFBRD:
        return s->fbrd;
    case UARTLCR_H:
        return s->lcr_h;
    case UARTCR:
        return s->cr;
    case UARTIFLS:
        return s->ifls;
    case UARTIMSC:
        return s->imsc;
    case UARTRIS:
        return s->ris;
    case UARTMIS:
        return s->ris & s->imsc;
    case UARTDMACR:
        return s->dmacr;
    default:
        return off >= PRIMECELL_ID ? primecell_id(id, off) : 0;
    }
}

static void transmit(struct pl011 *u, uint8_t byte)
{
    if (u->state.cr & CR_LBE)
        (void)fifo_push(&u->state, byte);
    else if (u->params.output)
        u->params.output(u->params.ctx, byte);
    u->state.ris |= INT_TX;
}

static void write_register(struct pl011 *u, uint64_t off, uint32_t value)
{
    struct pl011_state *s = &u->state;

    switch (off) {
    case UARTDR:
        transmit(u, (uint8_t)value);
        break;
    case UARTILPR:
        s->ilpr = value & 0xff;
        break;
    case UARTIBRD:
        s->ibrd = value & 0xffff;
        break;
    case UARTFBRD:
        s->fbrd = value & 0x3f;
        break;
    case UARTLCR_H:
        if ((s->lcr_h ^ value) & LCR_H_FEN)
            fifo_flush(s);
        s->lcr_h = value & 0xff;
        break;
    case UARTCR:
        s->cr = value & 0xffff;
        break;
    case UARTIFLS:
        s->ifls = value & 0x3f;
        break;
    case UARTIMSC:
        s->imsc = value & INT_ALL;
        break;
    case UARTICR:
        s->ris &= ~value;
        break;
    case UARTDMACR:
        s->dmacr = value & 7;
        break;
    default: /* UARTRSR clears errors, of which there are none */
        break;
    }
}

static uint64_t pl011_read(void *dev, uint64_t off, unsigned size)
{
    struct pl011 *u = dev;
    uint32_t value;

    (void)size;
    (void)pthread_mutex_lock(&u->lock);
    value = read_register(&u->state, off & ~UINT64_C(3));
    pl011_update_irq(u);
    (void)pthread_mutex_unlock(&u->lock);
    return value >> ((off & 3) * 8);
}

static void pl011_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    struct pl011 *u = dev;

    (void)size;
    (void)pthread_mutex_lock(&u->lock);
    write_register(u, off, (uint32_t)value);
    pl011_update_irq(u);
    (void)pthread_mutex_unlock(&u->lock);
}

const struct mmio_ops pl011_ops = {
    .read = pl011_read, .write = pl011_write, .min_size = 1, .max_size = 4};
