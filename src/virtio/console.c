/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-console: virtio 1.2 §5.3. Queues: port 0 has 0 (to the guest) and 1; with the multi-port
 * protocol 2 and 3 carry control messages and port n has 2n+2 and 2n+3. Every port is a console
 * port. Left out: port names, removal, the resize message (Linux and the specification disagree on
 * its layout; a single port says its size in the configuration). */
#include "virtio/console.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum {
    VIRTIO_CONSOLE_F_SIZE = 1,
    VIRTIO_CONSOLE_F_MULTIPORT = 2,
    VIRTIO_CONSOLE_F_EMERG_WRITE = 4
};

enum { /* control events, §5.3.6.2 */
       VIRTIO_CONSOLE_DEVICE_READY = 0,
       VIRTIO_CONSOLE_DEVICE_ADD = 1,
       VIRTIO_CONSOLE_PORT_READY = 3,
       VIRTIO_CONSOLE_CONSOLE_PORT = 4,
       VIRTIO_CONSOLE_PORT_OPEN = 6,
};

enum {
    CONSOLE_QUEUE_SIZE = 64,
    CONSOLE_RX_CHUNK = 1024, /* input bytes moved at once */
    CONSOLE_MAX_BATCH = 256, /* chains taken from a queue before others have their turn */
    QUEUE_CONTROL_RX = 2,
    QUEUE_CONTROL_TX = 3,
};

struct console_config { /* struct virtio_console_config, §5.3.4 */
    uint16_t cols, rows;
    uint32_t max_nr_ports, emerg_wr;
};
static_assert(sizeof(struct console_config) == 12, "layout of §5.3.4");

struct console_control {
    uint32_t id;
    uint16_t event, value;
};

/* Messages that a port still has to send, a bit each, sent from the lowest up. */
enum { PENDING_ADD = 1, PENDING_CONSOLE = 2, PENDING_OPEN = 4 };

struct console;

struct console_port {
    struct console *con;
    struct chr *chr;
    uint16_t rx, tx; /* queues */
    uint8_t pending; /* guest-visible, like the next */
    bool guest_open;
};

struct console {
    struct virtio_device dev;
    bool multiport;
    _Atomic bool opened; /* port 0, by the guest; read by UARTs without a lock */
    unsigned nr_ports;
    struct vq_chain chain;
    struct console_port port[CONSOLE_MAX_PORTS];
};

static struct console *to_console(struct virtio_device *dev)
{
    return container_of(dev, struct console, dev);
}

/* ---- configuration ---- */

static uint64_t console_features(const struct virtio_device *dev)
{
    const struct console *con = (const void *)dev; /* it is embedded first */
    uint16_t cols, rows;

    if (con->multiport)
        return VIRTIO_CONSOLE_F_MULTIPORT | VIRTIO_CONSOLE_F_EMERG_WRITE;
    return VIRTIO_CONSOLE_F_EMERG_WRITE |
           (chr_size(con->port[0].chr, &cols, &rows) ? VIRTIO_CONSOLE_F_SIZE : 0);
}

static void console_config_read(struct virtio_device *dev, uint32_t off, void *dst, size_t len)
{
    const struct console *con = to_console(dev);
    struct console_config c = {.max_nr_ports = con->nr_ports};

    (void)chr_size(con->port[0].chr, &c.cols, &c.rows);
    memcpy(dst, (const char *)&c + off, len);
}

/* A character before any queue is set up (§5.3.4: a write of any width; its low byte counts). */
static void console_config_write(struct virtio_device *dev, uint32_t off, const void *src,
                                 size_t len)
{
    if (off == offsetof(struct console_config, emerg_wr))
        chr_write(to_console(dev)->port[0].chr, src, 1);
}

static void console_resized(void *ctx)
{
    struct console_port *port = ctx;

    if (port->con->multiport)
        return;
    virtio_lock(&port->con->dev);
    virtio_config_changed(&port->con->dev);
    virtio_unlock(&port->con->dev);
}

/* ---- control messages ---- */

static struct console_control console_next_message(struct console *con, unsigned id)
{
    struct console_port *port = &con->port[id];
    uint8_t bit = port->pending & (uint8_t)-port->pending;

