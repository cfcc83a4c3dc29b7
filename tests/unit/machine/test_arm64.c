/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "host/clock.h"
#include "machine/arm64_map.h"
#include "machine/machine.h"

#include <cmocka.h>

enum { KERNEL_LEN = 0x1000, IAR1 = 0xc660, IGRPEN1 = 0xc667, PMR = 0xc230 };

struct fixture {
    char dir[32];
    char kernel[48], disk[48], log[48];
    struct loop *loop;
    struct guest_memory *memory;
    struct bus *bus;
    struct vm_config cfg;
    struct machine *machine;
    unsigned gpa_bits;
    bool bring_chip;
    struct irqchip_params chip_wanted;
    unsigned chip_spi, chip_msi, nr_chip_resets;
    bool irq;
    unsigned nr_panics;
};

/* The smallest Image: a header that says 64 KiB in memory. */
static void write_kernel(const char *path)
{
    static uint8_t image[KERNEL_LEN];
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);

    memcpy(image + 0x38, "ARM\x64", 4);
    image[0x12] = 1;    /* image_size 0x10000 */
    image[0x18] = 0x0a; /* 4 KiB pages, may be anywhere */
    assert_true(fd >= 0);
    assert_int_equal(write(fd, image, sizeof(image)), sizeof(image));
    assert_int_equal(close(fd), 0);
}

static void on_pin(void *ctx, unsigned cpu, enum vcpu_pin pin, bool level)
{
    struct fixture *f = ctx;

    if (cpu == 0 && pin == VCPU_PIN_IRQ)
        f->irq = level;
}

static void on_panic(void *ctx)
{
    struct fixture *f = ctx;

    f->nr_panics++;
}

/* --- an interrupt controller that comes with the CPUs --- */

static void chip_set_spi(void *chip, unsigned intid, bool level)
{
    struct fixture *f = chip;

    if (level)
        f->chip_spi = intid;
}

static void chip_send_msi(void *chip, uint64_t addr, uint32_t data)
{
    struct fixture *f = chip;

    if (addr == ARM64_V2M_BASE + 0x40)
        f->chip_msi = data;
}

static void chip_reset(void *chip)
{
    struct fixture *f = chip;

    f->nr_chip_resets++;
}

static void chip_redistributors(void *chip, gpa_t *ret_base, uint64_t *ret_len)
{
    (void)chip;
    *ret_base = 0x080c0000;
    *ret_len = 0x40000;
}

static int bring_chip(void *ctx, const struct irqchip_params *params, struct irqchip *ret,
                      struct err *err)
{
    struct fixture *f = ctx;

    (void)err;
    f->chip_wanted = *params;
    *ret = (struct irqchip){ctx, chip_set_spi, chip_send_msi, chip_reset, chip_redistributors};
    return 0;
}

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct vm_config *cfg = &f->cfg;

    (void)snprintf(f->dir, sizeof(f->dir), "/tmp/berth-test-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    (void)snprintf(f->kernel, sizeof(f->kernel), "%s/Image", f->dir);
    (void)snprintf(f->disk, sizeof(f->disk), "%s/disk", f->dir);
    (void)snprintf(f->log, sizeof(f->log), "%s/log", f->dir);
    write_kernel(f->kernel);
    write_kernel(f->disk);
    vm_config_init(cfg, PERSONALITY_BERTH);
    f->gpa_bits = 40;
    cfg->cpus = 2;
    cfg->memory_bytes = 128 << 20;
    cfg->bootloader.kind = BOOT_LINUX;
    cfg->bootloader.kernel = strdup(f->kernel);
    cfg->bootloader.cmdline = strdup("console=hvc0");
    assert_int_equal(loop_create(&f->loop), 0);
    assert_int_equal(mem_create(&f->memory), 0);
    assert_int_equal(bus_create(&f->bus), 0);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    machine_destroy(f->machine);
    bus_destroy(f->bus);
    mem_destroy(f->memory);
    loop_destroy(f->loop);
    vm_config_finish(&f->cfg);
    (void)unlink(f->kernel);
    (void)unlink(f->disk);
    (void)unlink(f->log);
    (void)rmdir(f->dir);
    free(f);
    return 0;
}

