/* SPDX-License-Identifier: Apache-2.0
 *
 * The arm64 board as a device tree: Devicetree Specification 0.4, Linux' bindings, and what EDK2
 * looks for (arm64-board.md §3). Nodes stand in the order of the address map. */
#include "machine/arm64_fdt.h"

#include "boot/devtree.h"
#include "device/gic.h"
#include "device/gicv2m.h"
#include "device/primecell.h"
#include "machine/arm64_map.h"

enum { PHANDLE_CLOCK = 1, PHANDLE_GIC, PHANDLE_V2M, PHANDLE_GPIO };
enum { IRQ_SPI, IRQ_PPI, IRQ_LEVEL_HIGH = 4 };
enum { KEY_POWER = 116, APB_CLOCK_HZ = 24000000 };
enum { PCI_SPACE_IO = 0x01000000, PCI_SPACE_32 = 0x02000000, PCI_SPACE_64 = 0x03000000 };

#define HI(x) ((uint32_t)((uint64_t)(x) >> 32))
#define LO(x) ((uint32_t)(x))

static void add_chosen(struct devtree *t, const struct arm64_fdt_params *p)
{
    devtree_node(t, "chosen");
    devtree_string(t, "stdout-path", "/pl011@9000000");
    if (p->bootargs)
        devtree_string(t, "bootargs", p->bootargs);
    if (p->initrd_end > p->initrd_start) {
        devtree_u64(t, "linux,initrd-start", p->initrd_start);
        devtree_u64(t, "linux,initrd-end", p->initrd_end);
    }
    devtree_u64(t, "kaslr-seed", p->kaslr_seed);
    devtree_bytes(t, "rng-seed", p->rng_seed, sizeof(p->rng_seed));
    devtree_node_end(t);
}

static void add_memory(struct devtree *t, const struct arm64_fdt_params *p)
{
    devtree_node_at(t, "memory", ARM64_RAM_BASE);
    devtree_string(t, "device_type", "memory");
    devtree_reg(t, ARM64_RAM_BASE, p->ram_size);
    devtree_node_end(t);
}

static void add_cpus(struct devtree *t, const struct arm64_fdt_params *p)
{
    devtree_node(t, "cpus");
    devtree_u32(t, "#address-cells", 1);
    devtree_u32(t, "#size-cells", 0);
    for (unsigned i = 0; i < p->nr_cpus; i++) {
        uint32_t affinity = (uint32_t)p->mpidr(i);

        devtree_node_at(t, "cpu", affinity);
        devtree_string(t, "device_type", "cpu");
        devtree_string(t, "compatible", "arm,armv8");
        devtree_u32(t, "reg", affinity);
        devtree_string(t, "enable-method", "psci");
        devtree_node_end(t);
    }
    devtree_node_end(t);
}

static void add_psci(struct devtree *t)
{
    devtree_node(t, "psci");
    devtree_list(t, "compatible", "arm,psci-1.0", "arm,psci-0.2", "arm,psci");
    devtree_string(t, "method", "hvc");
    devtree_u32(t, "cpu_suspend", 0xc4000001);
    devtree_u32(t, "cpu_off", 0x84000002);
    devtree_u32(t, "cpu_on", 0xc4000003);
    devtree_u32(t, "migrate", 0xc4000005);
    devtree_node_end(t);
}

static void add_timer(struct devtree *t)
{
    devtree_node(t, "timer");
    devtree_list(t, "compatible", "arm,armv8-timer", "arm,armv7-timer");
    devtree_cell_list(t, "interrupts", IRQ_PPI, ARM64_PPI_SECURE_TIMER, IRQ_LEVEL_HIGH, IRQ_PPI,
                      ARM64_PPI_PHYS_TIMER, IRQ_LEVEL_HIGH, IRQ_PPI, ARM64_PPI_VIRT_TIMER,
                      IRQ_LEVEL_HIGH, IRQ_PPI, ARM64_PPI_HYP_TIMER, IRQ_LEVEL_HIGH);
    devtree_flag(t, "always-on");
    devtree_node_end(t);
}

