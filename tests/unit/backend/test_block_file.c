/* SPDX-License-Identifier: Apache-2.0
 *
 * Every behaviour with both ways of doing I/O: io_uring (where the kernel allows it) and threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../support/fake_loop.h"
#include "backend/block/file.h"

#include <cmocka.h>

enum { IMAGE_SIZE = 1 << 20, NOBODY = 65534 };

struct fixture {
    struct loop *loop;
    char path[64];
    struct block *disk;
    bool no_ring;
    struct err err;
};

static struct fixture fx;

static void make_image(size_t size)
{
    uint8_t *bytes = malloc(size);
    FILE *f;

    assert_non_null(bytes);
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(i / 512 + i);
    (void)snprintf(fx.path, sizeof(fx.path), "/tmp/berth-disk-%d", (int)getpid());
    f = fopen(fx.path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
    free(bytes);
}

static int open_disk(bool read_only, struct block **ret)
{
    struct block_file_params params = {
        .path = fx.path, .read_only = read_only, .no_ring = fx.no_ring, .loop = fx.loop};

    return block_file_open(&params, ret, &fx.err);
}

static int setup(void **state)
{
    memset(&fx, 0, sizeof(fx));
    fx.no_ring = *state != NULL;
    assert_int_equal(loop_create(&fx.loop), 0);
    make_image(IMAGE_SIZE);
    assert_int_equal(open_disk(false, &fx.disk), 0);
    return 0;
}

static int teardown(void **state)
{
    block_destroy(fx.disk);
    fake_loop_settle(fx.loop);
    loop_destroy(fx.loop);
    (void)unlink(fx.path);
    return 0;
}

struct request {
    struct block_req req;
    struct iovec iov;
    unsigned nr_done;
    int status;
};

static void on_done(struct block_req *req, int status)
{
    struct request *r = req->ctx;

    r->nr_done++;
    r->status = status;
}

static void submit(struct request *r, enum block_op op, uint64_t off, void *buf, uint64_t len)
{
    memset(r, 0, sizeof(*r));
    r->iov = (struct iovec){.iov_base = buf, .iov_len = len};
    r->req = (struct block_req){.op = op,
                                .offset = off,
                                .len = len,
                                .iov = &r->iov,
                                .nr_iov = 1,
                                .done = on_done,
                                .ctx = r};
    fx.disk->ops->submit(fx.disk, &r->req);
    assert_int_equal(r->nr_done, 0);
}

static int run(enum block_op op, uint64_t off, void *buf, uint64_t len)
{
    struct request r;

    submit(&r, op, off, buf, len);
    fx.disk->ops->drain(fx.disk);
    fake_loop_settle(fx.loop);
    assert_int_equal(r.nr_done, 1);
    return r.status;
}

static void reads_what_was_written(void **state)
{
    static uint8_t out[8192], in[8192];

    memset(out, 0xa5, sizeof(out));
    assert_int_equal(run(BLOCK_WRITE, 4096, out, sizeof(out)), 0);
    assert_int_equal(run(BLOCK_READ, 4096, in, sizeof(in)), 0);
    assert_memory_equal(in, out, sizeof(in));
    assert_int_equal(run(BLOCK_READ, 0, in, 512), 0);
    assert_int_equal(in[7], 7);
    assert_int_equal(run(BLOCK_FLUSH, 0, NULL, 0), 0);
}

static void completes_from_the_loop_alone(void **state)
{
    static uint8_t in[512];
    struct request r;

    submit(&r, BLOCK_READ, 512, in, sizeof(in));
    block_kick(fx.disk);
    for (unsigned i = 0; i < 2000 && !r.nr_done; i++) {
        fake_loop_settle(fx.loop);
        if (!r.nr_done)
            (void)usleep(1000);
    }
    assert_int_equal(r.nr_done, 1);
    assert_int_equal(r.status, 0);
    assert_int_equal(in[0], 1);
}

static void many_requests_at_once(void **state)
{
    static struct request r[300];
    static uint8_t buf[300][512];

    for (unsigned i = 0; i < 300; i++)
        submit(&r[i], BLOCK_READ, i * 512, buf[i], 512);
    block_kick(fx.disk);
    fx.disk->ops->drain(fx.disk);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(r[i].nr_done, 1);
        assert_int_equal(r[i].status, 0);
        assert_int_equal(buf[i][0], (uint8_t)i);
    }
}

static void vector_of_many_buffers(void **state)
{
    static uint8_t bytes[3000];
    struct iovec iov[4] = {{bytes, 100}, {bytes, 0}, {bytes + 100, 900}, {bytes + 1000, 24}};
    struct request r = {.nr_done = 0};

    r.req = (struct block_req){
        .op = BLOCK_READ, .len = 1024, .iov = iov, .nr_iov = 4, .done = on_done, .ctx = &r};
    fx.disk->ops->submit(fx.disk, &r.req);
    fx.disk->ops->drain(fx.disk);
    assert_int_equal(r.status, 0);
    assert_int_equal(bytes[600], (uint8_t)(1 + 600));
}

static void range_outside_is_refused(void **state)
{
    uint8_t buf[512];

    assert_int_equal(run(BLOCK_READ, IMAGE_SIZE, buf, 512), -EINVAL);
    assert_int_equal(run(BLOCK_WRITE, UINT64_MAX - 100, buf, 512), -EINVAL);
    assert_int_equal(run(BLOCK_WRITE_ZEROES, 0, NULL, IMAGE_SIZE + 512), -EINVAL);
    assert_int_equal(run(BLOCK_READ, 0, buf, 0), 0);
}

static void zeroes_and_discards(void **state)
{
    static uint8_t buf[65536], zero[65536];
    struct request r = {.nr_done = 0};

    assert_int_equal(run(BLOCK_WRITE_ZEROES, 512, NULL, 32768), 0);
    assert_int_equal(run(BLOCK_READ, 512, buf, 32768), 0);
    assert_memory_equal(buf, zero, 32768);
    assert_int_equal(run(BLOCK_READ, 512 + 32768, buf, 512), 0);
    assert_int_equal(buf[0], 65);

    r.req = (struct block_req){.op = BLOCK_WRITE_ZEROES,
                               .offset = 65536,
                               .len = 65536,
                               .may_unmap = true,
                               .done = on_done,
                               .ctx = &r};
    fx.disk->ops->submit(fx.disk, &r.req);
    fx.disk->ops->drain(fx.disk);
    assert_int_equal(r.status, 0);
    assert_int_equal(run(BLOCK_READ, 65536, buf, 65536), 0);
    assert_memory_equal(buf, zero, 65536);
    assert_int_equal(run(BLOCK_DISCARD, 131072, NULL, 65536), 0);
}

static void discard_gives_space_back(void **state)
{
    struct stat before, after;

    assert_int_equal(stat(fx.path, &before), 0);
    assert_int_equal(run(BLOCK_DISCARD, 0, NULL, IMAGE_SIZE), 0);
    assert_int_equal(run(BLOCK_FLUSH, 0, NULL, 0), 0);
    assert_int_equal(stat(fx.path, &after), 0);
    assert_true(after.st_blocks < before.st_blocks || before.st_blocks == 0);
    assert_int_equal(after.st_size, before.st_size);
}

static void truncated_image_gives_an_error(void **state)
{
    static uint8_t buf[8192];

    assert_int_equal(truncate(fx.path, 4096), 0);
    assert_int_equal(run(BLOCK_READ, 0, buf, 8192), -EIO);
    assert_int_equal(run(BLOCK_READ, 65536, buf, 512), -EIO);
    assert_int_equal(run(BLOCK_READ, 0, buf, 4096), 0);
}

static void ragged_last_sector_is_padded_and_grows(void **state)
{
    uint8_t buf[1024];
    struct stat st;

    block_destroy(fx.disk);
    make_image(1000);
    assert_int_equal(open_disk(false, &fx.disk), 0);
    assert_int_equal(fx.disk->size, 1024);
    memset(buf, 0xff, sizeof(buf));
    assert_int_equal(run(BLOCK_READ, 0, buf, 1024), 0);
    assert_int_equal(buf[999], (uint8_t)(999 / 512 + 999));
    for (unsigned i = 1000; i < 1024; i++)
        assert_int_equal(buf[i], 0);
    memset(buf, 0x77, sizeof(buf));
    assert_int_equal(run(BLOCK_WRITE, 512, buf, 512), 0);
    assert_int_equal(stat(fx.path, &st), 0);
    assert_int_equal(st.st_size, 1024);
    assert_int_equal(run(BLOCK_READ, 512, buf + 512, 512), 0);
    assert_int_equal(buf[1023], 0x77);
}

/* RLIMIT_FSIZE: the kernel's own "no room" for one process. EFBIG travels the same way as ENOSPC.
 */
