/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio over PCI: virtio 1.2 §4.1. Registers are in BAR 0, a page for each structure:
 *
 *      0x0000  common configuration (§4.1.4.3)      0x2000  device configuration (§4.1.4.6)
 *      0x1000  ISR status (§4.1.4.5)                0x3000  doorbells, 4 bytes a queue (§4.1.4.4)
 *
 * and the MSI-X table is in BAR 2. The window into BAR 0 through configuration space (§4.1.4.9) is
 * there for firmware that cannot map BARs. Left out: the legacy interface, notification data, queue
 * reset, shared memory. */
#include "virtio/pci.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    BAR_REGISTERS = 0, /* and 1: 64-bit */
    BAR_MSIX = 2,
    AREA_SIZE = 0x1000,
    AREA_COMMON = 0,
    AREA_ISR = 0x1000,
    AREA_DEVICE = 0x2000,
    AREA_NOTIFY = 0x3000,
    BAR_SIZE = 0x4000,
    NOTIFY_MULTIPLIER = 4,
};

enum {
    PCI_VENDOR_VIRTIO = 0x1af4,
    PCI_DEVICE_BASE = 0x1040,
    PCI_SUBSYSTEM_BASE = 0x40,
    PCI_CAP_VENDOR = 9
};

enum { /* cfg_type, §4.1.4 */
       VIRTIO_PCI_CAP_COMMON_CFG = 1,
       VIRTIO_PCI_CAP_NOTIFY_CFG,
       VIRTIO_PCI_CAP_ISR_CFG,
       VIRTIO_PCI_CAP_DEVICE_CFG,
       VIRTIO_PCI_CAP_PCI_CFG,
};

enum { /* struct virtio_pci_cap, byte offsets */
       CAP_LEN = 2,
       CAP_CFG_TYPE = 3,
       CAP_BAR = 4,
       CAP_OFFSET = 8,
       CAP_LENGTH = 12,
       CAP_SIZE = 16,
       CAP_NOTIFY_MULTIPLIER = 16,
       CAP_PCI_CFG_DATA = 16,
       CAP_SIZE_EXTENDED = 20,
};

enum { /* struct virtio_pci_common_cfg, byte offsets */
       COMMON_DEVICE_FEATURE_SELECT = 0x00,
       COMMON_DEVICE_FEATURE = 0x04,
       COMMON_DRIVER_FEATURE_SELECT = 0x08,
       COMMON_DRIVER_FEATURE = 0x0c,
       COMMON_CONFIG_MSIX_VECTOR = 0x10,
       COMMON_NUM_QUEUES = 0x12,
       COMMON_DEVICE_STATUS = 0x14,
       COMMON_CONFIG_GENERATION = 0x15,
       COMMON_QUEUE_SELECT = 0x16,
       COMMON_QUEUE_SIZE = 0x18,
       COMMON_QUEUE_MSIX_VECTOR = 0x1a,
       COMMON_QUEUE_ENABLE = 0x1c,
       COMMON_QUEUE_NOTIFY_OFF = 0x1e,
       COMMON_QUEUE_DESC = 0x20,
       COMMON_QUEUE_DRIVER = 0x28,
       COMMON_QUEUE_DEVICE = 0x30,
       COMMON_SIZE = 0x38,
};

enum { VIRTIO_MSI_NO_VECTOR = 0xffff };
enum { ISR_QUEUE = 1, ISR_CONFIG = 2 };

struct virtio_pci_state { /* guest-visible; under the device's lock */
    uint32_t device_feature_select, driver_feature_select;
    uint16_t queue_select;
    uint16_t config_vector;
    uint16_t queue_vector[VIRTIO_MAX_QUEUES];
    uint8_t isr;
};

struct virtio_pci {
    struct pci_device pci;
    struct virtio_device *dev;
    uint16_t nr_vectors;
    uint32_t window; /* offset of the PCI_CFG capability */
    struct virtio_pci_state state;
};

/* ---- interrupts ---- */

