/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
/* cmocka wants the above first. */
#include <errno.h>
#include <string.h>

#include "../support/fake_driver.h"
#include "virtio/queue.h"

#include <cmocka.h>

enum { SIZE = 8 };

struct fixture {
    struct fake_ram ram;
    struct fake_ring ring;
    struct virtqueue vq;
    struct vq_chain chain;
    unsigned interrupts, broken;
    gpa_t buf;
};

static void on_interrupt(void *owner, unsigned index)
{
    ((struct fixture *)owner)->interrupts++;
}

static void on_broken(void *owner, unsigned index, const char *why)
{
    ((struct fixture *)owner)->broken++;
}

static const struct vq_owner_ops owner_ops = {.interrupt = on_interrupt, .broken = on_broken};

static int setup(void **state)
{
    static struct fixture f;

    memset(&f, 0, sizeof(f));
    fake_ram_init(&f.ram);
    fake_ring_init(&f.ring, &f.ram, SIZE);
    f.buf = fake_alloc(&f.ram, 4096);
    vq_init(&f.vq, f.ram.mem, 0, VQ_MAX_SIZE, &owner_ops, &f);
    f.vq.indirect = true;
    fake_ring_enable(&f.ring, &f.vq);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    fake_ram_finish(&f->ram);
    return 0;
}

static void expect_broken(struct fixture *f)
{
    assert_int_equal(vq_pop(&f->vq, &f->chain), -EIO);
    assert_int_equal(vq_pop(&f->vq, &f->chain), -EIO);
    assert_int_equal(f->broken, 1);
}

static void vq_pop_gives_nothing_when_empty(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(vq_pop(&f->vq, &f->chain), 0);
    vq_notify(&f->vq);
    assert_int_equal(f->interrupts, 0);
}

static void chain_goes_round(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[] = {{f->buf, 5, false}, {f->buf + 16, 3, false}, {f->buf + 32, 4, true}};
    char got[16] = "";
    struct fake_used used;
    uint16_t head;

    memcpy(fake_host(&f->ram, f->buf, 8), "hello", 5);
    memcpy(fake_host(&f->ram, f->buf + 16, 3), "you", 3);
    head = fake_ring_add(&f->ring, bufs, 3);

    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->chain.readable, 8);
    assert_int_equal(f->chain.writable, 4);
    assert_int_equal(vq_read(&f->chain, got, 2), 2);
    assert_int_equal(vq_read(&f->chain, got + 2, 10), 6);
    assert_string_equal(got, "helloyou");
    assert_int_equal(vq_write(&f->chain, "abcdef", 6), 4);
    vq_push(&f->vq, &f->chain, 4);
    assert_false(fake_ring_used(&f->ring, &used));
    vq_notify(&f->vq);

    assert_true(fake_ring_used(&f->ring, &used));
    assert_int_equal(used.id, head);
    assert_int_equal(used.len, 4);
    assert_memory_equal(fake_host(&f->ram, f->buf + 32, 4), "abcd", 4);
    assert_int_equal(f->interrupts, 1);
}

static void indirect_chain_is_followed(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[20];

    for (unsigned i = 0; i < 20; i++)
        bufs[i] = (struct fake_buf){f->buf + i, 1, i >= 10};
    (void)fake_ring_add_indirect(&f->ring, &f->ram, bufs, 20);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->chain.nr_readable, 10);
    assert_int_equal(f->chain.nr_writable, 10);
    vq_push(&f->vq, &f->chain, 0);
}

static void unpop_returns_the_same_chain(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};
    uint16_t head = fake_ring_add(&f->ring, &buf, 1);

    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    vq_unpop(&f->vq);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->chain.head, head);
    vq_push(&f->vq, &f->chain, 0);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 0);
}

static void take_last_writable_cuts_one_byte(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[] = {{f->buf, 4, true}, {f->buf + 8, 1, true}};

    (void)fake_ring_add(&f->ring, bufs, 2);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_ptr_equal(vq_take_last_writable(&f->chain), fake_host(&f->ram, f->buf + 8, 1));
    assert_int_equal(f->chain.nr_writable, 1);
    assert_int_equal(f->chain.writable, 4);
    vq_push(&f->vq, &f->chain, 0);
}

static void empty_buffers_carry_nothing(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[] = {{f->buf, 0, false}, {1, 0, false}, {f->buf, 1, true}};

    (void)fake_ring_add(&f->ring, bufs, 3);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->chain.nr_readable, 0);
    assert_int_equal(f->chain.nr_writable, 1);
    vq_push(&f->vq, &f->chain, 0);
}

static void indices_wrap_at_65536(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};
    struct fake_used used;

    for (unsigned i = 0; i < 70000; i++) {
        (void)fake_ring_add(&f->ring, &buf, 1);
        assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
        vq_push(&f->vq, &f->chain, 1);
        vq_notify(&f->vq);
        assert_true(fake_ring_used(&f->ring, &used));
    }
    assert_int_equal(f->interrupts, 70000);
}

