/* SPDX-License-Identifier: Apache-2.0
 *
 * host/file.h on a temporary file. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host/file.h"

#include <cmocka.h>

static char path[] = "/tmp/berth-test-file-XXXXXX";
static int fd;

static int setup(void **state)
{
    (void)state;
    strcpy(path + sizeof(path) - 7, "XXXXXX");
    fd = mkstemp(path);
    return fd < 0 ? -1 : 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)close(fd);
    return unlink(path);
}

static void open_is_close_on_exec(void **state)
{
    int other;

    (void)state;
    assert_int_equal(file_open(path, O_RDWR, 0, &other), 0);
    assert_true(fcntl(other, F_GETFD) & FD_CLOEXEC);
    (void)close(other);
    assert_int_equal(file_open("/nonexistent/x", O_RDONLY, 0, &other), -ENOENT);
}

static void exclusive_lock_keeps_others_out_until_closed(void **state)
{
    int other;

    (void)state;
    assert_int_equal(file_open(path, O_RDWR, 0, &other), 0);
    assert_int_equal(file_lock(fd, FILE_LOCK_EXCLUSIVE), 0);
    assert_int_equal(file_lock(other, FILE_LOCK_SHARED), -EAGAIN);
    assert_int_equal(file_lock(other, FILE_LOCK_EXCLUSIVE), -EAGAIN);
    (void)close(fd);
    assert_int_equal(file_lock(other, FILE_LOCK_EXCLUSIVE), 0);
    fd = other;
}

static void shared_locks_coexist(void **state)
{
    int other;

    (void)state;
    assert_int_equal(file_open(path, O_RDONLY, 0, &other), 0);
    assert_int_equal(file_lock(fd, FILE_LOCK_SHARED), 0);
    assert_int_equal(file_lock(other, FILE_LOCK_SHARED), 0);
    assert_int_equal(file_lock(fd, FILE_LOCK_EXCLUSIVE), -EAGAIN);
    (void)close(other);
}

static void size_is_of_regular_files_and_disks_only(void **state)
{
    uint64_t size = 1;
    int pipefd[2];

    (void)state;
    assert_int_equal(ftruncate(fd, 12345), 0);
    assert_int_equal(file_size(fd, &size), 0);
    assert_int_equal(size, 12345);
    assert_false(file_is_block_device(fd));
    assert_int_equal(pipe(pipefd), 0);
    assert_int_equal(file_size(pipefd[0], &size), -EINVAL);
    (void)close(pipefd[0]);
    (void)close(pipefd[1]);
}

static void holes_and_zeros_read_back_as_zeros(void **state)
{
    char data[8192], back[8192];
    int rc;

    (void)state;
    memset(data, 0xa5, sizeof(data));
    assert_int_equal(file_write_all(fd, data, sizeof(data)), 0);
    rc = file_punch_hole(fd, 0, 4096);
    if (rc == -EOPNOTSUPP || rc == -ENOTSUP)
        skip();
    assert_int_equal(rc, 0);
    rc = file_zero_range(fd, 4096, 1024);
    assert_true(rc == 0 || rc == -EOPNOTSUPP);
    if (rc == 0)
        memset(data + 4096, 0, 1024);
    memset(data, 0, 4096);
    assert_int_equal(pread(fd, back, sizeof(back), 0), sizeof(back));
    assert_memory_equal(data, back, sizeof(data));
    assert_int_equal(file_punch_hole(fd, UINT64_MAX - 5, 10), -EINVAL);
    assert_int_equal(file_sync(fd, true), 0);
}

#define FILE_TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        FILE_TEST(open_is_close_on_exec),
        FILE_TEST(exclusive_lock_keeps_others_out_until_closed),
        FILE_TEST(shared_locks_coexist),
        FILE_TEST(size_is_of_regular_files_and_disks_only),
        FILE_TEST(holes_and_zeros_read_back_as_zeros),
    };

    return cmocka_run_group_tests_name("file", tests, NULL, NULL);
}
