/* SPDX-License-Identifier: Apache-2.0
 *
 * vfkit's --device: vfkit-compat.md §5.1 and §7, and berth's additions to it. Messages are vfkit's
 * to the letter, spelling mistakes included. Nothing here touches a file: see cli/validate.c. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "config/devices.h"
#include "config/number.h"
#include "config/optlist.h"

#define MEMBER(m) .offset = offsetof(struct device_config, m)

/* `unexpected value for <owner> '<key>' option: <value>` for a key that stands alone. */
static int refuse_value(const char *owner, const struct device_key *key, const char *value,
                        struct err *reason)
{
    if (!*value)
        return 0;
    return err_set(reason, -EINVAL, "unexpected value for %s '%s' option: %s", owner, key->name,
                   value);
}

static int exclusive(const char *a, const char *b, struct err *reason)
{
    return err_set(reason, -EINVAL, "'%s' and '%s' cannot be set at the same time", a, b);
}

/* ---- disks */

static int disk_read_type(struct device_draft *d, const struct device_key *key, const char *value,
                          struct err *reason)
{
    if (*value && strcmp(value, "image") != 0 && strcmp(value, "dev") != 0)
        return err_set(reason, -EINVAL, "unexpected value for disk 'type' option: %s", value);
    return read_text(d, key, value, reason);
}

static int disk_read_readonly(struct device_draft *d, const struct device_key *key,
                              const char *value, struct err *reason)
{
    int r = refuse_value("virtio-blk", key, value, reason); /* its text for every kind of disk */

    return r ? r : read_flag(d, key, value, reason);
}

static int disk_read_format(struct device_draft *d, const struct device_key *key, const char *value,
                            struct err *reason)
{
    if (strcmp(value, "raw") != 0 && strcmp(value, "qcow2") != 0)
        return err_set(reason, -EINVAL,
                       "unexpected value for disk 'format' option: %s (expected raw or qcow2)",
                       value);
    d->dev.disk.format = !strcmp(value, "qcow2") ? DISK_QCOW2 : DISK_RAW;
    return 0;
}

/* nvme and usb-mass-storage know only the first three. */
enum { NR_COMMON_DISK_KEYS = 3 };
static const struct device_key disk_keys[] = {
    {"path", read_text, MEMBER(disk.path), .values = "PATH"},
    {"type", disk_read_type, MEMBER(disk.type), .values = "image|dev"},
    {"readonly", disk_read_readonly, MEMBER(disk.read_only)},
    {"deviceId", read_text, MEMBER(disk.device_id), .values = "ID"},
    {"format", disk_read_format, .values = "raw|qcow2", .berth_only = true},
};

/* ---- nbd */

enum { NBD_TIMEOUT_MS = 15000 };

static int nbd_read_timeout(struct device_draft *d, const struct device_key *key, const char *value,
                            struct err *reason)
{
    int64_t ms;
    int r = go_parse_int("ParseInt", value, 32, &ms, reason);

    if (!r)
        d->dev.nbd.timeout_ms = (int32_t)ms;
    return r;
}

static int nbd_read_sync(struct device_draft *d, const struct device_key *key, const char *value,
                         struct err *reason)
{
    if (strcmp(value, "full") != 0 && strcmp(value, "none") != 0)
        return err_set(reason, -EINVAL, "invalid sync mode: %s, must be 'full' or 'none'", value);
    d->dev.nbd.sync_full = !strcmp(value, "full");
    return 0;
}

static int nbd_read_readonly(struct device_draft *d, const struct device_key *key,
                             const char *value, struct err *reason)
{
    int r = refuse_value("nbd", key, value, reason);

    return r ? r : read_flag(d, key, value, reason);
}

static const struct device_key nbd_keys[] = {
    {"uri", read_text, MEMBER(nbd.uri), .values = "URI"},
    {"deviceId", read_text, MEMBER(nbd.device_id), .values = "ID"},
    {"timeout", nbd_read_timeout, .values = "MS"},
    {"sync", nbd_read_sync, .values = "full|none"},
    {"readonly", nbd_read_readonly, MEMBER(nbd.read_only)},
};

/* ---- virtio-net */

static bool net_is_berth(const struct device_draft *d)
{
    return d->personality == PERSONALITY_BERTH;
}

static int net_read_nat(struct device_draft *d, const struct device_key *key, const char *value,
                        struct err *reason)
{
    d->net.nat = true;
    return refuse_value("virtio-net", key, value, reason);
}

static int net_read_mac(struct device_draft *d, const struct device_key *key, const char *value,
                        struct err *reason)
{
    d->dev.net.has_mac = true;
    return go_parse_mac(value, d->dev.net.mac, reason);
}

