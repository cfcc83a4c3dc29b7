/* SPDX-License-Identifier: Apache-2.0
 *
 * GICv3 by its registers (IHI 0069), at the addresses of the `virt` board. */
#include "gic.h"

#include "metal.h"

#define GICD UINT64_C(0x08000000)
#define GICR UINT64_C(0x080a0000)
enum {
    GICD_CTLR = 0x0000,
    GICD_ICENABLER = 0x0180,
    GICD_ICPENDR = 0x0280,
    GICD_ICACTIVER = 0x0380,
    GICR_CTLR = 0x0000,
    GICR_STRIDE = 0x20000,
    GICR_WAKER = 0x0014,
    GICR_SGI = 0x10000,
    IGROUPR0 = GICR_SGI + 0x080,
    ISENABLER0 = GICR_SGI + 0x100,
    IPRIORITYR = GICR_SGI + 0x400,
    PROCESSOR_SLEEP = 2,
    CHILDREN_ASLEEP = 4,
};

#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
/* Two steps, so that the names above are replaced before they become text. */
#define read_icc(name)         read_reg(name)
#define write_icc(name, value) write_reg(name, value)

static volatile uint32_t *word(uint64_t address)
{
    return (volatile uint32_t *)address;
}

static uint64_t redistributor(void)
{
    return GICR + (uint64_t)cpu_self() * GICR_STRIDE;
}

void gic_reset(void)
{
    uint64_t gicr = redistributor();
    *word(GICD + GICD_CTLR) = 0;
    for (unsigned n = 1; n < 32; n++) {
        *word(GICD + GICD_ICENABLER + n * 4) = UINT32_MAX;
        *word(GICD + GICD_ICPENDR + n * 4) = UINT32_MAX;
        *word(GICD + GICD_ICACTIVER + n * 4) = UINT32_MAX;
    }
    *word(gicr + GICR_CTLR) = 0;
    *word(gicr + GICR_SGI + GICD_ICENABLER) = UINT32_MAX;
    *word(gicr + GICR_SGI + GICD_ICPENDR) = UINT32_MAX;
    *word(gicr + GICR_SGI + GICD_ICACTIVER) = UINT32_MAX;
}

void gic_init(void)
{
    *word(GICD + GICD_CTLR) = 0x12; /* ARE, group 1 */
}

void gic_cpu_init(void)
{
    uint64_t gicr = redistributor();
    *word(gicr + GICR_WAKER) &= ~(uint32_t)PROCESSOR_SLEEP;
    while (*word(gicr + GICR_WAKER) & CHILDREN_ASLEEP)
        ;
    *word(gicr + IGROUPR0) = UINT32_MAX;
    for (unsigned n = 0; n < 32; n += 4)
        *word(gicr + IPRIORITYR + n) = 0xa0a0a0a0;
    write_icc(ICC_SRE_EL1, 7);
    write_icc(ICC_PMR_EL1, 0xf0);
    write_icc(ICC_IGRPEN1_EL1, 1);
}

void gic_enable(unsigned intid)
{
    *word(redistributor() + ISENABLER0) = 1u << intid;
    dsb();
}

unsigned gic_acknowledge(void)
{
    unsigned intid = read_icc(ICC_IAR1_EL1) & 0xffffff;
    dsb();
    return intid;
}

void gic_end(unsigned intid)
{
    write_icc(ICC_EOIR1_EL1, intid);
}

void gic_send(unsigned cpu, unsigned sgi)
{
    dsb();
    write_icc(ICC_SGI1R_EL1, (uint64_t)sgi << 24 | 1u << cpu);
}