static int build(struct fixture *f, struct err *err)
{
    const struct machine_host host = {.vcpu_pin = on_pin,
                                      .panicked = on_panic,
                                      .irqchip = f->bring_chip ? bring_chip : NULL,
                                      .ctx = f};
    const struct machine_params params = {.cfg = &f->cfg,
                                          .loop = f->loop,
                                          .memory = f->memory,
                                          .bus = f->bus,
                                          .host = &host,
                                          .gpa_bits = f->gpa_bits};
    int r = mem_nr_regions(f->memory) ? 0 : machine_add_ram(&f->cfg, f->gpa_bits, f->memory, err);

    return r ? r : machine_create(&params, &f->machine, err);
}

static void build_and_reset(struct fixture *f)
{
    assert_int_equal(build(f, NULL), 0);
    assert_int_equal(machine_reset(f->machine, NULL), 0);
}

static uint32_t peek(const struct fixture *f, gpa_t addr)
{
    uint64_t v;

    assert_int_equal(bus_read(f->bus, addr, 4, &v), 0);
    return (uint32_t)v;
}

static void poke(const struct fixture *f, gpa_t addr, uint32_t value)
{
    assert_int_equal(bus_write(f->bus, addr, 4, value), 0);
}

static void write_sysreg(const struct fixture *f, uint32_t reg, uint64_t value)
{
    struct vcpu_exit exit = {.sysreg = {.reg = reg, .value = value, .write = true}};

    assert_int_equal(machine_sysreg(f->machine, 0, &exit), 0);
}

static uint64_t acknowledge(const struct fixture *f)
{
    struct vcpu_exit exit = {.sysreg = {.reg = IAR1}};

    assert_int_equal(machine_sysreg(f->machine, 0, &exit), 0);
    return exit.sysreg.value;
}

/* As an operating system would, for SPIs 0..31 and all private interrupts of CPU 0. */
static void enable_interrupts(const struct fixture *f)
{
    poke(f, ARM64_GICD_BASE, 2);
    poke(f, ARM64_GICD_BASE + 0x84, UINT32_MAX);
    poke(f, ARM64_GICD_BASE + 0x104, UINT32_MAX);
    poke(f, ARM64_GICR_BASE + 0x10080, UINT32_MAX);
    poke(f, ARM64_GICR_BASE + 0x10100, UINT32_MAX);
    write_sysreg(f, PMR, 0xf0);
    write_sysreg(f, IGRPEN1, 1);
}

static void arm64_boots_with_the_device_tree_in_x0(void **state)
{
    struct fixture *f = *state;
    struct vcpu_regs regs;
    uint32_t magic;

    build_and_reset(f);
    machine_boot_regs(f->machine, &regs);
    assert_int_equal(regs.pstate, 0x3c5);
    assert_int_equal(mem_load32(f->memory, regs.x[0], &magic), 0);
    assert_int_equal(magic, 0xedfe0dd0);
    assert_int_equal(mem_load32(f->memory, regs.pc + 0x38, &magic), 0);
    assert_int_equal(magic, 0x644d5241);
}

static void arm64_reset_restores_memory_and_devices(void **state)
{
    struct fixture *f = *state;
    struct vcpu_regs regs;
    uint32_t word;

    build_and_reset(f);
    machine_boot_regs(f->machine, &regs);
    assert_int_equal(mem_store32(f->memory, regs.pc + 0x38, 0), 0);
    assert_int_equal(mem_store32(f->memory, ARM64_RAM_BASE + (100 << 20), 7), 0);
    poke(f, ARM64_GICD_BASE, 3);
    poke(f, ARM64_PL011_BASE + 0x38, 0x10);
    assert_int_equal(machine_reset(f->machine, NULL), 0);
    assert_int_equal(mem_load32(f->memory, regs.pc + 0x38, &word), 0);
    assert_int_equal(word, 0x644d5241);
    assert_int_equal(mem_load32(f->memory, ARM64_RAM_BASE + (100 << 20), &word), 0);
    assert_int_equal(word, 0);
    assert_int_equal(peek(f, ARM64_GICD_BASE), 0x50);
    assert_int_equal(peek(f, ARM64_PL011_BASE + 0x38), 0);
}

