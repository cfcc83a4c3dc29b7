/* SPDX-License-Identifier: Apache-2.0
 *
 * krunkit's --device: vfkit-compat.md §5.3 and §16.3. Keys are asked for in the order of the
 * tables, required ones first, because that decides which of several faults is reported. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "config/devices.h"
#include "config/number.h"
#include "config/optlist.h"

#define MEMBER(m) .offset = offsetof(struct device_config, m)

static int refuse_value(const struct device_draft *d, const struct device_key *key,
                        const char *value, struct err *reason)
{
    if (!*value)
        return 0;
    return err_set(reason, -EINVAL, "unexpected value for %s argument: %s=%s", d->type->name,
                   key->name, value);
}

static int exclusive(const char *device, const char *a, const char *b, const char *end,
                     struct err *reason)
{
    return err_set(reason, -EINVAL,
                   "%s \"%s\" and \"%s\" are mutually exclusive and cannot be used together%s",
                   device, a, b, end);
}

static int read_u32(const struct device_key *key, const char *value, uint32_t *ret,
                    struct err *reason)
{
    uint64_t n;
    struct err why = {0};
    int r = rust_parse_uint(value, UINT32_MAX, &n, &why);

    if (r)
        return err_set(reason, r, "invalid %s value '%s': %s", key->name, value, why.text);
    *ret = (uint32_t)n;
    return 0;
}

/* ---- virtio-blk */

static int blk_read_format(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    if (strcasecmp(value, "raw") != 0 && strcasecmp(value, "qcow2") != 0)
        return err_set(reason, -EINVAL, "unsupported disk image format");
    d->dev.disk.format = !strcasecmp(value, "qcow2") ? DISK_QCOW2 : DISK_RAW;
    return 0;
}

static const struct device_key blk_keys[] = {
    {"path", read_text, MEMBER(disk.path), .required = true, .values = "PATH"},
    {"format", blk_read_format, .values = "raw|qcow2"},
};

/* ---- virtio-net */

static int net_read_mac(struct device_draft *d, const struct device_key *key, const char *value,
                        struct err *reason)
{
    d->dev.net.has_mac = true;
    return go_parse_mac(value, d->dev.net.mac, reason);
}

static int net_read_unix_path(struct device_draft *d, const struct device_key *key,
                              const char *value, struct err *reason)
{
    d->net.by_path = true;
    return read_text(d, key, value, reason);
}

static int net_read_type(struct device_draft *d, const struct device_key *key, const char *value,
                         struct err *reason)
{
    if (strcmp(value, "unixgram") != 0 && strcmp(value, "unixstream") != 0)
        return err_set(reason, -EINVAL, "virtio-net unsupported \"type\" input %s", value);
    d->net.has_type = true;
    d->net.stream = !strcmp(value, "unixstream");
    return 0;
}

static int net_read_fd(struct device_draft *d, const struct device_key *key, const char *value,
                       struct err *reason)
{
    uint64_t fd;
    struct err why = {0};
    int r = rust_parse_uint(value, INT32_MAX, &fd, &why);

    if (r)
        return err_set(reason, r, "invalid fd value '%s': %s", value, why.text);
    d->net.has_fd = true;
    d->dev.net.fd = (int)fd;
    return 0;
}

static int net_read_offloading(struct device_draft *d, const struct device_key *key,
                               const char *value, struct err *reason)
{
    d->net.has_offloading = true;
    return krun_parse_bool(value, &d->dev.net.offloading, reason);
}

static int net_read_magic(struct device_draft *d, const struct device_key *key, const char *value,
                          struct err *reason)
{
    d->net.has_magic = true;
    return krun_parse_bool(value, &d->net.magic, reason);
}

static const struct device_key net_keys[] = {
    {"mac", net_read_mac, .required = true, .values = "MAC"},
    {"unixSocketPath", net_read_unix_path, MEMBER(net.path), .values = "PATH"},
    {"type", net_read_type, .values = "unixgram|unixstream"},
    {"path", read_text, MEMBER(net.path), .values = "PATH"},
    {"fd", net_read_fd, .values = "N"},
    {"offloading", net_read_offloading, .values = "on|off"},
    {"vfkitMagic", net_read_magic, .values = "on|off"},
};