    port->pending &= (uint8_t)~bit;
    return (struct console_control){
        .id = id,
        .event = bit == PENDING_ADD       ? VIRTIO_CONSOLE_DEVICE_ADD
                 : bit == PENDING_CONSOLE ? VIRTIO_CONSOLE_CONSOLE_PORT
                                          : VIRTIO_CONSOLE_PORT_OPEN,
        .value = 1,
    };
}

/* Sends what is pending, as far as the driver has given buffers; it kicks when there are more. */
static void console_send_control(struct console *con)
{
    struct virtqueue *vq = &con->dev.vq[QUEUE_CONTROL_RX];

    for (unsigned id = 0; id < con->nr_ports; id++) {
        while (con->port[id].pending && vq_pop(vq, &con->chain) > 0) {
            struct console_control m = console_next_message(con, id);

            vq_push(vq, &con->chain, (uint32_t)vq_write(&con->chain, &m, sizeof(m)));
        }
    }
    vq_notify(vq);
}

/* ---- ports ---- */

static void console_opened(struct console_port *port)
{
    if (port == &port->con->port[0])
        atomic_store(&port->con->opened, true);
}

/* Input may come, or there is room for it. Stops watching when the driver has no buffers: it kicks
 * when it has. */
static void console_rx(struct console_port *port)
{
    struct virtqueue *vq = &port->con->dev.vq[port->rx];
    struct vq_chain *c = &port->con->chain;
    uint8_t bytes[CONSOLE_RX_CHUNK];
    unsigned i;

    for (i = 0; i < CONSOLE_MAX_BATCH; i++) {
        ssize_t n;

        if (!port->guest_open || !virtio_running(&port->con->dev) || vq_pop(vq, c) <= 0) {
            chr_set_rx(port->chr, false);
            break;
        }
        n = c->writable ? chr_read(port->chr, bytes,
                                   c->writable < sizeof(bytes) ? c->writable : sizeof(bytes))
                        : 0;
        if (c->writable && n <= 0) {
            vq_unpop(vq);
            chr_set_rx(port->chr, n != 0);
            break;
        }
        vq_push(vq, c, (uint32_t)vq_write(c, bytes, (size_t)n));
    }
    if (i == CONSOLE_MAX_BATCH)
        virtio_kick(&port->con->dev, port->rx);
    vq_notify(vq);
}

static void console_readable(void *ctx)
{
    struct console_port *port = ctx;

    virtio_lock(&port->con->dev);
    console_rx(port);
    virtio_unlock(&port->con->dev);
}

/* Takes everything at once: the backend keeps it until the host accepts it. */
static void console_tx(struct console_port *port)
{
    struct virtqueue *vq = &port->con->dev.vq[port->tx];
    struct vq_chain *c = &port->con->chain;
    unsigned i;

    for (i = 0; i < CONSOLE_MAX_BATCH && vq_pop(vq, c) > 0; i++) {
        unsigned nr;
        const struct iovec *iov = vq_readable(c, &nr);

        if (nr)
            console_opened(port);
        for (unsigned k = 0; k < nr; k++)
            chr_write(port->chr, iov[k].iov_base, iov[k].iov_len);
        vq_push(vq, c, 0);
    }
    if (i == CONSOLE_MAX_BATCH)
        virtio_kick(&port->con->dev, port->tx);
    vq_notify(vq);
}

static void console_set_open(struct console_port *port, bool open)
{
    port->guest_open = open;
    if (open)
        console_opened(port);
    console_rx(port);
}

static void console_control(struct console *con, const struct console_control *m)
{
    struct console_port *port = m->id < con->nr_ports ? &con->port[m->id] : NULL;

    if (m->event == VIRTIO_CONSOLE_DEVICE_READY && m->value == 1) {
        for (unsigned id = 0; id < con->nr_ports; id++)
            con->port[id].pending |= PENDING_ADD;
    } else if (m->event == VIRTIO_CONSOLE_PORT_READY && m->value == 1 && port) {
        port->pending |= PENDING_CONSOLE | PENDING_OPEN;
    } else if (m->event == VIRTIO_CONSOLE_PORT_OPEN && port) {
        console_set_open(port, m->value == 1);
    }
}

