/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../support/fake_driver.h"

#include <cmocka.h>

/* A device that echoes nothing and counts everything. */
struct toy {
    struct virtio_device dev;
    unsigned activated, reset, ready[2], quiesced, destroyed;
    int activate_result;
    uint8_t config[8];
    struct vq_chain chain;
};

static unsigned toys_alive;

static uint64_t toy_features(const struct virtio_device *dev)
{
    return 0x21;
}

static void toy_config_read(struct virtio_device *dev, uint32_t off, void *dst, size_t len)
{
    memcpy(dst, ((struct toy *)dev)->config + off, len);
}

static void toy_config_write(struct virtio_device *dev, uint32_t off, const void *src, size_t len)
{
    memcpy(((struct toy *)dev)->config + off, src, len);
}

static int toy_activate(struct virtio_device *dev)
{
    struct toy *t = (struct toy *)dev;

    t->activated++;
    return t->activate_result;
}

static void toy_reset(struct virtio_device *dev)
{
    assert_int_equal(pthread_mutex_trylock(&dev->lock), 0); /* called without it */
    virtio_unlock(dev);
    ((struct toy *)dev)->reset++;
}

static void toy_ready(struct virtio_device *dev, unsigned q)
{
    struct toy *t = (struct toy *)dev;

    t->ready[q]++;
    while (vq_pop(&dev->vq[q], &t->chain) > 0)
        vq_push(&dev->vq[q], &t->chain, 0);
    vq_notify(&dev->vq[q]);
}

static void toy_quiesce(struct virtio_device *dev)
{
    ((struct toy *)dev)->quiesced++;
}

static void toy_destroy(struct virtio_device *dev)
{
    virtio_finish(dev);
    toys_alive--;
    free(dev);
}

static const struct virtio_device_ops toy_ops = {
    .name = "virtio-toy",
    .device_id = 42,
    .queue_size = 16,
    .config_len = 8,
    .features = toy_features,
    .config_read = toy_config_read,
    .config_write = toy_config_write,
    .activate = toy_activate,
    .reset = toy_reset,
    .queue_ready = toy_ready,
    .quiesce = toy_quiesce,
    .destroy = toy_destroy,
};

static struct toy *toy_create(struct fake_driver *d)
{
    struct virtio_params params = fake_driver_params(d, "toy0");
    struct toy *t = calloc(1, sizeof(*t));

    assert_non_null(t);
    assert_int_equal(virtio_init(&t->dev, &toy_ops, &params, 2), 0);
    toys_alive++;
    return t;
}

static int setup(void **state)
{
    static struct fake_driver d;

    fake_driver_init(&d);
    *state = &d;
    return 0;
}

static int teardown(void **state)
{
    fake_driver_finish(*state);
    assert_int_equal(toys_alive, 0);
    return 0;
}

static uint8_t status_of(struct fake_driver *d)
{
    uint8_t status;

    virtio_lock(d->dev);
    status = virtio_get_status(d->dev);
    virtio_unlock(d->dev);
    return status;
}

static void driver_ok_activates_and_serves(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);
    struct fake_buf buf = {fake_alloc(&d->ram, 64), 64, true};
    struct fake_used used;

    fake_driver_start(d, &t->dev, 0x21, 16);
    assert_int_equal(t->activated, 1);
    (void)fake_ring_add(&d->ring[1], &buf, 1);
    fake_driver_kick(d, 1);
    assert_true(fake_ring_used(&d->ring[1], &used));
    assert_int_equal(d->queue_irqs[1], 1);
}

static void unoffered_features_are_refused(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0x02, 16);
    assert_int_equal(status_of(d), VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER);
    assert_int_equal(t->activated, 0);
}

static void version_1_is_required(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    d->dev = &t->dev;
    fake_driver_status(d, VIRTIO_S_ACKNOWLEDGE | VIRTIO_S_DRIVER | VIRTIO_S_FEATURES_OK);
    assert_int_equal(status_of(d) & VIRTIO_S_FEATURES_OK, 0);
}

static void features_are_fixed_after_features_ok(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0x01, 16);
    virtio_lock(&t->dev);
    virtio_accept_features(&t->dev, 0, 0x20);
    assert_false(virtio_has(&t->dev, 0x20));
    virtio_unlock(&t->dev);
}

static void reset_is_seen_only_when_it_is_done(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0, 16);
    fake_driver_status(d, 0);
    assert_int_not_equal(status_of(d), 0);
    fake_driver_settle(d);
    assert_int_equal(status_of(d), 0);
    assert_int_equal(t->reset, 1);
}

static void driver_that_does_not_wait_for_reset_is_served(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0, 16);
    fake_driver_status(d, 0);
    fake_driver_start(d, &t->dev, 0, 16);
    assert_int_equal(t->reset, 1);
    assert_int_equal(t->activated, 2);
    assert_int_not_equal(t->ready[0], 0);
}