static void arm64_seeds_differ_between_boots(void **state)
{
    struct fixture *f = *state;
    struct vcpu_regs regs;
    uint8_t a[4096], b[4096];

    build_and_reset(f);
    machine_boot_regs(f->machine, &regs);
    assert_int_equal(mem_read(f->memory, regs.x[0], a, sizeof(a)), 0);
    assert_int_equal(machine_reset(f->machine, NULL), 0);
    assert_int_equal(mem_read(f->memory, regs.x[0], b, sizeof(b)), 0);
    assert_memory_not_equal(a, b, sizeof(a));
}

static void arm64_devices_answer_at_their_addresses(void **state)
{
    struct fixture *f = *state;
    uint64_t v;

    build_and_reset(f);
    assert_int_equal(peek(f, ARM64_GICD_BASE + 0xffe8), 0x3b);
    assert_int_equal(peek(f, ARM64_GICR_BASE + 0x20000 + 8), 0x110); /* CPU 1, the last */
    assert_int_equal(peek(f, ARM64_V2M_BASE + 8), 80 << 16 | 912);
    assert_int_equal(peek(f, ARM64_PL011_BASE + 0xfe0), 0x11);
    assert_in_range(peek(f, ARM64_PL031_BASE), clock_wall_ns() / 1000000000 - 2,
                    clock_wall_ns() / 1000000000);
    assert_int_equal(peek(f, ARM64_PL061_BASE + 0xfe0), 0x61);
    assert_int_equal(peek(f, ARM64_ECAM_BASE), 0x00081b36);
    assert_int_equal(peek(f, ARM64_MMIO32_BASE), UINT32_MAX);
    assert_int_equal(bus_read(f->bus, ARM64_GICR_BASE + 0x40000, 4, &v), -ENXIO);
    assert_int_equal(bus_read(f->bus, ARM64_RAM_BASE, 4, &v), -ENXIO);
}

static void arm64_timer_and_uart_interrupt_the_cpu(void **state)
{
    struct fixture *f = *state;

    build_and_reset(f);
    enable_interrupts(f);
    machine_timer(f->machine, 0, true, false);
    assert_true(f->irq);
    assert_int_equal(acknowledge(f), 27);
    machine_timer(f->machine, 0, false, false);
    poke(f, ARM64_PL011_BASE + 0x38, 0x20);
    poke(f, ARM64_PL011_BASE, 'x');
    assert_int_equal(peek(f, ARM64_GICD_BASE + 0x204), 1 << 1);
}

static void arm64_power_key_is_pressed_and_released(void **state)
{
    struct fixture *f = *state;

    build_and_reset(f);
    enable_interrupts(f);
    poke(f, ARM64_PL061_BASE + 0x408, 8);
    poke(f, ARM64_PL061_BASE + 0x410, 8);
    machine_power_key(f->machine);
    assert_int_equal(peek(f, ARM64_PL061_BASE + 0x3fc), 8);
    assert_true(f->irq);
    assert_int_equal(acknowledge(f), 39);
}

static void arm64_gives_each_disk_a_slot(void **state)
{
    struct fixture *f = *state;
    struct device_config *d = vm_config_add_device(&f->cfg, DEVICE_BLK);

    d->disk.path = strdup(f->disk);
    f->cfg.on_panic = PANIC_EXIT;
    build_and_reset(f);
    assert_int_equal(peek(f, ARM64_ECAM_BASE + (1 << 15)), 0x10421af4);
    assert_int_equal(peek(f, ARM64_ECAM_BASE + (2 << 15)), 0x00111b36);
    assert_int_equal(peek(f, ARM64_ECAM_BASE + (3 << 15)), UINT32_MAX);
    machine_quiesce(f->machine);
    machine_unquiesce(f->machine);
}

