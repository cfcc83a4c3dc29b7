/* SPDX-License-Identifier: Apache-2.0
 *
 * The way in which a peer like gvproxy meets the socket: who speaks first, under which name, and
 * what stays connected. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/net/unixgram.h"
#include "host/socket.h"

#include <cmocka.h>

struct fixture {
    char dir[32], path[64];
    int peer;
};

static int bind_peer(const char *path)
{
    struct sockaddr_un addr;
    socklen_t len;
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(socket_unix_address(path, &addr, &len), 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&addr, len), 0);
    return fd;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    (void)strcpy(f->dir, "/tmp/berth-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->path, sizeof(f->path), "%s/peer", f->dir);
    f->peer = bind_peer(f->path);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    (void)close(f->peer);
    (void)unlink(f->path);
    assert_int_equal(rmdir(f->dir), 0); /* nothing of ours is left */
    free(f);
    return 0;
}

static void finish(struct unixgram *u)
{
    (void)close(u->fd);
    assert_int_equal(unlink(u->local_path), 0);
    free(u->local_path);
}

/* A datagram at `fd` and the name of its sender. */
static ssize_t receive(int fd, char *data, size_t len, struct sockaddr_un *from)
{
    socklen_t from_len = sizeof(*from);

    memset(from, 0, sizeof(*from));
    return recvfrom(fd, data, len, MSG_DONTWAIT, (struct sockaddr *)from, &from_len);
}

static void open_introduces_itself_by_name_and_magic(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un from;
    struct unixgram u;
    char data[16];

    assert_int_equal(unixgram_open(f->path, true, &u, NULL), 0);
    assert_int_equal(receive(f->peer, data, sizeof(data), &from), 4);
    assert_memory_equal(data, "VFKT", 4);
    assert_string_equal(from.sun_path, u.local_path);
    assert_memory_equal(u.local_path, f->dir, strlen(f->dir));
    /* and the peer answers to that name */
    assert_int_equal(sendto(f->peer, "frame", 5, 0, (struct sockaddr *)&from, sizeof(from)), 5);
    assert_int_equal(recv(u.fd, data, sizeof(data), MSG_DONTWAIT), 5);
    finish(&u);
}

static void open_says_nothing_without_magic(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un from;
    struct unixgram u;
    char data[16];

    assert_int_equal(unixgram_open(f->path, false, &u, NULL), 0);
    assert_int_equal(receive(f->peer, data, sizeof(data), &from), -1);
    assert_int_equal(send(u.fd, "frame", 5, 0), 5);
    assert_int_equal(receive(f->peer, data, sizeof(data), &from), 5);
    finish(&u);
}

static void open_does_not_wait_for_a_peer_that_reads_nothing(void **state)
{
    struct fixture *f = *state;
    struct err err = {0};
    struct unixgram u;
    int rc = 0, nr = 0;

    while (rc == 0 && nr++ < 10000) {
        rc = unixgram_open(f->path, true, &u, &err);
        if (rc == 0)
            finish(&u);
    }
    assert_int_equal(rc, -ETIMEDOUT);
    assert_non_null(strstr(err.text, "reads nothing; restart it"));
}

/* CRC's daemon makes the path anew after the first datagram. */
static void open_stays_with_the_socket_it_met(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un from;
    struct unixgram u;
    char data[16];
    int second;

    assert_int_equal(unixgram_open(f->path, false, &u, NULL), 0);
    (void)unlink(f->path);
    second = bind_peer(f->path);
    assert_int_equal(send(u.fd, "frame", 5, 0), 5);
    assert_int_equal(receive(f->peer, data, sizeof(data), &from), 5);
    assert_int_equal(receive(second, data, sizeof(data), &from), -1);
    (void)close(second);
    finish(&u);
}

static void open_gives_each_its_own_name(void **state)
{
    struct fixture *f = *state;
    struct unixgram u[8];

    for (size_t i = 0; i < ARRAY_LEN(u); i++)
        assert_int_equal(unixgram_open(f->path, false, &u[i], NULL), 0);
    for (size_t i = 0; i < ARRAY_LEN(u); i++)
        finish(&u[i]);
}

static void open_leaves_nothing_behind_when_nobody_is_there(void **state)
{
    struct fixture *f = *state;
    struct unixgram u;
    struct err err = {0};
    char nowhere[80], too_long[128];

    (void)snprintf(nowhere, sizeof(nowhere), "%s/nobody", f->dir);
    assert_int_equal(unixgram_open(nowhere, true, &u, &err), -ENOENT);
    assert_non_null(strstr(err.text, nowhere));
    memset(too_long, 'x', sizeof(too_long));
    too_long[104] = '\0';
    assert_int_equal(unixgram_open(too_long, true, &u, &err), -ENAMETOOLONG);
    assert_non_null(strstr(err.text, "is too long: 104 >= 104 bytes"));
}

static void check_wants_datagrams(void **state)
{
    struct err err = {0};
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    assert_int_equal(unixgram_check(pair[0], &err), 0);
    (void)close(pair[0]);
    (void)close(pair[1]);
    assert_int_equal(unixgram_check(pair[0], &err), -EBADF);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(unixgram_check(pair[0], &err), -EINVAL);
    assert_string_equal(err.text, "the fileHandle must be a datagram socket");
    (void)close(pair[0]);
    (void)close(pair[1]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(open_introduces_itself_by_name_and_magic),
        TEST(open_says_nothing_without_magic),
        TEST(open_does_not_wait_for_a_peer_that_reads_nothing),
        TEST(open_stays_with_the_socket_it_met),
        TEST(open_gives_each_its_own_name),
        TEST(open_leaves_nothing_behind_when_nobody_is_there),
        TEST(check_wants_datagrams),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