static void reset_storm_leaves_a_working_device(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    d->dev = &t->dev;
    for (unsigned i = 0; i < 1000; i++) {
        fake_driver_status(d, 0x0f);
        fake_driver_status(d, 0);
    }
    fake_driver_start(d, &t->dev, 0, 16);
    for (unsigned i = 0; i < 1000; i++)
        fake_driver_status(d, 0);
    d->ram.next = FAKE_RAM_BASE;
    fake_driver_start(d, &t->dev, 0, 16);
    assert_int_equal(t->reset, 1);
    assert_true(virtio_running(&t->dev));
}

static void queue_outside_ram_needs_reset(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    d->dev = &t->dev;
    fake_driver_status(d, 3);
    virtio_lock(d->dev);
    virtio_accept_features(d->dev, 1, 1);
    virtio_unlock(d->dev);
    fake_driver_status(d, 11);
    virtio_lock(d->dev);
    virtio_queue_enable(d->dev, 0); /* addresses still 0 */
    virtio_unlock(d->dev);
    assert_int_not_equal(status_of(d) & VIRTIO_S_NEEDS_RESET, 0);
    fake_driver_reset(d);
    assert_int_equal(status_of(d), 0);
}

static void broken_ring_needs_reset_and_interrupts(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0, 16);
    d->ring[0].avail[1] = 100;
    fake_driver_kick(d, 0);
    assert_int_not_equal(status_of(d) & VIRTIO_S_NEEDS_RESET, 0);
    assert_int_equal(d->config_irqs, 1);
    assert_int_equal(t->ready[0], 2);
    fake_driver_kick(d, 0);
    assert_int_equal(t->ready[0], 2);
}

static void queue_cannot_be_programmed_twice(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    fake_driver_start(d, &t->dev, 0, 16);
    assert_null(virtio_queue_setup(&t->dev, 0));
    assert_null(virtio_queue_setup(&t->dev, 2));
    virtio_queue_enable(&t->dev, 0);
    assert_true(virtio_running(&t->dev));
}

static void failed_activation_needs_reset(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);

    t->activate_result = -EIO;
    fake_driver_start(d, &t->dev, 0, 16);
    assert_int_not_equal(status_of(d) & VIRTIO_S_NEEDS_RESET, 0);
    assert_int_equal(t->ready[0], 0);
    t->activate_result = 0;
    fake_driver_reset(d);
    fake_driver_start(d, &t->dev, 0, 16);
    assert_int_equal(t->ready[0], 1);
}

static void quiesced_device_serves_later(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);
    unsigned before;

    fake_driver_start(d, &t->dev, 0, 16);
    before = t->ready[0];
    virtio_quiesce(&t->dev);
    fake_driver_kick(d, 0);
    assert_int_equal(t->ready[0], before);
    assert_int_equal(t->quiesced, 1);
    virtio_unquiesce(&t->dev);
    fake_driver_settle(d);
    assert_int_equal(t->ready[0], before + 1);
}

static void configuration_accesses_are_cut_to_its_length(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);
    uint32_t value = 0xffffffff;

    d->dev = &t->dev;
    memset(t->config, 0x5a, sizeof(t->config));
    virtio_config_read(&t->dev, 6, &value, 4);
    assert_int_equal(value, 0x5a5a);
    virtio_config_read(&t->dev, UINT32_MAX, &value, 4);
    assert_int_equal(value, 0);
    virtio_config_write(&t->dev, 6, &value, 4);
    assert_int_equal(t->config[6], 0x5a);
    virtio_config_write(&t->dev, 4, &value, 4);
    assert_int_equal(t->config[7], 0);
}

static void config_change_bumps_the_generation(void **state)
{
    struct fake_driver *d = *state;
    struct toy *t = toy_create(d);
    uint8_t before;

    fake_driver_start(d, &t->dev, 0, 16);
    before = t->dev.state.generation;
    virtio_lock(&t->dev);
    virtio_config_changed(&t->dev);
    virtio_unlock(&t->dev);
    assert_int_equal(t->dev.state.generation, before + 1);
    assert_int_equal(d->config_irqs, 1);
}

static void thousand_devices_come_and_go(void **state)
{
    struct fake_driver *d = *state;

    for (unsigned i = 0; i < 1000; i++) {
        struct toy *t = toy_create(d);

        d->ram.next = FAKE_RAM_BASE;
        fake_driver_start(d, &t->dev, 0, 16);
        if (i % 2)
            fake_driver_status(d, 0); /* destroyed while a reset is under way */
        virtio_destroy(&t->dev);
    }
    d->dev = NULL;
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(driver_ok_activates_and_serves),
        T(unoffered_features_are_refused),
        T(version_1_is_required),
        T(features_are_fixed_after_features_ok),
        T(reset_is_seen_only_when_it_is_done),
        T(driver_that_does_not_wait_for_reset_is_served),
        T(reset_storm_leaves_a_working_device),
        T(queue_outside_ram_needs_reset),
        T(broken_ring_needs_reset_and_interrupts),
        T(queue_cannot_be_programmed_twice),
        T(failed_activation_needs_reset),
        T(quiesced_device_serves_later),
        T(configuration_accesses_are_cut_to_its_length),
        T(config_change_bumps_the_generation),
        T(thousand_devices_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
