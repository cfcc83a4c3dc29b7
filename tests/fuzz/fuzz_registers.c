/* SPDX-License-Identifier: Apache-2.0
 *
 * Registers of the small devices: UART, clock, GPIO, message frame, at every size and alignment,
 * with what happens to them from outside between. Checked: an interrupt line is high exactly when
 * the masked status says so. */
#include <string.h>

#include "device/gicv2m.h"
#include "device/pl011.h"
#include "device/pl031.h"
#include "device/pl061.h"
#include "device/primecell.h"
#include "fuzz.h"

enum { MAX_STEPS = 300, FIRST_INTID = 80, NR_INTIDS = 16 };
enum { UART_MIS = 0x40, CLOCK_MIS = 0x18, GPIO_MIS = 0x418 };

struct machine {
    struct loop *loop;
    struct pl011 *uart;
    struct pl031 *clock;
    struct pl061 *gpio;
    struct gicv2m v2m;
    bool line[3];
};

static uint64_t wall;

static uint64_t wall_ns(void)
{
    return wall;
}

static void on_line(void *ctrl, unsigned n, bool level)
{
    struct machine *m = ctrl;

    m->line[n] = level;
}

static void on_byte(void *ctx, uint8_t byte)
{
}

static void on_pulse(void *ctrl, unsigned intid)
{
    FUZZ_CHECK(intid >= FIRST_INTID && intid < FIRST_INTID + NR_INTIDS);
}

static void build(struct machine *m)
{
    struct pl011_params uart = {{on_line, m, 0}, on_byte, NULL};
    struct pl031_params clock = {{on_line, m, 1}, NULL, wall_ns};
    struct irq_line gpio = {on_line, m, 2};

    memset(m, 0, sizeof(*m));
    wall = UINT64_C(1700000000000000000);
    FUZZ_CHECK(loop_create(&m->loop) == 0);
    clock.loop = m->loop;
    FUZZ_CHECK(pl011_create(&uart, &m->uart) == 0);
    FUZZ_CHECK(pl031_create(&clock, &m->clock) == 0);
    FUZZ_CHECK(pl061_create(&gpio, &m->gpio) == 0);
    m->v2m = (struct gicv2m){0x8020000, FIRST_INTID, NR_INTIDS, on_pulse, NULL};
}

static void tear_down(struct machine *m)
{
    pl061_destroy(m->gpio);
    pl031_destroy(m->clock);
    pl011_destroy(m->uart);
    loop_destroy(m->loop);
}

static void access_device(struct machine *m, unsigned which, struct cursor *c)
{
    const struct mmio_ops *const ops[] = {&pl011_ops, &pl031_ops, &pl061_ops, &gicv2m_ops};
    void *const devices[] = {m->uart, m->clock, m->gpio, &m->v2m};
    uint8_t how = cursor_u8(c);
    unsigned size = 1u << (how & 3);
    uint64_t off = how & 8 ? cursor_le16(c) % (PRIMECELL_SIZE - 8) : cursor_u8(c);

    if (how & 4)
        mmio_write(ops[which], devices[which], off, size, cursor_le32(c));
    else
        (void)mmio_read(ops[which], devices[which], off, size);
}

static void outside_world(struct machine *m, struct cursor *c)
{
    uint8_t what = cursor_u8(c);

    switch (what & 7) {
    case 0:
        (void)pl011_receive(m->uart, &what, 1);
        break;
    case 1:
        wall += cursor_le64(c) % UINT64_C(10000000000);
        break;
    case 2:
    case 3:
        pl061_set_input(m->gpio, what >> 3, what & 1);
        break;
    case 4:
        gicv2m_send(&m->v2m, 0x8020000 + (what & 0x60u), what >> 1);
        break;
    case 5:
        pl011_reset(m->uart);
        pl031_reset(m->clock);
        pl061_reset(m->gpio);
        break;
    default:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor c = cursor_at(data, len);
    struct machine m;

    build(&m);
    for (unsigned i = 0; i < MAX_STEPS && c.left > 0; i++) {
        uint8_t which = cursor_u8(&c) % 5;

        if (which < 4)
            access_device(&m, which, &c);
        else
            outside_world(&m, &c);
        FUZZ_CHECK(m.line[0] == (mmio_read(&pl011_ops, m.uart, UART_MIS, 4) != 0));
        FUZZ_CHECK((mmio_read(&pl031_ops, m.clock, CLOCK_MIS, 4) != 0) == m.line[1]);
        FUZZ_CHECK(m.line[2] == (mmio_read(&pl061_ops, m.gpio, GPIO_MIS, 4) != 0));
    }
    tear_down(&m);
    return 0;
}
