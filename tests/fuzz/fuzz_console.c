/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-console with two ports and the multi-port protocol: control messages, output, input from
 * the host. First byte: bit 7 set, control messages are raw bytes; clear, sound ones with rare
 * faults. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "../unit/support/fake_driver.h"
#include "backend/char/chr_impl.h"
#include "fuzz.h"
#include "virtio/console.h"

enum { RING_SIZE = 32, MAX_STEPS = 300, F_MULTIPORT = 2, BUFFERS = 0x100000 };

static const struct chr_kind fuzz_kind = {.name = "fuzz", .backlog = 4096};

struct machine {
    struct fake_driver d;
    struct virtio_device *dev;
    struct chr *port[2];
    int host[2]; /* where the host writes input */
};

static void build(struct machine *m)
{
    struct virtio_console_params params = {.ports = m->port, .nr_ports = 2, .multiport = true};

    fake_driver_init(&m->d);
    for (unsigned i = 0; i < 2; i++) {
        int fds[2], null = open("/dev/null", O_WRONLY | O_CLOEXEC);

        FUZZ_CHECK(null >= 0 && pipe(fds) == 0);
        FUZZ_CHECK(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0 &&
                   fcntl(fds[1], F_SETFL, O_NONBLOCK) == 0);
        FUZZ_CHECK(chr_create(m->d.loop, &fuzz_kind, "fuzz", fds[0], null, &m->port[i]) == 0);
        m->host[i] = fds[1];
    }
    params.device = fake_driver_params(&m->d, "fuzz");
    FUZZ_CHECK(virtio_console_create(&params, &m->dev) == 0);
}

static void start(struct machine *m, uint64_t features)
{
    m->d.ram.next = FAKE_RAM_BASE;
    fake_driver_start(&m->d, m->dev, features, RING_SIZE);
}

static void add(struct machine *m, unsigned q, const void *p, uint32_t len, bool writable)
{
    struct fake_buf buf = {FAKE_RAM_BASE + BUFFERS + q * 4096, len, writable};

    if (p)
        memcpy(fake_host(&m->d.ram, buf.gpa, 64), p, len);
    (void)fake_ring_add(&m->d.ring[q % m->dev->nr_queues], &buf, 1);
    fake_driver_kick(&m->d, q % m->dev->nr_queues);
}

static void control(struct machine *m, struct cursor *in, bool raw)
{
    uint8_t bytes[16] = {0};
    uint32_t len = 8;

    if (raw) {
        len = cursor_u8(in) % sizeof(bytes);
        cursor_copy(in, bytes, len);
    } else {
        uint8_t what = cursor_u8(in);
        static const uint8_t events[] = {0, 3, 6, 6};

        bytes[0] = what & 1;
        bytes[4] = events[what >> 1 & 3];
        bytes[6] = what >> 3 & 1;
        if (what == 0xff)
            bytes[3] = cursor_u8(in);
    }
    add(m, 3, bytes, len, false);
}

static void step(struct machine *m, struct cursor *in, bool raw)
{
    uint8_t op = cursor_u8(in), arg = cursor_u8(in);
    uint8_t text[64] = {0};

    switch (op % 8) {
    case 0:
        fake_driver_reset(&m->d);
        start(m, arg & 1 ? F_MULTIPORT : 0);
        break;
    case 1:
    case 2:
        control(m, in, raw);
        break;
    case 3:
        add(m, 1 + (arg & 1) * 4u, text, arg % sizeof(text), false);
        break;
    case 4:
        add(m, arg & 1 ? 4 : 0, NULL, arg, true);
        break;
    case 5:
        add(m, 2, NULL, arg & 15, true);
        break;
    case 6:
        FUZZ_CHECK(write(m->host[arg & 1], text, arg % sizeof(text)) >= -1);
        fake_driver_settle(&m->d);
        break;
    default:
        add(m, arg % 6u, text, arg % sizeof(text), op & 0x80);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct machine m;
    struct cursor in = cursor_at(data, len);
    uint8_t style = cursor_u8(&in);

    memset(&m, 0, sizeof(m));
    build(&m);
    start(&m, F_MULTIPORT);
    for (unsigned i = 0; i < MAX_STEPS && in.left > 0; i++)
        step(&m, &in, style & 0x80);
    fake_driver_reset(&m.d);
    FUZZ_CHECK(virtio_get_status(m.dev) == 0);
    fake_driver_finish(&m.d);
    for (unsigned i = 0; i < 2; i++)
        (void)close(m.host[i]);
    return 0;
}