/* One cause of interrupts: its vector, or with INTx its bit of the ISR register. */
static void virtio_pci_irq(struct virtio_pci *vp, uint16_t vector, uint8_t isr)
{
    if (pci_msix_enabled(&vp->pci)) {
        if (vector != VIRTIO_MSI_NO_VECTOR)
            pci_msix_notify(&vp->pci, vector);
        return;
    }
    vp->state.isr |= isr;
    pci_set_intx(&vp->pci, true);
}

static void virtio_pci_queue_irq(void *transport, unsigned q)
{
    struct virtio_pci *vp = transport;

    virtio_pci_irq(vp, vp->state.queue_vector[q], ISR_QUEUE);
}

static void virtio_pci_config_irq(void *transport)
{
    struct virtio_pci *vp = transport;

    virtio_pci_irq(vp, vp->state.config_vector, ISR_CONFIG);
}

static void virtio_pci_reset(void *transport)
{
    struct virtio_pci *vp = transport;

    memset(&vp->state, 0, sizeof(vp->state));
    vp->state.config_vector = VIRTIO_MSI_NO_VECTOR;
    for (unsigned q = 0; q < ARRAY_LEN(vp->state.queue_vector); q++)
        vp->state.queue_vector[q] = VIRTIO_MSI_NO_VECTOR;
    pci_set_intx(&vp->pci, false);
}

static const struct virtio_transport_ops virtio_pci_transport = {
    .queue_irq = virtio_pci_queue_irq,
    .config_irq = virtio_pci_config_irq,
    .reset = virtio_pci_reset,
};

static uint8_t virtio_pci_read_isr(struct virtio_pci *vp)
{
    uint8_t isr = vp->state.isr;

    vp->state.isr = 0;
    pci_set_intx(&vp->pci, false);
    return isr;
}

/* ---- common configuration ---- */

static void put16(uint8_t *p, uint16_t v)
{
    memcpy(p, &v, sizeof(v));
}

static void put32(uint8_t *p, uint32_t v)
{
    memcpy(p, &v, sizeof(v));
}

static void put64(uint8_t *p, uint64_t v)
{
    memcpy(p, &v, sizeof(v));
}

static uint32_t feature_word(uint64_t features, uint32_t word)
{
    return word > 1 ? 0 : (uint32_t)(features >> (word * 32));
}

static void common_put_queue(const struct virtio_pci *vp, uint8_t *image)
{
    unsigned q = vp->state.queue_select;
    const struct vq_state *s;

    if (q >= vp->dev->nr_queues)
        return; /* size 0: there is no such queue (§4.1.4.3.1) */
    s = &vp->dev->vq[q].state;
    put16(image + COMMON_QUEUE_SIZE, s->size);
    put16(image + COMMON_QUEUE_MSIX_VECTOR, vp->state.queue_vector[q]);
    put16(image + COMMON_QUEUE_ENABLE, s->enabled);
    put16(image + COMMON_QUEUE_NOTIFY_OFF, (uint16_t)q);
    put64(image + COMMON_QUEUE_DESC, s->desc);
    put64(image + COMMON_QUEUE_DRIVER, s->driver);
    put64(image + COMMON_QUEUE_DEVICE, s->device);
}

/* The structure as the driver sees it now. Reading has no effects, so any access is a part of this
 * image. */
static void common_image(const struct virtio_pci *vp, uint8_t *image)
{
    const struct virtio_pci_state *s = &vp->state;
    const struct virtio_device *dev = vp->dev;

    memset(image, 0, COMMON_SIZE);
    put32(image + COMMON_DEVICE_FEATURE_SELECT, s->device_feature_select);
    put32(image + COMMON_DEVICE_FEATURE,
          feature_word(virtio_features(dev), s->device_feature_select));
    put32(image + COMMON_DRIVER_FEATURE_SELECT, s->driver_feature_select);
    put32(image + COMMON_DRIVER_FEATURE,
          feature_word(dev->state.driver_features, s->driver_feature_select));
    put16(image + COMMON_CONFIG_MSIX_VECTOR, s->config_vector);
    put16(image + COMMON_NUM_QUEUES, (uint16_t)dev->nr_queues);
    image[COMMON_DEVICE_STATUS] = virtio_get_status(dev);
    image[COMMON_CONFIG_GENERATION] = dev->state.generation;
    put16(image + COMMON_QUEUE_SELECT, s->queue_select);
    common_put_queue(vp, image);
}

