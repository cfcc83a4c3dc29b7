/* SPDX-License-Identifier: Apache-2.0
 *
 * Serial ports (virtio 1.2 §5.3): one port, or several console ports behind one device as all of
 * vfkit's ptys are. */
#ifndef BERTH_VIRTIO_CONSOLE_H
#define BERTH_VIRTIO_CONSOLE_H

#include "backend/char/chr.h"
#include "virtio/device.h"

enum { CONSOLE_MAX_PORTS = 16 };

struct virtio_console_params {
    struct virtio_params device;
    struct chr *const *ports; /* where each port ends */
    unsigned nr_ports;        /* 1..CONSOLE_MAX_PORTS */
    bool multiport;           /* the multi-port protocol; without it nr_ports is 1 */
};

/* Takes ownership of the ports' backends, also when it fails. */
NODISCARD int virtio_console_create(const struct virtio_console_params *params,
                                    struct virtio_device **ret);

/* What another UART of the machine says: goes where port 0 ends, until the guest opens that port (a
 * single port: until it first writes), and again after a reset of the device. So a boot that fails
 * early is not silent. Any thread, no lock. */
void virtio_console_uart_output(struct virtio_device *dev, const void *p, size_t len);

#endif