static int net_rules(const struct device_draft *d, struct err *reason)
{
    if (d->net.has_type && d->net.by_path)
        return exclusive("virtio-net", "type", "unixSocketPath", ".", reason);
    if (!d->net.has_type && !d->net.by_path)
        return err_set(reason, -EINVAL,
                       "virtio-net device is missing \"type\" or \"unixSocketPath\"");
    if (d->dev.net.path && d->net.has_fd)
        return exclusive("virtio-net device arguments", "path", "fd", "", reason);
    if (d->net.stream && d->net.has_magic)
        return err_set(reason, -EINVAL,
                       "virtio-net only \"type=unixgram\" supports the vfkitMagic argument");
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
    } else {
        net->kind = d->net.stream ? NET_UNIXSTREAM : NET_UNIXGRAM;
        net->fd = -1;
    }
    /* unixSocketPath= is the older spelling and keeps the older defaults: both on */
    if (!d->net.has_offloading)
        net->offloading = d->net.by_path;
    if (net->kind == NET_UNIXGRAM)
        net->magic = d->net.has_magic ? d->net.magic : d->net.by_path;
    return 0;
}

/* ---- virtio-vsock */

static int vsock_read_port(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    return read_u32(key, value, &d->dev.vsock.port, reason);
}

static int vsock_read_direction(struct device_draft *d, const struct device_key *key,
                                const char *value, struct err *reason)
{
    if (!strcmp(key->name, "listen"))
        d->vsock.listen = true;
    else
        d->vsock.connect = true;
    return refuse_value(d, key, value, reason);
}

static const struct device_key vsock_keys[] = {
    {"port", vsock_read_port, .required = true, .values = "N"},
    {"socketURL", read_text, MEMBER(vsock.socket_path), .required = true, .values = "PATH"},
    {"listen", .read = vsock_read_direction},
    {"connect", .read = vsock_read_direction},
};

static int vsock_finish(struct device_draft *d, struct err *reason)
{
    if (d->vsock.listen && d->vsock.connect)
        return exclusive("virtio-vsock argument", "listen", "connect", ".", reason);
    d->dev.vsock.listen = !d->vsock.connect;
    return 0;
}

/* ---- virtio-fs, virtio-serial */

static int fs_read_permissions(struct device_draft *d, const struct device_key *key,
                               const char *value, struct err *reason)
{
    if (strcmp(value, "simplified") != 0 && strcmp(value, "complete") != 0)
        return err_set(reason, -EINVAL, "unsupported permission semantics");
    d->dev.fs.complete_permissions = !strcmp(value, "complete");
    return 0;
}

static const struct device_key fs_keys[] = {
    {"sharedDir", read_text, MEMBER(fs.shared_dir), .required = true, .values = "PATH"},
    {"mountTag", read_text, MEMBER(fs.mount_tag), .required = true, .values = "TAG"},
    {"permissionSemantics", fs_read_permissions, .values = "simplified|complete"},
};

static const struct device_key serial_keys[] = {
    {"logFilePath", read_text, MEMBER(serial.log_path), .required = true, .values = "PATH"},
};

/* ---- virtio-gpu, virtio-input: understood, without effect */

static int gpu_read_width(struct device_draft *d, const struct device_key *key, const char *value,
                          struct err *reason)
{
    return read_u32(key, value, &d->dev.gpu.width, reason);
}

static int gpu_read_height(struct device_draft *d, const struct device_key *key, const char *value,
                           struct err *reason)
{
    return read_u32(key, value, &d->dev.gpu.height, reason);
}

static const struct device_key gpu_keys[] = {
    {"width", gpu_read_width, .required = true, .values = "N"},
    {"height", gpu_read_height, .required = true, .values = "N"},
};

