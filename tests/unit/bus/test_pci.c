/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "bus/pci.h"
#include "bus/pci_regs.h"

#include <cmocka.h>

#define ECAM   UINT64_C(0x3f000000)
#define MMIO32 UINT64_C(0x10000000)
#define MMIO64 UINT64_C(0x8000000000)
#define PIO    UINT64_C(0x3eff0000)

static const struct pci_ids ids = {.vendor = 0x1af4,
                                   .device = 0x1042,
                                   .subsystem_vendor = 0x1af4,
                                   .subsystem = 0x1100,
                                   .class_code = 0x010000,
                                   .revision = 1};

/* What the interrupt controller heard. */
struct fake_controller {
    bool level[4];
    unsigned nr_changes, nr_messages;
    uint64_t addr;
    uint32_t data;
};

struct fixture {
    struct bus *bus;
    struct pci_host *host;
    struct fake_controller controller;
    struct pci_device dev[3];
    uint64_t last_off; /* of an access to a BAR */
    struct pci_device *last_dev;
};

static struct fixture *now; /* one test at a time */

static void fake_line(void *ctrl, unsigned n, bool level)
{
    struct fake_controller *c = ctrl;

    assert_true(c->level[n] != level);
    c->level[n] = level;
    c->nr_changes++;
}

static void fake_message(void *ctrl, uint64_t addr, uint32_t data)
{
    struct fake_controller *c = ctrl;

    c->nr_messages++;
    c->addr = addr;
    c->data = data;
}

static uint64_t bar_read(void *dev, uint64_t off, unsigned size)
{
    now->last_dev = dev;
    now->last_off = off;
    return 0x1122334455667788;
}

static void bar_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    now->last_dev = dev;
    now->last_off = off;
}

static const struct mmio_ops bar_ops = {bar_read, bar_write, 1, 8};

static void config_poke(const struct fixture *f, unsigned slot, unsigned off, unsigned size,
                        uint64_t value)
{
    assert_int_equal(bus_write(f->bus, ECAM + (slot << 15) + off, size, value), 0);
}

static uint32_t config_peek(const struct fixture *f, unsigned slot, unsigned off, unsigned size)
{
    uint64_t v;

    assert_int_equal(bus_read(f->bus, ECAM + (slot << 15) + off, size, &v), 0);
    return (uint32_t)v;
}

static uint64_t peek(const struct fixture *f, gpa_t addr, unsigned size)
{
    uint64_t v;

    assert_int_equal(bus_read(f->bus, addr, size, &v), 0);
    return v;
}

/* Slots 1..3: BAR 0 of 16 KiB, 64 bits; BAR 2 MSI-X with 4 vectors; BAR 3 of 256 bytes. */
static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct pci_host_params params = {
        .ecam_base = ECAM,
        .ecam_size = 16 << 20,
        .mmio32_base = MMIO32,
        .mmio32_size = 0x2eff0000,
        .mmio64_base = MMIO64,
        .mmio64_size = UINT64_C(1) << 39,
        .pio_base = PIO,
        .pio_size = 0x10000,
        .msi = {fake_message, &f->controller},
    };

    for (unsigned i = 0; i < 4; i++)
        params.intx[i] = (struct irq_line){fake_line, &f->controller, i};
    assert_int_equal(bus_create(&f->bus), 0);
    assert_int_equal(pci_host_create(f->bus, &params, &f->host, NULL), 0);
    for (unsigned i = 0; i < 3; i++) {
        struct pci_device *d = &f->dev[i];

        d->name = "fake";
        d->bar[0] = (struct pci_bar){.size = 0x4000, .is_64bit = true, .ops = &bar_ops, .dev = d};
        d->bar[3] = (struct pci_bar){.size = 0x100, .ops = &bar_ops, .dev = d};
        assert_int_equal(pci_msix_init(d, 2, 4), 0);
        assert_int_equal(pci_add(f->host, d, &ids), 0);
    }
    *state = now = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++) {
        pci_remove(&f->dev[i]);
        pci_msix_finish(&f->dev[i]);
    }
    pci_host_destroy(f->host);
    bus_destroy(f->bus);
    free(f);
    return 0;
}

