/* SPDX-License-Identifier: Apache-2.0
 *
 * Ports end in pseudo-terminals and files: real backends, no fake. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../support/fake_driver.h"
#include "virtio/console.h"

#include <cmocka.h>

enum { F_SIZE = 1, F_MULTIPORT = 2, F_EMERG = 4 };
enum { DEVICE_READY = 0, PORT_ADD = 1, PORT_READY = 3, CONSOLE_PORT = 4, PORT_OPEN = 6 };

struct control {
    uint32_t id;
    uint16_t event, value;
};

struct fixture {
    struct fake_driver d;
    struct virtio_device *dev;
    struct chr *port[3];
    int slave[3];
    gpa_t buf;
};

static struct fixture fx;

static void create(unsigned nr_ports, bool multiport)
{
    struct virtio_console_params params = {.device = fake_driver_params(&fx.d, "serial0"),
                                           .ports = fx.port,
                                           .nr_ports = nr_ports,
                                           .multiport = multiport};

    for (unsigned i = 0; i < nr_ports; i++) {
        assert_int_equal(chr_pty_create(fx.d.loop, &fx.port[i], NULL), 0);
        fx.slave[i] = open(chr_pty_name(fx.port[i]), O_RDWR | O_NOCTTY | O_NONBLOCK);
        assert_true(fx.slave[i] >= 0);
    }
    assert_int_equal(virtio_console_create(&params, &fx.dev), 0);
    fx.d.dev = fx.dev;
}

static void start(uint64_t features)
{
    fake_driver_start(&fx.d, fx.dev, features, 16);
    fx.buf = fake_alloc(&fx.d.ram, 65536);
}

static int setup(void **state)
{
    memset(&fx, 0, sizeof(fx));
    for (unsigned i = 0; i < 3; i++)
        fx.slave[i] = -1;
    fake_driver_init(&fx.d);
    return 0;
}

static int teardown(void **state)
{
    fake_driver_finish(&fx.d);
    for (unsigned i = 0; i < 3; i++) {
        if (fx.slave[i] >= 0)
            (void)close(fx.slave[i]);
    }
    return 0;
}

static void send(unsigned q, const void *p, uint32_t len)
{
    struct fake_buf buf = {fx.buf, len, false};
    struct fake_used used;

    memcpy(fake_host(&fx.d.ram, fx.buf, len), p, len);
    (void)fake_ring_add(&fx.d.ring[q], &buf, 1);
    fake_driver_kick(&fx.d, q);
    assert_true(fake_ring_used(&fx.d.ring[q], &used));
}

/* Gives queue `q` a buffer at `slot`. */
static void offer(unsigned q, unsigned slot, uint32_t len)
{
    struct fake_buf buf = {fx.buf + 4096 + slot * 256, len, true};

    (void)fake_ring_add(&fx.d.ring[q], &buf, 1);
    fake_driver_kick(&fx.d, q);
}

static void *received(unsigned slot)
{
    return fake_host(&fx.d.ram, fx.buf + 4096 + slot * 256, 256);
}

/* The kernel carries bytes through a pseudo-terminal in its own time. */
enum { PATIENCE_MS = 2000 };