static void full_disk_reaches_the_request_and_keeps_the_rest(void **state)
{
    static uint8_t buf[8192], in[8192];
    struct rlimit old, small = {.rlim_cur = 1100000, .rlim_max = RLIM_INFINITY};

    block_destroy(fx.disk);
    assert_int_equal(truncate(fx.path, 4 << 20), 0);
    assert_int_equal(open_disk(false, &fx.disk), 0);
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small.rlim_max = old.rlim_max;
    memset(buf, 0x3c, sizeof(buf));
    assert_int_equal(run(BLOCK_WRITE, 1 << 20, buf, 8192), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_int_equal(run(BLOCK_WRITE, 2 << 20, buf, 8192), -EFBIG);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(run(BLOCK_READ, 1 << 20, in, 8192), 0);
    assert_memory_equal(in, buf, 8192);
    assert_int_equal(run(BLOCK_FLUSH, 0, NULL, 0), 0);
}

/* In a child: acknowledges one write through `fd`, then goes on for ever. */
static void write_until_killed(int fd)
{
    static uint8_t buf[4096];

    memset(buf, 0xb5, sizeof(buf));
    if (open_disk(false, &fx.disk) != 0 || run(BLOCK_WRITE, 4096, buf, sizeof(buf)) != 0)
        _exit(1);
    if (write(fd, "k", 1) != 1)
        _exit(1);
    for (;;)
        (void)run(BLOCK_WRITE, 65536, buf, sizeof(buf));
}

static void killed_process_leaves_its_writes_and_no_lock(void **state)
{
    static uint8_t in[4096];
    int fds[2], status;
    char byte;
    pid_t pid;

    block_destroy(fx.disk);
    fx.disk = NULL;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0)
        write_until_killed(fds[1]);
    assert_int_equal(read(fds[0], &byte, 1), 1);
    assert_int_equal(open_disk(false, &fx.disk), -EBUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(open_disk(false, &fx.disk), 0);
    assert_int_equal(run(BLOCK_READ, 4096, in, sizeof(in)), 0);
    assert_int_equal(in[0], 0xb5);
    assert_int_equal(in[4095], 0xb5);
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void second_writer_is_refused(void **state)
{
    struct block *other;

    assert_int_equal(open_disk(false, &other), -EBUSY);
    assert_non_null(strstr(fx.err.text, "in use by another berth"));
    assert_non_null(strstr(fx.err.text, fx.path));
    assert_int_equal(open_disk(true, &other), -EBUSY);
}

static void readers_share(void **state)
{
    struct block *a, *b;
    uint8_t buf[512];

    block_destroy(fx.disk);
    fx.disk = NULL;
    assert_int_equal(open_disk(true, &a), 0);
    assert_int_equal(open_disk(true, &b), 0);
    assert_true(a->read_only);
    fx.disk = a;
    assert_int_equal(run(BLOCK_WRITE, 0, buf, 512), -EROFS);
    assert_int_equal(run(BLOCK_READ, 0, buf, 512), 0);
    block_destroy(b);
}

static void bad_images_are_named(void **state)
{
    struct block_file_params params = {.path = "/nonexistent/disk.img", .loop = fx.loop};
    struct block *b;

    assert_int_equal(block_file_open(&params, &b, &fx.err), -ENOENT);
    assert_non_null(strstr(fx.err.text, "/nonexistent/disk.img"));
    params.path = "/tmp";
    assert_true(block_file_open(&params, &b, &fx.err) < 0);
    params.path = "/dev/null";
    assert_int_equal(block_file_open(&params, &b, &fx.err), -EINVAL);
    params.path = fx.path;
    params.must_be_device = true;
    assert_int_equal(block_file_open(&params, &b, &fx.err), -ENOTBLK);
    block_destroy(fx.disk);
    fx.disk = NULL;
    assert_int_equal(truncate(fx.path, 0), 0);
    assert_int_equal(open_disk(false, &b), -EINVAL);
    assert_non_null(strstr(fx.err.text, "empty"));
}

static void unwritable_image_becomes_read_only(void **state)
{
    uid_t was = geteuid();

    block_destroy(fx.disk);
    assert_int_equal(chmod(fx.path, 0444), 0);
    if (was == 0) /* root may write everything */
        assert_int_equal(seteuid(NOBODY), 0);
    assert_int_equal(open_disk(false, &fx.disk), 0);
    assert_int_equal(seteuid(was), 0);
    assert_true(fx.disk->read_only);
}

static void thousand_disks_come_and_go(void **state)
{
    uint8_t buf[512];

    for (unsigned i = 0; i < 1000; i++) {
        block_destroy(fx.disk);
        assert_int_equal(open_disk(false, &fx.disk), 0);
        if (i % 100 == 0)
            assert_int_equal(run(BLOCK_READ, 0, buf, 512), 0);
    }
}

static int threads_only = 1;

/* cmocka hands `initial` to setup as *state */
#define BOTH(f)                                                                                    \
    {#f, f, setup, teardown, NULL},                                                                \
    {                                                                                              \
#f " (threads)", f, setup, teardown, &threads_only                                         \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        BOTH(reads_what_was_written),
        BOTH(completes_from_the_loop_alone),
        BOTH(many_requests_at_once),
        BOTH(vector_of_many_buffers),
        BOTH(range_outside_is_refused),
        BOTH(zeroes_and_discards),
        BOTH(discard_gives_space_back),
        BOTH(truncated_image_gives_an_error),
        BOTH(ragged_last_sector_is_padded_and_grows),
        BOTH(full_disk_reaches_the_request_and_keeps_the_rest),
        BOTH(killed_process_leaves_its_writes_and_no_lock),
        BOTH(second_writer_is_refused),
        BOTH(readers_share),
        BOTH(bad_images_are_named),
        BOTH(unwritable_image_becomes_read_only),
        BOTH(thousand_disks_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