static uint32_t ids_in_slot(const struct fixture *f, unsigned slot)
{
    return peek(f, ARM64_ECAM_BASE + (slot << 15));
}

static void arm64_takes_slots_class_by_class(void **state)
{
    struct fixture *f = *state;

    (void)!vm_config_add_device(&f->cfg, DEVICE_RNG);
    for (unsigned i = 0; i < 3; i++) {
        struct device_config *d = vm_config_add_device(&f->cfg, DEVICE_SERIAL);

        d->serial.kind = i == 1 ? SERIAL_LOG : SERIAL_PTY;
        d->serial.log_path = i == 1 ? strdup(f->log) : NULL;
    }
    vm_config_add_device(&f->cfg, DEVICE_BLK)->disk.path = strdup(f->disk);
    f->cfg.on_panic = PANIC_IGNORE;
    build_and_reset(f);
    assert_int_equal(ids_in_slot(f, 1), 0x10421af4);
    assert_int_equal(ids_in_slot(f, 2), 0x10431af4); /* both pseudo-terminals */
    assert_int_equal(ids_in_slot(f, 3), 0x10431af4);
    assert_int_equal(ids_in_slot(f, 4), 0x10441af4);
    assert_int_equal(ids_in_slot(f, 5), UINT32_MAX);
    assert_non_null(strstr(f->cfg.devices[1].serial.pty_name, "/dev/"));
    assert_non_null(f->cfg.devices[3].serial.pty_name);
}

static void arm64_uart_speaks_where_the_first_serial_device_ends(void **state)
{
    struct fixture *f = *state;
    struct device_config *d = vm_config_add_device(&f->cfg, DEVICE_SERIAL);
    char said[8] = "";
    int fd;

    d->serial.kind = SERIAL_LOG;
    d->serial.log_path = strdup(f->log);
    build_and_reset(f);
    poke(f, ARM64_PL011_BASE, 'H');
    poke(f, ARM64_PL011_BASE, 'i');
    machine_destroy(f->machine);
    f->machine = NULL;
    fd = open(f->log, O_RDONLY);
    assert_int_equal(read(fd, said, sizeof(said)), 2);
    assert_string_equal(said, "Hi");
    assert_int_equal(close(fd), 0);
}

static void arm64_refuses_too_many_devices(void **state)
{
    struct fixture *f = *state;
    struct err err = {.code = 0};

    for (unsigned i = 0; i < 32; i++)
        (void)!vm_config_add_device(&f->cfg, DEVICE_RNG);
    assert_int_equal(build(f, &err), -ENOSPC);
    assert_non_null(strstr(err.text, "31 PCI slots"));
}

