/* SPDX-License-Identifier: Apache-2.0
 *
 * MSI-X of one function: PCI Local Bus 3.0 §6.8.2. Table and pending bits lie in a BAR of their
 * own. A message goes out under the lock, so none leaves after the guest has read back its mask
 * bit. */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "bus/pci_host.h"

enum { TABLE_OFF = 0, PBA_OFF = 0x1000, ENTRY_SIZE = 16, ENTRY_WORDS = 4 };
enum { WORD_ADDR_LO, WORD_ADDR_HI, WORD_DATA, WORD_CONTROL };

struct pci_msix {
    pthread_mutex_t lock;
    struct pci_device *dev;
    unsigned nr;
    uint32_t cap;     /* offset in configuration space */
    bool enabled;     /* the control word's */
    bool open;        /* enabled, function not masked, may master the bus */
    uint64_t pending; /* the PBA */
    uint32_t table[PCI_MAX_MSIX][ENTRY_WORDS];
};

static_assert(PCI_MAX_MSIX <= 64, "the PBA is one word");
static_assert(PCI_MAX_MSIX * ENTRY_SIZE <= PBA_OFF, "the table must not reach the PBA");

static void send(const struct pci_msix *x, unsigned vector)
{
    const uint32_t *e = x->table[vector];
    const struct msi_target *t = &x->dev->host->params.msi;

    if (t->send)
        t->send(t->ctrl, (uint64_t)e[WORD_ADDR_HI] << 32 | e[WORD_ADDR_LO], e[WORD_DATA]);
}

static bool is_masked(const struct pci_msix *x, unsigned vector)
{
    return !x->open || (x->table[vector][WORD_CONTROL] & PCI_MSIX_ENTRY_MASKED);
}

/* Sends what became possible to send. */
static void flush(struct pci_msix *x)
{
    for (uint64_t left = x->pending; left != 0; left &= left - 1) {
        unsigned vector = (unsigned)__builtin_ctzll(left);

        if (is_masked(x, vector))
            continue;
        x->pending &= ~(UINT64_C(1) << vector);
        send(x, vector);
    }
}

void pci_msix_notify(struct pci_device *dev, unsigned vector)
{
    struct pci_msix *x = dev->msix;

    if (!x || vector >= x->nr)
        return;
    (void)pthread_mutex_lock(&x->lock);
    if (x->enabled) {
        if (is_masked(x, vector))
            x->pending |= UINT64_C(1) << vector;
        else
            send(x, vector);
    }
    (void)pthread_mutex_unlock(&x->lock);
}

bool pci_msix_enabled(const struct pci_device *dev)
{
    struct pci_msix *x = dev->msix;
    bool enabled;

    if (!x)
        return false;
    (void)pthread_mutex_lock(&x->lock);
    enabled = x->enabled;
    (void)pthread_mutex_unlock(&x->lock);
    return enabled;
}

void pci_msix_update(struct pci_device *dev)
{
    struct pci_msix *x = dev->msix;
    uint16_t control;

    if (!x)
        return;
    control = pci_get16(dev, x->cap + PCI_MSIX_CONTROL);
    (void)pthread_mutex_lock(&x->lock);
    x->enabled = control & PCI_MSIX_ENABLE;
    x->open = x->enabled && !(control & PCI_MSIX_FUNCTION_MASK) &&
              (pci_get16(dev, PCI_COMMAND) & PCI_COMMAND_MASTER);
    if (x->enabled)
        flush(x);
    else
        x->pending = 0;
    (void)pthread_mutex_unlock(&x->lock);
}

static void power_on(struct pci_msix *x)
{
    x->pending = 0;
    for (unsigned i = 0; i < x->nr; i++) {
        x->table[i][WORD_ADDR_LO] = 0;
        x->table[i][WORD_ADDR_HI] = 0;
        x->table[i][WORD_DATA] = 0;
        x->table[i][WORD_CONTROL] = PCI_MSIX_ENTRY_MASKED;
    }
}

void pci_msix_reset(struct pci_device *dev)
{
    struct pci_msix *x = dev->msix;

    if (!x)
        return;
    (void)pthread_mutex_lock(&x->lock);
    power_on(x);
    (void)pthread_mutex_unlock(&x->lock);
    pci_msix_update(dev);
}

/* The word of the table at `off`, or NULL. */
static uint32_t *table_word(struct pci_msix *x, uint64_t off)
{
    uint64_t vector = (off - TABLE_OFF) / ENTRY_SIZE;

    return vector < x->nr ? &x->table[vector][off % ENTRY_SIZE / 4] : NULL;
}

static uint64_t msix_read(void *dev, uint64_t off, unsigned size)
{
    struct pci_msix *x = dev;
    const uint32_t *word = table_word(x, off);
    uint64_t value = 0;

    (void)size;
    (void)pthread_mutex_lock(&x->lock);
    if (word)
        value = *word;
    else if (off == PBA_OFF)
        value = (uint32_t)x->pending;
    else if (off == PBA_OFF + 4)
        value = x->pending >> 32;
    (void)pthread_mutex_unlock(&x->lock);
    return value;
}

static void msix_write(void *dev, uint64_t off, unsigned size, uint64_t value)
{
    static const uint32_t writable[ENTRY_WORDS] = {~UINT32_C(3), UINT32_MAX, UINT32_MAX,
                                                   PCI_MSIX_ENTRY_MASKED};
    struct pci_msix *x = dev;
    uint32_t *word = table_word(x, off);

    (void)size;
    if (!word)
        return;
    (void)pthread_mutex_lock(&x->lock);
    *word = (uint32_t)value & writable[off % ENTRY_SIZE / 4];
    flush(x);
    (void)pthread_mutex_unlock(&x->lock);
}

static const struct mmio_ops msix_ops = {
    .read = msix_read, .write = msix_write, .min_size = 4, .max_size = 4};

int pci_msix_init(struct pci_device *dev, unsigned bar, unsigned nr)
{
    struct pci_msix *x;
    uint8_t *cap;

    assert(nr >= 1 && nr <= PCI_MAX_MSIX && bar < PCI_NR_BARS && !dev->msix);
    x = calloc(1, sizeof(*x));
    if (!x)
        return -ENOMEM;
    (void)pthread_mutex_init(&x->lock, NULL);
    x->dev = dev;
    x->nr = nr;
    power_on(x);
    x->cap = pci_add_cap(dev, PCI_CAP_ID_MSIX, PCI_MSIX_CAP_SIZE);
    cap = dev->config + x->cap;
    pci_put16(cap + PCI_MSIX_CONTROL, nr - 1);
    pci_put32(cap + PCI_MSIX_TABLE, TABLE_OFF | bar);
    pci_put32(cap + PCI_MSIX_PBA, PBA_OFF | bar);
    pci_put16(dev->writable + x->cap + PCI_MSIX_CONTROL, PCI_MSIX_ENABLE | PCI_MSIX_FUNCTION_MASK);
    dev->bar[bar] = (struct pci_bar){.size = PCI_MSIX_BAR_SIZE, .ops = &msix_ops, .dev = x};
    pci_config_set_bar(dev, bar);
    dev->msix = x;
    return 0;
}

void pci_msix_finish(struct pci_device *dev)
{
    if (!dev->msix)
        return;
    (void)pthread_mutex_destroy(&dev->msix->lock);
    free(dev->msix);
    dev->msix = NULL;
}