static int net_read_fd(struct device_draft *d, const struct device_key *key, const char *value,
                       struct err *reason)
{
    int64_t fd;
    int r = go_parse_int("Atoi", value, 64, &fd, reason);

    if (r)
        return r;
    if (fd < 0 || fd > INT32_MAX)
        return err_set(reason, -EINVAL, "invalid file descriptor: %lld", (long long)fd);
    d->net.has_fd = true;
    d->dev.net.fd = (int)fd;
    return 0;
}

static int net_read_type(struct device_draft *d, const struct device_key *key, const char *value,
                         struct err *reason)
{
    bool stream = net_is_berth(d) && !strcmp(value, "unixstream");

    if (!stream && strcmp(value, "unixgram") != 0)
        return err_set(reason, -EINVAL,
                       "unsupported virtio-net type: %s (only 'unixgram'%s supported)", value,
                       net_is_berth(d) ? " and 'unixstream' are" : " is");
    d->net.has_type = true;
    d->net.stream = stream;
    return 0;
}

static void net_wants_type(struct device_draft *d, const struct device_key *key)
{
    if (!d->net.needs_type)
        d->net.needs_type = key->name;
}

static int net_read_path(struct device_draft *d, const struct device_key *key, const char *value,
                         struct err *reason)
{
    net_wants_type(d, key);
    return read_text(d, key, value, reason);
}

static int net_read_magic(struct device_draft *d, const struct device_key *key, const char *value,
                          struct err *reason)
{
    if (strcmp(value, "on") != 0 && strcmp(value, "off") != 0)
        return err_set(reason, -EINVAL, "invalid value for vfkitMagic: %s (expected on/off)",
                       value);
    d->net.has_magic = true;
    d->net.magic = !strcmp(value, "on");
    return 0;
}

static int net_read_offloading(struct device_draft *d, const struct device_key *key,
                               const char *value, struct err *reason)
{
    bool on = net_is_berth(d) && !strcmp(value, "on");

    if (!on && strcmp(value, "off") != 0)
        return err_set(reason, -EINVAL, "invalid value for offloading: %s (%s)", value,
                       net_is_berth(d) ? "expected on/off" : "only 'off' is supported");
    net_wants_type(d, key);
    d->dev.net.offloading = on;
    return 0;
}

static const struct device_key net_keys[] = {
    {"nat", .read = net_read_nat},
    {"mac", net_read_mac, .values = "MAC"},
    {"fd", net_read_fd, .values = "N"},
    {"unixSocketPath", read_text, MEMBER(net.path), .values = "PATH"},
    {"type", net_read_type, .values = "unixgram"},
    {"path", net_read_path, MEMBER(net.path), .values = "PATH"},
    {"vfkitMagic", net_read_magic, .values = "on|off"},
    {"offloading", net_read_offloading, .values = "off"},
};

/* The four rules of §7.3, in their order. berth also knows type=…,fd=, as krunkit does. */
static int net_rules(const struct device_draft *d, struct err *reason)
{
    bool path = d->dev.net.path;

    if (d->net.has_type && !path && !(net_is_berth(d) && d->net.has_fd))
        return err_set(reason, -EINVAL, "'type' option requires 'path' to be specified");
    if (d->net.needs_type && !d->net.has_type)
        return err_set(reason, -EINVAL, "'%s' option requires 'type' to be specified",
                       d->net.needs_type);
    if (d->net.nat && d->net.has_fd)
        return exclusive("nat", "fd", reason);
    if (d->net.nat && path)
        return exclusive("nat", "unixSocketPath", reason);
    if (d->net.has_fd && path)
        return exclusive("fd", "unixSocketPath", reason);
    if (!d->net.nat && !d->net.has_fd && !path)
        return err_set(reason, -EINVAL, "one of 'nat' or 'fd' or 'unixSocketPath' must be set");
    return 0;
}

static int net_finish(struct device_draft *d, struct err *reason)
{
    struct net_config *net = &d->dev.net;
    int r = net_rules(d, reason);

    if (r)
        return r;
    if (d->net.has_fd) {
        net->kind = NET_FD;
        net->fd_stream = d->net.stream;
        return 0;
    }
    net->fd = -1;
    net->kind = d->net.nat ? NET_NAT : d->net.stream ? NET_UNIXSTREAM : NET_UNIXGRAM;
    if (net->kind == NET_UNIXGRAM)
        net->magic = !d->net.has_magic || d->net.magic;
    return 0;
}

/* ---- virtio-serial */

static int serial_read_log(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    d->serial.log = *value;
    return read_text(d, key, value, reason);
}

static int serial_read_stdio(struct device_draft *d, const struct device_key *key,
                             const char *value, struct err *reason)
{
    d->serial.stdio = true;
    return refuse_value("virtio-serial", key, value, reason);
}

