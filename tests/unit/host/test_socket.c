/* SPDX-License-Identifier: Apache-2.0
 *
 * host/socket.h: who may listen where, and what is left behind. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/socket.h"

#include <cmocka.h>

static char dir[64], path[96];
static struct err err;

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/berth-test-socket-XXXXXX");
    if (!mkdtemp(dir))
        return -1;
    (void)snprintf(path, sizeof(path), "%s/s", dir);
    err = (struct err){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    return rmdir(dir);
}

static void unix_socket_is_private_to_the_user(void **state)
{
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(socket_listen_unix(path, &fd, &err), 0);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    (void)close(fd);
}

static void unix_socket_left_by_a_killed_process_is_replaced(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(socket_listen_unix(path, &fd, &err), 0);
    (void)close(fd); /* as SIGKILL would: the file stays */
    assert_int_equal(socket_listen_unix(path, &fd, &err), 0);
    (void)close(fd);
}

static void unix_socket_in_use_is_left_alone(void **state)
{
    int fd, other = -1;

    (void)state;
    assert_int_equal(socket_listen_unix(path, &fd, &err), 0);
    assert_int_equal(socket_listen_unix(path, &other, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "another process listens"));
    assert_int_equal(socket_connect_unix(path, &other), 0);
    (void)close(other);
    (void)close(fd);
}

static void file_in_the_way_is_left_alone(void **state)
{
    int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    (void)state;
    (void)close(fd);
    assert_int_equal(socket_listen_unix(path, &fd, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "no socket"));
    assert_int_equal(access(path, F_OK), 0);
}

static void unix_path_that_does_not_fit_is_refused(void **state)
{
    char longer[200];
    int fd;

    (void)state;
    memset(longer, 'a', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    assert_int_equal(socket_listen_unix(longer, &fd, &err), -ENAMETOOLONG);
    assert_non_null(strstr(err.text, "longer than"));
}

static uint16_t port_of(int fd)
{
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);

    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    assert_int_equal(addr.sin_family, AF_INET);
    assert_int_equal(ntohl(addr.sin_addr.s_addr), INADDR_LOOPBACK);
    return ntohs(addr.sin_port);
}

static void tcp_localhost_is_the_ipv4_loopback(void **state)
{
    int fd, other;

    (void)state;
    assert_int_equal(socket_listen_tcp("localhost", 0, &fd, &err), 0);
    assert_int_equal(socket_listen_tcp("localhost", port_of(fd), &other, &err), -EADDRINUSE);
    assert_non_null(strstr(err.text, "choose another port"));
    (void)close(fd);
}

static void tcp_empty_host_is_every_address(void **state)
{
    int fd;

    (void)state;
    assert_int_equal(socket_listen_tcp("", 0, &fd, &err), 0);
    (void)close(fd);
}

static void accept_says_again_when_nobody_waits(void **state)
{
    int fd, client, server;

    (void)state;
    assert_int_equal(socket_listen_unix(path, &fd, &err), 0);
    assert_int_equal(socket_accept(fd, &server), -EAGAIN);
    assert_int_equal(socket_connect_unix(path, &client), 0);
    assert_int_equal(socket_accept(fd, &server), 0);
    assert_true(fcntl(server, F_GETFL) & O_NONBLOCK);
    (void)close(client);
    (void)close(server);
    (void)close(fd);
}

#define SOCKET_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SOCKET_TEST(unix_socket_is_private_to_the_user),
        SOCKET_TEST(unix_socket_left_by_a_killed_process_is_replaced),
        SOCKET_TEST(unix_socket_in_use_is_left_alone),
        SOCKET_TEST(file_in_the_way_is_left_alone),
        SOCKET_TEST(unix_path_that_does_not_fit_is_refused),
        SOCKET_TEST(tcp_localhost_is_the_ipv4_loopback),
        SOCKET_TEST(tcp_empty_host_is_every_address),
        SOCKET_TEST(accept_says_again_when_nobody_waits),
    };

    return cmocka_run_group_tests_name("socket", tests, NULL, NULL);
}
