/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices in the words of --device, for all three grammars: vfkit-compat.md §7 and §16.3. Where one
 * lacks a word, the text comes out as if it had it; print.c finds out. */
#include <string.h>

#include "config/devices.h"
#include "config/print.h"

static void add_text(struct strbuf *b, const char *key, const char *value)
{
    if (value)
        strbuf_addf(b, ",%s=%s", key, value);
}

static void add_flag(struct strbuf *b, const char *key, bool on)
{
    if (on)
        strbuf_addf(b, ",%s", key);
}

static void print_disk(struct strbuf *b, const struct disk_config *disk)
{
    add_text(b, "path", disk->path);
    add_text(b, "type", disk->type);
    add_flag(b, "readonly", disk->read_only);
    add_text(b, "deviceId", disk->device_id);
    add_text(b, "format", disk->format == DISK_QCOW2 ? "qcow2" : NULL);
}

static void print_nbd(struct strbuf *b, const struct nbd_config *nbd)
{
    add_text(b, "uri", nbd->uri);
    add_text(b, "deviceId", nbd->device_id);
    strbuf_addf(b, ",timeout=%d,sync=%s", nbd->timeout_ms, nbd->sync_full ? "full" : "none");
    add_flag(b, "readonly", nbd->read_only);
}

static void print_net_typed(struct strbuf *b, const struct net_config *net)
{
    bool stream = net->kind == NET_UNIXSTREAM || net->fd_stream;

    add_text(b, "type", stream ? "unixstream" : "unixgram");
    if (net->kind == NET_FD)
        strbuf_addf(b, ",fd=%d", net->fd);
    else
        add_text(b, "path", net->path);
    add_text(b, "offloading", net->offloading ? "on" : "off");
    if (net->kind == NET_UNIXGRAM)
        add_text(b, "vfkitMagic", net->magic ? "on" : "off");
}

static void print_net(struct strbuf *b, const struct net_config *net, enum personality p)
{
    bool stream = net->kind == NET_UNIXSTREAM || net->fd_stream;

    if (p == PERSONALITY_KRUNKIT || stream || net->offloading) {
        print_net_typed(b, net);
    } else if (net->kind == NET_NAT) {
        add_flag(b, "nat", true);
    } else if (net->kind == NET_FD) {
        strbuf_addf(b, ",fd=%d", net->fd);
    } else {
        add_text(b, "unixSocketPath", net->path);
        add_text(b, "vfkitMagic", net->magic ? NULL : "off");
    }
    if (net->has_mac)
        strbuf_addf(b, ",mac=%02x:%02x:%02x:%02x:%02x:%02x", net->mac[0], net->mac[1], net->mac[2],
                    net->mac[3], net->mac[4], net->mac[5]);
}

static void print_serial(struct strbuf *b, const struct serial_config *serial)
{
    add_text(b, "logFilePath", serial->kind == SERIAL_LOG ? serial->log_path : NULL);
    add_flag(b, "stdio", serial->kind == SERIAL_STDIO);
    add_flag(b, "pty", serial->kind == SERIAL_PTY);
}

void print_device(struct strbuf *b, const struct device_config *dev, enum personality p)
{
    strbuf_add(b, device_kind_name(dev->kind));
    switch (dev->kind) {
    case DEVICE_BLK:
    case DEVICE_NVME:
    case DEVICE_USB_MASS_STORAGE:
        print_disk(b, &dev->disk);
        break;
    case DEVICE_NBD:
        print_nbd(b, &dev->nbd);
        break;
    case DEVICE_NET:
        print_net(b, &dev->net, p);
        break;
    case DEVICE_SERIAL:
        print_serial(b, &dev->serial);
        break;
    case DEVICE_VSOCK:
        strbuf_addf(b, ",port=%u", dev->vsock.port);
        add_text(b, "socketURL", dev->vsock.socket_path);
        add_flag(b, dev->vsock.listen ? "listen" : "connect", true);
        break;
    case DEVICE_FS:
        add_text(b, "sharedDir", dev->fs.shared_dir);
        add_text(b, "mountTag", dev->fs.mount_tag);
        add_text(b, "permissionSemantics", dev->fs.complete_permissions ? "complete" : NULL);
        break;
    case DEVICE_ROSETTA:
        add_text(b, "mountTag", dev->rosetta.mount_tag);
        add_flag(b, "install", dev->rosetta.install);
        add_flag(b, "ignore-if-missing", dev->rosetta.ignore_if_missing);
        break;
    case DEVICE_GPU:
        strbuf_addf(b, ",width=%u,height=%u", dev->gpu.width, dev->gpu.height);
        break;
    case DEVICE_INPUT:
        add_flag(b, dev->input == INPUT_POINTING ? "pointing" : "keyboard", true);
        break;
    case DEVICE_RNG:
    case DEVICE_BALLOON:
        break;
    }
}
