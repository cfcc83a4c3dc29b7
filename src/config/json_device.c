/* SPDX-License-Identifier: Apache-2.0
 *
 * Devices in JSON: vfkit-compat.md §9.5, one writer and one reader for each kind, side by side. The
 * order of members is the contract's; those behind JSON_VIEW_FULL are ours. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/devices.h"
#include "config/json_members.h"
#include "config/number.h"

enum { NS_PER_MS = 1000000 };

/* ---- disks */

static void write_disk(struct json_writer *w, const struct device_config *dev)
{
    const struct disk_config *disk = &dev->disk;

    put_text(w, "devName", device_kind_name(dev->kind));
    put_true_if(w, "readOnly", disk->read_only);
    put_text_if(w, "imagePath", disk->path);
    put_text_if(w, "type", disk->type);
    put_text_if(w, "deviceIdentifier", disk->device_id);
    if (w->view != JSON_VIEW_FULL)
        return;
    put_text_if(w, "format", disk->format == DISK_QCOW2 ? "qcow2" : NULL);
    put_true_if(w, "cloudInit", disk->cloud_init);
}

static void read_disk(struct json_reader *in, struct device_config *dev)
{
    static const char *const types[] = {"", "image", "dev", NULL};
    static const char *const formats[] = {"raw", "qcow2", NULL};
    int type = 0, format = DISK_RAW;

    get_word(in, "type", types, &type);
    get_word(in, "format", formats, &format);
    get_bool(in, "readOnly", &dev->disk.read_only);
    get_text(in, "imagePath", &dev->disk.path);
    get_text(in, "type", &dev->disk.type);
    get_text(in, "deviceIdentifier", &dev->disk.device_id);
    get_bool(in, "cloudInit", &dev->disk.cloud_init);
    dev->disk.format = (enum disk_format)format;
}

static void write_nbd(struct json_writer *w, const struct device_config *dev)
{
    put_text(w, "devName", device_kind_name(dev->kind));
    put_true_if(w, "readOnly", dev->nbd.read_only);
    put_text_if(w, "uri", dev->nbd.uri);
    put_text(w, "DeviceIdentifier", dev->nbd.device_id);
    put_int(w, "Timeout", (int64_t)dev->nbd.timeout_ms * NS_PER_MS);
    put_text(w, "SynchronizationMode", dev->nbd.sync_full ? "full" : "none");
}

static void read_nbd(struct json_reader *in, struct device_config *dev)
{
    static const char *const modes[] = {"none", "full", NULL};
    int64_t timeout_ns = 0;
    int mode = 1;

    get_bool(in, "readOnly", &dev->nbd.read_only);
    get_text(in, "uri", &dev->nbd.uri);
    get_text(in, "DeviceIdentifier", &dev->nbd.device_id);
    get_int(in, "Timeout", (int64_t)INT32_MIN * NS_PER_MS, (int64_t)INT32_MAX * NS_PER_MS,
            &timeout_ns);
    get_word(in, "SynchronizationMode", modes, &mode);
    dev->nbd.timeout_ms = (int32_t)(timeout_ns / NS_PER_MS);
    dev->nbd.sync_full = mode;
}

/* ---- virtio-net */

/* A connected socket is an empty object and has no path any more; so is a descriptor. */
static void write_net_socket(struct json_writer *w, const struct net_config *net)
{
    bool by_path = net->kind == NET_UNIXGRAM || net->kind == NET_UNIXSTREAM;

    if (net->kind == NET_FD || (by_path && w->view == JSON_VIEW_INSPECT))
        put_json(w, "socket", json_object());
    if (by_path && w->view == JSON_VIEW_FULL)
        put_text_if(w, "unixSocketPath", net->path);
}

static void write_net(struct json_writer *w, const struct device_config *dev)
{
    const struct net_config *net = &dev->net;
    char mac[18];

    put_bool(w, "nat", net->kind == NET_NAT);
    write_net_socket(w, net);
    put_true_if(w, "vfkitMagic", net->magic);
    (void)snprintf(mac, sizeof(mac), "%02x:%02x:%02x:%02x:%02x:%02x", net->mac[0], net->mac[1],
                   net->mac[2], net->mac[3], net->mac[4], net->mac[5]);
    put_text_if(w, "macAddress", net->has_mac ? mac : NULL);
    if (w->view != JSON_VIEW_FULL)
        return;
    if (net->kind == NET_FD && net->fd >= 0)
        put_int(w, "fd", net->fd);
    put_true_if(w, "stream", net->kind == NET_UNIXSTREAM || net->fd_stream);
    put_true_if(w, "offloading", net->offloading);
}