static int serial_read_pty(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    d->serial.pty = true;
    return 0;
}

static const struct device_key serial_keys[] = {
    {"logFilePath", serial_read_log, MEMBER(serial.log_path), .values = "PATH"},
    {"stdio", .read = serial_read_stdio},
    {"pty", .read = serial_read_pty},
};

static int serial_finish(struct device_draft *d, struct err *reason)
{
    if (d->serial.log && d->serial.stdio)
        return exclusive("logFilePath", "stdio", reason);
    if (d->serial.log && d->serial.pty)
        return exclusive("logFilePath", "pty", reason);
    if (d->serial.stdio && d->serial.pty)
        return exclusive("stdio", "pty", reason);
    if (!d->serial.log && !d->serial.stdio && !d->serial.pty)
        return err_set(reason, -EINVAL, "one of 'logFilePath', 'stdio' or 'pty' must be set");
    d->dev.serial.kind = d->serial.log ? SERIAL_LOG : d->serial.stdio ? SERIAL_STDIO : SERIAL_PTY;
    return 0;
}

/* ---- virtio-vsock */

static int vsock_read_port(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    uint64_t port;
    int r = go_parse_uint(value, 10, 32, &port, reason);

    if (!r)
        d->dev.vsock.port = (uint32_t)port;
    return r;
}

static int vsock_read_connect(struct device_draft *d, const struct device_key *key,
                              const char *value, struct err *reason)
{
    d->dev.vsock.listen = false;
    return 0;
}

static const struct device_key vsock_keys[] = {
    {"port", vsock_read_port, .values = "N"},
    {"socketURL", read_text, MEMBER(vsock.socket_path), .values = "PATH"},
    {"listen", read_flag, MEMBER(vsock.listen)},
    {"connect", .read = vsock_read_connect},
};

/* ---- virtio-fs, rosetta */

static int fs_read_permissions(struct device_draft *d, const struct device_key *key,
                               const char *value, struct err *reason)
{
    if (strcmp(value, "simplified") != 0 && strcmp(value, "complete") != 0)
        return err_set(reason, -EINVAL,
                       "invalid value for permissionSemantics: %s (expected simplified/complete)",
                       value);
    d->dev.fs.complete_permissions = !strcmp(value, "complete");
    return 0;
}

static const struct device_key fs_keys[] = {
    {"sharedDir", read_text, MEMBER(fs.shared_dir), .values = "PATH"},
    {"mountTag", read_text, MEMBER(fs.mount_tag), .values = "TAG"},
    {"permissionSemantics", fs_read_permissions, .values = "simplified|complete",
     .berth_only = true},
};

static const struct device_key rosetta_keys[] = {
    {"mountTag", read_text, MEMBER(rosetta.mount_tag), .values = "TAG"},
    {"install", read_flag, MEMBER(rosetta.install)},
    {"ignore-if-missing", read_flag, MEMBER(rosetta.ignore_if_missing)},
};

/* ---- virtio-gpu, virtio-input */

static int gpu_read_size(struct device_draft *d, const struct device_key *key, const char *value,
                         struct err *reason)
{
    int64_t n;

    if (go_parse_int("Atoi", value, 32, &n, NULL) || n <= 0)
        return err_set(reason, -EINVAL, "invalid value for virtio-gpu %s: %s", key->name, value);
    *(uint32_t *)(void *)((char *)&d->dev + key->offset) = (uint32_t)n;
    return 0;
}

static const struct device_key gpu_keys[] = {
    {"width", gpu_read_size, MEMBER(gpu.width), .values = "N"},
    {"height", gpu_read_size, MEMBER(gpu.height), .values = "N"},
};

static int gpu_finish(struct device_draft *d, struct err *reason)
{
    struct gpu_config *gpu = &d->dev.gpu;

    if (!gpu->width != !gpu->height)
        return err_set(reason, -EINVAL,
                       "invalid dimensions for virtio-gpu device resolution: %ux%u", gpu->width,
                       gpu->height);
    if (!gpu->width) {
        gpu->width = GPU_DEFAULT_WIDTH;
        gpu->height = GPU_DEFAULT_HEIGHT;
    }
    return 0;
}

static int input_read(struct device_draft *d, const struct device_key *key, const char *value,
                      struct err *reason)
{
    if (*value)
        return err_set(reason, -EINVAL, "unexpected value for virtio-input %s option: %s",
                       key->name, value);
    d->input.chosen = true;
    d->dev.input = !strcmp(key->name, "pointing") ? INPUT_POINTING : INPUT_KEYBOARD;
    return 0;
}

static const struct device_key input_keys[] = {
    {"keyboard", .read = input_read},
    {"pointing", .read = input_read},
};

