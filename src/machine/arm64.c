/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 board: address and interrupt map of QEMU's `virt` (arm64_map.h), GICv3 with a GICv2m
 * frame, one PCI root bus, UART, clock, power key; direct boot of Linux. Built in plain sequence,
 * destroyed in reverse. Left out: flash and EFI. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "boot/linux_arm64.h"
#include "device/pl011.h"
#include "device/pl031.h"
#include "device/pl061.h"
#include "device/primecell.h"
#include "device/pvpanic.h"
#include "host/clock.h"
#include "host/entropy.h"
#include "machine/arm64_fdt.h"
#include "machine/arm64_irq.h"
#include "machine/arm64_map.h"
#include "machine/devices.h"
#include "machine/machine.h"
#include "machine/power_key.h"

enum { FDT_ROOM = 64 * 1024, PSTATE_EL1H_MASKED = 0x3c5 };

struct machine {
    struct machine_params params;
    struct machine_host host;
    struct arm64_irq irq;
    struct pci_host *pci;
    struct pl011 *uart;
    struct pl031 *clock;
    struct pl061 *gpio;
    struct power_key power_key;
    struct devices devices;
    struct pvpanic *pvpanic;
    struct linux_arm64 images;
    struct linux_arm64_layout layout; /* since the last reset */
};

uint64_t machine_mpidr(unsigned index)
{
    return (index & 15) | (uint64_t)(index >> 4) << 8;
}

/* --- wires --- */

static struct irq_line spi(const struct machine *m, unsigned number)
{
    return arm64_irq_line(&m->irq, number);
}

static void uart_output(void *ctx, uint8_t byte)
{
    struct machine *m = ctx;

    devices_uart_output(&m->devices, byte);
}

static void move_power_key(void *ctx, bool pressed)
{
    const struct machine *m = ctx;

    pl061_set_input(m->gpio, ARM64_POWER_KEY_LINE, pressed);
}

static void panicked(void *ctx)
{
    const struct machine *m = ctx;

    m->host.panicked(m->host.ctx);
}

static void quit(void *ctx)
{
    const struct machine *m = ctx;

    m->host.powered_off(m->host.ctx);
}

/* --- construction --- */

static int failed(struct err *err, int r, const char *what)
{
    return err_set(err, r, "cannot build the %s: %s", what, strerror(-r));
}

static int add_registers(const struct machine *m, gpa_t base, uint64_t len, const char *name,
                         const struct mmio_ops *ops, void *dev, struct err *err)
{
    int r = bus_add(m->params.bus, base, len, name, ops, dev);

    return r ? failed(err, r, name) : 0;
}

static int add_irq(struct machine *m, struct err *err)
{
    return arm64_irq_init(&m->irq, m->params.cfg->cpus, &m->host, m->params.bus, err);
}

/* The high window is there if a CPU can address it; devices fit into the low one, too. */
static uint64_t mmio64_size(const struct machine *m)
{
    return ARM64_MMIO64_BASE + ARM64_MMIO64_SIZE <= UINT64_C(1) << m->params.gpa_bits
               ? ARM64_MMIO64_SIZE
               : 0;
}

static int add_pci(struct machine *m, struct err *err)
{
    struct pci_host_params params = {.ecam_base = ARM64_ECAM_BASE,
                                     .ecam_size = ARM64_ECAM_SIZE,
                                     .mmio32_base = ARM64_MMIO32_BASE,
                                     .mmio32_size = ARM64_MMIO32_SIZE,
                                     .mmio64_base = ARM64_MMIO64_BASE,
                                     .mmio64_size = mmio64_size(m),
                                     .pio_base = ARM64_PIO_BASE,
                                     .pio_size = ARM64_PIO_SIZE,
                                     .msi = arm64_irq_msi(&m->irq)};

    for (unsigned i = 0; i < ARRAY_LEN(params.intx); i++)
        params.intx[i] = spi(m, ARM64_SPI_INTX + i);
    return pci_host_create(m->params.bus, &params, &m->pci, err);
}

