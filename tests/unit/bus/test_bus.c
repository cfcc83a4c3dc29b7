/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bus/bus.h"

#include <cmocka.h>

#define BASE UINT64_C(0x10000)

/* A device that is bytes, and checks that it sees only what it asked for. */
struct fake {
    uint8_t bytes[64];
    unsigned min, max, nr_reads, nr_writes;
};

static void check_access(const struct fake *f, uint64_t off, unsigned size)
{
    assert_in_range(size, f->min, f->max);
    assert_int_equal(off % size, 0);
    assert_true(off <= sizeof(f->bytes) - size);
}

static uint64_t fake_read(void *dev, uint64_t off, unsigned size)
{
    struct fake *f = dev;
    uint64_t v = 0;

    check_access(f, off, size);
    f->nr_reads++;
    memcpy(&v, f->bytes + off, size);
    return v;
}

static void fake_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    struct fake *f = dev;

    check_access(f, off, size);
    f->nr_writes++;
    memcpy(f->bytes + off, &value, size);
}

static const unsigned sizes[] = {1, 2, 4, 8};

static void fill(struct fake *f)
{
    for (unsigned i = 0; i < sizeof(f->bytes); i++)
        f->bytes[i] = (uint8_t)(i * 37 + 1);
}

static uint64_t bytes_at(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;

    memcpy(&v, p, size);
    return v;
}

/* Calls fn for every range of access sizes that a device may declare. */
static void for_each_device(void (*fn)(struct bus *b, struct fake *f))
{
    for (unsigned lo = 0; lo < 4; lo++) {
        for (unsigned hi = lo; hi < 4; hi++) {
            struct mmio_ops ops = {fake_read, fake_write, (uint8_t)sizes[lo], (uint8_t)sizes[hi]};
            struct fake f = {.min = sizes[lo], .max = sizes[hi]};
            struct bus *b;

            fill(&f);
            assert_int_equal(bus_create(&b), 0);
            assert_int_equal(bus_add(b, BASE, sizeof(f.bytes), "fake", &ops, &f), 0);
            fn(b, &f);
            bus_destroy(b);
        }
    }
}

static void read_everywhere(struct bus *b, struct fake *f)
{
    for (unsigned s = 0; s < 4; s++) {
        for (unsigned off = 0; off + sizes[s] <= sizeof(f->bytes); off++) {
            uint64_t v;

            assert_int_equal(bus_read(b, BASE + off, sizes[s], &v), 0);
            assert_int_equal(v, bytes_at(f->bytes + off, sizes[s]));
        }
    }
}

static void bus_read_gives_the_bytes_at_every_size_and_alignment(void **state)
{
    for_each_device(read_everywhere);
}

static void write_everywhere(struct bus *b, struct fake *f)
{
    const uint64_t value = 0xf1e2d3c4b5a69788;

    for (unsigned s = 0; s < 4; s++) {
        for (unsigned off = 0; off + sizes[s] <= sizeof(f->bytes); off++) {
            fill(f);
            assert_int_equal(bus_write(b, BASE + off, sizes[s], value), 0);
            assert_memory_equal(f->bytes + off, &value, sizes[s]);
        }
    }
}

static void bus_write_sets_the_bytes_at_every_size_and_alignment(void **state)
{
    for_each_device(write_everywhere);
}

static void bus_passes_a_fitting_access_on_whole(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 1, 8};
    struct fake f = {.min = 1, .max = 8};
    struct bus *b;
    uint64_t v;

    assert_int_equal(bus_create(&b), 0);
    assert_int_equal(bus_add(b, BASE, 64, "fake", &ops, &f), 0);
    assert_int_equal(bus_read(b, BASE + 8, 8, &v), 0);
    assert_int_equal(bus_write(b, BASE + 4, 4, 0), 0);
    assert_int_equal(f.nr_reads, 1);
    assert_int_equal(f.nr_writes, 1);
    bus_destroy(b);
}

static void bus_widens_a_write_without_reading(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 4, 4};
    struct fake f = {.min = 4, .max = 4};
    struct bus *b;

    fill(&f);
    assert_int_equal(bus_create(&b), 0);
    assert_int_equal(bus_add(b, BASE, 64, "fake", &ops, &f), 0);
    assert_int_equal(bus_write(b, BASE + 1, 1, 0xffab), 0);
    assert_int_equal(f.nr_reads, 0);
    assert_int_equal(bytes_at(f.bytes, 4), 0xab00);
    bus_destroy(b);
}

