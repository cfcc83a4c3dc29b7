/* SPDX-License-Identifier: Apache-2.0
 *
 * Bridges and the splices that they are made of, over real sockets; the test is the guest and the
 * client. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fake_vsock.h"
#include "host/socket.h"
#include "service/bridge.h"

#include <cmocka.h>

enum { PORT = 1025, TURN_MS = 15, BIG = 1 << 20 };

struct fixture {
    struct fake_vsock vm;
    struct bridges *bridges;
    char dir[32], path[48];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/berth-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/sock", f->dir);
    fake_vsock_init(&f->vm, PERSONALITY_VFKIT);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    bridges_destroy(f->bridges);
    fake_vsock_finish(&f->vm);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0);
    free(f);
    return 0;
}

static void add_port(struct fixture *f, uint32_t port, const char *path, bool listens)
{
    struct device_config *dev = vm_config_add_device(&f->vm.cfg, DEVICE_VSOCK);

    dev->vsock.port = port;
    dev->vsock.socket_path = strdup(path);
    dev->vsock.listen = listens;
}

static int create(struct fixture *f, struct err *err)
{
    return bridges_create(&f->vm.vm, &f->vm.cfg, f->vm.vm.loop, &f->bridges, err);
}

static void turn(struct fixture *f)
{
    fake_vsock_run(&f->vm, TURN_MS);
}

/* What podman's machine does: a socket that listens before the VM starts. */
static int client_listens(struct fixture *f)
{
    int fd;

    assert_int_equal(socket_listen_unix(f->path, &fd, NULL), 0);
    return fd;
}

static int client_connects(struct fixture *f)
{
    int fd = -1;

    assert_int_equal(socket_connect_unix(f->path, &fd), 0);
    return fd;
}

static void assert_reads(int fd, const char *text)
{
    char buf[64] = "";
    ssize_t n = recv(fd, buf, sizeof(buf) - 1, MSG_DONTWAIT);

    assert_int_equal(n, strlen(text));
    assert_string_equal(buf, text);
}

static void assert_ended(int fd)
{
    char c;

    assert_int_equal(recv(fd, &c, 1, MSG_DONTWAIT), 0);
}

static void the_guest_reaches_a_listening_client(void **state)
{
    struct fixture *f = *state;
    int client, guest, fd;

    add_port(f, PORT, f->path, true);
    client = client_listens(f);
    assert_int_equal(create(f, NULL), 0);
    guest = fake_vsock_guest_connects(&f->vm, PORT);
    turn(f);
    assert_int_equal(socket_accept(client, &fd), 0);
    /* podman's ready message: one line, then half of a close; the answer still comes */
    assert_int_equal(write(guest, "Ready\n", 6), 6);
    assert_int_equal(shutdown(guest, SHUT_WR), 0);
    turn(f);
    assert_reads(fd, "Ready\n");
    assert_ended(fd);
    assert_int_equal(write(fd, "bye", 3), 3);
    turn(f);
    assert_reads(guest, "bye");
    (void)close(fd);
    turn(f);
    assert_ended(guest);
    (void)close(guest);
    (void)close(client);
}

static void without_a_client_the_guest_is_closed(void **state)
{
    struct fixture *f = *state;
    int guest;

    add_port(f, PORT, f->path, true);
    assert_int_equal(create(f, NULL), 0);
    guest = fake_vsock_guest_connects(&f->vm, PORT);
    assert_true(guest >= 0);
    turn(f);
    assert_ended(guest);
    (void)close(guest);
    assert_int_equal(fake_vsock_guest_connects(&f->vm, PORT + 1), -1);
}

static void a_client_reaches_the_guest(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    int client, guest;

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, NULL), 0);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    client = client_connects(f);
    turn(f);
    guest = fake_vsock_guest_accepts(&f->vm, PORT);
    assert_true(guest >= 0);
    assert_int_equal(write(client, "ping", 4), 4);
    turn(f);
    assert_reads(guest, "ping");
    assert_int_equal(write(guest, "pong", 4), 4);
    (void)close(guest);
    turn(f);
    assert_reads(client, "pong");
    assert_ended(client);
    (void)close(client);
    turn(f);
    bridges_destroy(f->bridges);
    f->bridges = NULL;
    assert_int_equal(access(f->path, F_OK), -1); /* ours to remove */
}

static void a_guest_that_does_not_listen_closes_the_client(void **state)
{
    struct fixture *f = *state;
    int client;

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, NULL), 0);
    client = client_connects(f);
    turn(f);
    fake_vsock_refuse(&f->vm, PORT);
    assert_ended(client);
    (void)close(client);
}