/* ---- suppression ---- */

static void driver_flag_suppresses_interrupts(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};

    f->ring.avail[0] = 1;
    (void)fake_ring_add(&f->ring, &buf, 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    vq_push(&f->vq, &f->chain, 1);
    vq_notify(&f->vq);
    assert_int_equal(f->interrupts, 0);
}

static void kicks_are_off_while_chains_come(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};

    (void)fake_ring_add(&f->ring, &buf, 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->ring.used[0], 1);
    vq_push(&f->vq, &f->chain, 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 0);
    assert_int_equal(f->ring.used[0], 0);
}

static void event_index_interrupts_only_when_crossed(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};

    f->vq.event_idx = true;
    fake_ring_want_interrupt_at(&f->ring, 2); /* tell me when the third entry is used */
    for (unsigned i = 0; i < 5; i++) {
        (void)fake_ring_add(&f->ring, &buf, 1);
        assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
        vq_push(&f->vq, &f->chain, 1);
        vq_notify(&f->vq);
        assert_int_equal(f->interrupts, i >= 2);
    }
}

static void event_index_asks_for_the_next_kick(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};

    f->vq.event_idx = true;
    (void)fake_ring_add(&f->ring, &buf, 1);
    (void)fake_ring_add(&f->ring, &buf, 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(fake_ring_avail_event(&f->ring), 0);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 0);
    assert_int_equal(fake_ring_avail_event(&f->ring), 2);
}

/* ---- hostile rings ---- */

static void vq_pop_rejects_cyclic_chain(void **state)
{
    struct fixture *f = *state;

    f->ring.desc[0] = (struct fake_desc){f->buf, 1, FAKE_DESC_NEXT, 1};
    f->ring.desc[1] = (struct fake_desc){f->buf, 1, FAKE_DESC_NEXT, 0};
    fake_ring_offer(&f->ring, 0);
    expect_broken(f);
}

static void vq_pop_rejects_cycle_in_indirect_table(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[] = {{f->buf, 1, false}, {f->buf, 1, false}};
    struct fake_desc *table;
    uint16_t head = fake_ring_add_indirect(&f->ring, &f->ram, bufs, 2);

    table = fake_host(&f->ram, f->ring.desc[head].addr, 32);
    table[1].flags = FAKE_DESC_NEXT;
    table[1].next = 1;
    expect_broken(f);
}

static void vq_pop_rejects_buffer_past_ram(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {FAKE_RAM_BASE + FAKE_RAM_SIZE - 8, 9, true};

    (void)fake_ring_add(&f->ring, &buf, 1);
    expect_broken(f);
}

static void vq_pop_rejects_length_that_wraps(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {UINT64_MAX - 4, 16, true};

    (void)fake_ring_add(&f->ring, &buf, 1);
    expect_broken(f);
}

static void vq_pop_rejects_index_jump(void **state)
{
    struct fixture *f = *state;

    f->ring.avail[1] = SIZE + 1;
    expect_broken(f);
}

static void vq_pop_rejects_head_out_of_table(void **state)
{
    struct fixture *f = *state;

    fake_ring_offer(&f->ring, SIZE);
    expect_broken(f);
}

static void vq_pop_rejects_next_out_of_table(void **state)
{
    struct fixture *f = *state;

    f->ring.desc[0] = (struct fake_desc){f->buf, 1, FAKE_DESC_NEXT, SIZE};
    fake_ring_offer(&f->ring, 0);
    expect_broken(f);
}

static void vq_pop_rejects_readable_after_writable(void **state)
{
    struct fixture *f = *state;
    struct fake_buf bufs[] = {{f->buf, 1, true}, {f->buf, 1, false}};

    (void)fake_ring_add(&f->ring, bufs, 2);
    expect_broken(f);
}

static void vq_pop_rejects_indirect_in_indirect(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 16, false};
    uint16_t head = fake_ring_add_indirect(&f->ring, &f->ram, &buf, 1);
    struct fake_desc *table = fake_host(&f->ram, f->ring.desc[head].addr, 16);

    table[0].flags = FAKE_DESC_INDIRECT;
    expect_broken(f);
}

static void vq_pop_rejects_indirect_with_next(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 16, false};
    uint16_t head = fake_ring_add_indirect(&f->ring, &f->ram, &buf, 1);

    f->ring.desc[head].flags |= FAKE_DESC_NEXT;
    expect_broken(f);
}

static void vq_pop_rejects_broken_indirect_length(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 16, false};
    uint16_t head = fake_ring_add_indirect(&f->ring, &f->ram, &buf, 1);

    f->ring.desc[head].len = 17;
    expect_broken(f);
}