static void assert_host_reads(unsigned port, const char *want)
{
    struct pollfd pfd = {.fd = fx.slave[port], .events = POLLIN};
    char got[256] = "";
    size_t len = 0;

    while (len < strlen(want) && poll(&pfd, 1, PATIENCE_MS) > 0) {
        ssize_t n = read(fx.slave[port], got + len, sizeof(got) - 1 - len);

        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_string_equal(got, want);
}

static void assert_guest_gets(unsigned q, unsigned slot, const char *want)
{
    struct fake_used used = {0};
    unsigned ms = 0;

    while (!fake_ring_used(&fx.d.ring[q], &used) && ms++ < PATIENCE_MS) {
        (void)usleep(1000);
        fake_driver_settle(&fx.d);
    }
    assert_int_equal(used.len, strlen(want));
    assert_memory_equal(received(slot), want, strlen(want));
}

static void guest_output_reaches_the_host(void **state)
{
    create(1, false);
    start(0);
    send(1, "hello", 5);
    assert_host_reads(0, "hello");
}

static void host_input_reaches_the_guest(void **state)
{
    struct fake_used used;

    create(1, false);
    start(0);
    offer(0, 0, 3);
    offer(0, 1, 100);
    assert_false(fake_ring_used(&fx.d.ring[0], &used));
    assert_int_equal(write(fx.slave[0], "abcdef", 6), 6);
    assert_guest_gets(0, 0, "abc");
    assert_guest_gets(0, 1, "def");
}

static void input_waits_for_buffers(void **state)
{
    create(1, false);
    start(0);
    assert_int_equal(write(fx.slave[0], "early", 5), 5);
    fake_driver_settle(&fx.d);
    offer(0, 0, 100);
    assert_guest_gets(0, 0, "early");
}

static void emergency_write_needs_no_queue(void **state)
{
    create(1, false);
    virtio_config_write(fx.dev, 8, "!\0\0", 4);
    fake_driver_settle(&fx.d);
    assert_host_reads(0, "!");
}

static void uart_is_heard_until_the_port_is_used(void **state)
{
    create(1, false);
    virtio_console_uart_output(fx.dev, "early ", 6);
    start(0);
    virtio_console_uart_output(fx.dev, "boot ", 5);
    fake_driver_settle(&fx.d);
    send(1, "console", 7);
    virtio_console_uart_output(fx.dev, "twice", 5);
    fake_driver_settle(&fx.d);
    assert_host_reads(0, "early boot console");
    fake_driver_reset(&fx.d);
    virtio_console_uart_output(fx.dev, "again", 5);
    fake_driver_settle(&fx.d);
    assert_host_reads(0, "again");
}

static void control(uint32_t id, uint16_t event, uint16_t value)
{
    struct control m = {id, event, value};

    send(3, &m, sizeof(m));
}

static void assert_message(unsigned slot, uint32_t id, uint16_t event)
{
    struct fake_used used;
    struct control m;

    assert_true(fake_ring_used(&fx.d.ring[2], &used));
    assert_int_equal(used.len, sizeof(m));
    memcpy(&m, received(slot), sizeof(m));
    assert_int_equal(m.id, id);
    assert_int_equal(m.event, event);
    assert_int_equal(m.value, 1);
}

static void multiport_introduces_its_ports(void **state)
{
    struct fake_used used;

    create(2, true);
    start(F_MULTIPORT);
    for (unsigned i = 0; i < 6; i++)
        offer(2, i, 32);
    control(0, DEVICE_READY, 1);
    assert_message(0, 0, PORT_ADD);
    assert_message(1, 1, PORT_ADD);
    control(1, PORT_READY, 1);
    assert_message(2, 1, CONSOLE_PORT);
    assert_message(3, 1, PORT_OPEN);
    assert_int_equal(write(fx.slave[1], "early", 5), 5);
    offer(4, 10, 32);
    fake_driver_settle(&fx.d);
    assert_false(fake_ring_used(&fx.d.ring[4], &used)); /* the guest has not opened it */
    control(1, PORT_OPEN, 1);
    assert_guest_gets(4, 10, "early");
    send(5, "from port 1", 11);
    assert_host_reads(1, "from port 1");
}

static void messages_wait_for_buffers(void **state)
{
    create(3, true);
    start(F_MULTIPORT);
    control(0, DEVICE_READY, 1);
    for (unsigned i = 0; i < 3; i++)
        offer(2, i, 8);
    for (unsigned i = 0; i < 3; i++)
        assert_message(i, i, PORT_ADD);
}

static void nonsense_messages_are_harmless(void **state)
{
    create(2, true);
    start(F_MULTIPORT);
    for (unsigned event = 0; event < 20; event++) {
        control(2, (uint16_t)event, 1);
        control(UINT32_MAX, (uint16_t)event, 0xffff);
    }
    send(3, "short", 5);
    offer(2, 0, 3);
    control(0, DEVICE_READY, 1);
    send(1, "still alive", 11);
    assert_host_reads(0, "still alive");
}

static void empty_receive_buffers_are_given_back(void **state)
{
    struct fake_used used;

    create(1, false);
    start(0);
    offer(0, 0, 0);
    assert_true(fake_ring_used(&fx.d.ring[0], &used));
    assert_int_equal(used.len, 0);
}

static void paused_console_takes_no_input(void **state)
{
    struct fake_used used;

    create(1, false);
    start(0);
    offer(0, 0, 10);
    virtio_quiesce(fx.dev);
    assert_int_equal(write(fx.slave[0], "later", 5), 5);
    fake_driver_settle(&fx.d);
    assert_false(fake_ring_used(&fx.d.ring[0], &used));
    virtio_unquiesce(fx.dev);
    assert_guest_gets(0, 0, "later");
}

static void thousand_consoles_come_and_go(void **state)
{
    char path[64];

    (void)snprintf(path, sizeof(path), "/tmp/berth-console-%d", (int)getpid());
    for (unsigned i = 0; i < 1000; i++) {
        struct virtio_console_params params = {
            .device = fake_driver_params(&fx.d, "serial0"), .ports = fx.port, .nr_ports = 1};

        assert_int_equal(chr_file_create(fx.d.loop, path, &fx.port[0], NULL), 0);
        assert_int_equal(virtio_console_create(&params, &fx.dev), 0);
        if (i % 10 == 0) {
            fx.d.ram.next = FAKE_RAM_BASE;
            start(0);
            send(1, "x", 1);
        }
        virtio_destroy(fx.dev);
    }
    fx.d.dev = NULL;
    (void)unlink(path);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(guest_output_reaches_the_host),
        T(host_input_reaches_the_guest),
        T(input_waits_for_buffers),
        T(emergency_write_needs_no_queue),
        T(uart_is_heard_until_the_port_is_used),
        T(multiport_introduces_its_ports),
        T(messages_wait_for_buffers),
        T(nonsense_messages_are_harmless),
        T(empty_receive_buffers_are_given_back),
        T(paused_console_takes_no_input),
        T(thousand_consoles_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