static void add_v2m(struct devtree *t)
{
    devtree_node_at(t, "v2m", ARM64_V2M_BASE);
    devtree_string(t, "compatible", "arm,gic-v2m-frame");
    devtree_flag(t, "msi-controller");
    devtree_reg(t, ARM64_V2M_BASE, GICV2M_SIZE);
    devtree_u32(t, "phandle", PHANDLE_V2M);
    devtree_node_end(t);
}

static void add_gic(struct devtree *t, const struct arm64_fdt_params *p)
{
    devtree_node_at(t, "intc", ARM64_GICD_BASE);
    devtree_string(t, "compatible", "arm,gic-v3");
    devtree_flag(t, "interrupt-controller");
    devtree_u32(t, "#interrupt-cells", 3);
    devtree_u32(t, "#address-cells", 2);
    devtree_u32(t, "#size-cells", 2);
    devtree_flag(t, "ranges");
    devtree_cell_list(t, "reg", HI(ARM64_GICD_BASE), LO(ARM64_GICD_BASE), HI(GIC_DIST_SIZE),
                      LO(GIC_DIST_SIZE), HI(p->gicr_base), LO(p->gicr_base), HI(p->gicr_len),
                      LO(p->gicr_len));
    devtree_u32(t, "#redistributor-regions", 1);
    devtree_u32(t, "phandle", PHANDLE_GIC);
    add_v2m(t);
    devtree_node_end(t);
}

static void add_clock(struct devtree *t)
{
    devtree_node(t, "apb-pclk");
    devtree_string(t, "compatible", "fixed-clock");
    devtree_u32(t, "#clock-cells", 0);
    devtree_u32(t, "clock-frequency", APB_CLOCK_HZ);
    devtree_string(t, "clock-output-names", "clk24mhz");
    devtree_u32(t, "phandle", PHANDLE_CLOCK);
    devtree_node_end(t);
}

static void add_interrupt(struct devtree *t, uint32_t spi)
{
    devtree_cell_list(t, "interrupts", IRQ_SPI, spi, IRQ_LEVEL_HIGH);
}