/* The far end does not read: what it has not taken stays with the near end, and nothing is lost. */
static void a_slow_reader_gets_everything(void **state)
{
    struct fixture *f = *state;
    static char chunk[4096];
    size_t sent = 0, got = 0;
    int client, guest;

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, NULL), 0);
    client = client_connects(f);
    turn(f);
    guest = fake_vsock_guest_accepts(&f->vm, PORT);
    while (sent < BIG) {
        ssize_t n;

        memset(chunk, (int)(sent / sizeof(chunk)), sizeof(chunk));
        n = send(client, chunk, sizeof(chunk) - sent % sizeof(chunk), MSG_DONTWAIT);
        if (n > 0) {
            sent += (size_t)n;
            continue;
        }
        turn(f);
        if (send(client, chunk, 0, MSG_DONTWAIT) == 0 && recv(guest, chunk, 0, MSG_DONTWAIT) == 0) {
            n = recv(guest, chunk, 1024 - got % 1024, MSG_DONTWAIT);
            assert_true(n > 0);
            for (ssize_t i = 0; i < n; i++)
                assert_int_equal((uint8_t)chunk[i], (uint8_t)((got + (size_t)i) / sizeof(chunk)));
            got += (size_t)n;
        }
        if (got > 64 * 1024)
            break; /* the rest goes in one go, below */
    }
    (void)shutdown(client, SHUT_WR);
    for (;;) {
        ssize_t n = recv(guest, chunk, sizeof(chunk), MSG_DONTWAIT);

        if (n == 0)
            break;
        if (n < 0) {
            turn(f);
            continue;
        }
        for (ssize_t i = 0; i < n; i++)
            assert_int_equal((uint8_t)chunk[i], (uint8_t)((got + (size_t)i) / sizeof(chunk)));
        got += (size_t)n;
    }
    assert_int_equal(got, sent);
    (void)close(guest);
    (void)close(client);
    turn(f);
}

static void a_thousand_connections_come_and_go(void **state)
{
    struct fixture *f = *state;

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, NULL), 0);
    for (unsigned n = 0; n < 1000; n += 20) {
        int client[20], guest[20];

        for (unsigned i = 0; i < 20; i++)
            client[i] = client_connects(f);
        fake_vsock_run(&f->vm, 2);
        for (unsigned i = 0; i < 20; i++) {
            guest[i] = fake_vsock_guest_accepts(&f->vm, PORT);
            assert_true(guest[i] >= 0);
            assert_int_equal(write(guest[i], "x", 1), 1);
        }
        fake_vsock_run(&f->vm, 2);
        for (unsigned i = 0; i < 20; i++)
            (void)close(client[i]);
        for (unsigned i = 0; i < 20; i++)
            (void)close(guest[i]);
    }
    turn(f);
}

static void the_last_entry_of_a_port_counts(void **state)
{
    struct fixture *f = *state;
    int client, guest, fd;

    add_port(f, PORT, "/nonexistent/sock", true);
    add_port(f, PORT, f->path, true);
    client = client_listens(f);
    assert_int_equal(create(f, NULL), 0);
    guest = fake_vsock_guest_connects(&f->vm, PORT);
    turn(f);
    assert_int_equal(socket_accept(client, &fd), 0);
    (void)close(fd);
    (void)close(guest);
    (void)close(client);
    turn(f);
}

static void a_taken_path_is_a_warning_for_vfkit_and_an_error_for_krunkit(void **state)
{
    struct fixture *f = *state;
    int other = client_listens(f);
    struct err err = {0};
    char sentence[128];

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, &err), 0);
    bridges_destroy(f->bridges);
    f->bridges = NULL;
    f->vm.cfg.personality = PERSONALITY_KRUNKIT;
    assert_true(create(f, &err) < 0);
    (void)snprintf(sentence, sizeof(sentence), "unable to add vsock port %d for path %s", PORT,
                   f->path);
    assert_string_equal(err.text, sentence);
    (void)close(other);
}

/* Connections at every stage when the VM goes. */
static void the_end_closes_whatever_is_open(void **state)
{
    struct fixture *f = *state;
    int waiting, joined, guest;

    add_port(f, PORT, f->path, false);
    assert_int_equal(create(f, NULL), 0);
    joined = client_connects(f);
    turn(f);
    guest = fake_vsock_guest_accepts(&f->vm, PORT);
    waiting = client_connects(f);
    turn(f);
    bridges_destroy(f->bridges);
    f->bridges = NULL;
    assert_ended(joined);
    assert_ended(waiting);
    assert_ended(guest);
    (void)close(joined);
    (void)close(waiting);
    (void)close(guest);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_guest_reaches_a_listening_client),
        TEST(without_a_client_the_guest_is_closed),
        TEST(a_client_reaches_the_guest),
        TEST(a_guest_that_does_not_listen_closes_the_client),
        TEST(a_slow_reader_gets_everything),
        TEST(a_thousand_connections_come_and_go),
        TEST(the_last_entry_of_a_port_counts),
        TEST(a_taken_path_is_a_warning_for_vfkit_and_an_error_for_krunkit),
        TEST(the_end_closes_whatever_is_open),
    };

    return cmocka_run_group_tests_name("bridge", tests, NULL, NULL);
}