static void read_mac(struct json_reader *in, struct net_config *net)
{
    struct err why = {0};
    char *text = NULL;

    get_text(in, "macAddress", &text);
    if (text) {
        net->has_mac = true;
        if (go_parse_mac(text, net->mac, &why))
            get_failed(in, "%s", why.text);
    }
    free(text);
}

static void read_net(struct json_reader *in, struct device_config *dev)
{
    struct net_config *net = &dev->net;
    bool nat = false, stream = false;
    int64_t fd = -1;

    get_bool(in, "nat", &nat);
    get_text(in, "unixSocketPath", &net->path);
    get_bool(in, "vfkitMagic", &net->magic);
    read_mac(in, net);
    get_int(in, "fd", 0, INT32_MAX, &fd);
    get_bool(in, "stream", &stream);
    get_bool(in, "offloading", &net->offloading);
    net->fd = (int)fd;
    if (nat)
        net->kind = NET_NAT;
    else if (json_object_get(in->o, "socket"))
        net->kind = NET_FD;
    else
        net->kind = stream ? NET_UNIXSTREAM : NET_UNIXGRAM;
    net->fd_stream = net->kind == NET_FD && stream;
}

/* ---- virtio-serial, virtio-vsock */

static void write_serial(struct json_writer *w, const struct device_config *dev)
{
    put_text_if(w, "logFile", dev->serial.kind == SERIAL_LOG ? dev->serial.log_path : NULL);
    put_true_if(w, "usesStdio", dev->serial.kind == SERIAL_STDIO);
    put_true_if(w, "usesPty", dev->serial.kind == SERIAL_PTY);
    put_text_if(w, "ptyName", dev->serial.pty_name);
}

static void read_serial(struct json_reader *in, struct device_config *dev)
{
    bool stdio = false, pty = false;

    get_text(in, "logFile", &dev->serial.log_path);
    get_bool(in, "usesStdio", &stdio);
    get_bool(in, "usesPty", &pty);
    get_text(in, "ptyName", &dev->serial.pty_name);
    if (!in->r && !!dev->serial.log_path + stdio + pty > 1)
        get_failed(in, "only one of 'logFile', 'usesStdio' and 'usesPty' may be given");
    dev->serial.kind = stdio ? SERIAL_STDIO : pty ? SERIAL_PTY : SERIAL_LOG;
}

static void write_vsock(struct json_writer *w, const struct device_config *dev)
{
    put_int(w, "port", dev->vsock.port);
    put_text(w, "socketURL", dev->vsock.socket_path);
    put_true_if(w, "listen", dev->vsock.listen);
}

static void read_vsock(struct json_reader *in, struct device_config *dev)
{
    int64_t port = 0;

    get_int(in, "port", 0, UINT32_MAX, &port);
    get_text(in, "socketURL", &dev->vsock.socket_path);
    get_bool(in, "listen", &dev->vsock.listen);
    dev->vsock.port = (uint32_t)port;
}

/* ---- virtio-fs, rosetta */

static void write_fs(struct json_writer *w, const struct device_config *dev)
{
    put_text(w, "mountTag", dev->fs.mount_tag);
    put_text(w, "sharedDir", dev->fs.shared_dir);
    if (w->view == JSON_VIEW_FULL)
        put_text_if(w, "permissionSemantics", dev->fs.complete_permissions ? "complete" : NULL);
}

static void read_fs(struct json_reader *in, struct device_config *dev)
{
    static const char *const semantics[] = {"simplified", "complete", NULL};
    int complete = 0;

    get_text(in, "mountTag", &dev->fs.mount_tag);
    get_text(in, "sharedDir", &dev->fs.shared_dir);
    get_word(in, "permissionSemantics", semantics, &complete);
    dev->fs.complete_permissions = complete;
}

static void write_rosetta(struct json_writer *w, const struct device_config *dev)
{
    put_text(w, "mountTag", dev->rosetta.mount_tag);
    put_bool(w, "installRosetta", dev->rosetta.install);
    put_bool(w, "ignoreIfMissing", dev->rosetta.ignore_if_missing);
}

