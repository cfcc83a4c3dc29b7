/* SPDX-License-Identifier: Apache-2.0
 *
 * pvpanic as a PCI function (QEMU docs/specs/pvpanic.rst): one byte in BAR 0. Reading it gives the
 * events we understand; writing reports them. A guest that has a crash kernel loaded reports only
 * that and handles its panic itself. */
#include "device/pvpanic.h"

#include <errno.h>
#include <stdlib.h>

enum { PANICKED = 1 << 0, CRASH_LOADED = 1 << 1, BAR_SIZE = 16 };

struct pvpanic {
    struct pci_device pci;
    struct pvpanic_params params;
};

static uint64_t pvpanic_read(void *dev, uint64_t off, unsigned size)
{
    (void)dev, (void)size;
    return off == 0 ? PANICKED | CRASH_LOADED : 0;
}

static void pvpanic_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    struct pvpanic *p = dev;

    (void)size;
    if (off == 0 && (value & PANICKED))
        p->params.panicked(p->params.ctx);
}

static const struct mmio_ops pvpanic_ops = {
    .read = pvpanic_read, .write = pvpanic_write, .min_size = 1, .max_size = 1};

int pvpanic_create(struct pci_host *host, const struct pvpanic_params *params, struct pvpanic **ret)
{
    static const struct pci_ids ids = {.vendor = 0x1b36,
                                       .device = 0x0011,
                                       .subsystem_vendor = 0x1af4,
                                       .subsystem = 0x1100,
                                       .class_code = 0x088000};
    struct pvpanic *p = calloc(1, sizeof(*p));
    int r;

    if (!p)
        return -ENOMEM;
    p->params = *params;
    p->pci.name = "pvpanic";
    p->pci.no_intx = true;
    p->pci.bar[0] = (struct pci_bar){.size = BAR_SIZE, .ops = &pvpanic_ops, .dev = p};
    r = pci_add(host, &p->pci, &ids);
    if (r) {
        free(p);
        return r;
    }
    *ret = p;
    return 0;
}

void pvpanic_destroy(struct pvpanic *p)
{
    if (!p)
        return;
    pci_remove(&p->pci);
    free(p);
}