static int input_read(struct device_draft *d, const struct device_key *key, const char *value,
                      struct err *reason)
{
    if (d->input.chosen)
        return exclusive("virtio-input argument", "keyboard", "pointing", ".", reason);
    d->input.chosen = true;
    d->dev.input = !strcmp(key->name, "pointing") ? INPUT_POINTING : INPUT_KEYBOARD;
    return refuse_value(d, key, value, reason);
}

static const struct device_key input_keys[] = {
    {"keyboard", .read = input_read},
    {"pointing", .read = input_read},
};

static int input_finish(struct device_draft *d, struct err *reason)
{
    if (d->input.chosen)
        return 0;
    return err_set(reason, -EINVAL, "virtio-input is missing argument: keyboard or pointing");
}

/* ---- the table */

#define KEYS(k) .keys = (k), .nr_keys = ARRAY_LEN(k)

static const struct device_type types[] = {
    {"virtio-blk", DEVICE_BLK, KEYS(blk_keys), .help = "disk"},
    {"virtio-net", DEVICE_NET, KEYS(net_keys), .finish = net_finish, .help = "network interface"},
    {"virtio-serial", DEVICE_SERIAL, KEYS(serial_keys), .help = "console, written to a file"},
    {"virtio-vsock", DEVICE_VSOCK, KEYS(vsock_keys), .finish = vsock_finish,
     .help = "host socket for a guest vsock port"},
    {"virtio-fs", DEVICE_FS, KEYS(fs_keys), .help = "shared directory"},
    {"virtio-rng", DEVICE_RNG, .help = "entropy"},
    {"virtio-gpu", DEVICE_GPU, KEYS(gpu_keys), .help = "accepted, without effect"},
    {"virtio-input", DEVICE_INPUT, KEYS(input_keys), .finish = input_finish,
     .help = "accepted, without effect"},
};

const struct device_table devices_krunkit = {types, ARRAY_LEN(types)};

static const struct device_type *find_type(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_LEN(types); i++)
        if (strlen(types[i].name) == len && !memcmp(types[i].name, name, len))
            return &types[i];
    return NULL;
}

/* Takes every key the type knows, in the table's order. */
static int read_keys(struct device_draft *d, struct krun_args *args, struct err *reason)
{
    for (size_t i = 0; i < d->type->nr_keys; i++) {
        const struct device_key *key = &d->type->keys[i];
        const struct krun_arg *arg = krun_args_take(args, key->name);
        int r;

        if (!arg && key->required)
            return err_set(reason, -EINVAL, "%s is missing argument: %s", d->type->name, key->name);
        r = arg ? key->read(d, key, arg->value, reason) : 0;
        if (r)
            return r;
    }
    return krun_args_done(args, d->type->name, reason);
}

/* `text` is what follows the comma behind the type; NULL when there is none. */
static int parse_args(const struct device_type *type, const char *text, struct device_config *ret,
                      struct err *reason)
{
    struct device_draft d = {
        .personality = PERSONALITY_KRUNKIT, .type = type, .dev.kind = type->kind};
    struct krun_args args = {0};
    int r = text ? krun_args_parse(text, &args, reason) : 0;

    if (!r)
        r = read_keys(&d, &args, reason);
    if (!r && type->finish)
        r = type->finish(&d, reason);
    krun_args_finish(&args);
    if (r)
        device_config_finish(&d.dev);
    else
        *ret = d.dev;
    return r;
}

int krunkit_parse_device(const char *text, struct device_config *ret, struct err *reason)
{
    size_t len = strcspn(text, ",");
    const struct device_type *type = find_type(text, len);

    if (!type)
        return err_set(reason, -EINVAL, "invalid virtio device label specified: %.*s", (int)len,
                       text);
    if (type->kind == DEVICE_RNG) { /* whatever follows is not even read */
        *ret = (struct device_config){.kind = DEVICE_RNG};
        return 0;
    }
    return parse_args(type, text[len] ? text + len + 1 : NULL, ret, reason);
}