static int add_uart(struct machine *m, struct err *err)
{
    const struct pl011_params params = {
        .irq = spi(m, ARM64_SPI_PL011), .output = uart_output, .ctx = m};
    int r = pl011_create(&params, &m->uart);

    if (r)
        return failed(err, r, "UART");
    return add_registers(m, ARM64_PL011_BASE, PRIMECELL_SIZE, "pl011", &pl011_ops, m->uart, err);
}

static int add_clock(struct machine *m, struct err *err)
{
    const struct pl031_params params = {
        .irq = spi(m, ARM64_SPI_PL031), .loop = m->params.loop, .wall_ns = clock_wall_ns};
    int r = pl031_create(&params, &m->clock);

    if (r)
        return failed(err, r, "real-time clock");
    return add_registers(m, ARM64_PL031_BASE, PRIMECELL_SIZE, "pl031", &pl031_ops, m->clock, err);
}

static int add_power_key(struct machine *m, struct err *err)
{
    const struct irq_line irq = spi(m, ARM64_SPI_PL061);
    int r = pl061_create(&irq, &m->gpio);

    if (r)
        return failed(err, r, "power key");
    power_key_init(&m->power_key, m->params.loop, move_power_key, m);
    return add_registers(m, ARM64_PL061_BASE, PRIMECELL_SIZE, "pl061", &pl061_ops, m->gpio, err);
}

static int add_devices(struct machine *m, struct err *err)
{
    const struct devices_params params = {.cfg = m->params.cfg,
                                          .loop = m->params.loop,
                                          .memory = m->params.memory,
                                          .pci = m->pci,
                                          .quit = quit,
                                          .ctx = m};

    return devices_create(&params, &m->devices, err);
}

/* Last, so that it moves no other device to another slot. */
static int add_pvpanic(struct machine *m, struct err *err)
{
    const struct pvpanic_params params = {.panicked = panicked, .ctx = m};
    int r;

    if (m->params.cfg->on_panic == PANIC_IGNORE)
        return 0;
    r = pvpanic_create(m->pci, &params, &m->pvpanic);
    return r ? failed(err, r, "panic device") : 0;
}

static int open_images(struct machine *m, struct err *err)
{
    const struct bootloader_config *b = &m->params.cfg->bootloader;

    if (b->kind != BOOT_LINUX)
        return err_set(err, -ENOTSUP, "this boot loader is not built yet: give a Linux kernel");
    return linux_arm64_open(&m->images, b->kernel, b->initrd, err);
}

static int build(struct machine *m, struct err *err)
{
    int r = open_images(m, err);

    if (!r)
        r = add_irq(m, err);
    if (!r)
        r = add_pci(m, err);
    if (!r)
        r = add_uart(m, err);
    if (!r)
        r = add_clock(m, err);
    if (!r)
        r = add_power_key(m, err);
    if (!r)
        r = add_devices(m, err);
    if (!r)
        r = add_pvpanic(m, err);
    return r;
}

int machine_add_ram(const struct vm_config *cfg, unsigned gpa_bits, struct guest_memory *memory,
                    struct err *err)
{
    uint64_t end = UINT64_C(1) << gpa_bits, room;

    room = (end < ARM64_MMIO64_BASE ? end : ARM64_MMIO64_BASE) - ARM64_RAM_BASE;
    if (cfg->memory_bytes > room)
        return err_set(
            err, -EINVAL, "memory: %llu MiB is more than this machine has room for, %llu MiB",
            (unsigned long long)(cfg->memory_bytes >> 20), (unsigned long long)(room >> 20));
    return mem_add_ram(memory, ARM64_RAM_BASE, cfg->memory_bytes, err);
}

int machine_create(const struct machine_params *params, struct machine **ret, struct err *err)
{
    struct machine *m = calloc(1, sizeof(*m));
    int r;

    if (!m)
        return err_set(err, -ENOMEM, "out of memory");
    m->params = *params;
    m->host = *params->host;
    r = build(m, err);
    if (r) {
        machine_destroy(m);
        return r;
    }
    *ret = m;
    return 0;
}