static void add_uart(struct devtree *t)
{
    devtree_node_at(t, "pl011", ARM64_PL011_BASE);
    devtree_list(t, "compatible", "arm,pl011", "arm,primecell");
    devtree_reg(t, ARM64_PL011_BASE, PRIMECELL_SIZE);
    add_interrupt(t, ARM64_SPI_PL011);
    devtree_cell_list(t, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    devtree_list(t, "clock-names", "uartclk", "apb_pclk");
    devtree_node_end(t);
}

static void add_rtc(struct devtree *t)
{
    devtree_node_at(t, "pl031", ARM64_PL031_BASE);
    devtree_list(t, "compatible", "arm,pl031", "arm,primecell");
    devtree_reg(t, ARM64_PL031_BASE, PRIMECELL_SIZE);
    add_interrupt(t, ARM64_SPI_PL031);
    devtree_u32(t, "clocks", PHANDLE_CLOCK);
    devtree_string(t, "clock-names", "apb_pclk");
    devtree_node_end(t);
}

static void add_gpio(struct devtree *t)
{
    devtree_node_at(t, "pl061", ARM64_PL061_BASE);
    devtree_list(t, "compatible", "arm,pl061", "arm,primecell");
    devtree_reg(t, ARM64_PL061_BASE, PRIMECELL_SIZE);
    add_interrupt(t, ARM64_SPI_PL061);
    devtree_flag(t, "gpio-controller");
    devtree_u32(t, "#gpio-cells", 2);
    devtree_u32(t, "clocks", PHANDLE_CLOCK);
    devtree_string(t, "clock-names", "apb_pclk");
    devtree_u32(t, "phandle", PHANDLE_GPIO);
    devtree_node_end(t);
}

static void add_power_key(struct devtree *t)
{
    devtree_node(t, "gpio-keys");
    devtree_string(t, "compatible", "gpio-keys");
    devtree_node(t, "poweroff");
    devtree_string(t, "label", "Power key");
    devtree_u32(t, "linux,code", KEY_POWER);
    devtree_cell_list(t, "gpios", PHANDLE_GPIO, ARM64_POWER_KEY_LINE, 0);
    devtree_node_end(t);
    devtree_node_end(t);
}

/* The four pins of four slots, to the four wires; further slots repeat (the mask). */
static void add_interrupt_map(struct devtree *t)
{
    enum { CELLS = 10, ROWS = 16 };
    uint32_t map[ROWS * CELLS];

    for (uint32_t i = 0; i < ROWS; i++) {
        uint32_t slot = i / 4, pin = i % 4;
        const uint32_t row[CELLS] = {slot << 11,
                                     0,
                                     0,
                                     pin + 1,
                                     PHANDLE_GIC,
                                     0,
                                     0,
                                     IRQ_SPI,
                                     ARM64_SPI_INTX + (slot + pin) % 4,
                                     IRQ_LEVEL_HIGH};

        for (unsigned k = 0; k < CELLS; k++)
            map[i * CELLS + k] = row[k];
    }
    devtree_cell_list(t, "interrupt-map-mask", 3 << 11, 0, 0, 7);
    devtree_cells(t, "interrupt-map", map, ARRAY_LEN(map));
}

static void add_pci_windows(struct devtree *t, uint64_t mmio64_size)
{
    enum { CELLS = 7, NR_LOW = 2 * CELLS };
    /* Kind and PCI address (3 cells), CPU address (2), size (2). */
    const uint32_t rows[][CELLS] = {
        {PCI_SPACE_IO, 0, 0, HI(ARM64_PIO_BASE), LO(ARM64_PIO_BASE), HI(ARM64_PIO_SIZE),
         LO(ARM64_PIO_SIZE)},
        {PCI_SPACE_32, HI(ARM64_MMIO32_BASE), LO(ARM64_MMIO32_BASE), HI(ARM64_MMIO32_BASE),
         LO(ARM64_MMIO32_BASE), HI(ARM64_MMIO32_SIZE), LO(ARM64_MMIO32_SIZE)},
        {PCI_SPACE_64, HI(ARM64_MMIO64_BASE), LO(ARM64_MMIO64_BASE), HI(ARM64_MMIO64_BASE),
         LO(ARM64_MMIO64_BASE), HI(mmio64_size), LO(mmio64_size)},
    };

    devtree_cells(t, "ranges", rows[0], mmio64_size > 0 ? NR_LOW + CELLS : NR_LOW);
}

static void add_pci(struct devtree *t, const struct arm64_fdt_params *p)
{
    devtree_node_at(t, "pcie", ARM64_MMIO32_BASE);
    devtree_string(t, "compatible", "pci-host-ecam-generic");
    devtree_string(t, "device_type", "pci");
    devtree_u32(t, "#address-cells", 3);
    devtree_u32(t, "#size-cells", 2);
    devtree_u32(t, "#interrupt-cells", 1);
    devtree_reg(t, ARM64_ECAM_BASE, ARM64_ECAM_SIZE);
    devtree_cell_list(t, "bus-range", 0, (uint32_t)(ARM64_ECAM_SIZE >> 20) - 1);
    devtree_u32(t, "linux,pci-domain", 0);
    devtree_flag(t, "dma-coherent");
    add_pci_windows(t, p->mmio64_size);
    add_interrupt_map(t);
    devtree_cell_list(t, "msi-map", 0, PHANDLE_V2M, 0, 0x10000);
    devtree_node_end(t);
}

int arm64_fdt_build(const struct arm64_fdt_params *params, void *blob, size_t len, size_t *ret_len,
                    struct err *err)
{
    struct devtree t;

    devtree_begin(&t, blob, len);
    devtree_list(&t, "compatible", "linux,dummy-virt");
    devtree_string(&t, "model", "berth");
    devtree_u32(&t, "#address-cells", 2);
    devtree_u32(&t, "#size-cells", 2);
    devtree_u32(&t, "interrupt-parent", PHANDLE_GIC);
    add_chosen(&t, params);
    add_memory(&t, params);
    add_cpus(&t, params);
    add_psci(&t);
    add_timer(&t);
    add_gic(&t, params);
    add_clock(&t);
    add_uart(&t);
    add_rtc(&t);
    add_gpio(&t);
    add_power_key(&t);
    add_pci(&t, params);
    return devtree_end(&t, ret_len, err);
}