static void console_control_tx(struct console *con)
{
    struct virtqueue *vq = &con->dev.vq[QUEUE_CONTROL_TX];
    unsigned i;

    for (i = 0; i < CONSOLE_MAX_BATCH && vq_pop(vq, &con->chain) > 0; i++) {
        struct console_control m;
        bool whole = vq_read(&con->chain, &m, sizeof(m)) == sizeof(m);

        vq_push(vq, &con->chain, 0);
        if (whole)
            console_control(con, &m);
    }
    if (i == CONSOLE_MAX_BATCH)
        virtio_kick(&con->dev, QUEUE_CONTROL_TX);
    vq_notify(vq);
    console_send_control(con);
}

static void console_queue_ready(struct virtio_device *dev, unsigned q)
{
    struct console *con = to_console(dev);
    bool control = con->multiport && (q == QUEUE_CONTROL_RX || q == QUEUE_CONTROL_TX);
    struct console_port *port = &con->port[q < QUEUE_CONTROL_RX ? 0 : (q - 2) / 2];

    if (control && q == QUEUE_CONTROL_RX)
        console_send_control(con);
    else if (control)
        console_control_tx(con);
    else if (q == port->rx)
        console_rx(port);
    else
        console_tx(port);
}

/* ---- life ---- */

/* A port without the protocol is open from the start; with it once the guest says so. */
static int console_activate(struct virtio_device *dev)
{
    struct console *con = to_console(dev);
    bool multiport = con->multiport && virtio_has(dev, VIRTIO_CONSOLE_F_MULTIPORT);

    con->port[0].guest_open = !multiport;
    return 0;
}

static void console_reset(struct virtio_device *dev)
{
    struct console *con = to_console(dev);

    virtio_lock(dev);
    for (unsigned id = 0; id < con->nr_ports; id++) {
        chr_set_rx(con->port[id].chr, false);
        con->port[id].pending = 0;
        con->port[id].guest_open = false;
    }
    atomic_store(&con->opened, false);
    virtio_unlock(dev);
}

static void console_quiesce(struct virtio_device *dev)
{
    struct console *con = to_console(dev);

    for (unsigned id = 0; id < con->nr_ports; id++)
        chr_set_rx(con->port[id].chr, false); /* on again with the first kick afterwards */
}

static void console_destroy(struct virtio_device *dev)
{
    struct console *con = to_console(dev);

    for (unsigned id = 0; id < con->nr_ports; id++)
        chr_destroy(con->port[id].chr);
    virtio_finish(dev);
    free(con);
}

static const struct virtio_device_ops console_ops = {
    .name = "virtio-console",
    .device_id = VIRTIO_ID_CONSOLE,
    .queue_size = CONSOLE_QUEUE_SIZE,
    .config_len = sizeof(struct console_config),
    .features = console_features,
    .config_read = console_config_read,
    .config_write = console_config_write,
    .activate = console_activate,
    .reset = console_reset,
    .queue_ready = console_queue_ready,
    .quiesce = console_quiesce,
    .destroy = console_destroy,
};

void virtio_console_uart_output(struct virtio_device *dev, const void *p, size_t len)
{
    struct console *con = to_console(dev);

    if (!atomic_load(&con->opened))
        chr_write(con->port[0].chr, p, len);
}

static void console_init_port(struct console *con, unsigned id, struct chr *chr)
{
    struct console_port *port = &con->port[id];
    const struct chr_client client = {
        .readable = console_readable, .resized = console_resized, .ctx = port};

    port->con = con;
    port->chr = chr;
    port->rx = (uint16_t)(id ? 2 * id + 2 : 0);
    port->tx = (uint16_t)(port->rx + 1);
    chr_set_client(chr, &client);
}

int virtio_console_create(const struct virtio_console_params *params, struct virtio_device **ret)
{
    struct console *con = calloc(1, sizeof(*con));
    int rc;

    assert(params->nr_ports >= 1 && params->nr_ports <= CONSOLE_MAX_PORTS);
    assert(params->multiport || params->nr_ports == 1);
    if (!con) {
        for (unsigned id = 0; id < params->nr_ports; id++)
            chr_destroy(params->ports[id]);
        return -ENOMEM;
    }
    con->multiport = params->multiport;
    con->nr_ports = params->nr_ports;
    for (unsigned id = 0; id < con->nr_ports; id++)
        console_init_port(con, id, params->ports[id]);
    rc = virtio_init(&con->dev, &console_ops, &params->device,
                     con->multiport ? 2 * (con->nr_ports + 1) : 2);
    if (rc < 0) {
        console_destroy(&con->dev);
        return rc;
    }
    *ret = &con->dev;
    return 0;
}
