/* SPDX-License-Identifier: Apache-2.0
 *
 * A host file system that is really full: a tmpfs of 1 MiB in a mount namespace. Linux only. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/fake_loop.h"
#include "backend/block/file.h"

#include <cmocka.h>

static struct loop *loop;
static struct block *disk;

static int open_disk(const char *path, bool no_ring)
{
    struct block_file_params params = {.path = path, .no_ring = no_ring, .loop = loop};

    return block_file_open(&params, &disk, NULL);
}

static void on_done(struct block_req *req, int status)
{
    *(int *)req->ctx = status;
}

static int run(enum block_op op, uint64_t off, void *buf, uint64_t len)
{
    struct iovec iov = {.iov_base = buf, .iov_len = len};
    int status = 1;
    struct block_req req = {.op = op,
                            .offset = off,
                            .len = len,
                            .iov = &iov,
                            .nr_iov = 1,
                            .done = on_done,
                            .ctx = &status};

    disk->ops->submit(disk, &req);
    disk->ops->drain(disk);
    return status;
}

static void write_text(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY);

    if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0)
        _exit(77);
}

/* Mounts of our own: as root, or as root of a user namespace. */
static void may_mount(void)
{
    char map[64];

    (void)snprintf(map, sizeof(map), "0 %u 1", (unsigned)geteuid());
    if (unshare(CLONE_NEWNS) == 0)
        return;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0)
        _exit(77);
    write_text("/proc/self/uid_map", map);
}

/* In a child: its own small file system, and a disk image on it that promises more than there is.
 * Returns 77 where this user may not mount one. */
static int fill_a_small_file_system(bool no_ring)
{
    static uint8_t buf[65536], in[65536];
    unsigned stored = 0;

    may_mount();
    (void)mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL);
    if (mount("berth-test", "/mnt", "tmpfs", 0, "size=1m") != 0)
        return 77;
    if (close(open("/mnt/disk", O_CREAT | O_RDWR, 0600)) != 0 ||
        truncate("/mnt/disk", 8 << 20) != 0)
        return 2;
    if (loop_create(&loop) != 0 || open_disk("/mnt/disk", no_ring) != 0)
        return 3;
    for (;; stored++) {
        int status;

        memset(buf, (int)stored + 1, sizeof(buf));
        status = run(BLOCK_WRITE, stored * sizeof(buf), buf, sizeof(buf));
        if (status == -ENOSPC)
            break;
        if (status != 0 || stored > 64)
            return 4;
    }
    if (stored == 0 || run(BLOCK_FLUSH, 0, NULL, 0) != 0)
        return 5;
    for (unsigned i = 0; i < stored; i++) {
        if (run(BLOCK_READ, i * sizeof(in), in, sizeof(in)) != 0 || in[0] != i + 1 ||
            in[65535] != i + 1)
            return 6;
    }
    /* A tmpfs cannot zero a range: zeros are written, and nothing beyond. */
    if (run(BLOCK_WRITE_ZEROES, 512, NULL, 300000) != 0 || run(BLOCK_READ, 0, in, 65536) != 0)
        return 9;
    if (in[511] != 1 || in[512] != 0 || in[65535] != 0 || run(BLOCK_READ, 300000, in, 2048) != 0)
        return 10;
    if (in[511] != 0 || in[512] != 5)
        return 11;
    /* Space comes back: the disk is as good as before. */
    if (run(BLOCK_DISCARD, 0, NULL, sizeof(buf)) != 0)
        return 7;
    return run(BLOCK_WRITE, 4 << 20, buf, 4096) == 0 ? 0 : 8;
}

static void check_with(bool no_ring)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0)
        _exit(fill_a_small_file_system(no_ring));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77) {
        print_message("skipped: this user may not mount a tmpfs\n");
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void full_file_system_loses_nothing_acknowledged(void **state)
{
    check_with(false);
}

static void full_file_system_loses_nothing_acknowledged_threads(void **state)
{
    check_with(true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_file_system_loses_nothing_acknowledged),
        cmocka_unit_test(full_file_system_loses_nothing_acknowledged_threads),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