/* A vector that does not exist reads back as none (§4.1.5.1.2). */
static uint16_t checked_vector(const struct virtio_pci *vp, uint64_t value)
{
    return value < vp->nr_vectors ? (uint16_t)value : VIRTIO_MSI_NO_VECTOR;
}

static void set_half(uint64_t *field, uint64_t off, uint64_t value)
{
    unsigned shift = off % 8 ? 32 : 0;

    *field &= ~((uint64_t)UINT32_MAX << shift);
    *field |= (value & UINT32_MAX) << shift;
}

/* The selected queue's registers. Once it is enabled they are fixed until reset; checks come when
 * it is. */
static void common_write_queue(struct virtio_pci *vp, uint64_t off, unsigned size, uint64_t value)
{
    unsigned q = vp->state.queue_select;
    struct vq_state *s = virtio_queue_setup(vp->dev, q);

    if (off == COMMON_QUEUE_MSIX_VECTOR && size == 2 && q < vp->dev->nr_queues)
        vp->state.queue_vector[q] = checked_vector(vp, value);
    if (!s)
        return;
    if (off == COMMON_QUEUE_SIZE && size == 2)
        s->size = (uint16_t)value;
    else if (off == COMMON_QUEUE_ENABLE && size == 2 && value == 1)
        virtio_queue_enable(vp->dev, q);
    else if (off >= COMMON_QUEUE_DEVICE && size == 4)
        set_half(&s->device, off, value);
    else if (off >= COMMON_QUEUE_DRIVER && size == 4)
        set_half(&s->driver, off, value);
    else if (off >= COMMON_QUEUE_DESC && size == 4)
        set_half(&s->desc, off, value);
}

/* Only accesses of a field's own width mean anything (§4.1.3.1); others are dropped. */
static void common_write(struct virtio_pci *vp, uint64_t off, unsigned size, uint64_t value)
{
    struct virtio_pci_state *s = &vp->state;

    if (off == COMMON_DEVICE_FEATURE_SELECT && size == 4)
        s->device_feature_select = (uint32_t)value;
    else if (off == COMMON_DRIVER_FEATURE_SELECT && size == 4)
        s->driver_feature_select = (uint32_t)value;
    else if (off == COMMON_DRIVER_FEATURE && size == 4)
        virtio_accept_features(vp->dev, s->driver_feature_select, (uint32_t)value);
    else if (off == COMMON_CONFIG_MSIX_VECTOR && size == 2)
        s->config_vector = checked_vector(vp, value);
    else if (off == COMMON_DEVICE_STATUS && size == 1)
        virtio_set_status(vp->dev, (uint8_t)value);
    else if (off == COMMON_QUEUE_SELECT && size == 2)
        s->queue_select = (uint16_t)value;
    else if (off >= COMMON_QUEUE_SIZE && off < COMMON_SIZE)
        common_write_queue(vp, off, size, value);
}

static uint64_t common_read(const struct virtio_pci *vp, uint64_t off, unsigned size)
{
    uint8_t image[COMMON_SIZE];
    uint64_t value = 0;

    if (off > COMMON_SIZE - size)
        return 0;
    common_image(vp, image);
    memcpy(&value, image + off, size);
    return value;
}

/* ---- BAR 0 ---- */

static uint64_t virtio_pci_read(void *ctx, uint64_t off, unsigned size)
{
    struct virtio_pci *vp = ctx;
    uint64_t in_area = off % AREA_SIZE, value = 0;

    virtio_lock(vp->dev);
    switch (off - in_area) {
    case AREA_COMMON:
        value = common_read(vp, in_area, size);
        break;
    case AREA_ISR:
        if (in_area == 0)
            value = virtio_pci_read_isr(vp);
        break;
    case AREA_DEVICE:
        virtio_config_read(vp->dev, (uint32_t)in_area, &value, size);
        break;
    default: /* doorbells read as zero */
        break;
    }
    virtio_unlock(vp->dev);
    return value;
}