static void release_registers(struct machine *m)
{
    static const gpa_t bases[] = {ARM64_PL011_BASE, ARM64_PL031_BASE, ARM64_PL061_BASE};

    for (unsigned i = 0; i < ARRAY_LEN(bases); i++)
        bus_remove(m->params.bus, bases[i]);
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    pvpanic_destroy(m->pvpanic);
    devices_destroy(&m->devices);
    power_key_finish(&m->power_key);
    release_registers(m);
    pl061_destroy(m->gpio);
    pl031_destroy(m->clock);
    pl011_destroy(m->uart);
    pci_host_destroy(m->pci);
    arm64_irq_finish(&m->irq);
    linux_arm64_close(&m->images);
    free(m);
}

/* --- reset and boot --- */

/* Devices first: they let go of their interrupts before the controller looks at them anew. */
static void reset_devices(struct machine *m)
{
    devices_reset(&m->devices);
    pci_host_reset(m->pci);
    pl011_reset(m->uart);
    pl031_reset(m->clock);
    pl061_reset(m->gpio);
    arm64_irq_reset(&m->irq);
}

static int fresh_seeds(struct arm64_fdt_params *p)
{
    int r = entropy_get(&p->kaslr_seed, sizeof(p->kaslr_seed));

    return r ? r : entropy_get(p->rng_seed, sizeof(p->rng_seed));
}

static int write_device_tree(const struct machine *m, struct err *err)
{
    const char *bootargs = m->params.cfg->bootloader.cmdline;
    struct arm64_fdt_params p = {.nr_cpus = m->params.cfg->cpus,
                                 .mpidr = machine_mpidr,
                                 .ram_size = m->params.cfg->memory_bytes,
                                 .mmio64_size = mmio64_size(m),
                                 .bootargs = bootargs,
                                 .initrd_start = m->layout.initrd_start,
                                 .initrd_end = m->layout.initrd_end};
    size_t room = FDT_ROOM + (bootargs ? strlen(bootargs) : 0), len;
    void *blob;
    int r = fresh_seeds(&p);

    arm64_irq_redistributors(&m->irq, &p.gicr_base, &p.gicr_len);
    if (r)
        return err_set(err, r, "the host gives no random numbers: %s", strerror(-r));
    if (room > LINUX_ARM64_DTB_MAX)
        return err_set(err, -EINVAL, "the kernel's command line is too long: at most %d bytes fit",
                       LINUX_ARM64_DTB_MAX - FDT_ROOM);
    blob = malloc(room);
    if (!blob)
        return err_set(err, -ENOMEM, "out of memory");
    r = arm64_fdt_build(&p, blob, room, &len, err);
    if (!r && mem_write(m->params.memory, m->layout.dtb, blob, len))
        r = err_set(err, -EFAULT, "the device tree does not fit in memory");
    free(blob);
    return r;
}

int machine_reset(struct machine *m, struct err *err)
{
    int r;

    reset_devices(m);
    r = mem_clear(m->params.memory);
    if (r)
        return err_set(err, r, "guest memory cannot be cleared: %s", strerror(-r));
    r = linux_arm64_load(&m->images, m->params.memory, ARM64_RAM_BASE, m->params.cfg->memory_bytes,
                         &m->layout, err);
    if (!r)
        r = write_device_tree(m, err);
    /* From the kernel's first byte to the device tree's last. */
    if (!r && m->host.loaded)
        m->host.loaded(m->host.ctx, m->layout.entry,
                       m->layout.dtb + LINUX_ARM64_DTB_MAX - m->layout.entry);
    return r;
}

void machine_boot_regs(const struct machine *m, struct vcpu_regs *ret)
{
    *ret = (struct vcpu_regs){
        .x = {m->layout.dtb}, .pc = m->layout.entry, .pstate = PSTATE_EL1H_MASKED};
}

/* --- while it runs --- */

int machine_sysreg(struct machine *m, unsigned cpu, struct vcpu_exit *exit)
{
    return arm64_irq_sysreg(&m->irq, cpu, exit);
}

void machine_timer(struct machine *m, unsigned cpu, bool virt, bool phys)
{
    arm64_irq_timer(&m->irq, cpu, virt, phys);
}

void machine_power_key(struct machine *m)
{
    power_key_press(&m->power_key);
}

void machine_quiesce(struct machine *m)
{
    devices_quiesce(&m->devices);
}

void machine_unquiesce(struct machine *m)
{
    devices_unquiesce(&m->devices);
}
