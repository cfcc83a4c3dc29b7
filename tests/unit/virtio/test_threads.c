/* SPDX-License-Identifier: Apache-2.0
 *
 * A driver on one thread, as a vCPU is, and the real loop on another: doorbells, completions and
 * resets that cross. Worth most under TSan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../support/fake_driver.h"
#include "../support/fake_loop.h"
#include "backend/block/file.h"
#include "virtio/blk.h"

#include <cmocka.h>

enum { T_IN = 0, T_OUT = 1, OK = 0, SLOTS = 8, ROUNDS = 60, PATIENCE_MS = 10000 };
enum { IMAGE_SIZE = 1 << 20, BLOCK = 4096, F_FLUSH = 1 << 9 };

struct fixture {
    struct fake_driver d;
    struct virtio_device *dev;
    pthread_t thread;
    char path[64];
    gpa_t header, data, status;
};

static struct fixture fx;

/* ---- the loop's thread, in the place of the fake loop that fake_driver.c expects ---- */

struct barrier {
    struct task task;
    pthread_mutex_t lock;
    pthread_cond_t cond;
    bool passed;
};

static void barrier_run(struct task *t)
{
    struct barrier *b = container_of(t, struct barrier, task);

    (void)pthread_mutex_lock(&b->lock);
    b->passed = true;
    (void)pthread_cond_signal(&b->cond);
    (void)pthread_mutex_unlock(&b->lock);
}

/* Returns when the loop has run everything that was posted before. */
void fake_loop_settle(struct loop *l)
{
    struct barrier b = {.task = {.fn = barrier_run},
                        .lock = PTHREAD_MUTEX_INITIALIZER,
                        .cond = PTHREAD_COND_INITIALIZER};

    loop_post(l, &b.task);
    (void)pthread_mutex_lock(&b.lock);
    while (!b.passed)
        (void)pthread_cond_wait(&b.cond, &b.lock);
    (void)pthread_mutex_unlock(&b.lock);
}

static void *run_loop(void *arg)
{
    loop_run(arg);
    return NULL;
}

/* ---- */

static int setup(void **state)
{
    struct block_file_params file = {.path = fx.path, .no_ring = *state != NULL};
    struct virtio_blk_params blk = {.nr_queues = 2};
    FILE *f;

    memset(&fx, 0, sizeof(fx));
    (void)snprintf(fx.path, sizeof(fx.path), "/tmp/berth-threads-%d", (int)getpid());
    f = fopen(fx.path, "w");
    assert_non_null(f);
    assert_int_equal(ftruncate(fileno(f), IMAGE_SIZE), 0);
    assert_int_equal(fclose(f), 0);
    fake_driver_init(&fx.d);
    file.loop = fx.d.loop;
    assert_int_equal(block_file_open(&file, &blk.disk, NULL), 0);
    blk.device = fake_driver_params(&fx.d, "disk0");
    assert_int_equal(virtio_blk_create(&blk, &fx.dev), 0);
    assert_int_equal(pthread_create(&fx.thread, NULL, run_loop, fx.d.loop), 0);
    return 0;
}

static int teardown(void **state)
{
    loop_stop(fx.d.loop);
    assert_int_equal(pthread_join(fx.thread, NULL), 0);
    virtio_destroy(fx.dev);
    loop_destroy(fx.d.loop);
    fake_ram_finish(&fx.d.ram);
    (void)unlink(fx.path);
    return 0;
}

static void start(void)
{
    fx.d.ram.next = FAKE_RAM_BASE;
    fake_driver_start(&fx.d, fx.dev, F_FLUSH | VIRTIO_F_RING_EVENT_IDX, 32);
    fx.header = fake_alloc(&fx.d.ram, 4096);
    fx.data = fake_alloc(&fx.d.ram, SLOTS * BLOCK);
    fx.status = fake_alloc(&fx.d.ram, 4096);
}

static void submit(unsigned slot, uint32_t type)
{
    struct {
        uint32_t type, reserved;
        uint64_t sector;
    } h = {.type = type, .sector = slot * (BLOCK / 512)};
    struct fake_buf bufs[3] = {{fx.header + slot * 16, 16, false},
                               {fx.data + slot * BLOCK, BLOCK, type == T_IN},
                               {fx.status + slot, 1, true}};

    memcpy(fake_host(&fx.d.ram, bufs[0].gpa, 16), &h, sizeof(h));
    (void)fake_ring_add(&fx.d.ring[slot % 2], bufs, 3);
    virtio_kick(fx.dev, slot % 2);
}

static void wait_for(unsigned q, unsigned nr)
{
    struct fake_used used;

    for (unsigned ms = 0; nr && ms < PATIENCE_MS;) {
        if (fake_ring_used(&fx.d.ring[q], &used)) {
            nr--;
        } else {
            (void)usleep(1000);
            ms++;
        }
    }
    assert_int_equal(nr, 0);
}

static void run_all(uint32_t type)
{
    for (unsigned slot = 0; slot < SLOTS; slot++)
        submit(slot, type);
    wait_for(0, SLOTS / 2);
    wait_for(1, SLOTS / 2);
    for (unsigned slot = 0; slot < SLOTS; slot++)
        assert_int_equal(*(uint8_t *)fake_host(&fx.d.ram, fx.status + slot, 1), OK);
}

static void reset(void)
{
    uint8_t status = 1;

    fake_driver_status(&fx.d, 0);
    for (unsigned ms = 0; status && ms < PATIENCE_MS; ms++) {
        virtio_lock(fx.dev);
        status = virtio_get_status(fx.dev);
        virtio_unlock(fx.dev);
        if (status)
            (void)usleep(1000);
    }
    assert_int_equal(status, 0);
}

static void requests_and_resets_cross(void **state)
{
    for (unsigned round = 0; round < ROUNDS; round++) {
        start();
        memset(fake_host(&fx.d.ram, fx.data, SLOTS * BLOCK), (int)round, SLOTS * BLOCK);
        run_all(T_OUT);
        memset(fake_host(&fx.d.ram, fx.data, SLOTS * BLOCK), 0xee, SLOTS * BLOCK);
        run_all(T_IN);
        assert_int_equal(*(uint8_t *)fake_host(&fx.d.ram, fx.data + 5 * BLOCK, 1), round);
        for (unsigned slot = 0; slot < SLOTS; slot++)
            submit(slot, T_IN); /* left in flight */
        if (round % 2)
            reset();
        else
            fake_driver_status(&fx.d, 0); /* and does not look whether it is done, like EDK2 */
    }
}

static int threads_only = 1;

int main(void)
{
    const struct CMUnitTest tests[] = {
        {"requests_and_resets_cross", requests_and_resets_cross, setup, teardown, NULL},
        {"requests_and_resets_cross (threads)", requests_and_resets_cross, setup, teardown,
         &threads_only},
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