static void enable(const struct fixture *f, unsigned slot)
{
    config_poke(f, slot, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

static void place_bar(const struct fixture *f, unsigned slot, unsigned bar, uint32_t base)
{
    config_poke(f, slot, PCI_BAR0 + bar * 4, 4, base);
}

static void pci_ids_are_readable_at_every_size(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(config_peek(f, 0, 0, 4), 0x00081b36);
    assert_int_equal(config_peek(f, 0, 8, 4), 0x06000000);
    assert_int_equal(config_peek(f, 1, 0, 4), 0x10421af4);
    assert_int_equal(config_peek(f, 1, 2, 2), 0x1042);
    assert_int_equal(config_peek(f, 1, 3, 1), 0x10);
    assert_int_equal(config_peek(f, 1, 8, 4), 0x01000001);
    assert_int_equal(config_peek(f, 1, PCI_INTERRUPT_PIN, 1), 1);
}

static void pci_absent_functions_read_ones(void **state)
{
    const struct fixture *f = *state;

    assert_int_equal(config_peek(f, 4, 0, 4), UINT32_MAX);
    assert_int_equal(config_peek(f, 1, 0x1000, 4), UINT32_MAX); /* function 1 */
    assert_int_equal(config_peek(f, 32 + 1, 0, 4), UINT32_MAX); /* bus 1 */
    assert_int_equal(config_peek(f, 1, 0x100, 4), UINT32_MAX);  /* extended space */
    config_poke(f, 4, 0, 4, 0);
    config_poke(f, 1, 0x100, 4, 0);
}

static void pci_read_only_bits_stay(void **state)
{
    const struct fixture *f = *state;

    for (unsigned off = 0; off < PCI_CONFIG_SIZE; off += 4)
        config_poke(f, 1, off, 4, UINT32_MAX);
    assert_int_equal(config_peek(f, 1, 0, 4), 0x10421af4);
    assert_int_equal(config_peek(f, 1, PCI_COMMAND, 2), 0x547);
    assert_int_equal(config_peek(f, 1, PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
    assert_int_equal(config_peek(f, 1, PCI_INTERRUPT_LINE, 2), 0x1ff);
}

static void pci_bar_tells_its_size(void **state)
{
    const struct fixture *f = *state;

    for (unsigned i = 0; i < 6; i++)
        place_bar(f, 1, i, UINT32_MAX);
    assert_int_equal(config_peek(f, 1, 0x10, 4), 0xffffc004);
    assert_int_equal(config_peek(f, 1, 0x14, 4), 0xffffffff);
    assert_int_equal(config_peek(f, 1, 0x18, 4), 0xffffe000);
    assert_int_equal(config_peek(f, 1, 0x1c, 4), 0xffffff00);
    assert_int_equal(config_peek(f, 1, 0x20, 4), 0);
}

static void pci_bar_answers_only_with_memory_enabled(void **state)
{
    struct fixture *f = *state;

    place_bar(f, 1, 0, 0x10004000);
    assert_int_equal(peek(f, 0x10004010, 4), UINT32_MAX);
    enable(f, 1);
    assert_int_equal(peek(f, 0x10004010, 4), 0x55667788);
    assert_ptr_equal(f->last_dev, &f->dev[0]);
    assert_int_equal(f->last_off, 0x10);
    config_poke(f, 1, PCI_COMMAND, 2, 0);
    assert_int_equal(peek(f, 0x10004010, 4), UINT32_MAX);
}

static void pci_bar_moves(void **state)
{
    struct fixture *f = *state;

    enable(f, 1);
    place_bar(f, 1, 0, 0x10004000);
    place_bar(f, 1, 0, 0);
    place_bar(f, 1, 1, 0x80);
    assert_int_equal(peek(f, 0x10004000, 8), UINT64_MAX);
    assert_int_equal(peek(f, MMIO64 + 0x3ff8, 8), 0x1122334455667788);
    assert_int_equal(f->last_off, 0x3ff8);
    assert_int_equal(peek(f, MMIO64 + 0x4000, 8), UINT64_MAX);
}

static void pci_overlapping_bars_answer_once(void **state)
{
    struct fixture *f = *state;

    for (unsigned slot = 1; slot <= 3; slot++)
        place_bar(f, slot, 0, 0x10000000);
    place_bar(f, 3, 3, 0x10001000); /* inside the others */
    for (unsigned slot = 3; slot >= 1; slot--)
        enable(f, slot);
    assert_int_equal(peek(f, 0x10001000, 4), 0x55667788);
    assert_ptr_equal(f->last_dev, &f->dev[0]);
    config_poke(f, 1, PCI_COMMAND, 2, 0);
    assert_int_equal(peek(f, 0x10001000, 4), 0x55667788);
    assert_ptr_equal(f->last_dev, &f->dev[1]);
}

static void pci_bar_outside_the_windows_never_answers(void **state)
{
    struct fixture *f = *state;
    uint64_t v;

    enable(f, 1);
    place_bar(f, 1, 3, 0x40000000); /* RAM */
    assert_int_equal(bus_read(f->bus, 0x40000000, 4, &v), -ENXIO);
    place_bar(f, 1, 3, 0x3f000000); /* ECAM */
    assert_int_equal(config_peek(f, 0, 0, 4), 0x00081b36);
    place_bar(f, 1, 0, 0x3efec000); /* the last that fits */
    assert_int_equal(peek(f, 0x3efec000, 4), 0x55667788);
    assert_int_equal(peek(f, PIO, 4), UINT32_MAX);
}

static void pci_intx_is_swizzled_and_shared(void **state)
{
    struct fixture *f = *state;

    for (unsigned i = 0; i < 3; i++)
        pci_set_intx(&f->dev[i], true);
    assert_int_equal(f->controller.nr_changes, 3);
    assert_true(f->controller.level[1] && f->controller.level[2] && f->controller.level[3]);
    assert_int_equal(config_peek(f, 1, PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
    assert_int_equal(config_peek(f, 1, PCI_COMMAND, 4) >> 16,
                     PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
    pci_set_intx(&f->dev[0], false);
    assert_false(f->controller.level[1]);
}

static void pci_shared_wire_is_high_while_anyone_pulls(void **state)
{
    struct fixture *f = *state;
    struct pci_device more[2] = {{.name = "a"}, {.name = "b"}};

    for (unsigned i = 0; i < 2; i++)
        assert_int_equal(pci_add(f->host, &more[i], &ids), 0); /* slots 4 and 5 */
    pci_set_intx(&more[1], true);
    pci_set_intx(&f->dev[0], true);
    pci_set_intx(&f->dev[0], true);
    assert_int_equal(f->controller.nr_changes, 1);
    pci_set_intx(&f->dev[0], false);
    assert_true(f->controller.level[1]);
    pci_remove(&more[1]);
    assert_false(f->controller.level[1]);
    pci_remove(&more[0]);
}

static void pci_intx_disable_lowers_the_wire(void **state)
{
    struct fixture *f = *state;

    pci_set_intx(&f->dev[0], true);
    config_poke(f, 1, PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    assert_false(f->controller.level[1]);
    assert_int_equal(config_peek(f, 1, PCI_STATUS, 2), PCI_STATUS_CAP_LIST | PCI_STATUS_INTERRUPT);
    config_poke(f, 1, PCI_COMMAND, 2, 0);
    assert_true(f->controller.level[1]);
}

/* Finds a capability as a driver does. */
static unsigned find_cap(const struct fixture *f, unsigned slot, uint8_t id)
{
    for (unsigned off = config_peek(f, slot, PCI_CAPABILITIES, 1); off != 0;
         off = config_peek(f, slot, off + 1, 1))
        if (config_peek(f, slot, off, 1) == id)
            return off;
    return 0;
}

enum { MSIX_TABLE = 0x10010000 };

static void msix_enable(const struct fixture *f, uint32_t control)
{
    unsigned cap = find_cap(f, 1, PCI_CAP_ID_MSIX);

    assert_int_not_equal(cap, 0);
    place_bar(f, 1, 2, MSIX_TABLE);
    enable(f, 1);
    config_poke(f, 1, cap + PCI_MSIX_CONTROL, 2, control);
}

static void msix_set_vector(const struct fixture *f, unsigned vector, uint64_t addr, uint32_t data,
                            bool masked)
{
    gpa_t entry = MSIX_TABLE + vector * 16;

    assert_int_equal(bus_write(f->bus, entry, 8, addr), 0);
    assert_int_equal(bus_write(f->bus, entry + 8, 4, data), 0);
    assert_int_equal(bus_write(f->bus, entry + 12, 4, masked), 0);
}

static void pci_msix_sends_the_table_entry(void **state)
{
    struct fixture *f = *state;

    assert_int_equal(config_peek(f, 1, find_cap(f, 1, PCI_CAP_ID_MSIX) + PCI_MSIX_CONTROL, 2), 3);
    msix_enable(f, PCI_MSIX_ENABLE);
    assert_true(pci_msix_enabled(&f->dev[0]));
    msix_set_vector(f, 3, 0x123408020040, 81, false);
    pci_msix_notify(&f->dev[0], 3);
    assert_int_equal(f->controller.nr_messages, 1);
    assert_true(f->controller.addr == 0x123408020040);
    assert_int_equal(f->controller.data, 81);
    pci_msix_notify(&f->dev[0], 4);
    assert_int_equal(f->controller.nr_messages, 1);
    assert_int_equal(peek(f, MSIX_TABLE + 3 * 16 + 8, 4), 81);
}

static void pci_msix_keeps_a_masked_message_pending(void **state)
{
    struct fixture *f = *state;

    msix_enable(f, PCI_MSIX_ENABLE);
    msix_set_vector(f, 1, 0x8020040, 80, true);
    pci_msix_notify(&f->dev[0], 1);
    pci_msix_notify(&f->dev[0], 1);
    assert_int_equal(f->controller.nr_messages, 0);
    assert_int_equal(peek(f, MSIX_TABLE + 0x1000, 8), 2);
    msix_set_vector(f, 1, 0x8020040, 82, false);
    assert_int_equal(f->controller.nr_messages, 1);
    assert_int_equal(f->controller.data, 82);
    assert_int_equal(peek(f, MSIX_TABLE + 0x1000, 8), 0);
}

static void pci_msix_function_mask_and_bus_master_hold_messages(void **state)
{
    struct fixture *f = *state;
    unsigned cap = find_cap(f, 1, PCI_CAP_ID_MSIX);

    msix_enable(f, PCI_MSIX_ENABLE | PCI_MSIX_FUNCTION_MASK);
    msix_set_vector(f, 0, 0x8020040, 80, false);
    pci_msix_notify(&f->dev[0], 0);
    assert_int_equal(f->controller.nr_messages, 0);
    config_poke(f, 1, cap + PCI_MSIX_CONTROL, 2, PCI_MSIX_ENABLE);
    assert_int_equal(f->controller.nr_messages, 1);
    config_poke(f, 1, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_msix_notify(&f->dev[0], 0);
    assert_int_equal(f->controller.nr_messages, 1);
    enable(f, 1);
    assert_int_equal(f->controller.nr_messages, 2);
}

static void pci_msix_switches_intx_off(void **state)
{
    struct fixture *f = *state;

    pci_msix_notify(&f->dev[0], 0);
    pci_set_intx(&f->dev[0], true);
    assert_true(f->controller.level[1]);
    msix_enable(f, PCI_MSIX_ENABLE);
    assert_false(f->controller.level[1]);
    assert_int_equal(f->controller.nr_messages, 0);
    msix_enable(f, 0);
    assert_true(f->controller.level[1]);
}

static void pci_reset_restores_power_on(void **state)
{
    struct fixture *f = *state;

    msix_enable(f, PCI_MSIX_ENABLE);
    msix_set_vector(f, 0, 0x8020040, 80, false);
    pci_host_reset(f->host);
    assert_int_equal(config_peek(f, 1, PCI_COMMAND, 2), 0);
    assert_int_equal(config_peek(f, 1, PCI_BAR0, 4), PCI_BAR_64BIT);
    assert_int_equal(peek(f, MSIX_TABLE, 4), UINT32_MAX);
    assert_false(pci_msix_enabled(&f->dev[0]));
    msix_enable(f, PCI_MSIX_ENABLE);
    assert_int_equal(peek(f, MSIX_TABLE + 8, 4), 0);
    assert_int_equal(peek(f, MSIX_TABLE + 12, 4), 1);
}

static void pci_capabilities_form_a_list(void **state)
{
    struct fixture *f = *state;
    uint32_t a = pci_add_cap(&f->dev[0], PCI_CAP_ID_VENDOR, 15);
    uint32_t b = pci_add_cap(&f->dev[0], 0x05, 4);

    assert_int_equal(a % 4, 0);
    assert_true(b >= a + 15);
    assert_int_equal(find_cap(f, 1, PCI_CAP_ID_VENDOR), a);
    assert_int_equal(find_cap(f, 1, 0x05), b);
    assert_int_equal(find_cap(f, 1, 0x06), 0);
}

static void pci_add_stops_at_a_full_bus(void **state)
{
    struct fixture *f = *state;
    static struct pci_device many[29];

    for (unsigned i = 0; i < 28; i++)
        assert_int_equal(pci_add(f->host, &many[i], &ids), 0);
    assert_int_equal(pci_add(f->host, &many[28], &ids), -ENOSPC);
    for (unsigned i = 0; i < 29; i++)
        pci_remove(&many[i]);
}

static void pci_host_refuses_a_taken_address_and_leaves_it(void **state)
{
    struct fixture *f = *state;
    const struct pci_host_params params = {
        .ecam_base = PIO + 0x1000000000, .ecam_size = 1 << 20, .pio_base = PIO, .pio_size = 16};
    struct pci_host *h;
    struct err err;

    assert_int_equal(pci_host_create(f->bus, &params, &h, &err), -EEXIST);
    assert_int_equal(err.code, -EEXIST);
    assert_int_equal(peek(f, PIO, 4), UINT32_MAX);
}

/* One thread moves a BAR between two places; the other must see it in one of them or nowhere, and
 * offsets inside it. */
static void *mover(void *fixture)
{
    const struct fixture *f = fixture;

    for (unsigned i = 0; i < 20000; i++)
        place_bar(f, 1, 3, i & 1 ? 0x10000100 : 0x10000200);
    return NULL;
}

static void pci_bar_moves_under_another_cpu(void **state)
{
    struct fixture *f = *state;
    pthread_t thread;

    place_bar(f, 1, 3, 0x10000100);
    place_bar(f, 2, 3, 0x10000300);
    enable(f, 1);
    enable(f, 2);
    assert_int_equal(pthread_create(&thread, NULL, mover, f), 0);
    for (unsigned i = 0; i < 20000; i++) {
        assert_int_equal(peek(f, 0x10000308, 4),
                         0x55667788); /* the one that stays always answers */
        (void)peek(f, 0x10000208, 4);
        assert_true(f->last_off == 8);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void pci_devices_live_and_die_a_thousand_times(void **state)
{
    for (unsigned i = 0; i < 1000; i++) {
        void *fixture;

        set_up(&fixture);
        tear_down(&fixture);
    }
    pci_host_destroy(NULL);
}

#define PCI_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        PCI_TEST(pci_ids_are_readable_at_every_size),
        PCI_TEST(pci_absent_functions_read_ones),
        PCI_TEST(pci_read_only_bits_stay),
        PCI_TEST(pci_bar_tells_its_size),
        PCI_TEST(pci_bar_answers_only_with_memory_enabled),
        PCI_TEST(pci_bar_moves),
        PCI_TEST(pci_overlapping_bars_answer_once),
        PCI_TEST(pci_bar_outside_the_windows_never_answers),
        PCI_TEST(pci_intx_is_swizzled_and_shared),
        PCI_TEST(pci_shared_wire_is_high_while_anyone_pulls),
        PCI_TEST(pci_intx_disable_lowers_the_wire),
        PCI_TEST(pci_msix_sends_the_table_entry),
        PCI_TEST(pci_msix_keeps_a_masked_message_pending),
        PCI_TEST(pci_msix_function_mask_and_bus_master_hold_messages),
        PCI_TEST(pci_msix_switches_intx_off),
        PCI_TEST(pci_reset_restores_power_on),
        PCI_TEST(pci_capabilities_form_a_list),
        PCI_TEST(pci_add_stops_at_a_full_bus),
        PCI_TEST(pci_host_refuses_a_taken_address_and_leaves_it),
        PCI_TEST(pci_bar_moves_under_another_cpu),
        cmocka_unit_test(pci_devices_live_and_die_a_thousand_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