static void read_rosetta(struct json_reader *in, struct device_config *dev)
{
    get_text(in, "mountTag", &dev->rosetta.mount_tag);
    get_bool(in, "installRosetta", &dev->rosetta.install);
    get_bool(in, "ignoreIfMissing", &dev->rosetta.ignore_if_missing);
}

/* ---- virtio-gpu, virtio-input, and those without members */

static void write_gpu(struct json_writer *w, const struct device_config *dev)
{
    put_bool(w, "usesGUI", dev->gpu.use_gui);
    put_int(w, "width", dev->gpu.width);
    put_int(w, "height", dev->gpu.height);
}

static void read_gpu(struct json_reader *in, struct device_config *dev)
{
    int64_t width = GPU_DEFAULT_WIDTH, height = GPU_DEFAULT_HEIGHT;

    get_bool(in, "usesGUI", &dev->gpu.use_gui);
    get_int(in, "width", 0, UINT32_MAX, &width);
    get_int(in, "height", 0, UINT32_MAX, &height);
    dev->gpu.width = (uint32_t)width;
    dev->gpu.height = (uint32_t)height;
}

static const char *const input_types[] = {
    [INPUT_KEYBOARD] = "keyboard", [INPUT_POINTING] = "pointing", NULL};

static void write_input(struct json_writer *w, const struct device_config *dev)
{
    put_text(w, "inputType", input_types[dev->input]);
}

static void read_input(struct json_reader *in, struct device_config *dev)
{
    int type = INPUT_KEYBOARD;

    get_word(in, "inputType", input_types, &type);
    dev->input = (enum input_kind)type;
}

static void write_nothing(struct json_writer *w, const struct device_config *dev)
{
}

static void read_nothing(struct json_reader *in, struct device_config *dev)
{
}

/* ---- the table */

static const struct {
    const char *kind;
    void (*write)(struct json_writer *w, const struct device_config *dev);
    void (*read)(struct json_reader *in, struct device_config *dev);
} devices[] = {
    [DEVICE_BLK] = {"virtioblk", write_disk, read_disk},
    [DEVICE_NVME] = {"nvme", write_disk, read_disk},
    [DEVICE_USB_MASS_STORAGE] = {"usbmassstorage", write_disk, read_disk},
    [DEVICE_NBD] = {"nbd", write_nbd, read_nbd},
    [DEVICE_NET] = {"virtionet", write_net, read_net},
    [DEVICE_SERIAL] = {"virtioserial", write_serial, read_serial},
    [DEVICE_VSOCK] = {"virtiosock", write_vsock, read_vsock},
    [DEVICE_FS] = {"virtiofs", write_fs, read_fs},
    [DEVICE_ROSETTA] = {"rosetta", write_rosetta, read_rosetta},
    [DEVICE_RNG] = {"virtiorng", write_nothing, read_nothing},
    [DEVICE_BALLOON] = {"virtioballoon", write_nothing, read_nothing},
    [DEVICE_GPU] = {"virtiogpu", write_gpu, read_gpu},
    [DEVICE_INPUT] = {"virtioinput", write_input, read_input},
};

json_t *device_to_json(const struct device_config *dev, enum json_view view)
{
    struct json_writer w = json_writer_begin(view);

    put_text(&w, "kind", devices[dev->kind].kind);
    devices[dev->kind].write(&w, dev);
    return json_writer_end(&w);
}

int device_from_json(const json_t *o, size_t index, struct device_config *ret, struct err *err)
{
    const char *kind = json_string_value(json_object_get(o, "kind"));
    struct device_config dev = {0};
    char where[64];
    struct json_reader in = {.o = o, .where = where, .err = err};
    size_t i = 0;

    if (!kind)
        return err_set(err, -EINVAL, "device %zu has no 'kind'", index);
    while (i < ARRAY_LEN(devices) && strcmp(devices[i].kind, kind) != 0)
        i++;
    if (i == ARRAY_LEN(devices))
        return err_set(err, -EINVAL, "device %zu has an unknown kind: %s", index, kind);
    (void)snprintf(where, sizeof(where), "device %zu (%s)", index, kind);
    dev.kind = (enum device_kind)i;
    devices[i].read(&in, &dev);
    if (in.r)
        device_config_finish(&dev);
    else
        *ret = dev;
    return in.r;
}