static void bus_access_spans_regions(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 1, 4};
    struct fake f[2] = {{.min = 1, .max = 4}, {.min = 1, .max = 4}};
    struct bus *b;
    uint64_t v;

    fill(&f[0]);
    fill(&f[1]);
    assert_int_equal(bus_create(&b), 0);
    assert_int_equal(bus_add(b, BASE + 64, 64, "second", &ops, &f[1]), 0);
    assert_int_equal(bus_add(b, BASE, 64, "first", &ops, &f[0]), 0);
    assert_int_equal(bus_read(b, BASE + 62, 4, &v), 0);
    assert_int_equal(v, bytes_at(f[0].bytes + 62, 2) | bytes_at(f[1].bytes, 2) << 16);
    assert_int_equal(bus_write(b, BASE + 61, 8, 0x8877665544332211), 0);
    assert_int_equal(bytes_at(f[0].bytes + 60, 4) >> 8, 0x332211);
    assert_int_equal(bytes_at(f[1].bytes, 4), 0x77665544);
    bus_destroy(b);
}

static void bus_access_to_nobody_reads_ones(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 1, 4};
    struct fake f = {.min = 1, .max = 4};
    struct bus *b;
    uint64_t v;

    assert_int_equal(bus_create(&b), 0);
    assert_int_equal(bus_read(b, 0, 4, &v), -ENXIO);
    assert_int_equal(v, 0xffffffff);
    assert_int_equal(bus_add(b, BASE, 64, "fake", &ops, &f), 0);
    assert_int_equal(bus_read(b, BASE + 62, 4, &v), -ENXIO);
    assert_int_equal(v, 0xffff0000);
    assert_int_equal(bus_read(b, BASE - 1, 2, &v), -ENXIO);
    assert_int_equal(v, 0x00ff);
    assert_int_equal(bus_read(b, UINT64_MAX, 8, &v), -ENXIO);
    assert_int_equal(v, UINT64_MAX);
    assert_int_equal(bus_write(b, BASE + 64, 1, 0), -ENXIO);
    bus_destroy(b);
}

static void bus_add_rejects_overlap_and_nonsense(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 2, 4};
    const struct mmio_ops odd = {fake_read, fake_write, 3, 4};
    struct fake f = {.min = 2, .max = 4};
    struct bus *b;

    assert_int_equal(bus_create(&b), 0);
    assert_int_equal(bus_add(b, BASE, 64, "fake", &ops, &f), 0);
    assert_int_equal(bus_add(b, BASE + 60, 64, "fake", &ops, &f), -EEXIST);
    assert_int_equal(bus_add(b, BASE - 60, 64, "fake", &ops, &f), -EEXIST);
    assert_int_equal(bus_add(b, BASE - 64, 256, "fake", &ops, &f), -EEXIST);
    assert_int_equal(bus_add(b, BASE + 64, 0, "fake", &ops, &f), -EINVAL);
    assert_int_equal(bus_add(b, BASE + 66, 4, "fake", &ops, &f), -EINVAL);
    assert_int_equal(bus_add(b, BASE + 64, 5, "fake", &ops, &f), -EINVAL);
    assert_int_equal(bus_add(b, BASE + 64, 4, "fake", &odd, &f), -EINVAL);
    assert_int_equal(bus_add(b, UINT64_MAX - 3, 8, "fake", &ops, &f), -EINVAL);
    assert_int_equal(bus_add(b, UINT64_MAX - 7, 8, "last", &ops, &f), 0);
    bus_destroy(b);
}

static void bus_finds_each_of_many_regions(void **state)
{
    const struct mmio_ops ops = {fake_read, fake_write, 1, 8};
    static struct fake f[40];
    struct bus *b;
    uint64_t v;

    assert_int_equal(bus_create(&b), 0);
    for (unsigned i = 0; i < 40; i++) {
        unsigned at = (i * 7) % 40;

        f[at] = (struct fake){.min = 1, .max = 8, .bytes = {(uint8_t)at}};
        assert_int_equal(bus_add(b, BASE + at * 0x1000, 64, "fake", &ops, &f[at]), 0);
    }
    for (unsigned i = 0; i < 40; i++) {
        assert_int_equal(bus_read(b, BASE + i * 0x1000, 1, &v), 0);
        assert_int_equal(v, i);
        assert_int_equal(bus_read(b, BASE + i * 0x1000 + 64, 1, &v), -ENXIO);
    }
    bus_remove(b, BASE + 0x5001);
    assert_int_equal(bus_read(b, BASE + 0x5000, 1, &v), 0);
    bus_remove(b, BASE + 0x5000);
    assert_int_equal(bus_read(b, BASE + 0x5000, 1, &v), -ENXIO);
    assert_int_equal(bus_read(b, BASE + 0x6000, 1, &v), 0);
    bus_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bus_read_gives_the_bytes_at_every_size_and_alignment),
        cmocka_unit_test(bus_write_sets_the_bytes_at_every_size_and_alignment),
        cmocka_unit_test(bus_passes_a_fitting_access_on_whole),
        cmocka_unit_test(bus_widens_a_write_without_reading),
        cmocka_unit_test(bus_access_spans_regions),
        cmocka_unit_test(bus_access_to_nobody_reads_ones),
        cmocka_unit_test(bus_add_rejects_overlap_and_nonsense),
        cmocka_unit_test(bus_finds_each_of_many_regions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