static void arm64_explains_why_it_cannot_be_built(void **state)
{
    struct fixture *f = *state;
    struct err err = {.code = 0};

    f->cfg.memory_bytes = UINT64_C(1) << 40;
    assert_int_equal(build(f, &err), -EINVAL);
    assert_non_null(strstr(err.text, "523264 MiB"));
    f->cfg.memory_bytes = 128 << 20;
    free(f->cfg.bootloader.kernel);
    f->cfg.bootloader.kernel = strdup("/nonexistent/Image");
    assert_int_equal(build(f, &err), -ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/Image"));
    f->cfg.bootloader.kind = BOOT_EFI;
    assert_int_equal(build(f, &err), -ENOTSUP);
}

/* Whether the device tree has these four cells, in order and somewhere. */
static bool tree_has_cells(const struct fixture *f, const uint32_t cells[4])
{
    static uint8_t tree[16384];
    struct vcpu_regs regs;

    machine_boot_regs(f->machine, &regs);
    assert_int_equal(mem_read(f->memory, regs.x[0], tree, sizeof(tree)), 0);
    for (size_t at = 0; at + 16 <= sizeof(tree); at += 4) {
        bool same = true;

        for (size_t i = 0; i < 16; i++)
            same = same && tree[at + i] == (uint8_t)(cells[i / 4] >> (24 - i % 4 * 8));
        if (same)
            return true;
    }
    return false;
}

static void arm64_takes_the_interrupt_controller_that_comes_with_the_cpus(void **state)
{
    static const uint32_t redistributors[4] = {0, 0x080c0000, 0, 0x40000};
    struct fixture *f = *state;
    struct vcpu_exit exit = {.sysreg = {.reg = IAR1}};
    uint64_t v;

    f->bring_chip = true;
    build_and_reset(f);
    assert_int_equal(f->chip_wanted.dist_base, ARM64_GICD_BASE);
    assert_int_equal(f->chip_wanted.msi_base, ARM64_V2M_BASE);
    assert_int_equal(f->chip_wanted.first_msi, 80);
    assert_int_equal(f->chip_wanted.last_msi, 991);
    assert_int_equal(f->nr_chip_resets, 1);
    assert_true(tree_has_cells(f, redistributors));
    assert_int_equal(bus_read(f->bus, ARM64_GICD_BASE, 4, &v), -ENXIO);
    assert_int_equal(machine_sysreg(f->machine, 0, &exit), -ENOENT);
    machine_timer(f->machine, 0, true, true);
    poke(f, ARM64_PL011_BASE + 0x38, 0x20);
    poke(f, ARM64_PL011_BASE, 'x');
    assert_int_equal(f->chip_spi, 33);
}

static void arm64_puts_nothing_beyond_the_cpus_addresses(void **state)
{
    static const uint32_t high_window[4] = {0x80, 0, 0x80, 0};
    struct fixture *f = *state;
    struct err err = {.code = 0};
    uint64_t v;

    f->gpa_bits = 36;
    f->cfg.memory_bytes = UINT64_C(64) << 30;
    assert_int_equal(build(f, &err), -EINVAL);
    assert_non_null(strstr(err.text, "64512 MiB"));
    f->cfg.memory_bytes = 128 << 20;
    build_and_reset(f);
    assert_int_equal(bus_read(f->bus, ARM64_MMIO64_BASE, 4, &v), -ENXIO);
    assert_false(tree_has_cells(f, high_window));
    machine_destroy(f->machine);
    f->gpa_bits = 40;
    build_and_reset(f);
    assert_true(tree_has_cells(f, high_window));
}

static uint64_t random_word(void)
{
    static uint64_t s = 0x9e3779b97f4a7c15;

    s ^= s << 13;
    s ^= s >> 7;
    s ^= s << 17;
    return s;
}

/* An access of any size at any alignment, near the start of something more often than not. */
static void wild_access(const struct fixture *f)
{
    static const struct {
        gpa_t base;
        uint64_t len;
    } ranges[] = {
        {ARM64_GICD_BASE, 0x10000}, {ARM64_V2M_BASE, 0x1000},          {ARM64_GICR_BASE, 0x40000},
        {ARM64_PL011_BASE, 0x1000}, {ARM64_PL031_BASE, 0x1000},        {ARM64_PL061_BASE, 0x1000},
        {ARM64_ECAM_BASE, 0x30000}, {ARM64_MMIO32_BASE, 0x20000},      {ARM64_MMIO64_BASE, 0x20000},
        {ARM64_PIO_BASE, 0x10000},  {ARM64_RAM_BASE - 0x1000, 0x2000}, {0, UINT64_C(1) << 42},
    };
    size_t which = random_word() % ARRAY_LEN(ranges);
    unsigned size = 1u << random_word() % 4;
    uint64_t len = random_word() & 1 ? 0x100 : ranges[which].len;
    gpa_t addr = ranges[which].base + random_word() % len;
    uint64_t value = random_word() >> random_word() % 64;

    if (random_word() & 1)
        (void)bus_write(f->bus, addr, size, value);
    else
        (void)bus_read(f->bus, addr, size, &value);
}

static void wild_sysreg(const struct fixture *f)
{
    struct vcpu_exit exit = {
        .sysreg = {.reg = 0xc600 | (random_word() & 0x7f), .write = random_word() & 1}};

    exit.sysreg.value = random_word() >> random_word() % 64;
    (void)!machine_sysreg(f->machine, random_word() % 2, &exit);
}

/* BARs somewhere useful, memory and bus mastering on, so that the wild accesses reach the devices.
 */
static void map_functions(const struct fixture *f)
{
    for (unsigned slot = 1; slot <= 4; slot++) {
        gpa_t config = ARM64_ECAM_BASE + (slot << 15);

        (void)bus_write(f->bus, config + 0x10, 4, slot * 0x4000);
        (void)bus_write(f->bus, config + 0x14, 4, ARM64_MMIO64_BASE >> 32);
        (void)bus_write(f->bus, config + 0x18, 4, ARM64_MMIO32_BASE + slot * 0x2000);
        (void)bus_write(f->bus, config + 0x04, 2, 7);
    }
}

static void arm64_survives_a_guest_that_writes_everywhere(void **state)
{
    struct fixture *f = *state;
    struct device_config *d = vm_config_add_device(&f->cfg, DEVICE_SERIAL);

    d->serial.kind = SERIAL_LOG;
    d->serial.log_path = strdup(f->log);
    vm_config_add_device(&f->cfg, DEVICE_BLK)->disk.path = strdup(f->disk);
    (void)!vm_config_add_device(&f->cfg, DEVICE_RNG);
    f->cfg.on_panic = PANIC_EXIT;
    log_set_level(LOG_ERROR); /* the devices complain, rightly */
    build_and_reset(f);
    for (unsigned round = 0; round < 20; round++) {
        map_functions(f);
        for (unsigned i = 0; i < 10000; i++) {
            wild_access(f);
            wild_sysreg(f);
        }
        assert_int_equal(machine_reset(f->machine, NULL), 0);
        assert_int_equal(peek(f, ARM64_GICD_BASE), 0x50);
        assert_int_equal(ids_in_slot(f, 1), 0x10421af4);
    }
    log_set_level(LOG_INFO);
}

static void arm64_mpidr_is_kvms(void **state)
{
    assert_int_equal(machine_mpidr(0), 0);
    assert_int_equal(machine_mpidr(15), 15);
    assert_int_equal(machine_mpidr(16), 0x100);
    assert_int_equal(machine_mpidr(63), 0x30f);
}

static void arm64_lives_and_dies_many_times(void **state)
{
    for (unsigned i = 0; i < 100; i++) {
        void *fixture;

        set_up(&fixture);
        build_and_reset(fixture);
        tear_down(&fixture);
    }
    machine_destroy(NULL);
}

#define ARM64_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARM64_TEST(arm64_boots_with_the_device_tree_in_x0),
        ARM64_TEST(arm64_reset_restores_memory_and_devices),
        ARM64_TEST(arm64_seeds_differ_between_boots),
        ARM64_TEST(arm64_devices_answer_at_their_addresses),
        ARM64_TEST(arm64_timer_and_uart_interrupt_the_cpu),
        ARM64_TEST(arm64_power_key_is_pressed_and_released),
        ARM64_TEST(arm64_gives_each_disk_a_slot),
        ARM64_TEST(arm64_takes_slots_class_by_class),
        ARM64_TEST(arm64_uart_speaks_where_the_first_serial_device_ends),
        ARM64_TEST(arm64_refuses_too_many_devices),
        ARM64_TEST(arm64_explains_why_it_cannot_be_built),
        ARM64_TEST(arm64_takes_the_interrupt_controller_that_comes_with_the_cpus),
        ARM64_TEST(arm64_puts_nothing_beyond_the_cpus_addresses),
        ARM64_TEST(arm64_survives_a_guest_that_writes_everywhere),
        cmocka_unit_test(arm64_mpidr_is_kvms),
        cmocka_unit_test(arm64_lives_and_dies_many_times),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
