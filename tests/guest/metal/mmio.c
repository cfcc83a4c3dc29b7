/* SPDX-License-Identifier: Apache-2.0
 *
 * Every device register read and written with every size at every place: whatever the answer is,
 * value or abort, the machine goes on. */
#include "gic.h"
#include "metal.h"
#include "pci.h"

SNIPPET(load8, "ldrb w0, [x0]");
SNIPPET(load16, "ldrh w0, [x0]");
SNIPPET(load32, "ldr w0, [x0]");
SNIPPET(load64, "ldr x0, [x0]");
SNIPPET(load_pair, "ldp x0, x1, [x0]");
SNIPPET(store8, "strb w1, [x0]");
SNIPPET(store16, "strh w1, [x0]");
SNIPPET(store32, "str w1, [x0]");
SNIPPET(store64, "str x1, [x0]");
SNIPPET(store_pair, "stp x1, x1, [x0]");
SNIPPET(exchange, "1: ldxr w1, [x0]\nstxr w2, w1, [x0]");

static const struct range {
    const char *name;
    uint64_t base, len;
    bool writable; /* writing cannot end the run */
} ranges[] = {
    {"PL011", 0x09000000, 0x1000, true},
    {"PL031", 0x09010000, 0x1000, true},
    {"PL061", 0x09030000, 0x1000, true},
    {"GIC distributor", 0x08000000, 0x10000, true},
    {"GIC redistributor", 0x080a0000, 0x20000, true},
    {"GICv2m", 0x08020000, 0x1000, true},
    {"PCI configuration", PCI_ECAM, 0x1000, false},
    {"an empty PCI slot", PCI_ECAM + 0xf8000, 0x1000, true},
    {"nothing", 0x08f00000, 0x1000, true},
};

static void *const loads[] = {load8, load16, load32, load64, load_pair};
static void *const stores[] = {store8, store16, store32, store64, store_pair};

/* attempt() leaves x1 as it finds it: its own second argument, which is `va` here. So the value
 * stored is the address. */
static unsigned storm(const struct range *r, void *const *access, unsigned nr)
{
    unsigned aborts = 0;
    for (uint64_t off = 0; off<r->len; off += r->len> 0x1000 ? 0x44 : 4)
        for (unsigned n = 0; n < nr; n++)
            for (unsigned skew = 0; skew < 4; skew++)
                aborts += attempt(access[n], r->base + off + skew);
    return aborts;
}

static void reset_uart(void)
{
    *(volatile uint32_t *)0x09000038 = 0;     /* IMSC */
    *(volatile uint32_t *)0x0900002c = 0x70;  /* LCR_H: 8 bits, FIFOs */
    *(volatile uint32_t *)0x09000030 = 0x301; /* CR */
}

/* Only aborts that a device may cause: alignment, external, unsupported exclusive. */
static bool abort_is_plausible(void)
{
    unsigned ec = (unsigned)(trap[0].esr >> 26), fsc = trap[0].esr & 63;
    return ec == 0x25 && (fsc == 0x21 || fsc == 0x10 || fsc == 0x35);
}

static bool timer_fires(void)
{
    write_reg(cntv_cval_el0, 0);
    write_reg(cntv_ctl_el0, 1);
    bool pending = false;
    for (unsigned n = 0; n < 1000000 && !pending; n++)
        pending = read_reg(isr_el1) & 0x80;
    unsigned intid = gic_acknowledge();
    write_reg(cntv_ctl_el0, 0);
    gic_end(intid);
    return pending && intid == 27;
}

void metal_main(void)
{
    for (unsigned n = 0; n < sizeof(ranges) / sizeof(*ranges); n++) {
        const struct range *r = &ranges[n];
        unsigned aborts = storm(r, loads, sizeof(loads) / sizeof(*loads));
        if (r->writable)
            aborts += storm(r, stores, sizeof(stores) / sizeof(*stores));
        aborts += attempt(exchange, r->base);
        reset_uart();
        put("\n"); /* ends what the storm may have sent */
        check(r->name, aborts == 0 || abort_is_plausible());
    }
    gic_reset();
    gic_init();
    gic_cpu_init();
    gic_enable(27);
    check("the GIC recovers", timer_fires());
}
