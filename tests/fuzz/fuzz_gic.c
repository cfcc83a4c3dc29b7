/* SPDX-License-Identifier: Apache-2.0
 *
 * The interrupt controller: its frames, its system registers, its wires. First byte: bit 7 set, raw
 * accesses; clear, the controller is set up as Linux does first. Checked: a CPU's wire changes
 * rather than repeats; an acknowledge gives an interrupt if and only if that wire is high; what was
 * acknowledged is active; after a reset all wires are low. */
#include <string.h>

#include "device/gic.h"
#include "fuzz.h"

enum { NR_CPUS = 3, NR_SPIS = 64, MAX_STEPS = 300 };

#define ICC(crm, op2) GIC_SYSREG(3u, 0u, 12u, crm, op2)
#define PMR           GIC_SYSREG(3u, 0u, 4u, 6u, 0u)

struct machine {
    struct gic *gic;
    bool wire[NR_CPUS][GIC_NR_OUTPUTS];
};

static uint64_t mpidr(unsigned cpu)
{
    return cpu;
}

static void on_output(void *ctx, unsigned cpu, enum gic_output which, bool level)
{
    struct machine *m = ctx;

    FUZZ_CHECK(m->wire[cpu][which] != level);
    m->wire[cpu][which] = level;
}

/* The active bit of an interrupt, as its CPU reads it. */
static bool is_active(const struct machine *m, unsigned cpu, unsigned intid)
{
    uint64_t word = intid < 32 ? gic_redist_ops.read(m->gic, cpu * GIC_REDIST_SIZE + 0x10300, 4)
                               : gic_dist_ops.read(m->gic, 0x300 + intid / 32 * 4, 4);

    return word >> (intid % 32) & 1;
}

static void acknowledge(const struct machine *m, unsigned cpu, bool group1)
{
    bool high = m->wire[cpu][group1 ? GIC_OUTPUT_IRQ : GIC_OUTPUT_FIQ];
    uint64_t intid;

    FUZZ_CHECK(gic_read_sysreg(m->gic, cpu, ICC(group1 ? 12u : 8u, 0u), &intid) == 0);
    FUZZ_CHECK((intid != GIC_SPURIOUS) == high);
    FUZZ_CHECK(!high || (intid < 32 + NR_SPIS && is_active(m, cpu, (unsigned)intid)));
}

static void set_up_as_linux(const struct machine *m)
{
    gic_dist_ops.write(m->gic, 0, 4, 3);
    for (unsigned i = 1; i <= NR_SPIS / 32; i++) {
        gic_dist_ops.write(m->gic, 0x80 + 4 * i, 4, UINT32_MAX);
        gic_dist_ops.write(m->gic, 0x100 + 4 * i, 4, UINT32_MAX);
    }
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++) {
        gic_redist_ops.write(m->gic, cpu * GIC_REDIST_SIZE + 0x10080, 4, UINT32_MAX);
        gic_redist_ops.write(m->gic, cpu * GIC_REDIST_SIZE + 0x10100, 4, UINT32_MAX);
        (void)!gic_write_sysreg(m->gic, cpu, PMR, 0xf0);
        (void)!gic_write_sysreg(m->gic, cpu, ICC(12u, 6u), 1);
        (void)!gic_write_sysreg(m->gic, cpu, ICC(12u, 7u), 1);
    }
}

static void access_frame(const struct machine *m, const struct mmio_ops *ops, uint64_t len,
                         struct cursor *c)
{
    uint8_t how = cursor_u8(c);
    unsigned size = 1u << (how & 3);
    uint64_t off = cursor_le32(c) % (len - 8);

    if (how & 4)
        mmio_write(ops, m->gic, off, size, cursor_le64(c));
    else
        (void)mmio_read(ops, m->gic, off, size);
}

/* Near the registers that matter, most of the time. */
static void access_register(const struct machine *m, unsigned cpu, struct cursor *c)
{
    static const uint16_t registers[] = {0x80,  0x100, 0x180, 0x200, 0x280, 0x300,
                                         0x380, 0x400, 0x420, 0xc00, 0xc08, 0x6100};
    unsigned off = registers[cursor_u8(c) % ARRAY_LEN(registers)] + (cursor_u8(c) & 0x1cu);
    uint32_t value = cursor_le32(c);

    if (off & 4)
        gic_redist_ops.write(m->gic, cpu * GIC_REDIST_SIZE + 0x10000 + (off & ~4u), 4, value);
    else
        gic_dist_ops.write(m->gic, off + 4, 4, off >= 0x6000 ? value % 4 : value);
}

static void system_register(const struct machine *m, unsigned cpu, struct cursor *c)
{
    uint8_t which = cursor_u8(c);
    uint32_t reg = which == 0xff ? PMR : ICC(8u + (which >> 3 & 7), which & 7u);
    uint64_t value;

    if (which & 0x80)
        (void)!gic_write_sysreg(m->gic, cpu, reg, cursor_le64(c));
    else
        (void)!gic_read_sysreg(m->gic, cpu, reg, &value);
}

static void step(struct machine *m, struct cursor *c)
{
    uint8_t op = cursor_u8(c), arg = cursor_u8(c);
    unsigned cpu = (op >> 4) % NR_CPUS;

    switch (op & 15) {
    case 0:
    case 1:
        gic_set_spi(m->gic, arg, op & 1);
        break;
    case 2:
        gic_pulse_spi(m->gic, arg);
        break;
    case 3:
    case 4:
        gic_set_ppi(m->gic, cpu, arg & 31, op & 1);
        break;
    case 5:
    case 6:
        acknowledge(m, cpu, op & 1);
        break;
    case 7:
    case 8:
        (void)!gic_write_sysreg(m->gic, cpu, ICC(op & 1 ? 12u : 8u, 1u), arg);
        break;
    case 9:
        (void)!gic_write_sysreg(m->gic, cpu, ICC(11u, 5u), (uint64_t)(arg & 15) << 24 | arg >> 4);
        break;
    case 10:
        system_register(m, cpu, c);
        break;
    case 11:
    case 12:
        access_register(m, cpu, c);
        break;
    case 13:
        access_frame(m, &gic_dist_ops, GIC_DIST_SIZE, c);
        break;
    case 14:
        access_frame(m, &gic_redist_ops, NR_CPUS * GIC_REDIST_SIZE, c);
        break;
    default:
        if (arg == 0)
            gic_reset(m->gic);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct cursor c = cursor_at(data, len);
    struct machine m;
    const struct gic_params params = {NR_CPUS, NR_SPIS, mpidr, on_output, &m};

    memset(&m, 0, sizeof(m));
    FUZZ_CHECK(gic_create(&params, &m.gic) == 0);
    if (!(cursor_u8(&c) & 0x80))
        set_up_as_linux(&m);
    for (unsigned i = 0; i < MAX_STEPS && c.left > 0; i++)
        step(&m, &c);
    gic_reset(m.gic);
    for (unsigned cpu = 0; cpu < NR_CPUS; cpu++)
        FUZZ_CHECK(!m.wire[cpu][GIC_OUTPUT_IRQ] && !m.wire[cpu][GIC_OUTPUT_FIQ]);
    gic_destroy(m.gic);
    return 0;
}