static void virtio_pci_write(void *ctx, uint64_t off, unsigned size, uint64_t value)
{
    struct virtio_pci *vp = ctx;
    uint64_t in_area = off % AREA_SIZE;

    if (off >= AREA_NOTIFY) { /* the queue is told by the address; needs no lock */
        virtio_kick(vp->dev, (unsigned)(in_area / NOTIFY_MULTIPLIER));
        return;
    }
    virtio_lock(vp->dev);
    if (off - in_area == AREA_COMMON)
        common_write(vp, in_area, size, value);
    else if (off - in_area == AREA_DEVICE)
        virtio_config_write(vp->dev, (uint32_t)in_area, &value, size);
    virtio_unlock(vp->dev);
}

static const struct mmio_ops virtio_pci_bar_ops = {
    .read = virtio_pci_read,
    .write = virtio_pci_write,
    .min_size = 1,
    .max_size = 4,
};

/* ---- the window in configuration space ---- */

/* What the window shows now: `ret_off` and `ret_size` of an access to BAR 0. False: nothing
 * sensible. */
static bool window_target(const struct virtio_pci *vp, uint32_t *ret_off, unsigned *ret_size)
{
    const uint8_t *cap = vp->pci.config + vp->window;
    uint32_t off, len;

    memcpy(&off, cap + CAP_OFFSET, sizeof(off));
    memcpy(&len, cap + CAP_LENGTH, sizeof(len));
    if (cap[CAP_BAR] != BAR_REGISTERS || (len != 1 && len != 2 && len != 4))
        return false;
    if (off % len != 0 || off > BAR_SIZE - len)
        return false;
    *ret_off = off;
    *ret_size = len;
    return true;
}

static bool window_touched(const struct virtio_pci *vp, uint32_t off, unsigned size)
{
    uint32_t data = vp->window + CAP_PCI_CFG_DATA;

    return off < data + 4 && off + size > data;
}

static void virtio_pci_config_reading(struct pci_device *pci, uint32_t off, unsigned size)
{
    struct virtio_pci *vp = container_of(pci, struct virtio_pci, pci);
    uint32_t bar_off;
    unsigned bar_size;

    if (window_touched(vp, off, size) && window_target(vp, &bar_off, &bar_size))
        put32(pci->config + vp->window + CAP_PCI_CFG_DATA,
              (uint32_t)virtio_pci_read(vp, bar_off, bar_size));
}

static void virtio_pci_config_written(struct pci_device *pci, uint32_t off, unsigned size)
{
    struct virtio_pci *vp = container_of(pci, struct virtio_pci, pci);
    uint32_t bar_off, value = 0;
    unsigned bar_size;

    if (!window_touched(vp, off, size) || !window_target(vp, &bar_off, &bar_size))
        return;
    memcpy(&value, pci->config + vp->window + CAP_PCI_CFG_DATA, bar_size);
    virtio_pci_write(vp, bar_off, bar_size, value);
}

/* ---- construction ---- */

static uint32_t class_code(uint16_t device_id)
{
    switch (device_id) {
    case VIRTIO_ID_NET:
        return 0x020000; /* Ethernet controller */
    case VIRTIO_ID_BLOCK:
        return 0x010000; /* SCSI controller, as everyone's virtio disks say */
    case VIRTIO_ID_CONSOLE:
        return 0x078000; /* other communication controller */
    case VIRTIO_ID_GPU:
        return 0x038000; /* other display controller */
    case VIRTIO_ID_INPUT:
        return 0x098000; /* other input controller */
    case VIRTIO_ID_VSOCK:
        return 0x028000; /* other network controller */
    case VIRTIO_ID_FS:
        return 0x018000; /* other storage controller */
    default:
        return 0xff0000; /* none of the defined classes */
    }
}

static uint32_t add_cap(struct virtio_pci *vp, uint8_t type, unsigned size, uint32_t off,
                        uint32_t len)
{
    uint32_t at = pci_add_cap(&vp->pci, PCI_CAP_VENDOR, size);
    uint8_t *cap = vp->pci.config + at;

    cap[CAP_LEN] = (uint8_t)size;
    cap[CAP_CFG_TYPE] = type;
    cap[CAP_BAR] = BAR_REGISTERS;
    put32(cap + CAP_OFFSET, off);
    put32(cap + CAP_LENGTH, len);
    return at;
}

