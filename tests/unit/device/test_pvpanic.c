/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include "device/pvpanic.h"

#include <cmocka.h>

#define ECAM   UINT64_C(0x3f000000)
#define MMIO32 UINT64_C(0x10000000)

struct fixture {
    struct bus *bus;
    struct pci_host *host;
    struct pvpanic *dev;
    unsigned nr_panics;
};

static void panicked(void *ctx)
{
    struct fixture *f = ctx;

    f->nr_panics++;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    const struct pci_host_params host = {
        .ecam_base = ECAM, .ecam_size = 1 << 20, .mmio32_base = MMIO32, .mmio32_size = 1 << 20};
    const struct pvpanic_params params = {panicked, f};

    assert_int_equal(bus_create(&f->bus), 0);
    assert_int_equal(pci_host_create(f->bus, &host, &f->host, NULL), 0);
    assert_int_equal(pvpanic_create(f->host, &params, &f->dev), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    pvpanic_destroy(f->dev);
    pci_host_destroy(f->host);
    bus_destroy(f->bus);
    free(f);
    return 0;
}

static void pvpanic_reports_a_panic_once_written(void **state)
{
    struct fixture *f = *state;
    uint64_t v;

    assert_int_equal(bus_read(f->bus, ECAM + (1 << 15), 4, &v), 0);
    assert_int_equal(v, 0x00111b36);
    assert_int_equal(bus_write(f->bus, ECAM + (1 << 15) + 0x10, 4, MMIO32), 0);
    assert_int_equal(bus_write(f->bus, ECAM + (1 << 15) + 4, 2, 2), 0);
    assert_int_equal(bus_read(f->bus, MMIO32, 1, &v), 0);
    assert_int_equal(v, 3);
    assert_int_equal(bus_write(f->bus, MMIO32, 1, 2), 0); /* its crash kernel takes over */
    assert_int_equal(bus_write(f->bus, MMIO32 + 1, 1, 1), 0);
    assert_int_equal(f->nr_panics, 0);
    assert_int_equal(bus_write(f->bus, MMIO32, 1, 1), 0);
    assert_int_equal(f->nr_panics, 1);
}

static void pvpanic_lives_and_dies_a_thousand_times(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        void *fixture;

        set_up(&fixture);
        tear_down(&fixture);
    }
    pvpanic_destroy(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pvpanic_reports_a_panic_once_written, set_up, tear_down),
        cmocka_unit_test(pvpanic_lives_and_dies_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
