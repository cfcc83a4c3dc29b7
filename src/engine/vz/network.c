/* SPDX-License-Identifier: Apache-2.0
 *
 * virtio-net: vfkit-compat.md §7.3 and §11. macOS's own NAT, or a datagram socket that the
 * framework reads and writes itself: it gets the only descriptor, so that the peer sees it close.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "backend/net/unixgram.h"
#include "engine/vz/build.h"
#include "engine/vz/foundation.h"

/* A socket of the command line's: the framework gets a copy, and the number stays taken. */
static int inherited_socket(const struct net_config *net, int *ret, struct err *err)
{
    int rc = unixgram_check(net->fd, err);

    if (rc < 0)
        return rc;
    *ret = fcntl(net->fd, F_DUPFD_CLOEXEC, 0);
    return *ret < 0 ? err_set(err, -errno,
                              "virtio-net: fd=%d: %s; raise the limit of open files (ulimit -n)",
                              net->fd, strerror(errno))
                    : 0;
}

static int connect_socket(struct vz_build *b, const struct net_config *net, int *ret,
                          struct err *err)
{
    struct unixgram socket;
    int rc = unixgram_open(net->path, net->magic, &socket, err);

    if (rc < 0)
        return rc;
    *ret = socket.fd;
    return vz_leave_path(b->left, socket.local_path) < 0 ? err_set(err, -ENOMEM, "out of memory")
                                                         : 0;
}

static int make_attachment(struct vz_build *b, const struct net_config *net, id *ret,
                           struct err *err)
{
    int fd = -1, rc = 0;
    id handle;

    if (net->kind == NET_NAT) {
        *ret = vz_new(VZ_CLASS(VZNATNetworkDeviceAttachment));
        return 0;
    }
    rc = net->kind == NET_FD ? inherited_socket(net, &fd, err) : connect_socket(b, net, &fd, err);
    if (rc < 0)
        return rc;
    handle = vz_file_handle(fd);
    *ret =
        objc_autorelease(vz_net_file_init(VZ_ALLOC(VZFileHandleNetworkDeviceAttachment), handle));
    return 0;
}

static id mac_address(const struct net_config *net)
{
    const uint8_t *m = net->mac;
    char text[18];

    if (!net->has_mac)
        return vz_mac_address_random(VZ_CLASS(VZMACAddress));
    (void)snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", m[0], m[1], m[2], m[3],
                   m[4], m[5]);
    return objc_autorelease(vz_mac_address_init(VZ_ALLOC(VZMACAddress), vz_string(text)));
}

static const char *net_name(const struct net_config *net)
{
    if (net->kind == NET_NAT)
        return "nat";
    return net->path ? net->path : "fd";
}

int vz_add_net(struct vz_build *b, struct device_config *dev, struct err *err)
{
    const struct net_config *net = &dev->net;
    id mac = mac_address(net), device, attachment;
    int rc;

    if (!mac)
        return err_set(err, -EINVAL,
                       "virtio-net %s: the framework takes no such MAC address; leave mac out for "
                       "a random one",
                       net_name(net));
    rc = make_attachment(b, net, &attachment, err);
    if (rc < 0)
        return rc;
    device = vz_new(VZ_CLASS(VZVirtioNetworkDeviceConfiguration));
    vz_net_set_attachment(device, attachment);
    vz_net_set_mac(device, mac);
    ns_array_add(b->network, device);
    ns_array_add(b->net_names, vz_string(net_name(net)));
    return 0;
}