static void add_caps(struct virtio_pci *vp)
{
    uint32_t at;

    (void)add_cap(vp, VIRTIO_PCI_CAP_COMMON_CFG, CAP_SIZE, AREA_COMMON, COMMON_SIZE);
    (void)add_cap(vp, VIRTIO_PCI_CAP_ISR_CFG, CAP_SIZE, AREA_ISR, 1);
    if (vp->dev->ops->config_len)
        (void)add_cap(vp, VIRTIO_PCI_CAP_DEVICE_CFG, CAP_SIZE, AREA_DEVICE, AREA_SIZE);
    at = add_cap(vp, VIRTIO_PCI_CAP_NOTIFY_CFG, CAP_SIZE_EXTENDED, AREA_NOTIFY,
                 vp->dev->nr_queues * NOTIFY_MULTIPLIER);
    put32(vp->pci.config + at + CAP_NOTIFY_MULTIPLIER, NOTIFY_MULTIPLIER);

    vp->window = add_cap(vp, VIRTIO_PCI_CAP_PCI_CFG, CAP_SIZE_EXTENDED, 0, 0);
    vp->pci.writable[vp->window + CAP_BAR] = 0xff;
    memset(vp->pci.writable + vp->window + CAP_OFFSET, 0xff, CAP_SIZE_EXTENDED - CAP_OFFSET);
}

static int virtio_pci_add(struct virtio_pci *vp, struct pci_host *host)
{
    uint16_t id = vp->dev->ops->device_id;
    const struct pci_ids ids = {
        .vendor = PCI_VENDOR_VIRTIO,
        .device = (uint16_t)(PCI_DEVICE_BASE + id),
        .subsystem_vendor = PCI_VENDOR_VIRTIO,
        .subsystem = (uint16_t)(PCI_SUBSYSTEM_BASE + id),
        .class_code = class_code(id),
        .revision = 1,
    };
    int rc;

    vp->pci.name = vp->dev->name;
    vp->pci.bar[BAR_REGISTERS] =
        (struct pci_bar){.size = BAR_SIZE, .is_64bit = true, .ops = &virtio_pci_bar_ops, .dev = vp};
    vp->pci.config_reading = virtio_pci_config_reading;
    vp->pci.config_written = virtio_pci_config_written;
    rc = pci_add(host, &vp->pci, &ids);
    if (rc < 0)
        return rc;
    rc = pci_msix_init(&vp->pci, BAR_MSIX, vp->nr_vectors);
    if (rc < 0) {
        pci_remove(&vp->pci);
        return rc;
    }
    add_caps(vp);
    return 0;
}

int virtio_pci_create(struct pci_host *host, struct virtio_device *dev, struct virtio_pci **ret)
{
    struct virtio_pci *vp = calloc(1, sizeof(*vp));
    int rc;

    if (!vp) {
        virtio_destroy(dev);
        return -ENOMEM;
    }
    assert(dev->ops->config_len <= AREA_SIZE);
    vp->dev = dev;
    vp->nr_vectors =
        (uint16_t)(dev->nr_queues + 1 < PCI_MAX_MSIX ? dev->nr_queues + 1 : PCI_MAX_MSIX);
    rc = virtio_pci_add(vp, host);
    if (rc < 0) {
        virtio_destroy(dev);
        free(vp);
        return rc;
    }
    virtio_pci_reset(vp);
    virtio_attach(dev, &virtio_pci_transport, vp);
    *ret = vp;
    return 0;
}

void virtio_pci_destroy(struct virtio_pci *vp)
{
    if (!vp)
        return;
    virtio_destroy(vp->dev);
    pci_msix_finish(&vp->pci);
    pci_remove(&vp->pci);
    free(vp);
}

struct virtio_device *virtio_pci_device(struct virtio_pci *vp)
{
    return vp->dev;
}
