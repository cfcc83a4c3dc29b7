/* SPDX-License-Identifier: Apache-2.0
 *
 * The test is the guest: what Ignition's provider sends, and what other readers may. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/ignition.h"
#include "fake_vsock.h"

#include <cmocka.h>

enum { PORT = 1024, TURNS = 100, TURN_MS = 10 };

static const char content[] = "{\"ignition\": {\"version\": \"3.4.0\"}}\n";

struct fixture {
    struct fake_vsock vm;
    struct ignition *ignition;
    char path[32];
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    int fd;

    (void)snprintf(f->path, sizeof(f->path), "/tmp/berth-test-XXXXXX");
    fd = mkstemp(f->path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, content, strlen(content)), strlen(content));
    (void)close(fd);
    fake_vsock_init(&f->vm, PERSONALITY_VFKIT);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    ignition_destroy(f->ignition);
    fake_vsock_finish(&f->vm);
    (void)unlink(f->path);
    free(f);
    return 0;
}

/* Everything up to the end of the connection, or `until`. */
static void ask(struct fixture *f, const char *request, const char *until, char *answer,
                size_t size)
{
    int guest = fake_vsock_guest_connects(&f->vm, PORT);
    size_t len = 0;

    assert_true(guest >= 0);
    assert_int_equal(write(guest, request, strlen(request)), strlen(request));
    for (unsigned i = 0; i < TURNS; i++) {
        ssize_t n = recv(guest, answer + len, size - 1 - len, MSG_DONTWAIT);

        if (n > 0)
            len += (size_t)n;
        answer[len] = '\0';
        if (n == 0 || (until && strstr(answer, until)))
            break;
        fake_vsock_run(&f->vm, TURN_MS);
    }
    (void)close(guest);
}

static void serve(struct fixture *f)
{
    assert_int_equal(ignition_create(&f->vm.vm, f->path, f->vm.vm.loop, &f->ignition, NULL), 0);
    assert_non_null(f->ignition);
}

static void the_guest_gets_its_file(void **state)
{
    struct fixture *f = *state;
    char answer[1024];

    serve(f);
    for (unsigned again = 0; again < 2; again++) {
        ask(f, "GET / HTTP/1.1\r\nHost: d\r\nAccept: application/json\r\n\r\n", content, answer,
            sizeof(answer));
        assert_memory_equal(answer, "HTTP/1.1 200 OK\r\n", 17);
        assert_non_null(strstr(answer, "Content-Type: text/plain; charset=utf-8\r\n"));
        assert_non_null(strstr(answer, content));
    }
}

static void head_tells_the_length(void **state)
{
    struct fixture *f = *state;
    char answer[1024], length[32];

    serve(f);
    ask(f, "HEAD /any/path HTTP/1.1\r\nHost: d\r\nConnection: close\r\n\r\n", NULL, answer,
        sizeof(answer));
    (void)snprintf(length, sizeof(length), "Content-Length: %zu\r\n", strlen(content));
    assert_non_null(strstr(answer, length));
    assert_null(strstr(answer, "ignition"));
}

static void a_part_can_be_asked_for(void **state)
{
    struct fixture *f = *state;
    char answer[1024];

    serve(f);
    ask(f, "GET / HTTP/1.1\r\nHost: d\r\nRange: bytes=2-9\r\nConnection: close\r\n\r\n", NULL,
        answer, sizeof(answer));
    assert_memory_equal(answer, "HTTP/1.1 206 ", 13);
    assert_non_null(strstr(answer, "Content-Range: bytes 2-9/35\r\n"));
    assert_string_equal(strstr(answer, "\r\n\r\n") + 4, "ignition");
}

static void a_missing_file_is_no_reason_not_to_start(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(ignition_create(&f->vm.vm, "/nonexistent", f->vm.vm.loop, &f->ignition, NULL),
                     0);
    assert_null(f->ignition);
    assert_int_equal(fake_vsock_guest_connects(&f->vm, PORT), -1);
}

static void ranges(void **state)
{
    static const struct {
        const char *header;
        int rc;
        size_t first, last;
    } cases[] = {
        {NULL, -ENOENT, 0, 0},
        {"bytes=0-0", 0, 0, 0},
        {"bytes=0-", 0, 0, 99},
        {"bytes=10-19", 0, 10, 19},
        {"bytes=90-1000", 0, 90, 99},
        {"bytes=-10", 0, 90, 99},
        {"bytes=-1000", 0, 0, 99},
        {"bytes=-0", -ERANGE, 0, 0},
        {"bytes=100-", -ERANGE, 0, 0},
        {"bytes=20-10", -ENOENT, 0, 0},
        {"bytes=0-1,5-6", -ENOENT, 0, 0},
        {"bytes=x", -ENOENT, 0, 0},
        {"bytes=-", -ENOENT, 0, 0},
        {"lines=1-2", -ENOENT, 0, 0},
        {"bytes=99999999999999999999-", -ENOENT, 0, 0},
    };

    (void)state;
    for (unsigned i = 0; i < ARRAY_LEN(cases); i++) {
        size_t first = 0, last = 0;

        assert_int_equal(ignition_range(cases[i].header, 100, &first, &last), cases[i].rc);
        assert_int_equal(first, cases[i].first);
        assert_int_equal(last, cases[i].last);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(the_guest_gets_its_file), TEST(head_tells_the_length),
        TEST(a_part_can_be_asked_for), TEST(a_missing_file_is_no_reason_not_to_start),
        cmocka_unit_test(ranges),
    };

    return cmocka_run_group_tests_name("ignition", tests, NULL, NULL);
}