static void vq_pop_rejects_indirect_not_negotiated(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 16, false};

    f->vq.indirect = false;
    (void)fake_ring_add_indirect(&f->ring, &f->ram, &buf, 1);
    expect_broken(f);
}

static void vq_pop_rejects_overlong_chain(void **state)
{
    struct fixture *f = *state;
    static struct fake_buf bufs[VQ_MAX_SEGS + 1];

    for (unsigned i = 0; i < VQ_MAX_SEGS + 1; i++)
        bufs[i] = (struct fake_buf){f->buf, 1, false};
    (void)fake_ring_add_indirect(&f->ring, &f->ram, bufs, VQ_MAX_SEGS + 1);
    expect_broken(f);
}

static void longest_chain_is_accepted(void **state)
{
    struct fixture *f = *state;
    static struct fake_buf bufs[VQ_MAX_SEGS];

    for (unsigned i = 0; i < VQ_MAX_SEGS; i++)
        bufs[i] = (struct fake_buf){FAKE_RAM_BASE, FAKE_RAM_SIZE, false};
    (void)fake_ring_add_indirect(&f->ring, &f->ram, bufs, VQ_MAX_SEGS);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    assert_int_equal(f->chain.readable, VQ_MAX_SEGS * FAKE_RAM_SIZE);
}

static void push_after_a_break_writes_nothing(void **state)
{
    struct fixture *f = *state;
    struct fake_buf buf = {f->buf, 1, true};
    struct fake_used used;

    (void)fake_ring_add(&f->ring, &buf, 1);
    assert_int_equal(vq_pop(&f->vq, &f->chain), 1);
    fake_ring_offer(&f->ring, 999);
    {
        static struct vq_chain second;

        assert_int_equal(vq_pop(&f->vq, &second), -EIO);
    }
    vq_push(&f->vq, &f->chain, 1);
    vq_notify(&f->vq);
    assert_false(fake_ring_used(&f->ring, &used));
}

static void vq_enable_checks_what_the_driver_set(void **state)
{
    struct fixture *f = *state;
    const struct vq_state good = f->vq.state;
    struct {
        uint16_t size;
        gpa_t desc, driver, device;
    } bad[] = {
        {0, good.desc, good.driver, good.device},
        {3, good.desc, good.driver, good.device},
        {VQ_MAX_SIZE * 2, good.desc, good.driver, good.device},
        {SIZE, good.desc + 8, good.driver, good.device},
        {SIZE, good.desc, good.driver + 1, good.device},
        {SIZE, good.desc, good.driver, good.device + 2},
        {SIZE, 0, good.driver, good.device},
        {SIZE, FAKE_RAM_BASE + FAKE_RAM_SIZE - 16, good.driver, good.device},
        {SIZE, good.desc, UINT64_MAX - 1, good.device},
        {SIZE, good.desc, good.driver, FAKE_RAM_BASE + FAKE_RAM_SIZE - 4},
    };

    for (unsigned i = 0; i < ARRAY_LEN(bad); i++) {
        vq_reset(&f->vq);
        f->vq.state.size = bad[i].size;
        f->vq.state.desc = bad[i].desc;
        f->vq.state.driver = bad[i].driver;
        f->vq.state.device = bad[i].device;
        assert_int_equal(vq_enable(&f->vq), -EINVAL);
        assert_int_equal(vq_pop(&f->vq, &f->chain), 0);
    }
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(vq_pop_gives_nothing_when_empty),
        T(chain_goes_round),
        T(indirect_chain_is_followed),
        T(unpop_returns_the_same_chain),
        T(take_last_writable_cuts_one_byte),
        T(empty_buffers_carry_nothing),
        T(indices_wrap_at_65536),
        T(driver_flag_suppresses_interrupts),
        T(kicks_are_off_while_chains_come),
        T(event_index_interrupts_only_when_crossed),
        T(event_index_asks_for_the_next_kick),
        T(vq_pop_rejects_cyclic_chain),
        T(vq_pop_rejects_cycle_in_indirect_table),
        T(vq_pop_rejects_buffer_past_ram),
        T(vq_pop_rejects_length_that_wraps),
        T(vq_pop_rejects_index_jump),
        T(vq_pop_rejects_head_out_of_table),
        T(vq_pop_rejects_next_out_of_table),
        T(vq_pop_rejects_readable_after_writable),
        T(vq_pop_rejects_indirect_in_indirect),
        T(vq_pop_rejects_indirect_with_next),
        T(vq_pop_rejects_broken_indirect_length),
        T(vq_pop_rejects_indirect_not_negotiated),
        T(vq_pop_rejects_overlong_chain),
        T(longest_chain_is_accepted),
        T(push_after_a_break_writes_nothing),
        T(vq_enable_checks_what_the_driver_set),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