static int input_finish(struct device_draft *d, struct err *reason)
{
    return d->input.chosen ? 0 : err_set(reason, -EINVAL, "%s: ", d->type->unknown);
}

/* ---- the table */

#define KEYS(k) .keys = (k), .nr_keys = ARRAY_LEN(k)

static const struct device_type types[] = {
    {"virtio-blk", DEVICE_BLK, KEYS(disk_keys), "unknown option for virtio-blk devices",
     .help = "disk"},
    {"nvme", DEVICE_NVME, disk_keys, NR_COMMON_DISK_KEYS, "unknown option for nvme devices",
     .help = "disk on an NVMe controller"},
    {"usb-mass-storage", DEVICE_USB_MASS_STORAGE, disk_keys, NR_COMMON_DISK_KEYS,
     "unknown option for usb-mass-storage devices", .help = "disk on a USB controller"},
    {"nbd", DEVICE_NBD, KEYS(nbd_keys), "unknown option for nbd devices",
     .help = "disk served over the network"},
    {"virtio-net", DEVICE_NET, KEYS(net_keys), "unknown option for virtio-net devices", net_finish,
     "network interface"},
    {"virtio-serial", DEVICE_SERIAL, KEYS(serial_keys), "unknown option for virtio-serial devices",
     serial_finish, "console port"},
    {"virtio-vsock", DEVICE_VSOCK, KEYS(vsock_keys), "unknown option for virtio-vsock devices",
     .help = "host socket for a guest vsock port"},
    {"virtio-fs", DEVICE_FS, KEYS(fs_keys), "unknown option for virtio-fs devices",
     .help = "shared directory"},
    {"rosetta", DEVICE_ROSETTA, KEYS(rosetta_keys), "unknown option for rosetta share",
     .help = "Rosetta share (macOS on Apple silicon)"},
    {"virtio-rng", DEVICE_RNG, .unknown = "unknown options for virtio-rng devices",
     .help = "entropy"},
    {"virtio-balloon", DEVICE_BALLOON, .unknown = "unknown options for virtio-balloon devices",
     .help = "memory balloon"},
    {"virtio-gpu", DEVICE_GPU, KEYS(gpu_keys), "unknown option for virtio-gpu devices", gpu_finish,
     "display"},
    {"virtio-input", DEVICE_INPUT, KEYS(input_keys), "unknown option for virtio-input devices",
     input_finish, "keyboard or pointer"},
};

const struct device_table devices_vfkit = {types, ARRAY_LEN(types)};

static const struct device_type *find_type(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (!strcmp(types[i].name, name))
            return &types[i];
    return NULL;
}

static const struct device_key *find_key(const struct device_draft *d, const char *name)
{
    for (size_t i = 0; i < d->type->nr_keys; i++) {
        const struct device_key *key = &d->type->keys[i];

        if (!strcmp(key->name, name) && (!key->berth_only || net_is_berth(d)))
            return key;
    }
    return NULL;
}

static int read_piece(struct device_draft *d, char *piece, struct err *reason)
{
    const struct device_key *key;
    const char *value;

    if (!*piece)
        return 0;
    value = optlist_cut(piece);
    key = find_key(d, piece);
    if (!key)
        return err_set(reason, -EINVAL, "%s: %s", d->type->unknown, piece);
    return key->read(d, key, value, reason);
}

/* Values that are not all-zero before any key is read. */
static void set_defaults(struct device_draft *d)
{
    if (d->dev.kind == DEVICE_NBD)
        d->dev.nbd = (struct nbd_config){.timeout_ms = NBD_TIMEOUT_MS, .sync_full = true};
    else if (d->dev.kind == DEVICE_VSOCK)
        d->dev.vsock.listen = true;
}

static int parse_pieces(const struct strlist *pieces, enum personality personality,
                        struct device_config *ret, struct err *reason)
{
    struct device_draft d = {.personality = personality, .type = find_type(pieces->items[0])};
    int r = 0;

    if (!d.type)
        return err_set(reason, -EINVAL, "unknown device type: %s", pieces->items[0]);
    d.dev.kind = d.type->kind;
    set_defaults(&d);
    for (size_t i = 1; i < pieces->nr && !r; i++)
        r = read_piece(&d, pieces->items[i], reason);
    if (!r && d.type->finish)
        r = d.type->finish(&d, reason);
    if (r)
        device_config_finish(&d.dev);
    else
        *ret = d.dev;
    return r;
}

int vfkit_parse_device(const char *text, enum personality personality, struct device_config *ret,
                       struct err *reason)
{
    struct strlist pieces = {0};
    int r = optlist_split(text, &pieces);

    if (!r)
        r = parse_pieces(&pieces, personality, ret, reason);
    strlist_finish(&pieces);
    return r;
}
